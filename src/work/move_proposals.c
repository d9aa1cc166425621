/* A proposed change has the uuid of its attribute, so that is how the attribute
 * is found; the numbers of the old database mean nothing here. */
#include "work/move_proposals.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/jsonv.h"
#include "format/misp_read.h"
#include "store/edit.h"
#include "work/move_table.h"
#include "work/proposals.h"

enum { SCRATCH_BYTES = 256 << 20 };

struct moving {
  struct kz_house *house;
  const struct kz_move_names *names;
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
  struct kz_ingest_report *report;
  kz_str file;
  struct kz_json_place place;
};

static void tell(struct moving *m, const char *message) {
  kz_ingest_report_tell(m->report, m->file, &m->place, message);
}

/* --- finding ---------------------------------------------------------------
 */

struct target {
  struct kz_uuid event_uuid;
  struct kz_uuid attribute_uuid;
  bool wants_attribute;
  uint64_t event;
  uint64_t attribute;
  uint32_t org;
};

/* Changes nothing: KZ_UNCHANGED when all was found. */
static kz_rc look(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct target *t = ctx;
  struct kz_found found;
  struct kz_event_entry entry;
  kz_rc rc = kz_txn_find_uuid(txn, &t->event_uuid, &found, err);
  if (rc != KZ_OK || found.thing != KZ_THING_EVENT ||
      kz_events_get(kz_txn_view(txn)->events, found.event, &entry) != KZ_OK) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  t->event = found.event;
  t->org = entry.org;
  if (!t->wants_attribute) {
    return KZ_UNCHANGED;
  }
  rc = kz_txn_find_uuid(txn, &t->attribute_uuid, &found, err);
  if (rc != KZ_OK || found.thing != KZ_THING_ATTRIBUTE ||
      found.event != t->event) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  t->attribute = found.id;
  return KZ_UNCHANGED;
}

/* --- one -------------------------------------------------------------------
 */

/* Whether the event has it already: moving in may be done again. */
static kz_rc is_here(struct moving *m, const struct kz_proposal *proposal,
                     bool *ret, struct kz_err *err) {
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  kz_rc rc = kz_proposals_of(m->house->proposals, proposal->event, m->arena,
                             &documents, &count, err);
  *ret = false;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_uuid uuid;
    *ret = *ret || (kz_uuid_parse(kz_jsonv_text(documents[i], KZ_STR("uuid")),
                                  &uuid) == KZ_OK &&
                    kz_uuid_eq(&uuid, &proposal->attribute->uuid) &&
                    kz_proposal_org(documents[i]) == proposal->org &&
                    kz_str_eq(kz_jsonv_text(documents[i], KZ_STR("value")),
                              proposal->attribute->value));
  }
  return rc;
}

static kz_rc read_attribute(struct moving *m, kz_str text,
                            struct kz_attribute *ret, struct kz_err *err) {
  struct kz_misp_attributes read;
  const struct kz_misp_input input = {.text = text, .arena = m->arena};
  kz_rc rc = kz_misp_read_attributes(m->reader, &input, &read, err);
  if (rc == KZ_OK) {
    *ret = read.items[0];
  }
  return rc;
}

static kz_rc add(struct moving *m, const struct kz_move_head *head,
                 const struct kz_sort_key *key, kz_str text,
                 const struct kz_jsonv *row, struct kz_err *err) {
  struct kz_attribute attribute;
  const struct kz_move_org *org = kz_move_names_org(m->names, head->refs[0]);
  struct target target = {.wants_attribute = kz_move_parent_of(key) != 0};
  bool here = false;
  kz_rc rc = read_attribute(m, text, &attribute, err);
  if (rc != KZ_OK) {
    return rc;
  }
  target.attribute_uuid = attribute.uuid;
  if (kz_uuid_parse(kz_jsonv_text(row, KZ_STR("event_uuid")),
                    &target.event_uuid) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "it names no event");
  }
  rc = kz_store_run(m->house->store, look, &target, err);
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(err, KZ_E_INPUT, "its event or attribute is not there");
  }
  if (rc != KZ_UNCHANGED) {
    return rc;
  }
  const struct kz_proposal proposal = {
      .event = target.event,
      .event_uuid = target.event_uuid,
      .event_org = target.org,
      .old_id = target.attribute,
      .org = org ? org->id : 0,
      .email = kz_jsonv_text(row, KZ_STR("email")),
      .to_delete = kz_jsonv_flag(row, KZ_STR("proposal_to_delete"), false),
      .attribute = &attribute,
  };
  uint64_t id = 0;
  rc = is_here(m, &proposal, &here, err);
  if (rc == KZ_OK && !here) {
    rc = kz_proposals_add(m->house->proposals, &proposal, m->arena, &id, err);
    m->report->proposals += rc == KZ_OK;
  }
  return rc;
}

static kz_rc move_one(struct moving *m, const struct kz_sort_key *key,
                      kz_str record, struct kz_err *err) {
  struct kz_move_head head;
  struct kz_jsonv *row = NULL;
  KZ_BUF(text, SCRATCH_BYTES);
  memcpy(&head, record.ptr, sizeof head);
  m->place = (struct kz_json_place){.line = head.line, .byte = head.byte};
  kz_arena_reset(m->arena);
  kz_buf_add_byte(&text, '{');
  kz_buf_add_str(&text, kz_str_from(record, sizeof head));
  kz_buf_add_byte(&text, '}');
  kz_rc rc = kz_buf_failed(&text)
                 ? kz_err_set(err, KZ_E_LIMIT, "it is too long")
                 : kz_jsonv_parse(kz_buf_str(&text), m->arena, &row, err);
  if (rc == KZ_OK && kz_jsonv_flag(row, KZ_STR("deleted"), false)) {
    return KZ_OK; /* it was answered */
  }
  if (rc == KZ_OK) {
    rc = add(m, &head, key, kz_buf_str(&text), row, err);
  }
  if (rc == KZ_E_INPUT || rc == KZ_E_LIMIT || rc == KZ_E_CONFLICT) {
    char words[KZ_ERR_TEXT + 16];
    snprintf(words, sizeof words, "proposal: %s", err->text);
    tell(m, words);
    return KZ_OK;
  }
  return rc;
}

kz_rc kz_move_proposals(struct kz_house *house, struct kz_sorter *sorted,
                        const struct kz_move_names *names, kz_str file,
                        struct kz_ingest_report *report, struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_BYTES);
  struct moving m = {.house = house,
                     .names = names,
                     .reader = kz_misp_reader_new(SCRATCH_BYTES),
                     .arena = arena,
                     .report = report,
                     .file = file};
  struct kz_sort_key key;
  kz_str record = KZ_STR_NONE;
  kz_rc rc = arena && m.reader
                 ? KZ_OK
                 : kz_err_set(err, KZ_E_MEMORY, "moving in: out of memory");
  while (rc == KZ_OK) {
    rc = kz_sorter_next(sorted, &key, &record, err);
    rc = rc == KZ_OK ? move_one(&m, &key, record, err) : rc;
  }
  kz_misp_reader_free(m.reader);
  return rc == KZ_END ? KZ_OK : rc;
}
