/* A document a value that was given. Numbers are atomics; texts are kept in an
 * arena that only grows, for settings change seldom. */
#include "work/settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "work/shelf.h"

enum { TEXTS_BYTES = 64 << 20, TEXT_MAX = 64 << 10, WORK_BYTES = 4 << 20 };

struct kz_settings {
  struct kz_shelf *shelf;
  pthread_mutex_t lock; /* one change at a time; guards texts and their arena */
  _Atomic int64_t numbers[KZ_SETTING_COUNT];
  kz_str texts[KZ_SETTING_COUNT];
  struct kz_arena *arena;
};

static const struct kz_setting_info infos[KZ_SETTING_COUNT] = {
#define FLAG(id, name, value, words)                                           \
  {name, words, KZ_SETTING_FLAG, "", value, 0, 1},
#define NUMBER(id, name, value, min, max, words)                               \
  {name, words, KZ_SETTING_NUMBER, "", value, min, max},
#define TEXT(id, name, value, words)                                           \
  {name, words, KZ_SETTING_TEXT, value, 0, 0, 0},
#include "work/settings.def"
#undef FLAG
#undef NUMBER
#undef TEXT
};

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_SETTING, .noun = "setting", .name = "name"};

const struct kz_setting_info *kz_setting_info(enum kz_setting which) {
  return &infos[which];
}

kz_rc kz_setting_find(kz_str name, enum kz_setting *ret) {
  for (int i = 0; i < KZ_SETTING_COUNT; i++) {
    if (kz_str_eq(name, kz_str_of(infos[i].name))) {
      *ret = (enum kz_setting)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

static kz_rc no_fit(const struct kz_setting_info *info, struct kz_err *err) {
  switch (info->type) {
  case KZ_SETTING_FLAG:
    return kz_err_set(err, KZ_E_INPUT, "%s: true or false is due", info->name);
  case KZ_SETTING_NUMBER:
    return kz_err_set(err, KZ_E_INPUT, "%s: a number from %lld to %lld is due",
                      info->name, (long long)info->min, (long long)info->max);
  case KZ_SETTING_TEXT:
    break;
  }
  return kz_err_set(err, KZ_E_INPUT, "%s: a text of at most %d bytes is due",
                    info->name, TEXT_MAX);
}

/* A flag as MISP's clients write it. */
static bool read_flag(const struct kz_jsonv *value, int64_t *ret) {
  kz_str text = kz_str_trim(value->text);
  if (value->kind == KZ_JSON_TRUE || kz_str_eq(text, KZ_STR("1")) ||
      kz_str_eq_nocase(text, KZ_STR("true"))) {
    *ret = 1;
    return true;
  }
  *ret = 0;
  return value->kind == KZ_JSON_FALSE || value->kind == KZ_JSON_NULL ||
         text.len == 0 || kz_str_eq(text, KZ_STR("0")) ||
         kz_str_eq_nocase(text, KZ_STR("false"));
}

/* The value in the setting's own type. */
static kz_rc read_value(const struct kz_setting_info *info,
                        const struct kz_jsonv *value, int64_t *ret_number,
                        kz_str *ret_text, struct kz_err *err) {
  bool is_plain = value->kind != KZ_JSON_OBJECT && value->kind != KZ_JSON_ARRAY;
  bool fits = false;
  switch (info->type) {
  case KZ_SETTING_FLAG:
    fits = is_plain && read_flag(value, ret_number);
    break;
  case KZ_SETTING_NUMBER:
    if (value->kind == KZ_JSON_TRUE || value->kind == KZ_JSON_FALSE) {
      *ret_number = value->kind == KZ_JSON_TRUE;
      fits = true;
    } else {
      fits =
          is_plain && kz_str_i64(kz_str_trim(value->text), ret_number) == KZ_OK;
    }
    fits = fits && *ret_number >= info->min && *ret_number <= info->max;
    break;
  case KZ_SETTING_TEXT:
    *ret_text = value->text;
    fits = is_plain && value->text.len <= TEXT_MAX &&
           kz_str_find_byte(value->text, '\0') == SIZE_MAX;
    break;
  }
  return fits ? KZ_OK : no_fit(info, err);
}

static kz_rc keep(struct kz_settings *settings, enum kz_setting which,
                  int64_t number, kz_str text) {
  if (infos[which].type == KZ_SETTING_TEXT) {
    return kz_arena_dup(settings->arena, text, &settings->texts[which]);
  }
  atomic_store_explicit(&settings->numbers[which], number,
                        memory_order_relaxed);
  return KZ_OK;
}

/* Takes over what is on the shelf. What the table has no more, or what fits no
 * more, is as if it had not been set. */
static kz_rc load(struct kz_settings *settings, struct kz_err *err) {
  KZ_ARENA(arena, WORK_BYTES);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = arena ? kz_shelf_cards(settings->shelf, 0, arena, &cards, &count)
                   : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    enum kz_setting which;
    struct kz_jsonv *document = NULL;
    int64_t number = 0;
    kz_str text = KZ_STR_NONE;
    if (kz_setting_find(cards[i].name, &which) != KZ_OK) {
      continue;
    }
    rc = kz_shelf_get(settings->shelf, cards[i].id, arena, &document, err);
    const struct kz_jsonv *value =
        rc == KZ_OK ? kz_jsonv_get(document, KZ_STR("value")) : NULL;
    if (value &&
        read_value(&infos[which], value, &number, &text, NULL) == KZ_OK) {
      rc = keep(settings, which, number, text);
    }
  }
  return rc == KZ_E_MEMORY ? kz_err_set(err, rc, "settings: out of memory")
                           : rc;
}

/* A server without an identity of its own gets one. */
static kz_rc name_self(struct kz_settings *settings, struct kz_err *err) {
  struct kz_uuid uuid;
  char text[KZ_UUID_TEXT];
  if (settings->texts[KZ_SETTING_uuid].len > 0) {
    return KZ_OK;
  }
  kz_rc rc = kz_uuid_make(&uuid);
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "settings: no random bytes");
  }
  const struct kz_jsonv value = {.kind = KZ_JSON_STRING,
                                 .text = kz_uuid_format(&uuid, text)};
  return kz_settings_set(settings, KZ_SETTING_uuid, &value, err);
}

kz_rc kz_settings_open(struct kz_store *store,
                       struct kz_settings **ret_settings, struct kz_err *err) {
  struct kz_settings *settings = calloc(1, sizeof *settings);
  if (!settings) {
    return kz_err_set(err, KZ_E_MEMORY, "settings: out of memory");
  }
  pthread_mutex_init(&settings->lock, NULL);
  for (int i = 0; i < KZ_SETTING_COUNT; i++) {
    atomic_init(&settings->numbers[i], infos[i].number);
    settings->texts[i] = kz_str_of(infos[i].text);
  }
  settings->arena = kz_arena_new(TEXTS_BYTES);
  kz_rc rc = settings->arena
                 ? kz_shelf_open(store, &shape, &settings->shelf, err)
                 : kz_err_set(err, KZ_E_MEMORY, "settings: out of memory");
  if (rc == KZ_OK) {
    rc = load(settings, err);
  }
  if (rc == KZ_OK) {
    rc = name_self(settings, err);
  }
  if (rc != KZ_OK) {
    kz_settings_close(settings);
    return rc;
  }
  *ret_settings = settings;
  return KZ_OK;
}

void kz_settings_close(struct kz_settings *settings) {
  if (settings) {
    kz_shelf_close(settings->shelf);
    kz_arena_free(settings->arena);
    pthread_mutex_destroy(&settings->lock);
    free(settings);
  }
}

bool kz_settings_flag(const struct kz_settings *settings,
                      enum kz_setting which) {
  return kz_settings_number(settings, which) != 0;
}

int64_t kz_settings_number(const struct kz_settings *settings,
                           enum kz_setting which) {
  return atomic_load_explicit(&settings->numbers[which], memory_order_relaxed);
}

kz_str kz_settings_text(struct kz_settings *settings, enum kz_setting which,
                        struct kz_arena *arena) {
  kz_str text = KZ_STR("");
  pthread_mutex_lock(&settings->lock);
  kz_rc rc = kz_arena_dup(arena, settings->texts[which], &text);
  pthread_mutex_unlock(&settings->lock);
  return rc == KZ_OK ? text : KZ_STR("");
}

static kz_rc put(struct kz_settings *settings, enum kz_setting which,
                 int64_t number, kz_str text, struct kz_err *err) {
  const struct kz_setting_info *info = &infos[which];
  KZ_ARENA(arena, WORK_BYTES);
  uint64_t id = 0;
  struct kz_jsonv *document =
      arena ? kz_jsonv_new(arena, KZ_JSON_OBJECT) : NULL;
  bool good = document && kz_jsonv_set_str(document, KZ_STR("name"),
                                           kz_str_of(info->name), arena);
  if (info->type == KZ_SETTING_TEXT) {
    good = good && kz_jsonv_set_str(document, KZ_STR("value"), text, arena);
  } else {
    good = good &&
           kz_jsonv_set_u64(document, KZ_STR("value"), (uint64_t)number, arena);
  }
  if (!good) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", info->name);
  }
  if (kz_shelf_by_name(settings->shelf, kz_str_of(info->name), &id) != KZ_OK) {
    id = 0;
  }
  return kz_shelf_put(settings->shelf, &id, document, arena, err);
}

kz_rc kz_settings_set(struct kz_settings *settings, enum kz_setting which,
                      const struct kz_jsonv *value, struct kz_err *err) {
  int64_t number = 0;
  kz_str text = KZ_STR_NONE;
  kz_rc rc = read_value(&infos[which], value, &number, &text, err);
  if (rc != KZ_OK) {
    return rc;
  }
  pthread_mutex_lock(&settings->lock);
  rc = put(settings, which, number, text, err);
  if (rc == KZ_OK && keep(settings, which, number, text) != KZ_OK) {
    rc = kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", infos[which].name);
  }
  pthread_mutex_unlock(&settings->lock);
  return rc;
}
