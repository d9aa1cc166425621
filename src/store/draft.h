/* A draft collects the sections of a segment that is being made.
 *
 * The maker (segment_build.c, segment_merge.c) fills the arrays of rows,
 * values and orders; the draft derives what follows from them (bitsets of
 * codes, directories, checksum) and writes the whole to memory or a file.
 * Arrays come from the draft and live as long as it: large ones lie in
 * unlinked temporary files, so that a merge of any size costs page cache and
 * not memory. One thread. */
#ifndef KZ_STORE_DRAFT_H
#define KZ_STORE_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/segment.h"

enum { KZ_DRAFT_ARRAYS_MAX = 96 };

struct kz_draft {
  uint32_t rows;
  uint32_t slices;
  uint32_t values;
  uint32_t class_start[KZ_CLASS_COUNT + 1];
  const void *data[KZ_SEC_COUNT];
  size_t bytes[KZ_SEC_COUNT];
  const char *folder; /* for temporary files; NULL: memory only */
  size_t array_count;
  struct {
    void *ptr;
    size_t mapped; /* bytes mapped; 0: malloc'ed */
  } arrays[KZ_DRAFT_ARRAYS_MAX];
};

void kz_draft_init(struct kz_draft *draft, const char *folder);
void kz_draft_done(struct kz_draft *draft);

/* An array of `count` zeroed elements; NULL when out of memory or disk. */
void *kz_draft_array(struct kz_draft *draft, size_t count, size_t size);

/* Says what a section consists of. The bytes must live as long as the draft.
 */
void kz_draft_set(struct kz_draft *draft, enum kz_section section,
                  const void *data, size_t bytes);

/* Derives the sections that follow from the others, which must have been set,
 * and writes the segment: to the file `path` (not synced), or to memory when
 * `path` is NULL. Large arrays are given back on the way: none of them may be
 * used afterwards. */
KZ_MUST_USE kz_rc kz_draft_finish(struct kz_draft *draft, const char *path,
                                  struct kz_segment **ret_segment,
                                  struct kz_err *err);

/* The checksum over the sections, as the header has it. */
uint64_t kz_draft_checksum(const struct kz_segment_header *head,
                           const void *const data[KZ_SEC_COUNT]);

#endif
