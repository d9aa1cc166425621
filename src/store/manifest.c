/* Form: magic, version, generation, number of parts; each part is the file's
 * name, the dead blocks as (number, words); a hash over all of it at the end.
 */
#include "store/manifest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/wire.h"

enum { PATH_BYTES = 4096, MANIFEST_BYTES_MAX = 1 << 30 };

static const char manifest_magic[8] = "KZINDEX\n";

static bool join(char *out, const char *folder, kz_str name) {
  int n = snprintf(out, PATH_BYTES, "%s/%.*s", folder, KZ_STR_ARG(name));
  return n > 0 && n < PATH_BYTES;
}

static kz_str file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return kz_str_of(slash ? slash + 1 : path);
}

static void put_dead(struct kz_buf *out, const struct kz_dead *dead) {
  size_t blocks = 0;
  for (size_t b = 0; dead && b < dead->block_count; b++) {
    blocks += dead->blocks[b] != NULL;
  }
  kz_write_varint(out, blocks);
  for (size_t b = 0; dead && b < dead->block_count; b++) {
    if (dead->blocks[b]) {
      kz_write_varint(out, b);
      kz_buf_add(out, dead->blocks[b], KZ_DEAD_BLOCK_WORDS * 8);
    }
  }
}

kz_rc kz_manifest_save(const char *path, uint64_t generation,
                       const struct kz_part *parts, size_t part_count,
                       struct kz_err *err) {
  KZ_BUF(out, MANIFEST_BYTES_MAX);
  size_t count = 0;
  for (size_t i = 0; i < part_count; i++) {
    count += parts[i].segment->path != NULL;
  }
  kz_buf_add(&out, manifest_magic, sizeof manifest_magic);
  kz_write_varint(&out, KZ_MANIFEST_VERSION);
  kz_write_varint(&out, generation);
  kz_write_varint(&out, count);
  for (size_t i = 0; i < part_count; i++) {
    if (parts[i].segment->path) {
      kz_write_str(&out, file_name(parts[i].segment->path));
      put_dead(&out, parts[i].dead);
    }
  }
  kz_write_le64(&out, kz_hash64(out.ptr, out.len));
  char file[PATH_BYTES];
  if (kz_buf_failed(&out) || !join(file, path, KZ_STR("MANIFEST"))) {
    return kz_err_set(err, KZ_E_LIMIT, "index manifest is too large");
  }
  return kz_file_write(file, kz_buf_str(&out), 0640, err);
}

static kz_rc damaged(struct kz_err *err) {
  return kz_err_set(err, KZ_E_CORRUPT, "index manifest is damaged");
}

/* Reads the dead blocks of one part. */
static kz_rc get_dead(struct kz_reader *in, uint32_t rows,
                      struct kz_dead **ret_dead, struct kz_err *err) {
  uint64_t blocks = kz_read_varint(in);
  struct kz_dead *dead = NULL;
  uint32_t *list = malloc(KZ_DEAD_BLOCK_WORDS * 64 * sizeof *list);
  for (uint64_t b = 0; list && !in->failed && b < blocks; b++) {
    uint64_t block = kz_read_varint(in);
    const uint8_t *bytes = kz_read_bytes(in, KZ_DEAD_BLOCK_WORDS * 8);
    size_t n = 0;
    for (size_t w = 0; bytes && w < KZ_DEAD_BLOCK_WORDS; w++) {
      uint64_t word = kz_get_le64(bytes + w * 8);
      for (; word; word &= word - 1) {
        uint64_t row = (block * KZ_DEAD_BLOCK_WORDS + w) * 64 +
                       (unsigned)__builtin_ctzll(word);
        if (row < rows) {
          list[n++] = (uint32_t)row;
        }
      }
    }
    struct kz_dead *more = kz_dead_with(dead, rows, list, n);
    kz_dead_unref(dead);
    dead = more;
    if (!dead) {
      break;
    }
  }
  free(list);
  if (in->failed || (blocks > 0 && !dead)) {
    kz_dead_unref(dead);
    return damaged(err);
  }
  *ret_dead = dead;
  return KZ_OK;
}

static kz_rc get_parts(const char *path, struct kz_reader *in,
                       struct kz_part *parts, size_t count,
                       struct kz_err *err) {
  for (size_t i = 0; i < count; i++) {
    char file[PATH_BYTES];
    kz_str name = kz_read_str(in);
    if (in->failed || name.len == 0 || memchr(name.ptr, '/', name.len) ||
        !join(file, path, name)) {
      return damaged(err);
    }
    kz_rc rc = kz_segment_open(file, &parts[i].segment, err);
    if (rc == KZ_OK) {
      rc = get_dead(in, parts[i].segment->rows, &parts[i].dead, err);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return KZ_OK;
}

static void free_parts(struct kz_part *parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    kz_segment_unref(parts[i].segment);
    kz_dead_unref(parts[i].dead);
  }
  free(parts);
}

kz_rc kz_manifest_load(const char *path, uint64_t *ret_generation,
                       struct kz_part **ret_parts, size_t *ret_count,
                       struct kz_err *err) {
  char file[PATH_BYTES];
  if (!join(file, path, KZ_STR("MANIFEST"))) {
    return kz_err_set(err, KZ_E_LIMIT, "index path is too long");
  }
  if (access(file, F_OK) != 0) {
    return KZ_NOT_FOUND;
  }
  KZ_BUF(bytes, MANIFEST_BYTES_MAX);
  kz_rc rc = kz_file_read(file, &bytes, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (bytes.len < sizeof manifest_magic + 8 ||
      memcmp(bytes.ptr, manifest_magic, sizeof manifest_magic) != 0 ||
      kz_get_le64(bytes.ptr + bytes.len - 8) !=
          kz_hash64(bytes.ptr, bytes.len - 8)) {
    return damaged(err);
  }
  struct kz_reader in =
      kz_reader_of((kz_str){bytes.ptr + sizeof manifest_magic,
                            bytes.len - sizeof manifest_magic - 8});
  if (kz_read_varint(&in) != KZ_MANIFEST_VERSION) {
    return damaged(err);
  }
  uint64_t generation = kz_read_varint(&in);
  size_t count = (size_t)kz_read_varint_max(&in, KZ_MANIFEST_PARTS_MAX);
  struct kz_part *parts = calloc(count + 1, sizeof *parts);
  rc = parts ? get_parts(path, &in, parts, count, err)
             : kz_err_set(err, KZ_E_MEMORY, "index: out of memory");
  if (rc != KZ_OK) {
    free_parts(parts, parts ? count : 0);
    return rc;
  }
  *ret_generation = generation;
  *ret_parts = parts;
  *ret_count = count;
  return KZ_OK;
}

static bool is_used(const struct kz_part *parts, size_t count, kz_str name) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i].segment->path &&
        kz_str_eq(file_name(parts[i].segment->path), name)) {
      return true;
    }
  }
  return false;
}

void kz_manifest_sweep(const char *path, const struct kz_part *parts,
                       size_t part_count, uint64_t below) {
  DIR *folder = opendir(path);
  if (!folder) {
    return;
  }
  for (struct dirent *d = readdir(folder); d; d = readdir(folder)) {
    kz_str name = kz_str_of(d->d_name);
    char file[PATH_BYTES];
    if (kz_str_ends(name, KZ_STR(".seg")) &&
        strtoull(d->d_name, NULL, 16) < below &&
        !is_used(parts, part_count, name) && join(file, path, name)) {
      unlink(file);
    }
  }
  closedir(folder);
}
