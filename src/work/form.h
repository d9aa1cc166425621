/* Documents with known fields: feeds, servers. A form says which fields there
 * are, of which type and with which default; a binder is the shelf of the
 * documents that were filled in.
 *
 * What comes from a client is taken field by field, loosely typed as MISP's
 * clients type it; unknown members are passed over, so that a document can be
 * sent back as it was shown. Any thread. */
#ifndef KZ_WORK_FORM_H
#define KZ_WORK_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/jsonw.h"
#include "base/rc.h"
#include "work/shelf.h"

enum kz_form_type {
  KZ_FORM_TEXT,
  KZ_FORM_FLAG,
  KZ_FORM_NUMBER, /* not negative; shown as a string of digits */
  KZ_FORM_PACKED, /* JSON that is shown as a text */
  KZ_FORM_SECRET, /* a text that is never shown */
};

struct kz_form_field {
  const char *name;
  enum kz_form_type type;
  const char *otherwise; /* default: a text, "1", digits, JSON */
};

struct kz_form {
  struct kz_shelf_shape shape;
  const struct kz_form_field *fields;
  size_t count;
  /* Refuses a document that makes no sense, with words; may be NULL. */
  kz_rc (*check)(const struct kz_jsonv *document, struct kz_err *err);
};

/* Values of a document, the default where it says nothing. Borrowed. */
kz_str kz_form_text(const struct kz_form *form, const struct kz_jsonv *document,
                    const char *name);
bool kz_form_flag(const struct kz_form *form, const struct kz_jsonv *document,
                  const char *name);
uint64_t kz_form_number(const struct kz_form *form,
                        const struct kz_jsonv *document, const char *name);

/* Writes "id" and all fields but the secrets as members of the object that is
 * open. */
void kz_form_write(const struct kz_form *form, const struct kz_jsonv *document,
                   struct kz_jsonw *w);

struct kz_binder;

/* `form` is static. */
KZ_MUST_USE kz_rc kz_binder_open(struct kz_store *store,
                                 const struct kz_form *form,
                                 struct kz_binder **ret_binder,
                                 struct kz_err *err);
void kz_binder_close(struct kz_binder *binder); /* NULL is fine */
const struct kz_form *kz_binder_form(const struct kz_binder *binder);
struct kz_shelf *kz_binder_shelf(struct kz_binder *binder);

/* Makes a document of the fields of `from` or, with an id, changes those of
 * the document that is there; `*ret_document` is how it is now, in `arena`.
 * KZ_NOT_FOUND, KZ_E_INPUT with words. Changes of one binder come one after
 * the other. */
KZ_MUST_USE kz_rc kz_binder_fill(struct kz_binder *binder, uint64_t id,
                                 const struct kz_jsonv *from,
                                 struct kz_arena *arena,
                                 struct kz_jsonv **ret_document,
                                 struct kz_err *err);

/* Sets one field without checking: what the program itself keeps (counts,
 * times). Members that are no fields may be kept too. */
typedef kz_rc kz_binder_change(void *ctx, struct kz_jsonv *document,
                               struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_binder_note(struct kz_binder *binder, uint64_t id,
                                 kz_binder_change *change, void *ctx,
                                 struct kz_err *err);

#endif
