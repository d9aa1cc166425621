#include "api/misp_reach.h"

bool kz_misp_may_reach(const struct kz_user *who, const struct kz_user *user) {
  return kz_misp_is_admin(who) || who->id == user->id ||
         (kz_user_may(who, KZ_PERM_ADMIN) && who->org.id == user->org.id);
}

kz_rc kz_misp_reach_user(struct kz_misp_call *call, kz_str ref,
                         const struct kz_user **ret) {
  const struct kz_user *who = call->eye.user;
  struct kz_people *people = call->eye.house->people;
  const struct kz_user *user = NULL;
  uint64_t id = 0;
  kz_rc rc = KZ_OK;
  if (kz_str_eq(ref, KZ_STR("me")) || ref.len == 0) {
    *ret = kz_user_ref(who);
    return KZ_OK;
  }
  rc = kz_shelf_by_ref(kz_people_shelf(people), ref, &id);
  if (rc == KZ_OK) {
    rc = kz_people_get(people, id, &user);
  } else if (kz_str_find_byte(ref, '@') != SIZE_MAX) {
    rc = kz_people_find(people, ref, &user);
  }
  if (rc == KZ_OK && !kz_misp_may_reach(who, user)) {
    kz_user_unref(user);
    rc = KZ_NOT_FOUND;
  }
  if (rc == KZ_OK) {
    *ret = user;
  }
  return rc;
}
