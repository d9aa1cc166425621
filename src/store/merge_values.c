/* Class by class, the heads with the least (hash, text) form a group: one value
 * of the result. Its postings are those of the group in new ordinals; parts
 * mostly hold events of their own, so that the lists only need to be put one
 * after the other, and otherwise are merged in pairs. */
#include "store/merge_values.h"

#include <string.h>

#include "store/merge_state.h"

enum { AHEAD = 32 /* postings: how far look-ups are prefetched */ };

struct values {
  struct kz_merge *merge;
  uint32_t *at;    /* [parts] the head */
  uint32_t *end;   /* [parts] of the class */
  uint32_t *group; /* [parts] which parts have the value */
  size_t group_count;
  size_t *run; /* [parts + 1] where in `posting` a group's lists begin */
  size_t count;
  size_t text_len;
  size_t posts;
  uint64_t *hash;
  uint64_t *text_at;
  uint32_t *post_at;
  uint32_t *posting;
  uint32_t *scratch; /* room for the longest list */
  char *text;
};

static kz_str head_text(const struct values *v, uint32_t part) {
  return kz_segment_text(v->merge->parts[part].segment, v->at[part]);
}

static int compare_heads(const void *ctx, uint32_t a, uint32_t b) {
  return kz_str_cmp(head_text(ctx, a), head_text(ctx, b));
}

/* Moves a part on, which leads; what it stood on is then at[] - 1. */
static void take_head(struct values *v, struct kz_race *race, uint32_t part) {
  v->group[v->group_count++] = part;
  uint32_t next = ++v->at[part];
  if (next < v->end[part]) {
    kz_race_advance(race, v->merge->parts[part].segment->value_hash[next]);
  } else {
    kz_race_leave(race);
  }
}

/* Takes all heads that are the same value as the leader's. A part has a value
 * once, so it gives one at most. */
static void gather(struct values *v, struct kz_race *race,
                   const struct kz_runner *leader) {
  uint64_t hash = leader->key;
  kz_str text = head_text(v, leader->number);
  v->group_count = 0;
  do {
    take_head(v, race, leader->number);
    leader = kz_race_leader(race);
  } while (leader && leader->key == hash &&
           kz_str_eq(head_text(v, leader->number), text));
}

static uint32_t ordinal(uint32_t posting) {
  return posting & ~KZ_POSTING_SILENT;
}

/* Appends the postings that live of one value of a part. Values are visited in
 * order, so the look-ups to come are those of the postings that follow. */
static void copy_postings(struct values *v, uint32_t part, uint32_t value) {
  const struct kz_segment *s = v->merge->parts[part].segment;
  const uint32_t *row_of = v->merge->row_of + v->merge->row_base[part];
  size_t count = s->value_post_at[s->values];
  for (size_t i = s->value_post_at[value]; i < s->value_post_at[value + 1];
       i++) {
    if (i + AHEAD < count) {
      __builtin_prefetch(&row_of[ordinal(s->posting[i + AHEAD])]);
    }
    uint32_t row = row_of[ordinal(s->posting[i])];
    if (row != KZ_MERGE_GONE) {
      v->posting[v->posts++] = row | (s->posting[i] & KZ_POSTING_SILENT);
    }
  }
}

/* Merges the ascending lists [from, middle) and [middle, to). */
static void merge_two(const struct values *v, size_t from, size_t middle,
                      size_t to) {
  uint32_t *p = v->posting;
  if (middle == from || middle == to ||
      ordinal(p[middle - 1]) < ordinal(p[middle])) {
    return;
  }
  size_t left = middle - from;
  memcpy(v->scratch, p + from, left * sizeof *p);
  size_t i = 0;
  size_t j = middle;
  size_t at = from;
  while (i < left) {
    if (j < to && ordinal(p[j]) < ordinal(v->scratch[i])) {
      p[at++] = p[j++];
    } else {
      p[at++] = v->scratch[i++];
    }
  }
}

/* Merges the group's lists, two and two, until one is left. */
static void merge_lists(struct values *v) {
  size_t n = v->group_count;
  while (n > 1) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i += 2) {
      if (i + 1 < n) {
        merge_two(v, v->run[i], v->run[i + 1], v->run[i + 2]);
      }
      v->run[kept++] = v->run[i];
    }
    v->run[kept] = v->posts;
    n = kept;
  }
}

/* Writes the group as one value, or drops it when no posting lives. */
static void write_group(struct values *v) {
  size_t before = v->posts;
  for (size_t i = 0; i < v->group_count; i++) {
    uint32_t part = v->group[i];
    v->run[i] = v->posts;
    copy_postings(v, part, v->at[part] - 1);
  }
  v->run[v->group_count] = v->posts;
  bool lives = v->posts > before;
  uint32_t number = lives ? (uint32_t)v->count : KZ_MERGE_GONE;
  for (size_t i = 0; i < v->group_count; i++) {
    uint32_t part = v->group[i];
    v->merge->value_of[v->merge->value_base[part] + v->at[part] - 1] = number;
  }
  if (!lives) {
    return;
  }
  merge_lists(v);
  const struct kz_segment *s = v->merge->parts[v->group[0]].segment;
  uint32_t value = v->at[v->group[0]] - 1;
  kz_str text = kz_segment_text(s, value);
  v->hash[v->count] = s->value_hash[value];
  v->text_at[v->count] = v->text_len;
  v->post_at[v->count] = (uint32_t)before;
  if (text.len > 0) {
    memcpy(v->text + v->text_len, text.ptr, text.len);
  }
  v->text_len += text.len;
  v->count++;
}

static void merge_class(struct values *v, int class) {
  struct kz_race race;
  kz_race_init(&race, v->merge->heap, compare_heads, v);
  for (size_t i = 0; i < v->merge->count; i++) {
    const struct kz_segment *s = v->merge->parts[i].segment;
    v->at[i] = s->head->class_start[class];
    v->end[i] = s->head->class_start[class + 1];
    if (v->at[i] < v->end[i]) {
      kz_race_enter(&race, (uint32_t)i, s->value_hash[v->at[i]]);
    }
  }
  v->merge->draft.class_start[class] = (uint32_t)v->count;
  const struct kz_runner *leader = NULL;
  while ((leader = kz_race_leader(&race)) != NULL) {
    gather(v, &race, leader);
    write_group(v);
  }
}

static kz_rc make_room(struct values *v, struct kz_err *err) {
  struct kz_draft *d = &v->merge->draft;
  size_t values = 0;
  size_t posts = 0;
  size_t text = 0;
  for (size_t i = 0; i < v->merge->count; i++) {
    const struct kz_segment *s = v->merge->parts[i].segment;
    values += s->values;
    posts += s->value_post_at[s->values];
    text += (size_t)s->value_text_at[s->values];
  }
  if (posts > UINT32_MAX) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "index: segments with too many postings to be merged");
  }
  size_t parts = v->merge->count;
  v->at = kz_draft_array(d, parts, sizeof *v->at);
  v->end = kz_draft_array(d, parts, sizeof *v->end);
  v->group = kz_draft_array(d, parts, sizeof *v->group);
  v->run = kz_draft_array(d, parts + 1, sizeof *v->run);
  v->hash = kz_draft_array(d, values, sizeof *v->hash);
  v->text_at = kz_draft_array(d, values + 1, sizeof *v->text_at);
  v->post_at = kz_draft_array(d, values + 1, sizeof *v->post_at);
  v->posting = kz_draft_array(d, posts, sizeof *v->posting);
  v->scratch = kz_draft_array(d, posts, sizeof *v->scratch);
  v->text = kz_draft_array(d, text, 1);
  return v->at && v->end && v->group && v->run && v->hash && v->text_at &&
                 v->post_at && v->posting && v->scratch && v->text
             ? KZ_OK
             : kz_merge_no_room(err);
}

kz_rc kz_merge_values(struct kz_merge *merge, struct kz_err *err) {
  struct kz_draft *d = &merge->draft;
  struct values v = {.merge = merge};
  kz_rc rc = make_room(&v, err);
  if (rc != KZ_OK) {
    return rc;
  }
  for (int class = 0; class < KZ_CLASS_COUNT; class ++) {
    merge_class(&v, class);
  }
  d->class_start[KZ_CLASS_COUNT] = (uint32_t)v.count;
  d->values = (uint32_t)v.count;
  v.text_at[v.count] = v.text_len;
  v.post_at[v.count] = (uint32_t)v.posts;
  kz_draft_set(d, KZ_SEC_VALUE_HASH, v.hash, v.count * sizeof *v.hash);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT_AT, v.text_at,
               (v.count + 1) * sizeof *v.text_at);
  kz_draft_set(d, KZ_SEC_VALUE_TEXT, v.text, v.text_len);
  kz_draft_set(d, KZ_SEC_VALUE_POST_AT, v.post_at,
               (v.count + 1) * sizeof *v.post_at);
  kz_draft_set(d, KZ_SEC_POSTING, v.posting, v.posts * sizeof *v.posting);
  return KZ_OK;
}
