/* What the tests of the server share: a server with paths to try, and a client
 * that speaks bytes, so that it can speak them wrongly. */
#ifndef KZ_TESTS_UNIT_NET_WIRE_H
#define KZ_TESTS_UNIT_NET_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/serve.h"

enum { WIRE_REPLY_MAX = 64 << 20 /* bytes */ };

/* What the server's paths leave behind for the tests. */
struct wire_marks {
  _Atomic int handled;
  _Atomic int stream_closed;
  _Atomic int stream_how; /* of the last one closed */
  _Atomic int gave_up;    /* /until-stopped */
};

/* Defaults, 127.0.0.1, a free port, and these paths:
 *   /hello                  "hello"
 *   /echo                   the body
 *   /peer                   "<peer> local|remote tls|plain"
 *   /json?n=                n rows of JSON, whole
 *   /stream?n=              n pieces of 64 KiB of text
 *   /lines?n=               n pieces "line <i>\n"
 *   /fail, /fail-late       streams that fail at the first, the third piece
 *   /broken                 a reply that failed
 *   /slow?ms=               "slow" after that time
 *   /until-stopped          "stopped" when the server is stopping */
struct kz_serve_config wire_config(struct wire_marks *marks);

/* Starts; fails the test when that fails. */
struct kz_serve *wire_start(const struct kz_serve_config *config);

/* A connection whose reads give up after 20 s. */
int wire_dial(uint16_t port);
/* The same where nobody may listen: -1 then. */
int wire_try_dial(uint16_t port);
void wire_send(int fd, const char *text);
void wire_send_bytes(int fd, kz_str bytes);

struct wire_reply {
  unsigned status; /* 0: the connection ended before one */
  struct kz_buf head;
  struct kz_buf body; /* chunks put together */
  bool is_cut;        /* ended in the middle */
};

/* Reads one reply and not a byte more; `is_head`: it has no body. */
void wire_read(int fd, bool is_head, struct wire_reply *ret);
void wire_reply_done(struct wire_reply *reply);
/* A header's value, ptr NULL when absent. */
kz_str wire_header(const struct wire_reply *reply, const char *name);

/* Sends, reads one reply, gives its status and its body if wanted. */
unsigned wire_ask(int fd, const char *text, struct kz_buf *body);

/* Whether the server closed the connection (waits for it up to 20 s). */
bool wire_is_closed(int fd);

void wire_nap_ms(int ms);

#endif
