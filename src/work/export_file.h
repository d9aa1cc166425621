/* Exports of everything that a user sees, kept as files beside the store:
 *
 *   STORE/exports/USER-FORMAT-GENERATION
 *
 * A file is good for the generation that it was begun at and for its user
 * alone; a change of anything makes it old, so what is served is never more
 * than the user sees now. It is written while the first who asks is answered;
 * who asks again before something changed gets the file. There is at most one
 * for each user and format. Any thread. */
#ifndef KZ_WORK_EXPORT_FILE_H
#define KZ_WORK_EXPORT_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/house.h"

/* What a file is of. */
struct kz_export_name {
  uint64_t user;
  kz_str format; /* a name that kz_export_format knows */
  uint64_t generation;
};

/* The generation of the store now. */
uint64_t kz_export_file_now(struct kz_house *house);

/* Opens the file for reading: a descriptor that the caller closes, and its
 * size. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_export_file_open(struct kz_house *house,
                                      const struct kz_export_name *name,
                                      int *ret_fd, uint64_t *ret_bytes,
                                      struct kz_err *err);

/* A file while it is written. */
struct kz_export_file;
KZ_MUST_USE kz_rc kz_export_file_new(struct kz_house *house,
                                     const struct kz_export_name *name,
                                     struct kz_export_file **ret_file,
                                     struct kz_err *err);
KZ_MUST_USE kz_rc kz_export_file_add(struct kz_export_file *file, kz_str bytes,
                                     struct kz_err *err);
/* Gives it its name and removes the older one. */
KZ_MUST_USE kz_rc kz_export_file_keep(struct kz_export_file *file,
                                      struct kz_err *err);
/* Frees; what was not kept is removed. NULL is fine. */
void kz_export_file_free(struct kz_export_file *file);

#endif
