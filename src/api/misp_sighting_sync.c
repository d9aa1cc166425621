/* Sightings from another server: each names its attribute by uuid; all of one
 * request are of one event and are stored in one commit. */
#include "api/misp_body.h"
#include "api/misp_find.h"
#include "api/misp_shape.h"
#include "api/misp_sighting.h"
#include "base/jsonv.h"
#include "base/map.h"
#include "store/edit.h"
#include "store/store.h"

enum { BULK_MAX = 1 << 20, UUIDS_BYTES = 1 << 28, TEXT_BYTES = 1 << 20 };

static kz_str uuid_key(const struct kz_uuid *uuid) {
  return (kz_str){(const char *)uuid, sizeof *uuid};
}

static bool find_event(struct kz_misp_call *call, uint64_t *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_misp_find_event(call, kz_misp_arg(call, 0), ret, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Event", rc, &err);
  }
  return rc == KZ_OK;
}

/* --- which are not known ---------------------------------------------------
 */

static kz_rc learn(void *ctx, const struct kz_attribute *a,
                   struct kz_err *err) {
  struct kz_strmap *known = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < a->sighting_count; i++) {
    rc = kz_strmap_put(known, uuid_key(&a->sightings[i].uuid), 1);
  }
  return rc == KZ_OK ? rc : kz_err_set(err, rc, "sightings: out of memory");
}

static kz_rc read_known(struct kz_misp_call *call, uint64_t event,
                        struct kz_strmap *known, struct kz_err *err) {
  KZ_ARENA(walk, KZ_MISP_WORK_BYTES);
  if (!walk || !known) {
    return KZ_E_MEMORY;
  }
  struct kz_reading r = kz_misp_reading(&call->eye, walk);
  return kz_read_attributes(&r, event,
                            (struct kz_read_options){.with_sightings = true},
                            learn, known, err);
}

/* ["uuid", ...] -> those that the event has not. */
void kz_misp_sighting_filter(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *offer = NULL;
  uint64_t event = 0;
  if (!find_event(call, &event)) {
    return;
  }
  struct kz_strmap *known = kz_strmap_new(KZ_MAP_MAX, UUIDS_BYTES);
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &offer, &err);
  if (rc == KZ_OK) {
    rc = read_known(call, event, known, &err);
  }
  kz_jsonw_array(&out.w);
  for (const struct kz_jsonv *at = rc == KZ_OK ? offer->first : NULL; at;
       at = at->next) {
    struct kz_uuid uuid;
    uint64_t one = 0;
    if (kz_uuid_parse(at->text, &uuid) == KZ_OK &&
        !kz_strmap_get(known, uuid_key(&uuid), &one)) {
      kz_jsonw_str(&out.w, at->text);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_strmap_free(known);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* --- taking in -------------------------------------------------------------
 */

/* One of the list into the bulk, unless it is none or its attribute is not
 * there. */
static kz_rc add_one(struct kz_misp_call *call, struct kz_misp_body *body,
                     const struct kz_jsonv *sent, struct kz_edit_bulk *b,
                     struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  struct kz_jsonw w;
  struct kz_misp_place place;
  struct kz_sighting *sighting = &b->sightings[b->count];
  struct kz_jsonv *inner = kz_jsonv_get(sent, KZ_STR("Sighting"));
  sent = inner ? inner : sent;
  if (sent->kind != KZ_JSON_OBJECT) {
    return KZ_OK;
  }
  kz_rc rc =
      kz_misp_find(call, KZ_THING_ATTRIBUTE,
                   kz_jsonv_text(sent, KZ_STR("attribute_uuid")), &place, err);
  if (rc != KZ_OK || place.event != b->event) {
    return rc < 0 ? rc : KZ_OK;
  }
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(sent, &w);
  if (kz_buf_failed(&text) ||
      kz_arena_dup(call->work, kz_buf_str(&text), &body->input.text) != KZ_OK) {
    return KZ_E_MEMORY;
  }
  rc = kz_misp_read_sighting(body->reader, &body->input, sighting, err);
  if (rc != KZ_OK) {
    return rc == KZ_E_INPUT ? KZ_OK : rc;
  }
  bool names_org = sighting->org.has_uuid || sighting->org.name.ptr;
  if (!names_org || !kz_user_may(call->eye.user, KZ_PERM_SYNC)) {
    sighting->org = call->eye.user->org;
  }
  sighting->id = 0;
  b->attributes[b->count++] = place.id;
  return KZ_OK;
}

static kz_rc read_bulk(struct kz_misp_call *call, struct kz_edit_bulk *b,
                       struct kz_err *err) {
  struct kz_jsonv *sent = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &sent, err);
  if (rc != KZ_OK || sent->count > BULK_MAX) {
    return rc != KZ_OK ? rc : kz_err_set(err, KZ_E_LIMIT, "too many at once");
  }
  KZ_MISP_BODY(body, call, false);
  b->sightings =
      kz_arena_array(call->work, sent->count + 1, sizeof *b->sightings);
  b->attributes =
      kz_arena_array(call->work, sent->count + 1, sizeof *b->attributes);
  if (!b->sightings || !b->attributes || !body.reader) {
    return KZ_E_MEMORY;
  }
  for (const struct kz_jsonv *at = sent->first; rc == KZ_OK && at;
       at = at->next) {
    rc = add_one(call, &body, at, b, err);
  }
  return rc;
}

void kz_misp_sighting_bulk(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_edit_bulk b = {.count = 0};
  KZ_BUF(words, 64);
  if (!find_event(call, &b.event)) {
    return;
  }
  kz_rc rc = read_bulk(call, &b, &err);
  if (rc == KZ_OK && b.count > 0) {
    rc = kz_store_run(call->eye.house->store, kz_edit_sightings, &b, &err);
  }
  if (rc < 0) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_buf_add_format(&words, "%zu sightings added.", b.saved);
  kz_misp_done(call, kz_buf_str(&words), 0);
}
