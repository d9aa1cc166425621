/* What hangs on an event or its attributes is kept until the attributes come;
 * those are written as they come, first the ones outside objects, then object
 * after object. So of an event there is its text in memory and the small things
 * beside it, however many attributes it has. */
#include "work/move_event.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "work/move_table.h"

enum { WORDS = 160 };
#define TEXT_BYTES ((size_t)1 << 30) /* what an import takes for one event */
#define ROWS_BYTES ((size_t)2 << 30)

/* A row that is kept. */
struct kept {
  struct kz_sort_key key;
  struct kz_move_head head;
  size_t at; /* its members in `kept_text` */
  size_t len;
};

struct kz_move_event {
  const struct kz_move_names *names;
  struct kz_ingest_run *run;
  bool is_open;
  bool has_event;      /* its own row was there */
  bool has_attributes; /* the list is begun */
  bool is_in_object;   /* its attributes are being written */
  bool is_filled;      /* the list has something */
  uint64_t number;
  uint64_t orphans; /* rows of an event that is not there */
  struct kz_json_place first;
  struct kz_buf text;
  struct kz_buf rows; /* struct kz_json_place */
  struct kz_buf kept_text;
  struct kz_buf kept;              /* struct kept, sorted as they came */
  size_t from[KZ_MOVE_KIND_COUNT]; /* of each kind in `kept` */
  size_t next_object;              /* in `kept`: not yet written */
};

struct kz_move_event *kz_move_event_new(const struct kz_move_names *names,
                                        struct kz_ingest_run *run) {
  struct kz_move_event *e = calloc(1, sizeof *e);
  if (e) {
    e->names = names;
    e->run = run;
    kz_buf_init(&e->text, TEXT_BYTES);
    kz_buf_init(&e->rows, ROWS_BYTES);
    kz_buf_init(&e->kept_text, TEXT_BYTES);
    kz_buf_init(&e->kept, ROWS_BYTES);
  }
  return e;
}

void kz_move_event_free(struct kz_move_event *e) {
  if (e) {
    kz_buf_done(&e->text);
    kz_buf_done(&e->rows);
    kz_buf_done(&e->kept_text);
    kz_buf_done(&e->kept);
    free(e);
  }
}

static struct kz_json_place place_of(const struct kz_move_head *head) {
  return (struct kz_json_place){.line = head->line, .byte = head->byte};
}

static void tell(struct kz_move_event *e, const struct kz_move_head *head,
                 const char *what, uint64_t number) {
  char words[WORDS];
  struct kz_json_place place = place_of(head);
  snprintf(words, sizeof words, "%s %llu is not there", what,
           (unsigned long long)number);
  kz_ingest_tell(e->run, &place, words);
}

static void put(struct kz_move_event *e, const char *text) {
  kz_buf_add_str(&e->text, kz_str_of(text));
}

/* Begins a row's line, after a comma if it is not the first of its list. */
static void put_line(struct kz_move_event *e, const struct kz_move_head *head,
                     bool *filled) {
  struct kz_json_place place = place_of(head);
  put(e, *filled ? ",\n" : "\n");
  kz_buf_add(&e->rows, &place, sizeof place);
  *filled = true;
}

/* --- what is kept ----------------------------------------------------------
 */

static const struct kept *kept_at(const struct kz_move_event *e, size_t i) {
  return (const struct kept *)(const void *)e->kept.ptr + i;
}

static size_t kept_count(const struct kz_move_event *e) {
  return e->kept.len / sizeof(struct kept);
}

static void keep(struct kz_move_event *e, const struct kz_sort_key *key,
                 const struct kz_move_head *head, kz_str members) {
  struct kept kept;
  memset(&kept, 0, sizeof kept);
  kept.key = *key;
  kept.head = *head;
  kept.at = e->kept_text.len;
  kept.len = members.len;
  kz_buf_add_str(&e->kept_text, members);
  kz_buf_add(&e->kept, &kept, sizeof kept);
  for (size_t k = kz_move_kind_of(key) + 1; k < KZ_MOVE_KIND_COUNT; k++) {
    e->from[k] = kept_count(e);
  }
}

static kz_str kept_members(const struct kz_move_event *e,
                           const struct kept *kept) {
  return (kz_str){e->kept_text.ptr + kept->at, kept->len};
}

/* The first kept row of a kind under `parent`, or where it would stand. */
static size_t find_kept(const struct kz_move_event *e, enum kz_move_kind kind,
                        uint64_t parent) {
  size_t low = e->from[kind];
  size_t high = e->from[kind + 1];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (kz_move_parent_of(&kept_at(e, middle)->key) < parent) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static bool is_kept_under(const struct kz_move_event *e, size_t i,
                          enum kz_move_kind kind, uint64_t parent) {
  return i < e->from[kind + 1] &&
         kz_move_parent_of(&kept_at(e, i)->key) == parent;
}

/* --- parts -----------------------------------------------------------------
 */

/* Who may see it. A group that is not here leaves it to its owner. */
static void put_level(struct kz_move_event *e,
                      const struct kz_move_head *head) {
  uint64_t group = 0;
  unsigned level = head->distribution;
  if (level == KZ_MOVE_NO_LEVEL) {
    return;
  }
  if (level == KZ_DIST_GROUP) {
    group = kz_move_names_group(e->names, head->group);
    level = group ? level : KZ_DIST_ORG;
    if (!group) {
      tell(e, head, "sharing group", head->group);
    }
  }
  kz_buf_add_format(&e->text, ",\"distribution\":\"%u\"", level);
  if (group) {
    kz_buf_add_format(&e->text, ",\"sharing_group_id\":\"%llu\"",
                      (unsigned long long)group);
  }
}

static void put_org(struct kz_move_event *e, const struct kz_move_head *head,
                    const char *name, uint32_t number) {
  const struct kz_move_org *org = kz_move_names_org(e->names, number);
  if (!org) {
    tell(e, head, "organisation", number);
    return;
  }
  kz_buf_add_format(&e->text, ",\"%s\":", name);
  kz_buf_add_str(&e->text, org->json);
}

/* The tags under `parent` as a list; nothing when there are none. */
static void put_tags(struct kz_move_event *e, enum kz_move_kind kind,
                     uint64_t parent) {
  bool filled = false;
  for (size_t i = find_kept(e, kind, parent); is_kept_under(e, i, kind, parent);
       i++) {
    const struct kept *kept = kept_at(e, i);
    kz_str tag =
        kz_move_names_text(e->names, e->names->tags, kept->head.refs[0]);
    if (!tag.ptr) {
      tell(e, &kept->head, "tag", kept->head.refs[0]);
      continue;
    }
    put(e, filled ? "" : ",\"Tag\":[");
    put_line(e, &kept->head, &filled);
    put(e, "{");
    kz_buf_add_str(&e->text, tag);
    put(e, kept->len ? "," : "");
    kz_buf_add_str(&e->text, kept_members(e, kept));
    put(e, "}");
  }
  put(e, filled ? "]" : "");
}

static void put_sightings(struct kz_move_event *e, uint64_t attribute) {
  bool filled = false;
  for (size_t i = find_kept(e, KZ_MOVE_SIGHTING, attribute);
       is_kept_under(e, i, KZ_MOVE_SIGHTING, attribute); i++) {
    const struct kept *kept = kept_at(e, i);
    put(e, filled ? "" : ",\"Sighting\":[");
    put_line(e, &kept->head, &filled);
    put(e, "{");
    kz_buf_add_str(&e->text, kept_members(e, kept));
    put_org(e, &kept->head, "Organisation", kept->head.refs[0]);
    put(e, "}");
  }
  put(e, filled ? "]" : "");
}

static void put_references(struct kz_move_event *e, uint64_t object) {
  bool filled = false;
  for (size_t i = find_kept(e, KZ_MOVE_REFERENCE, object);
       is_kept_under(e, i, KZ_MOVE_REFERENCE, object); i++) {
    const struct kept *kept = kept_at(e, i);
    put(e, filled ? "" : ",\"ObjectReference\":[");
    put_line(e, &kept->head, &filled);
    put(e, "{");
    kz_buf_add_str(&e->text, kept_members(e, kept));
    put(e, "}");
  }
  put(e, filled ? "]" : "");
}

static void put_reports(struct kz_move_event *e) {
  bool filled = false;
  for (size_t i = e->from[KZ_MOVE_REPORT]; i < e->from[KZ_MOVE_REPORT + 1];
       i++) {
    const struct kept *kept = kept_at(e, i);
    put(e, filled ? "" : ",\"EventReport\":[");
    put_line(e, &kept->head, &filled);
    put(e, "{");
    kz_buf_add_str(&e->text, kept_members(e, kept));
    put_level(e, &kept->head);
    put(e, "}");
  }
  put(e, filled ? "]" : "");
}

static void put_head(struct kz_move_event *e, const struct kz_move_head *head,
                     kz_str members) {
  struct kz_json_place place = place_of(head);
  kz_buf_add(&e->rows, &place, sizeof place);
  put(e, "{\"Event\":{");
  kz_buf_add_str(&e->text, members);
  put_level(e, head);
  put_org(e, head, "Org", head->refs[0]);
  put_org(e, head, "Orgc", head->refs[1]);
  kz_str email = kz_move_names_text(e->names, e->names->users, head->refs[2]);
  if (email.ptr) {
    put(e, ",\"event_creator_email\":");
    kz_buf_add_str(&e->text, email);
  }
}

/* --- objects ---------------------------------------------------------------
 */

static void close_object(struct kz_move_event *e) {
  if (e->is_in_object) {
    put(e, "]}");
    e->is_in_object = false;
  }
}

/* Writes the next object up to its attributes. */
static void open_object(struct kz_move_event *e) {
  const struct kept *kept = kept_at(e, e->next_object);
  bool filled = e->next_object > e->from[KZ_MOVE_OBJECT];
  close_object(e);
  put(e, filled ? "" : "],\"Object\":[");
  put_line(e, &kept->head, &filled);
  put(e, "{");
  kz_buf_add_str(&e->text, kept_members(e, kept));
  put_level(e, &kept->head);
  put_references(e, kz_move_parent_of(&kept->key));
  put(e, ",\"Attribute\":[");
  e->is_in_object = true;
  e->is_filled = false;
  e->next_object++;
}

/* Goes on to an object; false: it is not there. */
static bool go_to_object(struct kz_move_event *e, uint64_t object) {
  size_t i = find_kept(e, KZ_MOVE_OBJECT, object);
  if (!is_kept_under(e, i, KZ_MOVE_OBJECT, object)) {
    return false;
  }
  while (e->next_object <= i) {
    open_object(e);
  }
  return true;
}

static void begin_attributes(struct kz_move_event *e) {
  put_tags(e, KZ_MOVE_EVENT_TAG, 0);
  put_reports(e);
  put(e, ",\"Attribute\":[");
  e->has_attributes = true;
  e->is_filled = false;
  e->next_object = e->from[KZ_MOVE_OBJECT];
}

static void put_attribute(struct kz_move_event *e,
                          const struct kz_sort_key *key,
                          const struct kz_move_head *head, kz_str members) {
  uint64_t object = kz_move_parent_of(key);
  if (!e->has_attributes) {
    begin_attributes(e);
  }
  if (object != 0 && !go_to_object(e, object)) {
    tell(e, head, "object", object);
    return;
  }
  put_line(e, head, &e->is_filled);
  put(e, "{");
  kz_buf_add_str(&e->text, members);
  put_level(e, head);
  put_tags(e, KZ_MOVE_ATTRIBUTE_TAG, key->c);
  put_sightings(e, key->c);
  put(e, "}");
}

/* --- events ----------------------------------------------------------------
 */

static void begin(struct kz_move_event *e, const struct kz_sort_key *key,
                  const struct kz_move_head *head) {
  kz_buf_clear(&e->text);
  kz_buf_clear(&e->rows);
  kz_buf_clear(&e->kept);
  kz_buf_clear(&e->kept_text);
  memset(e->from, 0, sizeof e->from);
  e->is_open = true;
  e->has_event = kz_move_kind_of(key) == KZ_MOVE_EVENT;
  e->has_attributes = false;
  e->is_in_object = false;
  e->number = key->a;
  e->orphans = 0;
  e->first = place_of(head);
}

static bool has_failed(const struct kz_move_event *e) {
  return kz_buf_failed(&e->text) || kz_buf_failed(&e->rows) ||
         kz_buf_failed(&e->kept) || kz_buf_failed(&e->kept_text);
}

kz_rc kz_move_event_end(struct kz_move_event *e) {
  char words[WORDS];
  if (!e->is_open) {
    return KZ_OK;
  }
  e->is_open = false;
  if (!e->has_event) {
    snprintf(words, sizeof words,
             "event %llu is not there: %llu rows of it are left out",
             (unsigned long long)e->number, (unsigned long long)e->orphans);
    kz_ingest_tell(e->run, &e->first, words);
    return KZ_OK;
  }
  if (!e->has_attributes) {
    begin_attributes(e);
  }
  while (e->next_object < e->from[KZ_MOVE_OBJECT + 1]) {
    open_object(e);
  }
  close_object(e);
  put(e, "]}}");
  if (has_failed(e)) {
    snprintf(words, sizeof words, "event %llu is too long",
             (unsigned long long)e->number);
    kz_ingest_tell(e->run, &e->first, words);
    return KZ_OK;
  }
  return kz_ingest_give(e->run, kz_buf_str(&e->text),
                        (const struct kz_json_place *)(const void *)e->rows.ptr,
                        e->rows.len / sizeof(struct kz_json_place));
}

kz_rc kz_move_event_row(struct kz_move_event *e, const struct kz_sort_key *key,
                        kz_str record) {
  struct kz_move_head head;
  kz_rc rc = KZ_OK;
  memcpy(&head, record.ptr, sizeof head);
  kz_str members = kz_str_from(record, sizeof head);
  if (e->is_open && e->number != key->a) {
    rc = kz_move_event_end(e);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (!e->is_open) {
    begin(e, key, &head);
  }
  e->orphans += !e->has_event;
  if (!e->has_event || has_failed(e)) {
    return KZ_OK;
  }
  enum kz_move_kind kind = kz_move_kind_of(key);
  if (kind == KZ_MOVE_EVENT) {
    if (e->text.len > 0) {
      struct kz_json_place place = place_of(&head);
      kz_ingest_tell(e->run, &place, "the event has a row already");
      return KZ_OK;
    }
    put_head(e, &head, members);
  } else if (kind == KZ_MOVE_ATTRIBUTE) {
    put_attribute(e, key, &head, members);
  } else {
    keep(e, key, &head, members);
  }
  return KZ_OK;
}
