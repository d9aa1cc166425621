#include "api/misp_analyst.h"

#include "api/misp_find.h"
#include "api/misp_opinions.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"

enum { PARENTS_MAX = 32 /* notes on notes up to a thing */ };

static struct kz_analyst *analyst_of(const struct kz_misp_call *call) {
  return call->eye.house->analyst;
}

/* Whether the caller sees the thing that a document is on. What is not here is
 * seen by who can name it. */
static bool sees_thing(struct kz_misp_call *call, kz_str type, kz_str uuid) {
  static const struct {
    const char *type;
    enum kz_thing thing;
  } here[] = {{"Event", KZ_THING_EVENT},
              {"Attribute", KZ_THING_ATTRIBUTE},
              {"Object", KZ_THING_OBJECT},
              {"EventReport", KZ_THING_REPORT}};
  struct kz_misp_place place;
  struct kz_err err = KZ_ERR_NONE;
  for (size_t i = 0; i < sizeof here / sizeof here[0]; i++) {
    if (kz_str_eq(type, kz_str_of(here[i].type))) {
      return kz_misp_find(call, here[i].thing, uuid, &place, &err) == KZ_OK;
    }
  }
  return true;
}

/* Whether the caller sees the document, not knowing yet whether he sees what it
 * is on: that matters where it inherits. */
static bool sees(struct kz_misp_call *call, const struct kz_jsonv *document) {
  struct kz_err err = KZ_ERR_NONE;
  for (int i = 0; i < PARENTS_MAX; i++) {
    struct kz_jsonv *parent = NULL;
    enum kz_analyst_type type;
    if (!kz_misp_sees_opinion(&call->eye, document)) {
      return false;
    }
    bool inherits =
        kz_jsonv_u64(document, KZ_STR("distribution"), 0) == KZ_DIST_INHERIT;
    struct kz_analyst_author author = kz_misp_author(&call->eye);
    if (!inherits || kz_analyst_is_his(&author, document)) {
      return true;
    }
    kz_str on = kz_jsonv_text(document, KZ_STR("object_type"));
    kz_str uuid = kz_jsonv_text(document, KZ_STR("object_uuid"));
    if (kz_analyst_type_by_name(on, &type) != KZ_OK) {
      return sees_thing(call, on, uuid);
    }
    if (kz_analyst_get(analyst_of(call), uuid, call->work, &parent, &err) !=
        KZ_OK) {
      return false;
    }
    document = parent;
  }
  return false;
}

/* The type of the path; false when it is "all", and when it is none of them the
 * refusal is sent. */
static bool read_type(struct kz_misp_call *call, enum kz_analyst_type *ret,
                      bool *ret_all) {
  kz_str name = kz_misp_arg(call, 0);
  *ret_all = kz_str_eq_nocase(name, KZ_STR("all"));
  if (!*ret_all && kz_analyst_type_by_name(name, ret) != KZ_OK) {
    kz_misp_refuse(call, 405, KZ_STR("Invalid type."));
    return false;
  }
  return true;
}

static void refuse_unknown(struct kz_misp_call *call, kz_rc rc,
                           const struct kz_err *err) {
  kz_misp_fail(call, "Analyst data", rc, err);
}

/* Finds the document of the path: /Note/id. */
static bool find(struct kz_misp_call *call, struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  enum kz_analyst_type type = KZ_ANALYST_NOTE;
  bool all = false;
  if (!read_type(call, &type, &all)) {
    return false;
  }
  kz_rc rc = kz_analyst_get(analyst_of(call), kz_misp_arg(call, 1), call->work,
                            ret, &err);
  if (rc == KZ_OK &&
      ((!all && kz_analyst_type_of(*ret) != type) || !sees(call, *ret))) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    refuse_unknown(call, rc, &err);
  }
  return rc == KZ_OK;
}

static void reply(struct kz_misp_call *call, const struct kz_jsonv *document) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_misp_write_opinion(&out.w, &call->eye, document, call->work, &err);
  if (rc != KZ_OK) {
    refuse_unknown(call, rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

static void reply_id(struct kz_misp_call *call, uint64_t id) {
  KZ_BUF(ref, 24);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  kz_buf_add_format(&ref, "%llu", (unsigned long long)id);
  kz_rc rc = kz_analyst_get(analyst_of(call), kz_buf_str(&ref), call->work,
                            &document, &err);
  if (rc != KZ_OK) {
    refuse_unknown(call, rc, &err);
    return;
  }
  reply(call, document);
}

void kz_misp_analyst_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  if (find(call, &document)) {
    reply(call, document);
  }
}

/* The body, bare or wrapped in the name of its type. */
static kz_rc read_body(struct kz_misp_call *call, enum kz_analyst_type type,
                       struct kz_jsonv **ret, struct kz_err *err) {
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, ret, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *inner = kz_jsonv_get(*ret, kz_analyst_type_name(type));
  *ret = inner && inner->kind == KZ_JSON_OBJECT ? inner : *ret;
  return (*ret)->kind == KZ_JSON_OBJECT
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "not an object");
}

/* "Could not add Note" and why. */
static void refuse(struct kz_misp_call *call, const char *verb,
                   enum kz_analyst_type type, kz_str field, kz_rc rc,
                   const struct kz_err *err) {
  KZ_BUF(words, 64);
  if (rc != KZ_E_INPUT && rc != KZ_E_CONFLICT) {
    refuse_unknown(call, rc, err);
    return;
  }
  kz_buf_add_format(&words, "Could not %s %s", verb,
                    kz_analyst_type_name(type).ptr);
  kz_misp_not_saved(call, kz_buf_str(&words), field, kz_str_of(err->text));
}

void kz_misp_analyst_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *sent = NULL;
  struct kz_analyst_piece piece = {.type = KZ_ANALYST_NOTE};
  struct kz_analyst_author author = kz_misp_author(&call->eye);
  kz_str field = KZ_STR_NONE;
  uint64_t id = 0;
  bool all = false;
  if (!kz_user_may(call->eye.user, KZ_PERM_ANALYST_DATA)) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!read_type(call, &piece.type, &all)) {
    return;
  }
  kz_rc rc = read_body(call, piece.type, &sent, &err);
  if (rc == KZ_OK) {
    piece.sent = sent;
    if (kz_misp_arg(call, 1).len > 0) {
      piece.object_uuid = kz_misp_arg(call, 1);
    }
    if (kz_misp_arg(call, 2).len > 0) {
      piece.object_type = kz_misp_arg(call, 2);
    }
    rc = kz_analyst_add(analyst_of(call), &author, &piece, 1, KZ_ANALYST_NEW,
                        call->work, &id, &field, &err);
  }
  if (rc != KZ_OK) {
    refuse(call, "add", piece.type, field, rc, &err);
    return;
  }
  reply_id(call, id);
}

/* Finds the document of the path if it is the caller's to change. */
static bool find_own(struct kz_misp_call *call, struct kz_jsonv **ret) {
  struct kz_analyst_author author = kz_misp_author(&call->eye);
  if (!kz_user_may(call->eye.user, KZ_PERM_ANALYST_DATA)) {
    kz_misp_not_allowed(call);
    return false;
  }
  if (!find(call, ret)) {
    return false;
  }
  if (!kz_analyst_is_his(&author, *ret)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

void kz_misp_analyst_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  struct kz_jsonv *sent = NULL;
  kz_str field = KZ_STR_NONE;
  struct kz_analyst_author author = kz_misp_author(&call->eye);
  if (!find_own(call, &document)) {
    return;
  }
  enum kz_analyst_type type = kz_analyst_type_of(document);
  kz_rc rc = read_body(call, type, &sent, &err);
  if (rc == KZ_OK) {
    rc = kz_analyst_edit(analyst_of(call), &author, kz_analyst_id(document),
                         sent, call->work, &field, &err);
  }
  if (rc != KZ_OK) {
    refuse(call, "edit", type, field, rc, &err);
    return;
  }
  reply_id(call, kz_analyst_id(document));
}

void kz_misp_analyst_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  KZ_BUF(words, 64);
  if (!find_own(call, &document)) {
    return;
  }
  kz_rc rc = kz_analyst_remove(analyst_of(call), kz_analyst_id(document), &err);
  if (rc != KZ_OK) {
    refuse_unknown(call, rc, &err);
    return;
  }
  kz_buf_add_format(&words, "%s deleted.",
                    kz_analyst_type_name(kz_analyst_type_of(document)).ptr);
  kz_misp_done(call, kz_buf_str(&words), 0);
}

/* Whether the document is one of those that the parameters name. */
static kz_rc is_wished(struct kz_misp_call *call, const char *member,
                       const struct kz_jsonv *document, bool *ret,
                       struct kz_err *err) {
  struct kz_misp_terms terms;
  kz_rc rc = kz_misp_param_terms(call, kz_str_of(member), &terms, err);
  kz_str text = kz_jsonv_text(document, kz_str_of(member));
  *ret = rc == KZ_OK && !terms.is_given;
  for (size_t i = 0; rc == KZ_OK && i < terms.any_count; i++) {
    *ret = *ret || kz_str_eq_nocase(terms.any[i], text);
  }
  return rc;
}

static kz_rc write_found(struct kz_misp_call *call, struct kz_jsonw *w,
                         const struct kz_jsonv *document, struct kz_err *err) {
  static const char *const filters[] = {"uuid", "object_uuid", "object_type",
                                        "orgc_uuid"};
  for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
    bool is_one = false;
    kz_rc rc = is_wished(call, filters[i], document, &is_one, err);
    if (rc != KZ_OK || !is_one) {
      return rc;
    }
  }
  return sees(call, document)
             ? kz_misp_write_opinion(w, &call->eye, document, call->work, err)
             : KZ_OK;
}

void kz_misp_analyst_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  enum kz_analyst_type type = KZ_ANALYST_NOTE;
  bool all = call->arg_count == 0;
  if (!all && !read_type(call, &type, &all)) {
    return;
  }
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_analyst_of(analyst_of(call), KZ_STR_NONE, call->work, &documents,
                       &count, &err);
  }
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (all || kz_analyst_type_of(documents[i]) == type) {
      rc = write_found(call, &out.w, documents[i], &err);
    }
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    refuse_unknown(call, rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}
