/* A sighting by value is of every attribute with that value that the caller
 * sees. */
#include "api/misp_sighting.h"

#include "api/misp_find.h"
#include "api/misp_hook.h"
#include "api/misp_org.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_sighting_as.h"
#include "api/misp_sightrule.h"
#include "api/misp_view.h"
#include "base/clock.h"
#include "format/misp_write.h"
#include "store/edit.h"
#include "store/lookup.h"
#include "store/object_rules.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum {
  TARGETS_MAX = 1000, /* attributes of one call */
};

struct target {
  uint64_t event;
  uint64_t attribute;
};

struct change {
  struct target targets[TARGETS_MAX];
  size_t count;
  struct kz_sighting sighting; /* as it was sent */
  struct kz_sighting first;    /* as the first was stored */
  uint64_t id;                 /* to delete */
};

static kz_rc apply_add(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc >= 0 && i < c->count; i++) {
    struct kz_sighting one = c->sighting;
    one.uuid = i == 0 ? one.uuid : KZ_UUID_NIL;
    rc = kz_edit_add_sighting(txn, c->targets[i].event, c->targets[i].attribute,
                              &one, err);
    if (i == 0) {
      c->first = one;
    }
  }
  return rc;
}

static kz_rc apply_delete(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct change *c = ctx;
  return kz_edit_delete_sighting(txn, c->targets[0].event,
                                 c->targets[0].attribute, c->id, err);
}

static kz_rc add_value(struct kz_misp_call *call, kz_str value,
                       struct change *c, struct kz_err *err) {
  struct kz_hit *hits = NULL;
  size_t count = 0;
  uint64_t total = 0;
  kz_rc rc =
      kz_lookup_hits(call->eye.view, &call->eye.user->viewer, value,
                     TARGETS_MAX, call->work, &hits, &count, &total, err);
  for (size_t i = 0; rc == KZ_OK && i < count && c->count < TARGETS_MAX; i++) {
    c->targets[c->count++] = (struct target){hits[i].event, hits[i].attribute};
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static kz_rc add_ref(struct kz_misp_call *call, kz_str ref, struct change *c,
                     struct kz_err *err) {
  struct kz_misp_place place;
  kz_rc rc = kz_misp_find(call, KZ_THING_ATTRIBUTE, ref, &place, err);
  if (rc == KZ_OK) {
    c->targets[c->count++] = (struct target){place.event, place.id};
  }
  return rc;
}

/* The attributes meant: by the path, by id or uuid, by values. */
static kz_rc find_targets(struct kz_misp_call *call, struct change *c,
                          struct kz_err *err) {
  static const char *const refs[] = {"id", "uuid"};
  static const char *const values[] = {"value", "values"};
  if (call->arg_count > 0) {
    return add_ref(call, call->args[0], c, err);
  }
  for (size_t i = 0; i < 2; i++) {
    kz_str ref = kz_misp_param_text(call, kz_str_of(refs[i]));
    if (ref.len > 0) {
      return add_ref(call, ref, c, err);
    }
  }
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < 2; i++) {
    struct kz_misp_terms t = {.any = NULL};
    kz_str one = kz_misp_param_text(call, kz_str_of(values[i]));
    if (one.len > 0) { /* as it stands: '!' and "&&" are parts of it */
      rc = add_value(call, one, c, err);
      continue;
    }
    rc = kz_misp_param_terms(call, kz_str_of(values[i]), &t, err);
    for (size_t k = 0; rc == KZ_OK && k < t.any_count; k++) {
      rc = add_value(call, t.any[k], c, err);
    }
  }
  return rc == KZ_OK && c->count == 0 ? KZ_NOT_FOUND : rc;
}

/* When it was: "timestamp", "date_sighting", or "date" and "time". */
static kz_rc read_when(struct kz_misp_call *call, struct kz_sighting *sighting,
                       struct kz_err *err) {
  kz_str when = kz_misp_param_text(call, KZ_STR("timestamp"));
  kz_str date = kz_misp_param_text(call, KZ_STR("date"));
  kz_str time = kz_misp_param_text(call, KZ_STR("time"));
  KZ_BUF(both, 256);
  if (when.len == 0) {
    when = kz_misp_param_text(call, KZ_STR("date_sighting"));
  }
  if (when.len == 0 && date.len > 0) {
    kz_buf_add_str(&both, date);
    if (time.len > 0) {
      kz_buf_add_byte(&both, 'T');
      kz_buf_add_str(&both, time);
    }
    when = kz_buf_str(&both);
  }
  if (when.len > 0 && kz_clock_parse_when(when, kz_clock_now_us(),
                                          &sighting->seen_us) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "Invalid date of the sighting");
  }
  return KZ_OK;
}

static kz_rc read_sighting(struct kz_misp_call *call,
                           struct kz_sighting *sighting, struct kz_err *err) {
  uint64_t type = kz_misp_param_number(call, KZ_STR("type"), 0);
  if (type > KZ_SIGHTING_EXPIRATION) {
    return kz_err_set(err, KZ_E_INPUT, "Invalid type of sighting");
  }
  sighting->kind = (enum kz_sighting_kind)type;
  sighting->source = kz_misp_param_text(call, KZ_STR("source"));
  sighting->org = call->eye.user->org;
  return read_when(call, sighting, err);
}

static void reply_sighting(struct kz_misp_call *call, const struct change *c) {
  KZ_MISP_OUT(out);
  const struct kz_attribute of = {.id = c->targets[0].attribute};
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Sighting"));
  kz_misp_write_sighting(&out.w, &c->first, &of, c->targets[0].event, STYLE);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_sighting_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct change *c = kz_arena_alloc(call->work, sizeof *c);
  kz_rc rc = c ? kz_misp_params_body(call, &err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = read_sighting(call, &c->sighting, &err);
  }
  if (rc == KZ_OK) {
    rc = find_targets(call, c, &err);
  }
  if (rc == KZ_NOT_FOUND) {
    kz_misp_not_saved(call, KZ_STR("Could not add Sighting"), KZ_STR_NONE,
                      KZ_STR("No valid attributes found that would match the "
                             "sighting criteria."));
    return;
  }
  if (rc == KZ_OK) {
    rc = kz_store_run(call->eye.house->store, apply_add, c, &err);
  }
  if (rc < 0) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_misp_tell(call, KZ_NOTICE_SIGHTING, KZ_NOTICE_ADD, c->targets[0].event,
               c->first.id);
  reply_sighting(call, c);
}

void kz_misp_sighting_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_place place;
  uint64_t attribute = 0;
  uint32_t org = 0;
  kz_rc rc = kz_misp_find_sighting(call, kz_misp_arg(call, 0), &place,
                                   &attribute, &org, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  if (!kz_misp_is_admin(call->eye.user) && org != call->eye.user->org.id) {
    kz_misp_not_yours(call);
    return;
  }
  struct change *c = kz_arena_alloc(call->work, sizeof *c);
  rc = c ? KZ_OK : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    c->targets[0] = (struct target){place.event, attribute};
    c->id = place.id;
    rc = kz_store_run(call->eye.house->store, apply_delete, c, &err);
  }
  if (rc < 0 || rc == KZ_NOT_FOUND) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Sighting successfully deleted."), 0);
}

/* --- lists -----------------------------------------------------------------
 */

/* Which sightings are wanted and where they are written. */
struct listing {
  struct kz_misp_call *call;
  struct kz_jsonw *w;
  uint64_t event;
  uint32_t owner;
  struct kz_sightrule rule;
  struct kz_object_rules rules; /* of the event's objects */
  uint64_t attribute;           /* only of this; 0: all */
  uint64_t org;                 /* only by this; 0: all */
  bool is_one;                  /* only this: */
  uint64_t one_id;
  struct kz_uuid one_uuid;
  int type;      /* -1: all */
  kz_str source; /* ptr NULL: all */
  int64_t from_us;
  int64_t to_us;
  bool wraps; /* as a search: in "Sighting", with what it is of */
  bool with_attribute;
  bool with_event;
  uint64_t count;
};

static bool is_wanted(const struct listing *l, const struct kz_sighting *s) {
  return kz_sightrule_sees(&l->rule, s->org.id) &&
         (!l->is_one || (l->one_id > 0 ? s->id == l->one_id
                                       : kz_uuid_eq(&s->uuid, &l->one_uuid))) &&
         (l->org == 0 || l->org == s->org.id) &&
         (l->type < 0 || l->type == (int)s->kind) &&
         (!l->source.ptr || kz_str_eq(l->source, s->source)) &&
         l->from_us <= s->seen_us && s->seen_us <= l->to_us;
}

static void write_event_short(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                              uint64_t id) {
  struct kz_event_entry e;
  char uuid[KZ_UUID_TEXT];
  if (kz_events_get(eye->view->events, id, &e) != KZ_OK) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&e.uuid, uuid));
  kz_jsonw_member_str(w, KZ_STR("info"), e.info);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), e.org);
  kz_jsonw_member_u64_str(w, KZ_STR("orgc_id"), e.orgc);
  kz_misp_write_orgs(w, eye, e.org, e.orgc);
  kz_jsonw_object_end(w);
}

static void write_one(struct listing *l, const struct kz_sighting *s,
                      const struct kz_attribute *a) {
  struct kz_jsonw *w = l->w;
  l->count++;
  if (!l->wraps) {
    kz_misp_write_sighting(w, s, a, l->event, STYLE);
    return;
  }
  KZ_BUF(inner, 1 << 28);
  struct kz_jsonw members;
  kz_jsonw_init(&members, &inner);
  kz_misp_write_sighting(&members, s, a, l->event, STYLE);
  kz_str text = kz_buf_str(&inner);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Sighting"));
  kz_jsonw_object(w);
  if (text.len > 2) {
    kz_jsonw_raw_members(w, (kz_str){text.ptr + 1, text.len - 2});
  }
  if (l->with_event) {
    write_event_short(w, &l->call->eye, l->event);
  }
  if (l->with_attribute) {
    struct kz_attribute plain = *a;
    plain.sighting_count = 0;
    kz_jsonw_key(w, KZ_STR("Attribute"));
    kz_misp_write_attribute(w, &plain, l->event, STYLE);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

/* By the attribute's rule and its object's. */
static bool sees(const struct listing *l, const struct kz_attribute *a) {
  const struct kz_viewer *viewer = &l->call->eye.user->viewer;
  const struct kz_object_rule *rule =
      kz_object_rules_find(&l->rules, a->object_id);
  return kz_viewer_sees_child(viewer, l->owner, a->distribution,
                              a->sharing_group_id) &&
         (!rule || kz_viewer_sees_child(viewer, l->owner, rule->distribution,
                                        rule->group));
}

static kz_rc visit(void *ctx, const struct kz_attribute *a,
                   struct kz_err *err) {
  (void)err;
  struct listing *l = ctx;
  if ((l->attribute != 0 && l->attribute != a->id) || a->deleted ||
      !sees(l, a)) {
    return KZ_OK;
  }
  for (size_t i = 0; i < a->sighting_count; i++) {
    if (is_wanted(l, &a->sightings[i])) {
      write_one(l, &a->sightings[i], a);
    }
  }
  return KZ_OK;
}

static kz_rc list_event(struct listing *l, uint64_t event, struct kz_err *err) {
  KZ_ARENA(walk, KZ_MISP_WORK_BYTES);
  struct kz_event_entry entry = {.org = 0};
  if (!walk) {
    return KZ_E_MEMORY;
  }
  if (kz_events_get(l->call->eye.view->events, event, &entry) != KZ_OK) {
    return KZ_OK;
  }
  l->event = event;
  l->owner = entry.org;
  struct kz_reading r = kz_misp_reading(&l->call->eye, walk);
  kz_rc rc = kz_misp_sightrule_make(&l->call->eye, event, &l->rule, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = kz_object_rules_read(&l->rules, &r, event, err);
  if (rc == KZ_OK) {
    rc = kz_read_attributes(&r, event,
                            (struct kz_read_options){.with_sightings = true},
                            visit, l, err);
  }
  kz_object_rules_done(&l->rules);
  return rc;
}

/* All events with a sighting that the caller may see. */
static kz_rc list_all(struct listing *l, struct kz_err *err) {
  enum { AT_ONCE = 1024 };
  const struct kz_misp_eye *eye = &l->call->eye;
  const struct kz_cond sighted = {.kind = KZ_COND_SIGHTED, .flag = true};
  const struct kz_query query = {.where = &sighted};
  struct kz_answer answer;
  uint64_t ids[AT_ONCE];
  uint64_t after = 0;
  size_t count = 0;
  kz_rc rc = kz_query_run(eye->view, kz_store_dict(eye->house->store),
                          &eye->user->viewer, &query, &answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  do {
    rc = kz_answer_events(&answer, after, AT_ONCE, ids, &count, err);
    for (size_t i = 0; rc == KZ_OK && i < count; i++) {
      after = ids[i];
      rc = list_event(l, ids[i], err);
    }
  } while (rc == KZ_OK && count == AT_ONCE);
  kz_answer_done(&answer);
  return rc;
}

/* The organisation of the parameter org_id: a number, uuid or name. 0: none was
 * given; one that is not known is nobody's. */
static uint64_t wanted_org(struct kz_misp_call *call) {
  kz_str ref = kz_misp_param_text(call, KZ_STR("org_id"));
  uint64_t number = 0;
  uint32_t id = 0;
  if (ref.len == 0) {
    return 0;
  }
  if (kz_str_u64(ref, &number) == KZ_OK) {
    return number;
  }
  struct kz_dict *dict = kz_store_dict(call->eye.house->store);
  return kz_dict_org_find(dict, ref, &id) == KZ_OK ? id : UINT64_MAX;
}

/* Lists what is of `ref`, an event or an attribute; without a context the
 * sighting `ref`, or everything. */
static kz_rc list(struct listing *l, kz_str context, kz_str ref,
                  struct kz_err *err) {
  struct kz_misp_place place;
  if (ref.len > 0 && context.len == 0) {
    l->is_one = true;
    if (kz_uuid_parse(ref, &l->one_uuid) != KZ_OK &&
        (kz_str_u64(ref, &l->one_id) != KZ_OK || l->one_id == 0)) {
      return KZ_OK;
    }
  }
  if (ref.len == 0 || context.len == 0) {
    return list_all(l, err);
  }
  bool is_event = !kz_str_eq(context, KZ_STR("attribute"));
  kz_rc rc =
      kz_misp_find(l->call, is_event ? KZ_THING_EVENT : KZ_THING_ATTRIBUTE, ref,
                   &place, err);
  if (rc != KZ_OK) {
    return rc;
  }
  l->attribute = is_event ? 0 : place.id;
  return list_event(l, place.event, err);
}

void kz_misp_sighting_list(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  kz_str ref = kz_misp_param_text(call, KZ_STR("id"));
  kz_str context = kz_misp_param_text(call, KZ_STR("context"));
  struct listing l = {
      .call = call,
      .w = &out.w,
      .org = wanted_org(call),
      .type = -1,
      .from_us = INT64_MIN,
      .to_us = INT64_MAX,
  };
  kz_jsonw_array(&out.w);
  if (rc == KZ_OK) {
    rc = list(&l, context.len > 0 ? context : KZ_STR("attribute"), ref, &err);
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Object", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* A time that bounds the search; false when it is none. */
static bool read_bound(struct kz_misp_call *call, const char *name,
                       int64_t *ret) {
  kz_str text = kz_misp_param_text(call, kz_str_of(name));
  return text.len == 0 ||
         kz_clock_parse_when(text, kz_clock_now_us(), ret) == KZ_OK;
}

void kz_misp_sighting_search(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_params_body(call, &err);
  uint64_t type = kz_misp_param_number(call, KZ_STR("type"), UINT64_MAX);
  kz_str ref = kz_misp_param_text(call, KZ_STR("id"));
  if (ref.len == 0) {
    ref = kz_misp_param_text(call, KZ_STR("uuid"));
  }
  struct listing l = {
      .call = call,
      .w = &out.w,
      .org = wanted_org(call),
      .type = type <= KZ_SIGHTING_EXPIRATION ? (int)type : -1,
      .source = kz_misp_param_text(call, KZ_STR("source")),
      .from_us = INT64_MIN,
      .to_us = INT64_MAX,
      .wraps = true,
      .with_attribute =
          kz_misp_param_flag(call, KZ_STR("includeAttribute"), false),
      .with_event = kz_misp_param_flag(call, KZ_STR("includeEvent"), false),
  };
  kz_misp_write_search_begin(&out.w, KZ_MISP_SCOPE_WRAPPED);
  if (rc == KZ_OK && read_bound(call, "from", &l.from_us) &&
      read_bound(call, "last", &l.from_us) &&
      read_bound(call, "to", &l.to_us)) {
    rc = list(&l, kz_misp_arg(call, 0), ref, &err);
  }
  kz_misp_write_search_end(&out.w, KZ_MISP_SCOPE_WRAPPED);
  if (rc < 0) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_misp_sightings_send(call, &out);
}
