/* Cards lie in an array in the order of ids, with tables from uuid, name and
 * parent to the card that was put last; those of one name or parent hang
 * together in a chain. A removed document leaves its card with id 0 behind, and
 * so does a change of name in the table of names: both are gone at the next
 * start. */
#include "work/shelf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum {
  DOCUMENT_BYTES = 256 << 20,
  CARDS_MAX = 1 << 24,
  NAMES_BYTES = 1 << 30,
  ARENA_BYTES = 1 << 30,
};

/* The neighbours of a card among those of one name or parent, by id; 0: none.
 */
struct link {
  uint64_t before; /* put earlier */
  uint64_t after;
};

struct slot {
  struct kz_card card; /* id 0: removed, then `parent` is what it was */
  struct link named;
  struct link child;
};

struct kz_shelf {
  struct kz_store *store;
  const struct kz_shelf_shape *shape;
  pthread_rwlock_t lock; /* guards all below */
  struct slot *slots;    /* by id */
  size_t count;
  size_t room;
  size_t living;
  uint64_t next_id;
  struct kz_strmap *by_uuid; /* 16 bytes -> id; 0: none any more */
  struct kz_strmap *by_name; /* the last of the chain */
  struct kz_strmap *by_parent;
  struct kz_arena *names;
};

static kz_rc no_memory(const struct kz_shelf *shelf, struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", shelf->shape->noun);
}

/* The place of an id in the array, or where it would go. */
static size_t place_of(const struct slot *slots, size_t count, uint64_t id) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct kz_card *card = &slots[middle].card;
    if (card->id != 0 ? card->id < id : card->parent < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static struct slot *find_slot(const struct kz_shelf *shelf, uint64_t id) {
  size_t at = place_of(shelf->slots, shelf->count, id);
  return id != 0 && at < shelf->count && shelf->slots[at].card.id == id
             ? &shelf->slots[at]
             : NULL;
}

static kz_str uuid_text(const struct kz_uuid *uuid) {
  return (kz_str){(const char *)uuid, sizeof *uuid};
}

static kz_str number_text(const uint64_t *number) {
  return (kz_str){(const char *)number, sizeof *number};
}

/* Sets what a key leads to, if it is there, which cannot fail. */
static void redirect(struct kz_strmap *map, kz_str key, uint64_t id) {
  size_t index = 0;
  uint64_t known = 0;
  if (kz_strmap_get(map, key, &known) &&
      kz_strmap_add(map, key, 0, &index) == KZ_UNCHANGED) {
    kz_strmap_set(map, index, id);
  }
}

static struct link *link_of(struct slot *slot, const struct kz_shelf *shelf,
                            const struct kz_strmap *map) {
  return map == shelf->by_name ? &slot->named : &slot->child;
}

/* Hangs the card at the end of its key's chain. */
static kz_rc hang(struct kz_shelf *shelf, struct kz_strmap *map, kz_str key,
                  struct slot *slot) {
  uint64_t last = 0;
  bool is_known = kz_strmap_get(map, key, &last);
  struct slot *before = is_known ? find_slot(shelf, last) : NULL;
  kz_rc rc = kz_strmap_put(map, key, slot->card.id);
  if (rc == KZ_OK) {
    *link_of(slot, shelf, map) = (struct link){.before = before ? last : 0};
    if (before) {
      link_of(before, shelf, map)->after = slot->card.id;
    }
  }
  return rc;
}

static void unhang(struct kz_shelf *shelf, struct kz_strmap *map, kz_str key,
                   struct slot *slot) {
  struct link *link = link_of(slot, shelf, map);
  struct slot *before = find_slot(shelf, link->before);
  struct slot *after = find_slot(shelf, link->after);
  uint64_t last = 0;
  if (before) {
    link_of(before, shelf, map)->after = link->after;
  }
  if (after) {
    link_of(after, shelf, map)->before = link->before;
  } else if (kz_strmap_get(map, key, &last) && last == slot->card.id) {
    redirect(map, key, link->before);
  }
  *link = (struct link){0};
}

/* Leaves a removed card in its place: its id moves to `parent`, which keeps the
 * array in order. */
static void forget(struct kz_shelf *shelf, uint64_t id) {
  struct slot *slot = find_slot(shelf, id);
  uint64_t known = 0;
  if (!slot) {
    return;
  }
  kz_str uuid = uuid_text(&slot->card.uuid);
  if (kz_strmap_get(shelf->by_uuid, uuid, &known) && known == id) {
    redirect(shelf->by_uuid, uuid, 0);
  }
  if (slot->card.name.len > 0) {
    unhang(shelf, shelf->by_name, slot->card.name, slot);
  }
  if (slot->card.parent != 0) {
    unhang(shelf, shelf->by_parent, number_text(&slot->card.parent), slot);
  }
  slot->card = (struct kz_card){.id = 0, .parent = id};
  shelf->living--;
}

static kz_rc insert(struct kz_shelf *shelf, const struct kz_card *card,
                    struct slot **ret) {
  if (shelf->count == shelf->room) {
    size_t room = shelf->room ? shelf->room * 2 : 16;
    struct slot *grown = reallocarray(shelf->slots, room, sizeof *grown);
    if (!grown) {
      return KZ_E_MEMORY;
    }
    shelf->slots = grown;
    shelf->room = room;
  }
  size_t at = place_of(shelf->slots, shelf->count, card->id);
  if (at == shelf->count || shelf->slots[at].card.parent != card->id ||
      shelf->slots[at].card.id != 0) {
    memmove(shelf->slots + at + 1, shelf->slots + at,
            (shelf->count - at) * sizeof *shelf->slots);
    shelf->count++;
  }
  shelf->slots[at] = (struct slot){.card = *card};
  shelf->living++;
  *ret = &shelf->slots[at];
  return KZ_OK;
}

static struct kz_card card_of(const struct kz_shelf *shelf, uint64_t id,
                              const struct kz_jsonv *document) {
  const struct kz_shelf_shape *shape = shelf->shape;
  struct kz_card card = {.id = id};
  if (kz_uuid_parse(kz_jsonv_text(document, KZ_STR("uuid")), &card.uuid) !=
      KZ_OK) {
    card.uuid = (struct kz_uuid){{0}};
  }
  if (shape->name) {
    card.name = kz_jsonv_text(document, kz_str_of(shape->name));
  }
  if (shape->parent) {
    card.parent = kz_jsonv_u64(document, kz_str_of(shape->parent), 0);
  }
  return card;
}

/* Makes a card known; the lock is held for writing. */
static kz_rc learn(struct kz_shelf *shelf, struct kz_card card) {
  uint64_t id = card.id;
  struct slot *slot = find_slot(shelf, id);
  kz_rc rc = KZ_OK;
  if (slot && kz_str_eq(slot->card.name, card.name)) {
    card.name = slot->card.name;
  } else {
    rc = kz_arena_dup(shelf->names, card.name, &card.name);
  }
  forget(shelf, id);
  if (rc == KZ_OK && !kz_uuid_is_nil(&card.uuid)) {
    rc = kz_strmap_put(shelf->by_uuid, uuid_text(&card.uuid), id);
  }
  if (rc == KZ_OK) {
    rc = insert(shelf, &card, &slot);
  }
  if (rc == KZ_OK && card.name.len > 0) {
    rc = hang(shelf, shelf->by_name, card.name, slot);
  }
  if (rc == KZ_OK && card.parent != 0) {
    rc = hang(shelf, shelf->by_parent, number_text(&card.parent), slot);
  }
  shelf->next_id = id >= shelf->next_id ? id + 1 : shelf->next_id;
  return rc;
}

/* Takes one member of a document into the card; passes over all others. */
static kz_rc read_member(const struct kz_shelf_shape *shape,
                         struct kz_json *json, kz_str name,
                         struct kz_card *card) {
  struct kz_json_token value;
  bool is_uuid = kz_str_eq(name, KZ_STR("uuid"));
  bool is_name = shape->name && kz_str_eq(name, kz_str_of(shape->name));
  bool is_parent = shape->parent && kz_str_eq(name, kz_str_of(shape->parent));
  if (!is_uuid && !is_name && !is_parent) {
    return kz_json_skip(json, NULL);
  }
  kz_rc rc = kz_json_next(json, &value);
  if (rc != KZ_OK) {
    return rc;
  }
  if (value.kind != KZ_JSON_STRING && value.kind != KZ_JSON_NUMBER) {
    return kz_json_skip(json, &value);
  }
  if (is_uuid && kz_uuid_parse(value.text, &card->uuid) != KZ_OK) {
    card->uuid = (struct kz_uuid){{0}};
  }
  if (is_name) {
    card->name = value.text;
  }
  if (is_parent && kz_str_u64(value.text, &card->parent) != KZ_OK) {
    card->parent = 0;
  }
  return KZ_OK;
}

/* Reads the card off a document without building its tree: there are many at a
 * start, and most of their bytes are of no interest then. */
static kz_rc read_card(const struct kz_shelf_shape *shape, kz_str bytes,
                       struct kz_arena *arena, struct kz_card *card) {
  struct kz_json json;
  struct kz_json_token token;
  kz_json_init(&json, bytes, arena, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(&json, &token);
  if (rc != KZ_OK || token.kind != KZ_JSON_OBJECT) {
    return KZ_E_CORRUPT;
  }
  do {
    rc = kz_json_next(&json, &token);
    if (rc == KZ_OK && token.kind == KZ_JSON_KEY) {
      rc = read_member(shape, &json, token.text, card);
    }
  } while (rc == KZ_OK);
  return rc == KZ_END || rc == KZ_E_MEMORY ? rc : KZ_E_CORRUPT;
}

/* All documents at a start. */
struct opening {
  struct kz_shelf *shelf;
  struct kz_arena *arena; /* for one document */
};

static kz_rc take_document(void *ctx, uint64_t id, kz_str bytes,
                           struct kz_err *err) {
  const struct opening *o = ctx;
  struct kz_card card = {.id = id};
  kz_arena_reset(o->arena);
  kz_rc rc = read_card(o->shelf->shape, bytes, o->arena, &card);
  if (rc == KZ_END) {
    rc = learn(o->shelf, card);
  }
  return rc == KZ_OK
             ? rc
             : kz_err_set(err, rc, "%s %llu: damaged document",
                          o->shelf->shape->noun, (unsigned long long)id);
}

kz_rc kz_shelf_open(struct kz_store *store, const struct kz_shelf_shape *shape,
                    struct kz_shelf **ret_shelf, struct kz_err *err) {
  struct kz_shelf *shelf = calloc(1, sizeof *shelf);
  if (!shelf) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", shape->noun);
  }
  pthread_rwlock_init(&shelf->lock, NULL);
  shelf->store = store;
  shelf->shape = shape;
  shelf->next_id = 1;
  shelf->by_uuid = kz_strmap_new(CARDS_MAX, NAMES_BYTES);
  shelf->by_name = kz_strmap_new(CARDS_MAX, NAMES_BYTES);
  shelf->by_parent = kz_strmap_new(CARDS_MAX, NAMES_BYTES);
  shelf->names = kz_arena_new(NAMES_BYTES);
  KZ_ARENA(arena, ARENA_BYTES);
  struct opening opening = {.shelf = shelf, .arena = arena};
  bool good = arena && shelf->by_uuid && shelf->by_name && shelf->by_parent &&
              shelf->names;
  kz_rc rc = good ? kz_store_notes(store, (char)shape->kind, take_document,
                                   &opening, err)
                  : no_memory(shelf, err);
  if (rc != KZ_OK) {
    kz_shelf_close(shelf);
    return rc;
  }
  *ret_shelf = shelf;
  return KZ_OK;
}

void kz_shelf_close(struct kz_shelf *shelf) {
  if (shelf) {
    kz_strmap_free(shelf->by_uuid);
    kz_strmap_free(shelf->by_name);
    kz_strmap_free(shelf->by_parent);
    kz_arena_free(shelf->names);
    free(shelf->slots);
    pthread_rwlock_destroy(&shelf->lock);
    free(shelf);
  }
}

struct kz_store *kz_shelf_store(const struct kz_shelf *shelf) {
  return shelf->store;
}

size_t kz_shelf_count(struct kz_shelf *shelf) {
  pthread_rwlock_rdlock(&shelf->lock);
  size_t count = shelf->living;
  pthread_rwlock_unlock(&shelf->lock);
  return count;
}

kz_rc kz_shelf_get(struct kz_shelf *shelf, uint64_t id, struct kz_arena *arena,
                   struct kz_jsonv **ret_document, struct kz_err *err) {
  KZ_BUF(bytes, DOCUMENT_BYTES);
  kz_rc rc =
      kz_store_note(shelf->store, (char)shelf->shape->kind, id, &bytes, err);
  if (rc == KZ_OK) {
    rc = kz_jsonv_parse(kz_buf_str(&bytes), arena, ret_document, err);
  }
  return rc;
}

static kz_rc look_up(struct kz_shelf *shelf, const struct kz_strmap *map,
                     kz_str key, uint64_t *ret_id) {
  uint64_t id = 0;
  pthread_rwlock_rdlock(&shelf->lock);
  bool found = kz_strmap_get(map, key, &id) && id != 0;
  pthread_rwlock_unlock(&shelf->lock);
  if (!found) {
    return KZ_NOT_FOUND;
  }
  *ret_id = id;
  return KZ_OK;
}

kz_rc kz_shelf_by_uuid(struct kz_shelf *shelf, const struct kz_uuid *uuid,
                       uint64_t *ret_id) {
  return look_up(shelf, shelf->by_uuid, uuid_text(uuid), ret_id);
}

kz_rc kz_shelf_by_name(struct kz_shelf *shelf, kz_str name, uint64_t *ret_id) {
  return look_up(shelf, shelf->by_name, name, ret_id);
}

kz_rc kz_shelf_by_ref(struct kz_shelf *shelf, kz_str ref, uint64_t *ret_id) {
  struct kz_uuid uuid;
  uint64_t id = 0;
  if (kz_uuid_parse(ref, &uuid) == KZ_OK) {
    return kz_shelf_by_uuid(shelf, &uuid, ret_id);
  }
  if (kz_str_u64(ref, &id) != KZ_OK) {
    return KZ_NOT_FOUND;
  }
  pthread_rwlock_rdlock(&shelf->lock);
  bool found = find_slot(shelf, id) != NULL;
  pthread_rwlock_unlock(&shelf->lock);
  if (!found) {
    return KZ_NOT_FOUND;
  }
  *ret_id = id;
  return KZ_OK;
}

/* Cards on their way out. */
struct hand {
  struct kz_arena *arena;
  struct kz_card *cards;
  size_t count;
};

static kz_rc take(struct hand *hand, const struct kz_card *card) {
  struct kz_card *copy = &hand->cards[hand->count++];
  *copy = *card;
  return kz_arena_dup(hand->arena, card->name, &copy->name);
}

static int compare_cards(const void *a, const void *b) {
  uint64_t x = ((const struct kz_card *)a)->id;
  uint64_t y = ((const struct kz_card *)b)->id;
  return x < y ? -1 : x > y;
}

/* All of the chain that a key leads to; the lock is held. */
static kz_rc take_chain(struct kz_shelf *shelf, const struct kz_strmap *map,
                        kz_str key, struct hand *hand) {
  uint64_t last = 0;
  size_t count = 0;
  struct slot *slot =
      kz_strmap_get(map, key, &last) ? find_slot(shelf, last) : NULL;
  for (struct slot *at = slot; at; count++) {
    at = find_slot(shelf, link_of(at, shelf, map)->before);
  }
  hand->cards = kz_arena_array(hand->arena, count + 1, sizeof *hand->cards);
  kz_rc rc = hand->cards ? KZ_OK : KZ_E_MEMORY;
  while (rc == KZ_OK && slot) {
    rc = take(hand, &slot->card);
    slot = find_slot(shelf, link_of(slot, shelf, map)->before);
  }
  if (rc == KZ_OK) {
    qsort(hand->cards, hand->count, sizeof *hand->cards, compare_cards);
  }
  return rc;
}

static kz_rc take_all(struct kz_shelf *shelf, struct hand *hand) {
  hand->cards =
      kz_arena_array(hand->arena, shelf->living + 1, sizeof *hand->cards);
  kz_rc rc = hand->cards ? KZ_OK : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < shelf->count; i++) {
    if (shelf->slots[i].card.id != 0) {
      rc = take(hand, &shelf->slots[i].card);
    }
  }
  return rc;
}

kz_rc kz_shelf_cards(struct kz_shelf *shelf, uint64_t parent,
                     struct kz_arena *arena, struct kz_card **ret_cards,
                     size_t *ret_count) {
  struct hand hand = {.arena = arena};
  pthread_rwlock_rdlock(&shelf->lock);
  kz_rc rc = parent == 0 ? take_all(shelf, &hand)
                         : take_chain(shelf, shelf->by_parent,
                                      number_text(&parent), &hand);
  pthread_rwlock_unlock(&shelf->lock);
  if (rc == KZ_OK) {
    *ret_cards = hand.cards;
    *ret_count = hand.count;
  }
  return rc;
}

kz_rc kz_shelf_named(struct kz_shelf *shelf, kz_str name,
                     struct kz_arena *arena, struct kz_card **ret_cards,
                     size_t *ret_count) {
  struct hand hand = {.arena = arena};
  pthread_rwlock_rdlock(&shelf->lock);
  kz_rc rc = take_chain(shelf, shelf->by_name, name, &hand);
  pthread_rwlock_unlock(&shelf->lock);
  if (rc == KZ_OK) {
    *ret_cards = hand.cards;
    *ret_count = hand.count;
  }
  return rc;
}

kz_rc kz_shelf_write(struct kz_shelf_change *change, struct kz_txn *txn,
                     struct kz_err *err) {
  struct kz_shelf *shelf = change->shelf;
  char kind = (char)shelf->shape->kind;
  if (!change->document) {
    return kz_txn_erase_note(txn, kind, change->id, err);
  }
  if (change->id == 0) {
    pthread_rwlock_wrlock(&shelf->lock);
    change->id = shelf->next_id++;
    pthread_rwlock_unlock(&shelf->lock);
  }
  KZ_BUF(text, DOCUMENT_BYTES);
  struct kz_jsonw w;
  if (!kz_jsonv_set_u64(change->document, KZ_STR("id"), change->id,
                        change->arena)) {
    return no_memory(shelf, err);
  }
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(change->document, &w);
  return kz_buf_failed(&text) ? no_memory(shelf, err)
                              : kz_txn_put_note(txn, kind, change->id,
                                                kz_buf_str(&text), NULL, err);
}

kz_rc kz_shelf_learn(const struct kz_shelf_change *change, struct kz_err *err) {
  struct kz_shelf *shelf = change->shelf;
  kz_rc rc = KZ_OK;
  pthread_rwlock_wrlock(&shelf->lock);
  if (change->document) {
    rc = learn(shelf, card_of(shelf, change->id, change->document));
  } else {
    forget(shelf, change->id);
  }
  pthread_rwlock_unlock(&shelf->lock);
  return rc == KZ_OK ? rc : no_memory(shelf, err);
}

struct batch {
  struct kz_shelf_change *changes;
  size_t count;
};

static kz_rc write_batch(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct batch *batch = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < batch->count; i++) {
    rc = kz_shelf_write(&batch->changes[i], txn, err);
  }
  return rc;
}

kz_rc kz_shelf_apply(struct kz_shelf_change *changes, size_t count,
                     struct kz_err *err) {
  struct batch batch = {.changes = changes, .count = count};
  kz_rc rc = KZ_OK;
  if (count > 0) {
    rc = kz_store_run(changes[0].shelf->store, write_batch, &batch, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = kz_shelf_learn(&changes[i], err);
  }
  return rc;
}

kz_rc kz_shelf_put(struct kz_shelf *shelf, uint64_t *id,
                   struct kz_jsonv *document, struct kz_arena *arena,
                   struct kz_err *err) {
  struct kz_shelf_change change = {
      .shelf = shelf, .id = *id, .document = document, .arena = arena};
  kz_rc rc = kz_shelf_apply(&change, 1, err);
  if (rc == KZ_OK) {
    *id = change.id;
  }
  return rc;
}

kz_rc kz_shelf_remove(struct kz_shelf *shelf, uint64_t id, struct kz_err *err) {
  struct kz_shelf_change change = {.shelf = shelf, .id = id};
  return kz_shelf_apply(&change, 1, err);
}
