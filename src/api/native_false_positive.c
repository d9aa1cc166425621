/* The list shows what one's own organisation said, and all to administrators;
 * of a value that is asked about everybody learns that it was called harmless,
 * by whom and why. */
#include "api/native_false_positive.h"

#include "api/call.h"
#include "api/shape.h"
#include "base/clock.h"
#include "work/mark.h"

enum { WORK_BYTES = 256 << 20, WHY_MAX = 64 << 10 };

void kz_native_write_false_positive(struct kz_jsonw *w, uint64_t id,
                                    const struct kz_jsonv *mark) {
  uint64_t since = kz_jsonv_u64(mark, KZ_STR("since"), 0);
  uint64_t until = kz_jsonv_u64(mark, KZ_STR("until"), 0);
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, KZ_STR("value"), kz_jsonv_text(mark, KZ_STR("value")));
  kz_jsonw_member_str(w, KZ_STR("why"), kz_jsonv_text(mark, KZ_STR("why")));
  kz_jsonw_member_str(w, KZ_STR("by"), kz_jsonv_text(mark, KZ_STR("by")));
  kz_shape_time(w, KZ_STR("since"), (int64_t)since * KZ_SECOND_US);
  kz_jsonw_key(w, KZ_STR("until"));
  if (until > 0) {
    char text[KZ_TIME_TEXT];
    kz_jsonw_str(w,
                 kz_clock_format_seconds((int64_t)until * KZ_SECOND_US, text));
  } else {
    kz_jsonw_null(w);
  }
  kz_jsonw_object_end(w);
}

/* Whether the user may see and remove it. */
static bool is_his(const struct kz_call *call, const struct kz_jsonv *mark) {
  return call->is_owner || call->user->viewer.sees_all ||
         kz_jsonv_u64(mark, KZ_STR("org_id"), 0) == call->user->org.id;
}

static kz_rc write_list(const struct kz_call *call, struct kz_arena *arena,
                        struct kz_jsonw *w, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_marks_shelf(call->house->false_positives);
  kz_rc rc = kz_shelf_cards(shelf, 0, arena, &cards, &count);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("false_positives"));
  kz_jsonw_array(w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *mark = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &mark, err);
    if (rc == KZ_OK && is_his(call, mark)) {
      kz_native_write_false_positive(w, cards[i].id, mark);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  return rc;
}

void kz_native_false_positive_list(void *ctx, const struct kz_request *request,
                                   const struct kz_route_match *match,
                                   struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonw w;
  (void)request;
  (void)match;
  KZ_ARENA(arena, WORK_BYTES);
  KZ_BUF(json, KZ_SHAPE_MAX);
  kz_jsonw_init(&w, &json);
  kz_rc rc = arena ? write_list(call, arena, &w, &err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    kz_shape_answer(reply, &json);
  } else {
    kz_shape_fail(reply, rc, &err);
  }
}

/* --- adding ----------------------------------------------------------------
 */

/* A day ("2027-01-31") or seconds since 1970; 0 for none. */
static kz_rc read_until(kz_str text, uint64_t *ret, struct kz_err *err) {
  int32_t days = 0;
  *ret = 0;
  if (text.len == 0 || kz_str_u64(text, ret) == KZ_OK) {
    return KZ_OK;
  }
  if (kz_clock_parse_date(text, &days) != KZ_OK || days < 0) {
    return kz_err_set(err, KZ_E_INPUT,
                      "until: a day (2027-01-31) or seconds since 1970");
  }
  *ret = (uint64_t)days * 86400;
  return KZ_OK;
}

static kz_rc make(const struct kz_call *call, const struct kz_request *request,
                  struct kz_arena *arena, struct kz_jsonv **ret,
                  struct kz_err *err) {
  struct kz_shape_member members[] = {
      {.name = "value"}, {.name = "why"}, {.name = "until"}};
  kz_str texts[3] = {KZ_STR(""), KZ_STR(""), KZ_STR("")};
  uint64_t until = 0;
  kz_rc rc = kz_shape_read(request->body, arena, members, 3, err);
  for (size_t i = 0; i < 3; i++) {
    texts[i] = members[i].count == 1 ? members[i].values[0] : texts[i];
  }
  if (rc == KZ_OK) {
    rc = read_until(texts[2], &until, err);
  }
  if (rc == KZ_OK && (texts[1].len == 0 || texts[1].len > WHY_MAX)) {
    rc = kz_err_set(err, KZ_E_INPUT, "why: say it, in at most %d bytes",
                    WHY_MAX);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  bool good =
      d && kz_jsonv_set_str(d, KZ_STR("value"), kz_str_trim(texts[0]), arena) &&
      kz_jsonv_set_str(d, KZ_STR("why"), texts[1], arena) &&
      kz_jsonv_set_str(d, KZ_STR("by"), call->user->email, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("org_id"), call->user->org.id, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("since"), now, arena) &&
      kz_jsonv_set_u64(d, KZ_STR("until"), until, arena);
  *ret = d;
  return good ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "out of memory");
}

void kz_native_false_positive_add(void *ctx, const struct kz_request *request,
                                  const struct kz_route_match *match,
                                  struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *mark = NULL;
  struct kz_jsonw w;
  uint64_t id = 0;
  (void)match;
  if (!call->is_owner && !kz_user_may(call->user, KZ_PERM_MODIFY)) {
    kz_shape_refuse(reply, 403, KZ_E_DENIED,
                    KZ_STR("only who may modify events may do this"));
    return;
  }
  KZ_ARENA(arena, WORK_BYTES);
  KZ_BUF(json, KZ_SHAPE_MAX);
  kz_rc rc = arena ? make(call, request, arena, &mark, &err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_marks_put(call->house->false_positives, &id, mark, arena, &err);
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_init(&w, &json);
  kz_native_write_false_positive(&w, id, mark);
  kz_shape_answer(reply, &json);
}

void kz_native_false_positive_remove(void *ctx,
                                     const struct kz_request *request,
                                     const struct kz_route_match *match,
                                     struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *mark = NULL;
  struct kz_jsonw w;
  uint64_t id = 0;
  (void)request;
  KZ_ARENA(arena, WORK_BYTES);
  KZ_BUF(json, KZ_SHAPE_MAX);
  struct kz_marks *marks = call->house->false_positives;
  kz_rc rc = arena ? kz_str_u64(kz_route_capture(match, KZ_STR("id")), &id)
                   : KZ_E_MEMORY;
  rc = rc == KZ_E_INPUT ? KZ_NOT_FOUND : rc;
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_marks_shelf(marks), id, arena, &mark, &err);
  }
  if (rc == KZ_OK && !is_his(call, mark)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc == KZ_OK) {
    rc = kz_marks_remove(marks, id, &err);
  }
  if (rc != KZ_OK) {
    if (rc == KZ_NOT_FOUND) {
      kz_err_set(&err, rc, "there is no such false positive");
    }
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_jsonw_init(&w, &json);
  kz_native_write_false_positive(&w, id, mark);
  kz_shape_answer(reply, &json);
}
