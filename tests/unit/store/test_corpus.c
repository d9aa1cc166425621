/* Makes the inputs that the fuzz targets of the store begin with, and holds the
 * committed ones to them, so that they stay valid when a format changes:
 * KIZASHI_WRITE_CORPUS=1 writes them anew. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "rows.h"
#include "store/record.h"
#include "store/segment.h"
#include "temp.h"

enum { INPUT_MAX = 1 << 20, NAMES = 8 };

static void keep_input(const char *target, const char *name, kz_str bytes) {
  const char *root = getenv("KIZASHI_SOURCE_ROOT");
  char path[512];
  (void)snprintf(path, sizeof path, "%s/fuzz/corpus/%s/%s", root ? root : ".",
                 target, name);
  struct kz_err err = KZ_ERR_NONE;
  if (getenv("KIZASHI_WRITE_CORPUS")) {
    if (kz_file_write(path, bytes, 0644, &err) != KZ_OK) {
      fail_msg("%s", err.text);
    }
    return;
  }
  KZ_BUF(committed, INPUT_MAX);
  if (kz_file_read(path, &committed, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  if (!kz_str_eq(kz_buf_str(&committed), bytes)) {
    fail_msg("%s: not what would be made today", path);
  }
}

static void keep_segment(const char *name, const struct invented *in) {
  struct kz_segment *s = NULL;
  assert_int_equal(kz_segment_build(in->rows, in->count, in->others,
                                    in->other_count, NULL, &s, NULL),
                   KZ_OK);
  assert_int_equal(kz_segment_verify(s, NULL), KZ_OK);
  keep_input("segment", name,
             (kz_str){(const char *)s->head, (size_t)s->head->bytes});
  kz_segment_unref(s);
}

static void segments_of_some_sizes(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 2, 7, 40, 130};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char name[32];
    struct invented in = invent(40 + i, (uint32_t)(1 + sizes[i] / 3), sizes[i]);
    (void)snprintf(name, sizeof name, "%zu-rows", sizes[i]);
    keep_segment(name, &in);
    forget(&in);
  }
}

static void a_segment_with_every_kind_of_value(void **state) {
  (void)state;
  static const char *const texts[] = {
      "192.0.2.1",
      "198.51.100.0/24",
      "192.0.2.0/32",
      "2001:db8::1",
      "2001:db8::/32",
      "www.example.com",
      "example.com",
      "https://www.example.com/a",
      "http://192.0.2.1/",
      "someone@example.org",
      "d41d8cd98f00b204e9800998ecf8427e",
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "cve-2024-12345",
      "some text",
      "",
  };
  enum { COUNT = sizeof texts / sizeof *texts };
  struct kz_row rows[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    kz_str text = kz_str_of(texts[i]);
    rows[i] = (struct kz_row){.event = 1 + i / 4,
                              .attribute = 1 + i,
                              .uuid_hash = i,
                              .part_count = 1,
                              .part = {text},
                              .hash = {kz_value_hash(text)}};
  }
  struct invented in = {.rows = rows, .count = COUNT};
  keep_segment("kinds", &in);
}

/* The dictionary of fuzz_record.c. */
static void fill_dictionary(struct kz_dict *dict) {
  for (unsigned i = 1; i <= NAMES; i++) {
    char name[16];
    uint32_t id = 0;
    (void)snprintf(name, sizeof name, "name%u", i);
    struct kz_tag tag = {.name = kz_str_of(name)};
    struct kz_org org = {.name = kz_str_of(name)};
    assert_int_equal(kz_dict_tag(dict, &tag, &id, NULL), KZ_OK);
    assert_int_equal(kz_dict_org(dict, &org, &id, NULL), KZ_OK);
    assert_int_equal(kz_dict_word(dict, tag.name, &id, NULL), KZ_OK);
  }
}

static void keep_record(const char *name, char noun,
                        const struct kz_buf *record) {
  KZ_BUF(input, INPUT_MAX);
  kz_buf_add_byte(&input, noun);
  kz_buf_add_str(&input, kz_buf_str(record));
  assert_false(kz_buf_failed(&input));
  keep_input("record", name, kz_buf_str(&input));
}

static const struct kz_uuid some_uuid = {
    {1, 2, 3, 4, 5, 6, 0x47, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}};

static const struct kz_tag_use uses[] = {
    {.tag = {.id = 1}},
    {.tag = {.id = 8}, .local = true, .relationship = {"name3", 5}},
};

static void keep_chunks(struct kz_dict *dict) {
  struct kz_tag_use tags[2] = {uses[0], uses[1]};
  struct kz_attribute a = {
      .id = 1,
      .uuid = some_uuid,
      .distribution = KZ_DIST_INHERIT,
      .timestamp_us = INT64_C(1700000000000000),
      .known_at_us = INT64_C(1700000001000000),
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .value = KZ_STR("192.0.2.1"),
  };
  struct kz_chunk chunk;
  KZ_BUF(out, INPUT_MAX);
  kz_chunk_init(&chunk);
  assert_int_equal(kz_chunk_add(&chunk, dict, &a, NULL), KZ_OK);
  kz_chunk_close(&chunk, &out);
  keep_record("chunk-plain", 0, &out);
  kz_buf_clear(&out);
  for (uint64_t id = 2; id < 5; id++) {
    a.id = id;
    a.timestamp_us += 1500000;
    a.object_id = id - 1;
    a.comment = KZ_STR("a comment");
    a.relation = KZ_STR("name2");
    a.first_seen_us = 5;
    a.last_seen_us = -5;
    a.extra = KZ_STR("\"a\":1");
    a.distribution = KZ_DIST_GROUP;
    a.sharing_group_id = 7;
    a.data = KZ_STR("eA==");
    a.tags = tags;
    a.tag_count = 2;
    a.sighting_count = 3;
    assert_int_equal(kz_chunk_add(&chunk, dict, &a, NULL), KZ_OK);
  }
  kz_chunk_close(&chunk, &out);
  keep_record("chunk-full", 0, &out);
  kz_chunk_done(&chunk);
}

static void keep_event(struct kz_dict *dict) {
  struct kz_tag_use tags[2] = {uses[0], uses[1]};
  struct kz_event e = {
      .uuid = some_uuid,
      .published = true,
      .has_extends = true,
      .extends = some_uuid,
      .info = KZ_STR("An invented event"),
      .org = {.id = 1},
      .orgc = {.id = 2},
      .tags = tags,
      .tag_count = 2,
      .timestamp_us = INT64_C(1700000000000000),
  };
  KZ_BUF(out, INPUT_MAX);
  assert_int_equal(kz_record_put_event(&out, dict, &e, 3, NULL), KZ_OK);
  keep_record("event", 1, &out);
}

static void keep_small_nouns(struct kz_dict *dict) {
  struct kz_tag_use tags[2] = {uses[0], uses[1]};
  KZ_BUF(out, INPUT_MAX);
  const kz_str word = KZ_STR("name4");
  struct kz_object o = {.uuid = some_uuid,
                        .name = word,
                        .meta_category = word,
                        .description = word,
                        .template_uuid = word,
                        .template_version = word,
                        .last_seen_us = KZ_TIME_NONE};
  assert_int_equal(kz_record_put_object(&out, dict, &o, NULL), KZ_OK);
  keep_record("object", 2, &out);
  kz_buf_clear(&out);
  struct kz_reference r = {
      .id = 3, .uuid = some_uuid, .target = some_uuid, .relationship = word};
  assert_int_equal(kz_record_put_reference(&out, dict, &r, 9, NULL), KZ_OK);
  keep_record("reference", 3, &out);
  kz_buf_clear(&out);
  struct kz_report t = {.uuid = some_uuid,
                        .name = KZ_STR("A report"),
                        .content = KZ_STR("# Title\n\ntext"),
                        .tags = tags,
                        .tag_count = 2};
  assert_int_equal(kz_record_put_report(&out, dict, &t, NULL), KZ_OK);
  keep_record("report", 4, &out);
  kz_buf_clear(&out);
  struct kz_sighting s = {.uuid = some_uuid,
                          .kind = KZ_SIGHTING_EXPIRATION,
                          .org = {.id = 3},
                          .source = KZ_STR("honeypot")};
  assert_int_equal(kz_record_put_sighting(&out, dict, &s, NULL), KZ_OK);
  keep_record("sighting", 5, &out);
}

static void records_of_every_noun(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = NULL;
  struct kz_dict *dict = NULL;
  char path[512];
  assert_int_equal(kz_kv_open(temp_path(&temp, "kv", path), true, &kv, NULL),
                   KZ_OK);
  assert_int_equal(kz_dict_open(kv, &dict, NULL), KZ_OK);
  fill_dictionary(dict);
  keep_chunks(dict);
  keep_event(dict);
  keep_small_nouns(dict);
  kz_dict_close(dict);
  kz_kv_close(kv);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(segments_of_some_sizes),
      cmocka_unit_test(a_segment_with_every_kind_of_value),
      cmocka_unit_test(records_of_every_noun),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
