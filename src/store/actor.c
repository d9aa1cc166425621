#include "store/actor.h"

#include <string.h>

static _Thread_local struct kz_actor acting;

struct kz_actor kz_actor_of(uint64_t user, uint32_t org, uint64_t key,
                            kz_str address) {
  struct kz_actor actor = {.user = user, .org = org, .key = key};
  size_t len = address.len < KZ_ACTOR_ADDRESS ? address.len : 0;
  if (len > 0) {
    memcpy(actor.address, address.ptr, len);
  }
  return actor;
}

void kz_actor_set(const struct kz_actor *actor) {
  acting = actor ? *actor : (struct kz_actor){.user = 0};
}

struct kz_actor kz_actor_now(void) {
  return acting;
}
