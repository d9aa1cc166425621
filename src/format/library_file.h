/* Files of libraries as the public repositories lay them out: which file is
 * what, and where in it something is wrong. Pure, any thread.
 *
 *   misp-galaxy         galaxies/X.json, clusters/X.json
 *   misp-taxonomies     X/machinetag.json
 *   misp-warninglists   lists/X/list.json
 *   misp-noticelist     lists/X/list.json
 *   misp-objects        objects/X/definition.json,
 * relationships/definition.json misp-decaying-models models/X.json
 *
 * Only the last parts of a path are looked at, so that a checkout, an archive
 * and a package that carries the files somewhere inside are all the same. */
#ifndef KZ_FORMAT_LIBRARY_FILE_H
#define KZ_FORMAT_LIBRARY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"

/* In the order in which they are taken in: clusters need their galaxy. */
enum kz_library_kind {
  KZ_LIBRARY_TAXONOMY,
  KZ_LIBRARY_GALAXY,
  KZ_LIBRARY_CLUSTERS,
  KZ_LIBRARY_WARNINGLIST,
  KZ_LIBRARY_NOTICELIST,
  KZ_LIBRARY_TEMPLATE,
  KZ_LIBRARY_RELATIONSHIPS,
  KZ_LIBRARY_MODEL,
  KZ_LIBRARY_KINDS
};

/* "taxonomy", "galaxy", "clusters" ...; static. */
kz_str kz_library_kind_name(enum kz_library_kind kind);

/* What the file of that path is, and its name among its kind ("tlp"), which is
 * a part of `path`. False: nothing of ours. Of a list.json whose path does not
 * say which of the two kinds it is, the kind is WARNINGLIST. */
bool kz_library_sort(kz_str path, enum kz_library_kind *ret_kind,
                     kz_str *ret_key);

/* Whether the text of a list.json is a noticelist: has a member "notice". */
bool kz_library_is_notice(kz_str text);

/* Reads a file that must hold one object, as a tree in `arena`. KZ_E_INPUT and
 * KZ_E_LIMIT with the place, KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_library_read(kz_str text, struct kz_arena *arena,
                                  struct kz_jsonv **ret_object,
                                  struct kz_err *err);

/* Writes "line L, column C (byte B): words" about the place where `value` of
 * the tree of `text` stood; returns KZ_E_INPUT. */
kz_rc kz_library_wrong(kz_str text, const struct kz_jsonv *value,
                       struct kz_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The member as text, which must be there, a string and not empty. The words of
 * the failure name it. */
KZ_MUST_USE kz_rc kz_library_text(kz_str text, const struct kz_jsonv *object,
                                  const char *name, kz_str *ret,
                                  struct kz_err *err);
/* The member as an array; `*ret` is NULL when it is absent or null. KZ_E_INPUT
 * when it is something else. */
KZ_MUST_USE kz_rc kz_library_array(kz_str text, const struct kz_jsonv *object,
                                   const char *name, struct kz_jsonv **ret,
                                   struct kz_err *err);

#endif
