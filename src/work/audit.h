/* The audit log as people ask for it: by time, person, subject.
 *
 * Site administrators see all of it, others what their own organisation's
 * users did. Whether somebody may ask at all (KZ_PERM_AUDIT) is the caller's.
 * Any thread. */
#ifndef KZ_WORK_AUDIT_H
#define KZ_WORK_AUDIT_H

#include <stdint.h>

#include "model/event.h"
#include "store/audit.h"
#include "work/house.h"
#include "work/people.h"

/* What there are entries about. */
struct kz_audit_subject {
  char letter;
  const char *name; /* "user" */
  const char *misp; /* "User": MISP's model */
};
/* By number from 0; NULL behind the last. */
const struct kz_audit_subject *kz_audit_subject_list(size_t index);
const struct kz_audit_subject *kz_audit_subject_of(char letter);

struct kz_audit_question {
  int64_t from_us;      /* INT64_MIN: since ever */
  int64_t to_us;        /* INT64_MAX: until now */
  const char *subjects; /* letters; NULL: all */
  uint64_t id;          /* with one subject: of it alone; 0: any */
  unsigned action;      /* 0: any */
  uint64_t user;        /* 0: any */
  uint32_t org;         /* of who acted; 0: any */
  uint64_t generation;  /* entries before this place; UINT64_MAX: the newest */
  uint32_t number;
};
#define KZ_AUDIT_ANY                                                           \
  ((struct kz_audit_question){                                                 \
      .from_us = INT64_MIN, .to_us = INT64_MAX, .generation = UINT64_MAX})

/* Calls `visit` for each entry that is asked for and may be seen, newest first
 * (of one id: oldest first), until it returns KZ_END. */
KZ_MUST_USE kz_rc kz_audit_ask(struct kz_house *house,
                               const struct kz_user *asker,
                               const struct kz_audit_question *question,
                               kz_audit_visit *visit, void *ctx,
                               struct kz_err *err);

/* One version of an attribute: what it was, until whom changed it when. The
 * last one is what it is now, with `until` NULL; none is given when it is gone.
 */
struct kz_audit_version {
  const struct kz_attribute *attribute;
  int64_t until_us;
  const struct kz_audit *until; /* NULL: before the log began, or now */
};
typedef kz_rc kz_audit_version_visit(void *ctx,
                                     const struct kz_audit_version *version,
                                     struct kz_err *err);

/* All versions of an attribute, oldest first; the caller has made sure that
 * event and attribute may be seen. */
KZ_MUST_USE kz_rc kz_audit_history(struct kz_house *house, uint64_t event,
                                   uint64_t attribute,
                                   kz_audit_version_visit *visit, void *ctx,
                                   struct kz_err *err);

/* Notes that somebody logged in or out, or failed to (`user` 0: no such user;
 * `detail` is JSON or empty). */
KZ_MUST_USE kz_rc kz_audit_access(struct kz_house *house,
                                  enum kz_audit_action action, uint64_t user,
                                  kz_str detail, struct kz_err *err);

#endif
