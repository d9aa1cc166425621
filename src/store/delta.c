#include "store/delta.h"

#include <stdlib.h>
#include <string.h>

#include "store/row.h"

kz_rc kz_delta_init(struct kz_delta *delta, size_t ceiling) {
  memset(delta, 0, sizeof *delta);
  delta->arena = kz_arena_new(ceiling);
  return delta->arena ? KZ_OK : KZ_E_MEMORY;
}

void kz_delta_done(struct kz_delta *delta) {
  kz_arena_free(delta->arena);
  free(delta->kills);
  free(delta->rows);
  free(delta->others);
  free(delta->entries);
  memset(delta, 0, sizeof *delta);
}

void kz_delta_clear(struct kz_delta *delta) {
  kz_arena_reset(delta->arena);
  delta->generation = 0;
  delta->bulk = false;
  delta->kill_count = 0;
  delta->row_count = 0;
  delta->other_count = 0;
  delta->entry_count = 0;
}

/* Makes room for one more element of `size` bytes. */
static bool grow(void **array, size_t count, size_t *room, size_t size) {
  if (count < *room) {
    return true;
  }
  size_t wanted = *room > 0 ? *room * 2 : 16;
  void *bigger = reallocarray(*array, wanted, size);
  if (!bigger) {
    return false;
  }
  *array = bigger;
  *room = wanted;
  return true;
}

kz_rc kz_delta_kill(struct kz_delta *delta, uint64_t event,
                    uint64_t attribute) {
  if (!grow((void **)&delta->kills, delta->kill_count, &delta->kill_room,
            sizeof *delta->kills)) {
    return KZ_E_MEMORY;
  }
  delta->kills[delta->kill_count++] =
      (struct kz_kill){.event = event, .attribute = attribute};
  return KZ_OK;
}

kz_rc kz_delta_row(struct kz_delta *delta, const struct kz_row *row) {
  if (!grow((void **)&delta->rows, delta->row_count, &delta->row_room,
            sizeof *delta->rows)) {
    return KZ_E_MEMORY;
  }
  delta->rows[delta->row_count++] = *row;
  return KZ_OK;
}

/* A row without parts is a withdrawal: no attribute has an empty value. */
kz_rc kz_delta_withdraw(struct kz_delta *delta, uint64_t event,
                        uint64_t attribute) {
  return kz_delta_row(delta,
                      &(struct kz_row){.event = event, .attribute = attribute});
}

kz_rc kz_delta_other_hash(struct kz_delta *delta,
                          const struct kz_row_other *other) {
  if (!grow((void **)&delta->others, delta->other_count, &delta->other_room,
            sizeof *delta->others)) {
    return KZ_E_MEMORY;
  }
  delta->others[delta->other_count++] = *other;
  return KZ_OK;
}

kz_rc kz_delta_other(struct kz_delta *delta, const struct kz_uuid *uuid,
                     uint64_t event, uint64_t id, enum kz_thing thing) {
  return kz_delta_other_hash(delta, &(struct kz_row_other){
                                        .uuid_hash = kz_uuid_hash(uuid),
                                        .event = event,
                                        .id = id,
                                        .thing = thing,
                                    });
}

kz_rc kz_delta_entry(struct kz_delta *delta,
                     const struct kz_event_entry *entry) {
  if (!grow((void **)&delta->entries, delta->entry_count, &delta->entry_room,
            sizeof *delta->entries)) {
    return KZ_E_MEMORY;
  }
  delta->entries[delta->entry_count++] = *entry;
  return KZ_OK;
}

kz_rc kz_delta_attribute(struct kz_delta *delta,
                         const struct kz_attribute *attribute, uint64_t event,
                         bool with_sightings) {
  struct kz_row row;
  kz_rc rc = kz_row_of(attribute, event, with_sightings, delta->arena, &row);
  return rc == KZ_OK ? kz_delta_row(delta, &row) : rc;
}

kz_rc kz_delta_event(struct kz_delta *delta, const struct kz_event *event) {
  struct kz_event_entry entry;
  kz_rc rc = kz_row_of_event(event, delta->arena, &entry);
  if (rc == KZ_OK) {
    rc = kz_arena_dup(delta->arena, event->info, &entry.info);
  }
  return rc == KZ_OK ? kz_delta_entry(delta, &entry) : rc;
}

static int compare_rows(const void *a, const void *b) {
  const struct kz_row *x = a;
  const struct kz_row *y = b;
  if (x->event != y->event) {
    return x->event < y->event ? -1 : 1;
  }
  return (x->attribute > y->attribute) - (x->attribute < y->attribute);
}

static int compare_entries(const void *a, const void *b) {
  const struct kz_event_entry *x = a;
  const struct kz_event_entry *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

/* glibc's qsort is a merge sort (stable) unless memory is short; a commit that
 * is in order already, the common case, is not sorted at all. */
static void order(void *array, size_t *count, size_t size,
                  int (*compare)(const void *, const void *)) {
  char *bytes = array;
  bool ordered = true;
  for (size_t i = 1; ordered && i < *count; i++) {
    ordered = compare(bytes + (i - 1) * size, bytes + i * size) < 0;
  }
  if (ordered) {
    return;
  }
  qsort(array, *count, size, compare);
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    if (i + 1 == *count ||
        compare(bytes + i * size, bytes + (i + 1) * size) != 0) {
      memmove(bytes + kept * size, bytes + i * size, size);
      kept++;
    }
  }
  *count = kept;
}

void kz_delta_order(struct kz_delta *delta) {
  order(delta->rows, &delta->row_count, sizeof *delta->rows, compare_rows);
  size_t kept = 0;
  for (size_t i = 0; i < delta->row_count; i++) {
    if (delta->rows[i].part_count > 0) {
      if (kept != i) {
        delta->rows[kept] = delta->rows[i];
      }
      kept++;
    }
  }
  delta->row_count = kept;
  order(delta->entries, &delta->entry_count, sizeof *delta->entries,
        compare_entries);
}
