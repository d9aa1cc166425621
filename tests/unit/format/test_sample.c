#include "test.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/base64.h"
#include "format/sample.h"

enum { ARENA = 16 << 20 };

/* What the entry of that name holds, opened with the password. */
static void assert_holds(kz_str zip, const char *name, const char *bytes) {
  struct archive *a = archive_read_new();
  struct archive_entry *entry = NULL;
  bool found = false;
  char text[256];
  assert_int_equal(archive_read_support_format_zip(a), ARCHIVE_OK);
  assert_int_equal(archive_read_add_passphrase(a, "infected"), ARCHIVE_OK);
  assert_int_equal(archive_read_open_memory(a, zip.ptr, zip.len), ARCHIVE_OK);
  while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
    if (strcmp(archive_entry_pathname(entry), name) != 0) {
      continue;
    }
    assert_true(archive_entry_is_data_encrypted(entry));
    la_ssize_t n = archive_read_data(a, text, sizeof text);
    assert_int_equal(n, strlen(bytes));
    assert_memory_equal(text, bytes, strlen(bytes));
    found = true;
  }
  assert_true(found);
  (void)archive_read_free(a);
}

static void a_bare_file_is_packed_under_its_md5(void **state) {
  (void)state;
  static const char *const values[] = {"evil.exe", "evil.exe|0123"};
  KZ_ARENA(arena, ARENA);
  for (size_t i = 0; i < 2; i++) {
    KZ_BUF(zip, ARENA);
    struct kz_attribute a = {.type = KZ_TYPE_MALWARE_SAMPLE,
                             .value = kz_str_of(values[i]),
                             .data = KZ_STR("aGVsbG8=")}; /* hello */
    assert_int_equal(kz_sample_pack(&a, arena, NULL), KZ_OK);
    assert_true(kz_str_eq(a.value,
                          KZ_STR("evil.exe|5d41402abc4b2a76b9719d911017c592")));
    assert_int_equal(kz_base64_decode(a.data, &zip), KZ_OK);
    assert_holds(kz_buf_str(&zip), "5d41402abc4b2a76b9719d911017c592", "hello");
    assert_holds(kz_buf_str(&zip),
                 "5d41402abc4b2a76b9719d911017c592.filename.txt", "evil.exe");
  }
}

static void what_is_not_base64_is_refused(void **state) {
  (void)state;
  KZ_ARENA(arena, ARENA);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_attribute a = {.type = KZ_TYPE_MALWARE_SAMPLE,
                           .value = KZ_STR("x"),
                           .data = KZ_STR("*")};
  assert_int_equal(kz_sample_pack(&a, arena, &err), KZ_E_INPUT);
  assert_string_equal(err.text, "the file is not base64");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bare_file_is_packed_under_its_md5),
      cmocka_unit_test(what_is_not_base64_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
