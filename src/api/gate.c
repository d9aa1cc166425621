#include "api/gate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/limit.h"
#include "store/actor.h"

enum { ADDRESSES = 4096 /* that are remembered for wrong keys */ };

struct kz_gate {
  struct kz_people *people;
  struct kz_limit *limit;
};

kz_rc kz_gate_new(struct kz_people *people, struct kz_gate **ret_gate,
                  struct kz_err *err) {
  const struct kz_limit_config config = {
      .buckets = ADDRESSES,
      .burst = KZ_GATE_TRIES,
      .refill_us = KZ_GATE_REFILL_S * KZ_SECOND_US,
  };
  struct kz_gate *gate = calloc(1, sizeof *gate);
  if (!gate) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  gate->people = people;
  kz_rc rc = kz_limit_new(&config, &gate->limit, err);
  if (rc != KZ_OK) {
    kz_gate_free(gate);
    return rc;
  }
  *ret_gate = gate;
  return KZ_OK;
}

void kz_gate_free(struct kz_gate *gate) {
  if (gate) {
    kz_limit_free(gate->limit);
    free(gate);
  }
}

static kz_str key_of(const struct kz_request *request) {
  static const char bearer[] = "bearer ";
  kz_str key = kz_request_header(request, KZ_STR("Authorization"));
  if (key.len == 0) {
    key = kz_request_header(request, KZ_STR("X-MISP-AUTH"));
  }
  key = kz_str_trim(key);
  if (kz_str_eq_nocase(kz_str_head(key, sizeof bearer - 1),
                       kz_str_of(bearer))) {
    key = kz_str_trim(kz_str_from(key, sizeof bearer - 1));
  }
  return key;
}

static void act_for(const struct kz_user *user, uint64_t key, kz_str peer) {
  const struct kz_actor actor = kz_actor_of(user->id, user->org.id, key, peer);
  kz_actor_set(&actor);
}

kz_rc kz_gate_check(struct kz_gate *gate, const struct kz_request *request,
                    const struct kz_user **ret_user, int64_t *ret_wait_us) {
  char address[INET6_ADDRSTRLEN];
  uint64_t key = 0;
  if (request->is_local) {
    *ret_user = kz_people_owner(gate->people);
    act_for(*ret_user, 0, KZ_STR_NONE);
    return KZ_OK;
  }
  kz_str name = kz_limit_name(request->peer, address);
  int64_t now = kz_clock_monotonic_us();
  int64_t wait = kz_limit_wait(gate->limit, name, now);
  if (wait > 0) {
    *ret_wait_us = wait;
    return KZ_E_BUSY;
  }
  kz_rc rc = kz_people_check(gate->people, key_of(request), request->peer,
                             ret_user, &key);
  if (rc != KZ_OK) {
    (void)kz_limit_take(gate->limit, name, now);
  } else {
    act_for(*ret_user, key, request->peer);
  }
  return rc;
}
