#include "net/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { HIGH_WATER = 10000, LINGER_MS = 200 };

struct kz_publisher {
  void *context;
  void *socket;
};

void kz_publisher_free(struct kz_publisher *publisher) {
  if (!publisher) {
    return;
  }
  if (publisher->socket) {
    (void)zmq_close(publisher->socket);
  }
  if (publisher->context) {
    (void)zmq_ctx_term(publisher->context);
  }
  free(publisher);
}

struct kz_publisher *kz_publisher_new(void) {
  struct kz_publisher *publisher = calloc(1, sizeof *publisher);
  int high = HIGH_WATER;
  int linger = LINGER_MS;
  if (!publisher) {
    return NULL;
  }
  publisher->context = zmq_ctx_new();
  publisher->socket =
      publisher->context ? zmq_socket(publisher->context, ZMQ_PUB) : NULL;
  if (!publisher->socket ||
      zmq_setsockopt(publisher->socket, ZMQ_SNDHWM, &high, sizeof high) != 0 ||
      zmq_setsockopt(publisher->socket, ZMQ_LINGER, &linger, sizeof linger) !=
          0) {
    kz_publisher_free(publisher);
    return NULL;
  }
  return publisher;
}

kz_rc kz_publisher_listen(struct kz_publisher *publisher, const char *address,
                          struct kz_err *err) {
  if (zmq_bind(publisher->socket, address) != 0) {
    return kz_err_set(err, KZ_E_IO, "%s: %s", address, zmq_strerror(errno));
  }
  return KZ_OK;
}

kz_rc kz_publisher_send(struct kz_publisher *publisher, const char *topic,
                        kz_str body, struct kz_err *err) {
  size_t name = strlen(topic);
  zmq_msg_t message;
  if (zmq_msg_init_size(&message, name + 1 + body.len) != 0) {
    return kz_err_set(err, KZ_E_MEMORY, "publisher: out of memory");
  }
  char *to = zmq_msg_data(&message);
  memcpy(to, topic, name);
  to[name] = ' ';
  if (body.len > 0) {
    memcpy(to + name + 1, body.ptr, body.len);
  }
  if (zmq_msg_send(&message, publisher->socket, ZMQ_DONTWAIT) < 0) {
    int why = errno;
    (void)zmq_msg_close(&message);
    return kz_err_set(err, KZ_E_IO, "publisher: %s", zmq_strerror(why));
  }
  return KZ_OK;
}
