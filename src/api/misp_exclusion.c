#include "api/misp_exclusion.h"

#include "api/misp_form.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "work/mark.h"

#define NOUN "CorrelationExclusion"

static struct kz_marks *marks_of(const struct kz_misp_call *call) {
  return call->eye.house->exclusions;
}

static void write_one(struct kz_jsonw *w, uint64_t id,
                      const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR(NOUN));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, KZ_STR("value"),
                      kz_jsonv_text(document, KZ_STR("value")));
  kz_jsonw_member_bool(w, KZ_STR("from_json"), false);
  kz_jsonw_member_str(w, KZ_STR("comment"),
                      kz_jsonv_text(document, KZ_STR("comment")));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_exclusion_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_marks_shelf(marks_of(call));
  KZ_MISP_OUT(out);
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &document, &err);
    if (rc == KZ_OK) {
      write_one(&out.w, cards[i].id, document);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  if (rc == KZ_OK) {
    kz_misp_send(call, &out);
  } else {
    kz_misp_fail(call, NOUN, rc, &err);
  }
}

/* The document that the path names; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *shelf = kz_marks_shelf(marks_of(call));
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, ret, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, NOUN, rc, &err);
  }
  return rc == KZ_OK;
}

static void reply(struct kz_misp_call *call, uint64_t id,
                  const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  write_one(&out.w, id, document);
  kz_misp_send(call, &out);
}

void kz_misp_exclusion_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (find(call, &id, &document)) {
    reply(call, id, document);
  }
}

static void put(struct kz_misp_call *call, uint64_t id,
                struct kz_jsonv *document, const char *verb) {
  static const char *const members[] = {"value", "comment"};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  if (!kz_misp_form_body(call, NOUN, &from)) {
    return;
  }
  bool good = document != NULL;
  for (size_t i = 0; good && i < 2; i++) {
    kz_str name = kz_str_of(members[i]);
    kz_str text = kz_jsonv_text(from, name);
    if (text.ptr) {
      good = kz_jsonv_set_str(document, name, text, call->work);
    }
  }
  kz_rc rc = good
                 ? kz_marks_put(marks_of(call), &id, document, call->work, &err)
                 : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    kz_misp_form_refuse(call, verb, NOUN, rc, &err);
    return;
  }
  reply(call, id, document);
}

void kz_misp_exclusion_add(struct kz_misp_call *call) {
  if (kz_misp_form_may(call)) {
    put(call, 0, kz_jsonv_new(call->work, KZ_JSON_OBJECT), "add");
  }
}

void kz_misp_exclusion_edit(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (kz_misp_form_may(call) && find(call, &id, &document)) {
    put(call, id, document, "edit");
  }
}

void kz_misp_exclusion_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  if (!kz_misp_form_may(call) || !find(call, &id, &document)) {
    return;
  }
  kz_rc rc = kz_marks_remove(marks_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, NOUN, rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("CorrelationExclusion deleted."), 0);
}

/* Correlations are worked out when they are asked for: nothing is left over. */
void kz_misp_exclusion_clean(struct kz_misp_call *call) {
  if (kz_misp_form_may(call)) {
    kz_misp_done(
        call, KZ_STR("Exclusions act at once; there was nothing to clean."), 0);
  }
}
