#include "api/misp_block.h"

#include "api/misp_fields.h"
#include "api/misp_shape.h"
#include "work/blocks.h"

enum { WORDS_BYTES = 256 };

static const char *const nouns[] = {"EventBlocklist", "OrgBlocklist"};
static const char *const uuid_names[] = {"event_uuid", "org_uuid"};

static const struct kz_misp_field event_fields[] = {
    {"created", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"event_info", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"comment", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"event_orgc", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
};
static const struct kz_misp_field org_fields[] = {
    {"created", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"org_name", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"comment", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
};

static struct kz_shelf *shelf_of(const struct kz_misp_call *call,
                                 enum kz_block which) {
  return kz_blocks_shelf(call->eye.house->blocks, which);
}

static void write_entry(struct kz_jsonw *w, enum kz_block which,
                        const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, kz_str_of(nouns[which]));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"),
                          kz_jsonv_u64(document, KZ_STR("id"), 0));
  kz_jsonw_member_str(w, kz_str_of(uuid_names[which]),
                      kz_jsonv_text(document, KZ_STR("uuid")));
  if (which == KZ_BLOCK_EVENT) {
    kz_misp_fields_write(w, document, event_fields,
                         sizeof event_fields / sizeof event_fields[0]);
  } else {
    kz_misp_fields_write(w, document, org_fields,
                         sizeof org_fields / sizeof org_fields[0]);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void index_of(struct kz_misp_call *call, enum kz_block which) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = shelf_of(call, which);
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK) {
      write_entry(&out.w, which, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, nouns[which], rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* What became of the uuids that were sent. */
struct adding {
  struct kz_jsonv *good;
  struct kz_jsonv *bad;
};

static kz_rc add_one(struct kz_misp_call *call, enum kz_block which,
                     kz_str text, const struct kz_jsonv *about,
                     struct adding *a, struct kz_err *err) {
  struct kz_uuid uuid;
  kz_str word = kz_str_trim(text);
  bool is_good = kz_uuid_parse(word, &uuid) == KZ_OK;
  struct kz_jsonv *said = kz_jsonv_new(call->work, KZ_JSON_STRING);
  kz_rc rc = said ? KZ_OK : KZ_E_MEMORY;
  if (rc == KZ_OK && is_good) {
    rc = kz_blocks_put(call->eye.house->blocks, which, &uuid, about, call->work,
                       err);
  }
  if (rc == KZ_OK) {
    said->text = word;
    kz_jsonv_push(is_good ? a->good : a->bad, said);
  }
  return rc;
}

/* "uuids": a list, or a text with one on each line. */
static kz_rc add_all(struct kz_misp_call *call, enum kz_block which,
                     const struct kz_jsonv *from, struct adding *a,
                     struct kz_err *err) {
  const struct kz_jsonv *list = kz_jsonv_get(from, KZ_STR("uuids"));
  kz_str rest = kz_jsonv_text(from, KZ_STR("uuids"));
  kz_rc rc = KZ_OK;
  if (list && list->kind == KZ_JSON_ARRAY) {
    for (const struct kz_jsonv *e = list->first; rc == KZ_OK && e;
         e = e->next) {
      rc = add_one(call, which, e->text, from, a, err);
    }
    return rc;
  }
  while (rc == KZ_OK && rest.len > 0) {
    size_t end = kz_str_find_byte(rest, '\n');
    end = end == SIZE_MAX ? rest.len : end;
    rc = add_one(call, which, kz_str_head(rest, end), from, a, err);
    rest = kz_str_from(rest, end < rest.len ? end + 1 : end);
  }
  return rc;
}

static void reply_added(struct kz_misp_call *call, const struct adding *a) {
  KZ_MISP_OUT(out);
  KZ_BUF(words, WORDS_BYTES);
  kz_buf_add_format(&words,
                    "Done. Added %zu new entries to the blocklist. %zu entries "
                    "could not be saved.",
                    a->good->count, a->bad->count);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("saved"), true);
  kz_jsonw_member_bool(&out.w, KZ_STR("success"), true);
  kz_jsonw_key(&out.w, KZ_STR("result"));
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("successes"));
  kz_jsonv_write(a->good, &out.w);
  kz_jsonw_key(&out.w, KZ_STR("fails"));
  kz_jsonv_write(a->bad, &out.w);
  kz_jsonw_object_end(&out.w);
  kz_jsonw_member_str(&out.w, KZ_STR("message"), kz_buf_str(&words));
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

static void add(struct kz_misp_call *call, enum kz_block which) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct adding a = {.good = kz_jsonv_new(call->work, KZ_JSON_ARRAY),
                     .bad = kz_jsonv_new(call->work, KZ_JSON_ARRAY)};
  if (!kz_misp_body_tree(call, nouns[which], &from)) {
    return;
  }
  kz_rc rc =
      a.good && a.bad ? add_all(call, which, from, &a, &err) : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    kz_misp_fail(call, nouns[which], rc, &err);
    return;
  }
  reply_added(call, &a);
}

/* The entry of a number or uuid; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, enum kz_block which,
                 uint64_t *ret_id, struct kz_jsonv **ret_document) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *shelf = shelf_of(call, which);
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, ret_document, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, nouns[which], rc, &err);
  }
  return rc == KZ_OK;
}

static void edit(struct kz_misp_call *call, enum kz_block which) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  struct kz_uuid uuid;
  uint64_t id = 0;
  if (!find(call, which, &id, &document) ||
      !kz_misp_body_tree(call, nouns[which], &from)) {
    return;
  }
  kz_rc rc = kz_uuid_parse(kz_jsonv_text(document, KZ_STR("uuid")), &uuid);
  if (rc == KZ_OK) {
    rc = kz_blocks_put(call->eye.house->blocks, which, &uuid, from, call->work,
                       &err);
  }
  if (rc != KZ_OK || !find(call, which, &id, &document)) {
    if (rc != KZ_OK) {
      kz_misp_fail(call, nouns[which], rc, &err);
    }
    return;
  }
  KZ_MISP_OUT(out);
  write_entry(&out.w, which, document);
  kz_misp_send(call, &out);
}

static void remove_one(struct kz_misp_call *call, enum kz_block which) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!find(call, which, &id, &document)) {
    return;
  }
  kz_rc rc = kz_shelf_remove(shelf_of(call, which), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, nouns[which], rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Blocklist entry removed"), 0);
}

void kz_misp_event_block_index(struct kz_misp_call *call) {
  index_of(call, KZ_BLOCK_EVENT);
}

void kz_misp_event_block_add(struct kz_misp_call *call) {
  add(call, KZ_BLOCK_EVENT);
}

void kz_misp_event_block_edit(struct kz_misp_call *call) {
  edit(call, KZ_BLOCK_EVENT);
}

void kz_misp_event_block_delete(struct kz_misp_call *call) {
  remove_one(call, KZ_BLOCK_EVENT);
}

void kz_misp_org_block_index(struct kz_misp_call *call) {
  index_of(call, KZ_BLOCK_ORG);
}

void kz_misp_org_block_add(struct kz_misp_call *call) {
  add(call, KZ_BLOCK_ORG);
}

void kz_misp_org_block_edit(struct kz_misp_call *call) {
  edit(call, KZ_BLOCK_ORG);
}

void kz_misp_org_block_delete(struct kz_misp_call *call) {
  remove_one(call, KZ_BLOCK_ORG);
}
