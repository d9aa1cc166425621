#include "test.h"

#include <string.h>

#include "format/xml.h"

enum { CEILING = 1 << 20 };

/* In one piece, and byte by byte. */
static void expect_xml(const char *json, const char *expected) {
  for (size_t step = 1; step <= 1000; step += 999) {
    KZ_BUF(out, CEILING);
    struct kz_xml xml;
    kz_str rest = kz_str_of(json);
    kz_xml_init(&xml, &out);
    while (rest.len > 0) {
      kz_xml_feed(&xml, kz_str_head(rest, step));
      rest = kz_str_from(rest, step);
    }
    kz_buf_add_byte(&out, '\0');
    assert_string_equal(out.ptr, expected);
  }
}

static void members_are_elements_and_items_repeat_them(void **state) {
  (void)state;
  expect_xml("{\"Event\":{\"id\":\"1\",\"n\":12,\"Tag\":[{\"name\":\"a\"},"
             "{\"name\":\"b\"}],\"x\":{}}}",
             "<Event><id>1</id><n>12</n><Tag><name>a</name></Tag><Tag><name>b"
             "</name></Tag><x></x></Event>");
  expect_xml("{\"a\":[1,[2,3],\"4\"],\"b\":[]}",
             "<a>1</a><a>2</a><a>3</a><a>4</a>");
}

static void words_are_as_misp_has_them(void **state) {
  (void)state;
  expect_xml("{\"a\":true,\"b\":false,\"c\":null,\"d\":-1.5e3}",
             "<a>1</a><b>0</b><c></c><d>-1.5e3</d>");
}

static void text_cannot_become_markup(void **state) {
  (void)state;
  expect_xml("{\"a\":\"<b>&amp;\\\"'\\u003c/a\\u003e]]>\"}",
             "<a>&lt;b&gt;&amp;amp;&quot;&#39;&lt;/a&gt;]]&gt;</a>");
}

static void names_that_are_none_leave_out_what_they_hold(void **state) {
  (void)state;
  expect_xml("{\"a b\":{\"x\":[1,{\"y\":\"z\"}]},\"<s>\":1,\"\":\"t\","
             "\"1a\":true,\"xmlns\":\"q\",\"\\u0041\":\"kept\","
             "\"a\\n\":\"no\",\"meta-category\":\"yes\"}",
             "<A>kept</A><meta-category>yes</meta-category>");
}

static void characters_that_xml_has_not_are_replaced(void **state) {
  (void)state;
  expect_xml("{\"a\":\"\\u0000\\u0001\\t\\r\\ud83d\\ude00\\ud83dx\\ude00"
             "\xEF\xBF\xBF\xE6\x97\xA5\"}",
             "<a>\xEF\xBF\xBD\xEF\xBF\xBD\t&#13;\xF0\x9F\x98\x80\xEF\xBF\xBDx"
             "\xEF\xBF\xBD\xEF\xBF\xBD\xE6\x97\xA5</a>");
}

static void deep_values_are_left_out(void **state) {
  (void)state;
  char json[2000] = "";
  for (unsigned i = 0; i < 100; i++) {
    memcpy(json + strlen(json), "{\"a\":", 6);
  }
  memcpy(json + strlen(json), "1", 2);
  memset(json + strlen(json), '}', 100);
  KZ_BUF(out, CEILING);
  struct kz_xml xml;
  kz_xml_init(&xml, &out);
  kz_xml_feed(&xml, kz_str_of(json));
  assert_int_equal(out.len, (KZ_XML_DEPTH_MAX - 1) * 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_are_elements_and_items_repeat_them),
      cmocka_unit_test(words_are_as_misp_has_them),
      cmocka_unit_test(text_cannot_become_markup),
      cmocka_unit_test(names_that_are_none_leave_out_what_they_hold),
      cmocka_unit_test(characters_that_xml_has_not_are_replaced),
      cmocka_unit_test(deep_values_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
