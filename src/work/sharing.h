/* What comes in with distribution 4 names a sharing group: by a number of ours,
 * or by the group itself ("SharingGroup" with a uuid), which is how other
 * servers say it. Here that becomes a number of ours which the sender may use.
 */
#ifndef KZ_WORK_SHARING_H
#define KZ_WORK_SHARING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "work/groups.h"

struct kz_sharing {
  struct kz_groups *groups;
  uint32_t org;    /* of the sender; 0: the machine's owner */
  bool sees_all;   /* may use all groups */
  bool may_add;    /* groups that are sent and not known are made */
  bool is_foreign; /* numbers are another server's: they mean nothing */
  bool is_partial; /* an edit: what is not given stays */
  struct kz_arena *arena;
};

/* Settles the thing and all that lies in it: sharing_group_id is a number of
 * ours or 0, and "SharingGroup" is no member any more. KZ_E_DENIED with MISP's
 * words for a group that is not there or not for the sender; for what is
 * foreign the thing is its owner's alone instead. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_sharing_event(const struct kz_sharing *sharing,
                                   struct kz_event *event, struct kz_err *err);
KZ_MUST_USE kz_rc kz_sharing_attributes(const struct kz_sharing *sharing,
                                        struct kz_attribute *attributes,
                                        size_t count, struct kz_err *err);
KZ_MUST_USE kz_rc kz_sharing_object(const struct kz_sharing *sharing,
                                    struct kz_object *object,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_sharing_report(const struct kz_sharing *sharing,
                                    struct kz_report *report,
                                    struct kz_err *err);

#endif
