/* Invented rows of every kind for the tests of segments, the same for a seed.
 *
 * Texts come from a small pool so that values are shared, addresses have
 * several spellings, and ids have gaps larger than 32 bits. */
#ifndef KZ_TESTS_UNIT_STORE_ROWS_H
#define KZ_TESTS_UNIT_STORE_ROWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "model/type.h"
#include "store/segment_build.h"

struct invented {
  struct kz_arena *arena;
  struct kz_random random;
  uint32_t texts; /* how many different ones of a kind */
  struct kz_row *rows;
  size_t count;
  struct kz_row_other *others;
  size_t other_count;
};

static inline kz_str invent_text(struct invented *in) {
  struct kz_random *r = &in->random;
  unsigned n = (unsigned)kz_random_below(r, in->texts);
  unsigned m = n * 2654435761u;
  char *text = kz_arena_text(in->arena, 256);
  int len = 0;
  switch (kz_random_below(r, 16)) {
  case 0:
    len = snprintf(text, 256, "192.0.2.%u", n % 256);
    break;
  case 1:
    len = snprintf(text, 256, "198.51.%u.0/%u", n % 256, 8 + n % 25);
    break;
  case 2:
    len = snprintf(text, 256, "2001:db8::%x", n % 4096);
    break;
  case 3: /* the same addresses, spelt out */
    len = snprintf(text, 256, "2001:db8:0:0:0:0:0:%x", n % 4096);
    break;
  case 4:
    len = snprintf(text, 256, "2001:db8:%x::/%u", n % 4096, 33 + n % 96);
    break;
  case 5:
    len = snprintf(text, 256, "host%u.example.com", n);
    break;
  case 6:
    len = snprintf(text, 256, "%x.example", n);
    break;
  case 7:
    len = snprintf(text, 256, "https://host%u.example.com/a/%u", n, n % 3);
    break;
  case 8:
    len = snprintf(text, 256, "http://192.0.2.%u/%u", n % 256, n);
    break;
  case 9:
    len = snprintf(text, 256, "someone%u@example.org", n);
    break;
  case 10:
    len = snprintf(text, 256, "%08x%08x%08x%08x", m, n, m ^ 7, ~n);
    break;
  case 11:
    len = snprintf(text, 256, "%08x%08x%08x%08x%08x%08x%08x%08x", n, m, m, n, m,
                   n, ~m, n);
    break;
  case 12:
    len = snprintf(text, 256, "cve-2024-%u", 1000 + n);
    break;
  case 13:
    len = snprintf(text, 256, "不審なファイル %u.exe", n);
    break;
  case 14:
    len = snprintf(text, 256, "%u", n % 7);
    break;
  default:
    len = snprintf(text, 256, "%s", n % 2 ? "" : "a\tb");
    break;
  }
  return (kz_str){text, (size_t)len};
}

static inline void invent_tags(struct invented *in, struct kz_row *row) {
  uint32_t *tags = kz_arena_array(in->arena, 3, sizeof *tags);
  row->tag_count = (uint32_t)kz_random_below(&in->random, 4);
  for (uint32_t i = 0; i < row->tag_count; i++) {
    tags[i] = i * 1000 + (uint32_t)kz_random_below(&in->random, 50);
  }
  row->tags = tags;
}

/* A rule of its own, one of its object, or both. */
static inline void invent_rules(struct invented *in, struct kz_row *row) {
  struct kz_random *r = &in->random;
  unsigned which = 1 + (unsigned)kz_random_below(r, 3);
  if (which & 1) {
    row->distribution = kz_random_below(r, 2) ? 4 : 0;
    row->group = row->distribution == 4 ? kz_random_below(r, 9) : 0;
  }
  if (which & 2) {
    row->object_distribution = kz_random_below(r, 2) ? 4 : 0;
    row->object_group =
        row->object_distribution == 4 ? kz_random_below(r, 9) : 0;
  }
}

static inline struct kz_row invent_row(struct invented *in, uint64_t event,
                                       uint64_t attribute) {
  struct kz_random *r = &in->random;
  unsigned type = (unsigned)kz_random_below(r, 4) == 0
                      ? (unsigned)kz_random_below(r, KZ_TYPE_COUNT)
                      : (unsigned)kz_random_below(r, 3);
  unsigned category = kz_random_below(r, 2) == 0
                          ? KZ_CATEGORY_NETWORK_ACTIVITY
                          : (unsigned)kz_random_below(r, KZ_CATEGORY_COUNT);
  struct kz_row row = {
      .event = event,
      .attribute = attribute,
      .uuid_hash = kz_random_below(r, 50) == 0 ? 7 : kz_random_next(r),
      .time_s = (uint32_t)kz_random_next(r),
      .known_s = (uint32_t)kz_random_next(r),
      .code = (uint16_t)(type * 16 + category),
      .flags = (uint8_t)kz_random_below(r, 1u << KZ_FLAG_COUNT),
      .distribution = 5,
      .object_distribution = 5,
      .part_count = (uint8_t)(kz_random_below(r, 40) > 0
                                  ? 1 + (kz_random_below(r, 5) == 0)
                                  : 0),
  };
  if (row.flags >> KZ_FLAG_LIMITED & 1) {
    invent_rules(in, &row);
  }
  for (unsigned p = 0; p < row.part_count; p++) {
    bool twin = p == 1 && kz_random_below(r, 4) == 0;
    row.part[p] = twin ? row.part[0] : invent_text(in);
    row.hash[p] = kz_value_hash(row.part[p]);
    row.silent[p] = kz_random_below(r, 3) == 0;
  }
  invent_tags(in, &row);
  return row;
}

/* About `count` rows of some events from `first_event` on, in order. */
static inline void invent_rows(struct invented *in, uint64_t first_event,
                               size_t count) {
  in->rows = kz_arena_array(in->arena, count + 1, sizeof *in->rows);
  in->count = 0;
  uint64_t event = first_event;
  uint64_t attribute = 1 + kz_random_below(&in->random, 1000);
  while (in->count < count) {
    in->rows[in->count++] = invent_row(in, event, attribute);
    attribute += 1 + kz_random_below(&in->random, 5);
    if (kz_random_below(&in->random, 30) == 0) {
      attribute += kz_random_below(&in->random, UINT64_C(9) << 30);
    }
    if (kz_random_below(&in->random, 12) == 0) {
      event += 1 + kz_random_below(&in->random, 3);
    }
  }
  in->other_count = count / 5;
  in->others =
      kz_arena_array(in->arena, in->other_count + 1, sizeof *in->others);
  for (size_t i = 0; i < in->other_count; i++) {
    in->others[i] = (struct kz_row_other){
        .uuid_hash = kz_random_below(&in->random, 8) == 0
                         ? 7
                         : kz_random_next(&in->random),
        .event = first_event + kz_random_below(&in->random, 10),
        .id = kz_random_below(&in->random, 3),
        .thing =
            (enum kz_thing)kz_random_below(&in->random, KZ_THING_ATTRIBUTE),
    };
  }
}

static inline struct invented invent(uint64_t seed, uint32_t texts,
                                     size_t count) {
  struct invented in = {.arena = kz_arena_new((size_t)1 << 30), .texts = texts};
  if (!in.arena) {
    abort();
  }
  kz_random_init(&in.random, seed);
  invent_rows(&in, 1, count);
  return in;
}

static inline void forget(struct invented *in) {
  kz_arena_free(in->arena);
}

#endif
