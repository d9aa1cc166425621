/* Entries ascend by (hash, attribute before other, ordinal or (thing, event,
 * id)). Those of rows that are gone are passed over; of equal others one is
 * kept. Others are numbered as they come, so they are written one after the
 * other. */
#include "store/merge_uuids.h"

#include "store/merge_state.h"

enum { AHEAD = 16 /* entries: how far look-ups are prefetched */ };

/* The head of a part's input. */
struct head {
  const struct kz_segment *segment;
  const uint32_t *row_of;
  size_t at;
  uint32_t row;                       /* new ordinal of an attribute */
  const struct kz_other_entry *other; /* NULL: an attribute */
};

struct uuids {
  struct kz_merge *merge;
  struct head *heads;
  uint64_t *hash;
  uint32_t *ref;
  size_t count;
  struct kz_other_entry *others;
  size_t other_count;
};

static int compare_heads(const void *ctx, uint32_t a, uint32_t b) {
  const struct uuids *u = ctx;
  const struct head *x = &u->heads[a];
  const struct head *y = &u->heads[b];
  if (x->other && y->other) {
    return kz_segment_compare_others(x->other, y->other);
  }
  if (!x->other && !y->other) {
    return (x->row > y->row) - (x->row < y->row);
  }
  return x->other ? 1 : -1;
}

static void prefetch(const struct head *h) {
  if (h->at + AHEAD < h->segment->uuid_count) {
    uint32_t ref = h->segment->uuid_ref[h->at + AHEAD];
    if (!(ref & KZ_UUID_OTHER)) {
      __builtin_prefetch(&h->row_of[ref]);
    }
  }
}

/* Goes to the first entry at or after `at` that lives; false at the end. */
static bool settle(struct head *h) {
  const struct kz_segment *s = h->segment;
  for (; h->at < s->uuid_count; h->at++) {
    prefetch(h);
    uint32_t ref = s->uuid_ref[h->at];
    if (ref & KZ_UUID_OTHER) {
      h->other = &s->others[ref & ~KZ_UUID_OTHER];
      return true;
    }
    h->other = NULL;
    h->row = h->row_of[ref];
    if (h->row != KZ_MERGE_GONE) {
      return true;
    }
  }
  return false;
}

static void put_entry(struct uuids *u, const struct head *h, uint64_t hash) {
  uint32_t ref = h->row;
  if (h->other) {
    if (u->other_count > 0 && u->hash[u->count - 1] == hash &&
        u->ref[u->count - 1] & KZ_UUID_OTHER &&
        kz_segment_compare_others(&u->others[u->other_count - 1], h->other) ==
            0) {
      return;
    }
    ref = KZ_UUID_OTHER | (uint32_t)u->other_count;
    u->others[u->other_count++] = *h->other;
  }
  u->hash[u->count] = hash;
  u->ref[u->count] = ref;
  u->count++;
}

static void race_entries(struct uuids *u) {
  struct kz_race race;
  kz_race_init(&race, u->merge->heap, compare_heads, u);
  for (size_t i = 0; i < u->merge->count; i++) {
    struct head *h = &u->heads[i];
    h->segment = u->merge->parts[i].segment;
    h->row_of = u->merge->row_of + u->merge->row_base[i];
    if (settle(h)) {
      kz_race_enter(&race, (uint32_t)i, h->segment->uuid_hash[h->at]);
    }
  }
  const struct kz_runner *leader = NULL;
  while ((leader = kz_race_leader(&race)) != NULL) {
    struct head *h = &u->heads[leader->number];
    put_entry(u, h, leader->key);
    h->at++;
    if (settle(h)) {
      kz_race_advance(&race, h->segment->uuid_hash[h->at]);
    } else {
      kz_race_leave(&race);
    }
  }
}

kz_rc kz_merge_uuids(struct kz_merge *merge, struct kz_err *err) {
  struct kz_draft *d = &merge->draft;
  size_t others = 0;
  for (size_t i = 0; i < merge->count; i++) {
    others += merge->parts[i].segment->other_count;
  }
  if (others > KZ_SEGMENT_ROWS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "index: segments with too many uuids to be merged");
  }
  size_t room = merge->draft.rows + others;
  struct uuids u = {
      .merge = merge,
      .heads = kz_draft_array(d, merge->count, sizeof *u.heads),
      .hash = kz_draft_array(d, room, sizeof *u.hash),
      .ref = kz_draft_array(d, room, sizeof *u.ref),
      .others = kz_draft_array(d, others, sizeof *u.others),
  };
  if (!u.heads || !u.hash || !u.ref || !u.others) {
    return kz_merge_no_room(err);
  }
  race_entries(&u);
  kz_draft_set(d, KZ_SEC_UUID_HASH, u.hash, u.count * sizeof *u.hash);
  kz_draft_set(d, KZ_SEC_UUID_REF, u.ref, u.count * sizeof *u.ref);
  kz_draft_set(d, KZ_SEC_OTHER, u.others, u.other_count * sizeof *u.others);
  return KZ_OK;
}
