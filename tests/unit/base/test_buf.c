#include "test.h"

#include "base/buf.h"

static void assert_content(const struct kz_buf *buf, kz_str expected) {
  assert_int_equal(buf->len, expected.len);
  assert_memory_equal(buf->ptr, expected.ptr, expected.len);
}

static void appends_stand_one_after_another(void **state) {
  (void)state;
  KZ_BUF(buf, 1000);
  assert_true(kz_buf_add(&buf, "ab", 2));
  assert_true(kz_buf_add_str(&buf, KZ_STR("cd")));
  assert_true(kz_buf_add_byte(&buf, 'e'));
  assert_true(kz_buf_add_u64(&buf, 0));
  assert_true(kz_buf_add_u64(&buf, UINT64_MAX));
  assert_true(kz_buf_add_format(&buf, "<%d>", -7));
  assert_content(&buf, KZ_STR("abcde018446744073709551615<-7>"));
  assert_false(kz_buf_failed(&buf));
}

static void content_may_be_exactly_the_maximum(void **state) {
  (void)state;
  KZ_BUF(buf, 5);
  assert_true(kz_buf_add_format(&buf, "%s", "12345"));
  assert_content(&buf, KZ_STR("12345"));
  assert_false(kz_buf_add_byte(&buf, '6'));
}

static void a_failure_sticks_until_the_buffer_is_cleared(void **state) {
  (void)state;
  KZ_BUF(buf, 4);
  assert_true(kz_buf_add_str(&buf, KZ_STR("abc")));
  assert_false(kz_buf_add_str(&buf, KZ_STR("de")));
  assert_content(&buf, KZ_STR("abc"));
  assert_false(kz_buf_add_byte(&buf, 'x'));
  assert_false(kz_buf_add_format(&buf, "x"));
  assert_true(kz_buf_failed(&buf));
  kz_buf_clear(&buf);
  assert_true(kz_buf_add_str(&buf, KZ_STR("wxyz")));
  assert_content(&buf, KZ_STR("wxyz"));
}

static void a_length_that_would_wrap_is_refused(void **state) {
  (void)state;
  KZ_BUF(buf, SIZE_MAX);
  assert_true(kz_buf_add_byte(&buf, 'a'));
  assert_null(kz_buf_room(&buf, SIZE_MAX));
  kz_buf_clear(&buf);
  assert_null(kz_buf_room(&buf, SIZE_MAX - 1));
}

static void room_is_writable_and_counts_only_when_len_is_raised(void **state) {
  (void)state;
  KZ_BUF(buf, 1 << 20);
  for (size_t i = 0; i < 1000; i++) {
    char *to = kz_buf_room(&buf, 100);
    assert_non_null(to);
    to[0] = (char)('a' + i % 26);
    to[99] = 'z';
    buf.len += 1;
  }
  assert_int_equal(buf.len, 1000);
  assert_int_equal(buf.ptr[27], 'b');
}

static void done_leaves_an_empty_usable_buffer(void **state) {
  (void)state;
  struct kz_buf buf;
  kz_buf_init(&buf, 10);
  assert_true(kz_buf_add(&buf, NULL, 0));
  assert_true(kz_buf_add_str(&buf, KZ_STR("abc")));
  kz_buf_done(&buf);
  assert_int_equal(buf.len, 0);
  assert_true(kz_buf_add_str(&buf, KZ_STR("0123456789")));
  kz_buf_done(&buf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(appends_stand_one_after_another),
      cmocka_unit_test(content_may_be_exactly_the_maximum),
      cmocka_unit_test(a_failure_sticks_until_the_buffer_is_cleared),
      cmocka_unit_test(a_length_that_would_wrap_is_refused),
      cmocka_unit_test(room_is_writable_and_counts_only_when_len_is_raised),
      cmocka_unit_test(done_leaves_an_empty_usable_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
