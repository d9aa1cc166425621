/* Signals are taken by sigwait on the main thread, so no handler runs anywhere
 * and stopping is plain code. */
#include "app/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "net/serve.h"
#include "work/background.h"
#include "work/hooks.h"
#include "work/house.h"
#include "work/people.h"

enum { PEM_BYTES = 1 << 20, HOST_BYTES = 256 };

/* What listening needs beyond the configuration's texts. */
struct listen {
  char host[HOST_BYTES];
  struct kz_buf cert;
  struct kz_buf key;
};

static kz_rc parse_listen(kz_str text, struct listen *listen,
                          struct kz_serve_config *serve, struct kz_err *err) {
  if (kz_str_eq(text, KZ_STR("none"))) {
    serve->host = NULL;
    return KZ_OK;
  }
  size_t colon = kz_str_rfind_byte(text, ':');
  uint64_t port = 0;
  if (colon == SIZE_MAX || colon >= HOST_BYTES ||
      kz_str_u64(kz_str_from(text, colon + 1), &port) != KZ_OK ||
      port > UINT16_MAX) {
    return kz_err_set(err, KZ_E_INPUT,
                      "listen: \"%.*s\" is not HOST:PORT or none",
                      KZ_STR_ARG(text));
  }
  kz_str host = kz_str_head(text, colon);
  if (host.len >= 2 && host.ptr[0] == '[') {
    host = (kz_str){host.ptr + 1, host.len - 2};
  }
  memcpy(listen->host, host.ptr, host.len);
  listen->host[host.len] = '\0';
  serve->host = listen->host;
  serve->port = (uint16_t)port;
  return KZ_OK;
}

static kz_rc read_pem(kz_str path, struct kz_buf *out, kz_str *ret,
                      struct kz_err *err) {
  kz_buf_init(out, PEM_BYTES);
  if (path.len == 0) {
    return KZ_OK;
  }
  kz_rc rc = kz_file_read(path.ptr, out, err);
  *ret = kz_buf_str(out);
  return rc;
}

static kz_rc number(const struct kz_config *config, enum kz_setting setting,
                    uint64_t most, uint64_t *ret, struct kz_err *err) {
  kz_str text = config->values[setting];
  if (kz_str_u64(text, ret) != KZ_OK || *ret > most) {
    return kz_err_set(err, KZ_E_INPUT,
                      "%s: \"%.*s\" is not a number up to "
                      "%llu",
                      kz_config_name(setting).ptr, KZ_STR_ARG(text),
                      (unsigned long long)most);
  }
  return KZ_OK;
}

static kz_rc configure(const struct kz_config *config, struct listen *listen,
                       struct kz_serve_config *serve, uint64_t *ret_grace,
                       struct kz_err *err) {
  uint64_t body = 0;
  uint64_t workers = 0;
  enum kz_log_level level;
  kz_rc rc = parse_listen(config->values[KZ_SET_LISTEN], listen, serve, err);
  if (rc == KZ_OK) {
    rc = read_pem(config->values[KZ_SET_TLS_CERT], &listen->cert,
                  &serve->tls_cert, err);
  }
  if (rc == KZ_OK) {
    rc = read_pem(config->values[KZ_SET_TLS_KEY], &listen->key, &serve->tls_key,
                  err);
  }
  if (rc == KZ_OK) {
    rc = number(config, KZ_SET_BODY_MAX, (uint64_t)1 << 32, &body, err);
  }
  if (rc == KZ_OK) {
    rc = number(config, KZ_SET_WORKERS, 256, &workers, err);
  }
  if (rc == KZ_OK) {
    rc = number(config, KZ_SET_GRACE, 3600, ret_grace, err);
  }
  if (rc == KZ_OK &&
      kz_log_level_parse(config->values[KZ_SET_LOG_LEVEL], &level) != KZ_OK) {
    rc = kz_err_set(err, KZ_E_INPUT,
                    "log-level: \"%s\" is not debug, info, "
                    "warning or error",
                    config->values[KZ_SET_LOG_LEVEL].ptr);
  }
  if (rc == KZ_OK) {
    kz_log_set_level(level);
    serve->unix_path = config->values[KZ_SET_SOCKET].ptr;
    serve->body_max = (size_t)body;
    serve->workers = workers > 0 ? (size_t)workers : 1;
  }
  return rc;
}

static void wait_for_signal(void) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  int which = 0;
  sigwait(&stop, &which);
  KZ_LOG(KZ_LOG_INFO, kz_log_event("stopping"), kz_log_count("signal", which));
}

static void block_signals(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGPIPE);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void announce(const struct kz_serve *server, const char *key,
                     const struct kz_config *config,
                     const struct kz_serve_config *serve) {
  if (key[0]) {
    fprintf(stderr,
            "first start: API key of the administrator (shown once): "
            "%s\n",
            key);
  }
  KZ_LOG(KZ_LOG_INFO, kz_log_event("serving"),
         kz_log_text("store", config->values[KZ_SET_STORE]),
         kz_log_text("host", kz_str_of(serve->host ? serve->host : "none")),
         kz_log_count("port", kz_serve_port(server)),
         kz_log_text("socket", config->values[KZ_SET_SOCKET]));
}

static kz_rc serve_house(const struct kz_config *config,
                         struct kz_serve_config *serve, uint64_t grace,
                         struct kz_err *err) {
  char key[KZ_KEY_TEXT] = "";
  struct kz_house *house = NULL;
  struct kz_api *api = NULL;
  struct kz_serve *server = NULL;
  struct kz_background *background = NULL;
  kz_rc rc =
      kz_house_open(config->values[KZ_SET_STORE].ptr, true, key, &house, err);
  if (rc == KZ_OK) {
    house->libraries = config->values[KZ_SET_LIBRARIES].ptr;
    rc = kz_hooks_start(house, &house->hooks, err);
  }
  if (rc == KZ_OK) {
    rc = kz_api_new(house, &api, err);
  }
  if (rc == KZ_OK) {
    serve->handle = kz_api_handle;
    serve->quick = kz_api_is_quick;
    serve->ctx = api;
    rc = kz_background_start(house, &background, err);
  }
  if (rc == KZ_OK) {
    rc = kz_serve_start(serve, &server, err);
  }
  if (rc == KZ_OK) {
    announce(server, key, config, serve);
    wait_for_signal();
    kz_serve_stop(server, (int64_t)grace * KZ_SECOND_US);
  }
  kz_background_stop(background);
  kz_api_free(api);
  kz_hooks_close(house ? house->hooks : NULL);
  kz_house_close(house);
  return rc;
}

kz_rc kz_serve_run(const struct kz_config *config, struct kz_err *err) {
  struct kz_serve_config serve = kz_serve_defaults();
  struct listen listen = {.host = ""};
  uint64_t grace = 0;
  block_signals();
  kz_rc rc = configure(config, &listen, &serve, &grace, err);
  if (rc == KZ_OK) {
    rc = serve_house(config, &serve, grace, err);
  }
  kz_buf_done(&listen.cert);
  kz_buf_done(&listen.key);
  return rc;
}
