#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/sql_dump.h"

enum { CEILING = 4096 };

/* Rows as `table[column=value|...]@line`, problems as `!line:byte words`. */
struct told {
  struct kz_buf text;
  kz_str table;
  const kz_str *columns;
  char name[64];
};

static bool take_table(void *ctx, kz_str name, const kz_str *columns,
                       size_t count) {
  struct told *t = ctx;
  (void)count;
  assert_true(name.len < sizeof t->name);
  memcpy(t->name, name.ptr, name.len);
  t->table = (kz_str){t->name, name.len};
  t->columns = columns;
  return !kz_str_eq(name, KZ_STR("logs"));
}

static kz_rc take_row(void *ctx, const kz_str *values, size_t count,
                      const struct kz_json_place *place) {
  struct told *t = ctx;
  kz_buf_add_str(&t->text, t->table);
  for (size_t i = 0; i < count; i++) {
    kz_buf_add_byte(&t->text, i ? '|' : '[');
    kz_buf_add_str(&t->text, t->columns[i]);
    kz_buf_add_byte(&t->text, '=');
    kz_buf_add_str(&t->text, values[i].ptr ? values[i] : KZ_STR("NULL"));
  }
  kz_buf_add_format(&t->text, "]@%llu ", (unsigned long long)place->line);
  return KZ_OK;
}

static void take_problem(void *ctx, const struct kz_json_place *place,
                         const char *message) {
  struct told *t = ctx;
  kz_buf_add_format(&t->text, "!%llu:%llu %s ", (unsigned long long)place->line,
                    (unsigned long long)place->byte, message);
}

static void tell(const char *dump_text, size_t piece, struct kz_buf *out) {
  struct told t = {0};
  const struct kz_sql_sink sink = {
      .ctx = &t, .table = take_table, .row = take_row, .problem = take_problem};
  struct kz_sql_dump *dump = kz_sql_dump_new(&sink, CEILING);
  kz_str text = kz_str_of(dump_text);
  assert_non_null(dump);
  kz_buf_init(&t.text, 1 << 20);
  while (text.len > 0) {
    assert_int_equal(kz_sql_dump_feed(dump, kz_str_head(text, piece)), KZ_OK);
    text = kz_str_from(text, piece);
  }
  assert_int_equal(kz_sql_dump_end(dump), KZ_OK);
  kz_sql_dump_free(dump);
  *out = t.text;
}

static void check(const char *dump_text, const char *want) {
  const size_t pieces[] = {1, 3, 1 << 20};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    struct kz_buf out;
    tell(dump_text, pieces[i], &out);
    kz_buf_add_byte(&out, '\0');
    assert_string_equal(out.ptr, want);
    kz_buf_done(&out);
  }
}

#define TABLE                                                                  \
  "CREATE TABLE `t` (\n  `a` int(11) NOT NULL DEFAULT 0 COMMENT 'x),(',\n"     \
  "  `b` text DEFAULT NULL,\n  PRIMARY KEY (`a`),\n  KEY `b` (`b`(255))\n"     \
  ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"

static void rows_have_names_and_places(void **state) {
  (void)state;
  check("-- MariaDB dump\n/*!40101 SET NAMES utf8mb4 */;\n" TABLE
        "LOCK TABLES `t` WRITE;\n"
        "INSERT INTO `t` VALUES\n(1,'one'),\n(2,NULL);\nUNLOCK TABLES;\n",
        "t[a=1|b=one]@11 t[a=2|b=NULL]@12 ");
  check(TABLE "INSERT INTO `t` VALUES (1,'a;b'),(-2,'c');\n"
              "INSERT IGNORE INTO `d`.`t` (`b`, `a`) VALUES ('x',3);",
        "t[a=1|b=a;b]@7 t[a=-2|b=c]@7 t[b=x|a=3]@8 ");
}

static void values_are_decoded(void **state) {
  (void)state;
  check(TABLE "INSERT INTO `t` VALUES (1,'it\\'s \\\\ \\n ''q'' \\\"\\%'),"
              "(0x4142,_binary 'b\\r'),(x'43',\"d\"),(b'1',TRUE);\n",
        "t[a=1|b=it's \\ \n 'q' \"%]@7 t[a=AB|b=b\r]@7 t[a=C|b=d]@7 "
        "t[a=1|b=1]@7 ");
}

static void what_nobody_wants_is_passed_over(void **state) {
  (void)state;
  check("CREATE TABLE `logs` (`a` int);\n"
        "INSERT INTO `logs` VALUES ('; INSERT INTO `t` VALUES (1);'),('\\'');\n"
        "DELIMITER ;;\n/*!50003 CREATE TRIGGER x BEGIN SET @a='*'; END */;;\n"
        "DELIMITER ;\n# ';\nDELETE FROM `x;y` /* ' ; */ WHERE 1; -- ok\n" TABLE
        "INSERT INTO `t` VALUES (1,'/* -- # */');\n",
        "t[a=1|b=/* -- # */]@14 ");
}

static void broken_rows_cost_their_line(void **state) {
  (void)state;
  check(TABLE "INSERT INTO `t` VALUES\n(1,'a'),\n(2,oops),\n(3,'c','d'),\n"
              "(4,'e');\n",
        "t[a=1|b=a]@8 !9:208 not a row !10:218 the row has not as many values "
        "as the table has columns t[a=4|b=e]@11 ");
  check("INSERT INTO `u` VALUES (1);\n" TABLE "INSERT INTO `t` VALUES (1,'a'",
        "!1:0 rows of a table whose columns were not told !8:227 the dump ends "
        "within a statement ");
}

static void long_rows_are_left_out(void **state) {
  (void)state;
  KZ_BUF(text, 1 << 20);
  kz_buf_add_str(&text, KZ_STR(TABLE "INSERT INTO `t` VALUES\n(1,'"));
  for (size_t i = 0; i < CEILING * 3; i++) {
    kz_buf_add_byte(&text, 'x');
  }
  kz_buf_add_str(&text, KZ_STR("'),\n(2,'b');\n"));
  kz_buf_add_byte(&text, '\0');
  assert_false(kz_buf_failed(&text));
  struct kz_buf out;
  tell(text.ptr, 100, &out);
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, "!8:199 the row or statement is too long "
                               "t[a=2|b=b]@9 ");
  kz_buf_done(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_have_names_and_places),
      cmocka_unit_test(values_are_decoded),
      cmocka_unit_test(what_nobody_wants_is_passed_over),
      cmocka_unit_test(broken_rows_cost_their_line),
      cmocka_unit_test(long_rows_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
