/* Whole files: read, replaced in one step, mapped.
 *
 * Paths are NUL-terminated. Failures name the path and the system's reason.
 * Any thread. */
#ifndef KZ_BASE_FILE_H
#define KZ_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

/* Appends the file's bytes to `out`; its maximum is the ceiling (KZ_E_LIMIT,
 * and `out` is as before). KZ_NOT_FOUND when there is no such file. */
KZ_MUST_USE kz_rc kz_file_read(const char *path, struct kz_buf *out,
                               struct kz_err *err);

/* Replaces or makes the file: readers see the old bytes or all of the new ones,
 * also after a power cut. On KZ_OK the bytes are on the disk. KZ_E_FULL when
 * there is no room; then the old file stands. */
KZ_MUST_USE kz_rc kz_file_write(const char *path, kz_str bytes, mode_t mode,
                                struct kz_err *err);

/* A file mapped for reading. Somebody who cuts the file short while it is
 * mapped makes reads of it fail with SIGBUS: map only files of our own. */
struct kz_file_map {
  kz_str bytes; /* until kz_file_unmap */
};

/* KZ_NOT_FOUND when there is no such file; an empty file gives no bytes. */
KZ_MUST_USE kz_rc kz_file_map(const char *path, struct kz_file_map *ret_map,
                              struct kz_err *err);
/* Ends the mapping; a map that is all zero is fine. */
void kz_file_unmap(struct kz_file_map *map);

/* Writes "path: what: the system's words for errno" and returns the code that
 * fits errno (KZ_NOT_FOUND, KZ_E_FULL, KZ_E_MEMORY, else KZ_E_IO). */
kz_rc kz_file_explain(const char *path, const char *what, int error_number,
                      struct kz_err *err);

/* KZ_FD(name, open(...)): a local descriptor that is closed when its block is
 * left; negative ones are fine. */
static inline void kz_file_closep(const int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
  }
}
#define KZ_FD(name, opened)                                                    \
  __attribute__((cleanup(kz_file_closep))) const int name = (opened)

/* Makes names and removals in the folder of `path` durable. */
KZ_MUST_USE kz_rc kz_file_sync_folder(const char *path, struct kz_err *err);

#endif
