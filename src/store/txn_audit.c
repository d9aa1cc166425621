/* Nobody tells the log what happened: it is read off the transaction - events
 * that were touched, rows that came and went, earlier versions that were kept -
 * from where the job began. */
#include <stdlib.h>
#include <string.h>

#include "base/jsonv.h"
#include "base/wire.h"
#include "store/keys.h"
#include "store/txn.h"
#include "store/txn_inner.h"

enum {
  ARENA_BYTES = 1 << 30,
  DOCUMENT_BYTES = 256 << 20,
  DETAIL_MAX = 64 << 10, /* a longer one is left out */
  LIBRARY_DETAIL_MAX = 4 << 10,
  VALUE_MAX = DETAIL_MAX + 256,
  EVENTS_MAX = 1 << 24,
  TAGS_TOLD = 16, /* each by itself, of one job */
  LOOK_BACK = 256,
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "the audit log: out of memory");
}

/* --- documents -------------------------------------------------------------
 */

/* Kinds that come by thousands from public libraries. */
static bool is_of_library(char kind) {
  return strchr("cCGlntTwW", kind) != NULL;
}

/* Kinds that are the program's own bookkeeping. */
static bool is_silent(char kind) {
  return kind == 'i' || kind == 'j' || kind == 'L';
}

static bool speaks_of_secret(kz_str name) {
  static const char *const words[] = {"password", "secret", "key", "token"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (kz_str_find(name, kz_str_of(words[i])) != SIZE_MAX) {
      return true;
    }
  }
  return false;
}

/* Whether a member is not for the log: by its name, or as the value of a
 * setting whose name tells. */
static bool is_secret(const struct kz_jsonv *document, kz_str name) {
  static const char *const names[] = {"password",     "hash",    "totp",
                                      "totp_pending", "authkey", "headers",
                                      "key",          "secret"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (kz_str_eq(name, kz_str_of(names[i]))) {
      return true;
    }
  }
  return kz_str_eq(name, KZ_STR("value")) &&
         speaks_of_secret(kz_jsonv_text(document, KZ_STR("name")));
}

static void write_text(const struct kz_jsonv *v, struct kz_buf *out) {
  struct kz_jsonw w;
  kz_buf_clear(out);
  kz_jsonw_init(&w, out);
  kz_jsonv_write(v, &w);
}

static bool is_same(const struct kz_jsonv *a, const struct kz_jsonv *b) {
  KZ_BUF(left, DOCUMENT_BYTES);
  KZ_BUF(right, DOCUMENT_BYTES);
  if (!a || !b) {
    return a == b;
  }
  write_text(a, &left);
  write_text(b, &right);
  return kz_str_eq(kz_buf_str(&left), kz_buf_str(&right));
}

/* The members of `document` that differ from those of `other`. */
static void write_members(struct kz_jsonw *w, const char *name,
                          const struct kz_jsonv *document,
                          const struct kz_jsonv *other) {
  kz_jsonw_key(w, kz_str_of(name));
  kz_jsonw_object(w);
  for (const struct kz_jsonv *v = document->first; v; v = v->next) {
    if (is_same(v, kz_jsonv_get(other, v->name))) {
      continue;
    }
    kz_jsonw_key(w, v->name);
    if (is_secret(document, v->name)) {
      kz_jsonw_str(w, KZ_STR("*****"));
    } else {
      kz_jsonv_write(v, w);
    }
  }
  kz_jsonw_object_end(w);
}

static struct kz_jsonv *parse(kz_str text, struct kz_arena *arena) {
  struct kz_jsonv *v = NULL;
  return text.len > 0 && kz_jsonv_parse(text, arena, &v, NULL) == KZ_OK &&
                 v->kind == KZ_JSON_OBJECT
             ? v
             : NULL;
}

/* {"before":{...},"after":{...}} into the transaction's arena; empty when it is
 * too long or no document is an object. */
static kz_rc compare(struct kz_txn *txn, kz_str before, kz_str after,
                     kz_str *ret) {
  KZ_BUF(text, DETAIL_MAX);
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_jsonw w;
  if (!arena) {
    return KZ_E_MEMORY;
  }
  const struct kz_jsonv *old = parse(before, arena);
  const struct kz_jsonv *new = parse(after, arena);
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  if (old) {
    write_members(&w, "before", old, new);
  }
  if (new) {
    write_members(&w, "after", new, old);
  }
  kz_jsonw_object_end(&w);
  *ret = KZ_STR_NONE;
  return kz_buf_failed(&text) ? KZ_OK
                              : kz_arena_dup(txn->told, kz_buf_str(&text), ret);
}

static kz_rc grow(struct kz_txn *txn) {
  if (txn->noted_count < txn->noted_room) {
    return KZ_OK;
  }
  size_t room = txn->noted_room ? txn->noted_room * 2 : 16;
  struct kz_txn_noted *noted = reallocarray(txn->noted, room, sizeof *noted);
  if (!noted) {
    return KZ_E_MEMORY;
  }
  txn->noted = noted;
  txn->noted_room = room;
  return KZ_OK;
}

/* What a library's document is told of with: the first of its kind and action
 * in the job. One alone is somebody's own change and keeps its detail. */
static struct kz_txn_noted *find_joined(struct kz_txn *txn,
                                        const struct kz_txn_noted *noted) {
  for (size_t i = txn->mark.noted;
       is_of_library(noted->kind) && i < txn->noted_count; i++) {
    if (txn->noted[i].kind == noted->kind &&
        txn->noted[i].action == noted->action) {
      return &txn->noted[i];
    }
  }
  return NULL;
}

kz_rc kz_txn_audit_note(struct kz_txn *txn, char kind, uint64_t id,
                        kz_str after, struct kz_err *err) {
  KZ_BUF(before, DOCUMENT_BYTES);
  struct kz_key key = kz_key_note(kind, id);
  struct kz_txn_noted noted = {.kind = kind, .id = id, .count = 1};
  if (is_silent(kind)) {
    return KZ_OK;
  }
  kz_rc rc = kz_kv_txn_get(txn->changes, kz_key_str(&key), &before, err);
  if (rc < 0) {
    return rc;
  }
  bool was = rc == KZ_OK;
  if (!was && !after.ptr) {
    return KZ_OK;
  }
  noted.action = !was        ? KZ_AUDIT_ADD
                 : after.ptr ? KZ_AUDIT_EDIT
                             : KZ_AUDIT_REMOVE;
  struct kz_txn_noted *joined = find_joined(txn, &noted);
  if (joined) {
    joined->count++;
    joined->detail = KZ_STR_NONE;
    return KZ_OK;
  }
  if (was && kz_str_eq(kz_buf_str(&before), after)) {
    return KZ_OK;
  }
  rc = compare(txn, was ? kz_buf_str(&before) : KZ_STR_NONE, after,
               &noted.detail);
  if (is_of_library(kind) && noted.detail.len > LIBRARY_DETAIL_MAX) {
    noted.detail = KZ_STR_NONE;
  }
  if (rc < 0 || grow(txn) != KZ_OK) {
    return no_memory(err);
  }
  txn->noted[txn->noted_count++] = noted;
  return KZ_OK;
}

kz_rc kz_txn_tell(struct kz_txn *txn, char subject, enum kz_audit_action action,
                  uint64_t id, kz_str detail, struct kz_err *err) {
  struct kz_txn_noted noted = {
      .kind = subject, .action = action, .id = id, .count = 1};
  if (detail.len > DETAIL_MAX || grow(txn) != KZ_OK ||
      kz_arena_dup(txn->told, detail, &noted.detail) != KZ_OK) {
    return no_memory(err);
  }
  txn->noted[txn->noted_count++] = noted;
  txn->notes = true;
  return KZ_OK;
}

/* A tag as a document, with the members that MISP's clients know. */
static void write_tag(const struct kz_tag *tag, struct kz_buf *out) {
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("name"), tag->name);
  kz_jsonw_member_str(&w, KZ_STR("colour"), tag->colour);
  kz_jsonw_member_bool(&w, KZ_STR("exportable"), tag->exportable);
  kz_jsonw_member_bool(&w, KZ_STR("hide_tag"), tag->hidden);
  kz_jsonw_member_bool(&w, KZ_STR("local_only"), tag->local_only);
  kz_jsonw_raw_members(&w, tag->extra);
  kz_jsonw_object_end(&w);
}

/* Notes a tag's change; a taxonomy's thousands are counted from the
 * TAGS_TOLD-th on. */
static kz_rc note_tag(struct kz_txn *txn, enum kz_audit_action action,
                      const struct kz_tag *before, const struct kz_tag *after) {
  KZ_BUF(old, DETAIL_MAX);
  KZ_BUF(new, DETAIL_MAX);
  struct kz_txn_noted noted = {
      .kind = KZ_AUDIT_TAG, .action = action, .id = after->id, .count = 1};
  struct kz_txn_noted *last = txn->noted_count > txn->mark.noted + TAGS_TOLD
                                  ? &txn->noted[txn->noted_count - 1]
                                  : NULL;
  if (last && last->kind == KZ_AUDIT_TAG && last->action == action) {
    last->count++;
    last->detail = KZ_STR_NONE;
    return KZ_OK;
  }
  if (before) {
    write_tag(before, &old);
  }
  write_tag(after, &new);
  if (before && kz_str_eq(kz_buf_str(&old), kz_buf_str(&new))) {
    return KZ_OK;
  }
  kz_rc rc = compare(txn, kz_buf_str(&old), kz_buf_str(&new), &noted.detail);
  if (rc != KZ_OK || grow(txn) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  txn->noted[txn->noted_count++] = noted;
  return KZ_OK;
}

kz_rc kz_txn_put_tag(struct kz_txn *txn, struct kz_tag *tag,
                     struct kz_err *err) {
  struct kz_tag known;
  bool is_known =
      tag->id != 0 && kz_dict_tag_get(txn->dict, tag->id, &known) == KZ_OK;
  kz_rc rc = tag->id != 0 ? kz_dict_tag_put(txn->dict, tag, err)
                          : kz_dict_tag(txn->dict, tag, &tag->id, err);
  if (rc == KZ_OK && note_tag(txn, is_known ? KZ_AUDIT_EDIT : KZ_AUDIT_ADD,
                              is_known ? &known : NULL, tag) != KZ_OK) {
    rc = no_memory(err);
  }
  /* The dictionary is written with the commit: there has to be one. */
  txn->notes = txn->notes || rc == KZ_OK;
  return rc;
}

/* --- writing ---------------------------------------------------------------
 */

static kz_rc put(struct kz_txn *txn, const struct kz_actor *actor,
                 struct kz_audit *entry, struct kz_err *err) {
  KZ_BUF(value, VALUE_MAX);
  entry->actor = *actor;
  entry->time_us = txn->now_us;
  entry->generation = txn->meta.generation;
  entry->number = txn->told_count++;
  kz_audit_encode(entry, &value);
  if (kz_buf_failed(&value)) {
    return no_memory(err);
  }
  kz_txn_put_key(txn, kz_key_audit_entry(entry->generation, entry->number),
                 kz_buf_str(&value));
  return KZ_OK;
}

static kz_rc put_indexed(struct kz_txn *txn, const struct kz_actor *actor,
                         struct kz_audit *entry, struct kz_err *err) {
  kz_rc rc = put(txn, actor, entry, err);
  if (rc == KZ_OK) {
    kz_txn_put_key(txn,
                   kz_key_audit_index(entry->subject, entry->id,
                                      entry->generation, entry->number),
                   KZ_STR(""));
  }
  return rc;
}

/* --- events ----------------------------------------------------------------
 */

/* Entries of the events that the job touched, found by their ids. */
struct tally {
  struct kz_intmap *places;
  struct kz_audit *entries;
  size_t count;
};

static struct kz_audit *entry_of(const struct tally *tally, uint64_t event) {
  uint64_t place = 0;
  return kz_intmap_get(tally->places, event, &place) ? &tally->entries[place]
                                                     : NULL;
}

static kz_rc list_events(const struct kz_txn *txn, struct tally *tally) {
  size_t room = txn->touched_count - txn->mark.touched;
  tally->entries = calloc(room + 1, sizeof *tally->entries);
  tally->places = kz_intmap_new(EVENTS_MAX);
  if (!tally->entries || !tally->places) {
    return KZ_E_MEMORY;
  }
  for (size_t i = txn->mark.touched; i < txn->touched_count; i++) {
    uint64_t event = txn->touched[i];
    kz_rc rc = kz_intmap_add(tally->places, event, tally->count, NULL);
    if (rc < 0) {
      return rc;
    }
    if (rc == KZ_OK) {
      tally->entries[tally->count++] = (struct kz_audit){
          .subject = KZ_AUDIT_EVENT,
          .action =
              event >= txn->mark.meta.next_event ? KZ_AUDIT_ADD : KZ_AUDIT_EDIT,
          .id = event,
          .count = 1,
          .past_first = txn->mark.past,
          .past_end = txn->past,
      };
    }
  }
  return KZ_OK;
}

/* Rows are what attributes became: those with new ids were added. A row
 * without a place in the index was withdrawn (it has no values). */
static void count_rows(const struct kz_txn *txn, const struct tally *tally) {
  const struct kz_delta *d = &txn->delta;
  for (size_t i = txn->mark.rows; i < d->row_count; i++) {
    struct kz_audit *e = entry_of(tally, d->rows[i].event);
    if (e && d->rows[i].part_count > 0) {
      bool is_new = d->rows[i].attribute >= txn->mark.meta.next_child;
      e->added += is_new;
      e->changed += !is_new;
    }
  }
  for (size_t i = txn->mark.kills; i < d->kill_count; i++) {
    struct kz_audit *e = entry_of(tally, d->kills[i].event);
    if (e && d->kills[i].attribute != 0) {
      e->removed++; /* put right below: a changed one is killed, too */
    }
  }
  for (size_t i = 0; i < tally->count; i++) {
    struct kz_audit *e = &tally->entries[i];
    e->removed = e->removed > e->changed ? e->removed - e->changed : 0;
  }
  for (size_t i = txn->mark.others; i < d->other_count; i++) {
    struct kz_audit *e = entry_of(tally, d->others[i].event);
    if (e && d->others[i].thing != KZ_THING_EVENT) {
      e->others++;
    }
  }
}

/* What the event's flags were before the job. Of other jobs in the group only
 * the last changes are looked through: this decides no more than a word. */
static uint32_t flags_before(const struct kz_txn *txn, uint64_t event) {
  struct kz_event_entry known;
  size_t end = txn->mark.entries;
  for (size_t i = end; i > 0 && end - i < LOOK_BACK; i--) {
    if (txn->delta.entries[i - 1].id == event) {
      return txn->delta.entries[i - 1].flags;
    }
  }
  return kz_events_get(txn->view->events, event, &known) == KZ_OK ? known.flags
                                                                  : 0;
}

static void name_actions(const struct kz_txn *txn, const struct tally *tally) {
  for (size_t i = txn->mark.entries; i < txn->delta.entry_count; i++) {
    const struct kz_event_entry *now = &txn->delta.entries[i];
    struct kz_audit *e = entry_of(tally, now->id);
    if (!e || e->action == KZ_AUDIT_ADD) {
      continue;
    }
    uint32_t before = flags_before(txn, now->id);
    bool was = before & KZ_EVENT_PUBLISHED;
    bool is = now->flags & KZ_EVENT_PUBLISHED;
    bool is_alone = e->added == 0 && e->changed == 0 && e->removed == 0;
    if (!(now->flags & KZ_EVENT_EXISTS)) {
      e->action = KZ_AUDIT_REMOVE;
    } else if (is_alone && was != is) {
      e->action = is ? KZ_AUDIT_PUBLISH : KZ_AUDIT_UNPUBLISH;
    } else {
      e->action = KZ_AUDIT_EDIT;
    }
  }
}

static kz_rc tell_events(struct kz_txn *txn, const struct kz_actor *actor,
                         struct kz_err *err) {
  struct tally tally = {.count = 0};
  kz_rc rc = list_events(txn, &tally);
  if (rc == KZ_OK) {
    count_rows(txn, &tally);
    name_actions(txn, &tally);
  } else {
    rc = no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < tally.count; i++) {
    rc = put_indexed(txn, actor, &tally.entries[i], err);
  }
  kz_intmap_free(tally.places);
  free(tally.entries);
  return rc;
}

kz_rc kz_txn_audit(struct kz_txn *txn, const struct kz_actor *actor,
                   struct kz_err *err) {
  kz_rc rc = txn->touched_count > txn->mark.touched
                 ? tell_events(txn, actor, err)
                 : KZ_OK;
  for (size_t i = txn->mark.noted; rc == KZ_OK && i < txn->noted_count; i++) {
    const struct kz_txn_noted *n = &txn->noted[i];
    struct kz_audit entry = {
        .subject = n->kind,
        .action = n->action,
        .id = n->id,
        .count = n->count,
        .detail = n->detail,
    };
    rc = put_indexed(txn, actor, &entry, err);
  }
  return rc;
}

kz_rc kz_txn_audit_batch(struct kz_txn *txn, const struct kz_actor *actor,
                         struct kz_err *err) {
  KZ_BUF(range, VALUE_MAX);
  uint64_t count = txn->meta.next_event - txn->mark.meta.next_event;
  struct kz_audit entry = {
      .subject = KZ_AUDIT_EVENTS,
      .action = KZ_AUDIT_ADD,
      .id = txn->mark.meta.next_event,
      .count = count,
      .added = txn->delta.row_count - txn->mark.rows,
      .others = txn->delta.other_count - txn->mark.others - count,
  };
  if (count == 0) {
    return KZ_OK;
  }
  kz_rc rc = put(txn, actor, &entry, err);
  if (rc == KZ_OK) {
    kz_audit_encode_range(&entry, &range);
    kz_txn_put_key(txn, kz_key_audit_range(entry.id + count - 1),
                   kz_buf_str(&range));
  }
  return rc;
}
