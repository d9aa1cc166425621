#include "test.h"

#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "stderr.h"

static void assert_line(struct kz_progress_state line, const char *expected) {
  KZ_BUF(out, 500);
  line.title = "import";
  line.unit = "rows";
  kz_progress_format(&line, &out);
  assert_true(kz_buf_add_byte(&out, '\0'));
  assert_string_equal(out.ptr, expected);
}

static void a_line_tells_part_rate_and_time_left(void **state) {
  (void)state;
  assert_line((struct kz_progress_state){.done = 840000,
                                         .total = 2000000,
                                         .elapsed_us = 2000000},
              "import  42 %  840,000 of 2,000,000 rows  420,000/s  3 s left");
  assert_line((struct kz_progress_state){.done = 1000,
                                         .total = 1000000,
                                         .elapsed_us = 10000000},
              "import  0 %  1,000 of 1,000,000 rows  100/s  2 h 46 min left");
  assert_line((struct kz_progress_state){.done = 10,
                                         .total = 1010,
                                         .elapsed_us = 1000000},
              "import  0 %  10 of 1,010 rows  10/s  1 min 41 s left");
}

static void an_unknown_total_is_left_out(void **state) {
  (void)state;
  assert_line((struct kz_progress_state){.done = 999, .elapsed_us = 3000000},
              "import  999 rows  333/s  in 3 s");
  assert_line((struct kz_progress_state){.elapsed_us = 3000000},
              "import  0 rows");
}

static void the_end_tells_how_long_it_took(void **state) {
  (void)state;
  assert_line((struct kz_progress_state){.done = 1200,
                                         .total = 1200,
                                         .elapsed_us = 61000000},
              "import  100 %  1,200 of 1,200 rows  19/s  in 1 min 1 s");
  assert_line((struct kz_progress_state){.done = 1300,
                                         .total = 1200,
                                         .elapsed_us = 1000000},
              "import  100 %  1,300 of 1,200 rows  1,300/s  in 1 s");
}

static void absurd_numbers_do_no_harm(void **state) {
  (void)state;
  KZ_BUF(out, 500);
  struct kz_progress_state line = {.title = "t",
                                   .unit = "u",
                                   .done = 1,
                                   .total = UINT64_MAX,
                                   .elapsed_us = INT64_MAX};
  kz_progress_format(&line, &out);
  line.done = UINT64_MAX;
  line.elapsed_us = 1;
  kz_progress_format(&line, &out);
  assert_false(kz_buf_failed(&out));
}

static void use(void) {
  struct kz_progress *progress = kz_progress_new("import", "rows", 0);
  assert_non_null(progress);
  kz_progress_set_total(progress, 4);
  for (int i = 0; i < 4; i++) {
    kz_progress_add(progress, 1);
  }
  kz_progress_free(progress);
}

static void nothing_is_written_where_there_is_no_terminal(void **state) {
  (void)state;
  char out[100];
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  int before = stderr_to(ends[1]);
  use();
  (void)close(ends[1]);
  stderr_back(before, ends[0], out, sizeof out);
  (void)close(ends[0]);
  assert_string_equal(out, "");
}

static void a_terminal_sees_the_last_state_on_one_line(void **state) {
  (void)state;
  char out[1000];
  int terminal = -1;
  int end = -1;
  if (openpty(&terminal, &end, NULL, NULL, NULL) != 0) {
    skip();
  }
  int before = stderr_to(end);
  use();
  stderr_back(before, terminal, out, sizeof out);
  (void)close(end);
  (void)close(terminal);
  assert_memory_equal(out, "\rimport  100 %  4 of 4 rows", 27);
  assert_null(strchr(out + 1, '\n') ? strchr(strchr(out + 1, '\n') + 1, '\n')
                                    : NULL);
  assert_non_null(strstr(out, "\x1b[K"));
}

static void nobody_may_be_watching(void **state) {
  (void)state;
  kz_progress_add(NULL, 1);
  kz_progress_set_total(NULL, 1);
  kz_progress_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_tells_part_rate_and_time_left),
      cmocka_unit_test(an_unknown_total_is_left_out),
      cmocka_unit_test(the_end_tells_how_long_it_took),
      cmocka_unit_test(absurd_numbers_do_no_harm),
      cmocka_unit_test(nothing_is_written_where_there_is_no_terminal),
      cmocka_unit_test(a_terminal_sees_the_last_state_on_one_line),
      cmocka_unit_test(nobody_may_be_watching),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
