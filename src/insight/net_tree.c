#include "insight/net_tree.h"

#include <stdbool.h>
#include <stdlib.h>

#define NONE UINT32_MAX

/* A network as 128 bits from the left (an IPv4 address has 32 of them) and its
 * prefix. Its lists stand in `lists` from `first` on, up to the next net's. */
struct net {
  uint64_t high;
  uint64_t low;
  uint32_t around; /* the narrowest net that holds this one; NONE */
  uint32_t first;
  uint8_t prefix;
};

/* One version of IP. */
struct side {
  struct net *nets; /* one more at the end, for its `first` */
  uint32_t *lists;
  size_t count;
};

struct kz_net_tree {
  struct side sides[2]; /* IPv4, IPv6 */
};

struct item {
  uint64_t high;
  uint64_t low;
  uint32_t list;
  uint8_t prefix;
};

static uint64_t read_word(const uint8_t *bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) {
    word |= (uint64_t)bytes[i] << (56 - 8 * i);
  }
  return word;
}

/* The word without the bits after the first `bits`. */
static uint64_t head(uint64_t word, unsigned bits) {
  return bits == 0 ? 0 : bits >= 64 ? word : word & ~(UINT64_MAX >> bits);
}

static struct item item_of(const struct kz_addr *addr, uint32_t list) {
  bool is_v4 = addr->length == 4;
  uint64_t high = read_word(addr->bytes, is_v4 ? 4 : 8);
  uint64_t low = is_v4 ? 0 : read_word(addr->bytes + 8, 8);
  unsigned prefix = addr->prefix;
  return (struct item){.high = head(high, prefix),
                       .low = prefix > 64 ? head(low, prefix - 64) : 0,
                       .prefix = addr->prefix,
                       .list = list};
}

static int compare(const void *a, const void *b) {
  const struct item *x = a;
  const struct item *y = b;
  if (x->high != y->high) {
    return x->high < y->high ? -1 : 1;
  }
  if (x->low != y->low) {
    return x->low < y->low ? -1 : 1;
  }
  if (x->prefix != y->prefix) {
    return x->prefix < y->prefix ? -1 : 1;
  }
  return x->list < y->list ? -1 : x->list > y->list;
}

static bool holds(const struct net *net, const struct item *item) {
  return net->prefix <= item->prefix &&
         head(item->high, net->prefix) == net->high &&
         (net->prefix <= 64 ? net->low == 0
                            : head(item->low, net->prefix - 64u) == net->low);
}

/* The narrowest net that holds the item, from `at` outwards. */
static uint32_t find_around(const struct side *side, uint32_t at,
                            const struct item *item) {
  while (at != NONE && !holds(&side->nets[at], item)) {
    at = side->nets[at].around;
  }
  return at;
}

static bool is_net(const struct net *net, const struct item *item) {
  return net->high == item->high && net->low == item->low &&
         net->prefix == item->prefix;
}

static kz_rc fill(struct side *side, struct item *items, size_t count) {
  qsort(items, count, sizeof *items, compare);
  side->nets = calloc(count + 1, sizeof *side->nets);
  side->lists = calloc(count + 1, sizeof *side->lists);
  if (!side->nets || !side->lists) {
    return KZ_E_MEMORY;
  }
  uint32_t listed = 0;
  for (size_t i = 0; i < count; i++) {
    const struct item *item = &items[i];
    struct net *last = side->count ? &side->nets[side->count - 1] : NULL;
    if (!last || !is_net(last, item)) {
      uint32_t before = last ? (uint32_t)side->count - 1 : NONE;
      side->nets[side->count++] =
          (struct net){.high = item->high,
                       .low = item->low,
                       .prefix = item->prefix,
                       .around = find_around(side, before, item),
                       .first = listed};
    } else if (side->lists[listed - 1] == item->list) {
      continue;
    }
    side->lists[listed++] = item->list;
  }
  side->nets[side->count].first = listed;
  return KZ_OK;
}

kz_rc kz_net_tree_new(const struct kz_net_item *items, size_t count,
                      struct kz_net_tree **ret_tree) {
  if (count >= NONE) {
    return KZ_E_MEMORY;
  }
  struct kz_net_tree *tree = calloc(1, sizeof *tree);
  struct item *own = calloc(count + 1, sizeof *own);
  kz_rc rc = tree && own ? KZ_OK : KZ_E_MEMORY;
  for (unsigned side = 0; rc == KZ_OK && side < 2; side++) {
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
      if ((items[i].addr.length == 4) == (side == 0)) {
        own[taken++] = item_of(&items[i].addr, items[i].list);
      }
    }
    rc = fill(&tree->sides[side], own, taken);
  }
  free(own);
  if (rc != KZ_OK) {
    kz_net_tree_free(tree);
    return rc;
  }
  *ret_tree = tree;
  return KZ_OK;
}

void kz_net_tree_free(struct kz_net_tree *tree) {
  for (unsigned i = 0; tree && i < 2; i++) {
    free(tree->sides[i].nets);
    free(tree->sides[i].lists);
  }
  free(tree);
}

static struct kz_addr addr_of(const struct net *net, uint8_t length) {
  struct kz_addr addr = {.length = length, .prefix = net->prefix};
  for (unsigned i = 0; i < length; i++) {
    uint64_t word = i < 8 ? net->high : net->low;
    addr.bytes[i] = (uint8_t)(word >> (56 - 8 * (i % 8)));
  }
  return addr;
}

/* The last net that stands at or before the item; NONE. */
static uint32_t find_before(const struct side *side, const struct item *item) {
  size_t low = 0;
  size_t high = side->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct net *net = &side->nets[middle];
    const struct item there = {.high = net->high,
                               .low = net->low,
                               .prefix = net->prefix,
                               .list = item->list};
    if (compare(&there, item) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? NONE : (uint32_t)low - 1;
}

void kz_net_tree_find(const struct kz_net_tree *tree,
                      const struct kz_addr *addr, kz_net_visit *visit,
                      void *ctx) {
  const struct side *side = &tree->sides[addr->length == 4 ? 0 : 1];
  const struct item item = item_of(addr, 0);
  uint32_t at = find_around(side, find_before(side, &item), &item);
  for (; at != NONE; at = side->nets[at].around) {
    const struct net *net = &side->nets[at];
    const struct kz_addr found = addr_of(net, addr->length);
    for (uint32_t i = net->first; i < net[1].first; i++) {
      visit(ctx, side->lists[i], &found);
    }
  }
}
