#include "work/eyes.h"

#include "work/delegations.h"
#include "work/groups.h"
#include "work/settings.h"

enum { EVERYBODYS_SIGHTINGS = 2 /* of Sightings_policy */ };

kz_rc kz_eyes_open(const struct kz_eyes *eyes, struct kz_arena *arena,
                   struct kz_viewer *viewer) {
  viewer->published_only =
      kz_settings_flag(eyes->settings, KZ_SETTING_unpublishedprivate);
  viewer->sees_sightings =
      kz_settings_number(eyes->settings, KZ_SETTING_sightings_policy) ==
      EVERYBODYS_SIGHTINGS;
  kz_rc rc = kz_groups_of(eyes->groups, viewer->org, arena, &viewer->groups,
                          &viewer->group_count);
  return rc == KZ_OK ? kz_delegations_of(eyes->delegations, viewer->org, arena,
                                         &viewer->events, &viewer->event_count)
                     : rc;
}

uint64_t kz_eyes_version(const struct kz_eyes *eyes) {
  enum { POLICIES = 4 };
  uint64_t policy =
      (uint64_t)kz_settings_number(eyes->settings, KZ_SETTING_sightings_policy);
  return (kz_groups_version(eyes->groups) * POLICIES + policy) * 2 +
         kz_settings_flag(eyes->settings, KZ_SETTING_unpublishedprivate);
}
