/* The dictionary never forgets a number, for records use it: a tag that is
 * deleted is taken off everything and marked; using it again brings it back. */
#include "api/misp_tag.h"

#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tagrule.h"
#include "api/misp_tidy.h"
#include "format/misp_write.h"
#include "store/edit.h"
#include "store/query.h"
#include "store/sight.h"
#include "store/store.h"
#include "work/hooks.h"

#define STYLE ((struct kz_misp_style){.ids = true})
#define GONE KZ_STR("\"kizashi_deleted\":true")

static struct kz_dict *dict_of(const struct kz_misp_call *call) {
  return kz_store_dict(call->eye.house->store);
}

static bool is_gone(const struct kz_tag *tag) {
  return kz_str_find(tag->extra, GONE) != SIZE_MAX;
}

/* --- attaching -------------------------------------------------------------
 */

struct change {
  struct kz_misp_place target;
  struct kz_tag_use use;
  const struct kz_tag *put; /* to store in the dictionary first */
  const struct kz_hit *hits;
  size_t hit_count;
  const uint64_t *events;
  size_t event_count;
};

static kz_rc apply_attach(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  if (c->put) {
    struct kz_tag tag = *c->put;
    kz_rc rc = kz_txn_put_tag(txn, &tag, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return kz_edit_attach_tag(txn, c->target.event, c->target.thing, c->target.id,
                            &c->use, err);
}

static kz_rc apply_detach(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_detach_tag(txn, c->target.event, c->target.thing, c->target.id,
                            c->use.tag.id, err);
}

/* Finds the event, attribute or report that a uuid names. */
static kz_rc find_target(struct kz_misp_call *call, kz_str ref,
                         struct kz_misp_place *ret, struct kz_err *err) {
  static const enum kz_thing things[] = {KZ_THING_EVENT, KZ_THING_ATTRIBUTE,
                                         KZ_THING_REPORT};
  struct kz_uuid uuid;
  kz_rc rc = KZ_NOT_FOUND;
  if (kz_uuid_parse(ref, &uuid) != KZ_OK) {
    return KZ_NOT_FOUND; /* numbers of several kinds would be mixed up */
  }
  for (size_t i = 0; rc == KZ_NOT_FOUND && i < 3; i++) {
    rc = kz_misp_find(call, things[i], ref, ret, err);
  }
  return rc;
}

static const char *noun_of(enum kz_thing thing) {
  return thing == KZ_THING_EVENT       ? "Event"
         : thing == KZ_THING_ATTRIBUTE ? "Attribute"
                                       : "EventReport";
}

/* The tag of an id or name; KZ_NOT_FOUND. */
static kz_rc find_tag(const struct kz_misp_call *call, kz_str ref,
                      struct kz_tag *ret) {
  uint64_t number = 0;
  uint32_t id = 0;
  if (kz_dict_tag_find(dict_of(call), ref, &id) != KZ_OK) {
    if (kz_str_u64(ref, &number) != KZ_OK || number > UINT32_MAX) {
      return KZ_NOT_FOUND;
    }
    id = (uint32_t)number;
  }
  return kz_dict_tag_get(dict_of(call), id, ret);
}

/* Whether the caller may use the tag; otherwise the refusal is sent. */
static bool may_use(struct kz_misp_call *call, const struct kz_tag *tag) {
  if (kz_misp_may_use_tag(call->eye.user, tag)) {
    return true;
  }
  kz_misp_not_saved(call, KZ_STR("Invalid Tag."), KZ_STR_NONE,
                    kz_misp_tag_restriction(tag, KZ_STR("user_id")) != 0
                        ? KZ_STR("Invalid Tag. This tag can only be set "
                                 "by a fixed user.")
                        : KZ_STR("Invalid Tag. This tag can only be set "
                                 "by a fixed organisation."));
  return false;
}

/* Completes the use of a tag of that name, known or new. */
static bool choose_tag(struct kz_misp_call *call, kz_str ref,
                       struct change *change) {
  struct kz_tag *tag = &change->use.tag;
  uint64_t number = 0;
  if (find_tag(call, ref, tag) == KZ_OK) {
    if (is_gone(tag)) {
      tag->extra = KZ_STR_NONE;
      change->put = tag;
    }
    return may_use(call, tag);
  }
  if (ref.len == 0 || kz_str_u64(ref, &number) == KZ_OK) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid Tag."));
    return false;
  }
  if (!kz_user_may(call->eye.user, KZ_PERM_TAG_EDITOR)) {
    kz_misp_refuse(call, 405,
                   KZ_STR("Tag not found and insufficient privileges to create "
                          "it."));
    return false;
  }
  *tag = (struct kz_tag){.name = ref, .exportable = true};
  kz_misp_colour_by_taxonomy(call, tag);
  kz_misp_tidy_colour(tag, call->work);
  return true;
}

static void say(struct kz_misp_call *call, const struct change *change,
                const struct kz_misp_terms *tags, const char *what) {
  KZ_BUF(words, 1 << 20);
  struct kz_tag tag = change->use.tag;
  if (kz_dict_tag_find(dict_of(call), change->use.tag.name, &tag.id) != KZ_OK) {
    tag.id = 0;
  }
  kz_buf_add_str(&words, change->use.local ? KZ_STR("Local tag")
                                           : KZ_STR("Global tag"));
  kz_buf_add_str(&words, tags->any_count > 1 ? KZ_STR("s ") : KZ_STR(" "));
  for (size_t i = 0; tags->any_count > 1 && i < tags->any_count; i++) {
    kz_buf_add_str(&words, i > 0 ? KZ_STR(", ") : KZ_STR(""));
    kz_buf_add_str(&words, tags->any[i]);
  }
  if (tags->any_count <= 1) {
    kz_buf_add_str(&words, tag.name);
    kz_buf_add_format(&words, "(%u)", (unsigned)tag.id);
  }
  kz_buf_add_format(&words, " successfully %s %s(%llu).", what,
                    noun_of(change->target.thing),
                    (unsigned long long)change->target.id);
  kz_misp_done(call, kz_buf_str(&words), 0);
}

/* Reads what both directions need: the target and the names of tags. */
static bool read_target(struct kz_misp_call *call, struct change *change,
                        struct kz_misp_terms *ret_tags) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(call, KZ_STR("tag"), ret_tags, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return false;
  }
  kz_str ref = kz_misp_param_text(call, KZ_STR("uuid"));
  if (call->arg_count > 0) {
    ref = call->args[0];
  }
  if (ret_tags->any_count == 0 && call->arg_count > 1) {
    kz_str *one = kz_arena_alloc(call->work, sizeof *one);
    if (one) {
      *one = call->args[1];
      ret_tags->any = one;
      ret_tags->any_count = 1;
    }
  }
  rc = find_target(call, ref, &change->target, &err);
  if (rc != KZ_OK) {
    kz_misp_refuse(call, rc == KZ_NOT_FOUND ? 404 : 500,
                   KZ_STR("Invalid Target."));
    return false;
  }
  if (ret_tags->any_count == 0) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid Tag."));
    return false;
  }
  return true;
}

static void tell(struct kz_misp_call *call, const struct change *change,
                 enum kz_notice_action action) {
  uint32_t tag = 0;
  if (change->target.thing == KZ_THING_REPORT ||
      kz_dict_tag_find(dict_of(call), change->use.tag.name, &tag) != KZ_OK) {
    return;
  }
  const struct kz_notice notice = {
      .kind = KZ_NOTICE_TAG,
      .action = action,
      .event = change->target.event,
      .id = tag,
      .attribute =
          change->target.thing == KZ_THING_ATTRIBUTE ? change->target.id : 0,
  };
  kz_hooks_tell(call->eye.house->hooks, &notice);
}

void kz_misp_tag_attach(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_terms tags;
  struct change change = {.put = NULL};
  if (!read_target(call, &change, &tags)) {
    return;
  }
  bool local = kz_misp_param_flag(call, KZ_STR("local"), false);
  bool may_local = local && kz_misp_is_admin(call->eye.user);
  if (!may_local && !kz_misp_may_edit(call, change.target.event)) {
    return;
  }
  for (size_t i = 0; i < tags.any_count; i++) {
    change.put = NULL;
    if (!choose_tag(call, tags.any[i], &change) ||
        !kz_misp_tag_fits(call, &change.target, change.use.tag.name)) {
      return;
    }
    change.use.local = local;
    change.use.relationship =
        kz_misp_param_text(call, KZ_STR("relationship_type"));
    kz_rc rc =
        kz_store_run(call->eye.house->store, apply_attach, &change, &err);
    if (rc < 0 || rc == KZ_NOT_FOUND) {
      kz_misp_fail(call, "Target", rc, &err);
      return;
    }
    tell(call, &change, KZ_NOTICE_ADD);
  }
  say(call, &change, &tags, "attached to");
}

void kz_misp_tag_detach(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_terms tags;
  struct change change = {.put = NULL};
  if (!read_target(call, &change, &tags) ||
      !kz_misp_may_edit(call, change.target.event)) {
    return;
  }
  for (size_t i = 0; i < tags.any_count; i++) {
    if (find_tag(call, tags.any[i], &change.use.tag) != KZ_OK) {
      kz_misp_refuse(call, 404, KZ_STR("Invalid Tag."));
      return;
    }
    kz_rc rc =
        kz_store_run(call->eye.house->store, apply_detach, &change, &err);
    if (rc < 0 || rc == KZ_NOT_FOUND) {
      kz_misp_fail(call, "Target", rc, &err);
      return;
    }
    tell(call, &change, KZ_NOTICE_DELETE);
  }
  say(call, &change, &tags, "removed from");
}

/* --- the dictionary --------------------------------------------------------
 */

/* The members that MISP has of every tag. */
static struct kz_tag whole_tag(struct kz_misp_call *call,
                               const struct kz_tag *tag) {
  struct kz_arena *arena = call->work;
  static const struct {
    const char *name;
    const char *member;
  } more[] = {
      {"org_id", "\"org_id\":\"0\""},
      {"user_id", "\"user_id\":\"0\""},
      {"numerical_value", "\"numerical_value\":null"},
      {"inherited", "\"inherited\":false"},
  };
  struct kz_tag whole = *tag;
  kz_misp_tidy_colour(&whole, arena);
  kz_misp_number_by_taxonomy(call, &whole);
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
    if (!kz_misp_has_member(whole.extra, kz_str_of(more[i].name), NULL)) {
      whole.extra =
          kz_misp_join_members(whole.extra, kz_str_of(more[i].member), arena);
    }
  }
  return whole;
}

static void reply_tag(struct kz_misp_call *call, const struct kz_tag *tag) {
  KZ_MISP_OUT(out);
  struct kz_tag whole = whole_tag(call, tag);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Tag"));
  kz_misp_write_tag(&out.w, &whole, STYLE);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* In how many events that he sees the caller finds each tag. */
static uint64_t *count_uses(struct kz_misp_call *call, uint32_t tags) {
  const struct kz_misp_eye *eye = &call->eye;
  uint64_t *counts =
      kz_arena_array(call->work, (size_t)tags + 1, sizeof *counts);
  uint64_t end = kz_events_end(eye->view->events);
  for (uint64_t id = 0; counts && id < end; id++) {
    struct kz_event_entry e;
    if (kz_events_get(eye->view->events, id, &e) != KZ_OK ||
        !kz_sight_event(eye->view, &eye->user->viewer, id)) {
      continue;
    }
    for (uint32_t i = 0; i < e.tag_count; i++) {
      counts[e.tags[i] <= tags ? e.tags[i] : 0]++;
    }
  }
  return counts;
}

void kz_misp_tag_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  uint32_t count = kz_dict_tag_count(dict_of(call));
  uint64_t *uses = count_uses(call, count);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Tag"));
  kz_jsonw_array(&out.w);
  for (uint32_t id = 1; uses && id <= count; id++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict_of(call), id, &tag) != KZ_OK ||
        (is_gone(&tag) && uses[id] == 0)) {
      continue;
    }
    KZ_BUF(number, 64);
    kz_buf_add_format(&number, "\"count\":\"%llu\"",
                      (unsigned long long)uses[id]);
    struct kz_tag whole = whole_tag(call, &tag);
    whole.extra =
        kz_misp_join_members(whole.extra, kz_buf_str(&number), call->work);
    kz_misp_write_tag(&out.w, &whole, STYLE);
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* Finds the tag of the path; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, struct kz_tag *ret) {
  uint64_t number = 0;
  kz_str ref = kz_misp_arg(call, 0);
  if (kz_str_u64(ref, &number) != KZ_OK || number > UINT32_MAX ||
      kz_dict_tag_get(dict_of(call), (uint32_t)number, ret) != KZ_OK ||
      is_gone(ret)) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid tag"));
    return false;
  }
  return true;
}

void kz_misp_tag_view(struct kz_misp_call *call) {
  struct kz_tag tag;
  if (find(call, &tag)) {
    reply_tag(call, &tag);
  }
}

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  struct kz_tag *tag = &c->use.tag;
  tag->id = c->put ? c->put->id : 0;
  return kz_txn_put_tag(txn, tag, err);
}

static kz_rc apply_put(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_txn_put_tag(txn, &c->use.tag, err);
}

void kz_misp_tag_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct change change = {.put = NULL};
  struct kz_tag known;
  KZ_MISP_BODY(body, call, false);
  kz_rc rc = body.reader
                 ? kz_misp_read_tag(body.reader, &body.input, &change.use, &err)
                 : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    kz_misp_colour_by_taxonomy(call, &change.use.tag);
    kz_misp_tidy_colour(&change.use.tag, call->work);
    uint32_t id = 0;
    bool is_known =
        kz_dict_tag_find(dict_of(call), change.use.tag.name, &id) == KZ_OK &&
        kz_dict_tag_get(dict_of(call), id, &known) == KZ_OK;
    change.put = is_known && is_gone(&known) ? &known : NULL;
    if (is_known && !change.put) {
      reply_tag(call, &known);
      return;
    }
    rc = kz_store_run(call->eye.house->store, apply_add, &change, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not add Tag"), rc, &err);
    return;
  }
  reply_tag(call, &change.use.tag);
}

/* Which members the edit names, for a tag does not remember what was given. */
static void merge(struct kz_tag *tag, const struct kz_tag *changes,
                  kz_str members) {
  struct kz_tag merged = *changes;
  merged.id = tag->id;
  merged.name = changes->name.len > 0 ? changes->name : tag->name;
  merged.colour = changes->colour.ptr ? changes->colour : tag->colour;
  merged.extra = changes->extra.ptr ? changes->extra : tag->extra;
  if (!kz_misp_has_member(members, KZ_STR("exportable"), NULL)) {
    merged.exportable = tag->exportable;
  }
  if (!kz_misp_has_member(members, KZ_STR("hide_tag"), NULL)) {
    merged.hidden = tag->hidden;
  }
  if (!kz_misp_has_member(members, KZ_STR("local_only"), NULL)) {
    merged.local_only = tag->local_only;
  }
  merged.is_galaxy = tag->is_galaxy;
  merged.is_custom_galaxy = tag->is_custom_galaxy;
  *tag = merged;
}

/* The members of the object that the body is or wraps as "Tag". */
static kz_str body_members(struct kz_misp_call *call) {
  kz_str body = kz_str_trim(call->request->body);
  kz_str inner;
  if (body.len < 2) {
    return KZ_STR_NONE;
  }
  kz_str members = {body.ptr + 1, body.len - 2};
  return kz_misp_has_member(members, KZ_STR("Tag"), &inner) && inner.len > 2
             ? (kz_str){inner.ptr + 1, inner.len - 2}
             : members;
}

void kz_misp_tag_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_tag_use changes;
  struct change change = {.put = NULL};
  if (!find(call, &change.use.tag)) {
    return;
  }
  KZ_MISP_BODY(body, call, true);
  kz_rc rc = body.reader
                 ? kz_misp_read_tag(body.reader, &body.input, &changes, &err)
                 : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    merge(&change.use.tag, &changes.tag, body_members(call));
    rc = kz_store_run(call->eye.house->store, apply_put, &change, &err);
  }
  if (rc < 0) {
    kz_misp_body_refuse(call, &body, KZ_STR("Could not edit Tag"), rc, &err);
    return;
  }
  reply_tag(call, &change.use.tag);
}

/* Takes the tag off all that carries it and marks it. */
static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  uint32_t tag = c->use.tag.id;
  kz_rc rc = kz_txn_put_tag(txn, &c->use.tag, err);
  for (size_t i = 0; rc >= 0 && i < c->hit_count; i++) {
    rc = kz_edit_detach_tag(txn, c->hits[i].event, KZ_THING_ATTRIBUTE,
                            c->hits[i].attribute, tag, err);
  }
  for (size_t i = 0; rc >= 0 && i < c->event_count; i++) {
    rc = kz_edit_detach_tag(txn, c->events[i], KZ_THING_EVENT, c->events[i],
                            tag, err);
  }
  return rc < 0 ? rc : KZ_OK;
}

/* All of them, also those that the caller does not see: the tag goes. */
static kz_rc find_carriers(struct kz_misp_call *call, struct change *change,
                           struct kz_err *err) {
  const struct kz_misp_eye *eye = &call->eye;
  const struct kz_viewer everyone = KZ_VIEWER_OWNER;
  const uint64_t number = change->use.tag.id;
  const struct kz_cond own = {
      .kind = KZ_COND_TAG_OWN, .numbers = &number, .number_count = 1};
  const struct kz_query query = {.where = &own, .deleted = KZ_DELETED_BOTH};
  struct kz_answer answer;
  kz_rc rc =
      kz_query_run(eye->view, dict_of(call), &everyone, &query, &answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_hit *hits =
      kz_arena_array(call->work, (size_t)answer.total + 1, sizeof *hits);
  rc = hits ? kz_answer_page(&answer, KZ_SORT_ID, 0, (size_t)answer.total, hits,
                             &change->hit_count, err)
            : KZ_E_MEMORY;
  kz_answer_done(&answer);
  change->hits = hits;
  uint64_t *events = kz_arena_array(
      call->work, (size_t)eye->view->events->count + 1, sizeof *events);
  if (rc != KZ_OK || !events) {
    return rc != KZ_OK ? rc : KZ_E_MEMORY;
  }
  uint64_t end = kz_events_end(eye->view->events);
  for (uint64_t id = 0; id < end; id++) {
    struct kz_event_entry e = {.tag_count = 0};
    bool has = false;
    if (kz_events_get(eye->view->events, id, &e) == KZ_OK) {
      for (uint32_t i = 0; i < e.tag_count; i++) {
        has = has || e.tags[i] == number;
      }
    }
    if (has) {
      events[change->event_count++] = id;
    }
  }
  change->events = events;
  return KZ_OK;
}

void kz_misp_tag_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct change change = {.put = NULL};
  if (!find(call, &change.use.tag)) {
    return;
  }
  kz_rc rc = find_carriers(call, &change, &err);
  if (rc == KZ_OK) {
    change.use.tag.extra = GONE;
    rc = kz_store_run(call->eye.house->store, apply_delete, &change, &err);
  }
  if (rc < 0) {
    kz_misp_fail(call, "Tag", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Tag deleted."), 0);
}

void kz_misp_tag_search(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_terms terms;
  kz_rc rc = kz_misp_params_body(call, &err);
  kz_str name = kz_misp_param(call, KZ_STR("tagname")) ? KZ_STR("tagname")
                                                       : KZ_STR("tag");
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(call, name, &terms, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  uint32_t count = kz_dict_tag_count(dict_of(call));
  kz_jsonw_array(&out.w);
  for (uint32_t id = 1; id <= count; id++) {
    struct kz_tag tag;
    bool matches = false;
    if (kz_dict_tag_get(dict_of(call), id, &tag) != KZ_OK || is_gone(&tag)) {
      continue;
    }
    for (size_t i = 0; !matches && i < terms.any_count; i++) {
      matches = kz_misp_like(tag.name, terms.any[i]);
    }
    if (matches) {
      struct kz_tag whole = whole_tag(call, &tag);
      kz_jsonw_object(&out.w);
      kz_jsonw_key(&out.w, KZ_STR("Tag"));
      kz_misp_write_tag(&out.w, &whole, STYLE);
      kz_jsonw_object_end(&out.w);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}
