#include "work/audit.h"

#include <string.h>

#include "store/past.h"
#include "store/txn.h"

enum { SCRATCH_BYTES = 1 << 30, ENTRIES_MAX = 1 << 20 };

static const struct kz_audit_subject subjects[] = {
    {'e', "event", "Event"},
    {'E', "events", "Event"},
    {'A', "access", "User"},
    {'#', "tag", "Tag"},
    {'u', "user", "User"},
    {'k', "key", "AuthKey"},
    {'r', "role", "Role"},
    {'o', "organisation", "Organisation"},
    {'S', "user-setting", "UserSetting"},
    {'R', "registration", "Inbox"},
    {'s', "setting", "Server"},
    {'g', "sharing-group", "SharingGroup"},
    {'p', "proposal", "ShadowAttribute"},
    {'d', "delegation", "EventDelegation"},
    {'a', "analyst-data", "Note"},
    {'b', "event-block", "EventBlocklist"},
    {'B', "organisation-block", "OrgBlocklist"},
    {'f', "feed", "Feed"},
    {'v', "server", "Server"},
    {'h', "hook", "Hook"},
    {'l', "library", "Library"},
    {'q', "search", "Search"},
    {'x', "exclusion", "CorrelationExclusion"},
    {'F', "false-positive", "FalsePositive"},
    {'m', "decaying-model", "DecayingModel"},
    {'t', "taxonomy", "Taxonomy"},
    {'w', "warninglist", "Warninglist"},
    {'W', "warninglist", "WarninglistEntry"},
    {'n', "noticelist", "Noticelist"},
    {'G', "galaxy", "Galaxy"},
    {'c', "cluster", "GalaxyCluster"},
    {'C', "cluster-relation", "GalaxyClusterRelation"},
    {'T', "object-template", "ObjectTemplate"},
};
enum { SUBJECT_COUNT = sizeof subjects / sizeof subjects[0] };

const struct kz_audit_subject *kz_audit_subject_list(size_t index) {
  return index < SUBJECT_COUNT ? &subjects[index] : NULL;
}

const struct kz_audit_subject *kz_audit_subject_of(char letter) {
  static const struct kz_audit_subject other = {'?', "other", "Other"};
  for (size_t i = 0; i < SUBJECT_COUNT; i++) {
    if (subjects[i].letter == letter) {
      return &subjects[i];
    }
  }
  return &other;
}

/* --- asking ----------------------------------------------------------------
 */

struct sieve {
  const struct kz_user *asker;
  const struct kz_audit_question *question;
  kz_audit_visit *visit;
  void *ctx;
};

static bool is_wanted(const struct sieve *sieve, const struct kz_audit *e) {
  const struct kz_audit_question *q = sieve->question;
  return (sieve->asker->viewer.sees_all ||
          (e->actor.org != 0 && e->actor.org == sieve->asker->org.id)) &&
         e->time_us >= q->from_us && e->time_us <= q->to_us &&
         (q->id != 0 || !q->subjects || strchr(q->subjects, e->subject)) &&
         (q->action == 0 || q->action == (unsigned)e->action) &&
         (q->user == 0 || q->user == e->actor.user) &&
         (q->org == 0 || q->org == e->actor.org);
}

static kz_rc pass(void *ctx, const struct kz_audit *entry, struct kz_err *err) {
  const struct sieve *sieve = ctx;
  if (is_wanted(sieve, entry)) {
    return sieve->visit(sieve->ctx, entry, err);
  }
  /* The walk goes back in time: nothing older is asked for. */
  return sieve->question->id == 0 && entry->time_us < sieve->question->from_us
             ? KZ_END
             : KZ_OK;
}

kz_rc kz_audit_ask(struct kz_house *house, const struct kz_user *asker,
                   const struct kz_audit_question *question,
                   kz_audit_visit *visit, void *ctx, struct kz_err *err) {
  struct sieve sieve = {asker, question, visit, ctx};
  struct kz_view *view = kz_store_view(house->store);
  struct kz_reading r = kz_store_reading(house->store, view, NULL);
  kz_rc rc = KZ_OK;
  if (question->id != 0 && question->subjects) {
    for (const char *s = question->subjects; rc == KZ_OK && *s; s++) {
      rc = kz_audit_of(&r, *s, question->id, pass, &sieve, err);
    }
  } else {
    rc = kz_audit_walk(&r, question->generation, question->number, pass, &sieve,
                       err);
  }
  kz_view_unref(view);
  return rc;
}

/* --- the history of an attribute -------------------------------------------
 */

/* The entries of the event, and where versions go. */
struct history {
  struct kz_arena *arena;
  struct kz_audit *entries;
  size_t count;
  size_t room;
  uint64_t attribute;
  kz_audit_version_visit *visit;
  void *ctx;
};

static kz_rc keep_entry(void *ctx, const struct kz_audit *entry,
                        struct kz_err *err) {
  struct history *h = ctx;
  if (h->count == h->room) {
    size_t room = h->room ? h->room * 2 : 64;
    struct kz_audit *grown = room <= ENTRIES_MAX
                                 ? kz_arena_array(h->arena, room, sizeof *grown)
                                 : NULL;
    if (!grown) {
      return kz_err_set(err, KZ_E_LIMIT, "the event has too long a history");
    }
    if (h->count > 0) {
      memcpy(grown, h->entries, h->count * sizeof *grown);
    }
    h->entries = grown;
    h->room = room;
  }
  h->entries[h->count] = *entry;
  h->entries[h->count++].detail = KZ_STR_NONE;
  return KZ_OK;
}

static const struct kz_audit *entry_of(const struct history *h,
                                       const struct kz_past *past) {
  for (size_t i = 0; i < h->count; i++) {
    const struct kz_audit *e = &h->entries[i];
    if (e->generation == past->generation && e->past_first <= past->number &&
        past->number < e->past_end) {
      return e;
    }
  }
  return NULL;
}

static kz_rc visit_past(void *ctx, const struct kz_past *past,
                        struct kz_err *err) {
  const struct history *h = ctx;
  if (!past->attribute || past->attribute->id != h->attribute) {
    return KZ_OK;
  }
  const struct kz_audit_version version = {
      .attribute = past->attribute,
      .until_us = past->until_us,
      .until = entry_of(h, past),
  };
  return h->visit(h->ctx, &version, err);
}

kz_rc kz_audit_history(struct kz_house *house, uint64_t event,
                       uint64_t attribute, kz_audit_version_visit *visit,
                       void *ctx, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_BYTES);
  struct history h = {
      .arena = arena, .attribute = attribute, .visit = visit, .ctx = ctx};
  struct kz_attribute now;
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "history: out of memory");
  }
  struct kz_view *view = kz_store_view(house->store);
  struct kz_reading r = kz_store_reading(house->store, view, arena);
  kz_rc rc = kz_audit_of(&r, KZ_AUDIT_EVENT, event, keep_entry, &h, err);
  if (rc == KZ_OK) {
    rc = kz_past_walk(&r, event, visit_past, &h, err);
  }
  if (rc == KZ_OK) {
    rc = kz_read_attribute(&r, event, attribute, (struct kz_read_options){0},
                           &now, err);
    if (rc == KZ_OK) {
      rc = visit(ctx, &(struct kz_audit_version){.attribute = &now}, err);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_view_unref(view);
  return rc == KZ_END ? KZ_OK : rc;
}

/* --- logging in ------------------------------------------------------------
 */

struct access {
  enum kz_audit_action action;
  uint64_t user;
  kz_str detail;
};

static kz_rc write_access(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct access *a = ctx;
  return kz_txn_tell(txn, KZ_AUDIT_ACCESS, a->action, a->user, a->detail, err);
}

kz_rc kz_audit_access(struct kz_house *house, enum kz_audit_action action,
                      uint64_t user, kz_str detail, struct kz_err *err) {
  struct access a = {.action = action, .user = user, .detail = detail};
  return kz_store_run(house->store, write_access, &a, err);
}
