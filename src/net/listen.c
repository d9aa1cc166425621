/* The Unix socket gets its mode before it gets its name (Linux takes the mode
 * of the socket for the new file), so there is no moment in which another user
 * could connect. */
#include "net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 /* clients that wait to be accepted */ };

static kz_rc fail(struct kz_err *err, const char *where, const char *what) {
  int why = errno;
  return kz_err_set(err, why == EADDRINUSE ? KZ_E_BUSY : KZ_E_IO,
                    "%s: cannot %s: %s", where, what, strerror(why));
}

/* Closes `fd` and keeps errno for the words. */
static kz_rc fail_closing(int fd, struct kz_err *err, const char *where,
                          const char *what) {
  kz_rc rc = fail(err, where, what);
  (void)close(fd);
  return rc;
}

static int open_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static kz_rc listen_address(const struct addrinfo *address, const char *where,
                            int *ret_fd, struct kz_err *err) {
  int fd = open_socket(address->ai_family);
  if (fd < 0) {
    return fail(err, where, "make a socket");
  }
  int on = 1;
  int off = 0;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->ai_family == AF_INET6) {
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
      listen(fd, BACKLOG) != 0) {
    return fail_closing(fd, err, where, "listen");
  }
  *ret_fd = fd;
  return KZ_OK;
}

kz_rc kz_listen_tcp(const char *host, uint16_t port, int *ret_fd,
                    struct kz_err *err) {
  char where[NI_MAXHOST + 8];
  char service[8];
  (void)snprintf(where, sizeof where, strchr(host, ':') ? "[%s]:%u" : "%s:%u",
                 host, port);
  (void)snprintf(service, sizeof service, "%u", port);
  struct addrinfo hints = {
      .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
      .ai_family = AF_UNSPEC,
      .ai_socktype = SOCK_STREAM,
  };
  struct addrinfo *found = NULL;
  int state = getaddrinfo(host, service, &hints, &found);
  if (state != 0) {
    return kz_err_set(err, KZ_E_INPUT, "%s: %s", where, gai_strerror(state));
  }
  kz_rc rc = listen_address(found, where, ret_fd, err);
  freeaddrinfo(found);
  return rc;
}

uint16_t kz_listen_port(int fd) {
  struct sockaddr_storage address = {0};
  socklen_t len = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    return 0;
  }
  if (address.ss_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, &address, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  struct sockaddr_in v4;
  memcpy(&v4, &address, sizeof v4);
  return ntohs(v4.sin_port);
}

/* Removes what a dead process left at the path. */
static kz_rc clear_path(const struct sockaddr_un *address, struct kz_err *err) {
  const char *path = address->sun_path;
  struct stat st;
  if (lstat(path, &st) != 0) {
    return errno == ENOENT ? KZ_OK : fail(err, path, "look");
  }
  if (!S_ISSOCK(st.st_mode)) {
    return kz_err_set(err, KZ_E_CONFLICT, "%s: is there and no socket", path);
  }
  int fd = open_socket(AF_UNIX);
  if (fd < 0) {
    return fail(err, path, "make a socket");
  }
  int state = connect(fd, (const struct sockaddr *)address, sizeof *address);
  bool is_dead = state != 0 && errno == ECONNREFUSED;
  (void)close(fd);
  if (!is_dead) {
    return kz_err_set(err, KZ_E_BUSY, "%s: another process listens there",
                      path);
  }
  return unlink(path) == 0 ? KZ_OK : fail(err, path, "remove the old socket");
}

kz_rc kz_listen_unix(const char *path, int *ret_fd, struct kz_err *err) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof address.sun_path) {
    return kz_err_set(err, KZ_E_INPUT,
                      "%s: the path of a Unix socket has 1 to %zu bytes", path,
                      sizeof address.sun_path - 1);
  }
  memcpy(address.sun_path, path, len);
  kz_rc rc = clear_path(&address, err);
  if (rc != KZ_OK) {
    return rc;
  }
  int fd = open_socket(AF_UNIX);
  if (fd < 0) {
    return fail(err, path, "make a socket");
  }
  if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
      bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    return fail_closing(fd, err, path, "bind");
  }
  if (listen(fd, BACKLOG) != 0) {
    return fail_closing(fd, err, path, "listen");
  }
  *ret_fd = fd;
  return KZ_OK;
}
