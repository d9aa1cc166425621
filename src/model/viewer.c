/* MISP's visibility rules, where nothing is known of servers: "this community"
 * and wider are all the viewers of this store. */
#include "model/viewer.h"

#include "model/event.h"

/* Whether an ascending list has the number. */
static bool has(const uint64_t *list, size_t count, uint64_t number) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list[middle] == number) {
      return true;
    }
    if (list[middle] < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

static bool owns(const struct kz_viewer *viewer, uint32_t owner) {
  return viewer->sees_all || (viewer->org != 0 && viewer->org == owner);
}

bool kz_viewer_sees_deleted(const struct kz_viewer *viewer,
                            uint32_t event_owner) {
  return viewer->sees_deleted || owns(viewer, event_owner);
}

bool kz_viewer_is_shown(const struct kz_viewer *viewer, uint64_t event) {
  return has(viewer->events, viewer->event_count, event);
}

bool kz_viewer_sees_unpublished(const struct kz_viewer *viewer,
                                uint32_t owner) {
  return !viewer->published_only || owns(viewer, owner);
}

bool kz_viewer_sees_event(const struct kz_viewer *viewer, uint32_t owner,
                          uint8_t distribution, uint64_t sharing_group) {
  if (owns(viewer, owner)) {
    return true;
  }
  if (distribution == KZ_DIST_GROUP) {
    return has(viewer->groups, viewer->group_count, sharing_group);
  }
  return distribution >= KZ_DIST_COMMUNITY && distribution <= KZ_DIST_ALL;
}

bool kz_viewer_sees_child(const struct kz_viewer *viewer, uint32_t event_owner,
                          uint8_t distribution, uint64_t sharing_group) {
  return distribution == KZ_DIST_INHERIT ||
         kz_viewer_sees_event(viewer, event_owner, distribution, sharing_group);
}
