/* Who acts: for whom a thread changes the store.
 *
 * Set once where a request or job begins and taken along with each change by
 * the writer, into the audit log. It belongs to the thread, not to the calls
 * between: of all places that change something none can forget to pass it on.
 * A thread that has none acts for the program itself. */
#ifndef KZ_STORE_ACTOR_H
#define KZ_STORE_ACTOR_H

#include <stdint.h>

#include "base/str.h"

enum { KZ_ACTOR_ADDRESS = 46 /* bytes: the longest address and the NUL */ };

struct kz_actor {
  uint64_t user; /* 0: the program itself */
  uint64_t key;  /* API key; 0: none */
  uint32_t org;
  char address[KZ_ACTOR_ADDRESS]; /* of the client; "" for none */
};

struct kz_actor kz_actor_of(uint64_t user, uint32_t org, uint64_t key,
                            kz_str address);

/* From now on this thread acts for him; NULL: for the program itself. */
void kz_actor_set(const struct kz_actor *actor);
struct kz_actor kz_actor_now(void);

#endif
