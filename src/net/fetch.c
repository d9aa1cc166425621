/* Over curl's multi interface. Redirects are followed by hand, because curl
 * would follow them to any host. */
#include "net/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  URL_MAX = 8 << 10,
  HEADER_MAX = 16 << 10,
  TAG_MAX = 1 << 10, /* bytes of an ETag */
  POLL_MS = 200,     /* how soon a stop is seen */
  PARALLEL_MAX = 64,
  CONNECT_S = 30,
};

/* One transfer, in flight or waiting to be used again. */
struct transfer {
  struct kz_fetch *fetch;
  CURL *curl;
  struct curl_slist *headers;
  struct kz_fetch_ask ask;
  struct kz_buf body;
  struct kz_buf etag;
  struct kz_buf modified;
  char words[CURL_ERROR_SIZE];
  unsigned redirects;
  bool is_busy;
  bool is_denied; /* an address that may not be asked */
  bool is_long;
};

struct kz_fetch {
  struct kz_fetch_config config;
  struct kz_buf ca_file; /* with NUL */
  struct kz_buf proxy;
  CURLM *multi;
  struct transfer *transfers;
  unsigned busy;
};

/* --- addresses -------------------------------------------------------------
 */

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const void *)address;
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  const struct sockaddr_in6 *v6 = (const void *)address;
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    return v6->sin6_addr.s6_addr[12] == 127;
  }
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static bool is_private_v4(uint32_t a) {
  return a >> 24 == 10 || a >> 24 == 0 || a >> 20 == 0xac1 ||
         a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe || a >> 22 == 0x191;
}

static bool is_private(const struct sockaddr *address) {
  if (is_loopback(address)) {
    return true;
  }
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const void *)address;
    return is_private_v4(ntohl(v4->sin_addr.s_addr));
  }
  const struct sockaddr_in6 *v6 = (const void *)address;
  const uint8_t *b = v6->sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    return is_private_v4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 |
                         (uint32_t)b[14] << 8 | b[15]);
  }
  return (b[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ||
         IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
  struct transfer *t = ctx;
  const struct kz_fetch_config *config = &t->fetch->config;
  (void)purpose;
  if ((config->only_loopback && !is_loopback(&address->addr)) ||
      (config->no_private && is_private(&address->addr))) {
    t->is_denied = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}

/* The part of a URL, to be freed with curl_free; NULL when there is none. */
static char *part_of(const char *url, CURLUPart which) {
  CURLU *parsed = curl_url();
  char *part = NULL;
  if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
    (void)curl_url_get(parsed, which, &part, 0);
  }
  curl_url_cleanup(parsed);
  return part;
}

/* Whether the host's text names this machine: nothing is looked up. */
static bool names_loopback(const char *url) {
  char *host = part_of(url, CURLUPART_HOST);
  kz_str text = kz_str_of(host);
  bool is_one = kz_str_eq_nocase(text, KZ_STR("localhost")) ||
                kz_str_starts(text, KZ_STR("127.")) ||
                kz_str_eq(text, KZ_STR("[::1]"));
  curl_free(host);
  return is_one;
}

/* Whether a redirect leads to the same host, and not from https to http. */
static bool is_same_host(const char *from, const char *to) {
  char *hosts[] = {part_of(from, CURLUPART_HOST), part_of(to, CURLUPART_HOST)};
  char *schemes[] = {part_of(from, CURLUPART_SCHEME),
                     part_of(to, CURLUPART_SCHEME)};
  bool same = hosts[0] && hosts[1] && schemes[0] && schemes[1] &&
              kz_str_eq_nocase(kz_str_of(hosts[0]), kz_str_of(hosts[1])) &&
              (kz_str_eq(kz_str_of(schemes[1]), KZ_STR("https")) ||
               kz_str_eq(kz_str_of(schemes[0]), kz_str_of(schemes[1])));
  for (size_t i = 0; i < 2; i++) {
    curl_free(hosts[i]);
    curl_free(schemes[i]);
  }
  return same;
}

/* --- one transfer ----------------------------------------------------------
 */

static size_t take_body(char *bytes, size_t one, size_t count, void *ctx) {
  struct transfer *t = ctx;
  if (!kz_buf_add(&t->body, bytes, one * count)) {
    t->is_long = true;
    return 0;
  }
  return one * count;
}

static void keep_header(kz_str line, kz_str name, struct kz_buf *out) {
  if (kz_str_eq_nocase(kz_str_head(line, name.len), name)) {
    kz_buf_clear(out);
    (void)kz_buf_add_str(out, kz_str_trim(kz_str_from(line, name.len)));
  }
}

static size_t take_header(char *bytes, size_t one, size_t count, void *ctx) {
  struct transfer *t = ctx;
  const kz_str line = {bytes, one * count};
  if (line.len < TAG_MAX) {
    keep_header(line, KZ_STR("ETag:"), &t->etag);
    keep_header(line, KZ_STR("Last-Modified:"), &t->modified);
  }
  return line.len;
}

static bool add_header(struct curl_slist **list, kz_str name, kz_str value) {
  KZ_BUF(line, HEADER_MAX);
  for (size_t i = 0; i < value.len; i++) {
    if (value.ptr[i] == '\r' || value.ptr[i] == '\n') {
      return false;
    }
  }
  (void)kz_buf_add_str(&line, name);
  (void)kz_buf_add_str(&line, KZ_STR(": "));
  (void)kz_buf_add_str(&line, value);
  struct curl_slist *longer =
      kz_buf_add_byte(&line, '\0') ? curl_slist_append(*list, line.ptr) : NULL;
  *list = longer ? longer : *list;
  return longer != NULL;
}

static bool make_headers(struct transfer *t) {
  const struct kz_fetch_ask *ask = &t->ask;
  bool good = add_header(&t->headers, KZ_STR("User-Agent"), KZ_STR("kizashi"));
  for (size_t i = 0; good && i < ask->header_count; i++) {
    good = add_header(&t->headers, ask->headers[i].name, ask->headers[i].value);
  }
  if (good && ask->etag.len > 0) {
    good = add_header(&t->headers, KZ_STR("If-None-Match"), ask->etag);
  }
  if (good && ask->modified.len > 0) {
    good = add_header(&t->headers, KZ_STR("If-Modified-Since"), ask->modified);
  }
  struct curl_slist *longer =
      good ? curl_slist_append(t->headers, "Expect:") : NULL;
  t->headers = longer ? longer : t->headers;
  return longer != NULL;
}

static void set_method(struct transfer *t) {
  if (t->ask.method == KZ_METHOD_HEAD) {
    (void)curl_easy_setopt(t->curl, CURLOPT_NOBODY, 1L);
  } else if (t->ask.method == KZ_METHOD_POST) {
    (void)curl_easy_setopt(t->curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                           (curl_off_t)t->ask.body.len);
    (void)curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS,
                           t->ask.body.ptr ? t->ask.body.ptr : "");
  }
}

static void set_up(struct transfer *t, const char *url) {
  const struct kz_fetch_config *config = &t->fetch->config;
  CURL *curl = t->curl;
  curl_easy_reset(curl);
  (void)curl_easy_setopt(curl, CURLOPT_URL, url);
  (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)config->timeout_s);
  (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
  (void)curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE,
                         (curl_off_t)config->body_max);
  (void)curl_easy_setopt(curl, CURLOPT_PROXY, t->fetch->proxy.ptr);
  if (t->fetch->ca_file.len > 1) {
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, t->fetch->ca_file.ptr);
  }
  (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER,
                         config->is_insecure ? 0L : 1L);
  (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST,
                         config->is_insecure ? 0L : 2L);
  (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, t->headers);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)t);
  (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, (void *)t);
  (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, (void *)t);
  (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->words);
  (void)curl_easy_setopt(curl, CURLOPT_PRIVATE, (void *)t);
  set_method(t);
}

static void forget(struct transfer *t) {
  curl_slist_free_all(t->headers);
  t->headers = NULL;
  kz_buf_clear(&t->body);
  kz_buf_clear(&t->etag);
  kz_buf_clear(&t->modified);
  t->words[0] = '\0';
  t->redirects = 0;
  t->is_busy = false;
  t->is_denied = false;
  t->is_long = false;
}

/* Puts a transfer on its way. What cannot be asked is told as an answer. */
static kz_rc start(struct kz_fetch *fetch, struct transfer *t,
                   const char *url) {
  if (fetch->config.only_loopback && !names_loopback(url)) {
    t->is_denied = true;
    return KZ_E_DENIED;
  }
  set_up(t, url);
  return curl_multi_add_handle(fetch->multi, t->curl) == CURLM_OK
             ? KZ_OK
             : KZ_E_INTERNAL;
}

/* --- ends ------------------------------------------------------------------
 */

static kz_rc code_of(const struct transfer *t, CURLcode code) {
  if (t->is_denied) {
    return KZ_E_DENIED;
  }
  if (t->is_long || code == CURLE_FILESIZE_EXCEEDED) {
    return KZ_E_LIMIT;
  }
  return code == CURLE_OK              ? KZ_OK
         : code == CURLE_OUT_OF_MEMORY ? KZ_E_MEMORY
                                       : KZ_E_IO;
}

static kz_rc give(struct transfer *t, const struct kz_fetch_client *client,
                  CURLcode code) {
  long status = 0;
  kz_rc rc = code_of(t, code);
  (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
  const struct kz_fetch_got got = {
      .tag = t->ask.tag,
      .rc = rc,
      .words = rc == KZ_OK         ? ""
               : rc == KZ_E_DENIED ? "this address may not be asked"
               : rc == KZ_E_LIMIT  ? "the answer is too large"
               : t->words[0]       ? t->words
                                   : curl_easy_strerror(code),
      .status = (unsigned)status,
      .body = kz_buf_str(&t->body),
      .etag = kz_buf_str(&t->etag),
      .modified = kz_buf_str(&t->modified),
  };
  rc = client->take(client->ctx, &got);
  forget(t);
  t->fetch->busy--;
  return rc;
}

/* Follows a redirect if it may be followed; false otherwise. */
static bool follow(struct transfer *t) {
  char *to = NULL;
  char *from = NULL;
  KZ_BUF(target, URL_MAX);
  if (t->redirects >= t->fetch->config.redirects ||
      (t->ask.method != KZ_METHOD_GET && t->ask.method != KZ_METHOD_HEAD)) {
    return false;
  }
  (void)curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &to);
  (void)curl_easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &from);
  if (!to || !from || !is_same_host(from, to) ||
      !kz_buf_add_str(&target, kz_str_of(to)) ||
      !kz_buf_add_byte(&target, '\0')) {
    return false;
  }
  t->redirects++;
  kz_buf_clear(&t->body);
  return start(t->fetch, t, target.ptr) == KZ_OK;
}

static kz_rc finish(struct kz_fetch *fetch,
                    const struct kz_fetch_client *client) {
  int left = 0;
  kz_rc rc = KZ_OK;
  CURLMsg *message = curl_multi_info_read(fetch->multi, &left);
  for (; rc == KZ_OK && message;
       message = rc == KZ_OK ? curl_multi_info_read(fetch->multi, &left)
                             : NULL) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURLcode code = message->data.result;
    CURL *curl = message->easy_handle;
    void *owner = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_PRIVATE, &owner);
    (void)curl_multi_remove_handle(fetch->multi, curl);
    if (code != CURLE_OK || !follow(owner)) {
      rc = give(owner, client, code);
    }
  }
  return rc;
}

/* --- the run ---------------------------------------------------------------
 */

static struct transfer *idle_one(struct kz_fetch *fetch) {
  for (unsigned i = 0; i < fetch->config.parallel; i++) {
    if (!fetch->transfers[i].is_busy) {
      return &fetch->transfers[i];
    }
  }
  return NULL;
}

static kz_rc ask_next(struct kz_fetch *fetch,
                      const struct kz_fetch_client *client, bool *is_over) {
  struct transfer *t = idle_one(fetch);
  KZ_BUF(url, URL_MAX);
  if (!t) {
    return KZ_OK;
  }
  kz_rc rc = client->next(client->ctx, &t->ask);
  if (rc != KZ_OK) {
    *is_over = rc == KZ_END || (rc == KZ_NOT_FOUND && fetch->busy == 0);
    return rc;
  }
  t->is_busy = true;
  fetch->busy++;
  if (!kz_buf_add_str(&url, t->ask.url) || !kz_buf_add_byte(&url, '\0') ||
      !make_headers(t)) {
    return give(t, client, CURLE_URL_MALFORMAT);
  }
  rc = start(fetch, t, url.ptr);
  return rc == KZ_OK ? rc : give(t, client, CURLE_FAILED_INIT);
}

/* Takes back whatever is still on its way. */
static void withdraw(struct kz_fetch *fetch) {
  for (unsigned i = 0; i < fetch->config.parallel; i++) {
    struct transfer *t = &fetch->transfers[i];
    if (t->is_busy) {
      (void)curl_multi_remove_handle(fetch->multi, t->curl);
      forget(t);
    }
  }
  fetch->busy = 0;
}

static kz_rc turn(struct kz_fetch *fetch, const struct kz_fetch_client *client,
                  bool *is_over) {
  int running = 0;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && !*is_over && fetch->busy < fetch->config.parallel) {
    rc = ask_next(fetch, client, is_over);
  }
  rc = rc == KZ_END || rc == KZ_NOT_FOUND ? KZ_OK : rc;
  if (rc == KZ_OK && fetch->busy > 0) {
    unsigned before = fetch->busy;
    if (curl_multi_perform(fetch->multi, &running) != CURLM_OK) {
      return KZ_E_INTERNAL;
    }
    rc = finish(fetch, client);
    if (rc == KZ_OK && fetch->busy == before) {
      (void)curl_multi_poll(fetch->multi, NULL, 0, POLL_MS, NULL);
    }
  }
  return rc;
}

kz_rc kz_fetch_run(struct kz_fetch *fetch, const struct kz_fetch_client *client,
                   struct kz_err *err) {
  bool is_over = false;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && (!is_over || fetch->busy > 0)) {
    if (client->is_stopped && client->is_stopped(client->ctx)) {
      rc = KZ_E_STOPPED;
    } else {
      rc = turn(fetch, client, &is_over);
    }
  }
  withdraw(fetch);
  if (rc == KZ_E_STOPPED) {
    return kz_err_set(err, rc, "stopped");
  }
  if (rc != KZ_OK && err && err->text[0] == '\0') {
    return kz_err_set(err, rc, "fetching ended");
  }
  return rc;
}

/* --- one alone -------------------------------------------------------------
 */

struct alone {
  const struct kz_fetch_ask *ask;
  bool is_asked;
  bool (*is_stopped)(void *ctx);
  void *ctx;
  unsigned status;
  struct kz_buf *out;
  struct kz_buf *etag;
  struct kz_buf *modified;
  struct kz_err *err;
};

static kz_rc next_alone(void *ctx, struct kz_fetch_ask *ret) {
  struct alone *alone = ctx;
  if (alone->is_asked) {
    return KZ_END;
  }
  alone->is_asked = true;
  *ret = *alone->ask;
  return KZ_OK;
}

static kz_rc take_alone(void *ctx, const struct kz_fetch_got *got) {
  struct alone *alone = ctx;
  alone->status = got->status;
  if (got->rc != KZ_OK) {
    return kz_err_set(alone->err, got->rc, "%.*s: %s",
                      KZ_STR_ARG(kz_str_head(alone->ask->url, 200)),
                      got->words);
  }
  if (!kz_buf_add_str(alone->out, got->body) ||
      (alone->etag && !kz_buf_add_str(alone->etag, got->etag)) ||
      (alone->modified && !kz_buf_add_str(alone->modified, got->modified))) {
    return kz_err_set(alone->err, KZ_E_MEMORY, "out of memory");
  }
  return KZ_OK;
}

static bool is_alone_stopped(void *ctx) {
  const struct alone *alone = ctx;
  return alone->is_stopped && alone->is_stopped(alone->ctx);
}

kz_rc kz_fetch_one(struct kz_fetch *fetch, const struct kz_fetch_ask *ask,
                   bool (*is_stopped)(void *ctx), void *ctx,
                   unsigned *ret_status, struct kz_buf *out,
                   struct kz_buf *etag, struct kz_buf *modified,
                   struct kz_err *err) {
  struct kz_err words = KZ_ERR_NONE;
  struct alone alone = {.ask = ask,
                        .is_stopped = is_stopped,
                        .ctx = ctx,
                        .out = out,
                        .etag = etag,
                        .modified = modified,
                        .err = &words};
  const struct kz_fetch_client client = {.ctx = &alone,
                                         .next = next_alone,
                                         .take = take_alone,
                                         .is_stopped = is_alone_stopped};
  kz_rc rc = kz_fetch_run(fetch, &client, &words);
  *ret_status = alone.status;
  return rc == KZ_OK ? rc : kz_err_set(err, rc, "%s", words.text);
}

static kz_rc keep_text(struct kz_buf *buf, kz_str text) {
  kz_buf_init(buf, URL_MAX);
  return kz_buf_add_str(buf, text) && kz_buf_add_byte(buf, '\0') ? KZ_OK
                                                                 : KZ_E_MEMORY;
}

kz_rc kz_fetch_new(const struct kz_fetch_config *config,
                   struct kz_fetch **ret_fetch, struct kz_err *err) {
  struct kz_fetch *fetch = calloc(1, sizeof *fetch);
  if (!fetch) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  fetch->config = *config;
  if (fetch->config.parallel < 1 || fetch->config.parallel > PARALLEL_MAX) {
    fetch->config.parallel = fetch->config.parallel < 1 ? 1 : PARALLEL_MAX;
  }
  kz_rc rc = keep_text(&fetch->ca_file, config->ca_file);
  rc = rc == KZ_OK ? keep_text(&fetch->proxy, config->proxy) : rc;
  fetch->multi = curl_multi_init();
  fetch->transfers = calloc(fetch->config.parallel, sizeof *fetch->transfers);
  rc = fetch->multi && fetch->transfers ? rc : KZ_E_MEMORY;
  for (unsigned i = 0; rc == KZ_OK && i < fetch->config.parallel; i++) {
    struct transfer *t = &fetch->transfers[i];
    t->fetch = fetch;
    t->curl = curl_easy_init();
    kz_buf_init(&t->body, config->body_max);
    kz_buf_init(&t->etag, TAG_MAX);
    kz_buf_init(&t->modified, TAG_MAX);
    rc = t->curl ? KZ_OK : KZ_E_MEMORY;
  }
  if (rc != KZ_OK) {
    kz_fetch_free(fetch);
    return kz_err_set(err, rc, "out of memory");
  }
  *ret_fetch = fetch;
  return KZ_OK;
}

void kz_fetch_free(struct kz_fetch *fetch) {
  if (!fetch) {
    return;
  }
  for (unsigned i = 0; fetch->transfers && i < fetch->config.parallel; i++) {
    struct transfer *t = &fetch->transfers[i];
    if (t->curl) {
      forget(t);
      curl_easy_cleanup(t->curl);
      kz_buf_done(&t->body);
      kz_buf_done(&t->etag);
      kz_buf_done(&t->modified);
    }
  }
  free(fetch->transfers);
  curl_multi_cleanup(fetch->multi);
  kz_buf_done(&fetch->ca_file);
  kz_buf_done(&fetch->proxy);
  free(fetch);
}
