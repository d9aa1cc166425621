#include "api/misp_galaxy.h"

#include "api/misp_cluster_view.h"
#include "api/misp_find.h"
#include "api/misp_library.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "store/edit.h"
#include "store/store.h"
#include "work/galaxy.h"

enum { ATTACH_MAX = 1000 /* clusters in one request */ };

static struct kz_galaxies *galaxies_of(const struct kz_misp_call *call) {
  return call->eye.house->galaxies;
}

/* Reads the galaxy of the path; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *shelf = kz_galaxies_shelf(galaxies_of(call));
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, ret, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
  }
  return rc == KZ_OK;
}

/* --- reading ---------------------------------------------------------------
 */

static bool is_asked(const struct kz_jsonv *galaxy, kz_str value) {
  static const char *const texts[] = {"name", "namespace", "description",
                                      "uuid", "type"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (kz_misp_contains(kz_jsonv_text(galaxy, kz_str_of(texts[i])), value)) {
      return true;
    }
  }
  return value.len == 0;
}

void kz_misp_galaxy_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_galaxies_shelf(galaxies_of(call));
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  }
  kz_str value = kz_misp_param_text(call, KZ_STR("value"));
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *g = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, call->work, &g, &err);
    if (rc == KZ_OK && is_asked(g, value)) {
      kz_jsonw_object(&out.w);
      kz_jsonw_key(&out.w, KZ_STR("Galaxy"));
      kz_misp_write_galaxy(&out.w, g);
      kz_jsonw_object_end(&out.w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

static kz_rc write_clusters(struct kz_misp_call *call, uint64_t galaxy,
                            struct kz_jsonw *w, struct kz_err *err) {
  struct kz_shelf *shelf = kz_clusters_shelf(galaxies_of(call));
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(arena, KZ_MISP_WORK_BYTES);
  kz_rc rc = arena ? kz_shelf_cards(shelf, galaxy, call->work, &cards, &count)
                   : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *c = NULL;
    kz_arena_reset(arena);
    rc = kz_shelf_get(shelf, cards[i].id, arena, &c, err);
    if (rc == KZ_OK && !kz_jsonv_flag(c, KZ_STR("deleted"), false) &&
        kz_cluster_is_visible(c, &call->eye.user->viewer)) {
      kz_misp_write_cluster(w, &call->eye, c, KZ_MISP_CLUSTER_PLAIN, arena);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  return rc;
}

void kz_misp_galaxy_view(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *g = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &g)) {
    return;
  }
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("Galaxy"));
  kz_misp_write_galaxy(&out.w, g);
  kz_jsonw_key(&out.w, KZ_STR("GalaxyCluster"));
  kz_jsonw_array(&out.w);
  kz_rc rc = write_clusters(call, id, &out.w, &err);
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* --- changing --------------------------------------------------------------
 */

void kz_misp_galaxy_update(struct kz_misp_call *call) {
  static const struct kz_misp_update update = {
      .kinds = KZ_LIBRARY_BIT(KZ_LIBRARY_GALAXY) |
               KZ_LIBRARY_BIT(KZ_LIBRARY_CLUSTERS),
      .noun = "galaxies",
      .current = "Galaxies updated.",
      .done = "Galaxies updated.",
  };
  kz_misp_library_update(call, &update);
}

static void enable(struct kz_misp_call *call, bool on, kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *g = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &g)) {
    return;
  }
  kz_rc rc = kz_galaxy_enable(galaxies_of(call), id, on, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  kz_misp_done(call, words, id);
}

void kz_misp_galaxy_enable(struct kz_misp_call *call) {
  enable(call, true, KZ_STR("Galaxy enabled"));
}

void kz_misp_galaxy_disable(struct kz_misp_call *call) {
  enable(call, false, KZ_STR("Galaxy disabled"));
}

void kz_misp_galaxy_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_library *library = call->eye.house->library;
  struct kz_jsonv *g = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &g)) {
    return;
  }
  kz_str key = kz_jsonv_text(g, KZ_STR("key"));
  kz_rc rc = kz_galaxy_remove(galaxies_of(call), id, &err);
  if (rc == KZ_OK) {
    rc = kz_library_forget(library, KZ_LIBRARY_GALAXY, key, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_library_forget(library, KZ_LIBRARY_CLUSTERS, key, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Galaxy deleted"), 0);
}

/* --- attaching -------------------------------------------------------------
 */

/* Tags of clusters on their way to one thing. */
struct attaching {
  struct kz_misp_place place;
  struct kz_tag_use uses[ATTACH_MAX];
  size_t count;
  uint32_t detached; /* tag, when one is taken off */
};

static kz_rc apply_attach(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct attaching *a = ctx;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; i < a->count && (rc == KZ_OK || rc == KZ_UNCHANGED); i++) {
    rc = kz_edit_attach_tag(txn, a->place.event, a->place.thing, a->place.id,
                            &a->uses[i], err);
  }
  return rc == KZ_UNCHANGED && a->count > 1 ? KZ_OK : rc;
}

static kz_rc apply_detach(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct attaching *a = ctx;
  return kz_edit_detach_tag(txn, a->place.event, a->place.thing, a->place.id,
                            a->detached, err);
}

/* The thing of the path: "ID/event" or "ID/attribute". */
static bool find_target(struct kz_misp_call *call, struct kz_misp_place *ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_str type = kz_misp_arg(call, 1);
  bool is_attribute = kz_str_eq(type, KZ_STR("attribute"));
  kz_rc rc = KZ_NOT_FOUND;
  if (is_attribute || kz_str_eq(type, KZ_STR("event"))) {
    rc = kz_misp_find(call, is_attribute ? KZ_THING_ATTRIBUTE : KZ_THING_EVENT,
                      kz_misp_arg(call, 0), ret, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Target", rc, &err);
  }
  return rc == KZ_OK;
}

/* Adds the tag of the cluster that a reference means. */
static kz_rc add_cluster(struct kz_misp_call *call, struct attaching *a,
                         kz_str ref, struct kz_err *err) {
  struct kz_shelf *shelf = kz_clusters_shelf(galaxies_of(call));
  struct kz_jsonv *c = NULL;
  uint64_t id = 0;
  kz_rc rc = kz_shelf_by_ref(shelf, ref, &id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, id, call->work, &c, err);
  }
  if (rc == KZ_OK && (!kz_cluster_is_visible(c, &call->eye.user->viewer) ||
                      kz_jsonv_flag(c, KZ_STR("deleted"), false))) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (a->count == ATTACH_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "more than %d clusters", ATTACH_MAX);
  }
  a->uses[a->count++] = (struct kz_tag_use){
      .tag = {.name = kz_jsonv_text(c, KZ_STR("tag_name")),
              .colour = KZ_STR("#0088cc"),
              .exportable = true,
              .is_galaxy = true,
              .is_custom_galaxy = !kz_jsonv_flag(c, KZ_STR("default"), false)},
      .local = kz_misp_param_flag(call, KZ_STR("local"), false),
  };
  return KZ_OK;
}

/* The body: {"Galaxy":{"target_id":ID}}; several as a list, or as a text that
 * holds one. */
static kz_rc read_clusters(struct kz_misp_call *call, struct attaching *a,
                           struct kz_err *err) {
  struct kz_jsonv *body = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, err);
  if (rc != KZ_OK) {
    return rc;
  }
  const struct kz_jsonv *inner = kz_jsonv_get(body, KZ_STR("Galaxy"));
  struct kz_jsonv *target =
      kz_jsonv_get(inner ? inner : body, KZ_STR("target_id"));
  if (target && target->kind == KZ_JSON_STRING &&
      kz_str_starts(target->text, KZ_STR("["))) {
    rc = kz_jsonv_parse(target->text, call->work, &target, err);
  }
  if (rc != KZ_OK || !target) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  if (target->kind != KZ_JSON_ARRAY) {
    return add_cluster(call, a, target->text, err);
  }
  for (const struct kz_jsonv *v = target->first; rc == KZ_OK && v;
       v = v->next) {
    rc = add_cluster(call, a, v->text, err);
  }
  return rc;
}

/* Whether the caller may put local or other tags there. */
static bool may_tag(struct kz_misp_call *call, const struct kz_misp_place *at,
                    bool local) {
  return (local && kz_misp_is_admin(call->eye.user)) ||
         kz_misp_may_edit(call, at->event);
}

static void say_done(struct kz_misp_call *call, kz_str words) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_bool(&out.w, KZ_STR("saved"), true);
  kz_jsonw_member_str(&out.w, KZ_STR("success"), words);
  kz_jsonw_member_bool(&out.w, KZ_STR("check_publish"), true);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_galaxy_attach(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct attaching *a = kz_arena_alloc(call->work, sizeof *a);
  bool local = kz_misp_param_flag(call, KZ_STR("local"), false);
  if (!a) {
    kz_misp_fail(call, "Galaxy", KZ_E_MEMORY, &err);
    return;
  }
  if (!find_target(call, &a->place) || !may_tag(call, &a->place, local)) {
    return;
  }
  kz_rc rc = read_clusters(call, a, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  rc = kz_store_run(call->eye.house->store, apply_attach, a, &err);
  if (rc == KZ_UNCHANGED) {
    kz_misp_not_saved(call, KZ_STR("Could not attach the cluster"), KZ_STR_NONE,
                      KZ_STR("Cluster already attached."));
    return;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Target", rc, &err);
    return;
  }
  say_done(call, KZ_STR("Cluster attached."));
}

void kz_misp_cluster_detach(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct attaching *a = kz_arena_alloc(call->work, sizeof *a);
  struct kz_tag tag;
  uint64_t number = 0;
  if (!a) {
    kz_misp_fail(call, "Galaxy", KZ_E_MEMORY, &err);
    return;
  }
  if (!find_target(call, &a->place) || !may_tag(call, &a->place, false)) {
    return;
  }
  kz_rc rc = kz_str_u64(kz_misp_arg(call, 2), &number);
  if (rc != KZ_OK || number > UINT32_MAX ||
      kz_dict_tag_get(kz_store_dict(call->eye.house->store), (uint32_t)number,
                      &tag) != KZ_OK ||
      !kz_misp_is_cluster_tag(tag.name)) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid galaxy cluster"));
    return;
  }
  a->detached = tag.id;
  rc = kz_store_run(call->eye.house->store, apply_detach, a, &err);
  if (rc != KZ_OK && rc != KZ_UNCHANGED) {
    kz_misp_fail(call, "Target", rc, &err);
    return;
  }
  say_done(call, KZ_STR("Galaxy successfully detached."));
}
