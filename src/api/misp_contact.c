#include "api/misp_contact.h"

#include "api/misp_find.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "base/log.h"

void kz_misp_event_contact(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t event = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_find_event(call, kz_misp_arg(call, 0), &event, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (kz_str_trim(kz_misp_param_text(call, KZ_STR("message"))).len == 0) {
    kz_misp_not_saved(call, KZ_STR("You must specify a message."),
                      KZ_STR("message"), KZ_STR("You must specify a message."));
    return;
  }
  KZ_LOG(KZ_LOG_INFO, kz_log_event("contact"),
         kz_log_count("of", (int64_t)event),
         kz_log_text("by", call->eye.user->email));
  kz_misp_done(call, KZ_STR("Email sent to the reporter."), event);
}
