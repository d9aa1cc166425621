#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "text/plain.h"

static struct kz_plain *open_plain(kz_str source) {
  struct kz_plain *plain = calloc(1, sizeof *plain);
  assert_non_null(plain);
  kz_plain_open(plain, source);
  return plain;
}

static void check(const char *source, const char *expected) {
  struct kz_plain *plain = open_plain(kz_str_of(source));
  assert_true(kz_plain_next(plain));
  assert_int_equal(plain->len, strlen(expected));
  assert_memory_equal(plain->text, expected, plain->len);
  assert_false(kz_plain_next(plain));
  free(plain);
}

static void ascii_stays_as_it_is(void **state) {
  (void)state;
  check("a b.c-d/e:f,g\n", "a b.c-d/e:f,g\n");
  check("a\tb\x01\x7F", "a b  ");
  check("a\r\nb", "a\n\nb");
}

static void signs_become_breaks_and_letters_stay(void **state) {
  (void)state;
  check("「a」、・", "\x01"
                     "a\x01\x01\x01");
  check("日ー々é", "日ー々é");
  check("a\xFFz", "a\x01z");
  check("a–b−c", "a-b-c");
}

static void a_full_stop_between_ascii_is_a_soft_dot(void **state) {
  (void)state;
  check("a。b", "a\x02"
                "b");
  check("a。日", "a\x01日");
  check("日。a", "日\x01"
                 "a");
}

static void invisible_characters_are_gone(void **state) {
  (void)state;
  check("a\xE2\x80\x8B\xEF\xBB\xBF\xC2\xAD\xE2\x81\xA0z", "az");
}

static void brackets_need_both_sides(void **state) {
  (void)state;
  check("a[.]b", "a.b");
  check("a [.] b", "a.b");
  check("a[.]", "a[.]");
  check("[.]b", "[.]b");
  check("(at) last", "(at) last");
  check("h[tt]p x[tt]p", "http x[tt]p");
}

static void references_are_undone(void **state) {
  (void)state;
  check("a&amp;b&lt;c&#46;d&#x2E;e&#xff0e;f", "a&b<c.d.e.f");
  check("&#0; &#x110000; &unknown; &", "&#0; &#x110000; &unknown; &");
  check("{\"a\":\"\\u0062\\/\\ud83d\\ude00\"}", "{\"a\":\"b/\x01\"}");
  check("\\u0062", "\\u0062");
}

/* Every byte knows its source, also across pieces, and nothing is lost. */
static void pieces_cover_the_source_in_order(void **state) {
  (void)state;
  enum { SIZE = 400000 };
  static const char *const fill[] = {"x",    "word ", "line\n",
                                     "日本", "[.]",   "ａ．ｂ "};
  for (size_t f = 0; f < sizeof fill / sizeof *fill; f++) {
    char *source = malloc(SIZE);
    assert_non_null(source);
    size_t len = 0;
    while (len + strlen(fill[f]) <= SIZE) {
      memcpy(source + len, fill[f], strlen(fill[f]));
      len += strlen(fill[f]);
    }
    struct kz_plain *plain = open_plain((kz_str){source, len});
    size_t expected = 0;
    while (kz_plain_next(plain)) {
      assert_true(plain->len > 0 && plain->len <= KZ_PLAIN_BYTES);
      assert_int_equal(plain->origin[0], expected);
      for (size_t i = 1; i <= plain->len; i++) {
        assert_true(plain->origin[i] >= plain->origin[i - 1]);
      }
      assert_int_equal(plain->text[plain->len], '\n');
      expected = plain->next;
      assert_int_equal(plain->origin[plain->len], expected);
    }
    assert_int_equal(expected, len);
    free(plain);
    free(source);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ascii_stays_as_it_is),
      cmocka_unit_test(signs_become_breaks_and_letters_stay),
      cmocka_unit_test(a_full_stop_between_ascii_is_a_soft_dot),
      cmocka_unit_test(invisible_characters_are_gone),
      cmocka_unit_test(brackets_need_both_sides),
      cmocka_unit_test(references_are_undone),
      cmocka_unit_test(pieces_cover_the_source_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
