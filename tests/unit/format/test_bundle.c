/* Archives are made with the machine's tar and gzip formats by hand: a tar of
 * two files is a few headers of text. */
#include "test.h"

#include <stdio.h>

#include "base/buf.h"
#include "format/bundle.h"

enum { BLOCK = 512, ARCHIVE_MAX = 1 << 16 };

/* Appends one file to a tar (ustar). */
static void add_file(struct kz_buf *tar, const char *name, const char *text) {
  char header[BLOCK] = {0};
  size_t len = strlen(text);
  (void)snprintf(header, 100, "%s", name);
  (void)snprintf(header + 100, 8, "%07o", 0644);
  (void)snprintf(header + 124, 12, "%011o", (unsigned)len % 4096);
  (void)snprintf(header + 136, 12, "%011o", 0);
  memset(header + 148, ' ', 8);
  header[156] = '0';
  memcpy(header + 257,
         "ustar\0"
         "00",
         8);
  unsigned sum = 0;
  for (size_t i = 0; i < BLOCK; i++) {
    sum += (unsigned char)header[i];
  }
  (void)snprintf(header + 148, 8, "%06o", sum);
  kz_buf_add(tar, header, BLOCK);
  kz_buf_add(tar, text, len);
  while (tar->len % BLOCK) {
    kz_buf_add_byte(tar, '\0');
  }
}

struct seen {
  size_t count;
  char names[4][64];
  size_t bytes;
};

static bool wants(void *ctx, kz_str name) {
  (void)ctx;
  return kz_str_ends(name, KZ_STR(".json"));
}

static kz_rc visit(void *ctx, kz_str name, kz_str text, struct kz_err *err) {
  struct seen *seen = ctx;
  (void)err;
  if (seen->count == 4) {
    return KZ_E_LIMIT;
  }
  (void)snprintf(seen->names[seen->count++], 64, "%.*s", KZ_STR_ARG(name));
  seen->bytes += text.len;
  return KZ_OK;
}

static struct kz_bundle_walk walk_of(struct seen *seen) {
  return (struct kz_bundle_walk){.file_max = 1000,
                                 .total_max = 5000,
                                 .wants = wants,
                                 .visit = visit,
                                 .ctx = seen};
}

static void the_wanted_files_of_an_archive_are_seen(void **state) {
  (void)state;
  KZ_BUF(tar, ARCHIVE_MAX);
  struct seen seen = {.count = 0};
  struct kz_bundle_walk walk = walk_of(&seen);
  add_file(&tar, "a/one.json", "{}");
  add_file(&tar, "a/two.txt", "nothing");
  add_file(&tar, "../three.json", "[1]");
  kz_buf_add(&tar, (char[BLOCK * 2]){0}, BLOCK * 2);
  assert_int_equal(kz_bundle_walk_bytes(kz_buf_str(&tar), "x", &walk, NULL),
                   KZ_OK);
  assert_int_equal(seen.count, 2);
  assert_string_equal(seen.names[0], "a/one.json");
  assert_string_equal(seen.names[1], "../three.json");
  assert_int_equal(seen.bytes, 5);
}

static void limits_hold(void **state) {
  (void)state;
  KZ_BUF(tar, ARCHIVE_MAX);
  struct seen seen = {.count = 0};
  struct kz_bundle_walk walk = walk_of(&seen);
  char text[900];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  add_file(&tar, "one.json", text);
  add_file(&tar, "two.json", text);
  kz_buf_add(&tar, (char[BLOCK * 2]){0}, BLOCK * 2);
  walk.total_max = 1000;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_bundle_walk_bytes(kz_buf_str(&tar), "x", &walk, &err),
                   KZ_E_LIMIT);
  assert_int_equal(seen.count, 1);
}

static void what_is_no_archive_is_refused(void **state) {
  (void)state;
  struct seen seen = {.count = 0};
  struct kz_bundle_walk walk = walk_of(&seen);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_bundle_walk_bytes(KZ_STR("{\"a\":1}"), "x.json", &walk, &err),
      KZ_E_INPUT);
  assert_non_null(strstr(err.text, "x.json: "));
  assert_int_equal(kz_bundle_walk("/there/is/none", &walk, &err), KZ_NOT_FOUND);
  assert_int_equal(seen.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_wanted_files_of_an_archive_are_seen),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(what_is_no_archive_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
