/* What a MISP database refers to by number: its organisations, users, tags and
 * sharing groups, and what they are here. Inside work/, for moving in. One
 * thread at a time. */
#ifndef KZ_WORK_MOVE_NAMES_H
#define KZ_WORK_MOVE_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_move_org {
  uint32_t id; /* here */
  kz_str json; /* {"uuid":...,"name":...} */
};

struct kz_move_names {
  struct kz_arena *arena;
  struct kz_intmap *orgs; /* MISP's number -> number of what follows */
  struct kz_intmap *tags;
  struct kz_intmap *users;
  struct kz_intmap *groups; /* -> our number */
  struct kz_move_org *org_items;
  size_t org_count;
  size_t org_room;
  kz_str *texts; /* of tags: members with the name first; users: the e-mail
                    address as JSON */
  size_t text_count;
  size_t text_room;
};

KZ_MUST_USE kz_rc kz_move_names_init(struct kz_move_names *names);
void kz_move_names_done(struct kz_move_names *names);

KZ_MUST_USE kz_rc kz_move_names_add_org(struct kz_move_names *names,
                                        uint64_t number,
                                        const struct kz_move_org *org);
/* A text (copied) for a number of `map`, which is tags or users. */
KZ_MUST_USE kz_rc kz_move_names_add_text(struct kz_move_names *names,
                                         struct kz_intmap *map, uint64_t number,
                                         kz_str text);

/* NULL, KZ_STR_NONE, 0: not known. */
const struct kz_move_org *kz_move_names_org(const struct kz_move_names *names,
                                            uint64_t number);
kz_str kz_move_names_text(const struct kz_move_names *names,
                          const struct kz_intmap *map, uint64_t number);
uint64_t kz_move_names_group(const struct kz_move_names *names,
                             uint64_t number);

#endif
