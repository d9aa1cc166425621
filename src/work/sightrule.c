#include "work/sightrule.h"

#include "store/store.h"
#include "work/settings.h"

enum { WALK_BYTES = 1 << 30 };

enum { POLICY_OWN, POLICY_SIGHTED, POLICY_ALL, POLICY_HOST };

struct look {
  uint32_t org;
  bool found;
};

static kz_rc visit(void *ctx, const struct kz_attribute *a,
                   struct kz_err *err) {
  (void)err;
  struct look *look = ctx;
  for (size_t i = 0; i < a->sighting_count && !look->found; i++) {
    look->found = a->sightings[i].org.id == look->org;
  }
  return look->found ? KZ_UNCHANGED : KZ_OK;
}

/* Whether the organisation has sighted something in the event. */
static kz_rc has_sighted(const struct kz_sightrule_eye *eye, uint64_t event,
                         uint32_t org, bool *ret, struct kz_err *err) {
  KZ_ARENA(walk, WALK_BYTES);
  struct look look = {.org = org};
  if (!walk) {
    return kz_err_set(err, KZ_E_MEMORY, "sightings: out of memory");
  }
  struct kz_reading r = kz_store_reading(eye->house->store, eye->view, walk);
  kz_rc rc = kz_read_attributes(
      &r, event, (struct kz_read_options){.with_sightings = true}, visit, &look,
      err);
  *ret = look.found;
  return rc < 0 ? rc : KZ_OK;
}

kz_rc kz_sightrule_make(const struct kz_sightrule_eye *eye, uint64_t event,
                        struct kz_sightrule *ret, struct kz_err *err) {
  const struct kz_viewer *viewer = eye->viewer;
  const struct kz_settings *settings = eye->house->settings;
  struct kz_event_entry entry = {.org = 0};
  int64_t policy = kz_settings_number(settings, KZ_SETTING_sightings_policy);
  *ret =
      (struct kz_sightrule){.sees_all = viewer->sees_all, .own = viewer->org};
  if (kz_events_get(eye->view->events, event, &entry) == KZ_OK) {
    ret->sees_all = ret->sees_all || entry.org == viewer->org;
  }
  if (ret->sees_all || policy == POLICY_OWN) {
    return KZ_OK;
  }
  if (policy == POLICY_SIGHTED) {
    return has_sighted(eye, event, viewer->org, &ret->sees_all, err);
  }
  if (policy == POLICY_HOST) {
    ret->host = (uint32_t)kz_settings_number(settings, KZ_SETTING_host_org_id);
  }
  ret->sees_all = policy == POLICY_ALL;
  return KZ_OK;
}
