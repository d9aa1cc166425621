#include "test.h"

#include "scene.h"
#include "work/settings.h"

enum { ARENA = 1 << 20 };

static kz_rc set(struct scene *s, enum kz_setting which, const char *json,
                 struct kz_err *err) {
  KZ_ARENA(arena, ARENA);
  struct kz_jsonv *value = NULL;
  assert_int_equal(kz_jsonv_parse(kz_str_of(json), arena, &value, NULL), KZ_OK);
  return kz_settings_set(s->house->settings, which, value, err);
}

static void reopen(struct scene *s) {
  char path[512];
  char key[KZ_KEY_TEXT];
  kz_house_close(s->house);
  assert_int_equal(kz_house_open(temp_path(&s->temp, "store", path), false, key,
                                 &s->house, NULL),
                   KZ_OK);
}

static void what_was_never_set_is_the_default(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  const struct kz_settings *settings = s.house->settings;
  assert_true(kz_settings_flag(settings, KZ_SETTING_live));
  assert_int_equal(kz_settings_number(settings, KZ_SETTING_max_correlations),
                   5000);
  assert_int_equal(
      kz_settings_number(settings, KZ_SETTING_default_event_distribution), 1);
  assert_true(
      kz_str_eq(kz_settings_text(s.house->settings, KZ_SETTING_org, arena),
                KZ_STR("ORGNAME")));
}

static void values_survive_a_restart(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  KZ_ARENA(arena, ARENA);
  kz_str uuid = kz_settings_text(s.house->settings, KZ_SETTING_uuid, arena);
  assert_int_equal(uuid.len, 36);
  assert_int_equal(set(&s, KZ_SETTING_live, "\"0\"", NULL), KZ_OK);
  assert_int_equal(set(&s, KZ_SETTING_max_correlations, "10", NULL), KZ_OK);
  assert_int_equal(set(&s, KZ_SETTING_max_correlations, "\"11\"", NULL), KZ_OK);
  assert_int_equal(set(&s, KZ_SETTING_baseurl, "\"http://a.example\"", NULL),
                   KZ_OK);
  for (int round = 0; round < 2; round++) {
    struct kz_settings *settings = s.house->settings;
    assert_false(kz_settings_flag(settings, KZ_SETTING_live));
    assert_int_equal(kz_settings_number(settings, KZ_SETTING_max_correlations),
                     11);
    assert_true(kz_str_eq(kz_settings_text(settings, KZ_SETTING_baseurl, arena),
                          KZ_STR("http://a.example")));
    assert_true(
        kz_str_eq(kz_settings_text(settings, KZ_SETTING_uuid, arena), uuid));
    reopen(&s);
  }
}

static void what_does_not_fit_is_refused_with_the_name(void **state) {
  (void)state;
  EMPTY_SCENE(s);
  const struct {
    enum kz_setting which;
    const char *json;
  } cases[] = {
      {KZ_SETTING_live, "\"perhaps\""},
      {KZ_SETTING_live, "[]"},
      {KZ_SETTING_max_correlations, "-1"},
      {KZ_SETTING_max_correlations, "\"many\""},
      {KZ_SETTING_default_event_distribution, "4"},
      {KZ_SETTING_baseurl, "{}"},
      {KZ_SETTING_baseurl, "\"a\\u0000b\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(set(&s, cases[i].which, cases[i].json, &err), KZ_E_INPUT);
    assert_non_null(strstr(err.text, kz_setting_info(cases[i].which)->name));
  }
  assert_true(kz_settings_flag(s.house->settings, KZ_SETTING_live));
}

static void every_setting_is_found_by_its_name(void **state) {
  (void)state;
  for (int i = 0; i < KZ_SETTING_COUNT; i++) {
    const struct kz_setting_info *info = kz_setting_info((enum kz_setting)i);
    enum kz_setting found = KZ_SETTING_COUNT;
    assert_int_equal(kz_setting_find(kz_str_of(info->name), &found), KZ_OK);
    assert_int_equal(found, i);
    assert_true(info->words[0] != '\0');
    assert_true(info->type == KZ_SETTING_TEXT ||
                (info->number >= info->min && info->number <= info->max));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_never_set_is_the_default),
      cmocka_unit_test(values_survive_a_restart),
      cmocka_unit_test(what_does_not_fit_is_refused_with_the_name),
      cmocka_unit_test(every_setting_is_found_by_its_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
