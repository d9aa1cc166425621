/* Telling others: the ZeroMQ publisher by hand, and notices of what MISP's API
 * changes. */
#ifndef KZ_API_MISP_HOOK_H
#define KZ_API_MISP_HOOK_H

#include "api/misp_call.h"
#include "work/notice.h"

kz_misp_action kz_misp_event_push_zmq;
kz_misp_action kz_misp_zmq_status;
kz_misp_action kz_misp_zmq_switch; /* startZeroMQServer, stopZeroMQServer */

/* Tells the hooks; `id` is the thing's. */
void kz_misp_tell(struct kz_misp_call *call, enum kz_notice_kind kind,
                  enum kz_notice_action action, uint64_t event, uint64_t id);

#endif
