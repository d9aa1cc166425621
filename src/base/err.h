/* Words for people about one failure.
 *
 * Written once where the cause is known, prefixed with context on the way up
 * ("import feed.json: line 3, column 9: ..."). The caller owns the struct,
 * usually on its stack; every function here takes NULL for "nobody reads it".
 */
#ifndef KZ_BASE_ERR_H
#define KZ_BASE_ERR_H

#include "base/rc.h"

enum { KZ_ERR_TEXT = 512 /* bytes, NUL included; longer text is cut */ };

struct kz_err {
  kz_rc rc;
  char text[KZ_ERR_TEXT];
};

#define KZ_ERR_NONE ((struct kz_err){.rc = KZ_OK, .text = ""})

/* Writes the words and returns `rc`, so that a failing function can end with
 * `return kz_err_set(err, KZ_E_IO, "...")`. */
kz_rc kz_err_set(struct kz_err *err, kz_rc rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the words that are there; returns err's rc. With no
 * err there is no rc to know: KZ_E_INTERNAL, so keep the code when it matters.
 */
kz_rc kz_err_prefix(struct kz_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
