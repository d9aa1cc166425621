/* A taxonomy's machinetag.json. Pure, any thread. */
#ifndef KZ_FORMAT_LIBRARY_TAXONOMY_H
#define KZ_FORMAT_LIBRARY_TAXONOMY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"

/* Reads the file into our own document of a taxonomy:
 *
 *   {"namespace","uuid","description","expanded","version":N,"exclusive":B,
 *    "refs":[..],"predicates":[{"value","expanded","description","colour",
 *    "exclusive":B,"numerical_value":N,"entries":[{"value",...}]}]}
 *
 * in which the entries stand with their predicate. Members that are absent stay
 * absent, but for version (0) and exclusive (false). KZ_E_INPUT, KZ_E_LIMIT
 * with the place; KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_library_taxonomy_read(kz_str text, struct kz_arena *arena,
                                           struct kz_jsonv **ret_document,
                                           struct kz_err *err);

/* The same document as a machinetag.json again. */
void kz_library_taxonomy_write(const struct kz_jsonv *document,
                               struct kz_jsonw *w);

/* The tags of a document, one after another: a predicate without entries is one
 * tag (tlp:red), with entries each of these is (a:b="c"). Set up with the
 * document; all else zero. */
struct kz_taxonomy_walk {
  const struct kz_jsonv *document;
  const struct kz_jsonv *predicate; /* of the present tag */
  const struct kz_jsonv *entry;     /* of the present tag; NULL: none */
  size_t predicate_index;           /* from 0 */
};
/* Goes to the next tag; false when there is none. */
bool kz_taxonomy_next(struct kz_taxonomy_walk *walk);
/* Appends the name of the present tag. */
void kz_taxonomy_name(const struct kz_taxonomy_walk *walk, struct kz_buf *out);

#endif
