/* Pieces of text of several lists, asked for those that stand in a text: one
 * pass over it, whatever their number.
 *
 * An automaton after Aho and Corasick (1975) with its transitions in a hash
 * table; 8,400 pieces take 12 MB. Hyperscan, which does the same, took some 20
 * microseconds for a mail address, for it checks the many candidates that
 * common endings give one by one; with this bench_warner does three times as
 * many checks. Pieces and texts are folded by the caller. Built once, then read
 * by any thread. */
#ifndef KZ_INSIGHT_PIECE_SET_H
#define KZ_INSIGHT_PIECE_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_piece {
  kz_str text; /* folded, not empty */
  uint32_t list;
};

struct kz_piece_set;

/* The texts are copied; empty ones are passed over. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_piece_set_new(const struct kz_piece *pieces, size_t count,
                                   struct kz_piece_set **ret_set);
void kz_piece_set_free(struct kz_piece_set *set); /* NULL is fine */

/* Calls `visit` for each place where a piece ends in `text`; the piece's text
 * lives as long as the set. */
typedef void kz_piece_visit(void *ctx, uint32_t list, kz_str piece);
void kz_piece_set_find(const struct kz_piece_set *set, kz_str text,
                       kz_piece_visit *visit, void *ctx);

#endif
