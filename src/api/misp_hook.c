#include "api/misp_hook.h"

#include "api/misp_find.h"
#include "api/misp_shape.h"
#include "base/clock.h"
#include "work/hooks.h"
#include "work/settings.h"

void kz_misp_tell(struct kz_misp_call *call, enum kz_notice_kind kind,
                  enum kz_notice_action action, uint64_t event, uint64_t id) {
  const struct kz_notice notice = {
      .kind = kind, .action = action, .event = event, .id = id};
  kz_hooks_tell(call->eye.house->hooks, &notice);
}

void kz_misp_event_push_zmq(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  kz_rc rc = kz_misp_find_event(call, kz_misp_arg(call, 0), &id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  rc = kz_hooks_push(call->eye.house->hooks, id, &err);
  if (rc != KZ_OK) {
    kz_misp_not_saved(call, kz_str_of(err.text), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  kz_misp_done(call, KZ_STR("Event published to ZMQ"), id);
}

void kz_misp_zmq_status(struct kz_misp_call *call) {
  struct kz_hooks_status status;
  kz_hooks_status(call->eye.house->hooks, &status);
  int64_t up = status.is_running
                   ? (kz_clock_now_us() - status.started_us) / KZ_SECOND_US
                   : 0;
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("running"), status.is_running);
  kz_jsonw_member_bool(&out.w, KZ_STR("tcp"), status.is_on_tcp);
  kz_jsonw_member_i64(&out.w, KZ_STR("uptime"), up > 0 ? up : 0);
  kz_jsonw_member_u64(&out.w, KZ_STR("published"), status.published);
  kz_jsonw_member_u64(&out.w, KZ_STR("dropped"), status.dropped);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* The setting is the switch; the publisher follows it within a second. */
void kz_misp_zmq_switch(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_request *request = call->request;
  bool on = request->segment_count > 1 &&
            kz_str_starts(request->segments[1], KZ_STR("start"));
  const struct kz_jsonv value = {.kind = on ? KZ_JSON_TRUE : KZ_JSON_FALSE};
  kz_rc rc = kz_settings_set(call->eye.house->settings, KZ_SETTING_zmq_enable,
                             &value, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Setting", rc, &err);
    return;
  }
  kz_misp_done(call,
               on ? KZ_STR("ZeroMQ server started")
                  : KZ_STR("ZeroMQ server stopped"),
               0);
}
