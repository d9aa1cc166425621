#include "api/misp_delegation.h"

#include "api/misp_find.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "store/sight.h"
#include "work/delegations.h"
#include "work/groups.h"
#include "work/org.h"
#include "work/settings.h"

static struct kz_delegations *list_of(const struct kz_misp_call *call) {
  return call->eye.house->delegations;
}

static void write_one(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                      const struct kz_delegation *d) {
  struct kz_event_entry e;
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("EventDelegation"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), d->id);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), d->org);
  kz_jsonw_member_u64_str(w, KZ_STR("requester_org_id"), d->requester);
  kz_jsonw_member_u64_str(w, KZ_STR("event_id"), d->event);
  kz_jsonw_member_str(w, KZ_STR("message"), d->message);
  if (d->distribution < 0) {
    kz_jsonw_member_str(w, KZ_STR("distribution"), KZ_STR("-1"));
  } else {
    kz_jsonw_member_u64_str(w, KZ_STR("distribution"),
                            (uint64_t)d->distribution);
  }
  kz_jsonw_member_u64_str(w, KZ_STR("sharing_group_id"), d->group);
  kz_jsonw_object_end(w);
  if (kz_events_get(eye->view->events, d->event, &e) == KZ_OK) {
    char uuid[KZ_UUID_TEXT];
    kz_jsonw_key(w, KZ_STR("Event"));
    kz_jsonw_object(w);
    kz_jsonw_member_u64_str(w, KZ_STR("id"), d->event);
    kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e.uuid, uuid));
    kz_jsonw_member_str(w, KZ_STR("info"), e.info);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
}

static bool is_party(const struct kz_user *user,
                     const struct kz_delegation *d) {
  return kz_misp_is_admin(user) || d->org == user->org.id ||
         d->requester == user->org.id;
}

/* Whether a request belongs into the caller's list: what waits for him, with
 * "context:issued" what he has asked. */
static bool is_wanted(const struct kz_misp_call *call,
                      const struct kz_delegation *d) {
  const struct kz_user *user = call->eye.user;
  bool issued =
      kz_str_eq(kz_misp_param_text(call, KZ_STR("context")), KZ_STR("issued"));
  if (!kz_sight_event(call->eye.view, &user->viewer, d->event)) {
    return false; /* it is gone */
  }
  return kz_misp_is_admin(user) ||
         (issued ? d->requester : d->org) == user->org.id;
}

void kz_misp_delegation_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_delegation *list = NULL;
  size_t count = 0;
  kz_rc rc =
      kz_delegations_list(list_of(call), 0, call->work, &list, &count, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Delegation", rc, &err);
    return;
  }
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < count; i++) {
    if (is_wanted(call, &list[i])) {
      write_one(&out.w, &call->eye, &list[i]);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* The request of the path, if the caller is a party to it; otherwise the
 * refusal is sent. */
static bool find(struct kz_misp_call *call, struct kz_delegation *ret) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  kz_rc rc = kz_str_u64(kz_misp_arg(call, 0), &id) == KZ_OK
                 ? kz_delegations_get(list_of(call), id, call->work, ret, &err)
                 : KZ_NOT_FOUND;
  if (rc == KZ_OK && !is_party(call->eye.user, ret)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Delegation", rc, &err);
  }
  return rc == KZ_OK;
}

static void reply(struct kz_misp_call *call, const struct kz_delegation *d) {
  KZ_MISP_OUT(out);
  write_one(&out.w, &call->eye, d);
  kz_misp_send(call, &out);
}

void kz_misp_delegation_view(struct kz_misp_call *call) {
  struct kz_delegation d;
  if (find(call, &d)) {
    reply(call, &d);
  }
}

/* Reads who is asked and how the event shall be distributed then. */
static kz_rc read_request(struct kz_misp_call *call, struct kz_delegation *d,
                          struct kz_err *err) {
  kz_str ref = kz_misp_param_text(call, KZ_STR("org_id"));
  uint64_t distribution =
      kz_misp_param_number(call, KZ_STR("distribution"), UINT64_MAX);
  d->message = kz_misp_param_text(call, KZ_STR("message"));
  d->distribution = distribution <= KZ_DIST_GROUP ? (int)distribution : -1;
  d->group = kz_misp_param_number(call, KZ_STR("sharing_group_id"), 0);
  d->requester = call->eye.user->org.id;
  if (kz_org_find(call->eye.house->orgs, ref, &d->org) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "Invalid organisation");
  }
  if (d->org == d->requester) {
    return kz_err_set(err, KZ_E_INPUT,
                      "An event cannot be delegated to its own organisation.");
  }
  if (d->distribution == KZ_DIST_GROUP &&
      !kz_groups_has(call->eye.house->groups, d->group, d->requester)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "Invalid Sharing Group or not authorised.");
  }
  return KZ_OK;
}

/* Whether the caller's organisation made and owns the event. */
static bool owns(struct kz_misp_call *call, uint64_t event) {
  struct kz_event_entry e;
  uint32_t org = call->eye.user->org.id;
  return kz_events_get(call->eye.view->events, event, &e) == KZ_OK &&
         (kz_misp_is_admin(call->eye.user) || (e.org == org && e.orgc == org));
}

static kz_rc settle(struct kz_misp_call *call, kz_rc rc, struct kz_err *err) {
  return rc == KZ_OK ? kz_people_refresh(call->eye.house->people, err) : rc;
}

void kz_misp_delegation_ask(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_delegation d = {.id = 0};
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_find_event(call, kz_misp_arg(call, 0), &d.event, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  if (!kz_settings_flag(call->eye.house->settings, KZ_SETTING_delegation)) {
    kz_misp_refuse(call, 405,
                   KZ_STR("Delegation is disabled on this instance."));
    return;
  }
  if (!owns(call, d.event)) {
    kz_misp_not_yours(call);
    return;
  }
  rc = read_request(call, &d, &err);
  if (rc == KZ_OK) {
    rc = kz_delegations_ask(list_of(call), &d, call->work, &err);
  }
  rc = settle(call, rc, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Delegation", rc, &err);
    return;
  }
  reply(call, &d);
}

void kz_misp_delegation_accept(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *user = call->eye.user;
  struct kz_delegation d;
  if (!find(call, &d)) {
    return;
  }
  if (d.org != user->org.id) {
    kz_misp_refuse(call, 403, KZ_STR("You are not authorised to do that."));
    return;
  }
  kz_rc rc =
      kz_delegations_accept(list_of(call), &d, &user->org, user->email, &err);
  rc = settle(call, rc, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Delegation", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Event ownership transferred."), d.event);
}

void kz_misp_delegation_discard(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_delegation d;
  if (!find(call, &d)) {
    return;
  }
  kz_rc rc = kz_delegations_discard(list_of(call), d.id, &err);
  rc = settle(call, rc, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Delegation", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Delegation request deleted."), 0);
}
