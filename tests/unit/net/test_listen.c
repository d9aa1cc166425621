#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/listen.h"

static char folder[] = "/tmp/kizashi-listen-XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static void place(char path[128], const char *name) {
  (void)snprintf(path, 128, "%s/%s", folder, name);
}

static void port_zero_is_a_free_port(void **state) {
  (void)state;
  int a = -1;
  int b = -1;
  assert_int_equal(kz_listen_tcp("127.0.0.1", 0, &a, NULL), KZ_OK);
  assert_int_equal(kz_listen_tcp("localhost", 0, &b, NULL), KZ_OK);
  assert_int_not_equal(kz_listen_port(a), 0);
  assert_int_not_equal(kz_listen_port(a), kz_listen_port(b));
  (void)close(a);
  (void)close(b);
}

static void port_in_use_is_busy_and_named(void **state) {
  (void)state;
  int a = -1;
  int b = -1;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_listen_tcp("127.0.0.1", 0, &a, NULL), KZ_OK);
  uint16_t port = kz_listen_port(a);
  assert_int_equal(kz_listen_tcp("127.0.0.1", port, &b, &err), KZ_E_BUSY);
  assert_non_null(strstr(err.text, "127.0.0.1:"));
  (void)close(a);
}

static void name_that_is_none_is_bad_input(void **state) {
  (void)state;
  int fd = -1;
  assert_int_equal(kz_listen_tcp("no such host", 0, &fd, NULL), KZ_E_INPUT);
}

static void unix_socket_is_the_owners_alone(void **state) {
  (void)state;
  char path[128];
  place(path, "own");
  int fd = -1;
  struct stat st;
  assert_int_equal(kz_listen_unix(path, &fd, NULL), KZ_OK);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  (void)close(fd);
  (void)unlink(path);
}

static void living_socket_is_busy_and_a_dead_one_replaced(void **state) {
  (void)state;
  char path[128];
  place(path, "old");
  int fd = -1;
  int second = -1;
  assert_int_equal(kz_listen_unix(path, &fd, NULL), KZ_OK);
  assert_int_equal(kz_listen_unix(path, &second, NULL), KZ_E_BUSY);
  (void)close(fd);
  assert_int_equal(kz_listen_unix(path, &second, NULL), KZ_OK);
  (void)close(second);
  (void)unlink(path);
}

static void file_that_is_no_socket_is_left_alone(void **state) {
  (void)state;
  char path[128];
  place(path, "file");
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  (void)fclose(f);
  int fd = -1;
  assert_int_equal(kz_listen_unix(path, &fd, NULL), KZ_E_CONFLICT);
  assert_int_equal(access(path, F_OK), 0);
  (void)unlink(path);
}

static void path_that_does_not_fit_is_refused(void **state) {
  (void)state;
  char path[256];
  memset(path, 'a', sizeof path);
  path[sizeof path - 1] = '\0';
  int fd = -1;
  assert_int_equal(kz_listen_unix(path, &fd, NULL), KZ_E_INPUT);
  assert_int_equal(kz_listen_unix("", &fd, NULL), KZ_E_INPUT);
  assert_int_equal(kz_listen_unix("/nonexistent/folder/s", &fd, NULL), KZ_E_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(port_zero_is_a_free_port),
      cmocka_unit_test(port_in_use_is_busy_and_named),
      cmocka_unit_test(name_that_is_none_is_bad_input),
      cmocka_unit_test(unix_socket_is_the_owners_alone),
      cmocka_unit_test(living_socket_is_busy_and_a_dead_one_replaced),
      cmocka_unit_test(file_that_is_no_socket_is_left_alone),
      cmocka_unit_test(path_that_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
