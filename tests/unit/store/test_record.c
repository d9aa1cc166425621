#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/record.h"
#include "temp.h"

/* What records need around them; one for the group. */
struct house {
  struct temp temp;
  struct kz_kv *kv;
  struct kz_dict *dict;
  struct kz_arena *arena;
  struct kz_random random;
};

static int open_house(void **state) {
  struct house *h = calloc(1, sizeof *h);
  char path[512];
  if (!h) {
    return -1;
  }
  h->temp = temp_make();
  kz_random_init(&h->random, 1);
  h->arena = kz_arena_new((size_t)1 << 30);
  *state = h;
  return !h->arena ||
         kz_kv_open(temp_path(&h->temp, "kv", path), true, &h->kv, NULL) !=
             KZ_OK ||
         kz_dict_open(h->kv, &h->dict, NULL) != KZ_OK;
}

static int close_house(void **state) {
  struct house *h = *state;
  kz_dict_close(h->dict);
  kz_kv_close(h->kv);
  kz_arena_free(h->arena);
  temp_remove(&h->temp);
  free(h);
  return 0;
}

static kz_str text(struct house *h, size_t max) {
  size_t len = (size_t)kz_random_below(&h->random, max + 1);
  char *bytes = kz_arena_text(h->arena, len + 1);
  for (size_t i = 0; i < len; i++) {
    bytes[i] = (char)(' ' + (int)kz_random_below(&h->random, 95));
  }
  return (kz_str){bytes, len};
}

static bool flip(struct house *h) {
  return kz_random_below(&h->random, 2) == 0;
}

/* Any version: those of others are not ours to change. */
static struct kz_uuid uuid(struct house *h) {
  struct kz_uuid made;
  for (size_t i = 0; i < sizeof made.bytes; i++) {
    made.bytes[i] = (uint8_t)kz_random_next(&h->random);
  }
  return made;
}

static int64_t seconds(struct house *h) {
  return (int64_t)kz_random_below(&h->random, 2000000000) * 1000000;
}

static int64_t moment(struct house *h) {
  return flip(h) ? KZ_TIME_NONE
                 : (int64_t)kz_random_below(&h->random, UINT64_C(1) << 52) -
                       ((int64_t)1 << 51);
}

static struct kz_tag_use *tags(struct house *h, size_t *ret_count) {
  size_t count = (size_t)kz_random_below(&h->random, 4);
  struct kz_tag_use *uses = kz_arena_array(h->arena, count + 1, sizeof *uses);
  for (size_t i = 0; i < count; i++) {
    uses[i].tag.name = text(h, 3);
    uses[i].tag.exportable = true;
    uses[i].local = flip(h);
    uses[i].relationship = flip(h) ? KZ_STR("related-to") : KZ_STR_NONE;
  }
  *ret_count = count;
  return uses;
}

static void assert_same_text(kz_str a, kz_str b) {
  assert_true(kz_str_eq(a, b));
}

static void assert_same_tags(const struct kz_tag_use *a, size_t a_count,
                             const struct kz_tag_use *b, size_t b_count) {
  assert_int_equal(a_count, b_count);
  for (size_t i = 0; i < a_count; i++) {
    assert_same_text(a[i].tag.name, b[i].tag.name);
    assert_int_equal(a[i].local, b[i].local);
    assert_same_text(a[i].relationship, b[i].relationship);
    assert_int_equal(!a[i].relationship.ptr, !b[i].relationship.ptr);
  }
}

static struct kz_attribute invent_attribute(struct house *h, uint64_t id) {
  struct kz_random *r = &h->random;
  struct kz_attribute a = {
      .id = id,
      .uuid = uuid(h),
      .type = (kz_type)kz_random_below(r, KZ_TYPE_COUNT),
      .category = (kz_category)kz_random_below(r, KZ_CATEGORY_COUNT),
      .distribution = (uint8_t)kz_random_below(r, 6),
      .to_ids = flip(h),
      .deleted = flip(h),
      .disable_correlation = flip(h),
      .object_id = flip(h) ? 0 : id + kz_random_below(r, 100) - 50,
      .sharing_group_id = flip(h) ? 0 : kz_random_next(r),
      .timestamp_us = seconds(h) + (flip(h) ? 0 : 1),
      .known_at_us = seconds(h) + 7,
      .first_seen_us = moment(h),
      .last_seen_us = moment(h),
      .value = text(h, 200),
      .comment = flip(h) ? KZ_STR("") : text(h, 60),
      .relation = flip(h) ? KZ_STR_NONE : KZ_STR("filename"),
      .data = flip(h) ? KZ_STR_NONE : KZ_STR("eA=="),
      .extra = flip(h) ? KZ_STR_NONE : KZ_STR("\"x\":1"),
      .sighting_count = (size_t)kz_random_below(r, 3),
  };
  a.tags = tags(h, &a.tag_count);
  return a;
}

static void assert_same_attribute(const struct kz_attribute *a,
                                  const struct kz_attribute *b) {
  assert_true(a->id == b->id);
  assert_true(kz_uuid_eq(&a->uuid, &b->uuid));
  assert_int_equal(a->type, b->type);
  assert_int_equal(a->category, b->category);
  assert_int_equal(a->distribution, b->distribution);
  assert_int_equal(a->to_ids, b->to_ids);
  assert_int_equal(a->deleted, b->deleted);
  assert_int_equal(a->disable_correlation, b->disable_correlation);
  assert_true(a->object_id == b->object_id);
  assert_true(a->sharing_group_id == b->sharing_group_id);
  assert_true(a->timestamp_us == b->timestamp_us);
  assert_true(a->known_at_us == b->known_at_us);
  assert_true(a->first_seen_us == b->first_seen_us);
  assert_true(a->last_seen_us == b->last_seen_us);
  assert_same_text(a->value, b->value);
  assert_same_text(a->comment, b->comment);
  assert_same_text(a->relation, b->relation);
  assert_int_equal(!a->relation.ptr, !b->relation.ptr);
  assert_same_text(a->extra, b->extra);
  assert_int_equal(a->sighting_count, b->sighting_count);
  assert_same_tags(a->tags, a->tag_count, b->tags, b->tag_count);
}

enum { CHUNK = 64 };

/* Some attributes and the value of their chunk. */
struct chunk {
  struct kz_attribute attributes[CHUNK];
  size_t count;
  kz_str value;
};

static struct chunk make_chunk(struct house *h, size_t count) {
  struct chunk made = {.count = count};
  struct kz_chunk chunk;
  KZ_BUF(out, 1 << 24);
  kz_chunk_init(&chunk);
  uint64_t id = 1000 + kz_random_below(&h->random, UINT64_C(1) << 40);
  for (size_t i = 0; i < count; i++) {
    made.attributes[i] = invent_attribute(h, id);
    assert_int_equal(kz_chunk_add(&chunk, h->dict, &made.attributes[i], NULL),
                     KZ_OK);
    id += 1 + kz_random_below(&h->random, 300);
  }
  assert_int_equal(chunk.count, count);
  kz_chunk_close(&chunk, &out);
  assert_int_equal(chunk.count, 0);
  kz_chunk_done(&chunk);
  assert_int_equal(kz_arena_dup(h->arena, kz_buf_str(&out), &made.value),
                   KZ_OK);
  return made;
}

static void attributes_come_back_from_a_chunk(void **state) {
  struct house *h = *state;
  for (size_t round = 0; round < 60; round++) {
    struct chunk made = make_chunk(h, round % CHUNK + 1);
    struct kz_chunk_walk walk;
    assert_int_equal(kz_chunk_walk_init(&walk, h->dict, h->arena,
                                        made.attributes[0].id, made.value,
                                        NULL),
                     KZ_OK);
    struct kz_attribute back;
    bool has_data = false;
    for (size_t i = 0; i < made.count; i++) {
      assert_int_equal(kz_chunk_walk_next(&walk, &back, &has_data, NULL),
                       KZ_OK);
      assert_same_attribute(&back, &made.attributes[i]);
      assert_int_equal(has_data, made.attributes[i].data.ptr != NULL);
      assert_null(back.data.ptr);
    }
    assert_int_equal(kz_chunk_walk_next(&walk, &back, NULL, NULL), KZ_END);
  }
}

static void one_attribute_is_found_in_its_chunk(void **state) {
  struct house *h = *state;
  struct chunk made = make_chunk(h, CHUNK);
  struct kz_chunk_walk walk;
  struct kz_attribute back;
  for (size_t i = 0; i < made.count; i++) {
    for (uint64_t beside = 0; beside < 2; beside++) {
      uint64_t id = made.attributes[i].id + beside;
      bool next = i + 1 < made.count && made.attributes[i + 1].id == id;
      assert_int_equal(kz_chunk_walk_init(&walk, h->dict, h->arena,
                                          made.attributes[0].id, made.value,
                                          NULL),
                       KZ_OK);
      assert_int_equal(kz_chunk_walk_find(&walk, id, &back, NULL, NULL),
                       beside == 0 || next ? KZ_OK : KZ_NOT_FOUND);
      if (beside == 0) {
        assert_same_attribute(&back, &made.attributes[i]);
      }
    }
  }
}

static void a_chunk_is_full_by_number_or_by_bytes(void **state) {
  struct house *h = *state;
  struct kz_chunk chunk;
  kz_chunk_init(&chunk);
  struct kz_attribute a = {.id = 1,
                           .value = KZ_STR("a"),
                           .first_seen_us = KZ_TIME_NONE,
                           .last_seen_us = KZ_TIME_NONE};
  for (int i = 0; i < KZ_CHUNK_ATTRIBUTES; i++) {
    assert_false(kz_chunk_is_full(&chunk));
    assert_int_equal(kz_chunk_add(&chunk, h->dict, &a, NULL), KZ_OK);
    a.id++;
  }
  assert_true(kz_chunk_is_full(&chunk));
  KZ_BUF(out, 1 << 20);
  kz_chunk_close(&chunk, &out);
  assert_false(kz_chunk_is_full(&chunk));
  a.value = (kz_str){kz_arena_alloc(h->arena, KZ_CHUNK_BYTES), KZ_CHUNK_BYTES};
  assert_int_equal(kz_chunk_add(&chunk, h->dict, &a, NULL), KZ_OK);
  assert_true(kz_chunk_is_full(&chunk));
  kz_chunk_done(&chunk);
}

/* Walks to the end or the first failure; the result of the last step. */
static kz_rc walk_all(struct house *h, kz_str value) {
  struct kz_chunk_walk walk;
  kz_rc rc = kz_chunk_walk_init(&walk, h->dict, h->arena, 1, value, NULL);
  struct kz_attribute a;
  while (rc == KZ_OK) {
    rc = kz_chunk_walk_next(&walk, &a, NULL, NULL);
  }
  return rc;
}

static void a_chunk_that_was_cut_is_refused(void **state) {
  struct house *h = *state;
  struct chunk made = make_chunk(h, 8);
  for (size_t len = 0; len < made.value.len; len++) {
    /* A copy of its own length, so that a sanitizer sees a read past it. */
    char *cut = malloc(len + 1);
    assert_non_null(cut);
    memcpy(cut, made.value.ptr, len);
    assert_int_equal(walk_all(h, (kz_str){cut, len}), KZ_E_CORRUPT);
    free(cut);
  }
}

static void
a_chunk_with_changed_bytes_is_refused_or_read_within_bounds(void **state) {
  struct house *h = *state;
  struct chunk made = make_chunk(h, 8);
  char *copy = malloc(made.value.len);
  assert_non_null(copy);
  for (size_t at = 0; at < made.value.len; at++) {
    memcpy(copy, made.value.ptr, made.value.len);
    copy[at] = (char)kz_random_next(&h->random);
    kz_rc rc = walk_all(h, (kz_str){copy, made.value.len});
    assert_true(rc == KZ_END || rc == KZ_E_CORRUPT);
  }
  free(copy);
}

static kz_str org_name(struct house *h) {
  kz_str name = text(h, 8);
  return name.len > 0 ? name : KZ_STR("Example");
}

static struct kz_event invent_event(struct house *h) {
  struct kz_random *r = &h->random;
  struct kz_event e = {
      .id = 77,
      .uuid = uuid(h),
      .threat_level = (uint8_t)kz_random_below(r, 5),
      .analysis = (uint8_t)kz_random_below(r, 3),
      .distribution = (uint8_t)kz_random_below(r, 5),
      .published = flip(h),
      .locked = flip(h),
      .proposal_email_lock = flip(h),
      .disable_correlation = flip(h),
      .has_extends = flip(h),
      .sharing_group_id = kz_random_below(r, 100),
      .date_days = (int32_t)kz_random_below(r, 40000) - 1000,
      .timestamp_us = seconds(h),
      .publish_timestamp_us = seconds(h),
      .sighting_timestamp_us = seconds(h),
      .known_at_us = seconds(h) + 3,
      .info = text(h, 100),
      .creator_email = text(h, 20),
      .extra = text(h, 20),
      .org = {.has_uuid = true, .uuid = uuid(h), .name = org_name(h)},
      .orgc = {.name = org_name(h)},
  };
  if (e.has_extends) {
    e.extends = uuid(h);
  }
  e.tags = tags(h, &e.tag_count);
  return e;
}

static void assert_same_event(const struct kz_event *a,
                              const struct kz_event *b) {
  assert_true(a->id == b->id);
  assert_true(kz_uuid_eq(&a->uuid, &b->uuid));
  assert_int_equal(a->threat_level, b->threat_level);
  assert_int_equal(a->analysis, b->analysis);
  assert_int_equal(a->distribution, b->distribution);
  assert_int_equal(a->published, b->published);
  assert_int_equal(a->locked, b->locked);
  assert_int_equal(a->proposal_email_lock, b->proposal_email_lock);
  assert_int_equal(a->disable_correlation, b->disable_correlation);
  assert_int_equal(a->has_extends, b->has_extends);
  assert_true(kz_uuid_eq(&a->extends, &b->extends));
  assert_true(a->sharing_group_id == b->sharing_group_id);
  assert_int_equal(a->date_days, b->date_days);
  assert_true(a->timestamp_us == b->timestamp_us);
  assert_true(a->publish_timestamp_us == b->publish_timestamp_us);
  assert_true(a->sighting_timestamp_us == b->sighting_timestamp_us);
  assert_true(a->known_at_us == b->known_at_us);
  assert_same_text(a->info, b->info);
  assert_same_text(a->creator_email, b->creator_email);
  assert_same_text(a->extra, b->extra);
  assert_same_text(a->org.name, b->org.name);
  assert_same_text(a->orgc.name, b->orgc.name);
  assert_same_tags(a->tags, a->tag_count, b->tags, b->tag_count);
}

static void an_event_comes_back(void **state) {
  struct house *h = *state;
  for (int round = 0; round < 100; round++) {
    struct kz_event e = invent_event(h);
    KZ_BUF(out, 1 << 20);
    assert_int_equal(kz_record_put_event(&out, h->dict, &e, 123, NULL), KZ_OK);
    struct kz_event back;
    uint64_t attributes = 0;
    assert_int_equal(kz_record_get_event(kz_buf_str(&out), h->dict, h->arena,
                                         e.id, &back, &attributes, NULL),
                     KZ_OK);
    assert_same_event(&back, &e);
    assert_int_equal(attributes, 123);
  }
}

static void an_object_comes_back(void **state) {
  struct house *h = *state;
  for (int round = 0; round < 100; round++) {
    struct kz_object o = {
        .id = 9,
        .uuid = uuid(h),
        .distribution = (uint8_t)kz_random_below(&h->random, 6),
        .deleted = flip(h),
        .sharing_group_id = kz_random_below(&h->random, 9),
        .timestamp_us = seconds(h),
        .known_at_us = seconds(h) + 5,
        .first_seen_us = moment(h),
        .last_seen_us = moment(h),
        .name = KZ_STR("file"),
        .meta_category = KZ_STR("file"),
        .description = text(h, 3),
        .template_uuid = KZ_STR("688c46fb-5edb-40a3-8273-1af7923e2215"),
        .template_version = KZ_STR("24"),
        .comment = text(h, 30),
        .extra = text(h, 9),
    };
    KZ_BUF(out, 1 << 20);
    assert_int_equal(kz_record_put_object(&out, h->dict, &o, NULL), KZ_OK);
    struct kz_object back;
    assert_int_equal(
        kz_record_get_object(kz_buf_str(&out), h->dict, 9, &back, NULL), KZ_OK);
    assert_true(back.id == o.id && kz_uuid_eq(&back.uuid, &o.uuid));
    assert_int_equal(back.distribution, o.distribution);
    assert_int_equal(back.deleted, o.deleted);
    assert_true(back.sharing_group_id == o.sharing_group_id);
    assert_true(back.timestamp_us == o.timestamp_us);
    assert_true(back.known_at_us == o.known_at_us);
    assert_true(back.first_seen_us == o.first_seen_us);
    assert_true(back.last_seen_us == o.last_seen_us);
    assert_same_text(back.name, o.name);
    assert_same_text(back.meta_category, o.meta_category);
    assert_same_text(back.description, o.description);
    assert_same_text(back.template_uuid, o.template_uuid);
    assert_same_text(back.template_version, o.template_version);
    assert_same_text(back.comment, o.comment);
    assert_same_text(back.extra, o.extra);
  }
}

static void a_reference_comes_back_with_its_object(void **state) {
  struct house *h = *state;
  for (int round = 0; round < 100; round++) {
    struct kz_reference r = {
        .id = 1 + kz_random_below(&h->random, 1000),
        .uuid = uuid(h),
        .target = uuid(h),
        .deleted = flip(h),
        .timestamp_us = seconds(h),
        .relationship = KZ_STR("drops"),
        .comment = text(h, 30),
        .extra = text(h, 9),
    };
    uint64_t object = kz_random_below(&h->random, 1000);
    KZ_BUF(out, 1 << 20);
    assert_int_equal(kz_record_put_reference(&out, h->dict, &r, object, NULL),
                     KZ_OK);
    struct kz_reference back;
    uint64_t object_back = 0;
    assert_int_equal(kz_record_get_reference(kz_buf_str(&out), h->dict, r.id,
                                             &back, &object_back, NULL),
                     KZ_OK);
    assert_true(back.id == r.id && kz_uuid_eq(&back.uuid, &r.uuid));
    assert_true(kz_uuid_eq(&back.target, &r.target));
    assert_int_equal(back.deleted, r.deleted);
    assert_true(back.timestamp_us == r.timestamp_us);
    assert_same_text(back.relationship, r.relationship);
    assert_same_text(back.comment, r.comment);
    assert_same_text(back.extra, r.extra);
    assert_true(object_back == object);
  }
}

static void a_report_comes_back(void **state) {
  struct house *h = *state;
  for (int round = 0; round < 100; round++) {
    struct kz_report r = {
        .id = 5,
        .uuid = uuid(h),
        .distribution = (uint8_t)kz_random_below(&h->random, 6),
        .deleted = flip(h),
        .sharing_group_id = kz_random_below(&h->random, 9),
        .timestamp_us = seconds(h),
        .known_at_us = seconds(h) + 1,
        .name = text(h, 30),
        .content = text(h, 3000),
        .extra = text(h, 9),
    };
    r.tags = tags(h, &r.tag_count);
    KZ_BUF(out, 1 << 20);
    assert_int_equal(kz_record_put_report(&out, h->dict, &r, NULL), KZ_OK);
    struct kz_report back;
    assert_int_equal(kz_record_get_report(kz_buf_str(&out), h->dict, h->arena,
                                          5, &back, NULL),
                     KZ_OK);
    assert_true(back.id == r.id && kz_uuid_eq(&back.uuid, &r.uuid));
    assert_int_equal(back.distribution, r.distribution);
    assert_int_equal(back.deleted, r.deleted);
    assert_true(back.sharing_group_id == r.sharing_group_id);
    assert_true(back.timestamp_us == r.timestamp_us);
    assert_true(back.known_at_us == r.known_at_us);
    assert_same_text(back.name, r.name);
    assert_same_text(back.content, r.content);
    assert_same_text(back.extra, r.extra);
    assert_same_tags(back.tags, back.tag_count, r.tags, r.tag_count);
  }
}

static void a_sighting_comes_back(void **state) {
  struct house *h = *state;
  for (int round = 0; round < 100; round++) {
    struct kz_sighting s = {
        .id = 6,
        .uuid = uuid(h),
        .kind = (enum kz_sighting_kind)kz_random_below(&h->random, 3),
        .seen_us = seconds(h) + 9,
        .known_at_us = seconds(h),
        .org = {.name = org_name(h)},
        .source = text(h, 30),
        .extra = text(h, 9),
    };
    KZ_BUF(out, 1 << 20);
    assert_int_equal(kz_record_put_sighting(&out, h->dict, &s, NULL), KZ_OK);
    struct kz_sighting back;
    assert_int_equal(
        kz_record_get_sighting(kz_buf_str(&out), h->dict, 6, &back, NULL),
        KZ_OK);
    assert_true(back.id == s.id && kz_uuid_eq(&back.uuid, &s.uuid));
    assert_int_equal(back.kind, s.kind);
    assert_true(back.seen_us == s.seen_us);
    assert_true(back.known_at_us == s.known_at_us);
    assert_same_text(back.org.name, s.org.name);
    assert_same_text(back.source, s.source);
    assert_same_text(back.extra, s.extra);
  }
}

enum noun { EVENT, OBJECT, REFERENCE, REPORT, SIGHTING, NOUNS };

static void put_noun(struct house *h, enum noun noun, struct kz_buf *out) {
  struct kz_event event = invent_event(h);
  struct kz_report report = {.name = KZ_STR("a"), .content = KZ_STR("b")};
  report.tags = tags(h, &report.tag_count);
  kz_rc rc = KZ_OK;
  switch (noun) {
  case EVENT:
    rc = kz_record_put_event(out, h->dict, &event, 3, NULL);
    break;
  case OBJECT:
    rc = kz_record_put_object(
        out, h->dict, &(struct kz_object){.name = KZ_STR("file")}, NULL);
    break;
  case REFERENCE:
    rc = kz_record_put_reference(
        out, h->dict, &(struct kz_reference){.comment = KZ_STR("c")}, 7, NULL);
    break;
  case REPORT:
    rc = kz_record_put_report(out, h->dict, &report, NULL);
    break;
  case SIGHTING:
    rc = kz_record_put_sighting(
        out, h->dict, &(struct kz_sighting){.source = KZ_STR("honeypot")},
        NULL);
    break;
  case NOUNS:
    break;
  }
  assert_int_equal(rc, KZ_OK);
}

static kz_rc get_noun(struct house *h, enum noun noun, kz_str value) {
  struct kz_event event;
  struct kz_object object;
  struct kz_reference reference;
  struct kz_report report;
  struct kz_sighting sighting;
  uint64_t number = 0;
  switch (noun) {
  case EVENT:
    return kz_record_get_event(value, h->dict, h->arena, 1, &event, &number,
                               NULL);
  case OBJECT:
    return kz_record_get_object(value, h->dict, 1, &object, NULL);
  case REFERENCE:
    return kz_record_get_reference(value, h->dict, 1, &reference, &number,
                                   NULL);
  case REPORT:
    return kz_record_get_report(value, h->dict, h->arena, 1, &report, NULL);
  case SIGHTING:
    return kz_record_get_sighting(value, h->dict, 1, &sighting, NULL);
  case NOUNS:
    break;
  }
  return KZ_E_INTERNAL;
}

static void records_that_were_cut_or_grew_are_refused(void **state) {
  struct house *h = *state;
  for (int noun = 0; noun < NOUNS; noun++) {
    KZ_BUF(out, 1 << 20);
    put_noun(h, (enum noun)noun, &out);
    assert_int_equal(get_noun(h, (enum noun)noun, kz_buf_str(&out)), KZ_OK);
    for (size_t len = 0; len < out.len; len++) {
      char *cut = malloc(len + 1);
      assert_non_null(cut);
      memcpy(cut, out.ptr, len);
      assert_int_equal(get_noun(h, (enum noun)noun, (kz_str){cut, len}),
                       KZ_E_CORRUPT);
      free(cut);
    }
    assert_true(kz_buf_add_byte(&out, 0));
    assert_int_equal(get_noun(h, (enum noun)noun, kz_buf_str(&out)),
                     KZ_E_CORRUPT);
  }
}

static void numbers_that_no_dictionary_knows_are_refused(void **state) {
  struct house *h = *state;
  struct kz_sighting s = {.org = {.id = 999999}};
  KZ_BUF(out, 1 << 20);
  assert_int_equal(kz_record_put_sighting(&out, h->dict, &s, NULL), KZ_OK);
  assert_int_equal(get_noun(h, SIGHTING, kz_buf_str(&out)), KZ_E_CORRUPT);
  struct kz_tag_use use = {.tag = {.id = 999999}};
  struct kz_report r = {.tags = &use, .tag_count = 1};
  kz_buf_clear(&out);
  assert_int_equal(kz_record_put_report(&out, h->dict, &r, NULL), KZ_OK);
  assert_int_equal(get_noun(h, REPORT, kz_buf_str(&out)), KZ_E_CORRUPT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attributes_come_back_from_a_chunk),
      cmocka_unit_test(one_attribute_is_found_in_its_chunk),
      cmocka_unit_test(a_chunk_is_full_by_number_or_by_bytes),
      cmocka_unit_test(a_chunk_that_was_cut_is_refused),
      cmocka_unit_test(
          a_chunk_with_changed_bytes_is_refused_or_read_within_bounds),
      cmocka_unit_test(an_event_comes_back),
      cmocka_unit_test(an_object_comes_back),
      cmocka_unit_test(a_reference_comes_back_with_its_object),
      cmocka_unit_test(a_report_comes_back),
      cmocka_unit_test(a_sighting_comes_back),
      cmocka_unit_test(records_that_were_cut_or_grew_are_refused),
      cmocka_unit_test(numbers_that_no_dictionary_knows_are_refused),
  };
  return cmocka_run_group_tests(tests, open_house, close_house);
}
