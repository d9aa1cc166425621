/* The events that organisations are asked to take are in memory, for they are
 * part of who sees what: there are few. */
#include "work/delegations.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/edit.h"

enum { SCRATCH = 16 << 20 };

struct waiting {
  uint64_t id; /* of the request */
  uint64_t event;
  uint32_t org;
};

struct kz_delegations {
  struct kz_store *store;
  struct kz_shelf *shelf;
  pthread_mutex_t change; /* around looking and asking */
  pthread_rwlock_t lock;
  struct waiting *waiting; /* by event */
  size_t count;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_DELEGATION, .noun = "delegation", .parent = "event_id"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "delegation: out of memory");
}

static struct kz_delegation read_document(const struct kz_jsonv *document) {
  uint64_t distribution =
      kz_jsonv_u64(document, KZ_STR("distribution"), UINT64_MAX);
  return (struct kz_delegation){
      .id = kz_jsonv_u64(document, KZ_STR("id"), 0),
      .event = kz_jsonv_u64(document, KZ_STR("event_id"), 0),
      .org = (uint32_t)kz_jsonv_u64(document, KZ_STR("org_id"), 0),
      .requester =
          (uint32_t)kz_jsonv_u64(document, KZ_STR("requester_org_id"), 0),
      .distribution = distribution <= KZ_DIST_GROUP ? (int)distribution : -1,
      .group = kz_jsonv_u64(document, KZ_STR("sharing_group_id"), 0),
      .message = kz_jsonv_text(document, KZ_STR("message")),
  };
}

/* Puts what is known of a request in place (NULL: it is gone). */
static kz_rc learn(struct kz_delegations *d, uint64_t id,
                   const struct kz_delegation *now) {
  pthread_rwlock_wrlock(&d->lock);
  struct waiting *list = calloc(d->count + 1, sizeof *list);
  size_t count = 0;
  bool placed = !now;
  for (size_t i = 0; list && i < d->count; i++) {
    if (!placed && d->waiting[i].event > now->event) {
      list[count++] = (struct waiting){id, now->event, now->org};
      placed = true;
    }
    if (d->waiting[i].id != id) {
      list[count++] = d->waiting[i];
    }
  }
  if (list && !placed) {
    list[count++] = (struct waiting){id, now->event, now->org};
  }
  if (list) {
    free(d->waiting);
    d->waiting = list;
    d->count = count;
  }
  pthread_rwlock_unlock(&d->lock);
  return list ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc learn_all(struct kz_delegations *d, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH);
  struct kz_delegation *list = NULL;
  size_t count = 0;
  kz_rc rc = arena ? kz_delegations_list(d, 0, arena, &list, &count, err)
                   : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = learn(d, list[i].id, &list[i]) == KZ_OK ? KZ_OK : no_memory(err);
  }
  return rc;
}

kz_rc kz_delegations_open(struct kz_store *store, struct kz_delegations **ret,
                          struct kz_err *err) {
  struct kz_delegations *d = calloc(1, sizeof *d);
  if (!d) {
    return no_memory(err);
  }
  d->store = store;
  pthread_mutex_init(&d->change, NULL);
  pthread_rwlock_init(&d->lock, NULL);
  kz_rc rc = kz_shelf_open(store, &shape, &d->shelf, err);
  if (rc == KZ_OK) {
    rc = learn_all(d, err);
  }
  if (rc != KZ_OK) {
    kz_delegations_close(d);
    return rc;
  }
  *ret = d;
  return KZ_OK;
}

void kz_delegations_close(struct kz_delegations *d) {
  if (d) {
    kz_shelf_close(d->shelf);
    free(d->waiting);
    pthread_rwlock_destroy(&d->lock);
    pthread_mutex_destroy(&d->change);
    free(d);
  }
}

kz_rc kz_delegations_get(struct kz_delegations *d, uint64_t id,
                         struct kz_arena *arena, struct kz_delegation *ret,
                         struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_get(d->shelf, id, arena, &document, err);
  if (rc == KZ_OK) {
    *ret = read_document(document);
  }
  return rc;
}

kz_rc kz_delegations_list(struct kz_delegations *d, uint64_t event,
                          struct kz_arena *arena, struct kz_delegation **ret,
                          size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t kept = 0;
  kz_rc rc = kz_shelf_cards(d->shelf, event, arena, &cards, &count);
  struct kz_delegation *list =
      rc == KZ_OK ? kz_arena_array(arena, count + 1, sizeof *list) : NULL;
  if (!list) {
    return no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_delegations_get(d, cards[i].id, arena, &list[kept], err);
    kept += rc == KZ_OK;
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* gone meanwhile */
  }
  *ret = list;
  *ret_count = kept;
  return rc;
}

kz_rc kz_delegations_of(struct kz_delegations *d, uint32_t org,
                        struct kz_arena *arena, const uint64_t **ret_events,
                        size_t *ret_count) {
  pthread_rwlock_rdlock(&d->lock);
  uint64_t *events = kz_arena_array(arena, d->count + 1, sizeof *events);
  size_t count = 0;
  for (size_t i = 0; events && i < d->count; i++) {
    if (d->waiting[i].org == org) {
      events[count++] = d->waiting[i].event;
    }
  }
  pthread_rwlock_unlock(&d->lock);
  if (!events) {
    return KZ_E_MEMORY;
  }
  *ret_events = events;
  *ret_count = count;
  return KZ_OK;
}

static struct kz_jsonv *write_document(const struct kz_delegation *one,
                                       struct kz_arena *arena) {
  struct kz_jsonv *v = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool done =
      v && kz_jsonv_set_u64(v, KZ_STR("event_id"), one->event, arena) &&
      kz_jsonv_set_u64(v, KZ_STR("org_id"), one->org, arena) &&
      kz_jsonv_set_u64(v, KZ_STR("requester_org_id"), one->requester, arena) &&
      kz_jsonv_set_u64(v, KZ_STR("sharing_group_id"), one->group, arena) &&
      kz_jsonv_set_str(v, KZ_STR("message"), one->message, arena);
  if (done && one->distribution >= 0) {
    done = kz_jsonv_set_u64(v, KZ_STR("distribution"),
                            (uint64_t)one->distribution, arena);
  }
  return done ? v : NULL;
}

static bool is_asked(struct kz_delegations *d, uint64_t event) {
  bool found = false;
  pthread_rwlock_rdlock(&d->lock);
  for (size_t i = 0; i < d->count; i++) {
    found = found || d->waiting[i].event == event;
  }
  pthread_rwlock_unlock(&d->lock);
  return found;
}

kz_rc kz_delegations_ask(struct kz_delegations *d,
                         struct kz_delegation *delegation,
                         struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *document = write_document(delegation, arena);
  if (!document) {
    return no_memory(err);
  }
  pthread_mutex_lock(&d->change);
  delegation->id = 0;
  kz_rc rc =
      is_asked(d, delegation->event)
          ? kz_err_set(err, KZ_E_CONFLICT,
                       "There is a delegation request for this event "
                       "already.")
          : kz_shelf_put(d->shelf, &delegation->id, document, arena, err);
  if (rc == KZ_OK && learn(d, delegation->id, delegation) != KZ_OK) {
    rc = no_memory(err);
  }
  pthread_mutex_unlock(&d->change);
  return rc;
}

struct transfer {
  const struct kz_delegation *delegation;
  const struct kz_org *org;
  kz_str email;
  struct kz_shelf_change end;
};

static kz_rc transfer_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct transfer *t = ctx;
  struct kz_edit_gift gift = {.org = t->org, .email = t->email};
  if (t->delegation->distribution >= 0) {
    gift.has_distribution = true;
    gift.distribution = (uint8_t)t->delegation->distribution;
    gift.sharing_group = t->delegation->group;
  }
  kz_rc rc = kz_edit_give_event(txn, t->delegation->event, &gift, err);
  return rc == KZ_OK ? kz_shelf_write(&t->end, txn, err) : rc;
}

static kz_rc forget(struct kz_delegations *d, uint64_t id, struct kz_err *err) {
  return learn(d, id, NULL) == KZ_OK ? KZ_OK : no_memory(err);
}

kz_rc kz_delegations_accept(struct kz_delegations *d,
                            const struct kz_delegation *delegation,
                            const struct kz_org *org, kz_str email,
                            struct kz_err *err) {
  struct transfer t = {
      .delegation = delegation,
      .org = org,
      .email = email,
      .end = {.shelf = d->shelf, .id = delegation->id},
  };
  pthread_mutex_lock(&d->change);
  kz_rc rc = is_asked(d, delegation->event)
                 ? kz_store_run(d->store, transfer_job, &t, err)
                 : KZ_NOT_FOUND;
  if (rc == KZ_OK) {
    rc = kz_shelf_learn(&t.end, err);
  }
  if (rc == KZ_OK) {
    rc = forget(d, delegation->id, err);
  }
  pthread_mutex_unlock(&d->change);
  return rc;
}

kz_rc kz_delegations_discard(struct kz_delegations *d, uint64_t id,
                             struct kz_err *err) {
  pthread_mutex_lock(&d->change);
  kz_rc rc = kz_shelf_remove(d->shelf, id, err);
  if (rc == KZ_OK) {
    rc = forget(d, id, err);
  }
  pthread_mutex_unlock(&d->change);
  return rc;
}
