#include "work/user_setting.h"

#include "base/clock.h"

static const struct kz_shelf_shape shape = {.kind = KZ_SHELF_USER_SETTING,
                                            .noun = "user setting",
                                            .name = "setting",
                                            .parent = "user_id"};

kz_rc kz_user_settings_open(struct kz_store *store,
                            struct kz_shelf **ret_settings,
                            struct kz_err *err) {
  return kz_shelf_open(store, &shape, ret_settings, err);
}

/* The user's settings, and which of them has that name: `*ret_id` 0, none. */
static kz_rc look(struct kz_shelf *settings, uint64_t user, kz_str name,
                  struct kz_arena *arena, uint64_t *ret_id, size_t *ret_count,
                  struct kz_err *err) {
  struct kz_card *cards = NULL;
  kz_rc rc = kz_shelf_cards(settings, user, arena, &cards, ret_count);
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "user settings: out of memory");
  }
  *ret_id = 0;
  for (size_t i = 0; i < *ret_count; i++) {
    if (kz_str_eq(cards[i].name, name)) {
      *ret_id = cards[i].id;
    }
  }
  return KZ_OK;
}

kz_rc kz_user_setting_find(struct kz_shelf *settings, uint64_t user,
                           kz_str name, struct kz_arena *arena,
                           uint64_t *ret_id, struct kz_err *err) {
  uint64_t id = 0;
  size_t count = 0;
  kz_rc rc = look(settings, user, name, arena, &id, &count, err);
  if (rc == KZ_OK && id == 0) {
    return KZ_NOT_FOUND;
  }
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}

static bool is_name(kz_str name) {
  bool is_good = name.len > 0 && name.len <= KZ_USER_SETTING_NAME_MAX;
  for (size_t i = 0; is_good && i < name.len; i++) {
    char c = name.ptr[i];
    is_good = kz_is_alnum(c) || c == '_' || c == '.' || c == '-';
  }
  return is_good;
}

static kz_rc check(kz_str name, const struct kz_jsonv *value,
                   struct kz_err *err) {
  KZ_BUF(text, KZ_USER_SETTING_BYTES);
  struct kz_jsonw w;
  if (!is_name(name)) {
    return kz_err_set(err, KZ_E_INPUT, "setting: Invalid setting.");
  }
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(value, &w);
  return kz_buf_failed(&text)
             ? kz_err_set(err, KZ_E_INPUT, "value: more than %d bytes",
                          KZ_USER_SETTING_BYTES)
             : KZ_OK;
}

kz_rc kz_user_setting_put(struct kz_shelf *settings, uint64_t user, kz_str name,
                          struct kz_jsonv *value, struct kz_arena *arena,
                          uint64_t *ret_id, struct kz_err *err) {
  uint64_t id = 0;
  size_t count = 0;
  kz_rc rc = check(name, value, err);
  if (rc == KZ_OK) {
    rc = look(settings, user, name, arena, &id, &count, err);
  }
  if (rc == KZ_OK && id == 0 && count >= KZ_USER_SETTING_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "a user has at most %d settings",
                      KZ_USER_SETTING_MAX);
  }
  struct kz_jsonv *v = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  if (rc == KZ_OK &&
      (!v || !kz_jsonv_set_u64(v, KZ_STR("user_id"), user, arena) ||
       !kz_jsonv_set_str(v, KZ_STR("setting"), name, arena) ||
       !kz_jsonv_set(v, KZ_STR("value"), value, arena) ||
       !kz_jsonv_set_u64(v, KZ_STR("timestamp"), now, arena))) {
    rc = kz_err_set(err, KZ_E_MEMORY, "user settings: out of memory");
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_put(settings, &id, v, arena, err);
  }
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}
