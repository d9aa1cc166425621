#include "api/misp_log.h"

#include <stdio.h>

#include "api/audit_read.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "base/clock.h"

enum { LIMIT = 60, LIMIT_MAX = 10000, TITLE_BYTES = 256 };

/* What of an answer goes where; entries are numbered by their place, which
 * never changes: generation times 2^20 and the number in it. */
struct listing {
  struct kz_misp_call *call;
  struct kz_jsonw *w;
  bool as_audit; /* the newer shape */
  kz_str title;  /* filters on texts; empty: none */
  kz_str change;
  kz_str ip;
  uint64_t skip;
  uint64_t left;
};

static uint64_t id_of(const struct kz_audit *e) {
  return e->generation << 20 | (e->number & 0xFFFFFu);
}

/* "2026-01-31 12:00:00" */
static void write_created(struct kz_jsonw *w, int64_t us) {
  char text[KZ_TIME_TEXT];
  kz_str time = kz_clock_format_seconds(us, text);
  text[10] = ' ';
  kz_jsonw_member_str(w, KZ_STR("created"), kz_str_head(time, 19));
}

static kz_str title_of(const struct kz_audit *e, char title[TITLE_BYTES]) {
  const char *misp = kz_audit_subject_of(e->subject)->misp;
  int len = e->subject == KZ_AUDIT_EVENTS
                ? snprintf(title, TITLE_BYTES, "%llu %ss (%llu to %llu)",
                           (unsigned long long)e->count, misp,
                           (unsigned long long)e->id,
                           (unsigned long long)(e->id + e->count - 1))
                : snprintf(title, TITLE_BYTES, "%s (%llu)", misp,
                           (unsigned long long)e->id);
  return (kz_str){title, len > 0 ? (size_t)len : 0};
}

/* What changed, for people: counts of an event, members of a document. */
static void add_change(struct kz_buf *out, const struct kz_audit *e) {
  if (e->detail.len > 0) {
    kz_buf_add_str(out, e->detail);
  } else if (e->added + e->changed + e->removed + e->others > 0) {
    kz_buf_add_format(
        out,
        "attributes: %llu added, %llu changed, %llu removed; "
        "%llu others added",
        (unsigned long long)e->added, (unsigned long long)e->changed,
        (unsigned long long)e->removed, (unsigned long long)e->others);
  }
}

static void write_log(const struct listing *l, const struct kz_audit *e,
                      kz_str title, kz_str change, kz_str email, kz_str org) {
  struct kz_jsonw *w = l->w;
  kz_jsonw_key(w, KZ_STR("Log"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id_of(e));
  kz_jsonw_member_str(w, KZ_STR("title"), title);
  write_created(w, e->time_us);
  kz_jsonw_member_str(w, KZ_STR("model"),
                      kz_str_of(kz_audit_subject_of(e->subject)->misp));
  kz_jsonw_member_u64_str(w, KZ_STR("model_id"), e->id);
  kz_jsonw_member_str(w, KZ_STR("action"), kz_audit_action_name(e->action));
  kz_jsonw_member_u64_str(w, KZ_STR("user_id"), e->actor.user);
  kz_jsonw_member_str(w, KZ_STR("change"), change);
  kz_jsonw_member_str(w, KZ_STR("email"), email);
  kz_jsonw_member_str(w, KZ_STR("org"), org);
  kz_jsonw_member_str(w, KZ_STR("description"), KZ_STR(""));
  kz_jsonw_member_str(w, KZ_STR("ip"), kz_str_of(e->actor.address));
  kz_jsonw_object_end(w);
}

static void write_named(struct kz_jsonw *w, kz_str key, uint64_t id,
                        kz_str member, kz_str name) {
  kz_jsonw_key(w, key);
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, member, name);
  kz_jsonw_object_end(w);
}

static void write_audit(const struct listing *l, const struct kz_audit *e,
                        kz_str title, kz_str email, kz_str org) {
  struct kz_jsonw *w = l->w;
  kz_jsonw_key(w, KZ_STR("AuditLog"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id_of(e));
  write_created(w, e->time_us);
  kz_jsonw_member_u64_str(w, KZ_STR("user_id"), e->actor.user);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e->actor.org);
  kz_jsonw_member_u64_str(w, KZ_STR("authkey_id"), e->actor.key);
  kz_jsonw_member_str(w, KZ_STR("ip"), kz_str_of(e->actor.address));
  kz_jsonw_member_str(w, KZ_STR("action"), kz_audit_action_name(e->action));
  kz_jsonw_member_str(w, KZ_STR("model"),
                      kz_str_of(kz_audit_subject_of(e->subject)->misp));
  kz_jsonw_member_u64_str(w, KZ_STR("model_id"), e->id);
  kz_jsonw_member_str(w, KZ_STR("model_title"), title);
  kz_jsonw_member_u64_str(
      w, KZ_STR("event_id"),
      e->subject == KZ_AUDIT_EVENT || e->subject == KZ_AUDIT_EVENTS ? e->id
                                                                    : 0);
  kz_jsonw_key(w, KZ_STR("change"));
  if (e->detail.len > 0) {
    kz_jsonw_raw(w, e->detail);
  } else {
    kz_jsonw_object(w);
    kz_jsonw_member_u64(w, KZ_STR("attributes_added"), e->added);
    kz_jsonw_member_u64(w, KZ_STR("attributes_changed"), e->changed);
    kz_jsonw_member_u64(w, KZ_STR("attributes_removed"), e->removed);
    kz_jsonw_member_u64(w, KZ_STR("others_added"), e->others);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
  write_named(w, KZ_STR("User"), e->actor.user, KZ_STR("email"), email);
  write_named(w, KZ_STR("Organisation"), e->actor.org, KZ_STR("name"), org);
}

static bool has(kz_str text, kz_str wanted) {
  return wanted.len == 0 || kz_misp_like(text, wanted);
}

static void write_entry(struct listing *l, const struct kz_audit *e,
                        kz_str title, kz_str change) {
  const struct kz_user *user = NULL;
  struct kz_org org = {.id = 0};
  struct kz_house *house = l->call->eye.house;
  kz_str email = KZ_STR("SYSTEM");
  if (e->actor.user != 0) {
    email = kz_people_get(house->people, e->actor.user, &user) == KZ_OK
                ? user->email
                : KZ_STR("");
  }
  if (kz_dict_org_get(kz_store_dict(house->store), e->actor.org, &org) !=
      KZ_OK) {
    org.name = KZ_STR("");
  }
  kz_jsonw_object(l->w);
  if (l->as_audit) {
    write_audit(l, e, title, email, org.name);
  } else {
    write_log(l, e, title, change, email, org.name);
  }
  kz_jsonw_object_end(l->w);
  kz_user_unref(user);
}

static kz_rc visit(void *ctx, const struct kz_audit *e, struct kz_err *err) {
  struct listing *l = ctx;
  char room[TITLE_BYTES];
  KZ_BUF(change, 1 << 20);
  (void)err;
  kz_str title = title_of(e, room);
  add_change(&change, e);
  if (!has(title, l->title) || !has(kz_buf_str(&change), l->change) ||
      !has(kz_str_of(e->actor.address), l->ip)) {
    return KZ_OK;
  }
  if (l->skip > 0) {
    l->skip--;
    return KZ_OK;
  }
  if (l->left == 0) {
    return KZ_END;
  }
  l->left--;
  write_entry(l, e, title, kz_buf_str(&change));
  return KZ_OK;
}

/* MISP's filters in the question's words; what is not known finds nothing. */
static bool read_asked(struct kz_misp_call *call, struct kz_audit_asked *asked,
                       struct kz_err *err) {
  static const struct {
    const char *misp;
    const char *name;
  } filters[] = {
      {"created", "from"},  {"model", "about"},  {"model_id", "id"},
      {"action", "action"}, {"user_id", "user"}, {"email", "user"},
      {"org", "org"},       {"from", "from"},    {"to", "to"},
  };
  kz_audit_asked_init(asked, LIMIT);
  for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
    kz_str value = kz_misp_param_text(call, kz_str_of(filters[i].misp));
    if (value.len > 0 &&
        kz_audit_asked_take(call->eye.house, asked, kz_str_of(filters[i].name),
                            value, err) != KZ_OK) {
      return false;
    }
  }
  return true;
}

static void answer(struct kz_misp_call *call, bool as_audit) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_audit_asked asked;
  KZ_MISP_OUT(out);
  kz_rc rc = kz_misp_params_body(call, &err);
  uint64_t limit = kz_misp_param_number(call, KZ_STR("limit"), LIMIT);
  uint64_t page = kz_misp_param_number(call, KZ_STR("page"), 1);
  limit = limit < 1 || limit > LIMIT_MAX ? LIMIT_MAX : limit;
  struct listing l = {
      .call = call,
      .w = &out.w,
      .as_audit = as_audit,
      .title = kz_misp_param_text(call, KZ_STR("title")),
      .change = kz_misp_param_text(call, KZ_STR("change")),
      .ip = kz_misp_param_text(call, KZ_STR("ip")),
      .skip = page > 1 && page < UINT32_MAX ? (page - 1) * limit : 0,
      .left = limit,
  };
  kz_jsonw_array(&out.w);
  if (rc == KZ_OK && read_asked(call, &asked, &err)) {
    rc = kz_audit_ask(call->eye.house, call->eye.user, &asked.question, visit,
                      &l, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Log", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_log_index(struct kz_misp_call *call) {
  answer(call, false);
}

void kz_misp_audit_log_index(struct kz_misp_call *call) {
  answer(call, true);
}
