/* A catalog: documents that come from library files and are kept as they are -
 * noticelists, object templates, decaying models. A form says what a kind must
 * have, which members are the user's, and which few documents the program
 * brings along. Any thread. */
#ifndef KZ_WORK_CATALOG_H
#define KZ_WORK_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/library.h"
#include "work/shelf.h"

struct kz_catalog_form {
  struct kz_shelf_shape shape;
  enum kz_library_kind kind;
  const char *const *flags; /* the user's: an update leaves them alone */
  size_t flag_count;
  /* Refuses a document that makes no sense, with its place; counts what it
   * has. */
  kz_rc (*check)(kz_str text, const struct kz_jsonv *object,
                 uint64_t *ret_entries, struct kz_err *err);
  const char *const *own; /* put into an empty catalog */
  size_t own_count;
};

struct kz_catalog;

/* `form` is static. */
KZ_MUST_USE kz_rc kz_catalog_open(struct kz_store *store,
                                  const struct kz_catalog_form *form,
                                  struct kz_catalog **ret_catalog,
                                  struct kz_err *err);
void kz_catalog_close(struct kz_catalog *catalog); /* NULL is fine */

/* The documents. Read only. */
struct kz_shelf *kz_catalog_shelf(struct kz_catalog *catalog);

/* Takes a file in (work/library.h): a document is known by its uuid, else by
 * its name. Of one version a file that differs replaces what is there. */
KZ_MUST_USE kz_rc kz_catalog_take(struct kz_catalog *catalog,
                                  const struct kz_library_file *file,
                                  struct kz_arena *arena,
                                  struct kz_library_taken *ret,
                                  struct kz_err *err);

/* The document that a number, uuid or name means; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_catalog_find(struct kz_catalog *catalog, kz_str ref,
                                  struct kz_arena *arena, uint64_t *ret_id,
                                  struct kz_jsonv **ret_document,
                                  struct kz_err *err);

/* Sets one of the user's flags; the document as it is then. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_catalog_set(struct kz_catalog *catalog, uint64_t id,
                                 const char *flag, bool on,
                                 struct kz_arena *arena,
                                 struct kz_jsonv **ret_document,
                                 struct kz_err *err);

#endif
