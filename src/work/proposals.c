/* Accepting reads the document's attribute with the reader of format/, which
 * judges it as it judges what comes from outside. Rejected: keeping the
 * attribute in the store's own records too, which would need rules of
 * visibility and correlation for what is not there yet. */
#include "work/proposals.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/uuid.h"
#include "format/misp_read.h"
#include "model/type.h"
#include "store/edit.h"
#include "work/shelf.h"

enum {
  READER_BYTES = 256 << 20,
  SCRATCH_BYTES = 256 << 20,
  NUMBER_TEXT = 24,
};

struct kz_proposals {
  struct kz_store *store;
  struct kz_shelf *shelf;
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_PROPOSAL, .noun = "proposal", .parent = "event_id"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "proposal: out of memory");
}

kz_rc kz_proposals_open(struct kz_store *store, struct kz_proposals **ret,
                        struct kz_err *err) {
  struct kz_proposals *proposals = calloc(1, sizeof *proposals);
  if (!proposals) {
    return no_memory(err);
  }
  proposals->store = store;
  kz_rc rc = kz_shelf_open(store, &shape, &proposals->shelf, err);
  if (rc != KZ_OK) {
    kz_proposals_close(proposals);
    return rc;
  }
  *ret = proposals;
  return KZ_OK;
}

void kz_proposals_close(struct kz_proposals *proposals) {
  if (proposals) {
    kz_shelf_close(proposals->shelf);
    free(proposals);
  }
}

/* --- making a document -----------------------------------------------------
 */

/* A document while its members are set; a failure sticks. */
struct draft {
  struct kz_jsonv *document;
  struct kz_arena *arena;
  bool ok;
};

static void set_text(struct draft *d, kz_str name, kz_str text) {
  kz_str copy = KZ_STR("");
  d->ok = d->ok && kz_arena_dup(d->arena, text, &copy) == KZ_OK &&
          kz_jsonv_set_str(d->document, name, copy, d->arena);
}

static void set_number(struct draft *d, kz_str name, uint64_t number) {
  KZ_BUF(text, NUMBER_TEXT);
  kz_buf_add_format(&text, "%llu", (unsigned long long)number);
  set_text(d, name, kz_buf_str(&text));
}

static void set_flag(struct draft *d, kz_str name, bool flag) {
  d->ok = d->ok && kz_jsonv_set_bool(d->document, name, flag, d->arena);
}

static void set_uuid(struct draft *d, kz_str name, const struct kz_uuid *uuid) {
  char text[KZ_UUID_TEXT];
  set_text(d, name, kz_uuid_format(uuid, text));
}

static void set_moment(struct draft *d, kz_str name, int64_t us) {
  char text[KZ_TIME_TEXT];
  if (us != KZ_TIME_NONE) {
    set_text(d, name, kz_clock_format_time(us, text));
    return;
  }
  struct kz_jsonv *none = kz_jsonv_new(d->arena, KZ_JSON_NULL);
  d->ok = d->ok && none && kz_jsonv_set(d->document, name, none, d->arena);
}

static void set_attribute(struct draft *d, const struct kz_attribute *a) {
  set_text(d, KZ_STR("type"), kz_type_name(a->type));
  set_text(d, KZ_STR("category"), kz_category_name(a->category));
  set_uuid(d, KZ_STR("uuid"), &a->uuid);
  set_flag(d, KZ_STR("to_ids"), a->to_ids);
  set_text(d, KZ_STR("value"), a->value);
  set_text(d, KZ_STR("comment"), a->comment);
  set_flag(d, KZ_STR("disable_correlation"), a->disable_correlation);
  set_moment(d, KZ_STR("first_seen"), a->first_seen_us);
  set_moment(d, KZ_STR("last_seen"), a->last_seen_us);
  if (a->data.ptr) {
    set_text(d, KZ_STR("data"), a->data);
  }
}

kz_rc kz_proposals_add(struct kz_proposals *proposals,
                       const struct kz_proposal *proposal,
                       struct kz_arena *arena, uint64_t *ret_id,
                       struct kz_err *err) {
  struct kz_attribute a = *proposal->attribute;
  struct draft d = {.document = kz_jsonv_new(arena, KZ_JSON_OBJECT),
                    .arena = arena,
                    .ok = true};
  if (!d.document) {
    return no_memory(err);
  }
  if (kz_uuid_is_nil(&a.uuid)) {
    kz_rc rc = kz_uuid_make(&a.uuid);
    if (rc != KZ_OK) {
      return kz_err_set(err, rc, "proposal: no randomness for its uuid");
    }
  }
  uint64_t now_s = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  set_number(&d, KZ_STR("old_id"), proposal->old_id);
  set_number(&d, KZ_STR("event_id"), proposal->event);
  set_attribute(&d, &a);
  set_number(&d, KZ_STR("org_id"), proposal->org);
  set_text(&d, KZ_STR("email"), proposal->email);
  set_uuid(&d, KZ_STR("event_uuid"), &proposal->event_uuid);
  set_number(&d, KZ_STR("event_org_id"), proposal->event_org);
  set_flag(&d, KZ_STR("deleted"), false);
  set_number(&d, KZ_STR("timestamp"), now_s);
  set_flag(&d, KZ_STR("proposal_to_delete"), proposal->to_delete);
  if (!d.ok) {
    return no_memory(err);
  }
  uint64_t id = 0;
  kz_rc rc = kz_shelf_put(proposals->shelf, &id, d.document, arena, err);
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}

/* --- finding ---------------------------------------------------------------
 */

uint64_t kz_proposal_id(const struct kz_jsonv *document) {
  return kz_jsonv_u64(document, KZ_STR("id"), 0);
}

uint64_t kz_proposal_event(const struct kz_jsonv *document) {
  return kz_jsonv_u64(document, KZ_STR("event_id"), 0);
}

uint64_t kz_proposal_old_id(const struct kz_jsonv *document) {
  return kz_jsonv_u64(document, KZ_STR("old_id"), 0);
}

uint32_t kz_proposal_org(const struct kz_jsonv *document) {
  return (uint32_t)kz_jsonv_u64(document, KZ_STR("org_id"), 0);
}

bool kz_proposal_is_live(const struct kz_jsonv *document) {
  return !kz_jsonv_flag(document, KZ_STR("deleted"), false);
}

kz_rc kz_proposals_get(struct kz_proposals *proposals, kz_str ref,
                       struct kz_arena *arena, struct kz_jsonv **ret_document,
                       struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_ref(proposals->shelf, ref, &id);
  return rc == KZ_OK
             ? kz_shelf_get(proposals->shelf, id, arena, ret_document, err)
             : rc;
}

kz_rc kz_proposals_of(struct kz_proposals *proposals, uint64_t event,
                      struct kz_arena *arena, struct kz_jsonv ***ret_documents,
                      size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t kept = 0;
  kz_rc rc = kz_shelf_cards(proposals->shelf, event, arena, &cards, &count);
  struct kz_jsonv **documents =
      kz_arena_array(arena, count + 1, sizeof *documents);
  if (rc != KZ_OK || !documents) {
    return no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_shelf_get(proposals->shelf, cards[i].id, arena, &documents[kept],
                      err);
    kept += rc == KZ_OK;
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* removed meanwhile */
  }
  if (rc == KZ_OK) {
    *ret_documents = documents;
    *ret_count = kept;
  }
  return rc;
}

bool kz_proposals_wait(struct kz_proposals *proposals, uint64_t event) {
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  KZ_ARENA(arena, SCRATCH_BYTES);
  if (!arena || kz_proposals_of(proposals, event, arena, &documents, &count,
                                NULL) != KZ_OK) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (kz_proposal_is_live(documents[i])) {
      return true;
    }
  }
  return false;
}

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

kz_rc kz_proposals_events(struct kz_proposals *proposals,
                          struct kz_arena *arena, uint64_t **ret_events,
                          size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t kept = 0;
  kz_rc rc = kz_shelf_cards(proposals->shelf, 0, arena, &cards, &count);
  uint64_t *events = kz_arena_array(arena, count + 1, sizeof *events);
  if (rc != KZ_OK || !events) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    events[i] = cards[i].parent;
  }
  qsort(events, count, sizeof *events, compare_ids);
  for (size_t i = 0; i < count; i++) {
    bool is_new = i == 0 || events[i] != events[i - 1];
    if (is_new && kz_proposals_wait(proposals, events[i])) {
      events[kept++] = events[i];
    }
  }
  *ret_events = events;
  *ret_count = kept;
  return KZ_OK;
}

/* --- answering -------------------------------------------------------------
 */

/* A proposal on its way to the writer. */
struct closing {
  struct kz_proposals *proposals;
  struct kz_shelf_change change;
  bool accept;
};

/* The attribute of the document as one that came from outside. */
static kz_rc read_attribute(const struct kz_jsonv *document,
                            struct kz_misp_reader *reader,
                            struct kz_arena *arena, struct kz_attribute *ret,
                            struct kz_err *err) {
  static const char *const members[] = {
      "uuid",    "type",       "category",  "value", "to_ids",
      "comment", "first_seen", "last_seen", "data",  "disable_correlation"};
  struct kz_misp_attributes read;
  KZ_BUF(text, SCRATCH_BYTES);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const struct kz_jsonv *member =
        kz_jsonv_get(document, kz_str_of(members[i]));
    if (member) {
      kz_jsonw_key(&w, kz_str_of(members[i]));
      kz_jsonv_write(member, &w);
    }
  }
  kz_jsonw_object_end(&w);
  struct kz_misp_input input = {.arena = arena};
  if (kz_buf_failed(&text) ||
      kz_arena_dup(arena, kz_buf_str(&text), &input.text) != KZ_OK) {
    return no_memory(err);
  }
  kz_rc rc = kz_misp_read_attributes(reader, &input, &read, err);
  if (rc == KZ_OK) {
    *ret = read.items[0];
  }
  return rc;
}

static kz_rc add(struct kz_txn *txn, uint64_t event,
                 struct kz_attribute *attribute, struct kz_err *err) {
  struct kz_edit_report report = {.event = event};
  kz_rc rc =
      kz_edit_add_attributes(txn, event, attribute, 1, false, &report, err);
  if (rc == KZ_OK && report.refusal_count > 0) {
    rc = kz_err_set(err, KZ_E_CONFLICT, "%s", report.refusals[0].message);
  }
  kz_edit_report_done(&report);
  return rc;
}

static kz_rc fulfil(struct kz_txn *txn, const struct kz_jsonv *document,
                    struct kz_err *err) {
  uint64_t event = kz_proposal_event(document);
  uint64_t old_id = kz_proposal_old_id(document);
  if (kz_jsonv_flag(document, KZ_STR("proposal_to_delete"), false)) {
    return kz_edit_delete_attribute(txn, event, old_id, false, err);
  }
  struct kz_attribute a;
  KZ_ARENA(arena, SCRATCH_BYTES);
  struct kz_misp_reader *reader = kz_misp_reader_new(READER_BYTES);
  kz_rc rc = arena && reader ? read_attribute(document, reader, arena, &a, err)
                             : no_memory(err);
  if (rc == KZ_OK && old_id == 0) {
    rc = add(txn, event, &a, err);
  } else if (rc == KZ_OK) {
    a.given &= ~(uint32_t)(KZ_GAVE_UUID | KZ_GAVE_TIMESTAMP);
    rc = kz_edit_attribute(txn, event, old_id, &a, err);
    rc = rc == KZ_UNCHANGED ? KZ_OK : rc;
  }
  kz_misp_reader_free(reader);
  return rc;
}

static kz_rc apply_closing(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct closing *c = ctx;
  kz_rc rc = c->accept ? fulfil(txn, c->change.document, err) : KZ_OK;
  return rc == KZ_OK ? kz_shelf_write(&c->change, txn, err) : rc;
}

static kz_rc close_one(struct kz_proposals *proposals, uint64_t id, bool accept,
                       struct kz_arena *arena, struct kz_err *err) {
  struct closing c = {
      .proposals = proposals,
      .accept = accept,
      .change = {.shelf = proposals->shelf, .id = id, .arena = arena},
  };
  kz_rc rc = kz_shelf_get(proposals->shelf, id, arena, &c.change.document, err);
  if (rc == KZ_OK && !kz_proposal_is_live(c.change.document)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc == KZ_OK &&
      !kz_jsonv_set_bool(c.change.document, KZ_STR("deleted"), true, arena)) {
    rc = no_memory(err);
  }
  struct draft d = {.document = c.change.document, .arena = arena, .ok = true};
  if (rc == KZ_OK) {
    set_number(&d, KZ_STR("timestamp"),
               (uint64_t)(kz_clock_now_us() / KZ_SECOND_US));
    rc = d.ok ? kz_store_run(proposals->store, apply_closing, &c, err)
              : no_memory(err);
  }
  return rc == KZ_OK ? kz_shelf_learn(&c.change, err) : rc;
}

kz_rc kz_proposals_accept(struct kz_proposals *proposals, uint64_t id,
                          struct kz_arena *arena, struct kz_err *err) {
  return close_one(proposals, id, true, arena, err);
}

kz_rc kz_proposals_discard(struct kz_proposals *proposals, uint64_t id,
                           struct kz_arena *arena, struct kz_err *err) {
  return close_one(proposals, id, false, arena, err);
}

kz_rc kz_proposals_forget(struct kz_proposals *proposals, uint64_t event,
                          struct kz_arena *arena, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(proposals->shelf, event, arena, &cards, &count);
  struct kz_shelf_change *changes =
      kz_arena_array(arena, count + 1, sizeof *changes);
  if (rc != KZ_OK || !changes) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    changes[i] =
        (struct kz_shelf_change){.shelf = proposals->shelf, .id = cards[i].id};
  }
  return kz_shelf_apply(changes, count, err);
}
