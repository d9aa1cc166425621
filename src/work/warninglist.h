/* Warninglists: what is kept of them, and the eyes that check values against
 * those in force.
 *
 * A list is a document that reads as MISP's Warninglist; its entries are a
 * document of their own, so that switching a list on or off does not rewrite
 * 100,000 of them. What values are checked against is built when it is first
 * asked for after a change (some tenths of a second for all the published
 * lists) and swapped: eyes that were opened before go on with what they have.
 * Any thread. */
#ifndef KZ_WORK_WARNINGLIST_H
#define KZ_WORK_WARNINGLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "insight/warner.h"
#include "model/event.h"
#include "model/warninglist.h"
#include "store/store.h"
#include "work/library.h"
#include "work/shelf.h"

struct kz_warninglists;

KZ_MUST_USE kz_rc kz_warninglists_open(struct kz_store *store,
                                       struct kz_warninglists **ret,
                                       struct kz_err *err);
void kz_warninglists_close(struct kz_warninglists *lists); /* NULL is fine */

/* Takes a file in (work/library.h). Whether the list is in force stays as it
 * is; a new one is not. */
KZ_MUST_USE kz_rc kz_warninglists_take(struct kz_warninglists *lists,
                                       const struct kz_library_file *file,
                                       struct kz_arena *arena,
                                       struct kz_library_taken *ret,
                                       struct kz_err *err);

/* The documents: {"id","name","type","category","description","version",
 * "enabled","default","valid_attributes":[...],"entry_count"}. Read only. */
struct kz_shelf *kz_warninglists_shelf(struct kz_warninglists *lists);

/* The entries of a list, in `arena`. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_warninglists_entries(struct kz_warninglists *lists,
                                          uint64_t id, struct kz_arena *arena,
                                          struct kz_warn_entry **ret_entries,
                                          size_t *ret_count,
                                          struct kz_err *err);

enum kz_warn_switch { KZ_WARN_OFF, KZ_WARN_ON, KZ_WARN_TOGGLE };

/* Switches all lists of the ids in one commit. KZ_NOT_FOUND, and nothing is
 * changed, when one is not there. */
KZ_MUST_USE kz_rc kz_warninglists_switch(struct kz_warninglists *lists,
                                         const uint64_t *ids, size_t count,
                                         enum kz_warn_switch how,
                                         struct kz_err *err);

/* --- checking --------------------------------------------------------------
 */

/* A list that is in force. */
struct kz_warn_head {
  uint64_t id;
  kz_str name;
  bool is_known; /* not of false positives */
};

struct kz_warn_eye;

/* An eye for one thread, with the lists of now. */
KZ_MUST_USE kz_rc kz_warn_eye_new(struct kz_warninglists *lists,
                                  struct kz_warn_eye **ret, struct kz_err *err);
void kz_warn_eye_free(struct kz_warn_eye *eye); /* NULL is fine */

/* Another eye, for another thread, with the same lists by the same numbers.
 * NULL when out of memory. */
struct kz_warn_eye *kz_warn_eye_again(const struct kz_warn_eye *eye);

/* Adds to `counts`, one for each list, the attributes of the event that the
 * list knows. */
void kz_warn_count(struct kz_warn_eye *eye, const struct kz_event *event,
                   uint64_t *counts);

/* How many lists are in force: none, and no value need be checked. */
size_t kz_warn_eye_lists(const struct kz_warn_eye *eye);

/* The lists that know the value of that type (or KZ_WARNER_ANY); a hit's `list`
 * is for kz_warn_head_of. The hits live until the next check. */
size_t kz_warn_check(struct kz_warn_eye *eye, unsigned type, kz_str value,
                     const struct kz_warner_hit **ret_hits);
/* Lives as long as the eye. */
const struct kz_warn_head *kz_warn_head_of(const struct kz_warn_eye *eye,
                                           uint32_t list);

/* Whether a list of false positives knows the value; it may not be sent out
 * where warninglists are enforced. */
bool kz_warn_trips(struct kz_warn_eye *eye, unsigned type, kz_str value);

#endif
