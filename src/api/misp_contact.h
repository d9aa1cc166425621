/* events/contact: a word to who made an event. */
#ifndef KZ_API_MISP_CONTACT_H
#define KZ_API_MISP_CONTACT_H

#include "api/misp_call.h"

/* Takes {"message"}. As long as the server sends no mail, the request stands in
 * its log, without the message. */
kz_misp_action kz_misp_event_contact;

#endif
