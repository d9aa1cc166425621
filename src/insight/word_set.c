/* Most texts that are asked for are no word. A bit for each hash says so before
 * the table is touched: it is a tenth of the table and stays in the
 * processor's cache: a sixth more checks a second (bench_warner). */
#include "insight/word_set.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"

enum { BITS_A_SLOT = 8 };

struct slot {
  uint32_t mark;  /* of the hash */
  uint32_t entry; /* and 1; 0: free */
};

struct entry {
  uint32_t text;
  uint32_t next; /* with the same word, and 1; 0: none */
  uint32_t list;
  uint16_t len;
};

struct kz_word_set {
  struct slot *slots;
  uint64_t mask;
  uint64_t *bits; /* BITS_A_SLOT for each slot */
  uint64_t seed;
  struct entry *entries;
  size_t count;
  size_t room;
  char *text;
  size_t text_len;
  size_t text_room;
};

struct kz_word_set *kz_word_set_new(size_t count, size_t bytes) {
  if (count > UINT32_MAX / 4 || bytes > UINT32_MAX) {
    return NULL;
  }
  size_t slots = 16;
  while (slots < 2 * count) {
    slots *= 2;
  }
  struct kz_word_set *set = calloc(1, sizeof *set);
  if (!set) {
    return NULL;
  }
  set->slots = calloc(slots, sizeof *set->slots);
  set->bits = calloc(slots * BITS_A_SLOT / 64, sizeof *set->bits);
  set->mask = slots - 1;
  set->entries = calloc(count + 1, sizeof *set->entries);
  set->room = count;
  set->text = malloc(bytes + 1);
  set->text_room = bytes;
  if (!set->slots || !set->bits || !set->entries || !set->text ||
      kz_random_secret(&set->seed, sizeof set->seed) != KZ_OK) {
    kz_word_set_free(set);
    return NULL;
  }
  return set;
}

void kz_word_set_free(struct kz_word_set *set) {
  if (set) {
    free(set->slots);
    free(set->bits);
    free(set->entries);
    free(set->text);
    free(set);
  }
}

static kz_str word_of(const struct kz_word_set *set, uint32_t entry) {
  const struct entry *e = &set->entries[entry];
  return (kz_str){set->text + e->text, e->len};
}

static uint64_t hash_of(const struct kz_word_set *set, kz_str word) {
  return kz_hash64_seeded(word.ptr, word.len, set->seed);
}

/* The slot that has the word, or the free one where it would go. */
static struct slot *find_slot(const struct kz_word_set *set, kz_str word,
                              uint64_t hash) {
  uint32_t mark = (uint32_t)(hash >> 32);
  uint64_t at = hash & set->mask;
  for (;;) {
    struct slot *slot = &set->slots[at];
    if (slot->entry == 0) {
      return slot;
    }
    if (slot->mark == mark && kz_str_eq(word_of(set, slot->entry - 1), word)) {
      return slot;
    }
    at = (at + 1) & set->mask;
  }
}

/* Which bit stands for the hash. */
static uint64_t bit_of(const struct kz_word_set *set, uint64_t hash) {
  return (hash >> 20) & (set->mask * BITS_A_SLOT + BITS_A_SLOT - 1);
}

kz_rc kz_word_set_add(struct kz_word_set *set, kz_str word, uint32_t list) {
  if (set->count == set->room || word.len > KZ_WORD_MAX) {
    return KZ_E_LIMIT;
  }
  uint64_t hash = hash_of(set, word);
  struct slot *slot = find_slot(set, word, hash);
  struct entry entry = {.next = slot->entry, .list = list};
  if (slot->entry) {
    entry.text = set->entries[slot->entry - 1].text;
  } else if (word.len > set->text_room - set->text_len) {
    return KZ_E_LIMIT;
  } else {
    entry.text = (uint32_t)set->text_len;
    for (size_t i = 0; i < word.len; i++) {
      set->text[set->text_len + i] = word.ptr[i];
    }
    set->text_len += word.len;
  }
  entry.len = (uint16_t)word.len;
  set->entries[set->count++] = entry;
  *slot = (struct slot){.mark = (uint32_t)(hash >> 32),
                        .entry = (uint32_t)set->count};
  uint64_t bit = bit_of(set, hash);
  set->bits[bit / 64] |= UINT64_C(1) << bit % 64;
  return KZ_OK;
}

void kz_word_set_find(const struct kz_word_set *set, kz_str text,
                      kz_word_visit *visit, void *ctx) {
  uint64_t hash = hash_of(set, text);
  uint64_t bit = bit_of(set, hash);
  if (!(set->bits[bit / 64] >> bit % 64 & 1)) {
    return;
  }
  uint32_t at = find_slot(set, text, hash)->entry;
  while (at != 0) {
    const struct entry *entry = &set->entries[at - 1];
    visit(ctx, entry->list, word_of(set, at - 1));
    at = entry->next;
  }
}
