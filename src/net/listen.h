/* Sockets that wait for clients. */
#ifndef KZ_NET_LISTEN_H
#define KZ_NET_LISTEN_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"

/* Listens on an address or name ("127.0.0.1", "::", "localhost") and port (0: a
 * free one). The descriptor is the caller's, does not block and is closed on
 * exec. KZ_E_BUSY when somebody listens there, KZ_E_INPUT for a name that is
 * none, else KZ_E_IO. */
KZ_MUST_USE kz_rc kz_listen_tcp(const char *host, uint16_t port, int *ret_fd,
                                struct kz_err *err);

/* The port a TCP socket listens on. */
uint16_t kz_listen_port(int fd);

/* Listens on a Unix socket that only its owner may use (mode 0600). A socket
 * that a dead process left is replaced; one that somebody listens on is
 * KZ_E_BUSY; anything else at that path is left alone: KZ_E_CONFLICT. */
KZ_MUST_USE kz_rc kz_listen_unix(const char *path, int *ret_fd,
                                 struct kz_err *err);

#endif
