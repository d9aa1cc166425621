/* The verb "ask": which values of any text are known, and what is known of
 * them.
 *
 * All values are looked up at once; details (types, tags, sightings) are read
 * when they are asked for, of the first KZ_ASK_DETAILED found values unless all
 * are wanted, so that a million pasted values take seconds. A "name|hash" in
 * the text is two values, as it is in the store. */
#ifndef KZ_WORK_ASK_H
#define KZ_WORK_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "store/lookup.h"
#include "text/extract.h"
#include "work/house.h"
#include "work/warninglist.h"

enum { KZ_ASK_DETAILED = 10000 };

struct kz_ask_options {
  bool whole; /* lines in which nothing is recognised are values */
  bool full;  /* details of all that is found */
};

/* One value of the text. */
struct kz_asked {
  const struct kz_mention *source; /* where it stood */
  kz_str value;
  enum kz_kind kind;
  const struct kz_value_summary *summary; /* NULL: not found */
  bool is_detailed;
};

/* What is read of a found value only when it is wanted. */
struct kz_ask_detail {
  kz_str *types; /* names */
  size_t type_count;
  kz_str *tags; /* names */
  size_t tag_count;
  uint64_t sightings;
  int64_t first_sighting_us; /* when there are any */
  int64_t last_sighting_us;
  uint64_t false_positives;
};

struct kz_ask;

/* Reads the text, which must outlive the answer, and looks everything up as of
 * now. The caller owns the answer; one thread at a time. KZ_E_LIMIT when the
 * text is too large. `viewer`'s groups must outlive it as well. */
KZ_MUST_USE kz_rc kz_ask_new(struct kz_house *house,
                             const struct kz_viewer *viewer, kz_str text,
                             struct kz_ask_options options,
                             struct kz_ask **ret_ask, struct kz_err *err);
void kz_ask_free(struct kz_ask *ask);

/* How many values there are, and one of them in order of first appearance. */
size_t kz_ask_count(const struct kz_ask *ask);
struct kz_asked kz_ask_at(const struct kz_ask *ask, size_t index);

/* The warninglists in force that know the value, found or not; the hits live
 * until the next question. */
size_t kz_ask_warnings(struct kz_ask *ask, size_t index,
                       const struct kz_warner_hit **ret_hits);
const struct kz_warn_head *kz_ask_warninglist(const struct kz_ask *ask,
                                              uint32_t list);

/* The details of a found value, in `arena`. */
KZ_MUST_USE kz_rc kz_ask_detail(const struct kz_ask *ask, size_t index,
                                struct kz_arena *arena,
                                struct kz_ask_detail *ret_detail,
                                struct kz_err *err);

#endif
