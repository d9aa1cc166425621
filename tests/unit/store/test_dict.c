#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "store/dict.h"
#include "temp.h"

struct house {
  struct kz_kv *kv;
  struct kz_dict *dict;
};

static struct house open_house(const struct temp *temp) {
  struct house h = {.kv = NULL};
  struct kz_err err = KZ_ERR_NONE;
  char path[512];
  if (kz_kv_open(temp_path(temp, "kv", path), true, &h.kv, &err) != KZ_OK ||
      kz_dict_open(h.kv, &h.dict, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return h;
}

static void close_house(const struct house *h) {
  kz_dict_close(h->dict);
  kz_kv_close(h->kv);
}

static kz_rc put_into(void *ctx, kz_str key, kz_str value, struct kz_err *err) {
  (void)err;
  kz_kv_txn_put(ctx, key, value);
  return KZ_OK;
}

static void save(const struct house *h) {
  struct kz_kv_txn *txn = kz_kv_txn_new(h->kv);
  assert_int_equal(kz_dict_pending(h->dict, put_into, txn, NULL), KZ_OK);
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  kz_dict_saved(h->dict);
  kz_kv_txn_free(txn);
}

static kz_rc count_put(void *ctx, kz_str key, kz_str value,
                       struct kz_err *err) {
  (void)key;
  (void)value;
  (void)err;
  ++*(size_t *)ctx;
  return KZ_OK;
}

static size_t count_pending(const struct house *h) {
  size_t count = 0;
  assert_int_equal(kz_dict_pending(h->dict, count_put, &count, NULL), KZ_OK);
  return count;
}

static uint32_t tag_id(const struct house *h, const char *name) {
  uint32_t id = 0;
  struct kz_tag tag = {.name = kz_str_of(name)};
  assert_int_equal(kz_dict_tag(h->dict, &tag, &id, NULL), KZ_OK);
  return id;
}

static uint32_t word_id(const struct house *h, const char *word) {
  uint32_t id = 0;
  assert_int_equal(kz_dict_word(h->dict, kz_str_of(word), &id, NULL), KZ_OK);
  return id;
}

static void numbers_begin_with_one_and_stay(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  assert_int_equal(tag_id(&h, "tlp:green"), 1);
  assert_int_equal(tag_id(&h, "tlp:red"), 2);
  assert_int_equal(tag_id(&h, "tlp:green"), 1);
  assert_int_equal(tag_id(&h, "TLP:GREEN"), 3); /* bytes are compared */
  assert_int_equal(word_id(&h, "filename"), 1);
  assert_int_equal(kz_dict_tag_count(h.dict), 3);
  struct kz_tag tag;
  assert_int_equal(kz_dict_tag_get(h.dict, 0, &tag), KZ_NOT_FOUND);
  assert_int_equal(kz_dict_tag_get(h.dict, 4, &tag), KZ_NOT_FOUND);
  assert_int_equal(kz_dict_tag_get(h.dict, 3, &tag), KZ_OK);
  assert_true(kz_str_eq(tag.name, KZ_STR("TLP:GREEN")));
  assert_int_equal(tag.id, 3);
  uint32_t id = 0;
  assert_int_equal(kz_dict_tag_find(h.dict, KZ_STR("tlp:red"), &id), KZ_OK);
  assert_int_equal(id, 2);
  assert_int_equal(kz_dict_tag_find(h.dict, KZ_STR("tlp:amber"), &id),
                   KZ_NOT_FOUND);
  close_house(&h);
}

static struct kz_tag full_tag(void) {
  return (struct kz_tag){
      .name = KZ_STR("misp-galaxy:threat-actor=\"APT \xe6\x97\xa5\""),
      .colour = KZ_STR("#ff00aa"),
      .exportable = true,
      .hidden = true,
      .is_galaxy = true,
      .is_custom_galaxy = true,
      .local_only = true,
      .extra = KZ_STR("\"numerical_value\":\"7\""),
  };
}

static void assert_same_tag(const struct kz_tag *a, const struct kz_tag *b) {
  assert_true(kz_str_eq(a->name, b->name));
  assert_true(kz_str_eq(a->colour, b->colour));
  assert_int_equal(a->colour.ptr == NULL, b->colour.ptr == NULL);
  assert_true(kz_str_eq(a->extra, b->extra));
  assert_int_equal(a->exportable, b->exportable);
  assert_int_equal(a->hidden, b->hidden);
  assert_int_equal(a->is_galaxy, b->is_galaxy);
  assert_int_equal(a->is_custom_galaxy, b->is_custom_galaxy);
  assert_int_equal(a->local_only, b->local_only);
}

/* A version 1 uuid: one that did not come from us. */
static const char foreign_uuid[] = "55f6ea5e-2c60-10e5-8e32-0800200c9a66";

static struct kz_org full_org(void) {
  struct kz_org org = {
      .has_uuid = true,
      .local = true,
      .name = KZ_STR("Example \xe6\xa0\xaa\xe5\xbc\x8f"),
      .extra = KZ_STR("\"nationality\":\"JP\""),
  };
  assert_int_equal(kz_uuid_parse(kz_str_of(foreign_uuid), &org.uuid), KZ_OK);
  return org;
}

static void everything_is_there_after_reopening(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  struct kz_tag tag = full_tag();
  struct kz_org org = full_org();
  uint32_t ids[3] = {0};
  assert_int_equal(kz_dict_tag(h.dict, &tag, &ids[0], NULL), KZ_OK);
  assert_int_equal(tag_id(&h, "plain"), 2);
  assert_int_equal(kz_dict_org(h.dict, &org, &ids[1], NULL), KZ_OK);
  assert_int_equal(kz_dict_word(h.dict, KZ_STR("url"), &ids[2], NULL), KZ_OK);
  save(&h);
  close_house(&h);
  h = open_house(&temp);
  assert_int_equal(count_pending(&h), 0);
  struct kz_tag tag_back;
  struct kz_org org_back;
  kz_str word;
  assert_int_equal(kz_dict_tag_get(h.dict, ids[0], &tag_back), KZ_OK);
  assert_same_tag(&tag_back, &tag);
  assert_int_equal(kz_dict_tag_get(h.dict, 2, &tag_back), KZ_OK);
  assert_null(tag_back.colour.ptr);
  assert_int_equal(kz_dict_org_get(h.dict, ids[1], &org_back), KZ_OK);
  assert_true(kz_str_eq(org_back.name, org.name));
  assert_true(kz_str_eq(org_back.extra, org.extra));
  assert_true(org_back.has_uuid && org_back.local);
  assert_true(kz_uuid_eq(&org_back.uuid, &org.uuid));
  assert_int_equal(kz_dict_word_get(h.dict, ids[2], &word), KZ_OK);
  assert_true(kz_str_eq(word, KZ_STR("url")));
  assert_int_equal(tag_id(&h, "another"), 3);
  close_house(&h);
}

static void only_what_is_new_is_pending(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  assert_int_equal(count_pending(&h), 0);
  tag_id(&h, "a");
  word_id(&h, "b");
  assert_int_equal(count_pending(&h), 2);
  assert_int_equal(count_pending(&h), 2); /* until it has been saved */
  tag_id(&h, "a");
  assert_int_equal(count_pending(&h), 2);
  save(&h);
  assert_int_equal(count_pending(&h), 0);
  tag_id(&h, "c");
  assert_int_equal(count_pending(&h), 1);
  close_house(&h);
}

static void what_came_during_a_commit_waits_for_the_next(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  tag_id(&h, "a");
  assert_int_equal(count_pending(&h), 1);
  tag_id(&h, "b");
  kz_dict_saved(h.dict);
  assert_int_equal(count_pending(&h), 1);
  close_house(&h);
}

static void organisations_are_known_by_uuid_then_by_name(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  struct kz_org org = full_org();
  struct kz_org nameless = {.name = org.name};
  struct kz_org other = org;
  other.uuid.bytes[0] ^= 1;
  uint32_t id = 0;
  assert_int_equal(kz_dict_org(h.dict, &org, &id, NULL), KZ_OK);
  assert_int_equal(id, 1);
  assert_int_equal(kz_dict_org(h.dict, &nameless, &id, NULL), KZ_OK);
  assert_int_equal(id, 1);
  assert_int_equal(kz_dict_org(h.dict, &other, &id, NULL), KZ_OK);
  assert_int_equal(id, 2);
  assert_int_equal(kz_dict_org_find(h.dict, kz_str_of(foreign_uuid), &id),
                   KZ_OK);
  assert_int_equal(id, 1);
  assert_int_equal(kz_dict_org_find(h.dict, org.name, &id), KZ_OK);
  assert_int_equal(id, 1);
  assert_int_equal(kz_dict_org_find(h.dict, KZ_STR("nobody"), &id),
                   KZ_NOT_FOUND);
  close_house(&h);
}

static void replacing_an_entry_keeps_its_number(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  tag_id(&h, "a");
  save(&h);
  struct kz_tag tag = full_tag();
  tag.id = 1;
  tag.name = KZ_STR("a");
  assert_int_equal(kz_dict_tag_put(h.dict, &tag, NULL), KZ_OK);
  assert_int_equal(count_pending(&h), 1);
  save(&h);
  close_house(&h);
  h = open_house(&temp);
  struct kz_tag back;
  assert_int_equal(kz_dict_tag_get(h.dict, 1, &back), KZ_OK);
  assert_same_tag(&back, &tag);
  assert_int_equal(tag_id(&h, "a"), 1);
  close_house(&h);
}

static void a_damaged_entry_is_refused(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  tag_id(&h, "a");
  save(&h);
  kz_dict_close(h.dict);
  struct kz_kv_txn *txn = kz_kv_txn_new(h.kv);
  kz_kv_txn_put(txn, (kz_str){"dt\0\0\0\1", 6}, KZ_STR("\0\x7fzz"));
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  kz_kv_txn_free(txn);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_dict_open(h.kv, &h.dict, &err), KZ_E_CORRUPT);
  kz_kv_close(h.kv);
}

static void *intern_all(void *ctx) {
  const struct house *h = ctx;
  for (int i = 0; i < 2000; i++) {
    char name[16];
    uint32_t id = 0;
    (void)snprintf(name, sizeof name, "tag%d", i);
    struct kz_tag tag = {.name = kz_str_of(name)};
    if (kz_dict_tag(h->dict, &tag, &id, NULL) != KZ_OK) {
      return NULL;
    }
    struct kz_tag back;
    if (kz_dict_tag_get(h->dict, id, &back) != KZ_OK ||
        !kz_str_eq(back.name, tag.name)) {
      return NULL;
    }
  }
  return ctx;
}

static void threads_that_intern_at_once_agree(void **state) {
  (void)state;
  TEMP(temp);
  struct house h = open_house(&temp);
  pthread_t threads[3];
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, intern_all, &h), 0);
  }
  for (size_t i = 0; i < 3; i++) {
    void *result = NULL;
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_non_null(result);
  }
  assert_int_equal(kz_dict_tag_count(h.dict), 2000);
  close_house(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_begin_with_one_and_stay),
      cmocka_unit_test(everything_is_there_after_reopening),
      cmocka_unit_test(only_what_is_new_is_pending),
      cmocka_unit_test(what_came_during_a_commit_waits_for_the_next),
      cmocka_unit_test(organisations_are_known_by_uuid_then_by_name),
      cmocka_unit_test(replacing_an_entry_keeps_its_number),
      cmocka_unit_test(a_damaged_entry_is_refused),
      cmocka_unit_test(threads_that_intern_at_once_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
