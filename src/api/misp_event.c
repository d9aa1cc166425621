#include "api/misp_event.h"

#include <stdio.h>

#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_group.h"
#include "api/misp_hook.h"
#include "api/misp_opinions.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_sync.h"
#include "api/misp_tagrule.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "api/misp_warned.h"
#include "base/clock.h"
#include "store/edit.h"
#include "store/sight.h"
#include "work/blocks.h"
#include "work/proposals.h"

/* A change of one event on its way to the writer. */
struct change {
  struct kz_event *event;
  uint64_t id;
  bool published;
  struct kz_edit_report report;
};

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_add_event(txn, c->event, &c->report, err);
}

static kz_rc apply_edit(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_event(txn, c->id, c->event, &c->report, err);
}

static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_event(txn, c->id, err);
}

static kz_rc apply_publish(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_publish(txn, c->id, c->published, err);
}

/* Finds the event of the path; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_find_event(call, kz_misp_arg(call, 0), ret, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
  }
  return rc == KZ_OK;
}

static bool read_params(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
  }
  return rc == KZ_OK;
}

/* events/view: "only", or anything else that is true for both. */
static enum kz_deleted wanted(const struct kz_misp_call *call) {
  kz_str text = kz_misp_param_text(call, KZ_STR("deleted"));
  if (kz_str_eq(text, KZ_STR("only"))) {
    return KZ_DELETED_ONLY;
  }
  size_t given = 0;
  for (size_t i = 0; i < call->param_count; i++) {
    given += kz_str_eq(call->params[i].name, KZ_STR("deleted"));
  }
  return given > 1 || kz_misp_param_flag(call, KZ_STR("deleted"), false)
             ? KZ_DELETED_BOTH
             : KZ_DELETED_NO;
}

void kz_misp_event_view(struct kz_misp_call *call) {
  uint64_t id = 0;
  if (!read_params(call) || !find(call, &id)) {
    return;
  }
  struct kz_misp_look look = KZ_MISP_LOOK;
  look.deleted = wanted(call);
  look.sightings = !kz_misp_param_flag(call, KZ_STR("noSightings"), false);
  look.metadata = kz_misp_param_flag(call, KZ_STR("metadata"), false);
  look.no_local_tags =
      kz_misp_param_flag(call, KZ_STR("excludeLocalTags"), false);
  look.no_galaxies = kz_misp_param_flag(call, KZ_STR("excludeGalaxy"), false);
  look.correlations =
      kz_misp_param_flag(call, KZ_STR("includeEventCorrelations"), true);
  look.data = kz_misp_param_flag(call, KZ_STR("includeAttachments"), true);
  struct kz_warn_eye *eye = NULL;
  if (kz_misp_param_flag(call, KZ_STR("includeWarninglistHits"), false)) {
    struct kz_err err = KZ_ERR_NONE;
    kz_rc rc = kz_warn_eye_new(call->eye.house->warninglists, &eye, &err);
    if (rc != KZ_OK) {
      kz_misp_fail(call, "Event", rc, &err);
      return;
    }
  }
  look.warn = eye;
  look.warnings = eye != NULL;
  kz_misp_reply_event(call, id, &look);
  kz_warn_eye_free(eye);
}

/* Who adds owns; whose it was first, only an administrator or another server
 * may say. */
static bool may_speak_for_others(const struct kz_user *user) {
  return kz_misp_is_admin(user) || kz_user_may(user, KZ_PERM_SYNC);
}

static void claim(struct kz_misp_call *call, struct kz_event *event) {
  const struct kz_user *user = call->eye.user;
  bool names_creator = event->orgc.name.ptr || event->orgc.has_uuid;
  event->org = user->org;
  if (!names_creator || !may_speak_for_others(user)) {
    event->orgc = user->org;
  }
  event->creator_email = user->email;
  event->locked = event->locked && may_speak_for_others(user);
}

/* `id` is 0 for a new event. */
static void settle_publishing(struct kz_misp_call *call, uint64_t id,
                              struct kz_event *event) {
  if (event->published && (!kz_user_may(call->eye.user, KZ_PERM_PUBLISH) ||
                           !kz_misp_has_required_tags(call, id, event))) {
    event->published = false;
  }
  if (event->published) {
    int64_t now = kz_clock_now_us();
    event->publish_timestamp_us = now - now % KZ_SECOND_US;
    event->given |= KZ_GAVE_PUBLISH_TIME;
  }
}

/* Where the event is, only who may see it is told. */
static void refuse_known(struct kz_misp_call *call, uint64_t event) {
  char url[64];
  snprintf(url, sizeof url, "/events/view/%llu", (unsigned long long)event);
  kz_misp_refuse(call, 404,
                 KZ_STR("Event already exists, if you would like to edit it, "
                        "use the url in the location header."));
  if (kz_sight_event(call->eye.view, &call->eye.user->viewer, event)) {
    kz_reply_header(call->reply, KZ_STR("Location"), kz_str_of(url));
  }
}

static struct kz_misp_look look_after(const struct kz_misp_call *call) {
  struct kz_misp_look look = KZ_MISP_LOOK;
  look.metadata = kz_misp_param_flag(call, KZ_STR("metadata"), false);
  return look;
}

/* MISP asks for the organisation before it looks at what was sent. */
static bool is_blocked(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_blocks_check(call->eye.house->blocks, &KZ_UUID_NIL,
                             &call->eye.user->org, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
  }
  return rc != KZ_OK;
}

static void tell_saved(struct kz_misp_call *call, uint64_t id,
                       enum kz_notice_action action, bool published) {
  kz_misp_tell(call, KZ_NOTICE_EVENT, action, id, id);
  if (published) {
    kz_misp_tell(call, KZ_NOTICE_EVENT, KZ_NOTICE_PUBLISH, id, id);
  }
}

void kz_misp_event_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event event;
  KZ_MISP_BODY(body, call, false);
  kz_rc rc = body.reader
                 ? kz_misp_read_event(body.reader, &body.input, &event, &err)
                 : KZ_E_MEMORY;
  if (rc == KZ_E_INPUT && is_blocked(call)) {
    return;
  }
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not add Event"), rc, &err);
    return;
  }
  claim(call, &event);
  settle_publishing(call, 0, &event);
  kz_misp_tidy_event(call, &event);
  struct change change = {.event = &event};
  struct kz_misp_taken taken = {.count = 0};
  rc = kz_misp_admit_event(call, &event, false, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_enforce_warnings_in(call, &event, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_take_event(&taken, &event, call->work, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add, &change, &err);
  }
  uint64_t id = change.report.event;
  kz_edit_report_done(&change.report);
  if (rc == KZ_E_CONFLICT && id > 0) {
    refuse_known(call, id);
    return;
  }
  if (rc == KZ_OK) {
    rc = kz_misp_keep_taken(call, &taken, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, NULL, KZ_STR("Could not add Event"), rc, &err);
    return;
  }
  if (event.published) {
    kz_misp_sync_published(call, id);
  }
  tell_saved(call, id, KZ_NOTICE_ADD, event.published);
  struct kz_misp_look look = look_after(call);
  kz_misp_reply_event(call, id, &look);
}

void kz_misp_event_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event event;
  uint64_t id = 0;
  if (!find(call, &id) || !kz_misp_may_edit(call, id)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  kz_rc rc = body.reader
                 ? kz_misp_read_event(body.reader, &body.input, &event, &err)
                 : KZ_E_MEMORY;
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, KZ_STR("Event could not be saved"), rc,
                        &err);
    return;
  }
  settle_publishing(call, id, &event);
  kz_misp_tidy_event(call, &event);
  struct change change = {.event = &event, .id = id};
  struct kz_misp_taken taken = {.count = 0};
  rc = kz_misp_admit_event(call, &event, true, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_enforce_warnings_in(call, &event, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_take_event(&taken, &event, call->work, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_edit, &change, &err);
  }
  kz_edit_report_done(&change.report);
  if (rc == KZ_E_CONFLICT) {
    kz_misp_not_saved(call, kz_str_of(err.text), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  if (rc == KZ_OK) {
    rc = kz_misp_keep_taken(call, &taken, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (event.published) {
    kz_misp_sync_published(call, id);
  }
  tell_saved(call, id, KZ_NOTICE_EDIT, event.published);
  struct kz_misp_look look = look_after(call);
  kz_misp_reply_event(call, id, &look);
}

void kz_misp_event_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct change change = {.id = 0};
  if (!find(call, &change.id) || !kz_misp_may_edit(call, change.id)) {
    return;
  }
  kz_rc rc = kz_store_run(call->eye.house->store, apply_delete, &change, &err);
  if (rc == KZ_OK) {
    rc = kz_proposals_forget(call->eye.house->proposals, change.id, call->work,
                             &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  kz_misp_tell(call, KZ_NOTICE_EVENT, KZ_NOTICE_DELETE, change.id, change.id);
  kz_misp_done(call, KZ_STR("Event deleted."), 0);
}

static void set_published(struct kz_misp_call *call, bool published,
                          kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct change change = {.published = published};
  if (!find(call, &change.id)) {
    return;
  }
  if (!kz_misp_may_edit(call, change.id) ||
      (published && !kz_misp_may_go_out(call, change.id))) {
    return;
  }
  kz_rc rc = kz_store_run(call->eye.house->store, apply_publish, &change, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (published) {
    kz_misp_sync_published(call, change.id);
  }
  kz_misp_tell(call, KZ_NOTICE_EVENT,
               published ? KZ_NOTICE_PUBLISH : KZ_NOTICE_EDIT, change.id,
               change.id);
  kz_misp_done(call, words, change.id);
}

void kz_misp_event_publish(struct kz_misp_call *call) {
  set_published(call, true, KZ_STR("Job queued"));
}

void kz_misp_event_unpublish(struct kz_misp_call *call) {
  set_published(call, false, KZ_STR("Event unpublished."));
}
