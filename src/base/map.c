/* Open addressing over an array of entries that stand in the order they came.
 *
 * A slot is the upper half of an entry's hash and its number, so a probe that
 * passes a stranger almost never touches the entry itself. At most half of the
 * slots are taken. Both tables share all of this; they differ in their keys,
 * which stand beside the entries. */
#include "base/map.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"

#define NO_ENTRY SIZE_MAX

enum { ENTRIES_FIRST = 16 };

struct entry {
  uint64_t hash;
  uint64_t value;
};

struct table {
  uint64_t seed;
  size_t max;
  size_t count;
  size_t room; /* entries; there are twice as many slots */
  struct entry *entries;
  uint64_t *slots; /* tag << 32 | entry + 1; 0: free */
};

static void table_init(struct table *table, size_t max) {
  *table = (struct table){.max = max < KZ_MAP_MAX ? max : KZ_MAP_MAX};
  /* Without the system's randomness the table works, only guessably. */
  (void)!kz_random_secret(&table->seed, sizeof table->seed);
}

static void table_done(struct table *table) {
  free(table->entries);
  free(table->slots);
}

/* The next entry from `*slot` on whose hash has the same upper half; moves
 * `*slot` past it. NO_ENTRY at the first free slot. */
static size_t next_candidate(const struct table *table, uint64_t hash,
                             size_t *slot) {
  if (table->room == 0) {
    return NO_ENTRY;
  }
  size_t mask = table->room * 2 - 1;
  for (;;) {
    uint64_t taken = table->slots[*slot & mask];
    if (taken == 0) {
      return NO_ENTRY;
    }
    *slot += 1;
    if (taken >> 32 == hash >> 32) {
      return (size_t)(taken & UINT32_MAX) - 1;
    }
  }
}

static void take_slot(const struct table *table, size_t entry) {
  size_t mask = table->room * 2 - 1;
  uint64_t hash = table->entries[entry].hash;
  size_t slot = (size_t)hash;
  while (table->slots[slot & mask] != 0) {
    slot++;
  }
  table->slots[slot & mask] = (hash >> 32 << 32) | (entry + 1);
}

/* Room for one more entry here and in `*keys`, the caller's array beside it.
 * On failure all is as before. */
static kz_rc make_room(struct table *table, void **keys, size_t key_size) {
  if (table->count == table->max) {
    return KZ_E_LIMIT;
  }
  if (table->count < table->room) {
    return KZ_OK;
  }
  size_t room = table->room ? table->room * 2 : ENTRIES_FIRST;
  void *more_keys = reallocarray(*keys, room, key_size);
  if (!more_keys) {
    return KZ_E_MEMORY;
  }
  *keys = more_keys;
  struct entry *entries =
      reallocarray(table->entries, room, sizeof *table->entries);
  if (!entries) {
    return KZ_E_MEMORY;
  }
  table->entries = entries;
  uint64_t *slots = calloc(room * 2, sizeof *slots);
  if (!slots) {
    return KZ_E_MEMORY;
  }
  free(table->slots);
  table->slots = slots;
  table->room = room;
  for (size_t i = 0; i < table->count; i++) {
    take_slot(table, i);
  }
  return KZ_OK;
}

/* There must be room. Returns the new entry's number. */
static size_t append(struct table *table, uint64_t hash, uint64_t value) {
  size_t index = table->count;
  table->entries[index] = (struct entry){hash, value};
  take_slot(table, index);
  table->count++;
  return index;
}

struct kz_strmap {
  struct table table;
  kz_str *keys; /* their bytes are in the arena */
  struct kz_arena *arena;
};

struct kz_strmap *kz_strmap_new(size_t max_entries, size_t max_key_bytes) {
  struct kz_strmap *map = calloc(1, sizeof *map);
  if (!map) {
    return NULL;
  }
  table_init(&map->table, max_entries);
  map->arena = kz_arena_new(max_key_bytes);
  if (!map->arena) {
    kz_strmap_free(map);
    return NULL;
  }
  return map;
}

void kz_strmap_free(struct kz_strmap *map) {
  if (!map) {
    return;
  }
  table_done(&map->table);
  free(map->keys);
  kz_arena_free(map->arena);
  free(map);
}

static uint64_t hash_of_text(const struct kz_strmap *map, kz_str key) {
  return kz_hash64_seeded(key.ptr, key.len, map->table.seed);
}

static size_t find_text(const struct kz_strmap *map, kz_str key,
                        uint64_t hash) {
  size_t slot = (size_t)hash;
  size_t index = next_candidate(&map->table, hash, &slot);
  while (index != NO_ENTRY && !kz_str_eq(map->keys[index], key)) {
    index = next_candidate(&map->table, hash, &slot);
  }
  return index;
}

kz_rc kz_strmap_add(struct kz_strmap *map, kz_str key, uint64_t value,
                    size_t *ret_index) {
  uint64_t hash = hash_of_text(map, key);
  size_t index = find_text(map, key, hash);
  kz_rc rc = KZ_UNCHANGED;
  if (index == NO_ENTRY) {
    void *keys = map->keys;
    rc = make_room(&map->table, &keys, sizeof *map->keys);
    map->keys = keys;
    kz_str copy = KZ_STR_NONE;
    if (rc == KZ_OK && kz_arena_dup(map->arena, key, &copy) != KZ_OK) {
      rc = KZ_E_MEMORY;
    }
    if (rc != KZ_OK) {
      return rc;
    }
    index = append(&map->table, hash, value);
    map->keys[index] = copy;
  }
  if (ret_index) {
    *ret_index = index;
  }
  return rc;
}

kz_rc kz_strmap_put(struct kz_strmap *map, kz_str key, uint64_t value) {
  size_t index = 0;
  kz_rc rc = kz_strmap_add(map, key, value, &index);
  if (rc == KZ_UNCHANGED) {
    kz_strmap_set(map, index, value);
    rc = KZ_OK;
  }
  return rc;
}

bool kz_strmap_get(const struct kz_strmap *map, kz_str key,
                   uint64_t *ret_value) {
  size_t index = find_text(map, key, hash_of_text(map, key));
  if (index == NO_ENTRY) {
    return false;
  }
  *ret_value = map->table.entries[index].value;
  return true;
}

size_t kz_strmap_count(const struct kz_strmap *map) {
  return map->table.count;
}

kz_str kz_strmap_key(const struct kz_strmap *map, size_t index) {
  return map->keys[index];
}

uint64_t kz_strmap_value(const struct kz_strmap *map, size_t index) {
  return map->table.entries[index].value;
}

void kz_strmap_set(struct kz_strmap *map, size_t index, uint64_t value) {
  map->table.entries[index].value = value;
}

struct kz_intmap {
  struct table table;
  uint64_t *keys;
};

struct kz_intmap *kz_intmap_new(size_t max_entries) {
  struct kz_intmap *map = calloc(1, sizeof *map);
  if (map) {
    table_init(&map->table, max_entries);
  }
  return map;
}

void kz_intmap_free(struct kz_intmap *map) {
  if (!map) {
    return;
  }
  table_done(&map->table);
  free(map->keys);
  free(map);
}

static uint64_t hash_of_number(const struct kz_intmap *map, uint64_t key) {
  return kz_hash_mix(key ^ map->table.seed);
}

static size_t find_number(const struct kz_intmap *map, uint64_t key,
                          uint64_t hash) {
  size_t slot = (size_t)hash;
  size_t index = next_candidate(&map->table, hash, &slot);
  while (index != NO_ENTRY && map->keys[index] != key) {
    index = next_candidate(&map->table, hash, &slot);
  }
  return index;
}

kz_rc kz_intmap_add(struct kz_intmap *map, uint64_t key, uint64_t value,
                    size_t *ret_index) {
  uint64_t hash = hash_of_number(map, key);
  size_t index = find_number(map, key, hash);
  kz_rc rc = KZ_UNCHANGED;
  if (index == NO_ENTRY) {
    void *keys = map->keys;
    rc = make_room(&map->table, &keys, sizeof *map->keys);
    map->keys = keys;
    if (rc != KZ_OK) {
      return rc;
    }
    index = append(&map->table, hash, value);
    map->keys[index] = key;
  }
  if (ret_index) {
    *ret_index = index;
  }
  return rc;
}

kz_rc kz_intmap_put(struct kz_intmap *map, uint64_t key, uint64_t value) {
  size_t index = 0;
  kz_rc rc = kz_intmap_add(map, key, value, &index);
  if (rc == KZ_UNCHANGED) {
    kz_intmap_set(map, index, value);
    rc = KZ_OK;
  }
  return rc;
}

bool kz_intmap_get(const struct kz_intmap *map, uint64_t key,
                   uint64_t *ret_value) {
  size_t index = find_number(map, key, hash_of_number(map, key));
  if (index == NO_ENTRY) {
    return false;
  }
  *ret_value = map->table.entries[index].value;
  return true;
}

size_t kz_intmap_count(const struct kz_intmap *map) {
  return map->table.count;
}

uint64_t kz_intmap_key(const struct kz_intmap *map, size_t index) {
  return map->keys[index];
}

uint64_t kz_intmap_value(const struct kz_intmap *map, size_t index) {
  return map->table.entries[index].value;
}

void kz_intmap_set(struct kz_intmap *map, size_t index, uint64_t value) {
  map->table.entries[index].value = value;
}
