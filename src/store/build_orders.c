/* Everything is made from the distinct values, one after the other as they lie
 * in the draft.
 *
 * Names are sorted by eight bytes at a time, most significant first: names that
 * agree in the first eight ("com.exam") are sorted by the next eight, and so
 * on, at most 32 times deep. That is several times faster than qsort, for it
 * touches each text once a level and not once a comparison. */
#include "store/build_orders.h"

#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "model/addr.h"
#include "model/kind.h"
#include "model/value.h"
#include "store/draft.h"
#include "store/order.h"

enum { INSERTION_MAX = 12 /* longer runs of names are sorted by radix */ };

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "index: no memory for a segment");
}

static kz_str text_of(const struct kz_draft *d, uint32_t value) {
  const uint64_t *at = d->data[KZ_SEC_VALUE_TEXT_AT];
  const char *text = d->data[KZ_SEC_VALUE_TEXT];
  return (kz_str){text + at[value], (size_t)(at[value + 1] - at[value])};
}

struct ip6 {
  struct kz_ip6 addr;
  uint32_t value;
};

static int compare_ip6(const void *a, const void *b) {
  const struct ip6 *x = a;
  const struct ip6 *y = b;
  int order = memcmp(x->addr.bytes, y->addr.bytes, sizeof x->addr.bytes);
  return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

static int compare_nets(const void *a, const void *b) {
  return kz_segment_compare_nets(a, b);
}

struct addresses {
  struct kz_pair *ip4;
  struct kz_pair *scratch;
  size_t ip4_count;
  struct ip6 *ip6;
  size_t ip6_count;
  struct kz_net_entry *nets;
  size_t net_count;
};

/* A network of one address counts as the address. */
static void add_address(struct addresses *all, kz_str folded, uint32_t value) {
  struct kz_addr addr;
  if (kz_addr_parse(folded, &addr) != KZ_OK) {
    return;
  }
  if (addr.length == 4 && addr.prefix == 32) {
    all->ip4[all->ip4_count++] =
        (struct kz_pair){.key = kz_get_be32(addr.bytes), .payload = value};
  } else if (addr.length == 16 && addr.prefix == 128) {
    struct ip6 *ip6 = &all->ip6[all->ip6_count++];
    memcpy(ip6->addr.bytes, addr.bytes, sizeof ip6->addr.bytes);
    ip6->value = value;
  } else {
    struct kz_net_entry *net = &all->nets[all->net_count++];
    *net = (struct kz_net_entry){.value = value};
    kz_segment_net_key(&addr, net->base, &net->bits);
  }
}

static kz_rc set_addresses(struct kz_draft *d, const struct addresses *all,
                           struct kz_err *err) {
  uint32_t *ip4 = kz_draft_array(d, all->ip4_count, sizeof *ip4);
  uint32_t *ip4_value = kz_draft_array(d, all->ip4_count, sizeof *ip4_value);
  struct kz_ip6 *ip6 = kz_draft_array(d, all->ip6_count, sizeof *ip6);
  uint32_t *ip6_value = kz_draft_array(d, all->ip6_count, sizeof *ip6_value);
  if (!ip4 || !ip4_value || !ip6 || !ip6_value) {
    return no_memory(err);
  }
  for (size_t i = 0; i < all->ip4_count; i++) {
    ip4[i] = (uint32_t)all->ip4[i].key;
    ip4_value[i] = (uint32_t)all->ip4[i].payload;
  }
  for (size_t i = 0; i < all->ip6_count; i++) {
    ip6[i] = all->ip6[i].addr;
    ip6_value[i] = all->ip6[i].value;
  }
  kz_draft_set(d, KZ_SEC_IP4_ADDR, ip4, all->ip4_count * sizeof *ip4);
  kz_draft_set(d, KZ_SEC_IP4_VALUE, ip4_value,
               all->ip4_count * sizeof *ip4_value);
  kz_draft_set(d, KZ_SEC_IP6_ADDR, ip6, all->ip6_count * sizeof *ip6);
  kz_draft_set(d, KZ_SEC_IP6_VALUE, ip6_value,
               all->ip6_count * sizeof *ip6_value);
  kz_draft_set(d, KZ_SEC_NET, all->nets, all->net_count * sizeof *all->nets);
  return KZ_OK;
}

static kz_rc order_addresses(struct kz_draft *d, const uint8_t *kinds,
                             struct kz_err *err) {
  uint32_t n = d->class_start[KZ_CLASS_NAME + 1];
  size_t count = 0;
  for (uint32_t v = 0; v < n; v++) {
    count += kinds[v] != KZ_KIND_NAME;
  }
  struct addresses all = {
      .ip4 = kz_draft_array(d, count, sizeof *all.ip4),
      .scratch = kz_draft_array(d, count, sizeof *all.scratch),
      .ip6 = kz_draft_array(d, count, sizeof *all.ip6),
      .nets = kz_draft_array(d, count, sizeof *all.nets),
  };
  if (!all.ip4 || !all.scratch || !all.ip6 || !all.nets) {
    return no_memory(err);
  }
  for (uint32_t v = 0; v < n; v++) {
    if (kinds[v] != KZ_KIND_NAME) {
      add_address(&all, text_of(d, v), v);
    }
  }
  kz_order_pairs(all.ip4, all.scratch, all.ip4_count);
  qsort(all.ip6, all.ip6_count, sizeof *all.ip6, compare_ip6);
  qsort(all.nets, all.net_count, sizeof *all.nets, compare_nets);
  return set_addresses(d, &all, err);
}

/* Reversed names one after the other; a pair's payload is a name's number. */
struct names {
  uint64_t *key;
  uint32_t *value;
  uint64_t *at; /* [count + 1] in `text` */
  char *text;
  size_t count;
  struct kz_pair *pairs;
  struct kz_pair *scratch;
};

/* What follows the first `depth` bytes of a name. */
static kz_str rest_of(const struct names *names, const struct kz_pair *pair,
                      size_t depth) {
  uint64_t at = names->at[pair->payload];
  kz_str name = {names->text + at, (size_t)(names->at[pair->payload + 1] - at)};
  return kz_str_from(name, depth);
}

static void insert_names(const struct names *names, struct kz_pair *pairs,
                         size_t count, size_t depth) {
  for (size_t i = 1; i < count; i++) {
    struct kz_pair pair = pairs[i];
    kz_str rest = rest_of(names, &pair, depth);
    size_t at = i;
    while (at > 0 &&
           kz_str_cmp(rest_of(names, &pairs[at - 1], depth), rest) > 0) {
      pairs[at] = pairs[at - 1];
      at--;
    }
    pairs[at] = pair;
  }
}

/* Sorts pairs whose names agree in the first `depth` bytes, stably. It calls
 * itself for runs that agree in eight bytes more, so the longest name
 * (KZ_NAME_MAX) bounds the depth. */
static void sort_names(const struct names *names, struct kz_pair *pairs,
                       size_t count, size_t depth) {
  if (count <= INSERTION_MAX) {
    insert_names(names, pairs, count, depth);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    kz_str rest = rest_of(names, &pairs[i], depth);
    pairs[i].key = kz_order_prefix(rest.ptr, rest.len);
  }
  kz_order_pairs(pairs, names->scratch, count);
  size_t run = 0;
  for (size_t i = 1; i <= count; i++) {
    if (i < count && pairs[i].key == pairs[run].key) {
      continue;
    }
    /* The last byte is 0 where the name has ended: such names are equal. */
    if (i - run > 1 && pairs[run].key << 56 != 0) {
      sort_names(names, pairs + run, i - run, depth + 8);
    }
    run = i;
  }
}

/* The host that takes part in the order; empty when there is none. */
static kz_str host_of(const struct kz_draft *d, const uint8_t *kinds,
                      uint32_t value) {
  kz_str text = text_of(d, value);
  if (kinds[value] == KZ_KIND_NAME) {
    return text;
  }
  return kinds[value] == KZ_KIND_URL ? kz_order_host(text) : KZ_STR_NONE;
}

static void collect_names(const struct kz_draft *d, const uint8_t *kinds,
                          struct names *names) {
  uint64_t at = 0;
  for (uint32_t v = 0; v < d->class_start[KZ_CLASS_URL + 1]; v++) {
    size_t len = kz_order_reverse_name(host_of(d, kinds, v), names->text + at);
    if (len > 0) {
      names->value[names->count] = v;
      names->at[names->count] = at;
      names->pairs[names->count].payload = names->count;
      names->count++;
      at += len;
    }
  }
  names->at[names->count] = at;
}

static kz_rc order_names(struct kz_draft *d, const uint8_t *kinds,
                         struct kz_err *err) {
  const uint64_t *text_at = d->data[KZ_SEC_VALUE_TEXT_AT];
  size_t room = d->class_start[KZ_CLASS_URL + 1];
  struct names names = {
      .key = kz_draft_array(d, room, sizeof *names.key),
      .value = kz_draft_array(d, room, sizeof *names.value),
      .at = kz_draft_array(d, room + 1, sizeof *names.at),
      .text = kz_draft_array(d, (size_t)text_at[room], 1),
      .pairs = kz_draft_array(d, room, sizeof *names.pairs),
      .scratch = kz_draft_array(d, room, sizeof *names.scratch),
  };
  uint32_t *value = kz_draft_array(d, room, sizeof *value);
  if (!names.key || !names.value || !names.at || !names.text || !names.pairs ||
      !names.scratch || !value) {
    return no_memory(err);
  }
  collect_names(d, kinds, &names);
  sort_names(&names, names.pairs, names.count, 0);
  for (size_t i = 0; i < names.count; i++) {
    kz_str name = rest_of(&names, &names.pairs[i], 0);
    names.key[i] = kz_order_prefix(name.ptr, name.len);
    value[i] = names.value[names.pairs[i].payload];
  }
  kz_draft_set(d, KZ_SEC_NAME_KEY, names.key, names.count * sizeof *names.key);
  kz_draft_set(d, KZ_SEC_NAME_VALUE, value, names.count * sizeof *value);
  return KZ_OK;
}

kz_rc kz_build_orders(struct kz_draft *draft, const uint8_t *kinds,
                      struct kz_err *err) {
  kz_rc rc = order_addresses(draft, kinds, err);
  return rc == KZ_OK ? order_names(draft, kinds, err) : rc;
}
