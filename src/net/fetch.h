/* Fetches over HTTP and HTTPS from hosts that the user named: feeds, other
 * servers.
 *
 * Many transfers are in flight at once over kept connections; answers come one
 * by one, whole, in the order they end. A redirect is followed only to the host
 * that was asked, never from https to http. Every answer has a ceiling, counted
 * after unpacking, and a time limit. One thread at a time. */
#ifndef KZ_NET_FETCH_H
#define KZ_NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "net/request.h"

struct kz_fetch;

/* Texts are copied. */
struct kz_fetch_config {
  size_t body_max;    /* bytes of one answer */
  unsigned timeout_s; /* of one transfer */
  unsigned redirects; /* followed at most */
  unsigned parallel;  /* transfers in flight */
  kz_str ca_file;     /* authorities to trust; empty: the system's */
  kz_str proxy;       /* empty: none, whatever the environment says */
  bool is_insecure;   /* takes any certificate (self-signed servers) */
  bool
      only_loopback; /* refuses all hosts but this machine, before any lookup */
  bool no_private;   /* refuses loopback and private addresses */
};

KZ_MUST_USE kz_rc kz_fetch_new(const struct kz_fetch_config *config,
                               struct kz_fetch **ret_fetch, struct kz_err *err);
void kz_fetch_free(struct kz_fetch *fetch); /* NULL is fine */

/* What is asked for. All is borrowed until its answer came. */
struct kz_fetch_ask {
  enum kz_method method;
  kz_str url; /* http:// or https:// */
  const struct kz_param *headers;
  size_t header_count;
  kz_str body;
  kz_str etag;     /* of the copy one has; empty: none */
  kz_str modified; /* its Last-Modified */
  void *tag;       /* the caller's */
};

/* What came. Borrowed for the call. */
struct kz_fetch_got {
  void *tag;
  kz_rc rc; /* KZ_OK with any status; KZ_E_IO, KZ_E_LIMIT, KZ_E_DENIED */
  const char *words; /* what failed; "" when nothing */
  unsigned status;
  kz_str body;
  kz_str etag;
  kz_str modified;
};

/* Who asks and is answered. `next` gives the next thing to ask for, KZ_END when
 * there is none any more, KZ_NOT_FOUND when there is none before another answer
 * came; a failure of either ends the run with it. */
struct kz_fetch_client {
  void *ctx;
  kz_rc (*next)(void *ctx, struct kz_fetch_ask *ret_ask);
  kz_rc (*take)(void *ctx, const struct kz_fetch_got *got);
  bool (*is_stopped)(void *ctx); /* NULL: never; ends with KZ_E_STOPPED */
};
KZ_MUST_USE kz_rc kz_fetch_run(struct kz_fetch *fetch,
                               const struct kz_fetch_client *client,
                               struct kz_err *err);

/* One thing alone: its body into `out`, its tags appended to `etag` and
 * `modified` when these are not NULL. Fails as kz_fetch_got.rc says, with the
 * URL's host in the words; any status is KZ_OK. */
KZ_MUST_USE kz_rc kz_fetch_one(struct kz_fetch *fetch,
                               const struct kz_fetch_ask *ask,
                               bool (*is_stopped)(void *ctx), void *ctx,
                               unsigned *ret_status, struct kz_buf *out,
                               struct kz_buf *etag, struct kz_buf *modified,
                               struct kz_err *err);

#endif
