#include "app/caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/log.h"
#include "net/client.h"
#include "work/people.h"

enum { REQUEST_BYTES = 1 << 30, PIECE_MAX = KZ_STREAM_CHUNK_MAX };

struct kz_caller {
  struct kz_house *house; /* NULL: a server has it */
  struct kz_api *api;
  kz_str socket; /* of that server */
};

static kz_rc drop(void *ctx, unsigned status, kz_str part) {
  (void)ctx;
  (void)status;
  (void)part;
  return KZ_OK;
}

static bool is_served(kz_str socket) {
  if (access(socket.ptr, F_OK) != 0) {
    return false;
  }
  const struct kz_client_call call = {
      .socket_path = socket.ptr,
      .method = KZ_METHOD_GET,
      .target = "/api/health",
      .sink = drop,
  };
  unsigned status = 0;
  return kz_client_run(&call, &status, NULL) == KZ_OK;
}

kz_rc kz_caller_open(const struct kz_config *config, bool create,
                     struct kz_caller **ret_caller, struct kz_err *err) {
  struct kz_caller *caller = calloc(1, sizeof *caller);
  if (!caller) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = KZ_OK;
  if (is_served(config->values[KZ_SET_SOCKET])) {
    caller->socket = config->values[KZ_SET_SOCKET];
  } else {
    char key[KZ_KEY_TEXT];
    /* Who types a command reads its answer, not a server's log. */
    kz_log_set_level(KZ_LOG_ERROR);
    rc = kz_house_open(config->values[KZ_SET_STORE].ptr, create, key,
                       &caller->house, err);
    if (rc == KZ_OK && key[0]) {
      fprintf(stderr,
              "first start: API key of the administrator (shown once): "
              "%s\n",
              key);
    }
    if (rc == KZ_OK) {
      caller->house->libraries = config->values[KZ_SET_LIBRARIES].ptr;
      rc = kz_api_new(caller->house, &caller->api, err);
    }
  }
  if (rc != KZ_OK) {
    kz_caller_close(caller);
    return rc;
  }
  *ret_caller = caller;
  return KZ_OK;
}

void kz_caller_close(struct kz_caller *caller) {
  if (caller) {
    kz_api_free(caller->api);
    kz_house_close(caller->house);
    free(caller);
  }
}

static kz_rc drain(struct kz_reply *reply, kz_caller_sink *sink, void *ctx) {
  if (reply->kind == KZ_BODY_TEXT) {
    return sink(ctx, reply->status, reply->text);
  }
  if (reply->kind == KZ_BODY_OWNED) {
    return sink(ctx, reply->status, kz_buf_str(&reply->owned));
  }
  KZ_BUF(piece, PIECE_MAX);
  kz_rc rc = reply->kind == KZ_BODY_STREAM ? KZ_OK : KZ_END;
  while (rc == KZ_OK) {
    kz_buf_clear(&piece);
    rc = reply->stream.fill(reply->stream.ctx, &piece);
    if (rc >= 0 && piece.len > 0) {
      kz_rc sent = sink(ctx, reply->status, kz_buf_str(&piece));
      rc = sent == KZ_OK ? rc : sent;
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc run_here(struct kz_caller *caller, enum kz_method method,
                      const char *target, kz_str type, kz_str body,
                      kz_caller_sink *sink, void *ctx, unsigned *ret_status,
                      struct kz_err *err) {
  KZ_ARENA(arena, REQUEST_BYTES);
  const struct kz_param headers[] = {
      {KZ_STR("Content-Type"), type},
      {KZ_STR("Accept"), KZ_STR("application/json")},
  };
  struct kz_request request = {
      .method = method,
      .headers = headers,
      .header_count = sizeof headers / sizeof *headers,
      .body = body,
      .is_local = true,
      .local_uid = getuid(),
      .arena = arena,
  };
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  kz_rc rc = kz_target_parse(kz_str_of(target), &request, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_api_handle(caller->api, &request, &reply);
  rc = reply.failed ? kz_err_set(err, KZ_E_MEMORY, "the answer does not fit")
                    : drain(&reply, sink, ctx);
  *ret_status = reply.status;
  kz_reply_done(&reply, rc == KZ_OK ? KZ_END : rc);
  return rc;
}

kz_rc kz_caller_run(struct kz_caller *caller, enum kz_method method,
                    const char *target, kz_str type, kz_str body,
                    kz_caller_sink *sink, void *ctx, unsigned *ret_status,
                    struct kz_err *err) {
  if (caller->house) {
    return run_here(caller, method, target, type, body, sink, ctx, ret_status,
                    err);
  }
  const struct kz_param headers[] = {{KZ_STR("Content-Type"), type}};
  const struct kz_client_call call = {
      .socket_path = caller->socket.ptr,
      .method = method,
      .target = target,
      .headers = headers,
      .header_count = 1,
      .body = body,
      .sink = sink,
      .ctx = ctx,
  };
  return kz_client_run(&call, ret_status, err);
}
