/* Other servers that this one exchanges events with: what is known of each. */
#ifndef KZ_WORK_PEERS_H
#define KZ_WORK_PEERS_H

#include "work/form.h"

/* The form of a server; its name is the shelf's. */
extern const struct kz_form kz_peer_form;

/* Whether `url` is http:// or https:// with a host, without user or space. */
bool kz_peer_is_url(kz_str url);

#endif
