/* One request to MISP's API while it is answered: who asks, for what, and what
 * the answer is read from. Inside api/misp*.c only. */
#ifndef KZ_API_MISP_CALL_H
#define KZ_API_MISP_CALL_H

#include "base/arena.h"
#include "net/reply.h"
#include "net/request.h"
#include "work/house.h"
#include "work/people.h"

enum {
  KZ_MISP_WORK_BYTES = 1 << 30, /* ceiling of what one request may hold */
};

/* Whose eyes look at which moment of the store. */
struct kz_misp_eye {
  struct kz_house *house;
  const struct kz_user *user;
  struct kz_view *view;
};

/* A parameter of the path (/key:value), the query or the body. Of one in the
 * body that is an array or an object, `raw` is the JSON; of all others `text`
 * is the value. Two with one name are a list. */
struct kz_misp_param {
  kz_str name;
  kz_str text;
  kz_str raw;
};

struct kz_misp_call {
  struct kz_misp_eye eye;
  const struct kz_request *request;
  struct kz_reply *reply;
  struct kz_arena *arena; /* the request's: lives until the reply is sent */
  struct kz_arena *work;  /* ends with the handler */
  const kz_str *args;     /* segments behind the action without parameters */
  size_t arg_count;
  struct kz_misp_param *params;
  size_t param_count;
};

/* Answers; every call leaves a reply. */
typedef void kz_misp_action(struct kz_misp_call *call);

/* Reads of the store as the eye's view has it, into `arena`. */
struct kz_reading kz_misp_reading(const struct kz_misp_eye *eye,
                                  struct kz_arena *arena);

/* Looks at the store anew: after a change. */
void kz_misp_renew(struct kz_misp_call *call);

/* The argument number `index` of the path; empty when there is none. */
static inline kz_str kz_misp_arg(const struct kz_misp_call *call,
                                 size_t index) {
  return index < call->arg_count ? call->args[index] : KZ_STR_NONE;
}

/* Whether he is a site administrator: sees and may change everything. */
static inline bool kz_misp_is_admin(const struct kz_user *user) {
  return kz_user_may(user, KZ_PERM_SITE_ADMIN);
}

#endif
