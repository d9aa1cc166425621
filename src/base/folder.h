/* Folders: made, walked, removed; the room on their disk.
 *
 * Paths are NUL-terminated. Failures name the path and the system's reason.
 * Any thread. */
#ifndef KZ_BASE_FOLDER_H
#define KZ_BASE_FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/rc.h"

enum {
  KZ_FOLDER_DEPTH = 64,             /* nested folders */
  KZ_FOLDER_NAMES = 4 * 1000 * 1000 /* names in one folder */
};

/* Makes the folder and those above it; fine when it is there already. */
KZ_MUST_USE kz_rc kz_folder_make(const char *path, mode_t mode,
                                 struct kz_err *err);

/* What a walk calls with each regular file. Anything but KZ_OK ends the walk
 * and is its result. */
typedef kz_rc kz_folder_visit(void *ctx, const char *path, struct kz_err *err);

/* Calls `visit` with each regular file at or below `path` (which may itself be
 * a file), a folder's names in byte order. Links to files are followed, links
 * to folders are not. KZ_E_LIMIT past KZ_FOLDER_DEPTH or KZ_FOLDER_NAMES,
 * KZ_NOT_FOUND when there is no `path`. */
KZ_MUST_USE kz_rc kz_folder_walk(const char *path, kz_folder_visit *visit,
                                 void *ctx, struct kz_err *err);

/* Removes the file or the whole tree called `name` in the folder `parent`.
 * `name` is one component ("/", "." and ".." are refused with KZ_E_INPUT) and
 * no link is followed, so nothing outside of `parent` can be touched.
 * KZ_NOT_FOUND when it is not there. */
KZ_MUST_USE kz_rc kz_folder_remove(const char *parent, const char *name,
                                   struct kz_err *err);

/* Bytes that we may still write to the disk that holds `path`. */
KZ_MUST_USE kz_rc kz_folder_room(const char *path, uint64_t *ret_bytes,
                                 struct kz_err *err);

#endif
