/* The parameters of a question to the audit log, which the native and MISP's
 * face share. */
#ifndef KZ_API_AUDIT_READ_H
#define KZ_API_AUDIT_READ_H

#include "base/err.h"
#include "base/str.h"
#include "work/audit.h"

/* Room for what a question borrows. */
struct kz_audit_asked {
  struct kz_audit_question question;
  char subjects[64];
  size_t limit;
};

void kz_audit_asked_init(struct kz_audit_asked *asked, size_t limit);

/* Takes one parameter: from, to, about (a subject's name, ours or MISP's), id,
 * action, user (id or e-mail address), org, limit, cursor
 * ("generation.number"). KZ_NOT_FOUND: none of these names. KZ_E_INPUT with
 * words. A user, organisation or action that is not there finds nothing. */
KZ_MUST_USE kz_rc kz_audit_asked_take(struct kz_house *house,
                                      struct kz_audit_asked *asked, kz_str name,
                                      kz_str value, struct kz_err *err);

#endif
