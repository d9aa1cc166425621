#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "stderr.h"

enum { OUT_BYTES = 20000 };

struct capture {
  int ends[2];
  int before;
};

static struct capture capture(void) {
  struct capture capture;
  assert_int_equal(pipe(capture.ends), 0);
  capture.before = stderr_to(capture.ends[1]);
  return capture;
}

static void capture_end(struct capture *capture, char out[OUT_BYTES]) {
  (void)close(capture->ends[1]);
  stderr_back(capture->before, capture->ends[0], out, OUT_BYTES);
  (void)close(capture->ends[0]);
}

static void assert_value(kz_str value, const char *expected) {
  KZ_BUF(out, OUT_BYTES);
  const struct kz_log_field fields[] = {kz_log_text("k", value), {.key = NULL}};
  kz_log_format(fields, &out);
  assert_true(kz_buf_add_byte(&out, '\0'));
  assert_string_equal(out.ptr, expected);
}

static void fields_stand_side_by_side(void **state) {
  (void)state;
  KZ_BUF(out, 1000);
  const struct kz_log_field fields[] = {
      kz_log_event("served"),
      kz_log_text("path", KZ_STR("/api/ask?a=b")),
      kz_log_count("bytes", -5),
      {.key = NULL}};
  kz_log_format(fields, &out);
  assert_true(kz_str_eq(kz_buf_str(&out),
                        KZ_STR("event=served path=\"/api/ask?a=b\" bytes=-5")));
}

static void values_cannot_break_out_of_their_line(void **state) {
  (void)state;
  assert_value(KZ_STR("plain-1.2:3/4"), "k=plain-1.2:3/4");
  assert_value(KZ_STR(""), "k=\"\"");
  assert_value(KZ_STR("a b"), "k=\"a b\"");
  assert_value(KZ_STR("a\nlevel=error"), "k=\"a\\nlevel=error\"");
  assert_value(KZ_STR("\"\\\r\t\0\x1b[2J\x7f"),
               "k=\"\\\"\\\\\\r\\t\\x00\\x1b[2J\\x7f\"");
  assert_value(KZ_STR("\u65e5\u672c"), "k=\"\u65e5\u672c\"");
  assert_value(KZ_STR("\xff\xe3\x81"), "k=\"\\xff\\xe3\\x81\"");
  assert_value(KZ_STR("\xc2\x9b"), "k=\"\\xc2\\x9b\"");
  assert_value(KZ_STR("\u202e"), "k=\"\\xe2\\x80\\xae\"");
}

static void long_values_are_cut(void **state) {
  (void)state;
  char text[2000];
  memset(text, 'a', sizeof text);
  KZ_BUF(out, OUT_BYTES);
  const struct kz_log_field fields[] = {
      kz_log_text("k", (kz_str){text, sizeof text}), {.key = NULL}};
  kz_log_format(fields, &out);
  assert_int_equal(out.len, 2 + 1024 + 3);
  assert_true(kz_str_ends(kz_buf_str(&out), KZ_STR("aaa...")));
}

static void a_line_has_time_level_event_and_one_end(void **state) {
  (void)state;
  char out[OUT_BYTES];
  struct kz_err err = KZ_ERR_NONE;
  kz_err_set(&err, KZ_E_IO, "disk gone");
  struct capture caught = capture();
  KZ_LOG(KZ_LOG_ERROR, kz_log_event("failed"), kz_log_err(&err));
  capture_end(&caught, out);
  assert_memory_equal(out, "time=2", 6);
  const char *rest = strchr(out, ' ');
  assert_non_null(rest);
  assert_int_equal(rest - out, strlen("time=2026-02-03T04:05:06.000007Z"));
  assert_string_equal(rest, " level=error event=failed error=\"disk gone\"\n");
}

static void what_is_below_the_level_is_not_written(void **state) {
  (void)state;
  char out[OUT_BYTES];
  enum kz_log_level level = KZ_LOG_INFO;
  struct capture caught = capture();
  KZ_LOG(KZ_LOG_DEBUG, kz_log_event("x"));
  capture_end(&caught, out);
  assert_string_equal(out, "");
  assert_int_equal(kz_log_level_parse(KZ_STR("debug"), &level), KZ_OK);
  kz_log_set_level(level);
  caught = capture();
  KZ_LOG(KZ_LOG_DEBUG, kz_log_event("x"));
  capture_end(&caught, out);
  assert_non_null(strstr(out, "level=debug event=x\n"));
  kz_log_set_level(KZ_LOG_ERROR);
  assert_false(kz_log_is_on(KZ_LOG_WARNING));
  kz_log_set_level(KZ_LOG_INFO);
  assert_int_equal(kz_log_level_parse(KZ_STR("loud"), &level), KZ_E_INPUT);
  assert_int_equal(level, KZ_LOG_DEBUG);
}

static void journald_is_given_the_priority_instead_of_the_time(void **state) {
  (void)state;
  char out[OUT_BYTES];
  struct stat st;
  char named[64];
  struct capture caught = capture();
  assert_int_equal(fstat(STDERR_FILENO, &st), 0);
  (void)snprintf(named, sizeof named, "%llu:%llu",
                 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
  assert_int_equal(setenv("JOURNAL_STREAM", named, 1), 0);
  KZ_LOG(KZ_LOG_WARNING, kz_log_event("x"));
  stderr_back(caught.before, caught.ends[0], out, sizeof out);
  assert_string_equal(out, "<4>level=warning event=x\n");
  struct capture other = capture();
  KZ_LOG(KZ_LOG_WARNING, kz_log_event("elsewhere"));
  capture_end(&other, out);
  assert_memory_equal(out, "time=", 5);
  assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
  (void)close(caught.ends[0]);
  (void)close(caught.ends[1]);
}

static void a_line_too_long_still_names_its_event(void **state) {
  (void)state;
  char out[OUT_BYTES];
  char text[1000];
  memset(text, '\1', sizeof text);
  kz_str value = {text, sizeof text};
  struct capture caught = capture();
  KZ_LOG(KZ_LOG_INFO, kz_log_event("big"), kz_log_text("a", value),
         kz_log_text("b", value), kz_log_text("c", value));
  capture_end(&caught, out);
  assert_non_null(strstr(out, " of=big\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_stand_side_by_side),
      cmocka_unit_test(values_cannot_break_out_of_their_line),
      cmocka_unit_test(long_values_are_cut),
      cmocka_unit_test(a_line_has_time_level_event_and_one_end),
      cmocka_unit_test(what_is_below_the_level_is_not_written),
      cmocka_unit_test(journald_is_given_the_priority_instead_of_the_time),
      cmocka_unit_test(a_line_too_long_still_names_its_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
