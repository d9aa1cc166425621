#include "work/move_names.h"

#include <stdlib.h>

enum { NAMES_MAX = 16 << 20 };
#define NAMES_BYTES ((size_t)1 << 30)

kz_rc kz_move_names_init(struct kz_move_names *names) {
  *names = (struct kz_move_names){
      .arena = kz_arena_new(NAMES_BYTES),
      .orgs = kz_intmap_new(NAMES_MAX),
      .tags = kz_intmap_new(NAMES_MAX),
      .users = kz_intmap_new(NAMES_MAX),
      .groups = kz_intmap_new(NAMES_MAX),
  };
  return names->arena && names->orgs && names->tags && names->users &&
                 names->groups
             ? KZ_OK
             : KZ_E_MEMORY;
}

void kz_move_names_done(struct kz_move_names *names) {
  kz_intmap_free(names->orgs);
  kz_intmap_free(names->tags);
  kz_intmap_free(names->users);
  kz_intmap_free(names->groups);
  kz_arena_free(names->arena);
  free(names->org_items);
  free(names->texts);
}

kz_rc kz_move_names_add_org(struct kz_move_names *names, uint64_t number,
                            const struct kz_move_org *org) {
  if (names->org_count == names->org_room) {
    size_t room = names->org_room ? names->org_room * 2 : 64;
    struct kz_move_org *items =
        reallocarray(names->org_items, room, sizeof *items);
    if (!items) {
      return KZ_E_MEMORY;
    }
    names->org_items = items;
    names->org_room = room;
  }
  struct kz_move_org own = *org;
  kz_rc rc = kz_arena_dup(names->arena, org->json, &own.json);
  if (rc == KZ_OK) {
    rc = kz_intmap_put(names->orgs, number, names->org_count);
  }
  if (rc == KZ_OK) {
    names->org_items[names->org_count++] = own;
  }
  return rc;
}

kz_rc kz_move_names_add_text(struct kz_move_names *names, struct kz_intmap *map,
                             uint64_t number, kz_str text) {
  if (names->text_count == names->text_room) {
    size_t room = names->text_room ? names->text_room * 2 : 1024;
    kz_str *texts = reallocarray(names->texts, room, sizeof *texts);
    if (!texts) {
      return KZ_E_MEMORY;
    }
    names->texts = texts;
    names->text_room = room;
  }
  kz_str own = KZ_STR_NONE;
  kz_rc rc = kz_arena_dup(names->arena, text, &own);
  if (rc == KZ_OK) {
    rc = kz_intmap_put(map, number, names->text_count);
  }
  if (rc == KZ_OK) {
    names->texts[names->text_count++] = own;
  }
  return rc;
}

const struct kz_move_org *kz_move_names_org(const struct kz_move_names *names,
                                            uint64_t number) {
  uint64_t at = 0;
  return kz_intmap_get(names->orgs, number, &at) ? &names->org_items[at] : NULL;
}

kz_str kz_move_names_text(const struct kz_move_names *names,
                          const struct kz_intmap *map, uint64_t number) {
  uint64_t at = 0;
  return kz_intmap_get(map, number, &at) ? names->texts[at] : KZ_STR_NONE;
}

uint64_t kz_move_names_group(const struct kz_move_names *names,
                             uint64_t number) {
  uint64_t id = 0;
  return kz_intmap_get(names->groups, number, &id) ? id : 0;
}
