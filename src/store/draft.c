/* What follows from the rows: a code (type and category) that stands in more
 * than 1 of DENSE_SHARE rows gets a flat bitset (rows / 8 bytes), any other a
 * list of ordinals (4 bytes a row): 32 is where both are of equal size. */
#include "store/draft.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hash.h"

enum {
  DENSE_SHARE = 32,
  MAPPED_FROM = 4 << 20, /* bytes: a merge holds some 40 arrays, so 160 MB */
};

void kz_draft_init(struct kz_draft *draft, const char *folder) {
  memset(draft, 0, sizeof *draft);
  draft->folder = folder;
}

void kz_draft_done(struct kz_draft *draft) {
  for (size_t i = 0; i < draft->array_count; i++) {
    if (draft->arrays[i].mapped > 0) {
      munmap(draft->arrays[i].ptr, draft->arrays[i].mapped);
    } else {
      free(draft->arrays[i].ptr);
    }
  }
  draft->array_count = 0;
}

static void *map_temporary(const char *folder, size_t bytes) {
  char path[4096];
  int n = snprintf(path, sizeof path, "%s/draft-XXXXXX.tmp", folder);
  if (n < 0 || (size_t)n >= sizeof path) {
    return NULL;
  }
  int fd = mkstemps(path, 4);
  if (fd < 0) {
    return NULL;
  }
  unlink(path);
  void *ptr = MAP_FAILED;
  if (posix_fallocate(fd, 0, (off_t)bytes) == 0) {
    ptr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);
  return ptr == MAP_FAILED ? NULL : ptr;
}

void *kz_draft_array(struct kz_draft *draft, size_t count, size_t size) {
  assert(draft->array_count < KZ_DRAFT_ARRAYS_MAX);
  if (size > 0 && count > SIZE_MAX / 2 / size) {
    return NULL;
  }
  size_t bytes = count * size;
  bool mapped = draft->folder && bytes >= MAPPED_FROM;
  void *ptr = mapped ? map_temporary(draft->folder, bytes)
                     : calloc(bytes > 0 ? bytes : 1, 1);
  if (ptr) {
    draft->arrays[draft->array_count].ptr = ptr;
    draft->arrays[draft->array_count].mapped = mapped ? bytes : 0;
    draft->array_count++;
  }
  return ptr;
}

void kz_draft_set(struct kz_draft *draft, enum kz_section section,
                  const void *data, size_t bytes) {
  draft->data[section] = data;
  draft->bytes[section] = bytes;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "index: no memory for a segment");
}

/* Decides for each code between bitset and list; returns how many there are.
 */
static size_t plan_codes(const uint32_t *counts, uint32_t rows, size_t words,
                         struct kz_code_entry *entries, size_t *ret_words,
                         size_t *ret_listed) {
  size_t n = 0;
  *ret_words = 0;
  *ret_listed = 0;
  for (size_t code = 0; code < KZ_CODES; code++) {
    if (counts[code] == 0) {
      continue;
    }
    bool dense = counts[code] > rows / DENSE_SHARE;
    entries[n].code = (uint16_t)code;
    entries[n].dense = dense;
    entries[n].count = counts[code];
    entries[n].at = dense ? *ret_words : *ret_listed;
    *ret_words += dense ? words : 0;
    *ret_listed += dense ? 0 : counts[code];
    n++;
  }
  return n;
}

static kz_rc derive_codes(struct kz_draft *draft, struct kz_err *err) {
  const uint16_t *code = draft->data[KZ_SEC_CODE];
  size_t words = ((size_t)draft->rows + KZ_WORD_BITS - 1) / KZ_WORD_BITS;
  uint32_t *counts = kz_draft_array(draft, KZ_CODES, sizeof *counts);
  struct kz_code_entry *entries =
      kz_draft_array(draft, KZ_CODES, sizeof *entries);
  if (!counts || !entries) {
    return no_memory(err);
  }
  for (uint32_t i = 0; i < draft->rows; i++) {
    assert(code[i] < KZ_CODES);
    counts[code[i]]++;
  }
  size_t dense_words = 0;
  size_t listed = 0;
  size_t n =
      plan_codes(counts, draft->rows, words, entries, &dense_words, &listed);
  uint64_t *bits = kz_draft_array(draft, dense_words, sizeof *bits);
  uint32_t *list = kz_draft_array(draft, listed, sizeof *list);
  uint64_t **dense_of = kz_draft_array(draft, KZ_CODES, sizeof *dense_of);
  uint32_t *next = kz_draft_array(draft, KZ_CODES, sizeof *next);
  if (!bits || !list || !dense_of || !next) {
    return no_memory(err);
  }
  for (size_t i = 0; i < n; i++) {
    if (entries[i].dense) {
      dense_of[entries[i].code] = bits + entries[i].at;
    } else {
      next[entries[i].code] = (uint32_t)entries[i].at;
    }
  }
  for (uint32_t i = 0; i < draft->rows; i++) {
    if (dense_of[code[i]]) {
      dense_of[code[i]][i / KZ_WORD_BITS] |= 1ull << (i % KZ_WORD_BITS);
    } else {
      list[next[code[i]]++] = i;
    }
  }
  kz_draft_set(draft, KZ_SEC_CODE_LIST, entries, n * sizeof *entries);
  kz_draft_set(draft, KZ_SEC_CODE_BITS, bits, dense_words * sizeof *bits);
  kz_draft_set(draft, KZ_SEC_CODE_ROWS, list, listed * sizeof *list);
  return KZ_OK;
}

/* Fills dir[slot] with the first entry of [from, to) whose hash begins with
 * slot or more. */
static void fill_directory(const uint64_t *hash, uint32_t from, uint32_t to,
                           unsigned bits, uint32_t *dir) {
  size_t slots = (size_t)1 << bits;
  uint32_t at = from;
  for (size_t slot = 0; slot < slots; slot++) {
    while (at < to && bits > 0 && (hash[at] >> (64 - bits)) < slot) {
      at++;
    }
    dir[slot] = at;
  }
  dir[slots] = to;
}

static kz_rc derive_directories(struct kz_draft *draft,
                                struct kz_segment_header *head,
                                struct kz_err *err) {
  size_t entries = 0;
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    head->class_dir_bits[c] = (uint8_t)kz_segment_dir_bits(
        draft->class_start[c + 1] - draft->class_start[c]);
    entries += ((size_t)1 << head->class_dir_bits[c]) + 1;
  }
  size_t uuids = draft->bytes[KZ_SEC_UUID_HASH] / 8;
  head->uuid_dir_bits = (uint8_t)kz_segment_dir_bits(uuids);
  size_t uuid_entries = ((size_t)1 << head->uuid_dir_bits) + 1;
  uint32_t *dir = kz_draft_array(draft, entries, sizeof *dir);
  uint32_t *uuid_dir = kz_draft_array(draft, uuid_entries, sizeof *uuid_dir);
  if (!dir || !uuid_dir) {
    return no_memory(err);
  }
  kz_draft_set(draft, KZ_SEC_VALUE_DIR, dir, entries * sizeof *dir);
  kz_draft_set(draft, KZ_SEC_UUID_DIR, uuid_dir,
               uuid_entries * sizeof *uuid_dir);
  for (int c = 0; c < KZ_CLASS_COUNT; c++) {
    fill_directory(draft->data[KZ_SEC_VALUE_HASH], draft->class_start[c],
                   draft->class_start[c + 1], head->class_dir_bits[c], dir);
    dir += ((size_t)1 << head->class_dir_bits[c]) + 1;
  }
  fill_directory(draft->data[KZ_SEC_UUID_HASH], 0, (uint32_t)uuids,
                 head->uuid_dir_bits, uuid_dir);
  return KZ_OK;
}

uint64_t kz_draft_checksum(const struct kz_segment_header *head,
                           const void *const data[KZ_SEC_COUNT]) {
  uint64_t sums[KZ_SEC_COUNT];
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    size_t bytes = (size_t)head->sections[i].bytes;
    sums[i] = bytes > 0 ? kz_hash64(data[i], bytes) : 0;
  }
  return kz_hash64(sums, sizeof sums);
}

static void fill_header(const struct kz_draft *draft,
                        struct kz_segment_header *head) {
  memcpy(head->magic, "KZSEGMT\n", sizeof head->magic);
  head->version = KZ_SEGMENT_VERSION;
  head->rows = draft->rows;
  head->slices = draft->slices;
  head->values = draft->values;
  memcpy(head->class_start, draft->class_start, sizeof head->class_start);
  const uint64_t *events = draft->data[KZ_SEC_SLICE_EVENT];
  head->first_event = draft->slices > 0 ? events[0] : 0;
  head->last_event = draft->slices > 0 ? events[draft->slices - 1] : 0;
  uint64_t at = sizeof *head;
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    head->sections[i].at = at;
    head->sections[i].bytes = draft->bytes[i];
    at += (draft->bytes[i] + 7) / 8 * 8;
  }
  head->bytes = at;
  head->checksum = kz_draft_checksum(head, draft->data);
}

static kz_rc finish_in_memory(const struct kz_draft *draft,
                              const struct kz_segment_header *head,
                              struct kz_segment **ret_segment,
                              struct kz_err *err) {
  char *bytes = calloc(1, (size_t)head->bytes);
  if (!bytes) {
    return no_memory(err);
  }
  memcpy(bytes, head, sizeof *head);
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    if (draft->bytes[i] > 0) {
      memcpy(bytes + head->sections[i].at, draft->data[i], draft->bytes[i]);
    }
  }
  return kz_segment_from_memory(bytes, (size_t)head->bytes, ret_segment, err);
}

static bool write_bytes(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, bytes, len < (1u << 30) ? len : (1u << 30));
    if (n < 0 && errno != EINTR) {
      return false;
    }
    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    }
  }
  return true;
}

/* Gives a large array back before the draft is done: its pages are free for
 * what is still to be written. */
static void release(struct kz_draft *draft, const void *ptr) {
  for (size_t i = 0; i < draft->array_count; i++) {
    if (draft->arrays[i].ptr == ptr && draft->arrays[i].mapped > 0) {
      munmap(draft->arrays[i].ptr, draft->arrays[i].mapped);
      draft->arrays[i].ptr = NULL;
      draft->arrays[i].mapped = 0;
    }
  }
}

static kz_rc finish_in_file(struct kz_draft *draft,
                            const struct kz_segment_header *head,
                            const char *path, struct kz_segment **ret_segment,
                            struct kz_err *err) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) {
    return kz_err_set(err, KZ_E_IO, "create %s: %s", path, strerror(errno));
  }
  bool good = write_bytes(fd, (const char *)head, sizeof *head);
  for (int i = 0; good && i < KZ_SEC_COUNT; i++) {
    size_t bytes = draft->bytes[i];
    good = write_bytes(fd, draft->data[i], bytes) &&
           write_bytes(fd, "\0\0\0\0\0\0\0", (8 - bytes % 8) % 8);
    release(draft, draft->data[i]);
  }
  int why = errno;
  close(fd);
  if (!good) {
    unlink(path);
    return kz_err_set(err, why == ENOSPC || why == EDQUOT ? KZ_E_FULL : KZ_E_IO,
                      "write %s: %s", path, strerror(why));
  }
  return kz_segment_open(path, ret_segment, err);
}

kz_rc kz_draft_finish(struct kz_draft *draft, const char *path,
                      struct kz_segment **ret_segment, struct kz_err *err) {
  struct kz_segment_header head;
  memset(&head, 0, sizeof head);
  kz_rc rc = derive_codes(draft, err);
  if (rc == KZ_OK) {
    rc = derive_directories(draft, &head, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  fill_header(draft, &head);
  return path ? finish_in_file(draft, &head, path, ret_segment, err)
              : finish_in_memory(draft, &head, ret_segment, err);
}
