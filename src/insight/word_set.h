/* Words of several lists, asked for those that equal a text.
 *
 * An open table of (32 bits of the hash, entry); equal words of different
 * lists hang on one another. Some 50 bytes a word with its text. Words are
 * folded by the caller. Added by one thread, then read by any. */
#ifndef KZ_INSIGHT_WORD_SET_H
#define KZ_INSIGHT_WORD_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

struct kz_word_set;

enum { KZ_WORD_MAX = 0xFFFF /* bytes of a word */ };

/* Room for `count` words of `bytes` together. NULL when out of memory. */
struct kz_word_set *kz_word_set_new(size_t count, size_t bytes);
void kz_word_set_free(struct kz_word_set *set); /* NULL is fine */

/* Copies the word. KZ_E_LIMIT when there is no room for it. */
KZ_MUST_USE kz_rc kz_word_set_add(struct kz_word_set *set, kz_str word,
                                  uint32_t list);

/* Calls `visit` for each list that has the word, whose text lives as long as
 * the set. A list may come twice. */
typedef void kz_word_visit(void *ctx, uint32_t list, kz_str word);
void kz_word_set_find(const struct kz_word_set *set, kz_str text,
                      kz_word_visit *visit, void *ctx);

#endif
