#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "format/misp_read.h"
#include "format/misp_settle.h"

enum { CEILING = 1 << 24 };

#define UUID_1 "5bad1b96-53bc-4148-87eb-50d50a016219"
#define UUID_2 "a3bc1af1-e021-4685-9dd1-68013abef4d9"
#define UUID_3 "7ec7d3c0-beee-42d8-ae11-1a9017ab4feb"
#define EMPTY_MD5 "d41d8cd98f00b204e9800998ecf8427e"

/* One reading: what it gives and what was told on the way. */
struct reading {
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
  struct kz_misp_input input;
  size_t errors;
  size_t skipped;
  struct kz_misp_problem last; /* its message is in `words` */
  char words[256];
  struct kz_err err;
};

static void take_problem(void *ctx, const struct kz_misp_problem *problem) {
  struct reading *r = ctx;
  r->errors += !problem->skipped;
  r->skipped += problem->skipped;
  r->last = *problem;
  (void)snprintf(r->words, sizeof r->words, "%s", problem->message);
}

static struct reading reading_of(const char *text) {
  struct reading r = {
      .reader = kz_misp_reader_new(CEILING),
      .arena = kz_arena_new(CEILING),
  };
  r.input.text = kz_str_of(text);
  r.input.arena = r.arena;
  r.input.report = take_problem;
  return r;
}

static void reading_done(struct reading *r) {
  kz_arena_free(r->arena);
  kz_misp_reader_free(r->reader);
}

/* READING(name, text): given back when its block is left. */
#define READING(name, text)                                                    \
  __attribute__((cleanup(reading_done))) struct reading name = reading_of(text)

static kz_rc read_event(struct reading *r, struct kz_event *ret) {
  r->input.ctx = r;
  return kz_misp_read_event(r->reader, &r->input, ret, &r->err);
}

static void assert_str(kz_str found, const char *expected) {
  assert_non_null(found.ptr);
  assert_int_equal(found.len, strlen(expected));
  assert_memory_equal(found.ptr, expected, found.len);
}

static void assert_uuid(const struct kz_uuid *uuid, const char *expected) {
  char text[KZ_UUID_TEXT];
  assert_str(kz_uuid_format(uuid, text), expected);
}

#define EVENT(members) "{\"info\":\"i\"," members "}"
#define ATTRIBUTES(list) EVENT("\"Attribute\":[" list "]")

static void every_member_of_an_event_is_read(void **state) {
  (void)state;
  READING(r, "{\"Event\":{\"id\":\"7\",\"uuid\":\"" UUID_1 "\",\"info\":\"x\","
             "\"date\":\"2021-06-07\",\"threat_level_id\":\"1\","
             "\"analysis\":2,\"distribution\":\"3\",\"published\":true,"
             "\"locked\":\"1\",\"proposal_email_lock\":1,"
             "\"disable_correlation\":\"true\",\"sharing_group_id\":\"9\","
             "\"timestamp\":\"1623097666\",\"publish_timestamp\":5,"
             "\"sighting_timestamp\":\"6\",\"extends_uuid\":\"" UUID_2 "\","
             "\"event_creator_email\":\"a@example.com\","
             "\"Org\":{\"name\":\"o\",\"uuid\":\"" UUID_2 "\",\"local\":true},"
             "\"Orgc\":{\"id\":\"3\",\"name\":\"c\",\"uuid\":\"0\"},"
             "\"Tag\":[{\"name\":\"t\",\"colour\":\"#ffffff\"}]}}");
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_uuid(&e.uuid, UUID_1);
  assert_str(e.info, "x");
  assert_int_equal(e.date_days, 18785);
  assert_int_equal(e.threat_level, 1);
  assert_int_equal(e.analysis, 2);
  assert_int_equal(e.distribution, 3);
  assert_true(e.published && e.locked && e.proposal_email_lock &&
              e.disable_correlation && e.has_extends);
  assert_int_equal(e.sharing_group_id, 9);
  assert_int_equal(e.timestamp_us, 1623097666 * KZ_SECOND_US);
  assert_int_equal(e.publish_timestamp_us, 5 * KZ_SECOND_US);
  assert_int_equal(e.sighting_timestamp_us, 6 * KZ_SECOND_US);
  assert_uuid(&e.extends, UUID_2);
  assert_str(e.creator_email, "a@example.com");
  assert_str(e.org.name, "o");
  assert_true(e.org.has_uuid && e.org.local);
  assert_str(e.orgc.name, "c");
  assert_false(e.orgc.has_uuid); /* "0" is no uuid: the name stands alone */
  assert_int_equal(e.tag_count, 1);
  assert_str(e.tags[0].tag.colour, "#ffffff");
  assert_int_equal(e.id, 0); /* the sender's */
  assert_int_equal(e.extra.len, 0);
  assert_int_equal(r.errors, 0);
}

static void what_is_not_said_has_misps_default(void **state) {
  (void)state;
  READING(r, "{\"info\":\"x\"}");
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(e.given, KZ_GAVE_VALUE);
  assert_int_equal(e.threat_level, 4);
  assert_int_equal(e.distribution, KZ_DIST_COMMUNITY);
  assert_int_equal(e.timestamp_us, 0);
  assert_null(e.creator_email.ptr);
  READING(a, ATTRIBUTES("{\"type\":\"domain\",\"value\":\"a.example\"}"));
  assert_int_equal(read_event(&a, &e), KZ_OK);
  const struct kz_attribute *attribute = e.attributes;
  assert_str(kz_category_name(attribute->category), "Network activity");
  assert_true(attribute->to_ids);
  assert_int_equal(attribute->distribution, KZ_DIST_INHERIT);
  assert_int_equal(attribute->first_seen_us, KZ_TIME_NONE);
  assert_null(attribute->comment.ptr);
  assert_int_equal(attribute->given, KZ_GAVE_TYPE | KZ_GAVE_VALUE);
}

static void every_member_of_an_attribute_is_read(void **state) {
  (void)state;
  READING(
      r, ATTRIBUTES("{\"id\":\"5\",\"uuid\":\"" UUID_1 "\",\"type\":\"md5\","
                    "\"category\":\"Artifacts dropped\",\"to_ids\":\"0\","
                    "\"value\":\"D41D8CD98F00B204E9800998ECF8427E\","
                    "\"comment\":\"\",\"distribution\":4,"
                    "\"sharing_group_id\":\"2\",\"timestamp\":7.9,"
                    "\"deleted\":false,\"disable_correlation\":true,"
                    "\"first_seen\":\"2020-01-04T04:30:34.323242+00:00\","
                    "\"last_seen\":\"2020-01-05\",\"object_relation\":\"hash\","
                    "\"data\":\"AAAA\",\"event_id\":\"1\",\"object_id\":\"0\","
                    "\"Tag\":[{\"name\":\"a\",\"local\":1},{\"name\":\"b\","
                    "\"exportable\":false,\"relationship_type\":\"x\"}],"
                    "\"Sighting\":[{\"type\":\"1\",\"date_sighting\":\"9\","
                    "\"source\":\"s\",\"Organisation\":{\"name\":\"o\"}}]}"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(e.attribute_count, 1);
  const struct kz_attribute *a = e.attributes;
  assert_str(kz_type_name(a->type), "md5");
  assert_str(kz_category_name(a->category), "Artifacts dropped");
  assert_str(a->value, EMPTY_MD5);
  assert_str(a->comment, "");
  assert_str(a->relation, "hash");
  assert_str(a->data, "AAAA");
  assert_false(a->to_ids || a->deleted);
  assert_true(a->disable_correlation);
  assert_int_equal(a->distribution, 4);
  assert_int_equal(a->timestamp_us, 7 * KZ_SECOND_US);
  assert_int_equal(a->first_seen_us, INT64_C(1578112234323242));
  assert_int_equal(a->last_seen_us, INT64_C(1578182400000000));
  assert_int_equal(a->tag_count, 2);
  assert_true(a->tags[0].local && a->tags[0].tag.exportable);
  assert_false(a->tags[1].tag.exportable);
  assert_str(a->tags[1].relationship, "x");
  assert_int_equal(a->sighting_count, 1);
  assert_int_equal(a->sightings[0].kind, KZ_SIGHTING_FALSE_POSITIVE);
  assert_int_equal(a->sightings[0].seen_us, 9 * KZ_SECOND_US);
  assert_str(a->sightings[0].org.name, "o");
}

static void objects_references_and_reports_are_read(void **state) {
  (void)state;
  READING(r, EVENT("\"Object\":[{\"name\":\"file\",\"uuid\":\"" UUID_1 "\","
                   "\"meta-category\":\"file\",\"template_version\":24,"
                   "\"template_uuid\":\"none\",\"description\":\"d\","
                   "\"Attribute\":[{\"type\":\"filename\",\"value\":\"a\","
                   "\"object_relation\":\"filename\"},{\"type\":\"filename\","
                   "\"value\":\"a\",\"object_relation\":\"filename\"}],"
                   "\"ObjectReference\":[{\"uuid\":\"" UUID_3 "\","
                   "\"referenced_uuid\":\"" UUID_2 "\",\"timestamp\":\"5\","
                   "\"relationship_type\":\"drops\",\"object_uuid\":\"x\"}]}],"
                   "\"EventReport\":[{\"name\":\"n\",\"content\":\"c\","
                   "\"uuid\":\"" UUID_2 "\",\"Tag\":[{\"name\":\"t\"}]}]"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(r.errors + r.skipped, 0);
  assert_int_equal(e.object_count, 1);
  const struct kz_object *o = e.objects;
  assert_str(o->template_version, "24");
  assert_str(o->template_uuid, "none");
  assert_int_equal(o->attribute_count, 2); /* the same twice: in objects so */
  assert_int_equal(o->reference_count, 1);
  assert_uuid(&o->references[0].target, UUID_2);
  assert_str(o->references[0].relationship, "drops");
  assert_int_equal(e.report_count, 1);
  assert_str(e.reports[0].content, "c");
  assert_int_equal(e.reports[0].tag_count, 1);
  assert_int_equal(kz_event_attributes_total(&e), 2);
}

static void unknown_members_are_kept_compact(void **state) {
  (void)state;
  READING(r, "{\"info\":\"x\", \"Galaxy\" : [ { \"a b\" : \"c \\\" }\" , "
             "\"d\":1 } ], \"validationIssue\": true, \"ShadowAttribute\":[],"
             "\"protected\":null,\"n\\u0022w\":\"\\u0041\",\"attribute_count\":"
             "\"5\",\"RelatedEvent\":[{\"Event\":{}}]}");
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_str(e.extra, "\"Galaxy\":[{\"a b\":\"c \\\" }\",\"d\":1}],"
                      "\"validationIssue\":true,\"n\\\"w\":\"\\u0041\"");
  READING(twice, "{\"info\":\"x\",\"z\":1,\"z\":2}");
  assert_int_equal(read_event(&twice, &e), KZ_OK);
  assert_str(e.extra, "\"z\":2");
}

static void too_many_unknown_members_are_refused(void **state) {
  (void)state;
  char text[2000] = "{\"info\":\"x\"";
  for (int i = 0; i < 65; i++) {
    size_t len = strlen(text);
    (void)snprintf(text + len, sizeof text - len, ",\"m%d\":%d", i, i);
  }
  strcat(text, "}");
  READING(r, text);
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_E_INPUT);
  assert_int_equal(r.errors, 1);
}

static void all_wrappings_of_one_event_are_taken(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"info\":\"x\"}",
      " {\"Event\": {\"info\":\"x\"} } ",
      "{\"request\":{\"Event\":{\"info\":\"x\"}}}",
      "{\"response\":{\"Event\":{\"info\":\"x\"}},\"more\":[1]}",
      "{\"request\":{\"info\":\"x\"}}",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    READING(r, texts[i]);
    struct kz_event e;
    assert_int_equal(read_event(&r, &e), KZ_OK);
    assert_str(e.info, "x");
  }
}

static void a_wrong_attribute_is_left_out_and_told(void **state) {
  (void)state;
  static const struct {
    const char *attribute;
    const char *field;
  } cases[] = {
      {"{\"type\":\"no-such\",\"value\":\"x\"}", "type"},
      {"{\"type\":\"md5\",\"value\":\"x\"}", "value"},
      {"{\"type\":\"md5\"}", "value"},
      {"{\"value\":\"x\"}", "type"},
      {"{\"type\":\"md5\",\"value\":{\"a\":1}}", "value"},
      {"{\"type\":\"md5\",\"value\":[\"" EMPTY_MD5 "\"]}", "value"},
      {"{\"type\":\"md5\",\"category\":\"Person\",\"value\":\"" EMPTY_MD5 "\"}",
       "type"},
      {"{\"type\":\"text\",\"category\":\"X\",\"value\":\"x\"}", "category"},
      {"{\"type\":\"text\",\"value\":\"x\",\"to_ids\":\"maybe\"}", "to_ids"},
      {"{\"type\":\"text\",\"value\":\"x\",\"distribution\":6}",
       "distribution"},
      {"{\"type\":\"text\",\"value\":\"x\",\"uuid\":\"x\"}", "uuid"},
      {"{\"type\":\"text\",\"value\":\"x\",\"timestamp\":-1}", "timestamp"},
      {"{\"type\":\"text\",\"value\":\"x\",\"timestamp\":\"99999999999\"}",
       "timestamp"},
      {"{\"type\":\"text\",\"value\":\"x\",\"first_seen\":\"x\"}",
       "first_seen"},
      {"{\"type\":\"text\",\"value\":\"x\",\"first_seen\":\"2020-01-02\","
       "\"last_seen\":\"2020-01-01\"}",
       "last_seen"},
      {"{\"type\":\"text\",\"value\":\" \"}", "value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[400];
    (void)snprintf(text, sizeof text,
                   "{\"info\":\"x\",\"Attribute\":[\n%s,{\"type\":\"text\","
                   "\"value\":\"good\"}]}",
                   cases[i].attribute);
    READING(r, text);
    struct kz_event e;
    assert_int_equal(read_event(&r, &e), KZ_OK);
    assert_int_equal(r.errors, 1);
    assert_str(r.last.field, cases[i].field);
    assert_string_equal(r.last.noun, "attribute");
    assert_int_equal(r.last.index, 0);
    assert_int_equal(r.last.place.line, 2);
    assert_int_equal(r.last.place.column, 1);
    assert_int_equal(e.attribute_count, 1);
    assert_str(e.attributes[0].value, "good");
  }
}

static void other_wrong_things_are_left_out_too(void **state) {
  (void)state;
  READING(r, EVENT("\"Tag\":[{\"name\":\"\"},5,{\"name\":\"t\"},[[]]],"
                   "\"Object\":[{\"Attribute\":[]},{\"name\":\"o\","
                   "\"Attribute\":[{\"type\":\"x\",\"value\":\"y\"}],"
                   "\"ObjectReference\":[{\"referenced_uuid\":\"\"}]}],"
                   "\"EventReport\":[{\"content\":\"c\"}]"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(r.errors, 7);
  assert_int_equal(e.tag_count, 1);
  assert_int_equal(e.object_count, 1);
  assert_int_equal(e.objects[0].attribute_count, 0);
  assert_int_equal(e.objects[0].reference_count, 0);
  assert_int_equal(e.report_count, 0);
}

static void a_wrong_event_is_one_error(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "5",
      "[]",
      "{}",
      "{\"info\":\" \"}",
      "{\"info\":\"x\",\"date\":\"2021-13-01\"}",
      "{\"info\":\"x\",\"distribution\":\"5\"}",
      "{\"info\":\"x\",\"threat_level_id\":0}",
      "{\"info\":\"x\",\"extends_uuid\":\"y\"}",
      "{\"info\":\"x\",\"uuid\":\"5\"}",
      "{\"info\":\"x\"",
      "{\"info\":\"x\",}",
      "{\"info\":\"x\"} y",
      "{\"info\":\"\xff\"}",
      "{\"Attribute\":[{\"type\":\"text\",\"value\":\"x\"}]}",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    READING(r, texts[i]);
    struct kz_event e;
    assert_int_equal(read_event(&r, &e), KZ_E_INPUT);
    assert_int_equal(r.errors, 1);
    assert_true(r.err.text[0] != '\0');
  }
  READING(r, "{\"info\":\"x\"}");
  struct kz_event e;
  r.input.need_uuid = true;
  assert_int_equal(read_event(&r, &e), KZ_E_INPUT);
  assert_str(r.last.field, "uuid");
}

static void equal_attributes_stand_once(void **state) {
  (void)state;
  READING(r, ATTRIBUTES("{\"type\":\"domain\",\"value\":\"A.example\"},"
                        "{\"type\":\"domain\",\"value\":\"a.example\"},"
                        "{\"type\":\"hostname\",\"value\":\"a.example\"},"
                        "{\"type\":\"domain\",\"value\":\"a.example\","
                        "\"category\":\"External analysis\"},"
                        "{\"type\":\"domain\",\"value\":\"a.example\","
                        "\"deleted\":true},"
                        "{\"type\":\"domain\",\"value\":\"a.example.\"}"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(e.attribute_count, 4);
  assert_int_equal(r.errors, 0);
  assert_int_equal(r.skipped, 2);
  assert_int_equal(r.last.index, 5);
}

static void a_uuid_stands_once(void **state) {
  (void)state;
  READING(r, EVENT("\"Attribute\":[{\"uuid\":\"" UUID_1 "\",\"type\":\"text\","
                   "\"value\":\"a\"},{\"uuid\":\"" UUID_1 "\",\"type\":"
                   "\"text\",\"value\":\"b\"},{\"uuid\":\"" UUID_2 "\","
                   "\"type\":\"text\",\"value\":\"b\"}],\"Object\":[{\"uuid\":"
                   "\"" UUID_1 "\",\"name\":\"o\"}]"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(e.attribute_count, 2);
  assert_str(e.attributes[1].value, "b");
  assert_int_equal(e.object_count, 0);
  assert_int_equal(r.errors, 2);
}

static void places_are_those_of_the_file(void **state) {
  (void)state;
  READING(r, "{\"info\":\"x\",\"Attribute\":[5,\n {}]}");
  struct kz_event e;
  r.input.origin = (struct kz_json_place){.line = 10, .column = 5, .byte = 99};
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(r.errors, 2);
  assert_int_equal(r.last.place.line, 11);
  assert_int_equal(r.last.place.column, 2);
  assert_int_equal(r.last.place.byte, 99 + 29);
  READING(broken, "{\"info\":x}");
  broken.input.origin = r.input.origin;
  assert_int_equal(read_event(&broken, &e), KZ_E_INPUT);
  assert_int_equal(broken.last.place.line, 10);
  assert_int_equal(broken.last.place.column, 5 + 8);
  assert_int_equal(broken.last.place.byte, 99 + 8);
}

static void an_edit_says_only_what_it_says(void **state) {
  (void)state;
  READING(r, "{\"Event\":{\"published\":false,\"Attribute\":[{\"id\":\"5\","
             "\"comment\":\"c\",\"first_seen\":null},{\"value\":\"x\"}]}}");
  struct kz_event e;
  r.input.partial = true;
  r.input.keep_ids = true;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(r.errors, 0);
  assert_int_equal(e.given, KZ_GAVE_PUBLISHED);
  assert_int_equal(e.attribute_count, 2);
  assert_int_equal(e.attributes[0].id, 5);
  assert_int_equal(e.attributes[0].given, KZ_GAVE_COMMENT | KZ_GAVE_FIRST_SEEN);
  assert_int_equal(e.attributes[1].given, KZ_GAVE_VALUE);
}

static void a_merged_edit_is_settled_again(void **state) {
  (void)state;
  KZ_ARENA(arena, CEILING);
  struct kz_attribute a = {.value = KZ_STR("D41D8CD98F00B204E9800998ECF8427E")};
  kz_str field;
  struct kz_err err;
  assert_int_equal(kz_type_by_name(KZ_STR("md5"), &a.type), KZ_OK);
  assert_int_equal(kz_misp_settle(&a, arena, &field, &err), KZ_OK);
  assert_str(a.value, EMPTY_MD5);
  assert_true(a.to_ids);
  a.value = KZ_STR("x");
  assert_int_equal(kz_misp_settle(&a, arena, &field, &err), KZ_E_INPUT);
  assert_str(field, "value");
}

static void attributes_come_alone_or_in_lists(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t count;
    bool is_list;
    size_t errors;
  } cases[] = {
      {"{\"type\":\"text\",\"value\":\"a\"}", 1, false, 0},
      {"{\"Attribute\":{\"type\":\"text\",\"value\":\"a\"}}", 1, false, 0},
      {"[{\"type\":\"text\",\"value\":\"a\"}]", 1, true, 0},
      {"{\"Attribute\":[{\"type\":\"text\",\"value\":\"a\"},{\"type\":\"text\","
       "\"value\":\"b\"}]}",
       2, true, 0},
      {"[{\"type\":\"text\",\"value\":\"a\"},{\"type\":\"text\"}]", 1, true, 1},
      {"[]", 0, true, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    READING(r, cases[i].text);
    r.input.ctx = &r;
    struct kz_misp_attributes found;
    assert_int_equal(
        kz_misp_read_attributes(r.reader, &r.input, &found, &r.err), KZ_OK);
    assert_int_equal(found.count, cases[i].count);
    assert_int_equal(found.is_list, cases[i].is_list);
    assert_int_equal(r.errors, cases[i].errors);
  }
  static const char *const wrong[] = {"{\"type\":\"text\"}", "5", "{", "[1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    READING(r, wrong[i]);
    r.input.ctx = &r;
    struct kz_misp_attributes found;
    assert_int_equal(
        kz_misp_read_attributes(r.reader, &r.input, &found, &r.err),
        KZ_E_INPUT);
  }
}

static void single_things_are_read(void **state) {
  (void)state;
  READING(r, "{\"Object\":{\"name\":\"file\"}}");
  r.input.ctx = &r;
  struct kz_object object;
  assert_int_equal(kz_misp_read_object(r.reader, &r.input, &object, &r.err),
                   KZ_OK);
  assert_str(object.name, "file");
  struct kz_reference reference;
  r.input.text = KZ_STR("{\"referenced_uuid\":\"" UUID_1 "\"}");
  assert_int_equal(
      kz_misp_read_reference(r.reader, &r.input, &reference, &r.err), KZ_OK);
  struct kz_tag_use tag;
  r.input.text = KZ_STR("{\"Tag\":{\"name\":\"t\",\"user_id\":\"0\"}}");
  assert_int_equal(kz_misp_read_tag(r.reader, &r.input, &tag, &r.err), KZ_OK);
  assert_str(tag.tag.extra, "\"user_id\":\"0\"");
  struct kz_sighting sighting;
  r.input.text = KZ_STR("{\"type\":2}");
  assert_int_equal(kz_misp_read_sighting(r.reader, &r.input, &sighting, &r.err),
                   KZ_OK);
  assert_int_equal(sighting.kind, KZ_SIGHTING_EXPIRATION);
  struct kz_report report;
  r.input.text = KZ_STR("{\"EventReport\":{\"name\":\"n\"}}");
  assert_int_equal(kz_misp_read_report(r.reader, &r.input, &report, &r.err),
                   KZ_OK);
  struct kz_org org;
  r.input.text = KZ_STR("{\"name\":\"o\",\"sector\":\"s\"}");
  assert_int_equal(kz_misp_read_org(r.reader, &r.input, &org, &r.err), KZ_OK);
  assert_str(org.extra, "\"sector\":\"s\"");
  r.input.text = KZ_STR("{\"name\":\"\"}");
  assert_int_equal(kz_misp_read_tag(r.reader, &r.input, &tag, &r.err),
                   KZ_E_INPUT);
}

static void a_full_arena_is_a_failure_not_a_crash(void **state) {
  (void)state;
  READING(r, ATTRIBUTES("{\"type\":\"text\",\"value\":\"a\"}"));
  KZ_ARENA(small, 16);
  struct kz_event e;
  r.input.arena = small;
  assert_int_equal(read_event(&r, &e), KZ_E_MEMORY);
  struct kz_misp_reader *reader = kz_misp_reader_new(100);
  r.input.arena = r.arena;
  assert_int_equal(kz_misp_read_event(reader, &r.input, &e, &r.err),
                   KZ_E_LIMIT);
  kz_misp_reader_free(reader);
}

static void one_reader_reads_many_texts(void **state) {
  (void)state;
  READING(r, "{\"info\":\"x\",\"z\":[1");
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_E_INPUT);
  for (int i = 0; i < 3; i++) {
    r.input.text = KZ_STR(ATTRIBUTES("{\"uuid\":\"" UUID_1 "\",\"type\":"
                                     "\"text\",\"value\":\"a\"}"));
    assert_int_equal(read_event(&r, &e), KZ_OK);
    assert_int_equal(e.attribute_count, 1);
    assert_int_equal(e.extra.len, 0);
  }
}

static void characters_of_all_kinds_survive(void **state) {
  (void)state;
  READING(r, ATTRIBUTES("{\"type\":\"text\",\"value\":\"\xF0\x9F\x98\x80 "
                        "\\uD83D\\uDE00 \\u0000 \xE6\xBC\xA2\"}"));
  struct kz_event e;
  assert_int_equal(read_event(&r, &e), KZ_OK);
  assert_int_equal(e.attribute_count, 1);
  static const char expected[] = "\xF0\x9F\x98\x80 \xF0\x9F\x98\x80 \0 "
                                 "\xE6\xBC\xA2";
  assert_int_equal(e.attributes[0].value.len, sizeof expected - 1);
  assert_memory_equal(e.attributes[0].value.ptr, expected, sizeof expected - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_member_of_an_event_is_read),
      cmocka_unit_test(what_is_not_said_has_misps_default),
      cmocka_unit_test(every_member_of_an_attribute_is_read),
      cmocka_unit_test(objects_references_and_reports_are_read),
      cmocka_unit_test(unknown_members_are_kept_compact),
      cmocka_unit_test(too_many_unknown_members_are_refused),
      cmocka_unit_test(all_wrappings_of_one_event_are_taken),
      cmocka_unit_test(a_wrong_attribute_is_left_out_and_told),
      cmocka_unit_test(other_wrong_things_are_left_out_too),
      cmocka_unit_test(a_wrong_event_is_one_error),
      cmocka_unit_test(equal_attributes_stand_once),
      cmocka_unit_test(a_uuid_stands_once),
      cmocka_unit_test(places_are_those_of_the_file),
      cmocka_unit_test(an_edit_says_only_what_it_says),
      cmocka_unit_test(a_merged_edit_is_settled_again),
      cmocka_unit_test(attributes_come_alone_or_in_lists),
      cmocka_unit_test(single_things_are_read),
      cmocka_unit_test(a_full_arena_is_a_failure_not_a_crash),
      cmocka_unit_test(one_reader_reads_many_texts),
      cmocka_unit_test(characters_of_all_kinds_survive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
