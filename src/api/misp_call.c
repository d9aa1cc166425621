#include "api/misp_call.h"

#include "store/store.h"

/* MISP's default roles by their ids. */
enum {
  ROLE_ADMIN = 1,
  ROLE_ORG_ADMIN = 2,
  ROLE_PUBLISHER = 4,
  ROLE_SYNC = 5,
  ROLE_READ_ONLY = 6,
};

struct kz_reading kz_misp_reading(const struct kz_misp_eye *eye,
                                  struct kz_arena *arena) {
  return kz_store_reading(eye->house->store, eye->view, arena);
}

void kz_misp_renew(struct kz_misp_call *call) {
  kz_view_unref(call->eye.view);
  call->eye.view = kz_store_view(call->eye.house->store);
}

bool kz_misp_is_admin(const struct kz_user *user) {
  return user->role == ROLE_ADMIN;
}

bool kz_misp_may_write(const struct kz_user *user) {
  return user->role >= ROLE_ADMIN && user->role < ROLE_READ_ONLY;
}

bool kz_misp_may_publish(const struct kz_user *user) {
  return user->role == ROLE_ADMIN || user->role == ROLE_ORG_ADMIN ||
         user->role == ROLE_PUBLISHER || user->role == ROLE_SYNC;
}

bool kz_misp_may_edit_tags(const struct kz_user *user) {
  return user->role == ROLE_ADMIN || user->role == ROLE_ORG_ADMIN ||
         user->role == ROLE_SYNC;
}
