/* MISP's update routes: each loads some kinds of libraries from the folder that
 * is configured. */
#ifndef KZ_API_MISP_LIBRARY_H
#define KZ_API_MISP_LIBRARY_H

#include "api/misp_call.h"
#include "work/library_update.h"

/* How an update is told of. */
struct kz_misp_update {
  unsigned kinds;      /* a set of KZ_LIBRARY_BIT */
  const char *noun;    /* plural: "taxonomy libraries" */
  const char *current; /* when nothing was new */
  const char *done;    /* when something was; NULL: "Successfully updated N
                          <noun>." */
};

/* Loads and answers. Broken files are told of in the message and do not hinder
 * the others; when nothing is configured that is refused. Administrators only.
 */
void kz_misp_library_update(struct kz_misp_call *call,
                            const struct kz_misp_update *update);

#endif
