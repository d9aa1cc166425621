/* Saved searches: questions with a name that are asked again. Documents
 *
 *   {"name","query":{...},"share":"none"|"org"|"all","user_id","org_id",
 *    "watch":{...}}
 *
 * `query` is what /api/search takes as JSON; spans in it ("5d") count from the
 * moment it is run. Who runs one sees with his own eyes. A search is seen by
 * its owner, by those it is shared with and by site administrators; changed by
 * its owner and site administrators. `watch` is work/watch.h's.
 *
 * Beside them are looks: how far somebody has looked,
 *
 *   {"name":"search:5"|"user:7","child","looked","told","hour","in_hour"}
 *
 * that is, up to which id of an attribute (not included; ids only grow) and
 * when, in seconds. Looks are not in the audit log. Any thread. */
#ifndef KZ_WORK_SAVED_H
#define KZ_WORK_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "store/query.h"
#include "store/store.h"
#include "work/people.h"
#include "work/search.h"
#include "work/shelf.h"

enum {
  KZ_SAVED_NAME_MAX = 200,
  KZ_SAVED_QUERY_MAX = 64 << 10,     /* bytes */
  KZ_SAVED_MAX = 500,                /* of one user */
  KZ_WATCH_INTERVAL_MAX = 7 * 86400, /* seconds */
  KZ_WATCH_PER_HOUR = 12,
  KZ_WATCH_PER_HOUR_MAX = 60,
};

struct kz_saved {
  struct kz_shelf *searches;
  struct kz_shelf *looks;
};

KZ_MUST_USE kz_rc kz_saved_open(struct kz_store *store,
                                struct kz_saved **ret_saved,
                                struct kz_err *err);
void kz_saved_close(struct kz_saved *saved); /* NULL is fine */

bool kz_saved_is_seen(const struct kz_jsonv *search, const struct kz_user *by);
/* Whether it has a watch that is on. */
bool kz_saved_is_watched(const struct kz_jsonv *search);
bool kz_saved_is_his(const struct kz_jsonv *search, const struct kz_user *user);

/* The search of an id, when the user sees it (`to_change`: may change it);
 * KZ_NOT_FOUND for what is not there and what he does not see, KZ_E_DENIED for
 * what he sees and may not change. */
KZ_MUST_USE kz_rc kz_saved_get(struct kz_saved *saved, uint64_t id,
                               const struct kz_user *user, bool to_change,
                               struct kz_arena *arena,
                               struct kz_jsonv **ret_search,
                               struct kz_err *err);

/* Those the user sees, as an array in order of ids. */
KZ_MUST_USE kz_rc kz_saved_list(struct kz_saved *saved,
                                const struct kz_user *user,
                                struct kz_arena *arena,
                                struct kz_jsonv **ret_list, struct kz_err *err);

/* Adds one (`*id` 0) for the user, or changes one: members of `from` that are
 * not given stay as they are. The result is `*ret_search`. KZ_E_INPUT with
 * words, KZ_E_LIMIT when he has too many, and as kz_saved_get. A watch that is
 * new, or whose query is, begins with what comes from now on. */
KZ_MUST_USE kz_rc kz_saved_put(struct kz_saved *saved,
                               const struct kz_user *user, uint64_t *id,
                               const struct kz_jsonv *from,
                               struct kz_arena *arena,
                               struct kz_jsonv **ret_search,
                               struct kz_err *err);
KZ_MUST_USE kz_rc kz_saved_remove(struct kz_saved *saved,
                                  const struct kz_user *user, uint64_t id,
                                  struct kz_err *err);

/* The question of a search, as of now. */
KZ_MUST_USE kz_rc kz_saved_read(struct kz_saved *saved,
                                const struct kz_jsonv *search,
                                struct kz_arena *arena, struct kz_search *ret,
                                struct kz_err *err);

/* --- looks -----------------------------------------------------------------
 */

struct kz_look {
  uint64_t id;      /* of the document; 0: there is none yet */
  uint64_t child;   /* attributes from this id on are new */
  int64_t looked_s; /* when that was so, seconds since 1970 */
  int64_t told_s;   /* of a watch: its last message */
  int64_t hour;     /* which hour since 1970 */
  uint64_t in_hour; /* messages in it */
};

/* The look of that name; one of zeros when there is none. */
KZ_MUST_USE kz_rc kz_look_get(struct kz_saved *saved, kz_str name,
                              struct kz_arena *arena, struct kz_look *ret,
                              struct kz_err *err);
/* The look of somebody who has seen all of the view. */
KZ_MUST_USE kz_rc kz_look_now(const struct kz_view *view, struct kz_look *ret,
                              struct kz_err *err);
/* The change that keeps a look. NULL when out of memory. */
struct kz_jsonv *kz_look_document(kz_str name, const struct kz_look *look,
                                  struct kz_arena *arena);

/* A question's hits that are new to a look. `ids` are the first `room` of them
 * in order of events. */
struct kz_news {
  uint64_t total;  /* new hits */
  uint64_t events; /* that they are in */
  struct kz_hit *hits;
  size_t count;
};
KZ_MUST_USE kz_rc kz_look_news(struct kz_saved *saved,
                               const struct kz_view *view,
                               const struct kz_viewer *viewer,
                               const struct kz_search *search,
                               const struct kz_look *look, uint64_t offset,
                               size_t room, struct kz_arena *arena,
                               struct kz_news *ret, struct kz_err *err);

#endif
