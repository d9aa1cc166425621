/* Events out of sorted rows: MISP's JSON, one row a line, so that an error in
 * a line is an error of that row. Inside work/, for moving in. One thread. */
#ifndef KZ_WORK_MOVE_EVENT_H
#define KZ_WORK_MOVE_EVENT_H

#include "base/rc.h"
#include "base/sorter.h"
#include "work/ingest.h"
#include "work/move_names.h"

struct kz_move_event;

/* `names` and `run` outlive it. NULL when out of memory. */
struct kz_move_event *kz_move_event_new(const struct kz_move_names *names,
                                        struct kz_ingest_run *run);
void kz_move_event_free(struct kz_move_event *event); /* NULL is fine */

/* The next record in order (work/move_table.h). Gives the event before it to
 * the run when it is whole. KZ_E_STOPPED, KZ_E_MEMORY; an event that is too
 * long is an error of the run. */
KZ_MUST_USE kz_rc kz_move_event_row(struct kz_move_event *event,
                                    const struct kz_sort_key *key,
                                    kz_str record);
/* There are no more. */
KZ_MUST_USE kz_rc kz_move_event_end(struct kz_move_event *event);

#endif
