/* The manifest of the index folder: which segment files and dead bits belong
 * together, and of which generation they are.
 *
 * Replaced atomically; a torn or foreign manifest is KZ_E_CORRUPT, which the
 * index answers by rebuilding. */
#ifndef KZ_STORE_MANIFEST_H
#define KZ_STORE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/view.h"

enum { KZ_MANIFEST_VERSION = 1, KZ_MANIFEST_PARTS_MAX = 4096 };

/* Writes the manifest of folder `path`: of `parts`, those that have a file.
 * The files must have been synced. */
KZ_MUST_USE kz_rc kz_manifest_save(const char *path, uint64_t generation,
                                   const struct kz_part *parts,
                                   size_t part_count, struct kz_err *err);

/* Reads it and opens the segments. `*ret_parts` is malloc'ed; the caller owns
 * it and the references in it. KZ_NOT_FOUND when there is no manifest. */
KZ_MUST_USE kz_rc kz_manifest_load(const char *path, uint64_t *ret_generation,
                                   struct kz_part **ret_parts,
                                   size_t *ret_count, struct kz_err *err);

/* Removes the segment files with numbers below `below` that `parts` do not
 * use. */
void kz_manifest_sweep(const char *path, const struct kz_part *parts,
                       size_t part_count, uint64_t below);

#endif
