/* Parameters of a request to MISP's API, wherever the client put them, and the
 * lists of terms that its filters are made of. */
#ifndef KZ_API_MISP_PARAMS_H
#define KZ_API_MISP_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/rc.h"

enum { KZ_MISP_PARAMS_MAX = 1024, KZ_MISP_TERMS_MAX = 1 << 20 };

/* Takes the named parameters out of the path's segments from `first` on, and
 * those of the query; what is left are the arguments. KZ_E_LIMIT, KZ_E_MEMORY.
 */
KZ_MUST_USE kz_rc kz_misp_params_path(struct kz_misp_call *call, size_t first);

/* Adds the members of the body when it is an object ({"request":{...}} is
 * stepped into); null is as if absent. KZ_E_INPUT with words when the body is
 * not JSON. The body's come before the path's. */
KZ_MUST_USE kz_rc kz_misp_params_body(struct kz_misp_call *call,
                                      struct kz_err *err);

/* Adds one behind all others. KZ_E_LIMIT, KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_params_add(struct kz_misp_call *call,
                                     struct kz_misp_param param);

/* The first parameter of that name; NULL when there is none. */
const struct kz_misp_param *kz_misp_param(const struct kz_misp_call *call,
                                          kz_str name);
/* Its text; ptr NULL when absent or not a single value. */
kz_str kz_misp_param_text(const struct kz_misp_call *call, kz_str name);
/* Whether it is true, 1 or any text but "", "0" and "false"; `absent` when it
 * is not there. */
bool kz_misp_param_flag(const struct kz_misp_call *call, kz_str name,
                        bool absent);
/* Its number; `absent` when it is not there or no number. */
uint64_t kz_misp_param_number(const struct kz_misp_call *call, kz_str name,
                              uint64_t absent);

/* What a filter asks for: one of `any`, all of `all`, nothing of `none`. */
struct kz_misp_terms {
  bool is_given;
  kz_str *any;
  size_t any_count;
  kz_str *all;
  size_t all_count;
  kz_str *none;
  size_t none_count;
};

/* Reads "a&&b", "!a", ["a","!b"] or {"OR":[],"AND":[],"NOT":[]} of the
 * parameter into the work arena. KZ_E_INPUT, KZ_E_LIMIT, KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_param_terms(struct kz_misp_call *call, kz_str name,
                                      struct kz_misp_terms *ret,
                                      struct kz_err *err);

#endif
