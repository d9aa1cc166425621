/* Custom galaxy clusters of a MISP database, with their galaxies, elements and
 * relations. Inside work/, for moving in. */
#ifndef KZ_WORK_MOVE_CLUSTERS_H
#define KZ_WORK_MOVE_CLUSTERS_H

#include "base/err.h"
#include "base/rc.h"
#include "work/house.h"
#include "work/move_lists.h"
#include "work/move_names.h"

/* Makes those that are not here yet; organisations and sharing groups have been
 * made. A failure is one of the store. */
KZ_MUST_USE kz_rc kz_move_clusters(const struct kz_move_lists *lists,
                                   struct kz_house *house,
                                   const struct kz_move_names *names,
                                   struct kz_move_made *made,
                                   struct kz_err *err);

#endif
