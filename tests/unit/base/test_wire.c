#include "test.h"

#include "base/wire.h"

static struct kz_reader reader_of(const struct kz_buf *buf) {
  return kz_reader_of(kz_buf_str(buf));
}

static const uint64_t numbers[] = {0,
                                   1,
                                   127,
                                   128,
                                   255,
                                   256,
                                   16383,
                                   16384,
                                   UINT32_MAX,
                                   (uint64_t)INT64_MAX,
                                   (uint64_t)INT64_MAX + 1,
                                   UINT64_MAX};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static void what_is_written_is_read_back(void **state) {
  (void)state;
  KZ_BUF(buf, 4096);
  for (size_t i = 0; i < NUMBERS; i++) {
    uint64_t n = numbers[i];
    assert_true(kz_write_u8(&buf, (uint8_t)n));
    assert_true(kz_write_be16(&buf, (uint16_t)n));
    assert_true(kz_write_be32(&buf, (uint32_t)n));
    assert_true(kz_write_be64(&buf, n));
    assert_true(kz_write_le32(&buf, (uint32_t)n));
    assert_true(kz_write_le64(&buf, n));
    assert_true(kz_write_varint(&buf, n));
    assert_true(kz_write_svarint(&buf, (int64_t)n));
    assert_true(kz_write_str(&buf, kz_str_head(KZ_STR("hello"), i)));
  }
  struct kz_reader r = reader_of(&buf);
  for (size_t i = 0; i < NUMBERS; i++) {
    uint64_t n = numbers[i];
    assert_true(kz_read_u8(&r) == (uint8_t)n);
    assert_true(kz_read_be16(&r) == (uint16_t)n);
    assert_true(kz_read_be32(&r) == (uint32_t)n);
    assert_true(kz_read_be64(&r) == n);
    assert_true(kz_read_le32(&r) == (uint32_t)n);
    assert_true(kz_read_le64(&r) == n);
    assert_true(kz_read_varint(&r) == n);
    assert_true(kz_read_svarint(&r) == (int64_t)n);
    assert_true(kz_str_eq(kz_read_str(&r), kz_str_head(KZ_STR("hello"), i)));
  }
  assert_true(kz_reader_done(&r));
}

static void bytes_on_the_wire_are_as_documented(void **state) {
  (void)state;
  KZ_BUF(buf, 64);
  assert_true(kz_write_be32(&buf, 0x01020304));
  assert_true(kz_write_le32(&buf, 0x01020304));
  assert_true(kz_write_varint(&buf, 300));
  assert_true(kz_write_svarint(&buf, -2));
  assert_int_equal(buf.len, 11);
  assert_memory_equal(buf.ptr, "\1\2\3\4\4\3\2\1\xAC\x02\x03", 11);
}

static void a_varint_may_fill_a_buffer_to_its_last_byte(void **state) {
  (void)state;
  KZ_BUF(buf, 3);
  assert_true(kz_write_varint(&buf, 5));
  assert_true(kz_write_varint(&buf, 300));
  assert_int_equal(buf.len, 3);
  assert_false(kz_write_varint(&buf, 5));
  assert_false(kz_write_varint(&buf, 300));
  assert_int_equal(buf.len, 3);
  assert_true(kz_buf_failed(&buf));
}

static void big_endian_bytes_sort_as_their_numbers(void **state) {
  (void)state;
  for (size_t i = 1; i < NUMBERS; i++) {
    uint8_t smaller[8];
    uint8_t larger[8];
    kz_put_be64(smaller, numbers[i - 1]);
    kz_put_be64(larger, numbers[i]);
    assert_true(memcmp(smaller, larger, 8) < 0);
    assert_true(kz_get_be64(larger) == numbers[i]);
  }
}

static void varints_have_one_form_and_fit_64_bits(void **state) {
  (void)state;
  kz_str bad[] = {
      KZ_STR(""),
      KZ_STR("\x80"),
      KZ_STR("\xff\xff"),
      KZ_STR("\x80\x00"),
      KZ_STR("\xff\x80\x00"),
      KZ_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
      KZ_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct kz_reader r = kz_reader_of(bad[i]);
    assert_true(kz_read_varint(&r) == 0);
    assert_true(r.failed);
    assert_int_equal(kz_reader_left(&r), 0);
  }
}

static void a_failure_sticks_and_reads_nothing_more(void **state) {
  (void)state;
  struct kz_reader r = kz_reader_of(KZ_STR("\x01\x02\x03"));
  assert_int_equal(kz_read_be16(&r), 0x0102);
  assert_int_equal(kz_read_be32(&r), 0);
  assert_int_equal(kz_read_u8(&r), 0);
  assert_int_equal(kz_read_varint(&r), 0);
  assert_false(kz_reader_done(&r));
}

static void a_string_longer_than_the_record_is_refused(void **state) {
  (void)state;
  kz_str bad[] = {KZ_STR("\x05"
                         "abcd"),
                  KZ_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct kz_reader r = kz_reader_of(bad[i]);
    assert_int_equal(kz_read_str(&r).len, 0);
    assert_true(r.failed);
  }
  struct kz_reader empty = kz_reader_of(KZ_STR_NONE);
  assert_true(kz_reader_done(&empty));
  assert_int_equal(kz_read_str(&empty).len, 0);
  assert_true(empty.failed);
}

static void a_number_above_the_callers_maximum_is_refused(void **state) {
  (void)state;
  struct kz_reader r = kz_reader_of(KZ_STR("\x07\x08"));
  assert_int_equal(kz_read_varint_max(&r, 7), 7);
  assert_int_equal(kz_read_varint_max(&r, 7), 0);
  assert_true(r.failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(bytes_on_the_wire_are_as_documented),
      cmocka_unit_test(a_varint_may_fill_a_buffer_to_its_last_byte),
      cmocka_unit_test(big_endian_bytes_sort_as_their_numbers),
      cmocka_unit_test(varints_have_one_form_and_fit_64_bits),
      cmocka_unit_test(a_failure_sticks_and_reads_nothing_more),
      cmocka_unit_test(a_string_longer_than_the_record_is_refused),
      cmocka_unit_test(a_number_above_the_callers_maximum_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
