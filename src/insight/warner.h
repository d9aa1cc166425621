/* All warninglists that are in force, made into one thing that says which of
 * them know a value.
 *
 * 530,000 entries are some 40 MB and a quarter of a second to build; a check
 * takes 0.3 microseconds (bench/insight/bench_warner.c). It is built once and
 * never altered: who changes a list builds another and swaps it, while others
 * go on with theirs. */
#ifndef KZ_INSIGHT_WARNER_H
#define KZ_INSIGHT_WARNER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/type.h"
#include "model/warninglist.h"

struct kz_warner;
struct kz_warner_eye;

/* Makes a warner of the lists, of which nothing is kept; a list is known by its
 * place in the array. Entries that are not what their list says (a network that
 * is none, a regular expression that cannot be read) are left out. One
 * reference is the caller's. */
KZ_MUST_USE kz_rc kz_warner_new(const struct kz_warninglist *lists,
                                size_t count, struct kz_warner **ret_warner,
                                struct kz_err *err);
struct kz_warner *kz_warner_ref(struct kz_warner *warner);
void kz_warner_unref(struct kz_warner *warner); /* NULL is fine */

/* How many entries were left out. */
size_t kz_warner_left_out(const struct kz_warner *warner);

/* What one thread needs to ask. It holds the warner. NULL when out of memory.
 */
struct kz_warner_eye *kz_warner_eye_new(struct kz_warner *warner);
void kz_warner_eye_free(struct kz_warner_eye *eye); /* NULL is fine */

struct kz_warner_hit {
  uint32_t list;
  kz_str match; /* the entry */
  kz_str value; /* what of the value it matched: all, or a part of "a|b" */
};

enum { KZ_WARNER_ANY = KZ_TYPE_COUNT /* a value of no type: all lists */ };

/* The lists that know the value, each once, as far as they look at values of
 * `type`. Returns their number; the hits live until the next check and as long
 * as `value`. Values above 64 KiB are not compared. */
size_t kz_warner_check(struct kz_warner_eye *eye, unsigned type, kz_str value,
                       const struct kz_warner_hit **ret_hits);

#endif
