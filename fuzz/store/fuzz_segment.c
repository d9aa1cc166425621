/* Any bytes as a segment: opening and verifying never read outside them, and
 * what is verified can be searched and merged. The checksum is put right first,
 * or nothing would come past it. */
#include "target.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "store/draft.h"
#include "store/order.h"
#include "store/segment.h"
#include "store/segment_merge.h"
#include "store/view.h"

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static struct kz_segment *open_copy(const uint8_t *data, size_t size) {
  char *bytes = malloc(size > 0 ? size : 1);
  struct kz_segment *segment = NULL;
  if (!bytes) {
    return NULL;
  }
  if (size > 0) {
    memcpy(bytes, data, size);
  }
  return kz_segment_from_memory(bytes, size, &segment, NULL) == KZ_OK ? segment
                                                                      : NULL;
}

static uint64_t checksum_of(const struct kz_segment *s) {
  const void *data[KZ_SEC_COUNT];
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    data[i] = (const char *)s->head + s->head->sections[i].at;
  }
  return kz_draft_checksum(s->head, data);
}

static struct kz_segment *open_with_checksum(const uint8_t *data, size_t size) {
  struct kz_segment *as_it_is = open_copy(data, size);
  if (!as_it_is) {
    return NULL;
  }
  uint64_t checksum = checksum_of(as_it_is);
  kz_rc rc = kz_segment_verify(as_it_is, NULL);
  must(rc == KZ_OK || rc == KZ_E_CORRUPT || rc == KZ_E_MEMORY);
  kz_segment_unref(as_it_is);
  uint8_t *mended = malloc(size);
  if (!mended) {
    return NULL;
  }
  memcpy(mended, data, size);
  memcpy(mended + offsetof(struct kz_segment_header, checksum), &checksum,
         sizeof checksum);
  struct kz_segment *segment = open_copy(mended, size);
  free(mended);
  must(segment != NULL);
  return segment;
}

static void find_rows(const struct kz_segment *s) {
  for (uint32_t row = 0; row < s->rows; row++) {
    uint32_t slice = kz_segment_slice_of(s, row);
    uint32_t found = 0;
    must(kz_segment_row(s, s->slice_event[slice],
                        kz_segment_attribute(s, slice, row), &found) == KZ_OK);
    must(found == row);
  }
  must(kz_segment_slice_at(s, UINT64_MAX) <= s->slices);
}

static void find_values(const struct kz_segment *s) {
  for (uint32_t v = 0; v < s->values; v++) {
    char hex[KZ_HEX_TEXT];
    uint32_t found = 0;
    kz_str folded = kz_segment_folded(s, v, hex);
    must(kz_segment_value(s, folded, s->value_hash[v], &found) == KZ_OK);
    must(found == v);
    must(kz_segment_value(s, folded, ~s->value_hash[v], &found) ==
         KZ_NOT_FOUND);
  }
  for (size_t i = 0; i < s->name_count; i++) {
    char out[KZ_NAME_MAX];
    kz_str host = kz_order_host(kz_segment_text(s, s->name_value[i]));
    must(kz_order_reverse_name(host, out) > 0);
  }
}

static void find_uuids(const struct kz_segment *s) {
  for (size_t i = 0; i < s->uuid_count; i++) {
    size_t from = 0;
    size_t to = 0;
    kz_segment_uuids(s, s->uuid_hash[i], &from, &to);
    must(from <= i && i < to);
    kz_segment_uuids(s, ~s->uuid_hash[i], &from, &to);
    must(from <= to && to <= s->uuid_count);
  }
}

/* With itself, some rows dead in one of the two: each row once. */
static void merge_twice(struct kz_segment *s) {
  uint32_t rows[2] = {0, s->rows / 2};
  struct kz_part parts[2] = {{.segment = s}, {.segment = s}};
  if (s->rows > 0) {
    parts[1].dead = kz_dead_with(NULL, s->rows, rows, 2);
  }
  struct kz_segment *merged = NULL;
  if (kz_segment_merge(parts, 2, NULL, NULL, &merged, NULL) == KZ_OK) {
    must(merged->rows == s->rows);
    must(kz_segment_verify(merged, NULL) == KZ_OK);
    kz_segment_unref(merged);
  }
  kz_dead_unref(parts[1].dead);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct kz_segment *segment = open_with_checksum(data, size);
  if (!segment) {
    return 0;
  }
  if (kz_segment_verify(segment, NULL) == KZ_OK) {
    find_rows(segment);
    find_values(segment);
    find_uuids(segment);
    merge_twice(segment);
  }
  kz_segment_unref(segment);
  return 0;
}
