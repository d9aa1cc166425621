#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/misp_split.h"

enum { CEILING = 1 << 20 };

/* What a stream was split into: "text@line:column+byte;" for each event and
 * "!line:column+byte;" for each problem. */
struct split_log {
  struct kz_buf text;
  kz_rc answer;
};

static kz_rc take_event(void *ctx, kz_str text,
                        const struct kz_json_place *origin) {
  struct split_log *log = ctx;
  kz_buf_add_str(&log->text, text);
  kz_buf_add_format(&log->text, "@%d:%d+%d;", (int)origin->line,
                    (int)origin->column, (int)origin->byte);
  return log->answer;
}

static void take_problem(void *ctx, const struct kz_json_place *place,
                         const char *message) {
  struct split_log *log = ctx;
  assert_true(message[0] != '\0');
  kz_buf_add_format(&log->text, "!%d:%d+%d;", (int)place->line,
                    (int)place->column, (int)place->byte);
}

static kz_rc split_into(struct split_log *log, kz_str stream, size_t piece,
                        size_t ceiling) {
  const struct kz_misp_split_sink sink = {log, take_event, take_problem};
  struct kz_misp_split *split = kz_misp_split_new(&sink, ceiling);
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && stream.len > 0) {
    /* A block of its own, so that a read past its end is noticed. */
    kz_str next = kz_str_head(stream, piece);
    char *bytes = malloc(next.len);
    assert_non_null(bytes);
    memcpy(bytes, next.ptr, next.len);
    rc = kz_misp_split_feed(split, (kz_str){bytes, next.len});
    free(bytes);
    stream = kz_str_from(stream, piece);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_split_end(split);
  }
  kz_misp_split_free(split);
  return rc;
}

/* Splits `stream` in pieces of every size; the outcome is always `expected`. */
static void expect_split(const char *stream, const char *expected) {
  kz_str bytes = kz_str_of(stream);
  for (size_t piece = 1; piece <= bytes.len + 1; piece++) {
    struct split_log log = {.answer = KZ_OK};
    kz_buf_init(&log.text, CEILING);
    assert_int_equal(split_into(&log, bytes, piece, CEILING), KZ_OK);
    kz_buf_add_byte(&log.text, '\0');
    assert_string_equal(log.text.ptr, expected);
    kz_buf_done(&log.text);
  }
}

static void one_event_is_found_bare_or_wrapped(void **state) {
  (void)state;
  expect_split("{\"info\":1}", "{\"info\":1}@1:1+0;");
  expect_split("\n {\"Event\":{}}\n", "{\"Event\":{}}@2:2+2;");
  expect_split("\xEF\xBB\xBF{}", "{}@1:4+3;");
}

static void events_on_end_are_found(void **state) {
  (void)state;
  expect_split("{\"a\":1}{\"b\":2}", "{\"a\":1}@1:1+0;{\"b\":2}@1:8+7;");
  expect_split("{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}@1:1+0;{\"b\":2}@2:1+8;");
  expect_split("{\"a\":1}\r\n\r\n{\"b\":2}",
               "{\"a\":1}@1:1+0;{\"b\":2}@3:1+11;");
}

static void lists_are_opened(void **state) {
  (void)state;
  expect_split("[{\"a\":1}, {\"b\":2}]", "{\"a\":1}@1:2+1;{\"b\":2}@1:11+10;");
  expect_split("[]", "");
  expect_split("[{\"response\":1}]", "{\"response\":1}@1:2+1;");
}

static void a_response_is_opened(void **state) {
  (void)state;
  expect_split("{\"response\":[{\"Event\":1},{\"Event\":2}]}",
               "{\"Event\":1}@1:14+13;{\"Event\":2}@1:26+25;");
  expect_split("{ \"response\" : {\"Event\":{}} }", "{\"Event\":{}}@1:16+15;");
  expect_split("{\"response\":[{\"a\":1}],\"x\":{\"y\":\"}\"}}{\"b\":2}",
               "{\"a\":1}@1:14+13;{\"b\":2}@1:37+36;");
  expect_split("{\"response\":[]}\n{\"response\":[{}]}", "{}@2:14+29;");
}

static void strings_hide_brackets_and_keys(void **state) {
  (void)state;
  expect_split("{\"a\":\"}{\\\"}]\"}", "{\"a\":\"}{\\\"}]\"}@1:1+0;");
  expect_split("{\"respons\\u0065\":[{}]}", "{\"respons\\u0065\":[{}]}@1:1+0;");
  expect_split("{\"a much longer key\":{}}",
               "{\"a much longer key\":{}}@1:1+0;");
}

static void an_event_of_many_lines_is_one(void **state) {
  (void)state;
  expect_split("{\n{\n}\n}\n", "{\n{\n}\n}@1:1+0;");
  expect_split("{\"Event\":{\"Attribute\":[\n{\"type\":1},\n{\"type\":2}\n]}}",
               "{\"Event\":{\"Attribute\":[\n{\"type\":1},\n{\"type\":2}\n]}}"
               "@1:1+0;");
}

static void a_broken_line_costs_that_line(void **state) {
  (void)state;
  expect_split("{\"Event\":{\n{\"Event\":{}}\n",
               "{\"Event\":{\n@1:1+0;{\"Event\":{}}@2:1+11;");
  expect_split("{\"Event\":{\"info\":\"x}}\n{\"Event\":{}}\n",
               "{\"Event\":{\"info\":\"x}}\n@1:1+0;{\"Event\":{}}@2:1+22;");
  /* Without the mark, once events have proven to have a line each. */
  expect_split("{\"a\":1}\n{\"b\":2}\n{\"c\":{\n{\"d\":4}\n",
               "{\"a\":1}@1:1+0;{\"b\":2}@2:1+8;{\"c\":{\n@3:1+16;"
               "{\"d\":4}@4:1+23;");
}

static void bytes_without_sense_are_told_and_passed(void **state) {
  (void)state;
  expect_split("hello", "!1:1+0;");
  expect_split("{\"a\":1}\nhello {\"b\":2}\n{\"c\":3}",
               "{\"a\":1}@1:1+0;!2:1+8;{\"c\":3}@3:1+22;");
  expect_split("[{\"a\":1}} {\"b\":2}, {\"Event\":3}]",
               "{\"a\":1}@1:2+1;!1:9+8;{\"Event\":3}@1:20+19;");
  expect_split("{\"response\":5,\"x\":[]}{\"a\":1}",
               "!1:13+12;{\"a\":1}@1:22+21;");
  expect_split("{}x{ }{ 1", "{}@1:1+0;!1:3+2;");
}

static void what_is_cut_off_is_handed_out_or_told(void **state) {
  (void)state;
  expect_split("{\"Event\":{\"info\":\"", "{\"Event\":{\"info\":\"@1:1+0;");
  expect_split("{", "{@1:1+0;");
  expect_split("[{\"a\":1},\n", "{\"a\":1}@1:2+1;!2:1+10;");
  expect_split("{\"response\":", "!1:13+12;");
  expect_split("", "");
}

static void an_event_past_the_ceiling_is_passed_over(void **state) {
  (void)state;
  const char stream[] = "[{\"aaaaaaaaaaaaaaaaaaaaaa\":1},{\"b\":2}]";
  for (size_t piece = 1; piece <= sizeof stream; piece++) {
    struct split_log log = {.answer = KZ_OK};
    kz_buf_init(&log.text, CEILING);
    assert_int_equal(split_into(&log, kz_str_of(stream), piece, 20), KZ_OK);
    kz_buf_add_byte(&log.text, '\0');
    assert_string_equal(log.text.ptr, "!1:2+1;{\"b\":2}@1:31+30;");
    kz_buf_done(&log.text);
  }
}

static void the_sink_can_stop_it(void **state) {
  (void)state;
  struct split_log log = {.answer = KZ_E_STOPPED};
  kz_buf_init(&log.text, CEILING);
  assert_int_equal(split_into(&log, KZ_STR("[{},{}]"), 100, CEILING),
                   KZ_E_STOPPED);
  kz_buf_add_byte(&log.text, '\0');
  assert_string_equal(log.text.ptr, "{}@1:2+1;");
  kz_buf_done(&log.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_event_is_found_bare_or_wrapped),
      cmocka_unit_test(events_on_end_are_found),
      cmocka_unit_test(lists_are_opened),
      cmocka_unit_test(a_response_is_opened),
      cmocka_unit_test(strings_hide_brackets_and_keys),
      cmocka_unit_test(an_event_of_many_lines_is_one),
      cmocka_unit_test(a_broken_line_costs_that_line),
      cmocka_unit_test(bytes_without_sense_are_told_and_passed),
      cmocka_unit_test(what_is_cut_off_is_handed_out_or_told),
      cmocka_unit_test(an_event_past_the_ceiling_is_passed_over),
      cmocka_unit_test(the_sink_can_stop_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
