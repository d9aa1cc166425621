/* Marks on values: documents that say something of a value wherever it stands -
 * excluded from correlation, a false positive. They belong to the value and to
 * no attribute, so they survive every import.
 *
 * All values are in memory; asking takes a tenth of a microsecond, and nothing
 * while there are no marks. Any thread; who was answered after a change sees
 * it. */
#ifndef KZ_WORK_MARK_H
#define KZ_WORK_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/type.h"
#include "work/shelf.h"

enum { KZ_MARK_VALUE_MAX = 8192 /* bytes of a marked value */ };

struct kz_marks_form {
  struct kz_shelf_shape shape; /* the name is "value" */
  bool takes_patterns;         /* '%' at the ends stands for anything */
};

/* Values that do not correlate: {"value","comment"}. */
extern const struct kz_marks_form kz_exclusion_form;
/* Values that are harmless: {"value","why","by","org_id","since","until"};
 * "until", in seconds, 0 for ever. */
extern const struct kz_marks_form kz_false_positive_form;

struct kz_marks;

/* `form` is static. */
KZ_MUST_USE kz_rc kz_marks_open(struct kz_store *store,
                                const struct kz_marks_form *form,
                                struct kz_marks **ret_marks,
                                struct kz_err *err);
void kz_marks_close(struct kz_marks *marks); /* NULL is fine */

/* The documents. Read only. */
struct kz_shelf *kz_marks_shelf(struct kz_marks *marks);

/* Puts a document (with `*id` 0 a new one). KZ_E_INPUT without a value or with
 * one that is too long or only '%', KZ_E_CONFLICT when another has the value.
 */
KZ_MUST_USE kz_rc kz_marks_put(struct kz_marks *marks, uint64_t *id,
                               struct kz_jsonv *document,
                               struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_marks_remove(struct kz_marks *marks, uint64_t id,
                                  struct kz_err *err);

/* Whether there is a mark on the value, whatever its letter case, that has not
 * ended; `*ret_id` (may be NULL) is its document. */
bool kz_marks_find(struct kz_marks *marks, kz_str value, uint64_t *ret_id);
/* The same for a value of that type or one of its parts. */
bool kz_marks_find_any(struct kz_marks *marks, kz_type type, kz_str value,
                       uint64_t *ret_id);

#endif
