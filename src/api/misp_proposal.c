#include "api/misp_proposal.h"

#include "api/misp_attribute.h"
#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_params.h"
#include "api/misp_proposed.h"
#include "api/misp_shape.h"
#include "store/sight.h"
#include "work/proposals.h"

enum { MEMBER_BYTES = 64 << 20, NOT_LIMITED = 0 };

static struct kz_proposals *proposals_of(const struct kz_misp_eye *eye) {
  return eye->house->proposals;
}

/* Whether the eye sees what the proposal is about: the event and, if there is
 * one, the attribute. */
static bool sees(struct kz_misp_call *call, const struct kz_jsonv *document) {
  const struct kz_misp_eye *eye = &call->eye;
  struct kz_misp_place place;
  struct kz_err err = KZ_ERR_NONE;
  if (!kz_sight_event(eye->view, &eye->user->viewer,
                      kz_proposal_event(document))) {
    return false;
  }
  /* Its attribute may be gone with it: then it is for both sides only. */
  kz_str old = kz_jsonv_text(document, KZ_STR("old_id"));
  return kz_proposal_old_id(document) == 0 ||
         kz_misp_find(call, KZ_THING_ATTRIBUTE, old, &place, &err) == KZ_OK ||
         (!kz_proposal_is_live(document) &&
          kz_misp_proposal_is_own(eye, document));
}

static bool find(struct kz_misp_call *call, struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_proposals_get(proposals_of(&call->eye), kz_misp_arg(call, 0),
                              call->work, ret, &err);
  if (rc == KZ_OK && !sees(call, *ret)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Proposal", rc, &err);
  }
  return rc == KZ_OK;
}

void kz_misp_proposal_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  KZ_MISP_OUT(out);
  if (find(call, &document)) {
    kz_misp_proposal_write(&out.w, &call->eye, document);
    kz_misp_send(call, &out);
  }
}

static void reply(struct kz_misp_call *call, uint64_t id) {
  KZ_BUF(ref, 24);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  KZ_MISP_OUT(out);
  kz_buf_add_format(&ref, "%llu", (unsigned long long)id);
  kz_rc rc = kz_proposals_get(proposals_of(&call->eye), kz_buf_str(&ref),
                              call->work, &document, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Proposal", rc, &err);
    return;
  }
  kz_misp_proposal_write(&out.w, &call->eye, document);
  kz_misp_send(call, &out);
}

/* --- the list --------------------------------------------------------------
 */

/* What of all proposals is asked for. */
struct wish {
  uint64_t event; /* 0: of any */
  bool all;       /* also about the events of others */
  bool live;
  bool deleted;
  int64_t since_s;
  uint64_t skip;
  uint64_t limit; /* NOT_LIMITED */
};

/* deleted[]:0/deleted[]:1 are both; one alone is that one. */
static void read_deleted(const struct kz_misp_call *call, struct wish *wish) {
  bool wants[2] = {false, false};
  for (size_t i = 0; i < call->param_count; i++) {
    const struct kz_misp_param *p = &call->params[i];
    if (kz_str_eq(p->name, KZ_STR("deleted"))) {
      wants[kz_str_eq(p->text, KZ_STR("1")) ||
            kz_str_eq(p->text, KZ_STR("true"))] = true;
    }
  }
  wish->live = wants[0] || !wants[1];
  wish->deleted = wants[1];
}

static kz_rc read_wish(struct kz_misp_call *call, struct wish *ret,
                       struct kz_err *err) {
  *ret = (struct wish){.limit = NOT_LIMITED};
  kz_rc rc = kz_misp_params_body(call, err);
  kz_str ref = kz_misp_arg(call, 0);
  if (rc == KZ_OK && ref.len > 0) {
    rc = kz_misp_find_event(call, ref, &ret->event, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  ret->all = kz_misp_param_flag(call, KZ_STR("all"), false);
  ret->since_s = (int64_t)kz_misp_param_number(call, KZ_STR("timestamp"), 0);
  ret->limit = kz_misp_param_number(call, KZ_STR("limit"), NOT_LIMITED);
  uint64_t page = kz_misp_param_number(call, KZ_STR("page"), 1);
  ret->skip = page > 1 && ret->limit < UINT32_MAX && page < UINT32_MAX
                  ? (page - 1) * ret->limit
                  : 0;
  read_deleted(call, ret);
  return KZ_OK;
}

static bool is_wished(struct kz_misp_call *call, const struct wish *wish,
                      const struct kz_jsonv *document) {
  bool is_live = kz_proposal_is_live(document);
  int64_t at_s = (int64_t)kz_jsonv_u64(document, KZ_STR("timestamp"), 0);
  if ((is_live ? !wish->live : !wish->deleted) || at_s < wish->since_s) {
    return false;
  }
  return (wish->event > 0 || wish->all ||
          kz_misp_proposal_is_own(&call->eye, document)) &&
         sees(call, document);
}

void kz_misp_proposal_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  struct wish wish;
  kz_rc rc = read_wish(call, &wish, &err);
  if (rc == KZ_OK) {
    rc = kz_proposals_of(proposals_of(&call->eye), wish.event, call->work,
                         &documents, &count, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  uint64_t found = 0;
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < count; i++) {
    if (!is_wished(call, &wish, documents[i])) {
      continue;
    }
    if (found >= wish.skip &&
        (wish.limit == NOT_LIMITED || found - wish.skip < wish.limit)) {
      kz_misp_proposal_write(&out.w, &call->eye, documents[i]);
    }
    found++;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- proposing -------------------------------------------------------------
 */

/* Completes and keeps what is proposed about the event, which the caller sees;
 * the number, or 0 when the refusal was sent. */
static uint64_t keep(struct kz_misp_call *call, struct kz_proposal *proposal) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event_entry entry;
  uint64_t id = 0;
  kz_rc rc = kz_events_get(call->eye.view->events, proposal->event, &entry);
  if (rc == KZ_OK) {
    proposal->event_uuid = entry.uuid;
    proposal->event_org = entry.org;
    proposal->org = call->eye.user->org.id;
    proposal->email = call->eye.user->email;
    rc = kz_proposals_add(proposals_of(&call->eye), proposal, call->work, &id,
                          &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return 0;
  }
  return id;
}

static bool may_propose(struct kz_misp_call *call) {
  if (!kz_user_may(call->eye.user, KZ_PERM_ADD)) {
    kz_misp_not_allowed(call);
    return false;
  }
  return true;
}

/* Reads the one attribute of the body. */
static kz_rc read_one(struct kz_misp_body *body, struct kz_attribute *ret,
                      struct kz_err *err) {
  struct kz_misp_attributes read;
  kz_rc rc = body->reader ? kz_misp_read_attributes(body->reader, &body->input,
                                                    &read, err)
                          : KZ_E_MEMORY;
  if (rc == KZ_OK && read.count != 1) {
    rc = kz_err_set(err, KZ_E_INPUT, "not one attribute");
  }
  if (rc == KZ_OK) {
    *ret = read.items[0];
  }
  return rc;
}

/* A body in MISP's other wrapper, as one in that of attributes. */
static void unwrap(struct kz_misp_call *call, struct kz_misp_body *body) {
  struct kz_jsonv *tree = NULL;
  struct kz_jsonv *inner = NULL;
  KZ_BUF(text, MEMBER_BYTES);
  struct kz_jsonw w;
  if (kz_str_find(body->input.text, KZ_STR("\"ShadowAttribute\"")) <
          body->input.text.len &&
      kz_jsonv_parse(body->input.text, call->work, &tree, NULL) == KZ_OK) {
    inner = kz_jsonv_get(tree, KZ_STR("ShadowAttribute"));
  }
  kz_jsonw_init(&w, &text);
  if (inner && inner->kind == KZ_JSON_OBJECT) {
    kz_jsonv_write(inner, &w);
    if (kz_arena_dup(call->work, kz_buf_str(&text), &body->input.text) !=
        KZ_OK) {
      body->input.text = KZ_STR_NONE;
    }
  }
}

void kz_misp_proposal_add(struct kz_misp_call *call) {
  static const kz_str what = {"Could not add ShadowAttribute", 29};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_attribute attribute;
  struct kz_proposal proposal = {.attribute = &attribute};
  if (!may_propose(call)) {
    return;
  }
  kz_rc rc =
      kz_misp_find_event(call, kz_misp_arg(call, 0), &proposal.event, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  KZ_MISP_BODY(body, call, false);
  unwrap(call, &body);
  rc = read_one(&body, &attribute, &err);
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, what, rc, &err);
    return;
  }
  uint64_t id = keep(call, &proposal);
  if (id > 0) {
    reply(call, id);
  }
}

/* `changes` over `old`: what the attribute would be. */
static void merge(const struct kz_attribute *changes,
                  struct kz_attribute *old) {
  uint32_t given = changes->given;
  old->type = given & KZ_GAVE_TYPE ? changes->type : old->type;
  old->category = given & KZ_GAVE_CATEGORY ? changes->category : old->category;
  old->value = given & KZ_GAVE_VALUE ? changes->value : old->value;
  old->to_ids = given & KZ_GAVE_TO_IDS ? changes->to_ids : old->to_ids;
  old->comment = given & KZ_GAVE_COMMENT ? changes->comment : old->comment;
  old->first_seen_us =
      given & KZ_GAVE_FIRST_SEEN ? changes->first_seen_us : old->first_seen_us;
  old->last_seen_us =
      given & KZ_GAVE_LAST_SEEN ? changes->last_seen_us : old->last_seen_us;
  old->disable_correlation = given & KZ_GAVE_CORRELATION
                                 ? changes->disable_correlation
                                 : old->disable_correlation;
}

/* Finds the attribute of the path and reads it. */
static bool find_old(struct kz_misp_call *call, struct kz_misp_place *ret_place,
                     struct kz_attribute *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_find(call, KZ_THING_ATTRIBUTE, kz_misp_arg(call, 0),
                          ret_place, &err);
  if (rc == KZ_OK) {
    struct kz_reading r = kz_misp_reading(&call->eye, call->work);
    rc = kz_read_attribute(&r, ret_place->event, ret_place->id,
                           (struct kz_read_options){0}, ret, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
  }
  return rc == KZ_OK;
}

void kz_misp_proposal_edit(struct kz_misp_call *call) {
  static const kz_str what = {"Could not edit ShadowAttribute", 30};
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  struct kz_attribute old;
  struct kz_attribute changes;
  kz_str field = KZ_STR_NONE;
  if (!may_propose(call) || !find_old(call, &place, &old)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  unwrap(call, &body);
  kz_rc rc = read_one(&body, &changes, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_settle_edit(call, &old, &changes, &field, &err);
  }
  if (rc == KZ_E_INPUT && field.len > 0) {
    kz_misp_not_saved(call, what, field, kz_str_of(err.text));
    return;
  }
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, what, rc, &err);
    return;
  }
  merge(&changes, &old);
  struct kz_proposal proposal = {
      .event = place.event, .old_id = place.id, .attribute = &old};
  uint64_t id = keep(call, &proposal);
  if (id > 0) {
    reply(call, id);
  }
}

void kz_misp_proposal_delete(struct kz_misp_call *call) {
  struct kz_misp_place place;
  struct kz_attribute old;
  if (!may_propose(call) || !find_old(call, &place, &old)) {
    return;
  }
  struct kz_proposal proposal = {.event = place.event,
                                 .old_id = place.id,
                                 .to_delete = true,
                                 .attribute = &old};
  uint64_t id = keep(call, &proposal);
  if (id > 0) {
    kz_misp_done(
        call, KZ_STR("The proposal to delete this attribute has been saved."),
        id);
  }
}

/* --- answering -------------------------------------------------------------
 */

static void close_one(struct kz_misp_call *call,
                      kz_rc (*close)(struct kz_proposals *, uint64_t,
                                     struct kz_arena *, struct kz_err *),
                      const struct kz_jsonv *document, kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = close(proposals_of(&call->eye), kz_proposal_id(document),
                   call->work, &err);
  if (rc == KZ_E_CONFLICT) {
    kz_misp_not_saved(call, kz_str_of(err.text), KZ_STR("value"),
                      kz_str_of(err.text));
  } else if (rc != KZ_OK) {
    kz_misp_fail(call, "Proposal", rc, &err);
  } else {
    kz_misp_done(call, words, 0);
  }
}

void kz_misp_proposal_accept(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  if (find(call, &document) &&
      kz_misp_may_edit(call, kz_proposal_event(document))) {
    close_one(call, kz_proposals_accept, document,
              KZ_STR("Proposed change accepted."));
  }
}

/* Whoever proposed may also take it back. */
void kz_misp_proposal_discard(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  if (!find(call, &document)) {
    return;
  }
  bool is_his = kz_proposal_org(document) == call->eye.user->org.id &&
                kz_user_may(call->eye.user, KZ_PERM_ADD);
  if (is_his || kz_misp_may_edit(call, kz_proposal_event(document))) {
    close_one(call, kz_proposals_discard, document,
              KZ_STR("Proposal discarded."));
  }
}
