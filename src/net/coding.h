/* Content codings: what a request's body was packed with, and gzip for replies.
 *
 * Unpacking is hostile ground: a few bytes may ask for gigabytes. It has a
 * ceiling for what comes out and one for how many times larger than the input
 * that may be. */
#ifndef KZ_NET_CODING_H
#define KZ_NET_CODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_coding {
  KZ_CODING_IDENTITY,
  KZ_CODING_GZIP,
  KZ_CODING_DEFLATE,
  KZ_CODING_BROTLI,
};

enum {
  /* Output beyond the first FREE bytes may be at most RATIO_MAX times the
   * input. Published MISP events pack 3 to 23 times, a bomb 1000 times. */
  KZ_CODING_RATIO_MAX = 100,
  KZ_CODING_RATIO_FREE = 1 << 20, /* bytes */
};

/* The coding a Content-Encoding header names (NULL or "": identity).
 * KZ_E_UNSUPPORTED for others and for several on top of each other. */
KZ_MUST_USE kz_rc kz_coding_of(kz_str header, enum kz_coding *ret,
                               struct kz_err *err);

/* Appends what `packed` unpacks to. KZ_E_LIMIT past out->max or the ratio,
 * KZ_E_INPUT when it is damaged, cut short or followed by something else. */
KZ_MUST_USE kz_rc kz_unpack(kz_str packed, enum kz_coding coding,
                            struct kz_buf *out, struct kz_err *err);

/* Whether an Accept-Encoding header (NULL: none) lets us answer with gzip. */
bool kz_accepts_gzip(kz_str header);

/* One gzip stream. One thread at a time. */
struct kz_gzip;

/* The caller owns it. NULL when out of memory. */
struct kz_gzip *kz_gzip_new(void);
void kz_gzip_free(struct kz_gzip *gzip);

enum kz_gzip_flush {
  KZ_GZIP_KEEP, /* more follows at once */
  KZ_GZIP_SEND, /* all that was added can be unpacked from what is out */
  KZ_GZIP_END,  /* nothing follows */
};

/* Packs `bytes` and appends to `out`. KZ_E_MEMORY when `out` is full. */
KZ_MUST_USE kz_rc kz_gzip_add(struct kz_gzip *gzip, kz_str bytes,
                              enum kz_gzip_flush flush, struct kz_buf *out);

#endif
