#include "api/misp_report.h"

#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_group.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "format/misp_write.h"
#include "store/edit.h"

#define STYLE ((struct kz_misp_style){.ids = true})

struct change {
  uint64_t event;
  uint64_t id;
  struct kz_report *report;
  bool hard;
};

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_add_report(txn, c->event, c->report, err);
}

static kz_rc apply_edit(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_report_change(txn, c->event, c->id, c->report, err);
}

static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_report(txn, c->event, c->id, c->hard, err);
}

static bool find(struct kz_misp_call *call, struct kz_misp_place *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_misp_find(call, KZ_THING_REPORT, kz_misp_arg(call, 0), ret, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event report", rc, &err);
  }
  return rc == KZ_OK;
}

static void write_wrapped(struct kz_jsonw *w, const struct kz_report *report,
                          uint64_t event) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("EventReport"));
  kz_misp_write_report(w, report, event, STYLE);
  kz_jsonw_object_end(w);
}

static void reply_report(struct kz_misp_call *call, uint64_t event,
                         uint64_t id) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_report report;
  kz_misp_renew(call);
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  kz_rc rc = kz_read_report(&r, event, id, &report, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event report", rc, &err);
    return;
  }
  write_wrapped(&out.w, &report, event);
  kz_misp_send(call, &out);
}

void kz_misp_report_view(struct kz_misp_call *call) {
  struct kz_misp_place place;
  if (find(call, &place)) {
    reply_report(call, place.event, place.id);
  }
}

void kz_misp_report_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event event;
  uint64_t id = 0;
  struct kz_misp_look look = KZ_MISP_LOOK;
  kz_str ref = kz_misp_param_text(call, KZ_STR("event_id"));
  kz_rc rc = kz_misp_find_event(call, ref, &id, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_read_whole(&call->eye, id, &look, call->work, &event, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < event.report_count; i++) {
    write_wrapped(&out.w, &event.reports[i], id);
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_report_form(struct kz_misp_call *call) {
  kz_reply_text(call->reply, KZ_STR("application/json"),
                KZ_STR("{\"name\":\"Add Event Report\",\"description\":"
                       "\"POST name, content, distribution and "
                       "sharing_group_id to add a report to the event.\"}"));
}

void kz_misp_report_add(struct kz_misp_call *call) {
  static const kz_str what = {"Could not add EventReport", 25};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_report report;
  struct change change = {.report = &report};
  kz_rc rc =
      kz_misp_find_event(call, kz_misp_arg(call, 0), &change.event, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (!kz_misp_may_edit(call, change.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, false);
  rc = body.reader
           ? kz_misp_read_report(body.reader, &body.input, &report, &err)
           : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    kz_misp_tidy_tags(call, report.tags, &report.tag_count);
    rc = kz_misp_admit_report(call, &report, false, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add, &change, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, what, rc, &err);
    return;
  }
  reply_report(call, change.event, report.id);
}

void kz_misp_report_edit(struct kz_misp_call *call) {
  static const kz_str what = {"Could not edit EventReport", 26};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_report report;
  struct kz_misp_place place;
  if (!find(call, &place) || !kz_misp_may_edit(call, place.event)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  kz_rc rc = body.reader
                 ? kz_misp_read_report(body.reader, &body.input, &report, &err)
                 : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    struct change change = {
        .event = place.event, .id = place.id, .report = &report};
    report.given &= ~(uint32_t)KZ_GAVE_TIMESTAMP;
    rc = kz_misp_admit_report(call, &report, true, &err);
    if (rc == KZ_OK) {
      rc = kz_store_run(call->eye.house->store, apply_edit, &change, &err);
    }
  }
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_body_refuse(call, &body, what, rc, &err);
    return;
  }
  reply_report(call, place.event, place.id);
}

void kz_misp_report_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  struct kz_report old;
  char uuid[KZ_UUID_TEXT];
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  if (!find(call, &place) || !kz_misp_may_edit(call, place.event)) {
    return;
  }
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  struct change change = {
      .event = place.event,
      .id = place.id,
      .hard = kz_misp_param_flag(call, KZ_STR("hard"), false) ||
              kz_str_eq(kz_misp_arg(call, 1), KZ_STR("1")),
  };
  rc = kz_read_report(&r, place.event, place.id, &old, &err);
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_delete, &change, &err);
  }
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_fail(call, "Event report", rc, &err);
    return;
  }
  KZ_BUF(words, 128);
  kz_buf_add_format(&words, "Event Report %s %s deleted",
                    kz_uuid_format(&old.uuid, uuid).ptr,
                    change.hard ? "hard" : "soft");
  kz_misp_done(call, kz_buf_str(&words), 0);
}
