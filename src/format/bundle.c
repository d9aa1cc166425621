/* (Not archive.c: libarchive's own header has that name.)
 *
 * libarchive with just the formats that libraries come in: the fewer parsers,
 * the less there is to attack. */
#include "format/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

enum {
  BLOCK = 64 << 10,
  ENTRIES_MAX = 1000 * 1000,
};

static void closep(struct archive **archive) {
  if (*archive) {
    (void)archive_read_free(*archive);
  }
}

static bool set_up(struct archive *a) {
  return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
         archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
         archive_read_support_filter_xz(a) == ARCHIVE_OK &&
         archive_read_support_filter_zstd(a) == ARCHIVE_OK &&
         archive_read_support_format_tar(a) == ARCHIVE_OK &&
         archive_read_support_format_zip(a) == ARCHIVE_OK;
}

static kz_rc explain(struct archive *a, const char *path, struct kz_err *err) {
  if (archive_errno(a) == ENOMEM) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  const char *words = archive_error_string(a);
  return kz_err_set(err, KZ_E_INPUT, "%s: %s", path,
                    words ? words : "no archive that can be read");
}

/* What one walk keeps count of. */
struct state {
  struct archive *archive;
  const char *path;
  const struct kz_bundle_walk *walk;
  struct kz_buf text;
  uint64_t total;
};

/* Appends the file's bytes, or passes over them where `is_wanted` is false:
 * those are counted too, since unpacking is what costs. */
static kz_rc read_file(struct state *s, bool is_wanted, struct kz_err *err) {
  la_ssize_t n = 0;
  kz_buf_clear(&s->text);
  do {
    char *room = kz_buf_room(&s->text, BLOCK);
    if (!room) {
      return kz_err_set(err, KZ_E_LIMIT, "%s: a file of more than %zu bytes",
                        s->path, s->walk->file_max);
    }
    n = archive_read_data(s->archive, room, BLOCK);
    if (n < 0) {
      return explain(s->archive, s->path, err);
    }
    s->text.len += is_wanted ? (size_t)n : 0;
    s->total += (uint64_t)n;
    if (s->total > s->walk->total_max) {
      return kz_err_set(err, KZ_E_LIMIT, "%s: more than %llu bytes unpacked",
                        s->path, (unsigned long long)s->walk->total_max);
    }
  } while (n > 0);
  return KZ_OK;
}

static kz_rc take_entry(struct state *s, struct archive_entry *entry,
                        struct kz_err *err) {
  const struct kz_bundle_walk *walk = s->walk;
  const char *path = archive_entry_pathname(entry);
  kz_str name = kz_str_of(path ? path : "");
  bool is_wanted = archive_entry_filetype(entry) == AE_IFREG && name.len > 0 &&
                   (!walk->wants || walk->wants(walk->ctx, name));
  kz_rc rc = read_file(s, is_wanted, err);
  return rc == KZ_OK && is_wanted
             ? walk->visit(walk->ctx, name, kz_buf_str(&s->text), err)
             : rc;
}

static kz_rc walk_entries(struct state *s, struct kz_err *err) {
  for (size_t i = 0; i < ENTRIES_MAX; i++) {
    struct archive_entry *entry = NULL;
    int state = archive_read_next_header(s->archive, &entry);
    if (state == ARCHIVE_EOF) {
      return KZ_OK;
    }
    if (state != ARCHIVE_OK && state != ARCHIVE_WARN) {
      return explain(s->archive, s->path, err);
    }
    kz_rc rc = take_entry(s, entry, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return kz_err_set(err, KZ_E_LIMIT, "%s: more than %d files", s->path,
                    ENTRIES_MAX);
}

static kz_rc walk_opened(struct archive *a, const char *path,
                         const struct kz_bundle_walk *walk,
                         struct kz_err *err) {
  struct state s = {.archive = a, .path = path, .walk = walk};
  kz_buf_init(&s.text, walk->file_max + BLOCK);
  kz_rc rc = walk_entries(&s, err);
  kz_buf_done(&s.text);
  return rc;
}

kz_rc kz_bundle_walk(const char *path, const struct kz_bundle_walk *walk,
                     struct kz_err *err) {
  __attribute__((cleanup(closep))) struct archive *a = archive_read_new();
  if (!a || !set_up(a)) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  if (access(path, R_OK) != 0) {
    return kz_file_explain(path, "read", errno, err);
  }
  if (archive_read_open_filename(a, path, BLOCK) != ARCHIVE_OK) {
    return explain(a, path, err);
  }
  return walk_opened(a, path, walk, err);
}

kz_rc kz_bundle_walk_bytes(kz_str bytes, const char *name,
                           const struct kz_bundle_walk *walk,
                           struct kz_err *err) {
  __attribute__((cleanup(closep))) struct archive *a = archive_read_new();
  if (!a || !set_up(a)) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", name);
  }
  if (archive_read_open_memory(a, bytes.ptr ? bytes.ptr : "", bytes.len) !=
      ARCHIVE_OK) {
    return explain(a, name, err);
  }
  return walk_opened(a, name, walk, err);
}
