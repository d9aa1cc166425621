#include "test.h"

#include <string.h>

#include "net/sql_client.h"

static kz_rc parse(const char *text, struct kz_sql_address *ret,
                   struct kz_err *err) {
  return kz_sql_parse(kz_str_of(text), ret, err);
}

static void addresses_are_taken_apart(void **state) {
  (void)state;
  struct kz_sql_address a;
  assert_int_equal(
      parse("mysql://misp:p%40ss%2Fw:d@db.example.test:3307/misp", &a, NULL),
      KZ_OK);
  assert_string_equal(a.user, "misp");
  assert_string_equal(a.password, "p@ss/w:d");
  assert_string_equal(a.host, "db.example.test");
  assert_int_equal(a.port, 3307);
  assert_string_equal(a.database, "misp");
  assert_string_equal(a.socket, "");
  assert_int_equal(
      parse("mariadb://[2001:db8::1]/m?socket=/run/my%20sql.sock", &a, NULL),
      KZ_OK);
  assert_string_equal(a.user, "");
  assert_string_equal(a.host, "2001:db8::1");
  assert_int_equal(a.port, KZ_SQL_PORT);
  assert_string_equal(a.socket, "/run/my sql.sock");
  assert_int_equal(parse("mysql://u@[2001:db8::1]:1/m", &a, NULL), KZ_OK);
  assert_int_equal(a.port, 1);
}

static void wrong_ones_are_refused_without_their_password(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "http://a/b",
      "mysql://",
      "mysql://host",
      "mysql://host/",
      "mysql:///misp",
      "mysql://u:hidden@host:0/misp",
      "mysql://u:hidden@host:65536/misp",
      "mysql://u:hidden@host:x/misp",
      "mysql://u:hidden%@host/misp",
      "mysql://u:hidden%00@host/misp",
      "mysql://u:hidden@host/misp?local_infile=1",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct kz_sql_address a;
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(parse(wrong[i], &a, &err), KZ_E_INPUT);
    assert_null(strstr(err.text, "hidden"));
  }
  char text[KZ_SQL_NAME * 2] = "mysql://";
  memset(text + 8, 'h', KZ_SQL_NAME);
  strcpy(text + 8 + KZ_SQL_NAME, "/misp");
  struct kz_sql_address a;
  assert_int_equal(parse(text, &a, NULL), KZ_E_INPUT);
}

static void people_see_no_password(void **state) {
  (void)state;
  struct kz_sql_address a;
  kz_str shown = KZ_STR_NONE;
  KZ_ARENA(arena, 1 << 16);
  assert_int_equal(parse("mysql://u:hidden@192.0.2.1/misp", &a, NULL), KZ_OK);
  assert_int_equal(kz_sql_show(&a, arena, &shown), KZ_OK);
  assert_true(kz_str_eq(shown, KZ_STR("mysql://192.0.2.1:3306/misp")));
  assert_true(kz_sql_is_address(KZ_STR("mysql://x")));
  assert_false(kz_sql_is_address(KZ_STR("/mysql://x")));
}

static void no_server_is_told(void **state) {
  (void)state;
  struct kz_sql_address a;
  struct kz_sql_client *client = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      parse("mysql://u:hidden@localhost/misp?socket=/nowhere/at.all", &a, NULL),
      KZ_OK);
  assert_int_equal(kz_sql_connect(&a, &client, &err), KZ_E_IO);
  assert_non_null(strstr(err.text, "/nowhere/at.all"));
  assert_null(strstr(err.text, "hidden"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_taken_apart),
      cmocka_unit_test(wrong_ones_are_refused_without_their_password),
      cmocka_unit_test(people_see_no_password),
      cmocka_unit_test(no_server_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
