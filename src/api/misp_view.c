/* An event is read whole and then pruned in place: one pass over what is in
 * memory anyway, and no second set of readers. */
#include "api/misp_view.h"

#include <stdlib.h>

#include "api/misp_cluster_view.h"
#include "api/misp_find.h"
#include "api/misp_group.h"
#include "api/misp_opinions.h"
#include "api/misp_proposed.h"
#include "api/misp_related.h"
#include "api/misp_shape.h"
#include "api/misp_sightrule.h"
#include "api/misp_template.h"
#include "api/misp_tidy.h"
#include "api/misp_warned.h"
#include "base/clock.h"
#include "format/misp_write.h"
#include "store/sight.h"
#include "store/store.h"
#include "work/mark.h"
#include "work/show.h"
#include "work/sync_hop.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum { GROUP_BYTES = 16 << 20 /* of a sharing group with all in it */ };

enum { GALAXIES_KEPT = 32 };

/* What a pruning is made with. */
/* Galaxies of a tag that is a thing's only cluster: of an event's attributes
 * many have the same. */
struct known_galaxy {
  uint32_t tag; /* 0: none */
  kz_str member;
};

struct prune {
  const struct kz_misp_eye *eye;
  const struct kz_misp_look *look;
  struct kz_arena *arena;
  uint32_t owner;
  struct kz_misp_proposals proposals;
  struct kz_sightrule sightings;
  struct known_galaxy galaxies[GALAXIES_KEPT];
  kz_rc rc;       /* the first failure: what is pruned is completed, too */
  uint64_t group; /* the last one written; 0: none yet */
  kz_str group_member;
};

static bool sees(const struct prune *p, uint8_t distribution, uint64_t group) {
  return kz_viewer_sees_child(&p->eye->user->viewer, p->owner, distribution,
                              group);
}

static bool fits_deleted(const struct prune *p, bool deleted) {
  const struct kz_viewer *viewer = &p->eye->user->viewer;
  if (deleted && !kz_viewer_sees_deleted(viewer, p->owner)) {
    return false;
  }
  return p->look->deleted == KZ_DELETED_BOTH ||
         deleted == (p->look->deleted == KZ_DELETED_ONLY);
}

static bool is_unwanted(const struct prune *p, const struct kz_attribute *a) {
  for (size_t i = 0; i < a->tag_count; i++) {
    for (size_t k = 0; k < p->look->unwanted_count; k++) {
      if (a->tags[i].tag.id == p->look->unwanted[k]) {
        return true;
      }
    }
  }
  return false;
}

static bool stays(const struct prune *p, const struct kz_attribute *a) {
  return fits_deleted(p, a->deleted) &&
         sees(p, a->distribution, a->sharing_group_id) &&
         (p->look->to_ids < 0 || a->to_ids == (p->look->to_ids == 1)) &&
         !is_unwanted(p, a) &&
         !(p->look->drops_harmless &&
           kz_marks_find_any(p->eye->house->false_positives, a->type, a->value,
                             NULL)) &&
         !(p->look->enforce_warnings &&
           kz_warn_trips(p->look->warn, a->type, a->value));
}

/* MISP never shows a tag that is not for export where it is attached. */
static void prune_tags(const struct prune *p, struct kz_tag_use *tags,
                       size_t *count) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    if (tags[i].tag.exportable && !(p->look->no_local_tags && tags[i].local)) {
      tags[kept] = tags[i];
      kz_misp_tidy_colour(&tags[kept++].tag, p->arena);
    }
  }
  *count = kept;
}

static void prune_sightings(const struct prune *p, struct kz_attribute *a) {
  size_t kept = 0;
  for (size_t i = 0; p->look->sightings && i < a->sighting_count; i++) {
    if (kz_sightrule_sees(&p->sightings, a->sightings[i].org.id)) {
      a->sightings[kept++] = a->sightings[i];
    }
  }
  a->sighting_count = kept;
}

static void add_opinions(struct prune *p, const struct kz_uuid *thing,
                         kz_str *extra) {
  if (p->rc == KZ_OK) {
    p->rc = kz_misp_show_opinions(p->eye, thing, extra, p->arena, NULL);
  }
}

/* The sharing group that a part is for, as other servers name it. */
static void add_group(struct prune *p, uint8_t distribution, uint64_t group,
                      kz_str *extra) {
  KZ_BUF(text, GROUP_BYTES);
  struct kz_jsonw w;
  kz_str member = KZ_STR_NONE;
  if (distribution != KZ_DIST_GROUP) {
    return;
  }
  if (group == p->group) { /* mostly it is that of the part before */
    *extra = kz_misp_join_members(*extra, p->group_member, p->arena);
    return;
  }
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  kz_misp_write_group_member(&w, p->eye, group, p->arena);
  kz_jsonw_object_end(&w);
  kz_str braced = kz_buf_str(&text);
  if (kz_buf_failed(&text) ||
      kz_arena_dup(p->arena, (kz_str){braced.ptr + 1, braced.len - 2},
                   &member) != KZ_OK) {
    p->rc = KZ_E_MEMORY;
    return;
  }
  p->group = group;
  p->group_member = member;
  *extra = kz_misp_join_members(*extra, member, p->arena);
}

static size_t count_cluster_tags(const struct kz_tag_use *tags, size_t count,
                                 const struct kz_tag_use **ret_last) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    if (kz_misp_is_cluster_tag(tags[i].tag.name)) {
      *ret_last = &tags[i];
      found++;
    }
  }
  return found;
}

/* The member "Galaxy" of a thing with `clusters` tags of clusters, of which
 * `last` is one. */
static kz_str galaxies_of(struct prune *p, const struct kz_tag_use *tags,
                          size_t count, size_t clusters,
                          const struct kz_tag_use *last) {
  if (clusters != 1 || last->local || last->relationship.len > 0) {
    return kz_misp_galaxies_member(p->eye, tags, count, p->arena);
  }
  struct known_galaxy *known = &p->galaxies[last->tag.id % GALAXIES_KEPT];
  if (known->tag != last->tag.id || last->tag.id == 0) {
    known->member = kz_misp_galaxies_member(p->eye, last, 1, p->arena);
    known->tag = last->tag.id;
  }
  return known->member;
}

/* The clusters that tags stand for. Where our libraries know none of them, what
 * the sender said of them is shown, as long as there are such tags. */
static void add_galaxies(struct prune *p, const struct kz_tag_use *tags,
                         size_t count, kz_str *extra) {
  const struct kz_tag_use *last = NULL;
  kz_str galaxy = KZ_STR("Galaxy");
  kz_str none = KZ_STR("\"Galaxy\":[]");
  bool is_sent = kz_misp_has_member(*extra, galaxy, NULL);
  size_t clusters = count_cluster_tags(tags, count, &last);
  kz_str ours = p->look->no_galaxies ? KZ_STR_NONE
                : clusters == 0      ? none
                                : galaxies_of(p, tags, count, clusters, last);
  if (is_sent && kz_str_eq(ours, none) && clusters > 0) {
    return;
  }
  if (is_sent) {
    *extra = kz_misp_drop_member(*extra, galaxy, p->arena);
  }
  *extra = kz_misp_join_members(*extra, ours, p->arena);
}

/* Lists that MISP always sends; of the proposals those about the attribute
 * `old_id`, 0: about new ones. */
static void complete(const struct prune *p, uint64_t old_id, kz_str *extra) {
  if (!kz_misp_has_member(*extra, KZ_STR("ShadowAttribute"), NULL)) {
    kz_str member =
        kz_misp_proposals_member(p->eye, &p->proposals, old_id, p->arena);
    *extra = kz_misp_join_members(*extra, member, p->arena);
  }
}

static void prune_attribute(struct prune *p, struct kz_attribute *a) {
  prune_tags(p, a->tags, &a->tag_count);
  prune_sightings(p, a);
  add_galaxies(p, a->tags, a->tag_count, &a->extra);
  complete(p, a->id, &a->extra);
  add_opinions(p, &a->uuid, &a->extra);
  add_group(p, a->distribution, a->sharing_group_id, &a->extra);
  if (p->look->warnings) {
    kz_misp_warn_attribute(p->look->warn, a, p->arena);
  }
}

static void prune_attributes(struct prune *p, struct kz_attribute *list,
                             size_t *count) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    if (stays(p, &list[i])) {
      list[kept] = list[i];
      prune_attribute(p, &list[kept++]);
    }
  }
  *count = kept;
}

static void prune_references(const struct prune *p, struct kz_object *o) {
  size_t kept = 0;
  for (size_t i = 0; i < o->reference_count; i++) {
    if (fits_deleted(p, o->references[i].deleted)) {
      o->references[kept++] = o->references[i];
    }
  }
  o->reference_count = kept;
}

static void prune_objects(struct prune *p, struct kz_event *e) {
  size_t kept = 0;
  for (size_t i = 0; i < e->object_count; i++) {
    struct kz_object *o = &e->objects[i];
    if (!sees(p, o->distribution, o->sharing_group_id)) {
      continue;
    }
    prune_attributes(p, o->attributes, &o->attribute_count);
    prune_references(p, o);
    if (fits_deleted(p, o->deleted) ||
        (p->look->deleted == KZ_DELETED_ONLY && o->attribute_count > 0)) {
      add_opinions(p, &o->uuid, &o->extra);
      add_group(p, o->distribution, o->sharing_group_id, &o->extra);
      e->objects[kept++] = *o;
    }
  }
  e->object_count = kept;
}

static void prune_reports(struct prune *p, struct kz_event *e) {
  size_t kept = 0;
  for (size_t i = 0; i < e->report_count; i++) {
    struct kz_report *r = &e->reports[i];
    if (fits_deleted(p, r->deleted) &&
        sees(p, r->distribution, r->sharing_group_id)) {
      prune_tags(p, r->tags, &r->tag_count);
      add_opinions(p, &r->uuid, &r->extra);
      add_group(p, r->distribution, r->sharing_group_id, &r->extra);
      e->reports[kept++] = *r;
    }
  }
  e->report_count = kept;
}

/* The event itself, without what lies in it. */
static void prune_head(struct prune *p, struct kz_event *e) {
  if (!kz_show_creator(&p->eye->user->viewer, e)) {
    e->creator_email = KZ_STR_NONE;
  }
  prune_tags(p, e->tags, &e->tag_count);
  add_galaxies(p, e->tags, e->tag_count, &e->extra);
  complete(p, 0, &e->extra);
  add_opinions(p, &e->uuid, &e->extra);
}

/* Looks up what is of the event. */
static kz_rc fill(struct kz_misp_memo *memo, const struct kz_misp_eye *eye,
                  const struct kz_misp_look *look, uint64_t event,
                  struct kz_err *err) {
  kz_rc rc = KZ_OK;
  memo->event = event;
  if (look->sightings) {
    rc = kz_misp_sightrule_make(eye, event, &memo->sightings, err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_proposals_read(eye, event, memo->arena, &memo->proposals, err);
  }
  memo->is_filled = rc == KZ_OK;
  return rc;
}

static bool is_of(const struct kz_misp_memo *memo, uint64_t event) {
  return memo->is_filled && memo->event == event;
}

static kz_rc begin_pruning(struct prune *p, const struct kz_misp_eye *eye,
                           const struct kz_misp_look *look,
                           struct kz_arena *arena, uint64_t event,
                           struct kz_err *err) {
  struct kz_event_entry entry = {.org = 0};
  *p = (struct prune){.eye = eye, .look = look, .arena = arena};
  if (kz_events_get(eye->view->events, event, &entry) == KZ_OK) {
    p->owner = entry.org;
  }
  struct kz_misp_memo own = {.arena = arena};
  struct kz_misp_memo *memo = look->memo ? look->memo : &own;
  kz_rc rc = KZ_OK;
  if (!is_of(memo, event)) {
    if (look->memo) {
      kz_arena_reset(memo->arena);
    }
    rc = fill(memo, eye, look, event, err);
  }
  p->sightings = memo->sightings;
  p->proposals = memo->proposals;
  return rc;
}

kz_rc kz_misp_read_whole(const struct kz_misp_eye *eye, uint64_t event,
                         const struct kz_misp_look *look,
                         struct kz_arena *arena, struct kz_event *ret,
                         struct kz_err *err) {
  struct kz_reading r = kz_misp_reading(eye, arena);
  struct prune p;
  uint64_t live = 0;
  kz_rc rc = begin_pruning(&p, eye, look, arena, event, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (look->metadata) {
    rc = kz_read_header(&r, event, ret, &live, err);
    live -= kz_sight_hidden(eye->view, &eye->user->viewer, event);
    ret->attribute_count = (size_t)live;
    ret->attributes = NULL;
  } else {
    rc = kz_read_event(
        &r, event,
        (struct kz_read_options){.with_sightings = look->sightings,
                                 .with_data = look->data},
        ret, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  prune_head(&p, ret);
  if (!look->metadata) {
    prune_attributes(&p, ret->attributes, &ret->attribute_count);
    prune_objects(&p, ret);
    prune_reports(&p, ret);
    kz_misp_decay_event(&look->decay, ret, arena);
  }
  if (!look->metadata && look->warnings) {
    kz_misp_warn_event(look->warn, ret, arena);
  }
  return p.rc;
}

/* What comes behind the attributes. */
static void write_rest(struct kz_jsonw *w, const struct kz_event *event) {
  kz_jsonw_key(w, KZ_STR("Object"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->object_count; i++) {
    kz_misp_write_object(w, &event->objects[i], event->id, STYLE);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("EventReport"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->report_count; i++) {
    kz_misp_write_report(w, &event->reports[i], event->id, STYLE);
  }
  kz_jsonw_array_end(w);
}

static void write_children(struct kz_jsonw *w, const struct kz_event *event) {
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < event->attribute_count; i++) {
    kz_misp_write_attribute(w, &event->attributes[i], event->id, STYLE);
  }
  kz_jsonw_array_end(w);
  write_rest(w, event);
}

kz_rc kz_misp_write_whole(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                          const struct kz_misp_look *look,
                          struct kz_event *event, struct kz_arena *arena,
                          struct kz_err *err) {
  kz_misp_write_event_head(w, event, STYLE);
  if (event->distribution == KZ_DIST_GROUP) {
    kz_misp_write_group_member(w, eye, event->sharing_group_id, arena);
  }
  kz_rc rc =
      kz_misp_related_events(w, eye, look->correlations, event->id, arena, err);
  if (rc == KZ_OK && !look->metadata && kz_user_may(eye->user, KZ_PERM_SYNC)) {
    rc = kz_hop_groups(eye->house->groups, kz_store_dict(eye->house->store),
                       event, true, arena, err);
  }
  if (!look->metadata) {
    write_children(w, event);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return rc;
}

/* --- in parts --------------------------------------------------------------
 */

struct kz_misp_parts {
  const struct kz_misp_eye *eye;
  const struct kz_misp_look *look;
  struct kz_arena *arena; /* of the event */
  struct kz_arena *item;  /* of a part */
  struct kz_arena *walk;  /* of a chunk */
  struct kz_event event;  /* without attributes */
  uint64_t from;          /* attribute to go on with */
};

/* A part while it is written. */
struct part {
  struct kz_misp_parts *parts;
  struct prune prune;
  struct kz_jsonw *w;
  size_t count;
};

/* Only what shows all that the eye sees knows the number of attributes before
 * they are read, and an event's warnings are those of all its attributes. */
static bool fits_parts(const struct kz_misp_look *look) {
  return !look->metadata && !look->warnings && look->deleted == KZ_DELETED_NO &&
         look->to_ids < 0 && look->unwanted_count == 0 &&
         !look->enforce_warnings && !look->drops_harmless &&
         !look->decay.models;
}

void kz_misp_parts_free(struct kz_misp_parts *parts) {
  if (parts) {
    kz_arena_free(parts->walk);
    kz_arena_free(parts->item);
    kz_arena_free(parts->arena);
    free(parts);
  }
}

static struct kz_misp_parts *new_parts(const struct kz_misp_eye *eye,
                                       const struct kz_misp_look *look) {
  struct kz_misp_parts *parts = calloc(1, sizeof *parts);
  if (!parts) {
    return NULL;
  }
  parts->eye = eye;
  parts->look = look;
  parts->arena = kz_arena_new(KZ_MISP_WORK_BYTES);
  parts->item = kz_arena_new(KZ_MISP_WORK_BYTES);
  parts->walk = kz_arena_new(KZ_MISP_WORK_BYTES);
  if (!parts->arena || !parts->item || !parts->walk) {
    kz_misp_parts_free(parts);
    return NULL;
  }
  return parts;
}

/* Of the reports, or of the one attribute, that the event holds. */
static kz_rc add_groups(const struct kz_misp_parts *parts,
                        struct kz_event *event, struct kz_arena *arena,
                        struct kz_err *err) {
  const struct kz_misp_eye *eye = parts->eye;
  return kz_user_may(eye->user, KZ_PERM_SYNC)
             ? kz_hop_groups(eye->house->groups,
                             kz_store_dict(eye->house->store), event, true,
                             arena, err)
             : KZ_OK;
}

static kz_rc begin_parts(struct kz_misp_parts *parts, struct kz_jsonw *w,
                         uint64_t live, struct kz_err *err) {
  const struct kz_misp_eye *eye = parts->eye;
  struct kz_event *e = &parts->event;
  struct prune p;
  kz_rc rc = begin_pruning(&p, eye, parts->look, parts->arena, e->id, err);
  if (rc != KZ_OK) {
    return rc;
  }
  prune_head(&p, e);
  prune_reports(&p, e);
  rc = p.rc == KZ_OK ? add_groups(parts, e, parts->arena, err) : p.rc;
  if (rc != KZ_OK) {
    return rc;
  }
  e->attribute_count = (size_t)live; /* the head tells it */
  kz_misp_write_event_head(w, e, STYLE);
  e->attribute_count = 0;
  if (e->distribution == KZ_DIST_GROUP) {
    kz_misp_write_group_member(w, eye, e->sharing_group_id, parts->arena);
  }
  rc = kz_misp_related_events(w, eye, parts->look->correlations, e->id,
                              parts->arena, err);
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  return rc;
}

kz_rc kz_misp_parts_begin(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                          const struct kz_misp_look *look, uint64_t event,
                          struct kz_arena *scratch, struct kz_misp_parts **ret,
                          struct kz_err *err) {
  struct kz_reading r = kz_misp_reading(eye, scratch);
  struct kz_event head;
  uint64_t live = 0;
  if (!fits_parts(look)) {
    return KZ_UNCHANGED;
  }
  kz_rc rc = kz_read_header(&r, event, &head, &live, err);
  if (rc != KZ_OK || live <= KZ_MISP_PART_ROWS) {
    return rc == KZ_OK ? KZ_UNCHANGED : rc;
  }
  struct kz_misp_parts *parts = new_parts(eye, look);
  if (!parts) {
    return kz_err_set(err, KZ_E_MEMORY, "event: out of memory");
  }
  r = kz_misp_reading(eye, parts->arena);
  rc = kz_read_frame(&r, event, &parts->event, err);
  live -= kz_sight_hidden(eye->view, &eye->user->viewer, event);
  if (rc == KZ_OK) {
    rc = parts->event.object_count > 0 ? KZ_UNCHANGED
                                       : begin_parts(parts, w, live, err);
  }
  if (rc != KZ_OK) {
    kz_misp_parts_free(parts);
    return rc;
  }
  *ret = parts;
  return KZ_OK;
}

static kz_rc write_row(void *ctx, const struct kz_attribute *found,
                       struct kz_err *err) {
  struct part *part = ctx;
  struct kz_misp_parts *parts = part->parts;
  struct kz_attribute a = *found;
  if (part->count == KZ_MISP_PART_ROWS) {
    parts->from = found->id;
    return KZ_UNCHANGED;
  }
  part->count++;
  if (!stays(&part->prune, &a)) {
    return KZ_OK;
  }
  struct kz_event only = parts->event;
  only.report_count = 0;
  only.attributes = &a;
  only.attribute_count = 1;
  prune_attribute(&part->prune, &a);
  kz_rc rc = part->prune.rc;
  if (rc == KZ_OK && a.distribution == KZ_DIST_GROUP) {
    rc = add_groups(parts, &only, parts->item, err);
  }
  if (rc == KZ_OK) {
    kz_misp_write_attribute(part->w, &a, parts->event.id, STYLE);
  }
  return rc;
}

kz_rc kz_misp_parts_next(struct kz_misp_parts *parts, struct kz_jsonw *w,
                         struct kz_err *err) {
  struct part part = {.parts = parts, .w = w};
  kz_arena_reset(parts->item);
  kz_arena_reset(parts->walk);
  uint64_t event = parts->event.id;
  kz_rc rc = begin_pruning(&part.prune, parts->eye, parts->look, parts->item,
                           event, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_reading r = kz_misp_reading(parts->eye, parts->walk);
  rc = kz_read_attributes(
      &r, event,
      (struct kz_read_options){.with_sightings = parts->look->sightings,
                               .with_data = parts->look->data,
                               .from = parts->from},
      write_row, &part, err);
  if (rc != KZ_OK) {
    return rc == KZ_UNCHANGED ? KZ_OK : rc;
  }
  kz_jsonw_array_end(w);
  write_rest(w, &parts->event);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return KZ_END;
}

kz_rc kz_misp_read_one(const struct kz_misp_eye *eye, uint64_t event,
                       uint64_t attribute, const struct kz_misp_look *look,
                       struct kz_arena *arena, struct kz_attribute *ret,
                       struct kz_err *err) {
  struct kz_reading r = kz_misp_reading(eye, arena);
  struct prune p;
  kz_rc rc = begin_pruning(&p, eye, look, arena, event, err);
  if (rc == KZ_OK) {
    rc = kz_read_attribute(
        &r, event, attribute,
        (struct kz_read_options){.with_sightings = look->sightings,
                                 .with_data = look->data},
        ret, err);
  }
  if (rc == KZ_OK) {
    prune_attribute(&p, ret);
    rc = p.rc;
  }
  return rc;
}

/* The attributes of one object of an event of any size. */
struct gather {
  const struct prune *prune;
  const struct kz_misp_eye *eye;
  struct kz_object *object;
  uint64_t event;
  size_t room;
};

static kz_rc gather_one(void *ctx, const struct kz_attribute *a,
                        struct kz_err *err) {
  struct gather *g = ctx;
  if (a->object_id != g->object->id || !stays(g->prune, a)) {
    return KZ_OK;
  }
  struct kz_object *o = g->object;
  if (o->attribute_count == g->room) {
    size_t room = g->room ? g->room * 2 : 16;
    struct kz_attribute *more =
        kz_arena_array(g->prune->arena, room, sizeof *more);
    if (!more) {
      return kz_err_set(err, KZ_E_MEMORY, "object: out of memory");
    }
    for (size_t i = 0; i < o->attribute_count; i++) {
      more[i] = o->attributes[i];
    }
    o->attributes = more;
    g->room = room;
  }
  return kz_misp_read_one(g->eye, g->event, a->id, g->prune->look,
                          g->prune->arena, &o->attributes[o->attribute_count++],
                          err);
}

kz_rc kz_misp_read_object_whole(const struct kz_misp_eye *eye, uint64_t event,
                                uint64_t object,
                                const struct kz_misp_look *look,
                                struct kz_arena *arena, struct kz_object *ret,
                                struct kz_err *err) {
  KZ_ARENA(walk, KZ_MISP_WORK_BYTES);
  if (!walk) {
    return kz_err_set(err, KZ_E_MEMORY, "object: out of memory");
  }
  struct kz_reading r = kz_misp_reading(eye, arena);
  struct prune p;
  kz_rc rc = begin_pruning(&p, eye, look, arena, event, err);
  if (rc == KZ_OK) {
    rc = kz_read_object(&r, event, object, ret, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  ret->attributes = NULL;
  ret->attribute_count = 0;
  struct gather g = {.prune = &p, .eye = eye, .object = ret, .event = event};
  struct kz_reading walking = kz_misp_reading(eye, walk);
  rc = kz_read_attributes(&walking, event, (struct kz_read_options){0},
                          gather_one, &g, err);
  prune_references(&p, ret);
  add_opinions(&p, &ret->uuid, &ret->extra);
  return rc == KZ_OK ? p.rc : rc;
}

void kz_misp_reply_event(struct kz_misp_call *call, uint64_t event,
                         const struct kz_misp_look *look) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_event whole;
  kz_misp_renew(call);
  kz_rc rc =
      kz_misp_read_whole(&call->eye, event, look, call->work, &whole, &err);
  if (rc == KZ_OK) {
    rc =
        kz_misp_write_whole(&out.w, &call->eye, look, &whole, call->work, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

void kz_misp_reply_attribute(struct kz_misp_call *call, uint64_t event,
                             uint64_t attribute) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_attribute a;
  kz_misp_renew(call);
  kz_rc rc = kz_misp_read_one(&call->eye, event, attribute, &KZ_MISP_LOOK,
                              call->work, &a, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
    return;
  }
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Attribute"));
  kz_misp_write_attribute(&out.w, &a, event, STYLE);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_reply_object(struct kz_misp_call *call, uint64_t event,
                          uint64_t object) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_look look = KZ_MISP_LOOK;
  struct kz_object o;
  kz_misp_renew(call);
  kz_rc rc = kz_misp_read_object_whole(&call->eye, event, object, &look,
                                       call->work, &o, &err);
  if (rc == KZ_OK && o.deleted) {
    look.deleted = KZ_DELETED_BOTH;
    rc = kz_misp_read_object_whole(&call->eye, event, object, &look, call->work,
                                   &o, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Object", rc, &err);
    return;
  }
  kz_misp_template_warn(call, &o, call->work);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Object"));
  kz_misp_write_object(&out.w, &o, event, STYLE);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}
