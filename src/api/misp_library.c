#include "api/misp_library.h"

#include "api/misp_shape.h"

enum { WORDS_BYTES = 1 << 16 };

static void say(struct kz_misp_call *call, const struct kz_misp_update *update,
                const struct kz_library_report *report) {
  size_t taken = 0;
  size_t broken = 0;
  for (int k = 0; k < KZ_LIBRARY_KINDS; k++) {
    taken += report->counts[k].taken;
    broken += report->counts[k].broken;
  }
  KZ_BUF(words, WORDS_BYTES);
  if (taken == 0 && broken == 0) {
    kz_buf_add_str(&words, kz_str_of(update->current));
  } else if (taken == 0) {
    kz_buf_add_format(&words, "Could not update any of the %s.", update->noun);
  } else if (update->done) {
    kz_buf_add_str(&words, kz_str_of(update->done));
  } else {
    kz_buf_add_format(&words, "Successfully updated %zu %s.", taken,
                      update->noun);
  }
  if (broken > 0 && report->problems) {
    kz_buf_add_format(&words,
                      " However, %zu could not be read, first %.*s: %.*s",
                      broken, KZ_STR_ARG(report->problems[0].file),
                      KZ_STR_ARG(report->problems[0].words));
  }
  kz_misp_done(call, kz_buf_str(&words), 0);
}

void kz_misp_library_update(struct kz_misp_call *call,
                            const struct kz_misp_update *update) {
  struct kz_house *house = call->eye.house;
  struct kz_err err = KZ_ERR_NONE;
  struct kz_library_report report;
  if (!kz_misp_is_admin(call->eye.user)) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!house->libraries || !house->libraries[0]) {
    kz_misp_not_saved(call, KZ_STR("Could not update"), KZ_STR_NONE,
                      KZ_STR("No folder of libraries is configured (setting "
                             "\"libraries\")."));
    return;
  }
  kz_rc rc = kz_library_update(house, house->libraries, update->kinds,
                               call->work, &report, &err);
  if (rc != KZ_OK) {
    kz_misp_not_saved(call, KZ_STR("Could not update"), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  say(call, update, &report);
}
