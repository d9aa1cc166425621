/* What the members of an organisation see beyond what is for everybody: sharing
 * groups they are in, events they are asked to take over; and what they do not
 * see where the server's settings say so. */
#ifndef KZ_WORK_EYES_H
#define KZ_WORK_EYES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/rc.h"
#include "model/viewer.h"

struct kz_delegations;
struct kz_groups;
struct kz_settings;

struct kz_eyes {
  struct kz_groups *groups;
  struct kz_delegations *delegations;
  const struct kz_settings *settings;
};

/* Completes a viewer whose `org` is set; its lists live in `arena`.
 * KZ_E_MEMORY. Any thread. */
KZ_MUST_USE kz_rc kz_eyes_open(const struct kz_eyes *eyes,
                               struct kz_arena *arena,
                               struct kz_viewer *viewer);

/* Another number after something changed that viewers are made of. */
uint64_t kz_eyes_version(const struct kz_eyes *eyes);

#endif
