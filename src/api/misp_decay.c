#include "api/misp_decay.h"

#include <stdlib.h>

#include "api/misp_catalog.h"
#include "api/misp_library.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "base/clock.h"

enum { MEMBER_BYTES = 1 << 20, NUMBER_TEXT = 64 };

/* --- models ----------------------------------------------------------------
 */

/* {"DecayingModel":{...}}: the document with its number as a text. */
static void write_model(struct kz_jsonw *w, uint64_t id,
                        const struct kz_jsonv *model, bool is_whole) {
  (void)is_whole;
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("DecayingModel"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_bool(w, KZ_STR("default"), true);
  kz_jsonw_member_bool(w, KZ_STR("all_orgs"), true);
  for (const struct kz_jsonv *m = model->first; m; m = m->next) {
    if (kz_str_eq(m->name, KZ_STR("id"))) {
      continue;
    }
    kz_jsonw_key(w, m->name);
    if (m->kind == KZ_JSON_NUMBER) {
      kz_jsonw_str(w, m->text);
    } else {
      kz_jsonv_write(m, w);
    }
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static struct kz_misp_catalog face_of(const struct kz_misp_call *call) {
  return (struct kz_misp_catalog){.catalog = call->eye.house->models,
                                  .noun = "Decaying Model",
                                  .write = write_model};
}

void kz_misp_model_index(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_index(call, &face);
}

void kz_misp_model_view(struct kz_misp_call *call) {
  const struct kz_misp_catalog face = face_of(call);
  kz_misp_catalog_view(call, &face);
}

static void set(struct kz_misp_call *call, bool on) {
  const struct kz_misp_catalog face = face_of(call);
  if (!kz_user_may(call->eye.user, KZ_PERM_DECAYING)) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_misp_catalog_enable(call, &face, on);
}

void kz_misp_model_enable(struct kz_misp_call *call) {
  set(call, true);
}

void kz_misp_model_disable(struct kz_misp_call *call) {
  set(call, false);
}

void kz_misp_model_update(struct kz_misp_call *call) {
  kz_misp_library_update(
      call, &(struct kz_misp_update){
                .kinds = KZ_LIBRARY_BIT(KZ_LIBRARY_MODEL),
                .noun = "decaying models",
                .current = "All decaying models are up to date already.",
                .done = "Default decaying models updated."});
}

/* --- searching -------------------------------------------------------------
 */

static bool read_number(kz_str value, double *ret) {
  char text[NUMBER_TEXT];
  char *end = NULL;
  if (value.len == 0 || value.len >= sizeof text) {
    return false;
  }
  for (size_t i = 0; i < value.len; i++) {
    text[i] = value.ptr[i];
  }
  text[value.len] = '\0';
  *ret = strtod(text, &end);
  return end == text + value.len;
}

/* An object, or a text that holds one. */
static kz_rc read_overrides(const struct kz_misp_call *call,
                            struct kz_arena *arena, const struct kz_jsonv **ret,
                            struct kz_err *err) {
  const struct kz_misp_param *p = kz_misp_param(call, KZ_STR("modelOverrides"));
  struct kz_jsonv *object = NULL;
  kz_str text = p ? (p->raw.len > 0 ? p->raw : p->text) : KZ_STR_NONE;
  if (text.len == 0) {
    return KZ_OK;
  }
  kz_rc rc = kz_jsonv_parse(text, arena, &object, err);
  if (rc == KZ_OK && object->kind == KZ_JSON_OBJECT) {
    *ret = object;
  }
  return rc;
}

kz_rc kz_misp_decay_read(struct kz_misp_call *call, struct kz_arena *arena,
                         struct kz_misp_decay *ret, struct kz_err *err) {
  struct kz_decay_question q = {.catalog = call->eye.house->models,
                                .taxonomies = call->eye.house->taxonomies,
                                .now_us = kz_clock_now_us()};
  struct kz_misp_terms models;
  *ret = (struct kz_misp_decay){
      .tells = kz_misp_param_flag(call, KZ_STR("includeDecayScore"), false),
      .excludes = kz_misp_param_flag(call, KZ_STR("excludeDecayed"), false)};
  if (!ret->tells && !ret->excludes) {
    return KZ_OK;
  }
  kz_rc rc = kz_misp_param_terms(call, KZ_STR("decayingModel"), &models, err);
  if (rc == KZ_OK) {
    rc = read_overrides(call, arena, &q.overrides, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  q.models = models.any;
  q.model_count = models.any_count;
  q.has_threshold =
      read_number(kz_misp_param_text(call, KZ_STR("score")), &q.threshold);
  return kz_decaying_open(&q, arena, &ret->models, err);
}

static void write_result(struct kz_jsonw *w, const struct kz_decay_result *r) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("score"));
  kz_jsonw_double(w, r->score);
  kz_jsonw_key(w, KZ_STR("base_score"));
  kz_jsonw_double(w, r->base_score);
  kz_jsonw_member_bool(w, KZ_STR("decayed"), r->is_decayed);
  kz_jsonw_key(w, KZ_STR("DecayingModel"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), r->model);
  kz_jsonw_member_str(w, KZ_STR("uuid"), r->uuid);
  kz_jsonw_member_str(w, KZ_STR("name"), r->name);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

bool kz_misp_decay_attribute(const struct kz_misp_decay *decay,
                             const struct kz_event *event,
                             struct kz_attribute *a, struct kz_arena *arena) {
  const struct kz_decay_result *results = NULL;
  if (!decay->models) {
    return true;
  }
  size_t count = kz_decaying_score(decay->models, a, event->tags,
                                   event->tag_count, &results);
  size_t decayed = 0;
  KZ_BUF(member, MEMBER_BYTES);
  struct kz_jsonw w;
  kz_str kept = KZ_STR_NONE;
  kz_buf_add_str(&member, KZ_STR("\"decay_score\":"));
  kz_jsonw_init(&w, &member);
  kz_jsonw_array(&w);
  for (size_t i = 0; i < count; i++) {
    decayed += results[i].is_decayed;
    write_result(&w, &results[i]);
  }
  kz_jsonw_array_end(&w);
  if (decay->tells && count > 0 && !kz_buf_failed(&member) &&
      kz_arena_dup(arena, kz_buf_str(&member), &kept) == KZ_OK) {
    a->extra = kz_misp_join_members(a->extra, kept, arena);
  }
  return !decay->excludes || count == 0 || decayed < count;
}

static void decay_all(const struct kz_misp_decay *decay,
                      const struct kz_event *event,
                      struct kz_attribute *attributes, size_t *count,
                      struct kz_arena *arena) {
  size_t kept = 0;
  for (size_t i = 0; i < *count; i++) {
    if (kz_misp_decay_attribute(decay, event, &attributes[i], arena)) {
      attributes[kept++] = attributes[i];
    }
  }
  *count = kept;
}

void kz_misp_decay_event(const struct kz_misp_decay *decay,
                         struct kz_event *event, struct kz_arena *arena) {
  if (!decay->models) {
    return;
  }
  decay_all(decay, event, event->attributes, &event->attribute_count, arena);
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    decay_all(decay, event, o->attributes, &o->attribute_count, arena);
  }
}
