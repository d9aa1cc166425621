/* One HTTP request as a handler sees it, and the pure functions that read the
 * parts a client may write crookedly.
 *
 * Everything in it is borrowed: it lives until the reply is sent, in the
 * server's memory or in `arena`, which the handler may use for its own things.
 * Nothing is decoded twice. What could mean two things to two readers is
 * refused here, once: dot segments, empty segments, bad percent signs, control
 * bytes, text that is not UTF-8. A handler never sees them. */
#ifndef KZ_NET_REQUEST_H
#define KZ_NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum {
  KZ_REQUEST_SEGMENTS_MAX = 64,
  KZ_REQUEST_PARAMS_MAX = 256,  /* of one query */
  KZ_REQUEST_HEADERS_MAX = 128, /* of one request */
};

enum kz_method {
  KZ_METHOD_GET,
  KZ_METHOD_HEAD,
  KZ_METHOD_POST,
  KZ_METHOD_PUT,
  KZ_METHOD_PATCH,
  KZ_METHOD_DELETE,
  KZ_METHOD_OPTIONS,
  KZ_METHOD_OTHER, /* any other word */
};

struct kz_serve;

/* A name and what it is set to: of a query, a form or a header. */
struct kz_param {
  kz_str name;
  kz_str value;
};

struct kz_request {
  enum kz_method method;
  kz_str path;            /* as the client wrote it, without the query */
  const kz_str *segments; /* decoded; "/" has none, a slash at the end adds
                             none */
  size_t segment_count;
  const struct kz_param *query; /* decoded, in the client's order */
  size_t query_count;
  const struct kz_param *headers; /* as they came, in their order */
  size_t header_count;
  kz_str body;   /* whole, its Content-Encoding undone */
  kz_str peer;   /* the client's address as text; "" over the Unix socket */
  bool is_local; /* came over the Unix socket */
  bool is_tls;
  uint32_t local_uid;            /* who is at the other end, when is_local */
  struct kz_arena *arena;        /* has a ceiling; ends with the request */
  const struct kz_serve *server; /* for kz_serve_is_stopping */
};

/* The method of a word, case-sensitive as HTTP has it. */
enum kz_method kz_method_of(kz_str word);
/* Its word; KZ_METHOD_OTHER has none ("OTHER"). Static text. */
kz_str kz_method_name(enum kz_method method);

/* The first parameter of that name; ptr is NULL when there is none, so that
 * "absent" and "empty" differ. */
kz_str kz_request_query(const struct kz_request *request, kz_str name);
/* The first header of that name, in any case. Also NULL when absent. */
kz_str kz_request_header(const struct kz_request *request, kz_str name);

/* Undoes %xx, and '+' for a space where `is_form` says so. Without any, `*ret`
 * points into `text`. KZ_E_INPUT for a bad %xx, a byte below 0x20, 0x7f, or a
 * result that is not UTF-8; KZ_E_MEMORY when the arena is full. */
KZ_MUST_USE kz_rc kz_percent_decode(kz_str text, bool is_form,
                                    struct kz_arena *arena, kz_str *ret,
                                    struct kz_err *err);

/* Reads "a=1&b=2" (a query, or a form's body; there line breaks and tabs are
 * allowed in values). A name without '=' is set to "", empty pieces are
 * skipped. KZ_E_LIMIT past KZ_REQUEST_PARAMS_MAX. */
KZ_MUST_USE kz_rc kz_query_parse(kz_str text, struct kz_arena *arena,
                                 const struct kz_param **ret_params,
                                 size_t *ret_count, struct kz_err *err);

/* Reads the target of a request line ("/a/b?x=1", also "http://host/a/b") into
 * path, segments and query; request->arena must be set. On failure the request
 * is as before. */
KZ_MUST_USE kz_rc kz_target_parse(kz_str target, struct kz_request *request,
                                  struct kz_err *err);

/* Whether the headers frame the body in one way only and are made of legal
 * bytes: no second Content-Length, no Content-Length beside Transfer-Encoding,
 * no coding but "chunked". KZ_E_INPUT or, for another transfer coding,
 * KZ_E_UNSUPPORTED. */
KZ_MUST_USE kz_rc kz_headers_check(const struct kz_param *headers, size_t count,
                                   struct kz_err *err);

#endif
