/* A streaming JSON writer over a kz_buf.
 *
 * It puts the commas and the escapes; the caller keeps the order of calls
 * valid (asserted: keys stand in objects, values after keys or in arrays, ends
 * match). Output is compact UTF-8 with the shortest escapes; each byte that is
 * not part of UTF-8 becomes U+FFFD. At the top level values may follow one
 * another, with what the caller puts between them (NDJSON). To stream, drain
 * and clear the buffer between calls: the writer holds no pointer into it.
 * Failures stick to the buffer (kz_buf_failed). One thread at a time. */
#ifndef KZ_BASE_JSONW_H
#define KZ_BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { KZ_JSONW_DEPTH_MAX = 64 };

struct kz_json_scan;

/* Private to jsonw.c; here so that it can live on the stack. */
struct kz_jsonw {
  struct kz_buf *out;
  const struct kz_json_scan *scan;
  uint64_t filled;  /* bit per depth: something was written at this depth */
  uint64_t objects; /* bit per depth: an object is open, not an array */
  unsigned depth;
  bool after_key;
};

/* Begins with nothing open. `out` must outlive the writer. */
void kz_jsonw_init(struct kz_jsonw *w, struct kz_buf *out);

void kz_jsonw_object(struct kz_jsonw *w);
void kz_jsonw_object_end(struct kz_jsonw *w);
void kz_jsonw_array(struct kz_jsonw *w);
void kz_jsonw_array_end(struct kz_jsonw *w);

void kz_jsonw_key(struct kz_jsonw *w, kz_str key);
void kz_jsonw_str(struct kz_jsonw *w, kz_str value);
void kz_jsonw_bool(struct kz_jsonw *w, bool value);
void kz_jsonw_null(struct kz_jsonw *w);
void kz_jsonw_u64(struct kz_jsonw *w, uint64_t value);
void kz_jsonw_i64(struct kz_jsonw *w, int64_t value);
/* A number with the fewest digits that read back the same; NaN and infinity are
 * written as null. */
void kz_jsonw_double(struct kz_jsonw *w, double value);
/* A decimal number as a string, as MISP sends ids: "5". */
void kz_jsonw_u64_str(struct kz_jsonw *w, uint64_t value);
/* A whole JSON value that is known to be valid, as it stands. */
void kz_jsonw_raw(struct kz_jsonw *w, kz_str json);

/* Members that are known to be valid, as they stand ("a":1,"b":{}), where a key
 * is due; none when empty. */
void kz_jsonw_raw_members(struct kz_jsonw *w, kz_str members);

/* Key and value in one call. */
void kz_jsonw_member_str(struct kz_jsonw *w, kz_str key, kz_str value);
void kz_jsonw_member_bool(struct kz_jsonw *w, kz_str key, bool value);
void kz_jsonw_member_u64(struct kz_jsonw *w, kz_str key, uint64_t value);
void kz_jsonw_member_i64(struct kz_jsonw *w, kz_str key, int64_t value);
void kz_jsonw_member_u64_str(struct kz_jsonw *w, kz_str key, uint64_t value);

#endif
