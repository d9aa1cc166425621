/* Questions to an invented world: conditions of each kind that find something
 * and random trees of them. They live in the world's arena. */
#ifndef KZ_TESTS_UNIT_STORE_QUESTIONS_H
#define KZ_TESTS_UNIT_STORE_QUESTIONS_H

#include "base/clock.h"
#include "store/query.h"
#include "world.h"

static inline uint64_t *ask_numbers(struct world *w, struct kz_cond *cond,
                                    size_t count) {
  uint64_t *numbers = kz_arena_array(w->in.arena, count + 1, sizeof *numbers);
  cond->numbers = numbers;
  cond->number_count = count;
  return numbers;
}

static inline const struct fact *any_fact(struct world *w) {
  return &w->facts[world_below(w, (uint32_t)w->fact_count)];
}

static inline const struct kz_event_entry *any_event(struct world *w) {
  return &w->events[world_below(w, (uint32_t)w->event_count)];
}

static inline uint64_t number_for(struct world *w, enum kz_cond_kind kind) {
  switch ((int)kind) {
  case KZ_COND_TYPE:
    return any_fact(w)->row.code / 16u;
  case KZ_COND_CATEGORY:
    return any_fact(w)->row.code % 16u;
  case KZ_COND_TAG:
  case KZ_COND_TAG_OWN:
  case KZ_COND_TAG_EVENT:
    return world_below(w, 3) * 1000 + world_below(w, WORLD_TAGS);
  case KZ_COND_EVENT:
    return any_fact(w)->row.event;
  case KZ_COND_ATTRIBUTE:
    return any_fact(w)->row.attribute;
  default: /* organisations, levels */
    return world_below(w, WORLD_ORGS + 2);
  }
}

/* Ends may be open, or the wrong way round. */
static inline void ask_range(struct world *w, struct kz_cond *cond,
                             int64_t from, int64_t size, int64_t unit) {
  int64_t a = from + world_below(w, (uint32_t)size);
  int64_t b = from + world_below(w, (uint32_t)size);
  bool swap = a > b && world_below(w, 8) > 0;
  cond->from = (swap ? b : a) * unit - (int64_t)world_below(w, 2);
  cond->to = (swap ? a : b) * unit + (int64_t)world_below(w, 2);
  if (world_below(w, 5) == 0) {
    cond->from = INT64_MIN;
  }
  if (world_below(w, 5) == 0) {
    cond->to = INT64_MAX;
  }
}

/* A piece of some value in mixed case. */
static inline kz_str piece_of_value(struct world *w, enum kz_cond_kind kind) {
  const struct fact *f = any_fact(w);
  while (f->row.part_count == 0) {
    f = any_fact(w);
  }
  kz_str part = f->row.part[world_below(w, f->row.part_count)];
  size_t from = 0;
  size_t to = part.len;
  if (kind == KZ_COND_SUFFIX || kind == KZ_COND_SUBSTRING) {
    from = world_below(w, (uint32_t)part.len + 1);
  }
  if (kind == KZ_COND_PREFIX || kind == KZ_COND_SUBSTRING) {
    to = from + world_below(w, (uint32_t)(part.len - from) + 1);
  }
  char *text = kz_arena_text(w->in.arena, part.len + 1);
  for (size_t i = from; i < to; i++) {
    bool upper = world_below(w, 3) == 0;
    text[i - from] = upper ? kz_to_upper(part.ptr[i]) : part.ptr[i];
  }
  return (kz_str){text, to - from};
}

static inline kz_str pick(struct world *w, const char *const *texts,
                          size_t count) {
  return kz_str_of(texts[world_below(w, (uint32_t)count)]);
}
#define PICK(w, texts) pick(w, texts, sizeof(texts) / sizeof *(texts))

static inline kz_str text_for(struct world *w, enum kz_cond_kind kind) {
  static const char *const infos[] = {"CAMPAIGN", "number 1", "report", "",
                                      "absent"};
  static const char *const nets[] = {
      "192.0.2.0/25",  "198.51.0.0/16",     "0.0.0.0/0",       "::/0",
      "2001:db8::/40", "2001:db8::1:0/112", "192.0.2.7",       "198.51.7.7/20",
      "198.51.3.9",    "2001:db8:5::9",     "2001:db8:3::/47", "10.0.0.0/8"};
  static const char *const names[] = {
      "example.com", "Host1.example.COM", ".example",  "example", "com",
      "le.com",      "nowhere.test",      "1.example", ""};
  static const char *const expressions[] = {"^192\\.0\\.2\\.[0-4]+$",
                                            "host[0-9]\\.example",
                                            "a{2,3}",
                                            "[0-9a-f]{32}",
                                            "exe$|^cve",
                                            "",
                                            "x?",
                                            "[^0-9.]",
                                            "^$",
                                            ".",
                                            "e/[0-9]+$",
                                            "^[a-z]+[0-9]*@",
                                            "(one|two)+[0-9]",
                                            "ff$"};
  switch ((int)kind) {
  case KZ_COND_WITHIN:
  case KZ_COND_AROUND:
    return PICK(w, nets);
  case KZ_COND_UNDER:
    return PICK(w, names);
  case KZ_COND_REGEX:
    return PICK(w, expressions);
  case KZ_COND_INFO:
    return PICK(w, infos);
  default:
    return piece_of_value(w, kind);
  }
}

/* A leaf of a kind. */
static inline struct kz_cond *ask(struct world *w, enum kz_cond_kind kind) {
  struct kz_cond *cond = kz_arena_alloc(w->in.arena, sizeof *cond);
  cond->kind = kind;
  cond->flag = world_below(w, 2) == 0;
  if (kind >= KZ_COND_TYPE && kind <= KZ_COND_GROUP) {
    size_t count = world_below(w, 4);
    uint64_t *numbers = ask_numbers(w, cond, count);
    for (size_t i = 0; i < count; i++) {
      numbers[i] = number_for(w, kind);
    }
  } else if (kind == KZ_COND_DATE) {
    ask_range(w, cond, 18000, 900, 1);
  } else if (kind == KZ_COND_TIME) {
    ask_range(w, cond, 0, 200, KZ_SECOND_US);
  } else if (kind >= KZ_COND_EVENT_TIME && kind <= KZ_COND_KNOWN) {
    ask_range(w, cond, 0, 1000, KZ_SECOND_US);
  } else if (kind >= KZ_COND_VALUE && kind <= KZ_COND_INFO) {
    cond->text = text_for(w, kind);
  } else if (kind == KZ_COND_UUID) {
    cond->uuid = world_below(w, 2) ? world_uuid(1000000 + world_below(w, 500))
                                   : any_event(w)->uuid;
  }
  return cond;
}

static inline struct kz_cond *ask_any_leaf(struct world *w) {
  enum kz_cond_kind kind = (enum kz_cond_kind)world_below(w, KZ_COND_UUID + 1);
  while (kind == KZ_COND_AND || kind == KZ_COND_OR || kind == KZ_COND_NOT) {
    kind = (enum kz_cond_kind)world_below(w, KZ_COND_UUID + 1);
  }
  return ask(w, kind);
}

/* A tree of at most `depth` levels. */
static inline struct kz_cond *ask_tree(struct world *w, unsigned depth) {
  if (depth <= 1 || world_below(w, 5) == 0) {
    return ask_any_leaf(w);
  }
  struct kz_cond *cond = kz_arena_alloc(w->in.arena, sizeof *cond);
  cond->kind = (enum kz_cond_kind)(KZ_COND_AND + world_below(w, 3));
  cond->child_count = cond->kind == KZ_COND_NOT ? 1 : world_below(w, 5);
  const struct kz_cond **children =
      kz_arena_array(w->in.arena, cond->child_count + 1, sizeof *children);
  for (size_t i = 0; i < cond->child_count; i++) {
    children[i] = ask_tree(w, depth - 1);
  }
  cond->children = children;
  return cond;
}

#endif
