/* What the server does on its own: runs errands and asks for those that are
 * due. A command over the store starts none of it. */
#ifndef KZ_WORK_BACKGROUND_H
#define KZ_WORK_BACKGROUND_H

#include "base/err.h"
#include "base/rc.h"
#include "work/house.h"

struct kz_background;

KZ_MUST_USE kz_rc kz_background_start(struct kz_house *house,
                                      struct kz_background **ret_background,
                                      struct kz_err *err);
/* Asks all to stop and waits. Before the house is closed. NULL is fine. */
void kz_background_stop(struct kz_background *background);

#endif
