/* Custom clusters that another server sends: taken in when they are new or
 * newer, with the galaxy they are of and their relations. Any thread. */
#ifndef KZ_WORK_CLUSTER_RECEIVE_H
#define KZ_WORK_CLUSTER_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "work/house.h"

/* Who receives. */
struct kz_cluster_receiver {
  struct kz_house *house;
  uint32_t org;        /* whose they are here */
  bool is_pulled;      /* 2 becomes 1 and 1 becomes 0: the hop is ours to make;
                          who pushes has made it */
  bool may_add_groups; /* sharing groups that are new here */
};

/* Takes in MISP's {"GalaxyCluster":{...}} or what is in it: "Galaxy", "Orgc",
 * "GalaxyElement", "GalaxyClusterRelation" beside its own members. A galaxy
 * that is not known is added. KZ_OK: it is in. KZ_UNCHANGED: it is default, not
 * newer than what is here, or made here. KZ_E_INPUT with words. */
KZ_MUST_USE kz_rc kz_cluster_receive(const struct kz_cluster_receiver *receiver,
                                     const struct kz_jsonv *sent,
                                     struct kz_arena *arena,
                                     struct kz_err *err);

#endif
