/* What users set for themselves: dashboards, filters of alerts ... One document
 * a setting, {user_id, setting, value, timestamp}; the value is any JSON and
 * means something to clients only. Any thread. */
#ifndef KZ_WORK_USER_SETTING_H
#define KZ_WORK_USER_SETTING_H

#include <stdint.h>

#include "work/shelf.h"

enum {
  KZ_USER_SETTING_NAME_MAX = 100,
  KZ_USER_SETTING_BYTES = 1 << 20,
  KZ_USER_SETTING_MAX = 200, /* a user's */
};

KZ_MUST_USE kz_rc kz_user_settings_open(struct kz_store *store,
                                        struct kz_shelf **ret_settings,
                                        struct kz_err *err);

/* The setting of that name of a user; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_user_setting_find(struct kz_shelf *settings, uint64_t user,
                                       kz_str name, struct kz_arena *arena,
                                       uint64_t *ret_id, struct kz_err *err);

/* Sets it. KZ_E_INPUT with words: a name that is none, a value too long;
 * KZ_E_LIMIT: too many. */
KZ_MUST_USE kz_rc kz_user_setting_put(struct kz_shelf *settings, uint64_t user,
                                      kz_str name, struct kz_jsonv *value,
                                      struct kz_arena *arena, uint64_t *ret_id,
                                      struct kz_err *err);

#endif
