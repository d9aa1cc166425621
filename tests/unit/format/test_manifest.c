#include "test.h"

#include <string.h>

#include "base/clock.h"
#include "format/manifest.h"

enum { CEILING = 1 << 20 };

#define UUID_1 "5bad1b96-53bc-4148-87eb-50d50a016219"
#define UUID_2 "a3bc1af1-e021-4685-9dd1-68013abef4d9"
#define ENTRY                                                                  \
  "{\"info\":\"i\",\"date\":\"2026-01-20\",\"analysis\":\"2\","                \
  "\"threat_level_id\":\"4\",\"timestamp\":\"1768951226\",\"Orgc\":{\"name\":" \
  "\"o\",\"uuid\":\"" UUID_2 "\"},\"Tag\":[{\"name\":\"t\",\"colour\":"        \
  "\"#000000\"}]}"

struct manifest_reading {
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
  size_t problems;
  struct kz_manifest manifest;
  struct kz_err err;
};

static void take_problem(void *ctx, const struct kz_misp_problem *problem) {
  (void)problem;
  ((struct manifest_reading *)ctx)->problems++;
}

static kz_rc read_text(struct manifest_reading *r, const char *text) {
  const struct kz_misp_input input = {.text = kz_str_of(text),
                                      .arena = r->arena,
                                      .ctx = r,
                                      .report = take_problem};
  r->problems = 0;
  return kz_manifest_read(r->reader, &input, &r->manifest, &r->err);
}

static int make_reading(void **state) {
  static struct manifest_reading r;
  r.reader = kz_misp_reader_new(CEILING);
  r.arena = kz_arena_new(CEILING);
  *state = &r;
  return r.reader && r.arena ? 0 : -1;
}

static int free_reading(void **state) {
  struct manifest_reading *r = *state;
  kz_misp_reader_free(r->reader);
  kz_arena_free(r->arena);
  return 0;
}

static void entries_are_heads_of_events(void **state) {
  struct manifest_reading *r = *state;
  assert_int_equal(read_text(r, "{\"" UUID_1 "\":" ENTRY ",\"" UUID_2 "\":{}}"),
                   KZ_OK);
  assert_int_equal(r->manifest.count, 2);
  assert_int_equal(r->problems, 0);
  const struct kz_event *e = r->manifest.entries;
  struct kz_uuid uuid;
  assert_int_equal(kz_uuid_parse(KZ_STR(UUID_1), &uuid), KZ_OK);
  assert_true(kz_uuid_eq(&e->uuid, &uuid));
  assert_int_equal(e->timestamp_us, 1768951226 * KZ_SECOND_US);
  assert_int_equal(e->tag_count, 1);
  assert_true(kz_str_eq(e->orgc.name, KZ_STR("o")));
}

static void what_is_wrong_is_left_out(void **state) {
  struct manifest_reading *r = *state;
  assert_int_equal(read_text(r, "{\"../../etc/passwd\":" ENTRY ",\"" UUID_1
                                "\":5,\"" UUID_2 "\":" ENTRY ",\"" UUID_2
                                "\":{\"info\":\"again\"}}"),
                   KZ_OK);
  assert_int_equal(r->manifest.count, 1);
  assert_int_equal(r->problems, 2);
  assert_true(kz_str_eq(r->manifest.entries[0].info, KZ_STR("i")));
}

static void no_manifest_is_an_error(void **state) {
  struct manifest_reading *r = *state;
  static const char *const texts[] = {
      "", "[]", "5", "{", "{\"" UUID_1 "\":", "{\"" UUID_1 "\":{}} x"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    assert_int_equal(read_text(r, texts[i]), KZ_E_INPUT);
  }
  assert_int_equal(read_text(r, "{}"), KZ_OK);
  assert_int_equal(r->manifest.count, 0);
}

static void what_is_written_is_what_was_read(void **state) {
  struct manifest_reading *r = *state;
  static const char text[] = "{\"" UUID_1 "\":" ENTRY "}";
  assert_int_equal(read_text(r, text), KZ_OK);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_jsonw_object(&w);
  kz_manifest_write_entry(&w, &r->manifest.entries[0]);
  kz_jsonw_object_end(&w);
  kz_buf_add_byte(&out, '\0');
  assert_string_equal(out.ptr, text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(entries_are_heads_of_events),
      cmocka_unit_test(what_is_wrong_is_left_out),
      cmocka_unit_test(no_manifest_is_an_error),
      cmocka_unit_test(what_is_written_is_what_was_read),
  };
  return cmocka_run_group_tests(tests, make_reading, free_reading);
}
