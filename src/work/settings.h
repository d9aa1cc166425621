/* The settings of the server: a table of known ones with type, default and what
 * each does, and the values that an administrator gave.
 *
 * Numbers and flags are read without a lock, so that any request may look;
 * texts are copied. A value that was never set is the default. Names are those
 * that MISP's clients set; what MISP has not is named "Kizashi.*". Any thread.
 */
#ifndef KZ_WORK_SETTINGS_H
#define KZ_WORK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "store/store.h"

/* One a row of work/settings.def: KZ_SETTING_live ... */
enum kz_setting {
#define FLAG(id, name, value, words) KZ_SETTING_##id,
#define NUMBER(id, name, value, min, max, words) KZ_SETTING_##id,
#define TEXT(id, name, value, words) KZ_SETTING_##id,
#include "work/settings.def"
#undef FLAG
#undef NUMBER
#undef TEXT
  KZ_SETTING_COUNT
};

enum kz_setting_type { KZ_SETTING_FLAG, KZ_SETTING_NUMBER, KZ_SETTING_TEXT };

struct kz_setting_info {
  const char *name;
  const char *words; /* what it does */
  enum kz_setting_type type;
  const char *text; /* default of a text */
  int64_t number;   /* default of a number or flag */
  int64_t min;
  int64_t max;
};

struct kz_settings;

KZ_MUST_USE kz_rc kz_settings_open(struct kz_store *store,
                                   struct kz_settings **ret_settings,
                                   struct kz_err *err);
void kz_settings_close(struct kz_settings *settings); /* NULL is fine */

/* What is known of a setting. */
const struct kz_setting_info *kz_setting_info(enum kz_setting which);
/* The setting of that name; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_setting_find(kz_str name, enum kz_setting *ret);

/* Values as they are now. The text lives in `arena`; "" when out of memory. */
bool kz_settings_flag(const struct kz_settings *settings,
                      enum kz_setting which);
int64_t kz_settings_number(const struct kz_settings *settings,
                           enum kz_setting which);
kz_str kz_settings_text(struct kz_settings *settings, enum kz_setting which,
                        struct kz_arena *arena);

/* Sets a value from JSON: a flag takes true, 1, "1", "true" and their like, a
 * number also a string of digits. KZ_E_INPUT with words when it does not fit
 * the setting. The change is durable when this returns. */
KZ_MUST_USE kz_rc kz_settings_set(struct kz_settings *settings,
                                  enum kz_setting which,
                                  const struct kz_jsonv *value,
                                  struct kz_err *err);

#endif
