#include "test.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "format/sealed.h"

enum { CEILING = 1 << 20 };

/* Opens what was written with the password; `*ret_name` of the first file. */
static size_t unseal(const struct kz_buf *zip, const char *password, char *to,
                     size_t room, char *ret_name) {
  struct archive *a = archive_read_new();
  struct archive_entry *entry = NULL;
  size_t len = 0;
  assert_int_equal(archive_read_support_format_zip(a), ARCHIVE_OK);
  assert_int_equal(archive_read_add_passphrase(a, password), ARCHIVE_OK);
  assert_int_equal(archive_read_open_memory(a, zip->ptr, zip->len), ARCHIVE_OK);
  assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
  assert_true(archive_entry_is_encrypted(entry));
  strcpy(ret_name, archive_entry_pathname(entry));
  la_ssize_t n = archive_read_data(a, to, room);
  len = n > 0 ? (size_t)n : 0;
  (void)archive_read_free(a);
  return len;
}

static void a_file_comes_out_with_the_password(void **state) {
  (void)state;
  KZ_BUF(zip, CEILING);
  char text[64];
  char name[256];
  const struct kz_sealed_file files[] = {
      {KZ_STR("../a\\b\n.exe"), KZ_STR("bytes\0of it")},
      {KZ_STR("b.txt"), KZ_STR("more")},
  };
  assert_int_equal(kz_sealed_write(files, 2, &zip, NULL), KZ_OK);
  assert_int_equal(unseal(&zip, "infected", text, sizeof text, name), 11);
  assert_memory_equal(text, "bytes\0of it", 11);
  assert_string_equal(name, ".._a_b_.exe");
  assert_true(kz_str_find(kz_buf_str(&zip), KZ_STR("bytes")) == SIZE_MAX);
}

static void it_does_not_without(void **state) {
  (void)state;
  KZ_BUF(zip, CEILING);
  char text[64];
  char name[256];
  const struct kz_sealed_file file = {KZ_STR("a"), KZ_STR("something long")};
  assert_int_equal(kz_sealed_write(&file, 1, &zip, NULL), KZ_OK);
  assert_int_equal(unseal(&zip, "other", text, sizeof text, name), 0);
}

static void what_does_not_fit_is_told(void **state) {
  (void)state;
  KZ_BUF(zip, 64);
  const struct kz_sealed_file file = {KZ_STR("a"), KZ_STR("something long")};
  assert_int_equal(kz_sealed_write(&file, 1, &zip, NULL), KZ_E_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_comes_out_with_the_password),
      cmocka_unit_test(it_does_not_without),
      cmocka_unit_test(what_does_not_fit_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
