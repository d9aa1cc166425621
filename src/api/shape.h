/* The shape of the native API's answers and small JSON bodies. */
#ifndef KZ_API_SHAPE_H
#define KZ_API_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "base/rc.h"
#include "net/reply.h"

enum {
  KZ_SHAPE_MAX = 0x7fffffff /* bytes of an answer that is not streamed */
};

/* The HTTP status of a code. */
unsigned kz_shape_status(kz_rc rc);

/* {"code":"input","message":"..."} of a failure as a member "error". */
void kz_shape_write_error(struct kz_jsonw *w, kz_rc rc, kz_str message);

/* Makes the reply {"error":{...}} with the status of `rc`, or with `status`. */
void kz_shape_fail(struct kz_reply *reply, kz_rc rc, const struct kz_err *err);
void kz_shape_refuse(struct kz_reply *reply, unsigned status, kz_rc rc,
                     kz_str message);

/* Takes a buffer as the JSON answer. */
void kz_shape_answer(struct kz_reply *reply, struct kz_buf *json);

/* Members of the object that is being written: a time to the second (ISO 8601,
 * null for none), a day, a list of texts. */
void kz_shape_time(struct kz_jsonw *w, kz_str key, int64_t us);
void kz_shape_day(struct kz_jsonw *w, kz_str key, int32_t days);
void kz_shape_list(struct kz_jsonw *w, kz_str key, const kz_str *texts,
                   size_t count);

/* A member that is looked for in a body. */
struct kz_shape_member {
  const char *name;
  kz_str *values; /* its text, or the texts of a list; in the arena */
  size_t count;   /* 0: it was not there, or null */
};

/* Reads an object whose members are texts, numbers, flags or lists of those;
 * "" counts as {}. Other members than those of `members` are errors. */
KZ_MUST_USE kz_rc kz_shape_read(kz_str json, struct kz_arena *arena,
                                struct kz_shape_member *members, size_t count,
                                struct kz_err *err);

#endif
