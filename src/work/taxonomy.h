/* Taxonomies: vocabularies of tags and the rules they bring - a tag's colour
 * and number, one tag of a taxonomy or predicate only (exclusive), at least one
 * before an event is published (required).
 *
 * A taxonomy's rules hold while it is enabled. A table of all their tags is in
 * memory; documents (format/library_taxonomy.h, with "id", "enabled",
 * "required", "highlighted" and "key", the file's) are in the store. Any
 * thread. */
#ifndef KZ_WORK_TAXONOMY_H
#define KZ_WORK_TAXONOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/library.h"
#include "work/shelf.h"

struct kz_taxonomies;

KZ_MUST_USE kz_rc kz_taxonomies_open(struct kz_store *store,
                                     struct kz_taxonomies **ret,
                                     struct kz_err *err);
void kz_taxonomies_close(struct kz_taxonomies *taxonomies); /* NULL is fine */

/* Documents by id and namespace ("name" of a card). Changes go through the
 * functions below. */
struct kz_shelf *kz_taxonomies_shelf(struct kz_taxonomies *taxonomies);

/* The id that a number, uuid or namespace means; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_taxonomy_find(struct kz_taxonomies *taxonomies, kz_str ref,
                                   uint64_t *ret_id);

/* Takes a machinetag.json in (see work/library.h). What was enabled, required
 * or highlighted stays so; a new one is none of it. */
KZ_MUST_USE kz_rc kz_taxonomy_take(struct kz_taxonomies *taxonomies,
                                   const struct kz_library_file *file,
                                   struct kz_arena *arena,
                                   struct kz_library_taken *ret,
                                   struct kz_err *err);

/* Sets the flag "enabled", "required" or "highlighted"; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_taxonomy_set(struct kz_taxonomies *taxonomies, uint64_t id,
                                  const char *flag, bool on,
                                  struct kz_err *err);
KZ_MUST_USE kz_rc kz_taxonomy_remove(struct kz_taxonomies *taxonomies,
                                     uint64_t id, struct kz_err *err);

/* What a tag is to the taxonomies. */
struct kz_taxonomy_tag {
  uint64_t taxonomy;
  size_t predicate; /* its place in the taxonomy, from 0 */
  bool is_enabled;  /* the taxonomy */
  bool only_one;    /* of the taxonomy */
  bool only_one_of_predicate;
  bool has_number;
  uint64_t number; /* numerical_value: of the entry, else of the predicate */
  char colour[8];  /* "#rrggbb"; "": none is given */
};

/* Looks a tag's name up (A-Z equal a-z); KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_taxonomy_tag(struct kz_taxonomies *taxonomies, kz_str name,
                                  struct kz_taxonomy_tag *ret);

/* Whether a tag may not join those that an entity has, since an enabled
 * taxonomy wants one only. The same tag again is no conflict. */
bool kz_taxonomy_forbids(struct kz_taxonomies *taxonomies, kz_str joining,
                         const kz_str *present, size_t count);

/* Appends the namespaces, with ", " between, of the enabled and required
 * taxonomies of which none of the tags is; returns how many. */
size_t kz_taxonomy_missing(struct kz_taxonomies *taxonomies,
                           const kz_str *present, size_t count,
                           struct kz_buf *out);

#endif
