#include "work/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct kz_blocks {
  struct kz_shelf *shelves[2];
};

static const struct kz_shelf_shape shapes[2] = {
    {.kind = KZ_SHELF_EVENT_BLOCK, .noun = "blocked event"},
    {.kind = KZ_SHELF_ORG_BLOCK, .noun = "blocked organisation"},
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "blocklist: out of memory");
}

kz_rc kz_blocks_open(struct kz_store *store, struct kz_blocks **ret_blocks,
                     struct kz_err *err) {
  struct kz_blocks *blocks = calloc(1, sizeof *blocks);
  kz_rc rc = blocks ? KZ_OK : no_memory(err);
  for (int i = 0; rc == KZ_OK && i < 2; i++) {
    rc = kz_shelf_open(store, &shapes[i], &blocks->shelves[i], err);
  }
  if (rc != KZ_OK) {
    kz_blocks_close(blocks);
    return rc;
  }
  *ret_blocks = blocks;
  return KZ_OK;
}

void kz_blocks_close(struct kz_blocks *blocks) {
  if (blocks) {
    kz_shelf_close(blocks->shelves[KZ_BLOCK_EVENT]);
    kz_shelf_close(blocks->shelves[KZ_BLOCK_ORG]);
    free(blocks);
  }
}

struct kz_shelf *kz_blocks_shelf(struct kz_blocks *blocks,
                                 enum kz_block which) {
  return blocks->shelves[which];
}

static kz_str now_text(struct kz_arena *arena) {
  char text[KZ_TIME_TEXT];
  kz_str now;
  return kz_arena_dup(arena, kz_clock_format_sql(kz_clock_now_us(), text),
                      &now) == KZ_OK
             ? now
             : KZ_STR("");
}

static bool take_texts(struct kz_jsonv *to, const struct kz_jsonv *about,
                       struct kz_arena *arena) {
  static const char *const names[] = {"comment", "event_info", "event_orgc",
                                      "org_name"};
  bool done = true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    kz_str name = kz_str_of(names[i]);
    kz_str text = kz_jsonv_text(about, name);
    done = done && (!text.ptr || kz_jsonv_set_str(to, name, text, arena));
  }
  return done;
}

kz_rc kz_blocks_put(struct kz_blocks *blocks, enum kz_block which,
                    const struct kz_uuid *uuid, const struct kz_jsonv *about,
                    struct kz_arena *arena, struct kz_err *err) {
  struct kz_shelf *shelf = blocks->shelves[which];
  struct kz_jsonv *document = NULL;
  char text[KZ_UUID_TEXT];
  kz_str kept = KZ_STR_NONE;
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_uuid(shelf, uuid, &id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, id, arena, &document, err);
  } else {
    document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    rc = document &&
                 kz_arena_dup(arena, kz_uuid_format(uuid, text), &kept) ==
                     KZ_OK &&
                 kz_jsonv_set_str(document, KZ_STR("uuid"), kept, arena) &&
                 kz_jsonv_set_str(document, KZ_STR("created"), now_text(arena),
                                  arena)
             ? KZ_OK
             : no_memory(err);
  }
  if (rc == KZ_OK && about && !take_texts(document, about, arena)) {
    rc = no_memory(err);
  }
  return rc == KZ_OK ? kz_shelf_put(shelf, &id, document, arena, err) : rc;
}

kz_rc kz_blocks_check(struct kz_blocks *blocks, const struct kz_uuid *event,
                      const struct kz_org *creator, struct kz_err *err) {
  uint64_t id = 0;
  if (!kz_uuid_is_nil(event) &&
      kz_shelf_by_uuid(blocks->shelves[KZ_BLOCK_EVENT], event, &id) == KZ_OK) {
    return kz_err_set(err, KZ_E_DENIED, "Event blocked by event blocklist.");
  }
  if (creator->has_uuid && kz_shelf_by_uuid(blocks->shelves[KZ_BLOCK_ORG],
                                            &creator->uuid, &id) == KZ_OK) {
    return kz_err_set(err, KZ_E_DENIED,
                      "Event blocked by organisation blocklist.");
  }
  return KZ_OK;
}
