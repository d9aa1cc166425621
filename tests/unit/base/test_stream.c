#include "test.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/stream.h"
#include "temp.h"

enum { MANY = 3000000 /* bytes, several input blocks also when compressed */ };
#define NO_CEILING UINT64_MAX

enum packing { PLAIN, GZIP, ZSTD, PACKINGS };

/* Appends `text` packed as one member or frame. */
static void pack(enum packing packing, kz_str text, struct kz_buf *out) {
  size_t room = ZSTD_compressBound(text.len) + text.len / 100 + 1000;
  char *to = kz_buf_room(out, room);
  assert_non_null(to);
  switch (packing) {
  case PLAIN:
    assert_true(kz_buf_add_str(out, text));
    return;
  case GZIP: {
    z_stream z = {0};
    assert_int_equal(
        deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += z.total_out;
    (void)deflateEnd(&z);
    return;
  }
  case ZSTD: {
    size_t len = ZSTD_compress(to, room, text.ptr, text.len, 1);
    assert_false(ZSTD_isError(len));
    out->len += len;
    return;
  }
  case PACKINGS:
    fail();
  }
}

static const char *put_file(const struct temp *temp, kz_str bytes,
                            char path[512]) {
  assert_int_equal(
      kz_file_write(temp_path(temp, "file", path), bytes, 0600, NULL), KZ_OK);
  return path;
}

static kz_rc read_file(const char *path, uint64_t ceiling, struct kz_buf *out,
                       struct kz_err *err) {
  struct kz_stream *stream = NULL;
  kz_rc rc = kz_stream_open(path, ceiling, &stream, err);
  if (rc == KZ_OK) {
    rc = kz_stream_read_all(stream, out, err);
  }
  kz_stream_close(stream);
  return rc;
}

/* Half of it does not compress. */
static void fill(struct kz_buf *text) {
  struct kz_random random;
  kz_random_init(&random, 4);
  while (text->len < MANY) {
    uint64_t n = kz_random_next(&random);
    assert_true(kz_buf_add(text, &n, sizeof n));
    assert_true(kz_buf_add_str(text, KZ_STR("the same")));
  }
}

static void each_packing_gives_the_same_bytes(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  KZ_BUF(text, MANY * 2);
  fill(&text);
  for (int packing = 0; packing < PACKINGS; packing++) {
    KZ_BUF(packed, MANY * 4);
    KZ_BUF(read, MANY * 2);
    pack((enum packing)packing, kz_buf_str(&text), &packed);
    put_file(&temp, kz_buf_str(&packed), path);
    assert_int_equal(read_file(path, NO_CEILING, &read, NULL), KZ_OK);
    assert_true(kz_str_eq(kz_buf_str(&read), kz_buf_str(&text)));
  }
}

static void small_reads_give_all_bytes_and_then_the_end(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  for (int packing = 0; packing < PACKINGS; packing++) {
    KZ_BUF(packed, 10000);
    pack((enum packing)packing, KZ_STR("hello world"), &packed);
    put_file(&temp, kz_buf_str(&packed), path);
    struct kz_stream *stream = NULL;
    assert_int_equal(kz_stream_open(path, 11, &stream, NULL), KZ_OK);
    KZ_BUF(read, 100);
    char three[3];
    size_t len = 0;
    while (kz_stream_read(stream, three, 3, &len, NULL) == KZ_OK) {
      assert_in_range(len, 1, 3);
      assert_true(kz_buf_add(&read, three, len));
    }
    assert_true(kz_str_eq(kz_buf_str(&read), KZ_STR("hello world")));
    assert_int_equal(kz_stream_read(stream, three, 3, &len, NULL), KZ_END);
    assert_true(kz_stream_taken(stream) == packed.len);
    assert_true(kz_stream_size(stream) == packed.len);
    kz_stream_close(stream);
  }
}

static void members_on_end_are_one_stream(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  for (int packing = 0; packing < PACKINGS; packing++) {
    KZ_BUF(packed, 10000);
    KZ_BUF(read, 100);
    pack((enum packing)packing, KZ_STR("one,"), &packed);
    pack((enum packing)packing, KZ_STR(""), &packed);
    pack((enum packing)packing, KZ_STR("two"), &packed);
    put_file(&temp, kz_buf_str(&packed), path);
    assert_int_equal(read_file(path, NO_CEILING, &read, NULL), KZ_OK);
    assert_true(kz_str_eq(kz_buf_str(&read), KZ_STR("one,two")));
  }
}

static void the_ceiling_is_exact_in_each_packing(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  for (int packing = 0; packing < PACKINGS; packing++) {
    KZ_BUF(packed, 10000);
    KZ_BUF(read, 100);
    pack((enum packing)packing, KZ_STR("12345678"), &packed);
    put_file(&temp, kz_buf_str(&packed), path);
    assert_int_equal(read_file(path, 8, &read, NULL), KZ_OK);
    assert_int_equal(read_file(path, 7, &read, NULL), KZ_E_LIMIT);
    assert_int_equal(read_file(path, 0, &read, NULL), KZ_E_LIMIT);
    KZ_BUF(small, 7);
    assert_int_equal(read_file(path, NO_CEILING, &small, NULL), KZ_E_LIMIT);
    KZ_BUF(exact, 8);
    assert_int_equal(read_file(path, NO_CEILING, &exact, NULL), KZ_OK);
  }
}

static void a_bomb_ends_at_the_ceiling(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  KZ_BUF(zeros, MANY);
  assert_non_null(kz_buf_room(&zeros, MANY));
  memset(zeros.ptr, 0, MANY);
  zeros.len = MANY;
  for (int packing = GZIP; packing < PACKINGS; packing++) {
    KZ_BUF(packed, MANY * 2);
    KZ_BUF(read, MANY);
    pack((enum packing)packing, kz_buf_str(&zeros), &packed);
    assert_true(packed.len < MANY / 50);
    put_file(&temp, kz_buf_str(&packed), path);
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(read_file(path, 1 << 20, &read, &err), KZ_E_LIMIT);
    assert_true(read.len <= 1 << 20);
    assert_non_null(strstr(err.text, "1048576"));
  }
}

static void a_stream_cut_anywhere_is_refused(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  for (int packing = GZIP; packing < PACKINGS; packing++) {
    KZ_BUF(packed, 10000);
    pack((enum packing)packing, KZ_STR("some text, some more text"), &packed);
    for (size_t len = 4; len < packed.len; len++) {
      KZ_BUF(read, 1000);
      struct kz_err err = KZ_ERR_NONE;
      put_file(&temp, kz_str_head(kz_buf_str(&packed), len), path);
      assert_int_equal(read_file(path, NO_CEILING, &read, &err), KZ_E_INPUT);
      assert_non_null(strstr(err.text, path));
    }
  }
}

static void damage_is_found_and_stays(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  KZ_BUF(packed, 10000);
  pack(GZIP, KZ_STR("some text, some more text"), &packed);
  packed.ptr[packed.len - 6] ^= 1; /* in the checksum */
  put_file(&temp, kz_buf_str(&packed), path);
  struct kz_stream *stream = NULL;
  assert_int_equal(kz_stream_open(path, NO_CEILING, &stream, NULL), KZ_OK);
  char bytes[100];
  size_t len = 0;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    rc = kz_stream_read(stream, bytes, sizeof bytes, &len, NULL);
  }
  assert_int_equal(rc, KZ_E_INPUT);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_stream_read(stream, bytes, sizeof bytes, &len, &err),
                   KZ_E_INPUT);
  assert_non_null(strstr(err.text, "damaged gzip"));
  kz_stream_close(stream);
}

static void bytes_behind_the_last_member_are_refused(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  for (int packing = GZIP; packing < PACKINGS; packing++) {
    KZ_BUF(packed, 10000);
    KZ_BUF(read, 100);
    pack((enum packing)packing, KZ_STR("text"), &packed);
    assert_true(kz_buf_add_str(&packed, KZ_STR("rubbish")));
    put_file(&temp, kz_buf_str(&packed), path);
    assert_int_equal(read_file(path, NO_CEILING, &read, NULL), KZ_E_INPUT);
  }
}

static void short_files_are_plain(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  kz_str texts[] = {KZ_STR(""), KZ_STR("\x1F"), KZ_STR("\x28\xB5\x2F"),
                    KZ_STR("abc")};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    KZ_BUF(read, 10);
    put_file(&temp, texts[i], path);
    assert_int_equal(read_file(path, NO_CEILING, &read, NULL), KZ_OK);
    assert_true(kz_str_eq(kz_buf_str(&read), texts[i]));
  }
}

static void a_pipe_is_read_piece_by_piece(void **state) {
  (void)state;
  KZ_BUF(packed, 10000);
  KZ_BUF(read_back, 100);
  pack(ZSTD, KZ_STR("through a pipe"), &packed);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], packed.ptr, packed.len), packed.len);
  (void)close(ends[1]);
  struct kz_stream *stream = NULL;
  assert_int_equal(kz_stream_of_fd(ends[0], "-", NO_CEILING, &stream, NULL),
                   KZ_OK);
  assert_int_equal(kz_stream_read_all(stream, &read_back, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&read_back), KZ_STR("through a pipe")));
  assert_true(kz_stream_size(stream) == 0);
  kz_stream_close(stream);
  assert_int_equal(close(ends[0]), 0); /* it was left to us */
}

static void what_cannot_be_opened_is_explained(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_stream *stream = NULL;
  struct kz_err err = KZ_ERR_NONE;
  temp_path(&temp, "none", path);
  assert_int_equal(kz_stream_open(path, 10, &stream, &err), KZ_NOT_FOUND);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(kz_stream_open(temp.path, 10, &stream, &err), KZ_E_IO);
  assert_null(stream);
  kz_stream_close(stream);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_packing_gives_the_same_bytes),
      cmocka_unit_test(small_reads_give_all_bytes_and_then_the_end),
      cmocka_unit_test(members_on_end_are_one_stream),
      cmocka_unit_test(the_ceiling_is_exact_in_each_packing),
      cmocka_unit_test(a_bomb_ends_at_the_ceiling),
      cmocka_unit_test(a_stream_cut_anywhere_is_refused),
      cmocka_unit_test(damage_is_found_and_stays),
      cmocka_unit_test(bytes_behind_the_last_member_are_refused),
      cmocka_unit_test(short_files_are_plain),
      cmocka_unit_test(a_pipe_is_read_piece_by_piece),
      cmocka_unit_test(what_cannot_be_opened_is_explained),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
