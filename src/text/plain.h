/* Pasted text made plain, piece by piece, so that values in it can be
 * recognised by their bytes.
 *
 * Plain text is UTF-8 in which full-width forms are narrow, white space is ' '
 * or '\n', brackets and signs that are no part of any value (Japanese quotes,
 * commas, bullets, arrows, bytes that are no UTF-8) are KZ_PLAIN_BREAK,
 * zero-width characters are gone, HTML character references and - where the
 * whole text is JSON or quoted-printable - their escapes are undone, and so is
 * every bracket that defangs: evil[.]example, user(at)host, http[:]//. Each
 * byte knows where in the source it came from. */
#ifndef KZ_TEXT_PLAIN_H
#define KZ_TEXT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
  KZ_PLAIN_BREAK = 1,     /* a sign that stands in no value */
  KZ_PLAIN_SOFT_DOT = 2,  /* U+3002 between ASCII: a dot or a full stop */
  KZ_PLAIN_BYTES = 65536, /* of one piece; fits the second-level cache */
  KZ_PLAIN_SLACK = 16,    /* what one step may add past that, and the end */
};

/* One piece. It may be on the heap only (a third of a megabyte); one thread. */
struct kz_plain {
  kz_str source;
  size_t next; /* where in the source the next piece begins */
  bool is_json;
  bool is_quoted; /* quoted-printable */
  size_t len;
  char text[KZ_PLAIN_BYTES + KZ_PLAIN_SLACK];       /* '\n' from len on */
  uint32_t origin[KZ_PLAIN_BYTES + KZ_PLAIN_SLACK]; /* origin[len] is the end */
};

/* Begins with a source of at most UINT32_MAX bytes, which must outlive the
 * pieces. There is no piece yet. */
void kz_plain_open(struct kz_plain *plain, kz_str source);

/* Makes the next piece; false when the source is used up. A piece ends behind
 * a line if it can, else behind white space; only in text that has neither for
 * a quarter of a piece does it end anywhere. */
bool kz_plain_next(struct kz_plain *plain);

/* The bytes before `at`; '\n' before the first. */
static inline char kz_plain_before(const struct kz_plain *plain, size_t at) {
  return at > 0 ? plain->text[at - 1] : '\n';
}

#endif
