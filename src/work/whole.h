/* Writes whole events as MISP's JSON, piece by piece: an event may be larger
 * than memory.
 *
 * Small events are read and written at once. Of a large one the frame (objects
 * without attributes, references, reports) is in memory, its attributes pass
 * through; which of them belong to objects is remembered by their numbers. */
#ifndef KZ_WORK_WHOLE_H
#define KZ_WORK_WHOLE_H

#include <stdint.h>

#include "base/err.h"
#include "base/jsonw.h"
#include "base/rc.h"
#include "model/viewer.h"
#include "store/query.h"
#include "store/view.h"
#include "work/house.h"

struct kz_whole;

/* A writer of events as of a view, which must outlive it, as must the viewer's
 * groups. The caller owns it; one thread at a time. NULL when out of memory. */
struct kz_whole *kz_whole_new(struct kz_house *house,
                              const struct kz_view *view,
                              const struct kz_viewer *viewer,
                              enum kz_deleted wanted);
void kz_whole_free(struct kz_whole *whole);

/* Begins an event that the viewer may see, where a value is due in `w`, and
 * writes its first piece. KZ_OK: go on with kz_whole_next; KZ_END: that was
 * all of it; KZ_NOT_FOUND: it has been removed, nothing is written. */
KZ_MUST_USE kz_rc kz_whole_begin(struct kz_whole *whole, uint64_t event,
                                 struct kz_jsonw *w, struct kz_err *err);
/* The next piece, some 64 KB: KZ_OK or KZ_END as above. */
KZ_MUST_USE kz_rc kz_whole_next(struct kz_whole *whole, struct kz_jsonw *w,
                                struct kz_err *err);

#endif
