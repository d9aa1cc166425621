/* libcurl speaks HTTP; the socket is tried first, because "no server runs" is
 * an everyday answer that curl's error codes do not tell from others. The host
 * in the URL is never looked up. */
#include "net/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

enum {
  TARGET_MAX = 32 << 10, /* bytes */
  HEADER_MAX = 16 << 10, /* bytes of one header line */
};

struct calling {
  const struct kz_client_call *call;
  CURL *curl;
  kz_rc sunk; /* what the sink said */
};

static kz_rc try_socket(const char *path, struct kz_err *err) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof address.sun_path) {
    return kz_err_set(err, KZ_E_INPUT, "%s: too long for a socket", path);
  }
  memcpy(address.sun_path, path, len);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return kz_err_set(err, KZ_E_IO, "%s: %s", path, strerror(errno));
  }
  int state = connect(fd, (const struct sockaddr *)&address, sizeof address);
  int why = errno;
  (void)close(fd);
  if (state == 0) {
    return KZ_OK;
  }
  if (why == ENOENT || why == ECONNREFUSED) {
    (void)kz_err_set(err, KZ_NOT_FOUND, "%s: no server listens", path);
    return KZ_NOT_FOUND;
  }
  return kz_err_set(err, why == EACCES ? KZ_E_DENIED : KZ_E_IO, "%s: %s", path,
                    strerror(why));
}

static unsigned status_of(CURL *curl) {
  long status = 0;
  (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return (unsigned)status;
}

static size_t take_part(char *bytes, size_t one, size_t count, void *ctx) {
  struct calling *calling = ctx;
  kz_str part = {bytes, one * count};
  const struct kz_client_call *call = calling->call;
  calling->sunk = call->sink(call->ctx, status_of(calling->curl), part);
  return calling->sunk == KZ_OK ? part.len : 0;
}

static int look_whether_cancelled(void *ctx, curl_off_t to_receive,
                                  curl_off_t received, curl_off_t to_send,
                                  curl_off_t sent) {
  (void)to_receive;
  (void)received;
  (void)to_send;
  (void)sent;
  const struct kz_client_call *call = ((struct calling *)ctx)->call;
  return call->is_cancelled && call->is_cancelled(call->ctx);
}

static bool add_header(struct curl_slist **list,
                       const struct kz_param *header) {
  KZ_BUF(line, HEADER_MAX);
  (void)kz_buf_add_str(&line, header->name);
  (void)kz_buf_add_str(&line, KZ_STR(": "));
  (void)kz_buf_add_str(&line, header->value);
  if (!kz_buf_add_byte(&line, '\0')) {
    return false;
  }
  struct curl_slist *longer = curl_slist_append(*list, line.ptr);
  if (longer) {
    *list = longer;
  }
  return longer != NULL;
}

/* "Expect" is sent empty, that is, not at all: our server needs no second round
 * before a large body. */
static struct curl_slist *make_headers(const struct kz_client_call *call) {
  struct curl_slist *list = curl_slist_append(NULL, "Expect:");
  bool is_good = list != NULL;
  for (size_t i = 0; i < call->header_count && is_good; i++) {
    is_good = add_header(&list, &call->headers[i]);
  }
  if (!is_good) {
    curl_slist_free_all(list);
    return NULL;
  }
  return list;
}

static void set_body(CURL *curl, const struct kz_client_call *call) {
  bool has_body = call->body.len > 0 || call->method == KZ_METHOD_POST ||
                  call->method == KZ_METHOD_PUT ||
                  call->method == KZ_METHOD_PATCH;
  if (has_body) {
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                           (curl_off_t)call->body.len);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                           call->body.ptr ? call->body.ptr : "");
  }
  if (call->method == KZ_METHOD_HEAD) {
    (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else {
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST,
                           kz_method_name(call->method).ptr);
  }
}

static void set_up(struct calling *calling, const char *url,
                   struct curl_slist *headers) {
  CURL *curl = calling->curl;
  (void)curl_easy_setopt(curl, CURLOPT_URL, url);
  (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
                         calling->call->socket_path);
  (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_part);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)calling);
  (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION,
                         look_whether_cancelled);
  (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)calling);
  (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  set_body(curl, calling->call);
}

static kz_rc explain(const struct calling *calling, CURLcode code,
                     struct kz_err *err) {
  if (code == CURLE_OK) {
    return KZ_OK;
  }
  if (calling->sunk != KZ_OK) {
    return calling->sunk;
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return kz_err_set(err, KZ_E_STOPPED, "cancelled");
  }
  return kz_err_set(err, code == CURLE_OUT_OF_MEMORY ? KZ_E_MEMORY : KZ_E_IO,
                    "%s: %s", calling->call->socket_path,
                    curl_easy_strerror(code));
}

kz_rc kz_client_run(const struct kz_client_call *call, unsigned *ret_status,
                    struct kz_err *err) {
  kz_rc rc = try_socket(call->socket_path, err);
  if (rc != KZ_OK) {
    return rc;
  }
  KZ_BUF(url, TARGET_MAX);
  (void)kz_buf_add_str(&url, KZ_STR("http://localhost"));
  (void)kz_buf_add_str(&url, kz_str_of(call->target));
  struct calling calling = {.call = call, .curl = curl_easy_init()};
  struct curl_slist *headers = make_headers(call);
  if (!kz_buf_add_byte(&url, '\0') || !calling.curl || !headers) {
    rc = kz_err_set(err, KZ_E_MEMORY, "out of memory");
  } else {
    set_up(&calling, url.ptr, headers);
    rc = explain(&calling, curl_easy_perform(calling.curl), err);
    *ret_status = status_of(calling.curl);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(calling.curl);
  return rc;
}

void kz_client_escape(kz_str text, struct kz_buf *out) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    unsigned byte = (unsigned char)c;
    if (kz_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      (void)kz_buf_add_byte(out, c);
    } else {
      char escaped[3] = {'%', hex[byte >> 4], hex[byte & 15]};
      (void)kz_buf_add(out, escaped, sizeof escaped);
    }
  }
}
