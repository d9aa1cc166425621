#include "test.h"

#include <string.h>

#include "base/buf.h"
#include "plug/feed/feed.h"

static kz_rc add_item(void *ctx, const struct kz_feed_item *item) {
  struct kz_buf *out = ctx;
  (void)kz_buf_add_str(out, kz_type_name(item->type));
  (void)kz_buf_add_byte(out, ' ');
  (void)kz_buf_add_str(out, item->value);
  if (item->port) {
    (void)kz_buf_add_format(out, ":%u", (unsigned)item->port);
  }
  (void)kz_buf_add_byte(out, '\n');
  return KZ_OK;
}

static kz_rc add_head(void *ctx, const struct kz_event *head) {
  struct kz_buf *out = ctx;
  (void)kz_buf_add_str(out, head->info);
  (void)kz_buf_add_byte(out, '\n');
  return KZ_OK;
}

static void add_problem(void *ctx, uint64_t line, const char *words) {
  (void)words;
  (void)kz_buf_add_format(ctx, "problem in line %llu\n",
                          (unsigned long long)line);
}

static kz_rc read_feed(const char *format, const char *text,
                       const struct kz_feed_options *options,
                       struct kz_buf *out, struct kz_err *err) {
  const struct kz_feed_plug *plug = kz_feed_plug_find(kz_str_of(format));
  const struct kz_feed_sink sink = {
      .ctx = out, .item = add_item, .head = add_head, .problem = add_problem};
  assert_non_null(plug);
  return plug->read(kz_str_of(text), options, &sink, err);
}

static void expect(const char *format, const char *text,
                   const struct kz_feed_options *options,
                   const char *expected) {
  KZ_BUF(out, 1 << 20);
  assert_int_equal(read_feed(format, text, options, &out, NULL), KZ_OK);
  (void)kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, expected);
}

static void formats_are_found_by_name(void **state) {
  (void)state;
  assert_non_null(kz_feed_plug_find(KZ_STR("misp"))->index);
  assert_null(kz_feed_plug_find(KZ_STR("csv"))->index);
  assert_null(kz_feed_plug_find(KZ_STR("freetext"))->index);
  assert_null(kz_feed_plug_find(KZ_STR("gopher")));
}

static void columns_of_a_table_are_chosen(void **state) {
  (void)state;
  const struct kz_feed_options second = {.columns = {2}, .column_count = 1};
  const struct kz_feed_options both = {.columns = {1, 3}, .column_count = 2};
  const struct kz_feed_options all = {.delimiter = ';'};
  expect("csv", "192.0.2.1,192.0.2.2,192.0.2.3\n", &second,
         "ip-dst 192.0.2.2\n");
  expect("csv", "192.0.2.1,192.0.2.2,192.0.2.3\n", &both,
         "ip-dst 192.0.2.1\nip-dst 192.0.2.3\n");
  expect("csv", "192.0.2.1;192.0.2.2\n", &all,
         "ip-dst 192.0.2.1\nip-dst 192.0.2.2\n");
  expect("csv", "only one column\n", &second, "");
}

static void quotes_and_comments_are_understood(void **state) {
  (void)state;
  const struct kz_feed_options second = {.columns = {2}, .column_count = 1};
  expect("csv", "\"a,b\n,c\",192.0.2.1\n", &second, "ip-dst 192.0.2.1\n");
  expect("csv", "a,\"192.0.2.1\"\r\n", &second, "ip-dst 192.0.2.1\n");
  expect("csv", "# x,192.0.2.9\n\n  # y,192.0.2.9\nx,192.0.2.1", &second,
         "ip-dst 192.0.2.1\n");
  expect("csv", "a \"stray,192.0.2.1\nb,192.0.2.2\n", &second,
         "ip-dst 192.0.2.1\nip-dst 192.0.2.2\n");
  expect("csv", "\"never closed,192.0.2.1\nb,192.0.2.2\n", &second,
         "ip-dst 192.0.2.1\nip-dst 192.0.2.2\n");
}

static void free_text_is_without_comments(void **state) {
  (void)state;
  const struct kz_feed_options none = {.column_count = 0};
  expect("freetext",
         "hxxp://bad[.]example/x seen\n#192.0.2.9\n198.51.100.2:8080\n", &none,
         "url http://bad.example/x\nip-dst 198.51.100.2:8080\n");
  expect("freetext", "", &none, "");
}

static void a_manifest_gives_heads(void **state) {
  (void)state;
  const struct kz_feed_options none = {.column_count = 0};
  KZ_BUF(out, 1 << 20);
  struct kz_err err = KZ_ERR_NONE;
  expect("misp",
         "{\"5b0e4d3c-0000-4000-8000-000000000001\":{\"info\":\"One\","
         "\"date\":\"2026-01-01\",\"timestamp\":\"5\"},\"no uuid\":{}}",
         &none, "problem in line 1\nOne\n");
  assert_int_equal(read_feed("misp", "{\"a\":", &none, &out, &err), KZ_E_INPUT);
}

static kz_rc refuse(void *ctx, const struct kz_feed_item *item) {
  (void)ctx;
  (void)item;
  return KZ_E_STOPPED;
}

static void the_sink_may_end_the_reading(void **state) {
  (void)state;
  const struct kz_feed_options none = {.column_count = 0};
  const struct kz_feed_sink sink = {.item = refuse};
  assert_int_equal(kz_feed_plug_find(KZ_STR("csv"))
                       ->read(KZ_STR("192.0.2.1\n"), &none, &sink, NULL),
                   KZ_E_STOPPED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formats_are_found_by_name),
      cmocka_unit_test(columns_of_a_table_are_chosen),
      cmocka_unit_test(quotes_and_comments_are_understood),
      cmocka_unit_test(free_text_is_without_comments),
      cmocka_unit_test(a_manifest_gives_heads),
      cmocka_unit_test(the_sink_may_end_the_reading),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
