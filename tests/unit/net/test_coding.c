#include "test.h"

#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>

#include "net/coding.h"

enum { PLAIN_MAX = 8 << 20 };

/* Packs with zlib itself, not with the code under test. */
static void pack(kz_str plain, int window, struct kz_buf *out) {
  z_stream z = {0};
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, 0), Z_OK);
  size_t bound = deflateBound(&z, plain.len) + 64;
  char *room = kz_buf_room(out, bound);
  assert_non_null(room);
  char *copy = malloc(plain.len + 1);
  assert_non_null(copy);
  if (plain.len > 0) {
    memcpy(copy, plain.ptr, plain.len);
  }
  z.next_in = (Bytef *)copy;
  z.avail_in = (uInt)plain.len;
  z.next_out = (Bytef *)room;
  z.avail_out = (uInt)bound;
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  out->len += bound - z.avail_out;
  (void)deflateEnd(&z);
  free(copy);
}

static void assert_unpacks(const struct kz_buf *packed, enum kz_coding coding,
                           kz_str plain) {
  KZ_BUF(out, PLAIN_MAX);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_unpack(kz_buf_str(packed), coding, &out, &err), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&out), plain));
}

/* Text that packs like JSON does. */
static void write_sample(struct kz_buf *out, size_t rows) {
  for (size_t i = 0; i < rows; i++) {
    (void)kz_buf_add_format(out, "{\"id\":\"%zu\",\"value\":\"192.0.2.%zu\"},",
                            i * 7919 % 100003, i * 31 % 256);
  }
  assert_false(kz_buf_failed(out));
}

static void gzip_zlib_and_raw_deflate_are_unpacked(void **state) {
  (void)state;
  KZ_BUF(plain, PLAIN_MAX);
  write_sample(&plain, 20000);
  KZ_BUF(gzip, PLAIN_MAX);
  KZ_BUF(zlib, PLAIN_MAX);
  KZ_BUF(raw, PLAIN_MAX);
  pack(kz_buf_str(&plain), MAX_WBITS + 16, &gzip);
  pack(kz_buf_str(&plain), MAX_WBITS, &zlib);
  pack(kz_buf_str(&plain), -MAX_WBITS, &raw);
  assert_unpacks(&gzip, KZ_CODING_GZIP, kz_buf_str(&plain));
  assert_unpacks(&zlib, KZ_CODING_DEFLATE, kz_buf_str(&plain));
  assert_unpacks(&raw, KZ_CODING_DEFLATE, kz_buf_str(&plain));
}

static void empty_text_is_packed_and_unpacked(void **state) {
  (void)state;
  KZ_BUF(gzip, 1024);
  pack(KZ_STR(""), MAX_WBITS + 16, &gzip);
  assert_unpacks(&gzip, KZ_CODING_GZIP, KZ_STR(""));
}

static void gzip_members_after_each_other_are_one_body(void **state) {
  (void)state;
  KZ_BUF(gzip, 4096);
  pack(KZ_STR("one "), MAX_WBITS + 16, &gzip);
  pack(KZ_STR("two"), MAX_WBITS + 16, &gzip);
  assert_unpacks(&gzip, KZ_CODING_GZIP, KZ_STR("one two"));
}

static void brotli_is_unpacked(void **state) {
  (void)state;
  KZ_BUF(plain, PLAIN_MAX);
  write_sample(&plain, 20000);
  KZ_BUF(brotli, PLAIN_MAX);
  size_t size = BrotliEncoderMaxCompressedSize(plain.len);
  char *room = kz_buf_room(&brotli, size);
  assert_non_null(room);
  assert_true(BrotliEncoderCompress(4, 20, BROTLI_MODE_TEXT, plain.len,
                                    (const uint8_t *)plain.ptr, &size,
                                    (uint8_t *)room));
  brotli.len = size;
  assert_unpacks(&brotli, KZ_CODING_BROTLI, kz_buf_str(&plain));
  KZ_BUF(out, PLAIN_MAX);
  brotli.len = size / 2;
  assert_int_equal(kz_unpack(kz_buf_str(&brotli), KZ_CODING_BROTLI, &out, NULL),
                   KZ_E_INPUT);
}

static void every_cut_of_a_packed_body_is_noticed(void **state) {
  (void)state;
  KZ_BUF(gzip, 4096);
  pack(KZ_STR("something worth packing, packing, packing"), MAX_WBITS + 16,
       &gzip);
  for (size_t len = 0; len < gzip.len; len++) {
    KZ_BUF(out, 4096);
    assert_int_equal(kz_unpack(kz_str_head(kz_buf_str(&gzip), len),
                               KZ_CODING_GZIP, &out, NULL),
                     KZ_E_INPUT);
  }
}

static void bytes_after_the_end_are_refused(void **state) {
  (void)state;
  KZ_BUF(gzip, 4096);
  pack(KZ_STR("text"), MAX_WBITS + 16, &gzip);
  (void)kz_buf_add_str(&gzip, KZ_STR("garbage"));
  KZ_BUF(out, 4096);
  assert_int_equal(kz_unpack(kz_buf_str(&gzip), KZ_CODING_GZIP, &out, NULL),
                   KZ_E_INPUT);
  KZ_BUF(zlib, 4096);
  pack(KZ_STR("text"), MAX_WBITS, &zlib);
  (void)kz_buf_add_byte(&zlib, 'x');
  assert_int_equal(kz_unpack(kz_buf_str(&zlib), KZ_CODING_DEFLATE, &out, NULL),
                   KZ_E_INPUT);
}

static void a_flipped_bit_is_noticed(void **state) {
  (void)state;
  KZ_BUF(gzip, 4096);
  pack(KZ_STR("something worth packing, packing"), MAX_WBITS + 16, &gzip);
  gzip.ptr[gzip.len - 6] ^= 1; /* in the checksum */
  KZ_BUF(out, 4096);
  assert_int_equal(kz_unpack(kz_buf_str(&gzip), KZ_CODING_GZIP, &out, NULL),
                   KZ_E_INPUT);
}

static void exactly_the_ceiling_fits_and_one_byte_more_does_not(void **state) {
  (void)state;
  KZ_BUF(plain, PLAIN_MAX);
  write_sample(&plain, 5000);
  KZ_BUF(gzip, PLAIN_MAX);
  pack(kz_buf_str(&plain), MAX_WBITS + 16, &gzip);
  KZ_BUF(fits, plain.len);
  assert_int_equal(kz_unpack(kz_buf_str(&gzip), KZ_CODING_GZIP, &fits, NULL),
                   KZ_OK);
  KZ_BUF(small, plain.len - 1);
  assert_int_equal(kz_unpack(kz_buf_str(&gzip), KZ_CODING_GZIP, &small, NULL),
                   KZ_E_LIMIT);
}

static void bomb_is_stopped_long_before_the_ceiling(void **state) {
  (void)state;
  size_t size = (size_t)64 << 20;
  char *zeros = calloc(1, size);
  assert_non_null(zeros);
  KZ_BUF(gzip, 2 * size);
  pack((kz_str){zeros, size}, MAX_WBITS + 16, &gzip);
  free(zeros);
  KZ_BUF(out, (size_t)1 << 30);
  assert_int_equal(kz_unpack(kz_buf_str(&gzip), KZ_CODING_GZIP, &out, NULL),
                   KZ_E_LIMIT);
  assert_true(out.len < gzip.len * (KZ_CODING_RATIO_MAX + 2) + (1 << 17));
}

static void content_encoding_is_one_known_word(void **state) {
  (void)state;
  enum kz_coding coding = KZ_CODING_BROTLI;
  assert_int_equal(kz_coding_of(KZ_STR_NONE, &coding, NULL), KZ_OK);
  assert_int_equal(coding, KZ_CODING_IDENTITY);
  assert_int_equal(kz_coding_of(KZ_STR(" GZip "), &coding, NULL), KZ_OK);
  assert_int_equal(coding, KZ_CODING_GZIP);
  assert_int_equal(kz_coding_of(KZ_STR("deflate"), &coding, NULL), KZ_OK);
  assert_int_equal(coding, KZ_CODING_DEFLATE);
  assert_int_equal(kz_coding_of(KZ_STR("br"), &coding, NULL), KZ_OK);
  assert_int_equal(coding, KZ_CODING_BROTLI);
  assert_int_equal(kz_coding_of(KZ_STR("gzip, gzip"), &coding, NULL),
                   KZ_E_UNSUPPORTED);
  assert_int_equal(kz_coding_of(KZ_STR("zstd"), &coding, NULL),
                   KZ_E_UNSUPPORTED);
}

static void accept_encoding_is_weighed(void **state) {
  (void)state;
  assert_true(kz_accepts_gzip(KZ_STR("gzip")));
  assert_true(kz_accepts_gzip(KZ_STR("br;q=1, GZIP;q=0.2")));
  assert_true(kz_accepts_gzip(KZ_STR("*")));
  assert_true(kz_accepts_gzip(KZ_STR("deflate, *;q=0.1")));
  assert_false(kz_accepts_gzip(KZ_STR_NONE));
  assert_false(kz_accepts_gzip(KZ_STR("gzip;q=0")));
  assert_false(kz_accepts_gzip(KZ_STR("gzip; q=0.000, *")));
  assert_false(kz_accepts_gzip(KZ_STR("*;q=0")));
  assert_false(kz_accepts_gzip(KZ_STR("identity, br")));
  assert_false(kz_accepts_gzip(KZ_STR("gzipped, ,;")));
}

static void what_is_sent_so_far_can_be_unpacked(void **state) {
  (void)state;
  struct kz_gzip *gzip = kz_gzip_new();
  assert_non_null(gzip);
  KZ_BUF(plain, PLAIN_MAX);
  write_sample(&plain, 10000);
  KZ_BUF(packed, PLAIN_MAX);
  assert_int_equal(kz_gzip_add(gzip, kz_buf_str(&plain), KZ_GZIP_SEND, &packed),
                   KZ_OK);
  size_t sent = packed.len;
  z_stream z = {.next_in = (Bytef *)packed.ptr, .avail_in = (uInt)sent};
  assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
  char *out = malloc(plain.len);
  assert_non_null(out);
  z.next_out = (Bytef *)out;
  z.avail_out = (uInt)plain.len;
  (void)inflate(&z, Z_SYNC_FLUSH);
  assert_int_equal(z.avail_out, 0);
  assert_memory_equal(out, plain.ptr, plain.len);
  (void)inflateEnd(&z);
  free(out);
  assert_int_equal(kz_gzip_add(gzip, KZ_STR("end"), KZ_GZIP_END, &packed),
                   KZ_OK);
  kz_gzip_free(gzip);
  (void)kz_buf_add_str(&plain, KZ_STR("end"));
  assert_unpacks(&packed, KZ_CODING_GZIP, kz_buf_str(&plain));
}

static void packing_into_a_full_buffer_fails(void **state) {
  (void)state;
  struct kz_gzip *gzip = kz_gzip_new();
  assert_non_null(gzip);
  KZ_BUF(out, 4);
  assert_int_equal(kz_gzip_add(gzip, KZ_STR("text"), KZ_GZIP_END, &out),
                   KZ_E_MEMORY);
  kz_gzip_free(gzip);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gzip_zlib_and_raw_deflate_are_unpacked),
      cmocka_unit_test(empty_text_is_packed_and_unpacked),
      cmocka_unit_test(gzip_members_after_each_other_are_one_body),
      cmocka_unit_test(brotli_is_unpacked),
      cmocka_unit_test(every_cut_of_a_packed_body_is_noticed),
      cmocka_unit_test(bytes_after_the_end_are_refused),
      cmocka_unit_test(a_flipped_bit_is_noticed),
      cmocka_unit_test(exactly_the_ceiling_fits_and_one_byte_more_does_not),
      cmocka_unit_test(bomb_is_stopped_long_before_the_ceiling),
      cmocka_unit_test(content_encoding_is_one_known_word),
      cmocka_unit_test(accept_encoding_is_weighed),
      cmocka_unit_test(what_is_sent_so_far_can_be_unpacked),
      cmocka_unit_test(packing_into_a_full_buffer_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
