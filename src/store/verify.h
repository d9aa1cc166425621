/* Verifying a store: every record and everything derived from records, checked
 * against each other. */
#ifndef KZ_STORE_VERIFY_H
#define KZ_STORE_VERIFY_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/store.h"
#include "store/verify_event.h"

/* Checks while others work. `on_event` (may be NULL) is called now and then
 * with how many events are done. KZ_OK when the check could be made, whatever
 * it found. */
KZ_MUST_USE kz_rc kz_verify(struct kz_store *store,
                            void (*on_event)(void *ctx, uint64_t done,
                                             uint64_t total),
                            void *ctx, struct kz_verify_report *ret_report,
                            struct kz_err *err);

#endif
