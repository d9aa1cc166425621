/* The four orders are merged by one walk: entries ascend by a key of 64 bits,
 * by the rest of the key, by value number. An entry whose value is gone is
 * passed over, and a value that several parts have gives one entry. */
#include "store/merge_orders.h"

#include <string.h>

#include "base/wire.h"
#include "model/value.h"
#include "store/merge_state.h"
#include "store/order.h"

enum { AHEAD = 16 /* entries: how far look-ups are prefetched */ };

/* The head of a part's input. */
struct head {
  const struct kz_segment *segment;
  const uint32_t *value_of;
  size_t at;
  uint32_t value;  /* new number */
  size_t name_len; /* of `name`; 0: not made yet */
  char name[KZ_NAME_MAX];
};

struct walk {
  struct kz_merge *merge;
  struct head *heads;
  void *keys; /* the arrays under construction */
  uint32_t *values;
  size_t count;
  uint32_t last; /* value written; KZ_MERGE_GONE at the beginning */
};

/* What tells one order from another. */
struct order {
  enum kz_section key_section;
  enum kz_section value_section;
  size_t key_size;
  size_t (*count)(const struct kz_segment *segment);
  uint64_t (*key)(const struct kz_segment *segment, size_t i);
  uint32_t (*value)(const struct kz_segment *segment, size_t i);
  /* Compares heads with equal keys by the rest of the key. */
  int (*compare)(struct head *a, struct head *b);
  void (*put)(struct walk *walk, const struct head *head);
};

static size_t count_ip4(const struct kz_segment *s) {
  return s->ip4_count;
}

static uint64_t key_of_ip4(const struct kz_segment *s, size_t i) {
  return s->ip4_addr[i];
}

static uint32_t value_of_ip4(const struct kz_segment *s, size_t i) {
  return s->ip4_value[i];
}

static int equal_keys(struct head *a, struct head *b) {
  (void)a;
  (void)b;
  return 0;
}

static void put_ip4(struct walk *w, const struct head *h) {
  ((uint32_t *)w->keys)[w->count] = h->segment->ip4_addr[h->at];
}

static size_t count_ip6(const struct kz_segment *s) {
  return s->ip6_count;
}

static uint64_t key_of_ip6(const struct kz_segment *s, size_t i) {
  return kz_get_be64(s->ip6_addr[i].bytes);
}

static uint32_t value_of_ip6(const struct kz_segment *s, size_t i) {
  return s->ip6_value[i];
}

static int compare_ip6(struct head *a, struct head *b) {
  return memcmp(a->segment->ip6_addr[a->at].bytes,
                b->segment->ip6_addr[b->at].bytes, sizeof(struct kz_ip6));
}

static void put_ip6(struct walk *w, const struct head *h) {
  ((struct kz_ip6 *)w->keys)[w->count] = h->segment->ip6_addr[h->at];
}

static size_t count_nets(const struct kz_segment *s) {
  return s->net_count;
}

static uint64_t key_of_net(const struct kz_segment *s, size_t i) {
  return s->nets[i].bits;
}

static uint32_t value_of_net(const struct kz_segment *s, size_t i) {
  return s->nets[i].value;
}

static int compare_nets(struct head *a, struct head *b) {
  const struct kz_net_entry *x = &a->segment->nets[a->at];
  const struct kz_net_entry *y = &b->segment->nets[b->at];
  return memcmp(x->base, y->base, sizeof x->base);
}

static void put_net(struct walk *w, const struct head *h) {
  struct kz_net_entry *net = &((struct kz_net_entry *)w->keys)[w->count];
  *net = h->segment->nets[h->at];
  net->value = h->value;
}

static size_t count_names(const struct kz_segment *s) {
  return s->name_count;
}

static uint64_t key_of_name(const struct kz_segment *s, size_t i) {
  return s->name_key[i];
}

static uint32_t value_of_name(const struct kz_segment *s, size_t i) {
  return s->name_value[i];
}

/* What is in the order of names has a host that is one, so only the class
 * matters. */
static kz_str host_of(const struct kz_segment *s, uint32_t value) {
  kz_str text = kz_segment_text(s, value);
  return value < s->head->class_start[KZ_CLASS_URL] ? text
                                                    : kz_value_host(text);
}

static kz_str reversed_name(struct head *h) {
  if (h->name_len == 0) {
    kz_str host = host_of(h->segment, h->segment->name_value[h->at]);
    h->name_len = kz_order_reverse_name(host, h->name);
  }
  return (kz_str){h->name, h->name_len};
}

static int compare_names(struct head *a, struct head *b) {
  return a->value == b->value ? 0
                              : kz_str_cmp(reversed_name(a), reversed_name(b));
}

static void put_name(struct walk *w, const struct head *h) {
  ((uint64_t *)w->keys)[w->count] = h->segment->name_key[h->at];
}

static const struct order orders[] = {
    {
        .key_section = KZ_SEC_IP4_ADDR,
        .value_section = KZ_SEC_IP4_VALUE,
        .key_size = sizeof(uint32_t),
        .count = count_ip4,
        .key = key_of_ip4,
        .value = value_of_ip4,
        .compare = equal_keys,
        .put = put_ip4,
    },
    {
        .key_section = KZ_SEC_IP6_ADDR,
        .value_section = KZ_SEC_IP6_VALUE,
        .key_size = sizeof(struct kz_ip6),
        .count = count_ip6,
        .key = key_of_ip6,
        .value = value_of_ip6,
        .compare = compare_ip6,
        .put = put_ip6,
    },
    {
        .key_section = KZ_SEC_NET,
        .value_section = KZ_SEC_COUNT, /* it stands in the key's struct */
        .key_size = sizeof(struct kz_net_entry),
        .count = count_nets,
        .key = key_of_net,
        .value = value_of_net,
        .compare = compare_nets,
        .put = put_net,
    },
    {
        .key_section = KZ_SEC_NAME_KEY,
        .value_section = KZ_SEC_NAME_VALUE,
        .key_size = sizeof(uint64_t),
        .count = count_names,
        .key = key_of_name,
        .value = value_of_name,
        .compare = compare_names,
        .put = put_name,
    },
};

struct tie {
  const struct order *order;
  struct head *heads;
};

static int compare_heads(const void *ctx, uint32_t a, uint32_t b) {
  const struct tie *tie = ctx;
  struct head *x = &tie->heads[a];
  struct head *y = &tie->heads[b];
  int order = tie->order->compare(x, y);
  return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

/* Fetches what will be looked up by value number, then the text behind it. */
static void prefetch(const struct order *order, const struct head *h,
                     size_t count) {
  const struct kz_segment *s = h->segment;
  if (h->at + AHEAD < count) {
    uint32_t value = order->value(s, h->at + AHEAD);
    __builtin_prefetch(&h->value_of[value]);
    __builtin_prefetch(&s->value_text_at[value]);
    uint32_t near = order->value(s, h->at + AHEAD / 2);
    __builtin_prefetch(s->value_text + s->value_text_at[near]);
  }
}

/* Goes to the first entry at or after `at` whose value lives; false at the
 * end. */
static bool settle(const struct order *order, struct head *h) {
  size_t count = order->count(h->segment);
  h->name_len = 0;
  for (; h->at < count; h->at++) {
    prefetch(order, h, count);
    h->value = h->value_of[order->value(h->segment, h->at)];
    if (h->value != KZ_MERGE_GONE) {
      return true;
    }
  }
  return false;
}

/* Writes the leader's entry, unless another part gave the same value just now:
 * equal values have equal keys, so they come one after the other. */
static void put_entry(struct walk *w, const struct order *order,
                      const struct head *h) {
  if (w->last == h->value) {
    return;
  }
  w->last = h->value;
  order->put(w, h);
  if (w->values) {
    w->values[w->count] = h->value;
  }
  w->count++;
}

static void merge_entries(struct walk *w, const struct order *order) {
  struct tie tie = {.order = order, .heads = w->heads};
  struct kz_race race;
  kz_race_init(&race, w->merge->heap, compare_heads, &tie);
  for (size_t i = 0; i < w->merge->count; i++) {
    struct head *h = &w->heads[i];
    h->segment = w->merge->parts[i].segment;
    h->value_of = w->merge->value_of + w->merge->value_base[i];
    h->at = 0;
    if (settle(order, h)) {
      kz_race_enter(&race, (uint32_t)i, order->key(h->segment, h->at));
    }
  }
  w->last = KZ_MERGE_GONE;
  const struct kz_runner *leader = NULL;
  while ((leader = kz_race_leader(&race)) != NULL) {
    struct head *h = &w->heads[leader->number];
    put_entry(w, order, h);
    h->at++;
    if (settle(order, h)) {
      kz_race_advance(&race, order->key(h->segment, h->at));
    } else {
      kz_race_leave(&race);
    }
  }
}

static kz_rc merge_order(struct kz_merge *m, struct head *heads,
                         const struct order *order, struct kz_err *err) {
  size_t room = 0;
  for (size_t i = 0; i < m->count; i++) {
    room += order->count(m->parts[i].segment);
  }
  struct walk w = {
      .merge = m,
      .heads = heads,
      .keys = kz_draft_array(&m->draft, room, order->key_size),
  };
  bool apart = order->value_section != KZ_SEC_COUNT;
  if (apart) {
    w.values = kz_draft_array(&m->draft, room, sizeof *w.values);
  }
  if (!w.keys || (apart && !w.values)) {
    return kz_merge_no_room(err);
  }
  merge_entries(&w, order);
  kz_draft_set(&m->draft, order->key_section, w.keys,
               w.count * order->key_size);
  if (apart) {
    kz_draft_set(&m->draft, order->value_section, w.values,
                 w.count * sizeof *w.values);
  }
  return KZ_OK;
}

kz_rc kz_merge_orders(struct kz_merge *merge, struct kz_err *err) {
  struct head *heads =
      kz_draft_array(&merge->draft, merge->count, sizeof *heads);
  kz_rc rc = heads ? KZ_OK : kz_merge_no_room(err);
  for (size_t i = 0; rc == KZ_OK && i < sizeof orders / sizeof *orders; i++) {
    rc = merge_order(merge, heads, &orders[i], err);
  }
  return rc;
}
