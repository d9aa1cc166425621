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

/* Where the item that is number `kept` of those read stood in the list that was
 * sent: the ones that could not be read are not among them. */
size_t kz_misp_body_sent_index(const struct kz_misp_body *body, size_t kept);
/* Notes that the item that stood there is left out after all; the words live as
 * long as the body's arena. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_body_add_wrong(struct kz_misp_body *body,
                                         size_t index, kz_str words);

/* Sends 403 "Could not add Attribute" (`what`) with the first thing wrong, or
 * what `err` says. */
void kz_misp_body_refuse(struct kz_misp_call *call,
                         const struct kz_misp_body *body, kz_str what, kz_rc rc,
                         const struct kz_err *err);

#endif
