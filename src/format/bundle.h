/* The files inside an archive: zip or tar, plain or compressed (gzip, bzip2,
 * xz, Zstandard).
 *
 * Read from front to end, one file in memory at a time; nothing is written to
 * the disk, so no name in an archive can lead anywhere. Links and folders are
 * passed over. Any thread. */
#ifndef KZ_FORMAT_BUNDLE_H
#define KZ_FORMAT_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_bundle_walk {
  size_t file_max;    /* bytes of one wanted file, unpacked */
  uint64_t total_max; /* bytes of all files, wanted or not, unpacked */
  bool (*wants)(void *ctx, kz_str name); /* NULL: all */
  /* Anything but KZ_OK ends the walk and is its result. */
  kz_rc (*visit)(void *ctx, kz_str name, kz_str text, struct kz_err *err);
  void *ctx;
};

/* KZ_NOT_FOUND when there is no file `path`; KZ_E_INPUT when it is no archive
 * or damaged; KZ_E_LIMIT. */
KZ_MUST_USE kz_rc kz_bundle_walk(const char *path,
                                 const struct kz_bundle_walk *walk,
                                 struct kz_err *err);

/* The same over bytes in memory; `name` stands for the path in errors. */
KZ_MUST_USE kz_rc kz_bundle_walk_bytes(kz_str bytes, const char *name,
                                       const struct kz_bundle_walk *walk,
                                       struct kz_err *err);

#endif
