/* The certificate is made by openssl while the test runs: one that is committed
 * would expire. */
#include "test.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire.h"

static char folder[] = "/tmp/kizashi-tls-XXXXXX";
static char cert_path[64];
static char key_path[64];
static bool has_certificate;

static int make_certificate(void **state) {
  (void)state;
  char command[512];
  if (!mkdtemp(folder)) {
    return -1;
  }
  (void)snprintf(cert_path, sizeof cert_path, "%s/cert.pem", folder);
  (void)snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
  (void)snprintf(command, sizeof command,
                 "openssl req -x509 -newkey ec -pkeyopt "
                 "ec_paramgen_curve:prime256v1 -nodes -days 2 "
                 "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
                 "-keyout %s -out %s >/dev/null 2>&1",
                 key_path, cert_path);
  has_certificate = system(command) == 0;
  return 0;
}

static int remove_certificate(void **state) {
  (void)state;
  (void)unlink(cert_path);
  (void)unlink(key_path);
  return rmdir(folder);
}

static kz_str read_pem(const char *path, char out[8192]) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  size_t len = fread(out, 1, 8192, f);
  (void)fclose(f);
  return (kz_str){out, len};
}

static struct kz_serve *start(struct wire_marks *marks) {
  static char cert[8192];
  static char key[8192];
  struct kz_serve_config config = wire_config(marks);
  config.tls_cert = read_pem(cert_path, cert);
  config.tls_key = read_pem(key_path, key);
  config.header_us = KZ_SECOND_US / 2;
  return wire_start(&config);
}

static size_t collect(char *bytes, size_t one, size_t count, void *ctx) {
  (void)kz_buf_add(ctx, bytes, one * count);
  return one * count;
}

static CURLcode fetch(uint16_t port, const char *path, long tls_at_most,
                      struct kz_buf *body) {
  char url[128];
  CURL *curl = curl_easy_init();
  (void)snprintf(url, sizeof url, "https://127.0.0.1:%u%s", port, path);
  (void)curl_easy_setopt(curl, CURLOPT_URL, url);
  (void)curl_easy_setopt(curl, CURLOPT_CAINFO, cert_path);
  (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, tls_at_most);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)body);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_cleanup(curl);
  return code;
}

static void certificate_that_is_trusted_is_enough(void **state) {
  (void)state;
  if (!has_certificate) {
    skip();
  }
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  uint16_t port = kz_serve_port(serve);
  KZ_BUF(body, WIRE_REPLY_MAX);
  assert_int_equal(fetch(port, "/peer", CURL_SSLVERSION_DEFAULT, &body),
                   CURLE_OK);
  assert_true(kz_str_eq(kz_buf_str(&body), KZ_STR("127.0.0.1 remote tls")));
  kz_serve_stop(serve, KZ_SECOND_US);
}

static void stream_over_tls_is_whole(void **state) {
  (void)state;
  if (!has_certificate) {
    skip();
  }
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  KZ_BUF(body, WIRE_REPLY_MAX);
  assert_int_equal(fetch(kz_serve_port(serve), "/stream?n=300",
                         CURL_SSLVERSION_DEFAULT, &body),
                   CURLE_OK);
  assert_int_equal(body.len, 300 * 65536);
  kz_serve_stop(serve, KZ_SECOND_US);
  assert_int_equal(atomic_load(&marks.stream_how), KZ_END);
}

static void old_versions_of_tls_are_refused(void **state) {
  (void)state;
  if (!has_certificate) {
    skip();
  }
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  uint16_t port = kz_serve_port(serve);
  KZ_BUF(body, 1024);
  assert_int_equal(fetch(port, "/hello",
                         CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2,
                         &body),
                   CURLE_OK);
  assert_int_not_equal(
      fetch(port, "/hello",
            CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1, &body),
      CURLE_OK);
  kz_serve_stop(serve, KZ_SECOND_US);
}

static void plain_text_and_silence_on_the_tls_port_are_cut(void **state) {
  (void)state;
  if (!has_certificate) {
    skip();
  }
  struct wire_marks marks = {0};
  struct kz_serve *serve = start(&marks);
  int plain = wire_dial(kz_serve_port(serve));
  int silent = wire_dial(kz_serve_port(serve));
  wire_send(plain, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_true(wire_is_closed(plain));
  assert_true(wire_is_closed(silent));
  assert_int_equal(atomic_load(&marks.handled), 0);
  (void)close(plain);
  (void)close(silent);
  kz_serve_stop(serve, KZ_SECOND_US);
}

static void certificate_that_does_not_load_is_bad_input(void **state) {
  (void)state;
  struct wire_marks marks = {0};
  struct kz_serve_config config = wire_config(&marks);
  config.tls_cert = KZ_STR("-----BEGIN CERTIFICATE-----\nnonsense\n");
  config.tls_key = KZ_STR("nonsense");
  struct kz_serve *serve = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_serve_start(&config, &serve, &err), KZ_E_INPUT);
  assert_non_null(strstr(err.text, "certificate"));
  config.tls_cert = KZ_STR_NONE;
  assert_int_equal(kz_serve_start(&config, &serve, &err), KZ_E_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(certificate_that_is_trusted_is_enough),
      cmocka_unit_test(stream_over_tls_is_whole),
      cmocka_unit_test(old_versions_of_tls_are_refused),
      cmocka_unit_test(plain_text_and_silence_on_the_tls_port_are_cut),
      cmocka_unit_test(certificate_that_does_not_load_is_bad_input),
  };
  return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
