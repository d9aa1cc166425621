/* A ZeroMQ publisher: whoever subscribes gets what is sent from then on, and
 * nobody who does not listen holds up the sender. The one file that knows
 * libzmq. One thread at a time. */
#ifndef KZ_NET_PUBLISHER_H
#define KZ_NET_PUBLISHER_H

#include <stddef.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_publisher;

/* Without an address yet. NULL when out of memory. */
struct kz_publisher *kz_publisher_new(void);
void kz_publisher_free(struct kz_publisher *publisher); /* NULL is fine */

/* Listens on one more address, "tcp://127.0.0.1:50000" or "ipc:///path".
 * KZ_E_IO with words: it is in use, or no address of this machine. */
KZ_MUST_USE kz_rc kz_publisher_listen(struct kz_publisher *publisher,
                                      const char *address, struct kz_err *err);

/* Sends "topic body" in one frame, as MISP does. Subscribers that are slower
 * than 10,000 messages lose the rest. */
KZ_MUST_USE kz_rc kz_publisher_send(struct kz_publisher *publisher,
                                    const char *topic, kz_str body,
                                    struct kz_err *err);

#endif
