/* Which handler answers which path: a table the program is printed from.
 *
 * A table is static rows, one a method and path. A pattern's segments are text,
 * "{name}" for any one segment, or at the end "{name*}" for the rest, none
 * included. Text is preferred to a name and a name to a rest, from the left; so
 * the order of rows does not matter. GET rows answer HEAD too. The OpenAPI
 * document is printed from the same rows and cannot say anything else. */
#ifndef KZ_NET_ROUTE_H
#define KZ_NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "net/reply.h"
#include "net/request.h"

enum { KZ_ROUTE_CAPTURES_MAX = 8 /* names of one pattern */ };

/* Where a documented parameter stands. */
enum kz_route_in { KZ_ROUTE_IN_QUERY, KZ_ROUTE_IN_HEADER, KZ_ROUTE_IN_BODY };

/* One parameter, for people. Those of the path document themselves. */
struct kz_route_param {
  const char *name;
  enum kz_route_in in; /* IN_BODY: a member of the JSON body */
  const char *type;    /* of JSON schema: "string", "integer", "array" ... */
  bool is_required;
  const char *summary;
};

/* What was found for a request; borrowed from table and request. */
struct kz_route_match {
  const struct kz_route *route;
  struct kz_param captures[KZ_ROUTE_CAPTURES_MAX];
  size_t capture_count;
  size_t rest; /* the segment "{name*}" begins at; segment_count when none */
};

/* `ctx` is what the caller of the handler passes: the table does not know it.
 */
typedef void kz_route_handler(void *ctx, const struct kz_request *request,
                              const struct kz_route_match *match,
                              struct kz_reply *reply);

struct kz_route {
  enum kz_method method;
  const char *pattern;
  kz_route_handler *handle;
  bool needs_key;
  bool is_quick; /* see kz_serve_quick */
  const char *tag;
  const char *summary;
  const struct kz_route_param *params; /* NULL: none */
  size_t param_count;
};

struct kz_route_table {
  const struct kz_route *routes;
  size_t count;
};

enum kz_route_found {
  KZ_ROUTE_FOUND,
  KZ_ROUTE_NO_PATH,   /* 404 */
  KZ_ROUTE_NO_METHOD, /* 405: the path is there, with other methods */
};

/* Finds the best row. `*ret` is only set when found. Costs a look at each row:
 * 5 us with 200 rows. */
enum kz_route_found kz_route_find(const struct kz_route_table *table,
                                  const struct kz_request *request,
                                  struct kz_route_match *ret);

/* What a pattern's name stands for in this request; ptr is NULL when it has no
 * such name. For "{name*}" the rest as the client wrote it, not decoded. */
kz_str kz_route_capture(const struct kz_route_match *match, kz_str name);

/* Answers 404, 405 with Allow, or, to OPTIONS, 204 with Allow. */
void kz_route_refuse(const struct kz_route_table *table,
                     const struct kz_request *request, struct kz_reply *reply);

struct kz_route_info {
  const char *title;
  const char *version;
  const char *summary;
};

/* Writes the table as an OpenAPI 3.1 document. Rows without a summary are not
 * mentioned. */
void kz_route_openapi(const struct kz_route_table *table,
                      const struct kz_route_info *info, struct kz_jsonw *w);

#endif
