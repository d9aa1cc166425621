/* Small documents over MISP's API: which members a client may set and in which
 * form MISP sends them, as tables. */
#ifndef KZ_API_MISP_FIELDS_H
#define KZ_API_MISP_FIELDS_H

#include "api/misp_call.h"
#include "base/jsonv.h"
#include "base/jsonw.h"

enum kz_misp_form {
  KZ_MISP_FORM_TEXT,
  KZ_MISP_FORM_NULL_TEXT, /* null when there is none */
  KZ_MISP_FORM_DIGITS,    /* a number as text: "5" */
  KZ_MISP_FORM_FLAG,
  KZ_MISP_FORM_LIST,   /* an array; a text with a JSON array is one */
  KZ_MISP_FORM_SECRET, /* is taken, never sent */
};

enum kz_misp_whose {
  KZ_MISP_THEIRS, /* clients may set it */
  KZ_MISP_OURS,
};

struct kz_misp_field {
  const char *name;
  enum kz_misp_form form;
  enum kz_misp_whose whose;
  const char *unless; /* DIGITS, TEXT: when there is none; FLAG: "1" */
};

/* Reads the body, an object, out of {"request":{}} and {noun:{}} if it is
 * wrapped; empty when there is no body. On failure the refusal is sent. */
bool kz_misp_body_tree(struct kz_misp_call *call, const char *noun,
                       struct kz_jsonv **ret_from);

/* Copies what a client may set and did from `from` to `to`. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_fields_take(struct kz_jsonv *to,
                                      const struct kz_jsonv *from,
                                      const struct kz_misp_field *fields,
                                      size_t count, struct kz_arena *arena);

/* Takes a time in any form that MISP does, as epoch seconds; nothing or 0 takes
 * the member away. KZ_E_INPUT with words. */
KZ_MUST_USE kz_rc kz_misp_take_time(struct kz_jsonv *to,
                                    const struct kz_jsonv *from,
                                    const char *name, struct kz_arena *arena,
                                    struct kz_err *err);

/* Writes all fields of a document as members. */
void kz_misp_fields_write(struct kz_jsonw *w, const struct kz_jsonv *document,
                          const struct kz_misp_field *fields, size_t count);

/* Refuses for a document that could not be saved: "Could not `verb` `noun`",
 * and of "field: words" the field is named. */
void kz_misp_fields_refuse(struct kz_misp_call *call, const char *verb,
                           const char *noun, kz_rc rc,
                           const struct kz_err *err);

#endif
