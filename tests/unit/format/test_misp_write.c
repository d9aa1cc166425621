#include "test.h"

#include <string.h>

#include "format/misp_read.h"
#include "format/misp_write.h"

enum { CEILING = 1 << 22 };

#define UUID_1 "5bad1b96-53bc-4148-87eb-50d50a016219"
#define UUID_2 "a3bc1af1-e021-4685-9dd1-68013abef4d9"
#define UUID_3 "7ec7d3c0-beee-42d8-ae11-1a9017ab4feb"

/* As this server writes an event that has something of everything. */
#define HEAD                                                                   \
  "{\"Event\":{\"uuid\":\"" UUID_1 "\",\"date\":\"2021-06-07\","               \
  "\"info\":\"x\\n\",\"threat_level_id\":\"1\",\"analysis\":\"2\","            \
  "\"published\":true,\"timestamp\":\"1623097666\","                           \
  "\"publish_timestamp\":\"0\",\"extends_uuid\":\"\",\"distribution\":\"3\","  \
  "\"sharing_group_id\":\"0\",\"proposal_email_lock\":false,"                  \
  "\"locked\":false,\"disable_correlation\":false,"                            \
  "\"sighting_timestamp\":\"0\",\"event_creator_email\":\"a@example.com\","    \
  "\"Orgc\":{\"name\":\"c\",\"uuid\":\"" UUID_2 "\",\"local\":false},"         \
  "\"Galaxy\":[{\"a\":1}],\"Tag\":[{\"name\":\"t\",\"colour\":\"#ffffff\","    \
  "\"exportable\":true,\"hide_tag\":false,\"is_galaxy\":false,"                \
  "\"is_custom_galaxy\":false,\"local_only\":false,\"user_id\":\"0\","         \
  "\"local\":true}],"
#define ATTRIBUTE                                                              \
  "{\"type\":\"text\",\"category\":\"Other\",\"to_ids\":false,\"uuid\":"       \
  "\"" UUID_3 "\",\"timestamp\":\"5\",\"distribution\":\"5\","                 \
  "\"sharing_group_id\":\"0\",\"comment\":\"\",\"deleted\":false,"             \
  "\"disable_correlation\":false,\"object_relation\":null,"                    \
  "\"first_seen\":\"2020-01-04T04:30:34.323242+00:00\",\"last_seen\":null,"    \
  "\"value\":\"v\",\"validationIssue\":true,\"Sighting\":["                    \
  "{\"date_sighting\":\"9\",\"uuid\":"                                         \
  "\"" UUID_2 "\",\"source\":\"\",\"type\":\"1\"}]}"
#define WHOLE                                                                  \
  HEAD "\"Attribute\":[" ATTRIBUTE "],\"Object\":[],\"EventReport\":[]}}"

struct memory {
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
};

static int make_memory(void **state) {
  static struct memory memory;
  memory.reader = kz_misp_reader_new(CEILING);
  memory.arena = kz_arena_new(CEILING);
  *state = &memory;
  return memory.reader && memory.arena ? 0 : -1;
}

static int free_memory(void **state) {
  struct memory *memory = *state;
  kz_misp_reader_free(memory->reader);
  kz_arena_free(memory->arena);
  return 0;
}

static struct kz_event event_of(struct memory *memory, const char *text) {
  const struct kz_misp_input input = {.text = kz_str_of(text),
                                      .arena = memory->arena};
  struct kz_event event;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_misp_read_event(memory->reader, &input, &event, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return event;
}

static void assert_written(const struct kz_buf *out, const char *expected) {
  assert_false(kz_buf_failed(out));
  assert_int_equal(out->len, strlen(expected));
  assert_memory_equal(out->ptr, expected, out->len);
}

static void what_was_written_reads_and_writes_the_same(void **state) {
  struct kz_event event = event_of(*state, WHOLE);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_event(&w, &event, (struct kz_misp_style){0});
  assert_written(&out, WHOLE);
}

static void pieces_make_the_whole(void **state) {
  struct kz_event event = event_of(*state, WHOLE);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  const struct kz_misp_style style = {0};
  kz_misp_write_event_head(&w, &event, style);
  kz_jsonw_key(&w, KZ_STR("Attribute"));
  kz_jsonw_array(&w);
  kz_misp_write_attribute(&w, event.attributes, 0, style);
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  kz_jsonw_object_end(&w);
  assert_written(&out, HEAD "\"Attribute\":[" ATTRIBUTE "]}}");
}

static void ids_are_ours_and_texts(void **state) {
  struct kz_event event = event_of(*state, WHOLE);
  event.id = 7;
  event.orgc.id = 3;
  event.attributes[0].id = 12345678901;
  event.attributes[0].sightings[0].id = 4;
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_event(&w, &event, (struct kz_misp_style){.ids = true});
  kz_buf_add_byte(&out, '\0');
  static const char *const parts[] = {
      "{\"Event\":{\"id\":\"7\",\"uuid\"",
      "\"orgc_id\":\"3\",\"org_id\":\"0\",\"attribute_count\":\"1\"",
      "{\"id\":\"12345678901\",\"type\":\"text\"",
      "\"event_id\":\"7\",\"timestamp\":\"5\"",
      "{\"id\":\"4\",\"attribute_id\":\"12345678901\",\"event_id\":\"7\""};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    assert_non_null(strstr(out.ptr, parts[i]));
  }
}

static void a_feed_has_nothing_local(void **state) {
  struct kz_event event = event_of(
      *state,
      "{\"info\":\"x\",\"uuid\":\"" UUID_1 "\",\"date\":\"2021-06-07\","
      "\"distribution\":\"3\",\"event_creator_email\":\"a@example.com\","
      "\"Org\":{\"name\":\"o\"},\"Orgc\":{\"name\":\"c\",\"local\":true},"
      "\"Tag\":[{\"name\":\"mine\",\"local\":true},{\"name\":\"secret\","
      "\"exportable\":false},{\"name\":\"t\",\"colour\":\"#000000\"}]}");
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_event(&w, &event, (struct kz_misp_style){.feed = true});
  assert_written(
      &out, "{\"Event\":{\"uuid\":\"" UUID_1 "\",\"date\":\"2021-06-07\","
            "\"info\":\"x\",\"threat_level_id\":\"4\",\"analysis\":\"0\","
            "\"published\":false,\"timestamp\":\"0\",\"publish_timestamp\":"
            "\"0\",\"extends_uuid\":\"\",\"Orgc\":{\"name\":\"c\"},\"Tag\":["
            "{\"name\":\"t\",\"colour\":\"#000000\"}],\"Attribute\":[],"
            "\"Object\":[],\"EventReport\":[]}}");
}

static void objects_keep_what_they_were_sent(void **state) {
  static const char object[] =
      "{\"name\":\"file\",\"meta-category\":\"m\",\"template_version\":\"24\","
      "\"uuid\":\"" UUID_1 "\",\"timestamp\":\"5\",\"distribution\":\"5\","
      "\"sharing_group_id\":\"0\",\"comment\":\"c\",\"deleted\":true,"
      "\"first_seen\":null,\"last_seen\":null,\"Note\":[1],"
      "\"ObjectReference\":[{\"uuid\":\"" UUID_2 "\",\"timestamp\":\"6\","
      "\"object_uuid\":\"" UUID_1 "\",\"referenced_uuid\":\"" UUID_3 "\","
      "\"relationship_type\":\"drops\",\"comment\":\"\",\"deleted\":false}],"
      "\"Attribute\":[]}";
  struct memory *memory = *state;
  const struct kz_misp_input input = {.text = kz_str_of(object),
                                      .arena = memory->arena};
  struct kz_object read;
  assert_int_equal(kz_misp_read_object(memory->reader, &input, &read, NULL),
                   KZ_OK);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_object(&w, &read, 0, (struct kz_misp_style){0});
  assert_written(&out, object);
}

static void reports_keep_what_they_were_sent(void **state) {
  static const char report[] =
      "{\"uuid\":\"" UUID_1 "\",\"name\":\"n\",\"content\":\"# c\","
      "\"distribution\":\"1\",\"sharing_group_id\":\"0\",\"timestamp\":\"5\","
      "\"deleted\":false,\"Tag\":[{\"name\":\"t\",\"exportable\":true,"
      "\"hide_tag\":false,\"is_galaxy\":true,\"is_custom_galaxy\":false,"
      "\"local_only\":false,\"local\":false,\"relationship_type\":\"r\"}]}";
  struct memory *memory = *state;
  const struct kz_misp_input input = {.text = kz_str_of(report),
                                      .arena = memory->arena};
  struct kz_report read;
  assert_int_equal(kz_misp_read_report(memory->reader, &input, &read, NULL),
                   KZ_OK);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_report(&w, &read, 0, (struct kz_misp_style){0});
  assert_written(&out, report);
}

static void searches_have_misps_shapes(void **state) {
  struct kz_event event = event_of(*state, WHOLE);
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_misp_write_search_begin(&w, KZ_MISP_SCOPE_WRAPPED);
  kz_misp_write_event(&w, &event, (struct kz_misp_style){0});
  kz_misp_write_search_end(&w, KZ_MISP_SCOPE_WRAPPED);
  assert_written(&out, "{\"response\":[" WHOLE "]}");

  kz_buf_clear(&out);
  kz_jsonw_init(&w, &out);
  kz_misp_write_search_begin(&w, KZ_MISP_SCOPE_ATTRIBUTES);
  event.id = 7;
  kz_misp_write_found_attribute(&w, event.attributes, &event,
                                (struct kz_misp_style){.ids = true});
  kz_misp_write_search_end(&w, KZ_MISP_SCOPE_ATTRIBUTES);
  kz_buf_add_byte(&out, '\0');
  assert_ptr_equal(
      strstr(out.ptr, "{\"response\":{\"Attribute\":[{\"id\":\"0\""), out.ptr);
  assert_non_null(strstr(
      out.ptr, ",\"Event\":{\"org_id\":\"0\",\"distribution\":\"3\","
               "\"publish_timestamp\":\"0\",\"id\":\"7\",\"info\":"
               "\"x\\n\",\"orgc_id\":\"0\",\"uuid\":\"" UUID_1 "\"}}]}}"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_written_reads_and_writes_the_same),
      cmocka_unit_test(pieces_make_the_whole),
      cmocka_unit_test(ids_are_ours_and_texts),
      cmocka_unit_test(a_feed_has_nothing_local),
      cmocka_unit_test(objects_keep_what_they_were_sent),
      cmocka_unit_test(reports_keep_what_they_were_sent),
      cmocka_unit_test(searches_have_misps_shapes),
  };
  return cmocka_run_group_tests(tests, make_memory, free_memory);
}
