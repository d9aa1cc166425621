/* The body of a request as MISP's nouns, with the first thing that was wrong.
 */
#ifndef KZ_API_MISP_BODY_H
#define KZ_API_MISP_BODY_H

#include "api/misp_call.h"
#include "base/err.h"
#include "format/misp_read.h"

/* What was left out while reading: the first by index and field. */
struct kz_misp_wrong {
  size_t index;
  kz_str field;
  kz_str words;
  bool skipped; /* a repetition, not an error */
};

struct kz_misp_body {
  struct kz_misp_reader *reader;
  struct kz_misp_input input;
  struct kz_arena *arena;
  struct kz_misp_wrong *wrong;
  size_t wrong_count;
  size_t wrong_room;
};

#define KZ_MISP_BODY(name, call, is_partial)                                   \
  __attribute__((cleanup(kz_misp_body_done))) struct kz_misp_body name;        \
  kz_misp_body_init(&name, call, is_partial)
/* Makes ready to read the call's body into its work arena. `partial`: an edit,
 * members may be absent. */
void kz_misp_body_init(struct kz_misp_body *body, struct kz_misp_call *call,
                       bool partial);
void kz_misp_body_done(struct kz_misp_body *body);

/* Sends 403 "Could not add Attribute" (`what`) with the first thing wrong, or
 * what `err` says. */
void kz_misp_body_refuse(struct kz_misp_call *call,
                         const struct kz_misp_body *body, kz_str what, kz_rc rc,
                         const struct kz_err *err);

#endif
