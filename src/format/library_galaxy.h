/* A galaxy's file and the file of its clusters. Pure, any thread. */
#ifndef KZ_FORMAT_LIBRARY_GALAXY_H
#define KZ_FORMAT_LIBRARY_GALAXY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/uuid.h"

/* Reads galaxies/X.json into our own document of a galaxy:
 *
 *   {"uuid","name","type","description","version":N,"icon","namespace",
 *    "kill_chain_order":{"tab":["phase",..]}}
 *
 * KZ_E_INPUT, KZ_E_LIMIT with the place; KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_library_galaxy_read(kz_str text, struct kz_arena *arena,
                                         struct kz_jsonv **ret_document,
                                         struct kz_err *err);

/* One cluster of a file. */
struct kz_library_cluster {
  struct kz_uuid uuid;
  kz_str value;
  /* {"uuid","value","tag_name","description","source","authors":[..],
   *  "version":N,"collection_uuid","type","meta":{"key":["value",..]}} */
  struct kz_jsonv *document;
  /* [{"referenced_galaxy_cluster_uuid","referenced_galaxy_cluster_type",
   *   "tags":[..]}], NULL: none */
  struct kz_jsonv *relations;
};

struct kz_library_clusters {
  kz_str type;
  kz_str name;
  uint64_t version;
  struct kz_library_cluster *clusters;
  size_t count;
};

/* Reads clusters/X.json; all lives in `arena`. */
KZ_MUST_USE kz_rc kz_library_clusters_read(kz_str text, struct kz_arena *arena,
                                           struct kz_library_clusters *ret,
                                           struct kz_err *err);

/* The member "meta" as {"key":["value",..]}: single values become lists,
 * numbers and flags texts; what is nested and keys past the first 1000 are left
 * out. NULL: out of memory. */
struct kz_jsonv *kz_library_meta(const struct kz_jsonv *meta,
                                 struct kz_arena *arena);

/* The same from MISP's list [{"key","value"},..], the first 10000. */
struct kz_jsonv *kz_library_elements(const struct kz_jsonv *elements,
                                     struct kz_arena *arena);
/* The names of a list of tags ({"name":..} or texts), the first 100, as a list
 * of texts. NULL: out of memory. */
struct kz_jsonv *kz_library_tag_names(const struct kz_jsonv *tags,
                                      struct kz_arena *arena);

/* The tag of a cluster, misp-galaxy:TYPE="VALUE", in `arena`; ptr NULL when out
 * of memory. */
kz_str kz_library_cluster_tag(kz_str type, kz_str value,
                              struct kz_arena *arena);

#endif
