/* The answer to one request: a status, headers, and a body that is whole or
 * made while it is sent.
 *
 * The server owns the reply and gives it to the handler empty: 200, no headers,
 * no body. Functions that fail leave the reply as it was and remember it: the
 * client then gets a 500 rather than half of an answer, so a handler need not
 * look at each of them. */
#ifndef KZ_NET_REPLY_H
#define KZ_NET_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/request.h"

enum {
  KZ_REPLY_HEADERS_MAX = 24,
  KZ_STREAM_CHUNK = 64 << 10,    /* bytes; a good size for one fill */
  KZ_STREAM_CHUNK_MAX = 8 << 20, /* bytes; what one fill may append */
};

/* A body made piece by piece, when the client has taken the piece before.
 *
 * Calls never overlap but may come from different threads. A fill may block:
 * it holds up nobody but the worker it runs on. */
struct kz_stream {
  void *ctx;
  /* Appends the next piece to `out`, which is empty: about KZ_STREAM_CHUNK
   * bytes, or less when they should be sent at once. KZ_OK: call again; KZ_END:
   * that was all. A failure before the first byte becomes a 500; later the
   * connection is cut, so that the client notices. */
  kz_rc (*fill)(void *ctx, struct kz_buf *out);
  /* Called once, after the last fill, also when there was none (HEAD). `how` is
   * KZ_END (all was made), the failure of fill, KZ_E_IO (the client went away)
   * or KZ_E_STOPPED (the server stops, or sends another body). Must not block.
   */
  void (*close)(void *ctx, kz_rc how);
};

enum kz_body_kind {
  KZ_BODY_NONE,
  KZ_BODY_TEXT,  /* borrowed */
  KZ_BODY_OWNED, /* the reply's buffer */
  KZ_BODY_STREAM,
};

/* To be written by the functions below; the server reads it. */
struct kz_reply {
  struct kz_arena *arena; /* the request's */
  unsigned status;
  struct kz_param headers[KZ_REPLY_HEADERS_MAX]; /* names and values end with a
                                                    NUL after their length */
  size_t header_count;
  enum kz_body_kind kind;
  kz_str text;
  struct kz_buf owned;
  struct kz_stream stream;
  bool failed;
};

void kz_reply_init(struct kz_reply *reply, struct kz_arena *arena);
/* Frees an owned body and closes a stream that was not begun, with `how`. */
void kz_reply_done(struct kz_reply *reply, kz_rc how);

/* 200 to 599. */
void kz_reply_status(struct kz_reply *reply, unsigned status);

/* Adds a header; both texts are copied. Refused (the reply fails): a name that
 * is no token, a value with control bytes, and what only the server may say:
 * Content-Length, Transfer-Encoding, Connection. */
void kz_reply_header(struct kz_reply *reply, kz_str name, kz_str value);

/* The body, one of three; a second call replaces the first. `type` is the
 * Content-Type ("" for none).
 * _text: borrowed, must live as long as the request: static or in its arena.
 * _take: the reply takes the bytes of `buf`, which is empty afterwards; if
 * `buf` had failed, so does the reply. */
void kz_reply_text(struct kz_reply *reply, kz_str type, kz_str text);
void kz_reply_take(struct kz_reply *reply, kz_str type, struct kz_buf *buf);
void kz_reply_stream(struct kz_reply *reply, kz_str type,
                     const struct kz_stream *stream);

/* Status and {"status":413,"message":"..."}: what the server itself answers
 * with. Drops a body and the headers that were set before. */
void kz_reply_error(struct kz_reply *reply, unsigned status, kz_str message);

/* Sets ETag to W/"tag" (weak, because gzip may come between; `tag` is printable
 * without quotes, at most 4096 bytes) and returns true when a client that GETs
 * has just that: then the reply is a 304 and needs no body. */
bool kz_reply_etag(struct kz_reply *reply, const struct kz_request *request,
                   kz_str tag);

/* Whether a header of that name (any case) was set. */
bool kz_reply_has(const struct kz_reply *reply, kz_str name);
/* Whether the body is of a kind that gzip makes smaller: text, JSON, XML and
 * their like, not coded already. */
bool kz_reply_is_packable(const struct kz_reply *reply);

#endif
