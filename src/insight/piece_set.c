/* States are numbered in the order in which the pieces made them, 0 is the
 * start; a state's fallback is the longest proper ending of its text that is a
 * state, its `hit` the nearest state on the way back where a piece ends. */
#include "insight/piece_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define NONE UINT32_MAX

struct state {
  uint32_t parent;
  uint32_t fallback;
  uint32_t hit;   /* this one or one further back; 0: none */
  uint32_t piece; /* the first that ends here; NONE */
  uint32_t depth;
  unsigned char byte; /* from the parent */
};

struct piece {
  size_t at; /* in `text` */
  uint32_t len;
  uint32_t list;
  uint32_t next; /* that ends in the same state; NONE */
};

struct slot {
  uint64_t key; /* (state + 1) << 8 | byte; 0: free */
  uint32_t to;
};

struct kz_piece_set {
  struct state *states;
  size_t state_count;
  struct piece *pieces;
  size_t piece_count;
  char *text;
  struct slot *slots;
  uint64_t mask;
  uint32_t first[256]; /* from the start; 0: nowhere */
};

static struct slot *find_slot(const struct kz_piece_set *set, uint32_t state,
                              unsigned char byte) {
  uint64_t key = ((uint64_t)state + 1) << 8 | byte;
  uint64_t at = kz_hash_mix(key) & set->mask;
  while (set->slots[at].key != 0 && set->slots[at].key != key) {
    at = (at + 1) & set->mask;
  }
  return &set->slots[at];
}

/* Where the byte leads from the state itself; 0: nowhere. */
static uint32_t step(const struct kz_piece_set *set, uint32_t state,
                     unsigned char byte) {
  if (state == 0) {
    return set->first[byte];
  }
  const struct slot *slot = find_slot(set, state, byte);
  return slot->key ? slot->to : 0;
}

/* Where it leads from the state or one that it falls back to. */
static uint32_t walk(const struct kz_piece_set *set, uint32_t state,
                     unsigned char byte) {
  uint32_t to = step(set, state, byte);
  while (to == 0 && state != 0) {
    state = set->states[state].fallback;
    to = step(set, state, byte);
  }
  return to;
}

/* --- building --------------------------------------------------------------
 */

static uint32_t grow(struct kz_piece_set *set, uint32_t from,
                     unsigned char byte) {
  uint32_t to = step(set, from, byte);
  if (to != 0) {
    return to;
  }
  to = (uint32_t)set->state_count++;
  set->states[to] = (struct state){.parent = from,
                                   .piece = NONE,
                                   .byte = byte,
                                   .depth = set->states[from].depth + 1};
  if (from == 0) {
    set->first[byte] = to;
  } else {
    *find_slot(set, from, byte) =
        (struct slot){.key = ((uint64_t)from + 1) << 8 | byte, .to = to};
  }
  return to;
}

static void add(struct kz_piece_set *set, size_t *at,
                const struct kz_piece *piece) {
  uint32_t state = 0;
  if (piece->text.len == 0) {
    return;
  }
  memcpy(set->text + *at, piece->text.ptr, piece->text.len);
  for (size_t i = 0; i < piece->text.len; i++) {
    state = grow(set, state, (unsigned char)piece->text.ptr[i]);
  }
  set->pieces[set->piece_count] =
      (struct piece){.at = *at,
                     .len = (uint32_t)piece->text.len,
                     .list = piece->list,
                     .next = set->states[state].piece};
  set->states[state].piece = (uint32_t)set->piece_count++;
  *at += piece->text.len;
}

/* States in order of depth, so that those that one falls back to are done. */
static uint32_t *sort_by_depth(const struct kz_piece_set *set) {
  uint32_t deepest = 0;
  for (size_t i = 0; i < set->state_count; i++) {
    deepest = set->states[i].depth > deepest ? set->states[i].depth : deepest;
  }
  uint32_t *order = calloc(set->state_count + 1, sizeof *order);
  size_t *starts = calloc((size_t)deepest + 2, sizeof *starts);
  for (size_t i = 0; order && starts && i < set->state_count; i++) {
    starts[set->states[i].depth + 1]++;
  }
  for (size_t d = 1; order && starts && d <= (size_t)deepest + 1; d++) {
    starts[d] += starts[d - 1];
  }
  for (size_t i = 0; order && starts && i < set->state_count; i++) {
    order[starts[set->states[i].depth]++] = (uint32_t)i;
  }
  if (!starts) {
    free(order);
    order = NULL;
  }
  free(starts);
  return order;
}

static kz_rc link_states(struct kz_piece_set *set) {
  uint32_t *order = sort_by_depth(set);
  if (!order) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 1; i < set->state_count; i++) {
    uint32_t here = order[i];
    struct state *s = &set->states[here];
    s->fallback = s->parent == 0
                      ? 0
                      : walk(set, set->states[s->parent].fallback, s->byte);
    s->hit = s->piece != NONE ? here : set->states[s->fallback].hit;
  }
  free(order);
  return KZ_OK;
}

kz_rc kz_piece_set_new(const struct kz_piece *pieces, size_t count,
                       struct kz_piece_set **ret_set) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += pieces[i].text.len;
  }
  struct kz_piece_set *set = calloc(1, sizeof *set);
  if (!set || bytes >= UINT32_MAX / 4 || count >= NONE) {
    free(set);
    return KZ_E_MEMORY;
  }
  size_t slots = 16;
  while (slots < 2 * bytes) {
    slots *= 2;
  }
  set->mask = slots - 1;
  set->slots = calloc(slots, sizeof *set->slots);
  set->states = calloc(bytes + 1, sizeof *set->states);
  set->pieces = calloc(count + 1, sizeof *set->pieces);
  set->text = malloc(bytes + 1);
  if (!set->slots || !set->states || !set->pieces || !set->text) {
    kz_piece_set_free(set);
    return KZ_E_MEMORY;
  }
  set->state_count = 1;
  set->states[0].piece = NONE;
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    add(set, &at, &pieces[i]);
  }
  kz_rc rc = link_states(set);
  if (rc != KZ_OK) {
    kz_piece_set_free(set);
    return rc;
  }
  *ret_set = set;
  return KZ_OK;
}

void kz_piece_set_free(struct kz_piece_set *set) {
  if (set) {
    free(set->slots);
    free(set->states);
    free(set->pieces);
    free(set->text);
    free(set);
  }
}

/* --- finding ---------------------------------------------------------------
 */

void kz_piece_set_find(const struct kz_piece_set *set, kz_str text,
                       kz_piece_visit *visit, void *ctx) {
  uint32_t state = 0;
  for (size_t i = 0; i < text.len; i++) {
    state = walk(set, state, (unsigned char)text.ptr[i]);
    uint32_t hit = set->states[state].hit;
    while (hit != 0) {
      uint32_t at = set->states[hit].piece;
      for (; at != NONE; at = set->pieces[at].next) {
        const struct piece *piece = &set->pieces[at];
        visit(ctx, piece->list, (kz_str){set->text + piece->at, piece->len});
      }
      hit = set->states[set->states[hit].fallback].hit;
    }
  }
}
