#include "api/misp_warninglist.h"

#include "api/misp_library.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "work/warninglist.h"

enum { CHECKED_MAX = 100000, HEAD_BYTES = 16 << 20 };

static struct kz_warninglists *lists_of(const struct kz_misp_call *call) {
  return call->eye.house->warninglists;
}

/* --- lists -----------------------------------------------------------------
 */

/* "ip-src, ip-dst" */
static void write_types(struct kz_jsonw *w, const struct kz_jsonv *types) {
  KZ_BUF(text, HEAD_BYTES);
  const struct kz_jsonv *type = types ? types->first : NULL;
  for (; type; type = type->next) {
    kz_buf_add_str(&text, type->text);
    kz_buf_add_str(&text, type->next ? KZ_STR(", ") : KZ_STR(""));
  }
  kz_jsonw_member_str(w, KZ_STR("valid_attributes"),
                      text.len > 0 ? kz_buf_str(&text) : KZ_STR("ALL"));
}

static void write_head(struct kz_jsonw *w, uint64_t id,
                       const struct kz_jsonv *head) {
  static const char *const texts[] = {"name", "type", "description",
                                      "category"};
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    kz_str name = kz_str_of(texts[i]);
    kz_jsonw_member_str(w, name, kz_jsonv_text(head, name));
  }
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(head, KZ_STR("version"), 0));
  kz_jsonw_member_bool(w, KZ_STR("enabled"),
                       kz_jsonv_flag(head, KZ_STR("enabled"), false));
  kz_jsonw_member_bool(w, KZ_STR("default"),
                       kz_jsonv_flag(head, KZ_STR("default"), true));
  kz_jsonw_member_u64_str(w, KZ_STR("warninglist_entry_count"),
                          kz_jsonv_u64(head, KZ_STR("entry_count"), 0));
}

/* Whether the filters "value" (a part of name or description) and "enabled"
 * want the list. */
static bool is_wanted(const struct kz_misp_call *call,
                      const struct kz_jsonv *head) {
  kz_str part = kz_misp_param_text(call, KZ_STR("value"));
  bool is_enabled = kz_jsonv_flag(head, KZ_STR("enabled"), false);
  return kz_misp_param_flag(call, KZ_STR("enabled"), is_enabled) ==
             is_enabled &&
         (part.len == 0 ||
          kz_misp_contains(kz_jsonv_text(head, KZ_STR("name")), part) ||
          kz_misp_contains(kz_jsonv_text(head, KZ_STR("description")), part));
}

static kz_rc write_index(struct kz_misp_call *call, struct kz_jsonw *w,
                         struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(one, HEAD_BYTES);
  struct kz_shelf *shelf = kz_warninglists_shelf(lists_of(call));
  kz_rc rc =
      one ? kz_shelf_cards(shelf, 0, call->work, &cards, &count) : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *head = NULL;
    kz_arena_reset(one);
    rc = kz_shelf_get(shelf, cards[i].id, one, &head, err);
    if (rc == KZ_OK && is_wanted(call, head)) {
      kz_jsonw_object(w);
      kz_jsonw_key(w, KZ_STR("Warninglist"));
      kz_jsonw_object(w);
      write_head(w, cards[i].id, head);
      write_types(w, kz_jsonv_get(head, KZ_STR("valid_attributes")));
      kz_jsonw_object_end(w);
      kz_jsonw_object_end(w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  return rc;
}

void kz_misp_warninglist_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  KZ_MISP_OUT(out);
  kz_rc rc = kz_misp_params_body(call, &err);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Warninglists"));
  kz_jsonw_array(&out.w);
  if (rc == KZ_OK) {
    rc = write_index(call, &out.w, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Warninglist", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

static void write_entries(struct kz_jsonw *w, uint64_t list,
                          const struct kz_warn_entry *entries, size_t count) {
  kz_jsonw_key(w, KZ_STR("WarninglistEntry"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), i + 1);
    kz_jsonw_member_str(w, KZ_STR("value"), entries[i].value);
    kz_jsonw_member_u64_str(w, KZ_STR("warninglist_id"), list);
    kz_jsonw_key(w, KZ_STR("comment"));
    if (entries[i].comment.len > 0) {
      kz_jsonw_str(w, entries[i].comment);
    } else {
      kz_jsonw_null(w);
    }
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void write_type_rows(struct kz_jsonw *w, uint64_t list,
                            const struct kz_jsonv *types) {
  const struct kz_jsonv *type = types ? types->first : NULL;
  kz_jsonw_key(w, KZ_STR("WarninglistType"));
  kz_jsonw_array(w);
  for (uint64_t i = 1; type; type = type->next, i++) {
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), i);
    kz_jsonw_member_str(w, KZ_STR("type"), type->text);
    kz_jsonw_member_u64_str(w, KZ_STR("warninglist_id"), list);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

void kz_misp_warninglist_view(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *head = NULL;
  struct kz_warn_entry *entries = NULL;
  size_t count = 0;
  uint64_t id = 0;
  struct kz_shelf *shelf = kz_warninglists_shelf(lists_of(call));
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), &id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, id, call->work, &head, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_warninglists_entries(lists_of(call), id, call->work, &entries,
                                 &count, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Warninglist", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Warninglist"));
  kz_jsonw_object(&out.w);
  write_head(&out.w, id, head);
  write_entries(&out.w, id, entries, count);
  write_type_rows(&out.w, id, kz_jsonv_get(head, KZ_STR("valid_attributes")));
  kz_jsonw_object_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- switching -------------------------------------------------------------
 */

static bool has_term(const struct kz_misp_terms *t, kz_str number,
                     kz_str name) {
  for (size_t i = 0; i < t->any_count; i++) {
    if (name.ptr ? kz_misp_like(name, t->any[i])
                 : kz_str_eq(number, t->any[i])) {
      return true;
    }
  }
  return false;
}

/* The lists that "id" or "name" (with '%') mean. */
static kz_rc find_lists(struct kz_misp_call *call, uint64_t **ret_ids,
                        size_t *ret_count, struct kz_err *err) {
  struct kz_misp_terms ids;
  struct kz_misp_terms names;
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_misp_param_terms(call, KZ_STR("id"), &ids, err);
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(call, KZ_STR("name"), &names, err);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(kz_warninglists_shelf(lists_of(call)), 0, call->work,
                        &cards, &count);
  }
  uint64_t *found = kz_arena_array(call->work, count + 1, sizeof *found);
  if (rc != KZ_OK || !found) {
    return rc != KZ_OK ? rc : KZ_E_MEMORY;
  }
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    KZ_BUF(number, 32);
    kz_buf_add_u64(&number, cards[i].id);
    if (has_term(&ids, kz_buf_str(&number), KZ_STR_NONE) ||
        has_term(&names, KZ_STR_NONE, cards[i].name)) {
      found[n++] = cards[i].id;
    }
  }
  *ret_ids = found;
  *ret_count = n;
  return KZ_OK;
}

static void tell_switched(struct kz_misp_call *call, size_t count,
                          enum kz_warn_switch how) {
  static const char *const words[] = {[KZ_WARN_OFF] = "disabled",
                                      [KZ_WARN_ON] = "enabled",
                                      [KZ_WARN_TOGGLE] = "toggled"};
  KZ_MISP_OUT(out);
  KZ_BUF(text, 128);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("saved"), count > 0);
  if (count > 0) {
    kz_buf_add_format(&text, "%zu warninglist(s) %s", count, words[how]);
    kz_jsonw_member_str(&out.w, KZ_STR("success"), kz_buf_str(&text));
  } else {
    kz_jsonw_member_str(&out.w, KZ_STR("errors"),
                        KZ_STR("Warninglist(s) not found."));
  }
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_warninglist_switch(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t *ids = NULL;
  size_t count = 0;
  if (!kz_user_may(call->eye.user, KZ_PERM_WARNINGLIST)) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = find_lists(call, &ids, &count, &err);
  }
  enum kz_warn_switch how = KZ_WARN_TOGGLE;
  if (kz_misp_param(call, KZ_STR("enabled"))) {
    how = kz_misp_param_flag(call, KZ_STR("enabled"), true) ? KZ_WARN_ON
                                                            : KZ_WARN_OFF;
  }
  if (rc == KZ_OK) {
    rc = kz_warninglists_switch(lists_of(call), ids, count, how, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Warninglist", rc, &err);
    return;
  }
  tell_switched(call, count, how);
}

/* --- asking ----------------------------------------------------------------
 */

static void write_hits(struct kz_jsonw *w, const struct kz_warn_eye *eye,
                       const struct kz_warner_hit *hits, size_t count) {
  kz_jsonw_array(w);
  for (size_t i = 0; i < count; i++) {
    const struct kz_warn_head *head = kz_warn_head_of(eye, hits[i].list);
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), head->id);
    kz_jsonw_member_str(w, KZ_STR("name"), head->name);
    kz_jsonw_member_str(w, KZ_STR("matched"), hits[i].match);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
}

static void answer_check(struct kz_misp_call *call, struct kz_warn_eye *eye,
                         const struct kz_jsonv *values) {
  KZ_MISP_OUT(out);
  size_t known = 0;
  for (const struct kz_jsonv *v = values->first; v; v = v->next) {
    const struct kz_warner_hit *hits = NULL;
    size_t count = kz_warn_check(eye, KZ_WARNER_ANY, v->text, &hits);
    if (count > 0) {
      if (known++ == 0) {
        kz_jsonw_object(&out.w);
      }
      kz_jsonw_key(&out.w, v->text);
      write_hits(&out.w, eye, hits, count);
    }
  }
  if (known > 0) {
    kz_jsonw_object_end(&out.w);
  } else {
    kz_jsonw_array(&out.w);
    kz_jsonw_array_end(&out.w);
  }
  kz_misp_send(call, &out);
}

void kz_misp_warninglist_check(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *values = NULL;
  struct kz_warn_eye *eye = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &values, &err);
  if (rc == KZ_OK &&
      (values->kind != KZ_JSON_ARRAY || values->count > CHECKED_MAX)) {
    rc = kz_err_set(&err, KZ_E_INPUT, "a list of at most %d values is due",
                    CHECKED_MAX);
  }
  if (rc == KZ_OK) {
    rc = kz_warn_eye_new(lists_of(call), &eye, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Warninglist", rc, &err);
    return;
  }
  answer_check(call, eye, values);
  kz_warn_eye_free(eye);
}

void kz_misp_warninglist_update(struct kz_misp_call *call) {
  kz_misp_library_update(
      call, &(struct kz_misp_update){
                .kinds = KZ_LIBRARY_BIT(KZ_LIBRARY_WARNINGLIST),
                .noun = "warninglists",
                .current = "All warninglists are up to date already."});
}
