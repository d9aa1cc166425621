/* Tables of texts and the values in them, for the tests of extraction.
 *
 * What is expected is written as "type value" pairs in order of appearance,
 * parted by "; ". */
#ifndef KZ_TESTS_UNIT_TEXT_CASES_H
#define KZ_TESTS_UNIT_TEXT_CASES_H

#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/buf.h"
#include "text/extract.h"

struct text_case {
  const char *text;
  const char *expected;
};

/* Appends what the extract holds as "type value; type value" and a NUL. */
static inline void describe(const struct kz_extract *extract,
                            struct kz_buf *out) {
  for (size_t i = 0; i < kz_extract_count(extract); i++) {
    const struct kz_mention *found = kz_extract_at(extract, i);
    (void)kz_buf_add_str(out, i > 0 ? KZ_STR("; ") : KZ_STR(""));
    (void)kz_buf_add_str(out, kz_type_name(found->type));
    (void)kz_buf_add_byte(out, ' ');
    (void)kz_buf_add_str(out, found->value);
  }
  (void)kz_buf_add_byte(out, '\0');
  assert_false(kz_buf_failed(out));
}

/* Extracts from one text; the caller frees the result. */
static inline struct kz_extract *extract_from(kz_str text) {
  struct kz_extract *extract = kz_extract_new();
  struct kz_err err = KZ_ERR_NONE;
  assert_non_null(extract);
  assert_int_equal(kz_extract_values(extract, text, &err), KZ_OK);
  return extract;
}

static inline void check_case(const struct text_case *one) {
  struct kz_extract *extract = extract_from(kz_str_of(one->text));
  KZ_BUF(got, 1 << 20);
  describe(extract, &got);
  if (strcmp(got.ptr, one->expected) != 0) {
    print_error("in:       %s\nexpected: %s\ngot:      %s\n", one->text,
                one->expected, got.ptr);
  }
  assert_string_equal(got.ptr, one->expected);
  kz_extract_free(extract);
}

#define CHECK_CASES(table)                                                     \
  for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++) {               \
    check_case(&(table)[i]);                                                   \
  }

#endif
