/* The thread owns the publisher, as a ZeroMQ socket belongs to one thread, and
 * opens it anew when the settings say another address. */
#include "work/hooks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "net/publisher.h"
#include "work/courier.h"
#include "work/settings.h"

enum {
  QUEUE = 4096,
  MESSAGE_MAX = 1 << 28,
  ADDRESS_BYTES = 512,
  SOCKET_PATH_MAX = 100, /* of what a Unix socket's address holds */
};

#define TICK_US KZ_SECOND_US
#define SELF_US (10 * KZ_SECOND_US) /* MISP's rhythm */

struct kz_hooks {
  struct kz_house *house;
  struct kz_queue *queue;
  pthread_t thread;
  bool has_thread;
  struct kz_courier *courier;
  struct kz_publisher *publisher; /* the thread's */
  char address[ADDRESS_BYTES];    /* of TCP, as it was asked for; "": none */
  int64_t self_us;                /* when "self" goes out next */
  _Atomic bool is_running;
  _Atomic bool is_listening;
  _Atomic bool is_on_tcp;
  _Atomic uint64_t told;
  _Atomic uint64_t dropped;
  _Atomic uint64_t published;
  int64_t started_us;
};

/* --- the publisher ---------------------------------------------------------
 */

static void listen_beside(struct kz_hooks *hooks, struct kz_err *err) {
  char address[ADDRESS_BYTES];
  const char *store = kz_store_path(hooks->house->store);
  if (strlen(store) > SOCKET_PATH_MAX - 4) {
    return;
  }
  (void)snprintf(address, sizeof address, "ipc://%s/zmq", store);
  if (kz_publisher_listen(hooks->publisher, address, err) == KZ_OK) {
    (void)chmod(address + 6, S_IRUSR | S_IWUSR);
    hooks->is_listening = true;
  }
}

/* The address on TCP that the settings want; "": none. */
static void read_address(struct kz_hooks *hooks, char out[ADDRESS_BYTES]) {
  struct kz_settings *settings = hooks->house->settings;
  out[0] = '\0';
  if (!kz_settings_flag(settings, KZ_SETTING_zmq_enable)) {
    return;
  }
  KZ_ARENA(arena, 1 << 20);
  kz_str host = arena ? kz_settings_text(settings, KZ_SETTING_zmq_host, arena)
                      : KZ_STR_NONE;
  long long port = kz_settings_number(settings, KZ_SETTING_zmq_port);
  bool is_v6 = kz_str_find_byte(host, ':') != SIZE_MAX;
  if (host.len > 0 && host.len < 256) {
    (void)snprintf(out, ADDRESS_BYTES,
                   is_v6 ? "tcp://[%.*s]:%lld" : "tcp://%.*s:%lld",
                   KZ_STR_ARG(host), port);
  }
}

static void open_publisher(struct kz_hooks *hooks) {
  struct kz_err err = KZ_ERR_NONE;
  hooks->is_listening = false;
  hooks->is_on_tcp = false;
  kz_publisher_free(hooks->publisher);
  hooks->publisher = kz_publisher_new();
  if (!hooks->publisher) {
    return;
  }
  listen_beside(hooks, &err);
  if (hooks->address[0] &&
      kz_publisher_listen(hooks->publisher, hooks->address, &err) == KZ_OK) {
    hooks->is_on_tcp = true;
    hooks->is_listening = true;
    KZ_LOG(KZ_LOG_INFO, kz_log_event("zmq"),
           kz_log_text("listen", kz_str_of(hooks->address)));
  }
  if (err.rc != KZ_OK) {
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("zmq"), kz_log_err(&err));
  }
}

static void follow_settings(struct kz_hooks *hooks) {
  char address[ADDRESS_BYTES];
  read_address(hooks, address);
  if (!hooks->publisher || strcmp(address, hooks->address) != 0) {
    memcpy(hooks->address, address, sizeof address);
    open_publisher(hooks);
  }
}

static void publish(struct kz_hooks *hooks, const char *topic, kz_str body) {
  if (hooks->publisher &&
      kz_publisher_send(hooks->publisher, topic, body, NULL) == KZ_OK) {
    atomic_fetch_add(&hooks->published, 1);
  }
}

/* {"status":..,"uptime":..}: that the server is there. */
static void publish_self(struct kz_hooks *hooks) {
  KZ_BUF(body, 256);
  int64_t up = (kz_clock_now_us() - hooks->started_us) / KZ_SECOND_US;
  kz_buf_add_format(&body, "{\"status\":\"kizashi is here\",\"uptime\":%lld}",
                    (long long)(up > 0 ? up : 0));
  publish(hooks, "misp_json_self", kz_buf_str(&body));
}

/* Whether the settings want notices of that kind published. */
static bool is_wanted(const struct kz_hooks *hooks,
                      const struct kz_notice *notice) {
  static const enum kz_setting flags[] = {
      [KZ_NOTICE_EVENT] = KZ_SETTING_zmq_event,
      [KZ_NOTICE_ATTRIBUTE] = KZ_SETTING_zmq_attribute,
      [KZ_NOTICE_OBJECT] = KZ_SETTING_zmq_object,
      [KZ_NOTICE_SIGHTING] = KZ_SETTING_zmq_sighting,
      [KZ_NOTICE_TAG] = KZ_SETTING_zmq_tag,
  };
  return notice->action == KZ_NOTICE_PUBLISH ||
         kz_settings_flag(hooks->house->settings, flags[notice->kind]);
}

static bool has_courier_work(const struct kz_hooks *hooks) {
  return kz_shelf_count(kz_courier_hooks(hooks->courier)) > 0;
}

/* --- the thread ------------------------------------------------------------
 */

static void deliver(struct kz_hooks *hooks, const struct kz_notice *notice) {
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(message, MESSAGE_MAX);
  kz_rc rc = kz_notice_write(hooks->house, notice, &message, &err);
  if (rc == KZ_OK && is_wanted(hooks, notice)) {
    publish(hooks, kz_notice_topic(notice), kz_buf_str(&message));
  }
  if (rc == KZ_OK && has_courier_work(hooks)) {
    rc = kz_courier_send(hooks->courier, kz_str_of(kz_notice_name(notice)),
                         kz_buf_str(&message), &err);
  }
  if (rc < 0) {
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("hooks"), kz_log_err(&err));
  }
}

static void *run(void *arg) {
  struct kz_hooks *hooks = arg;
  void *item = NULL;
  kz_rc rc = KZ_OK;
  while (rc != KZ_END) {
    int64_t now = kz_clock_monotonic_us();
    follow_settings(hooks);
    if (now >= hooks->self_us) {
      hooks->self_us = now + SELF_US;
      publish_self(hooks);
    }
    rc = kz_queue_pop_within(hooks->queue, TICK_US, &item);
    if (rc == KZ_OK) {
      deliver(hooks, item);
      free(item);
    }
  }
  kz_publisher_free(hooks->publisher);
  hooks->publisher = NULL;
  return NULL;
}

kz_rc kz_hooks_start(struct kz_house *house, struct kz_hooks **ret_hooks,
                     struct kz_err *err) {
  struct kz_hooks *hooks = calloc(1, sizeof *hooks);
  if (!hooks) {
    return kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  }
  hooks->house = house;
  hooks->started_us = kz_clock_now_us();
  hooks->queue = kz_queue_new(QUEUE);
  if (!hooks->queue) {
    kz_hooks_close(hooks);
    return kz_err_set(err, KZ_E_MEMORY, "hooks: out of memory");
  }
  kz_rc rc = kz_courier_start(house, &hooks->courier, err);
  if (rc != KZ_OK) {
    kz_hooks_close(hooks);
    return rc;
  }
  follow_settings(hooks); /* before the thread: it listens when this returns */
  if (pthread_create(&hooks->thread, NULL, run, hooks) != 0) {
    kz_hooks_close(hooks);
    return kz_err_set(err, KZ_E_INTERNAL, "hooks: no thread");
  }
  hooks->has_thread = true;
  hooks->is_running = true;
  *ret_hooks = hooks;
  return KZ_OK;
}

void kz_hooks_close(struct kz_hooks *hooks) {
  void *item = NULL;
  if (!hooks) {
    return;
  }
  hooks->is_running = false;
  if (hooks->queue) {
    kz_queue_close(hooks->queue);
  }
  if (hooks->has_thread) {
    (void)pthread_join(hooks->thread, NULL);
  }
  while (hooks->queue && kz_queue_pop_within(hooks->queue, 0, &item) == KZ_OK) {
    free(item);
  }
  kz_courier_close(hooks->courier);
  kz_publisher_free(hooks->publisher);
  kz_queue_free(hooks->queue);
  free(hooks);
}

static kz_rc enqueue(struct kz_hooks *hooks, const struct kz_notice *notice) {
  struct kz_notice *copy = malloc(sizeof *copy);
  if (!copy) {
    return KZ_E_MEMORY;
  }
  *copy = *notice;
  kz_rc rc = kz_queue_try_push(hooks->queue, copy);
  if (rc != KZ_OK) {
    free(copy);
  }
  return rc;
}

void kz_hooks_tell(struct kz_hooks *hooks, const struct kz_notice *notice) {
  if (!hooks || !hooks->is_running ||
      (!is_wanted(hooks, notice) && !has_courier_work(hooks))) {
    return;
  }
  atomic_fetch_add(
      enqueue(hooks, notice) == KZ_OK ? &hooks->told : &hooks->dropped, 1);
}

kz_rc kz_hooks_push(struct kz_hooks *hooks, uint64_t event,
                    struct kz_err *err) {
  const struct kz_notice notice = {.kind = KZ_NOTICE_EVENT,
                                   .action = KZ_NOTICE_PUBLISH,
                                   .event = event,
                                   .id = event};
  if (!hooks || !hooks->is_running || !hooks->is_listening) {
    return kz_err_set(err, KZ_E_BUSY, "The ZeroMQ publisher does not listen.");
  }
  kz_rc rc = enqueue(hooks, &notice);
  if (rc != KZ_OK) {
    return kz_err_set(err, KZ_E_BUSY, "Too much waits to be published.");
  }
  atomic_fetch_add(&hooks->told, 1);
  return KZ_OK;
}

struct kz_courier *kz_hooks_courier(struct kz_hooks *hooks) {
  return hooks ? hooks->courier : NULL;
}

void kz_hooks_status(struct kz_hooks *hooks, struct kz_hooks_status *ret) {
  if (!hooks) {
    *ret = (struct kz_hooks_status){.is_running = false};
    return;
  }
  *ret = (struct kz_hooks_status){
      .is_running = hooks->is_running,
      .is_on_tcp = hooks->is_on_tcp,
      .told = atomic_load(&hooks->told),
      .dropped = atomic_load(&hooks->dropped),
      .published = atomic_load(&hooks->published),
      .started_us = hooks->started_us,
  };
}
