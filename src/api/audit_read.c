#include "api/audit_read.h"

#include "base/clock.h"
#include "work/org.h"

enum { LIMIT_MAX = 10000 };

void kz_audit_asked_init(struct kz_audit_asked *asked, size_t limit) {
  *asked = (struct kz_audit_asked){.question = KZ_AUDIT_ANY, .limit = limit};
}

/* Nothing is from the year 292277. */
static void find_nothing(struct kz_audit_asked *asked) {
  asked->question.from_us = INT64_MAX;
}

static kz_rc take_time(kz_str name, kz_str value, int64_t *ret,
                       struct kz_err *err) {
  return kz_clock_parse_when(value, kz_clock_now_us(), ret) == KZ_OK
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "%.*s: no date, time or span",
                          KZ_STR_ARG(name));
}

static kz_rc take_subject(struct kz_audit_asked *asked, kz_str value,
                          struct kz_err *err) {
  size_t count = 0;
  const struct kz_audit_subject *s = kz_audit_subject_list(0);
  for (size_t i = 0; s; s = kz_audit_subject_list(++i)) {
    if ((kz_str_eq_nocase(value, kz_str_of(s->name)) ||
         kz_str_eq_nocase(value, kz_str_of(s->misp))) &&
        count + 1 < sizeof asked->subjects) {
      asked->subjects[count++] = s->letter;
    }
  }
  if (count == 0) {
    return kz_err_set(err, KZ_E_INPUT, "about: there is no subject \"%.*s\"",
                      KZ_STR_ARG(value));
  }
  asked->subjects[count] = '\0';
  return KZ_OK;
}

static void take_action(struct kz_audit_asked *asked, kz_str value) {
  for (unsigned a = 1; a < KZ_AUDIT_ACTIONS; a++) {
    if (kz_str_eq_nocase(value,
                         kz_audit_action_name((enum kz_audit_action)a))) {
      asked->question.action = a;
      return;
    }
  }
  find_nothing(asked);
}

static void take_user(struct kz_house *house, struct kz_audit_asked *asked,
                      kz_str value) {
  if (kz_str_u64(value, &asked->question.user) != KZ_OK &&
      kz_shelf_by_name(kz_people_shelf(house->people), value,
                       &asked->question.user) != KZ_OK) {
    find_nothing(asked);
  }
}

static kz_rc take_cursor(struct kz_audit_asked *asked, kz_str value,
                         struct kz_err *err) {
  uint64_t number = 0;
  size_t dot = kz_str_find_byte(value, '.');
  if (kz_str_u64(kz_str_head(value, dot), &asked->question.generation) !=
          KZ_OK ||
      kz_str_u64(kz_str_from(value, dot == SIZE_MAX ? value.len : dot + 1),
                 &number) != KZ_OK ||
      number > UINT32_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "cursor: not one of ours");
  }
  asked->question.number = (uint32_t)number;
  return KZ_OK;
}

static kz_rc take_number(kz_str name, kz_str value, uint64_t max, uint64_t *ret,
                         struct kz_err *err) {
  return kz_str_u64(value, ret) == KZ_OK && *ret <= max
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "%.*s: a number up to %llu is due",
                          KZ_STR_ARG(name), (unsigned long long)max);
}

kz_rc kz_audit_asked_take(struct kz_house *house, struct kz_audit_asked *asked,
                          kz_str name, kz_str value, struct kz_err *err) {
  struct kz_audit_question *q = &asked->question;
  uint64_t limit = asked->limit;
  kz_rc rc = KZ_OK;
  if (kz_str_eq(name, KZ_STR("from"))) {
    rc = take_time(name, value, &q->from_us, err);
  } else if (kz_str_eq(name, KZ_STR("to"))) {
    rc = take_time(name, value, &q->to_us, err);
  } else if (kz_str_eq(name, KZ_STR("about"))) {
    rc = take_subject(asked, value, err);
  } else if (kz_str_eq(name, KZ_STR("id"))) {
    rc = take_number(name, value, UINT64_MAX, &q->id, err);
  } else if (kz_str_eq(name, KZ_STR("action"))) {
    take_action(asked, value);
  } else if (kz_str_eq(name, KZ_STR("user"))) {
    take_user(house, asked, value);
  } else if (kz_str_eq(name, KZ_STR("org"))) {
    if (kz_org_find(house->orgs, value, &q->org) != KZ_OK) {
      find_nothing(asked);
    }
  } else if (kz_str_eq(name, KZ_STR("limit"))) {
    rc = take_number(name, value, LIMIT_MAX, &limit, err);
    asked->limit = (size_t)limit;
  } else if (kz_str_eq(name, KZ_STR("cursor"))) {
    rc = take_cursor(asked, value, err);
  } else {
    rc = KZ_NOT_FOUND;
  }
  q->subjects = asked->subjects[0] ? asked->subjects : NULL;
  return rc;
}
