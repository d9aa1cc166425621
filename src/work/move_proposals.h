/* Proposals of a MISP database, once the events are in. Inside work/, for
 * moving in. */
#ifndef KZ_WORK_MOVE_PROPOSALS_H
#define KZ_WORK_MOVE_PROPOSALS_H

#include "base/err.h"
#include "base/rc.h"
#include "base/sorter.h"
#include "work/house.h"
#include "work/ingest.h"
#include "work/move_names.h"

/* Adds those of `sorted` that wait for an answer and are not here yet; errors
 * and their number go to the report. A failure is one of the store. */
KZ_MUST_USE kz_rc kz_move_proposals(struct kz_house *house,
                                    struct kz_sorter *sorted,
                                    const struct kz_move_names *names,
                                    kz_str file,
                                    struct kz_ingest_report *report,
                                    struct kz_err *err);

#endif
