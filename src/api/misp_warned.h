/* Warninglists where events are read and written: members "warnings" of what is
 * answered, and attributes that are refused because they were sent with
 * enforceWarninglist. */
#ifndef KZ_API_MISP_WARNED_H
#define KZ_API_MISP_WARNED_H

#include "api/misp_body.h"
#include "api/misp_call.h"
#include "model/event.h"
#include "work/warninglist.h"

/* Adds to the attribute its member "warnings": which lists know its value and
 * by which entry; nothing when none does. */
void kz_misp_warn_attribute(struct kz_warn_eye *eye,
                            struct kz_attribute *attribute,
                            struct kz_arena *arena);

/* Adds to the event its member "warnings": {list: name} of all its attributes,
 * inside and outside objects. */
void kz_misp_warn_event(struct kz_warn_eye *eye, struct kz_event *event,
                        struct kz_arena *arena);

/* Takes out those that were sent with "enforceWarninglist" and that a list of
 * false positives knows, with a word in `body` (NULL: without), and the order
 * from the others. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_enforce_warnings(struct kz_misp_call *call,
                                           struct kz_attribute *attributes,
                                           size_t *count,
                                           struct kz_misp_body *body,
                                           struct kz_err *err);
/* The same for all attributes of an event. */
KZ_MUST_USE kz_rc kz_misp_enforce_warnings_in(struct kz_misp_call *call,
                                              struct kz_event *event,
                                              struct kz_err *err);

#endif
