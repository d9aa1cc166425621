/* Galaxies and clusters as MISP shows them, alone and where their tags are
 * attached. */
#ifndef KZ_API_MISP_CLUSTER_VIEW_H
#define KZ_API_MISP_CLUSTER_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/jsonw.h"
#include "model/event.h"

/* The galaxy's document as an object. */
void kz_misp_write_galaxy(struct kz_jsonw *w, const struct kz_jsonv *galaxy);

/* How much of a cluster is shown. */
enum kz_misp_cluster_depth {
  KZ_MISP_CLUSTER_PLAIN, /* with its elements and relations */
  KZ_MISP_CLUSTER_WHOLE, /* also what leads to it, Galaxy, Org and Orgc */
};

/* The cluster's document as an object; relations that the eye may not see are
 * left out. `arena` is for what is read on the way. */
void kz_misp_write_cluster(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                           const struct kz_jsonv *cluster,
                           enum kz_misp_cluster_depth depth,
                           struct kz_arena *arena);

/* A relation's document as an object. */
void kz_misp_write_relation(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *relation,
                            struct kz_arena *arena);

/* The member "Galaxy":[...] with the galaxies of those tags that are clusters'
 * and the eye may see, in `arena`. What is unknown, deleted or of a galaxy that
 * is switched off is not in it. */
kz_str kz_misp_galaxies_member(const struct kz_misp_eye *eye,
                               const struct kz_tag_use *tags, size_t count,
                               struct kz_arena *arena);

/* Writes the same clusters as the member "GalaxyCluster":[...], each with its
 * "Galaxy": as lists of events have them. */
void kz_misp_write_tag_clusters(struct kz_jsonw *w,
                                const struct kz_misp_eye *eye,
                                const struct kz_tag_use *tags, size_t count,
                                struct kz_arena *arena);

/* The tags in use that stand for a cluster which the eye may see and of which
 * `key` is as `pattern` has it (SQL's LIKE at the ends): "value", "uuid",
 * "type", "description", or a key of its elements ("synonyms" ...).
 * KZ_E_MEMORY.
 */
KZ_MUST_USE kz_rc kz_misp_cluster_tags(const struct kz_misp_eye *eye,
                                       kz_str key, kz_str pattern,
                                       struct kz_arena *arena,
                                       uint32_t **ret_ids, size_t *ret_count);

/* Whether a tag's name is that of a cluster: misp-galaxy:... */
bool kz_misp_is_cluster_tag(kz_str name);

#endif
