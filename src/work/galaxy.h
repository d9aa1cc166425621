/* Galaxies and their clusters: actors, techniques, tools and what else has a
 * name, synonyms and relations to others.
 *
 * A galaxy, a cluster and a relation between two clusters is a document each.
 * Clusters from a library's file are "default": everybody sees them, nobody
 * edits them. Custom ones (work/cluster.h) belong to an organisation and have a
 * distribution. A cluster is attached to something by its tag,
 * misp-galaxy:TYPE="VALUE" (of custom ones the uuid is the value).
 *
 * Documents, beside "id":
 *   galaxy    format/library_galaxy.h, "enabled", "default", "key" (the file's)
 *   cluster   format/library_galaxy.h, "galaxy_id", "default", and of custom
 *             ones "distribution", "sharing_group_id", "org_id", "orgc_id",
 *             "published", "deleted", "locked", "extends_uuid",
 *             "extends_version"
 *   relation  "galaxy_cluster_id", "galaxy_cluster_uuid",
 *             "referenced_galaxy_cluster_uuid",
 *             "referenced_galaxy_cluster_type", "tags", "default", and of
 *             custom ones "distribution", "sharing_group_id", "org_id"
 *
 * Any thread. */
#ifndef KZ_WORK_GALAXY_H
#define KZ_WORK_GALAXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "work/library.h"
#include "work/shelf.h"

struct kz_galaxies;

KZ_MUST_USE kz_rc kz_galaxies_open(struct kz_store *store,
                                   struct kz_galaxies **ret,
                                   struct kz_err *err);
void kz_galaxies_close(struct kz_galaxies *galaxies); /* NULL is fine */

/* Cards of galaxies have the type as name, those of clusters the tag and the
 * galaxy as parent, those of relations the uuid of the referenced cluster as
 * name and the other one as parent. */
struct kz_shelf *kz_galaxies_shelf(struct kz_galaxies *galaxies);
struct kz_shelf *kz_clusters_shelf(struct kz_galaxies *galaxies);
struct kz_shelf *kz_relations_shelf(struct kz_galaxies *galaxies);

/* One change of clusters or relations at a time: held while they are read to be
 * changed. */
void kz_galaxies_lock(struct kz_galaxies *galaxies);
void kz_galaxies_unlock(struct kz_galaxies *galaxies);

/* Take a file in (see work/library.h). A galaxy's clusters need the galaxy.
 * Default clusters that are no longer in the file are removed with their
 * relations; ids of the others stay. */
KZ_MUST_USE kz_rc kz_galaxy_take(struct kz_galaxies *galaxies,
                                 const struct kz_library_file *file,
                                 struct kz_arena *arena,
                                 struct kz_library_taken *ret,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_clusters_take(struct kz_galaxies *galaxies,
                                   const struct kz_library_file *file,
                                   struct kz_arena *arena,
                                   struct kz_library_taken *ret,
                                   struct kz_err *err);

/* Sets a galaxy's flag "enabled"; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_galaxy_enable(struct kz_galaxies *galaxies, uint64_t id,
                                   bool on, struct kz_err *err);
/* Removes a galaxy, its clusters and their relations; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_galaxy_remove(struct kz_galaxies *galaxies, uint64_t id,
                                   struct kz_err *err);

/* Whether a cluster's or a relation's document is for these eyes. */
bool kz_cluster_is_visible(const struct kz_jsonv *document,
                           const struct kz_viewer *viewer);

/* Whether a card's tag is a custom cluster's: has its uuid as value. */
bool kz_cluster_is_custom(const struct kz_card *card);

#endif
