#include "api/misp_warned.h"

#include "api/misp_tidy.h"
#include "base/jsonw.h"

enum { MEMBER_BYTES = 1 << 24 };

#define ORDER KZ_STR("enforceWarninglist")

static void keep_member(struct kz_buf *member, kz_str *extra,
                        struct kz_arena *arena) {
  kz_str kept = KZ_STR_NONE;
  if (!kz_buf_failed(member) &&
      kz_arena_dup(arena, kz_buf_str(member), &kept) == KZ_OK) {
    *extra = kz_misp_join_members(*extra, kept, arena);
  }
}

static void write_hit(struct kz_jsonw *w, const struct kz_warn_eye *eye,
                      const struct kz_warner_hit *hit) {
  const struct kz_warn_head *head = kz_warn_head_of(eye, hit->list);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("value"), hit->value);
  kz_jsonw_member_str(w, KZ_STR("match"), hit->match);
  kz_jsonw_member_u64_str(w, KZ_STR("warninglist_id"), head->id);
  kz_jsonw_member_str(w, KZ_STR("warninglist_name"), head->name);
  kz_jsonw_member_str(w, KZ_STR("warninglist_category"),
                      head->is_known ? KZ_STR("known")
                                     : KZ_STR("false_positive"));
  kz_jsonw_object_end(w);
}

void kz_misp_warn_attribute(struct kz_warn_eye *eye, struct kz_attribute *a,
                            struct kz_arena *arena) {
  const struct kz_warner_hit *hits = NULL;
  size_t count = kz_warn_check(eye, a->type, a->value, &hits);
  KZ_BUF(member, MEMBER_BYTES);
  struct kz_jsonw w;
  if (count == 0) {
    return;
  }
  kz_buf_add_str(&member, KZ_STR("\"warnings\":"));
  kz_jsonw_init(&w, &member);
  kz_jsonw_array(&w);
  for (size_t i = 0; i < count; i++) {
    write_hit(&w, eye, &hits[i]);
  }
  kz_jsonw_array_end(&w);
  keep_member(&member, &a->extra, arena);
}

static void mark_lists(struct kz_warn_eye *eye, bool *marks,
                       const struct kz_attribute *attributes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct kz_warner_hit *hits = NULL;
    size_t n =
        kz_warn_check(eye, attributes[i].type, attributes[i].value, &hits);
    for (size_t k = 0; k < n; k++) {
      marks[hits[k].list] = true;
    }
  }
}

void kz_misp_warn_event(struct kz_warn_eye *eye, struct kz_event *event,
                        struct kz_arena *arena) {
  size_t lists = kz_warn_eye_lists(eye);
  bool *marks = kz_arena_array(arena, lists + 1, sizeof *marks);
  KZ_BUF(member, MEMBER_BYTES);
  struct kz_jsonw w;
  if (!marks || lists == 0) {
    return;
  }
  mark_lists(eye, marks, event->attributes, event->attribute_count);
  for (size_t i = 0; i < event->object_count; i++) {
    const struct kz_object *object = &event->objects[i];
    mark_lists(eye, marks, object->attributes, object->attribute_count);
  }
  kz_buf_add_str(&member, KZ_STR("\"warnings\":"));
  kz_jsonw_init(&w, &member);
  kz_jsonw_object(&w);
  for (size_t i = 0; i < lists; i++) {
    if (marks[i]) {
      const struct kz_warn_head *head = kz_warn_head_of(eye, (uint32_t)i);
      KZ_BUF(number, 32);
      kz_buf_add_u64(&number, head->id);
      kz_jsonw_member_str(&w, kz_buf_str(&number), head->name);
    }
  }
  kz_jsonw_object_end(&w);
  keep_member(&member, &event->extra, arena);
}

/* --- refusing --------------------------------------------------------------
 */

/* Takes the order out of the attribute; whether it was there and true. */
static bool take_order(struct kz_attribute *a, struct kz_arena *arena) {
  kz_str raw = KZ_STR_NONE;
  if (kz_str_find(a->extra, ORDER) == SIZE_MAX ||
      !kz_misp_has_member(a->extra, ORDER, &raw)) {
    return false;
  }
  bool is_true =
      kz_str_eq(raw, KZ_STR("true")) || kz_str_eq(raw, KZ_STR("1")) ||
      kz_str_eq(raw, KZ_STR("\"1\"")) || kz_str_eq(raw, KZ_STR("\"true\""));
  a->extra = kz_misp_drop_member(a->extra, ORDER, arena);
  return is_true;
}

static kz_rc tell(struct kz_misp_call *call, struct kz_misp_body *body,
                  size_t index, kz_str value) {
  KZ_BUF(words, MEMBER_BYTES);
  kz_str kept = KZ_STR_NONE;
  kz_buf_add_str(&words, KZ_STR("Attribute value "));
  kz_buf_add_str(&words, value);
  kz_buf_add_str(&words, KZ_STR(" trips over a warninglist and "
                                "enforceWarninglist is enforced."));
  if (kz_buf_failed(&words) ||
      kz_arena_dup(call->work, kz_buf_str(&words), &kept) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  return kz_misp_body_add_wrong(body, index, kept);
}

static kz_rc enforce(struct kz_misp_call *call, struct kz_warn_eye **eye,
                     struct kz_attribute *attributes, size_t *count,
                     struct kz_misp_body *body, struct kz_err *err) {
  size_t kept = 0;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < *count; i++) {
    struct kz_attribute *a = &attributes[i];
    bool is_tripping = take_order(a, call->work);
    if (is_tripping && !*eye) {
      rc = kz_warn_eye_new(call->eye.house->warninglists, eye, err);
    }
    is_tripping =
        is_tripping && rc == KZ_OK && kz_warn_trips(*eye, a->type, a->value);
    if (!is_tripping) {
      attributes[kept++] = *a;
    } else if (body) {
      rc = tell(call, body, kz_misp_body_sent_index(body, kept), a->value);
    }
  }
  *count = kept;
  return rc == KZ_E_MEMORY
             ? kz_err_set(err, KZ_E_MEMORY, "warninglists: out of memory")
             : rc;
}

kz_rc kz_misp_enforce_warnings(struct kz_misp_call *call,
                               struct kz_attribute *attributes, size_t *count,
                               struct kz_misp_body *body, struct kz_err *err) {
  struct kz_warn_eye *eye = NULL;
  kz_rc rc = enforce(call, &eye, attributes, count, body, err);
  kz_warn_eye_free(eye);
  return rc;
}

kz_rc kz_misp_enforce_warnings_in(struct kz_misp_call *call,
                                  struct kz_event *event, struct kz_err *err) {
  struct kz_warn_eye *eye = NULL;
  kz_rc rc = enforce(call, &eye, event->attributes, &event->attribute_count,
                     NULL, err);
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    struct kz_object *object = &event->objects[i];
    rc = enforce(call, &eye, object->attributes, &object->attribute_count, NULL,
                 err);
  }
  kz_warn_eye_free(eye);
  return rc;
}
