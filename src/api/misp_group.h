/* sharingGroups/..., and the group of an event in its answer. */
#ifndef KZ_API_MISP_GROUP_H
#define KZ_API_MISP_GROUP_H

#include "api/misp_call.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "model/event.h"

kz_misp_action kz_misp_group_index;
kz_misp_action kz_misp_group_view;
kz_misp_action kz_misp_group_add;
kz_misp_action kz_misp_group_edit;
kz_misp_action kz_misp_group_delete;
kz_misp_action kz_misp_group_add_org;
kz_misp_action kz_misp_group_remove_org;
kz_misp_action kz_misp_group_add_server;
kz_misp_action kz_misp_group_remove_server;

/* Whether what was sent may come in: the sharing groups it names are there and
 * the caller's to use (KZ_E_DENIED with MISP's words), and a new event is not
 * on a blocklist. Numbers of groups are ours then. */
KZ_MUST_USE kz_rc kz_misp_admit_event(const struct kz_misp_call *call,
                                      struct kz_event *event, bool is_partial,
                                      struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_admit_attributes(const struct kz_misp_call *call,
                                           struct kz_attribute *attributes,
                                           size_t count, bool is_partial,
                                           struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_admit_object(const struct kz_misp_call *call,
                                       struct kz_object *object,
                                       bool is_partial, struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_admit_report(const struct kz_misp_call *call,
                                       struct kz_report *report,
                                       bool is_partial, struct kz_err *err);

/* The member "SharingGroup" of an event's answer, where a member is due; none
 * when there is no such group. */
void kz_misp_write_group_member(struct kz_jsonw *w,
                                const struct kz_misp_eye *eye, uint64_t group,
                                struct kz_arena *arena);

#endif
