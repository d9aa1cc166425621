/* The shapes of MISP's answers: what was saved, what failed and why. */
#ifndef KZ_API_MISP_SHAPE_H
#define KZ_API_MISP_SHAPE_H

#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonw.h"

/* An answer that is made whole before it is sent. */
struct kz_misp_out {
  struct kz_buf buf;
  struct kz_jsonw w;
};
#define KZ_MISP_OUT(name)                                                      \
  __attribute__((cleanup(kz_misp_out_done))) struct kz_misp_out name;          \
  kz_misp_out_init(&name)
void kz_misp_out_init(struct kz_misp_out *out);
void kz_misp_out_done(struct kz_misp_out *out);
/* Sends it as JSON with status 200. */
void kz_misp_send(struct kz_misp_call *call, struct kz_misp_out *out);

/* {"saved":true,"success":true,"name":M,"message":M,"url":U}; with an id when
 * it is not 0. */
void kz_misp_done(struct kz_misp_call *call, kz_str message, uint64_t id);

/* {"name":M,"message":M,"url":U} */
void kz_misp_refuse(struct kz_misp_call *call, unsigned status, kz_str message);

/* 403 {"saved":false,"name":M,"message":M,"url":U,"errors":...}: `words` about
 * member `field`, or bare when that is empty. */
void kz_misp_not_saved(struct kz_misp_call *call, kz_str message, kz_str field,
                       kz_str words);

/* The refusal for a failed read or change. `noun` ("Event", "Attribute" ...) is
 * what was looked for: KZ_NOT_FOUND is 404 "Invalid event". */
void kz_misp_fail(struct kz_misp_call *call, const char *noun, kz_rc rc,
                  const struct kz_err *err);

/* 403 with MISP's words: not his to change; not a thing for his role. */
void kz_misp_not_yours(struct kz_misp_call *call);
void kz_misp_not_allowed(struct kz_misp_call *call);

#endif
