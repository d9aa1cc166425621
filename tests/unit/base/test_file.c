#include "test.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "temp.h"

static void what_is_written_is_read_back(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  KZ_BUF(buf, 100);
  kz_str texts[] = {KZ_STR("first"), KZ_STR(""), KZ_STR("a\0b")};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    temp_path(&temp, "file", path);
    assert_int_equal(kz_file_write(path, texts[i], 0640, NULL), KZ_OK);
    kz_buf_clear(&buf);
    assert_int_equal(kz_file_read(path, &buf, NULL), KZ_OK);
    assert_true(kz_str_eq(kz_buf_str(&buf), texts[i]));
  }
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0640);
}

static kz_rc count_file(void *ctx, const char *path, struct kz_err *err) {
  (void)path;
  (void)err;
  size_t *count = ctx;
  *count += 1;
  return KZ_OK;
}

static void writing_leaves_one_file_also_when_it_fails(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  char folder[512];
  size_t count = 0;
  temp_path(&temp, "file", path);
  assert_int_equal(kz_file_write(path, KZ_STR("x"), 0600, NULL), KZ_OK);
  assert_int_equal(kz_folder_make(temp_path(&temp, "d", folder), 0700, NULL),
                   KZ_OK);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_file_write(folder, KZ_STR("x"), 0600, &err), KZ_E_IO);
  assert_non_null(strstr(err.text, folder));
  assert_int_equal(kz_folder_walk(temp.path, count_file, &count, NULL), KZ_OK);
  assert_int_equal(count, 1);
}

static void the_ceiling_is_exact(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  temp_path(&temp, "file", path);
  assert_int_equal(kz_file_write(path, KZ_STR("12345"), 0600, NULL), KZ_OK);
  KZ_BUF(enough, 6);
  assert_true(kz_buf_add_byte(&enough, '0'));
  assert_int_equal(kz_file_read(path, &enough, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&enough), KZ_STR("012345")));
  KZ_BUF(little, 5);
  assert_true(kz_buf_add_byte(&little, '0'));
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_file_read(path, &little, &err), KZ_E_LIMIT);
  assert_true(kz_str_eq(kz_buf_str(&little), KZ_STR("0")));
  assert_non_null(strstr(err.text, path));
}

static void a_file_without_a_size_is_read_to_its_end(void **state) {
  (void)state;
  KZ_BUF(buf, 1 << 20);
  assert_int_equal(kz_file_read("/proc/self/status", &buf, NULL), KZ_OK);
  assert_true(buf.len > 100);
}

static void what_does_not_exist_is_not_found(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  temp_path(&temp, "none", path);
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(buf, 10);
  struct kz_file_map map = {0};
  assert_int_equal(kz_file_read(path, &buf, &err), KZ_NOT_FOUND);
  assert_non_null(strstr(err.text, "No such file"));
  assert_int_equal(kz_file_map(path, &map, &err), KZ_NOT_FOUND);
  kz_file_unmap(&map);
}

static void a_folder_is_no_file(void **state) {
  (void)state;
  TEMP(temp);
  KZ_BUF(buf, 10);
  struct kz_file_map map = {0};
  assert_int_equal(kz_file_read(temp.path, &buf, NULL), KZ_E_IO);
  assert_int_equal(kz_file_map(temp.path, &map, NULL), KZ_E_IO);
}

static void a_map_shows_the_bytes(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  temp_path(&temp, "file", path);
  struct kz_file_map map = {0};
  assert_int_equal(kz_file_write(path, KZ_STR("mapped"), 0600, NULL), KZ_OK);
  assert_int_equal(kz_file_map(path, &map, NULL), KZ_OK);
  assert_true(kz_str_eq(map.bytes, KZ_STR("mapped")));
  kz_file_unmap(&map);
  assert_int_equal(map.bytes.len, 0);
  assert_int_equal(kz_file_write(path, KZ_STR(""), 0600, NULL), KZ_OK);
  assert_int_equal(kz_file_map(path, &map, NULL), KZ_OK);
  assert_int_equal(map.bytes.len, 0);
  kz_file_unmap(&map);
}

static void a_full_disk_is_told_from_a_broken_one(void **state) {
  (void)state;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_file_explain("p", "write", 28 /* ENOSPC */, &err),
                   KZ_E_FULL);
  assert_string_equal(err.text, "p: write: No space left on device");
  assert_int_equal(kz_file_explain("p", "write", 5 /* EIO */, &err), KZ_E_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(writing_leaves_one_file_also_when_it_fails),
      cmocka_unit_test(the_ceiling_is_exact),
      cmocka_unit_test(a_file_without_a_size_is_read_to_its_end),
      cmocka_unit_test(what_does_not_exist_is_not_found),
      cmocka_unit_test(a_folder_is_no_file),
      cmocka_unit_test(a_map_shows_the_bytes),
      cmocka_unit_test(a_full_disk_is_told_from_a_broken_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
