/* Networks of several lists, asked for those that an address or a network lies
 * in.
 *
 * Networks nest or are apart, so in order of their first address the one before
 * an address, or one of those around that one, holds it: a binary search and a
 * walk up, some 150 ns among 140,000 networks. Built once, then only read, by
 * any thread. */
#ifndef KZ_INSIGHT_NET_TREE_H
#define KZ_INSIGHT_NET_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "model/addr.h"

/* A network of one list, as it is collected. Bits after the prefix count
 * nothing. */
struct kz_net_item {
  struct kz_addr addr;
  uint32_t list;
};

struct kz_net_tree;

/* The caller owns the tree; the items are not kept. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_net_tree_new(const struct kz_net_item *items, size_t count,
                                  struct kz_net_tree **ret_tree);
void kz_net_tree_free(struct kz_net_tree *tree); /* NULL is fine */

/* Calls `visit` with each network that `addr` lies in, narrowest first. */
typedef void kz_net_visit(void *ctx, uint32_t list, const struct kz_addr *net);
void kz_net_tree_find(const struct kz_net_tree *tree,
                      const struct kz_addr *addr, kz_net_visit *visit,
                      void *ctx);

#endif
