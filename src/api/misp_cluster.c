#include "api/misp_cluster.h"

#include "api/misp_cluster_view.h"
#include "api/misp_fields.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tagrule.h"
#include "api/misp_tidy.h"
#include "base/clock.h"
#include "format/library_galaxy.h"
#include "store/store.h"
#include "work/cluster.h"
#include "work/cluster_receive.h"
#include "work/galaxy.h"
#include "work/groups.h"

enum { RELATIONS_MAX = 10000 };

static struct kz_galaxies *galaxies_of(const struct kz_misp_call *call) {
  return call->eye.house->galaxies;
}

static struct kz_shelf *clusters_of(const struct kz_misp_call *call) {
  return kz_clusters_shelf(galaxies_of(call));
}

/* Reads the cluster of the path, if it is for these eyes; otherwise the refusal
 * is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_shelf_by_ref(clusters_of(call), kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(clusters_of(call), *ret_id, call->work, ret, &err);
  }
  if (rc == KZ_OK && !kz_cluster_is_visible(*ret, &call->eye.user->viewer)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
  }
  return rc == KZ_OK;
}

bool kz_misp_may_edit_cluster(const struct kz_misp_call *call,
                              const struct kz_jsonv *document) {
  const struct kz_user *user = call->eye.user;
  kz_str owner = kz_jsonv_get(document, KZ_STR("orgc_id")) ? KZ_STR("orgc_id")
                                                           : KZ_STR("org_id");
  return !kz_jsonv_flag(document, KZ_STR("default"), false) &&
         (kz_misp_is_admin(user) ||
          kz_jsonv_u64(document, owner, 0) == user->org.id);
}

/* The same of the cluster of the path; otherwise the refusal is sent. */
static bool find_own(struct kz_misp_call *call, uint64_t *ret_id,
                     struct kz_jsonv **ret) {
  if (!find(call, ret_id, ret)) {
    return false;
  }
  if (!kz_misp_may_edit_cluster(call, *ret)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

static void reply_cluster(struct kz_misp_call *call, uint64_t id) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *c = NULL;
  kz_rc rc = kz_shelf_get(clusters_of(call), id, call->work, &c, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("GalaxyCluster"));
  kz_misp_write_cluster(&out.w, &call->eye, c, KZ_MISP_CLUSTER_WHOLE,
                        call->work);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_cluster_view(struct kz_misp_call *call) {
  struct kz_jsonv *c = NULL;
  uint64_t id = 0;
  if (find(call, &id, &c)) {
    reply_cluster(call, id);
  }
}

/* --- lists -----------------------------------------------------------------
 */

/* What a list of clusters is asked for. */
struct query {
  struct kz_misp_call *call;
  bool (*fits)(struct query *query, const struct kz_jsonv *cluster);
  kz_str context;
  kz_str searchall;
  bool is_minimal;
  uint64_t skip;
  uint64_t limit;
  uint64_t found;
};

static bool is_flag(const struct kz_jsonv *c, const char *name) {
  return kz_jsonv_flag(c, kz_str_of(name), false);
}

static bool contains_anywhere(const struct kz_jsonv *c, kz_str part) {
  const struct kz_jsonv *meta = kz_jsonv_get(c, KZ_STR("meta"));
  if (kz_misp_contains(kz_jsonv_text(c, KZ_STR("value")), part) ||
      kz_misp_contains(kz_jsonv_text(c, KZ_STR("description")), part) ||
      kz_misp_contains(kz_jsonv_text(c, KZ_STR("uuid")), part)) {
    return true;
  }
  const struct kz_jsonv *synonyms = kz_jsonv_get(meta, KZ_STR("synonyms"));
  for (const struct kz_jsonv *v = synonyms ? synonyms->first : NULL; v;
       v = v->next) {
    if (kz_misp_contains(v->text, part)) {
      return true;
    }
  }
  return false;
}

static bool fits_context(const struct query *q, const struct kz_jsonv *c) {
  uint64_t org = q->call->eye.user->org.id;
  if (kz_str_eq(q->context, KZ_STR("deleted"))) {
    return is_flag(c, "deleted");
  }
  if (is_flag(c, "deleted")) {
    return false;
  }
  if (kz_str_eq(q->context, KZ_STR("default"))) {
    return is_flag(c, "default");
  }
  if (kz_str_eq(q->context, KZ_STR("custom"))) {
    return !is_flag(c, "default");
  }
  if (kz_str_eq(q->context, KZ_STR("org"))) {
    return kz_jsonv_u64(c, KZ_STR("org_id"), 0) == org;
  }
  if (kz_str_eq(q->context, KZ_STR("orgc"))) {
    return kz_jsonv_u64(c, KZ_STR("orgc_id"), 0) == org;
  }
  return true;
}

static bool fits_index(struct query *q, const struct kz_jsonv *c) {
  return fits_context(q, c) &&
         (q->searchall.len == 0 || contains_anywhere(c, q->searchall));
}

static void write_minimal(struct kz_jsonw *w, const struct kz_jsonv *c) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_jsonv_text(c, KZ_STR("uuid")));
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(c, KZ_STR("version"), 0));
  kz_jsonw_object_end(w);
}

/* Writes [{"GalaxyCluster":{...}},...] of the cards' clusters that fit. */
static kz_rc write_list(struct query *q, const struct kz_card *cards,
                        size_t count, struct kz_jsonw *w, struct kz_err *err) {
  const struct kz_misp_eye *eye = &q->call->eye;
  KZ_ARENA(arena, KZ_MISP_WORK_BYTES);
  kz_rc rc = arena ? KZ_OK : KZ_E_MEMORY;
  kz_jsonw_array(w);
  for (size_t i = 0; rc == KZ_OK && i < count && q->found < q->limit + q->skip;
       i++) {
    struct kz_jsonv *c = NULL;
    kz_arena_reset(arena);
    rc = kz_shelf_get(clusters_of(q->call), cards[i].id, arena, &c, err);
    if (rc == KZ_OK && kz_cluster_is_visible(c, &eye->user->viewer) &&
        q->fits(q, c) && q->found++ >= q->skip) {
      kz_jsonw_object(w);
      kz_jsonw_key(w, KZ_STR("GalaxyCluster"));
      if (q->is_minimal) {
        write_minimal(w, c);
      } else {
        kz_misp_write_cluster(w, eye, c, KZ_MISP_CLUSTER_PLAIN, arena);
      }
      kz_jsonw_object_end(w);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(w);
  return rc;
}

static void read_paging(struct query *q) {
  uint64_t page = kz_misp_param_number(q->call, KZ_STR("page"), 1);
  q->limit = kz_misp_param_number(q->call, KZ_STR("limit"), UINT32_MAX);
  q->limit = q->limit < UINT32_MAX ? q->limit : UINT32_MAX;
  page = page < UINT32_MAX && page > 0 ? page : 1;
  q->skip = (page - 1) * q->limit;
}

void kz_misp_cluster_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct query q = {.call = call, .fits = fits_index};
  struct kz_card *cards = NULL;
  size_t count = 0;
  uint64_t galaxy = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = kz_shelf_by_ref(kz_galaxies_shelf(galaxies_of(call)),
                         kz_misp_arg(call, 0), &galaxy);
  }
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(clusters_of(call), galaxy, call->work, &cards, &count);
  }
  q.context = kz_misp_param_text(call, KZ_STR("context"));
  q.searchall = kz_misp_param_text(call, KZ_STR("searchall"));
  read_paging(&q);
  if (rc == KZ_OK) {
    rc = write_list(&q, cards, count, &out.w, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

/* --- restSearch ------------------------------------------------------------
 */

static bool matches(const struct kz_misp_terms *terms, kz_str text) {
  bool found = terms->any_count == 0;
  for (size_t i = 0; !found && i < terms->any_count; i++) {
    found = kz_misp_like(text, terms->any[i]);
  }
  for (size_t i = 0; found && i < terms->none_count; i++) {
    found = !kz_misp_like(text, terms->none[i]);
  }
  return found;
}

/* The text of a member however it is stored. */
static kz_str text_of(const struct kz_jsonv *c, kz_str name) {
  const struct kz_jsonv *v = kz_jsonv_get(c, name);
  if (!v || v->kind == KZ_JSON_FALSE || v->kind == KZ_JSON_NULL) {
    return KZ_STR("0");
  }
  return v->kind == KZ_JSON_TRUE ? KZ_STR("1") : v->text;
}

static bool fits_search(struct query *q, const struct kz_jsonv *c) {
  static const char *const members[] = {
      "id",      "uuid",         "galaxy_id",       "value",
      "version", "extends_uuid", "extends_version", "tag_name",
      "type",    "org_id",       "orgc_id",         "distribution",
      "source"};
  static const char *const flags[] = {"published", "default", "locked"};
  struct kz_misp_call *call = q->call;
  if (is_flag(c, "deleted")) {
    return false;
  }
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    struct kz_misp_terms terms;
    kz_str name = kz_str_of(members[i]);
    if (kz_misp_param(call, name) &&
        kz_misp_param_terms(call, name, &terms, NULL) == KZ_OK &&
        !matches(&terms, text_of(c, name))) {
      return false;
    }
  }
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    kz_str name = kz_str_of(flags[i]);
    if (kz_misp_param(call, name) &&
        kz_misp_param_flag(call, name, false) != is_flag(c, flags[i])) {
      return false;
    }
  }
  return !kz_misp_param(call, KZ_STR("custom")) ||
         kz_misp_param_flag(call, KZ_STR("custom"), false) !=
             is_flag(c, "default");
}

/* The cards that the search can be about: of a tag, of a galaxy, those of
 * organisations only, or all. */
static kz_rc candidates(struct kz_misp_call *call, struct kz_card **ret,
                        size_t *ret_count) {
  kz_str tag = kz_misp_param_text(call, KZ_STR("tag_name"));
  kz_str galaxy = kz_misp_param_text(call, KZ_STR("galaxy_id"));
  uint64_t parent = 0;
  if (galaxy.len == 0) {
    galaxy = kz_misp_param_text(call, KZ_STR("galaxy_uuid"));
  }
  if (tag.len > 0 && kz_str_find_byte(tag, '%') == SIZE_MAX) {
    return kz_shelf_named(clusters_of(call), tag, call->work, ret, ret_count);
  }
  if (galaxy.len > 0 && kz_shelf_by_ref(kz_galaxies_shelf(galaxies_of(call)),
                                        galaxy, &parent) != KZ_OK) {
    *ret_count = 0;
    return KZ_OK;
  }
  kz_rc rc =
      kz_shelf_cards(clusters_of(call), parent, call->work, ret, ret_count);
  if (rc != KZ_OK || !kz_misp_param_flag(call, KZ_STR("custom"), false)) {
    return rc;
  }
  size_t kept = 0;
  for (size_t i = 0; i < *ret_count; i++) {
    if (kz_cluster_is_custom(&(*ret)[i])) {
      (*ret)[kept++] = (*ret)[i];
    }
  }
  *ret_count = kept;
  return KZ_OK;
}

void kz_misp_cluster_search(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct query q = {.call = call, .fits = fits_search};
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc == KZ_OK) {
    rc = candidates(call, &cards, &count);
  }
  q.is_minimal = kz_misp_param_flag(call, KZ_STR("minimal"), false);
  read_paging(&q);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("response"));
  if (rc == KZ_OK) {
    rc = write_list(&q, cards, count, &out.w, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- reading what is sent --------------------------------------------------
 */

static const struct kz_misp_field fields[] = {
    {.name = "uuid"},
    {.name = "value"},
    {.name = "description"},
    {.name = "source"},
    {.name = "authors", .form = KZ_MISP_FORM_LIST},
    {.name = "distribution", .form = KZ_MISP_FORM_DIGITS},
    {.name = "sharing_group_id", .form = KZ_MISP_FORM_DIGITS},
    {.name = "extends_uuid"},
    {.name = "extends_version", .form = KZ_MISP_FORM_DIGITS},
};

static bool take_meta(struct kz_misp_call *call, const struct kz_jsonv *from,
                      struct kz_jsonv *to) {
  const struct kz_jsonv *elements = kz_jsonv_get(from, KZ_STR("GalaxyElement"));
  const struct kz_jsonv *meta = kz_jsonv_get(from, KZ_STR("meta"));
  if (!elements) {
    elements = kz_jsonv_get(from, KZ_STR("elements"));
  }
  if (elements && elements->kind == KZ_JSON_ARRAY) {
    return kz_jsonv_set(to, KZ_STR("meta"),
                        kz_library_elements(elements, call->work), call->work);
  }
  return !meta || meta->kind != KZ_JSON_OBJECT ||
         kz_jsonv_set(to, KZ_STR("meta"), kz_library_meta(meta, call->work),
                      call->work);
}

/* Whether the caller may share with whom a document says. */
static kz_rc check_level(const struct kz_misp_call *call,
                         const struct kz_jsonv *d, struct kz_err *err) {
  const struct kz_user *user = call->eye.user;
  uint64_t level = kz_jsonv_u64(d, KZ_STR("distribution"), 0);
  uint64_t group = kz_jsonv_u64(d, KZ_STR("sharing_group_id"), 0);
  if (level > KZ_DIST_GROUP) {
    return kz_err_set(err, KZ_E_INPUT, "distribution: Options: 0, 1, 2, 3, 4");
  }
  if (level == KZ_DIST_GROUP && !kz_misp_is_admin(user) &&
      !kz_groups_has(call->eye.house->groups, group, user->org.id)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "sharing_group_id: Invalid sharing group.");
  }
  return KZ_OK;
}

/* --- relations that are sent -----------------------------------------------
 */

/* Tags of a relation that are to be known. */
struct tagging {
  struct kz_misp_call *call;
  const struct kz_jsonv *names;
};

static kz_rc apply_tags(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct tagging *t = ctx;
  kz_rc rc = KZ_OK;
  for (const struct kz_jsonv *v = t->names->first; rc == KZ_OK && v;
       v = v->next) {
    struct kz_tag tag = {.name = v->text, .exportable = true};
    kz_misp_colour_by_taxonomy(t->call, &tag);
    kz_misp_tidy_colour(&tag, t->call->work);
    rc = kz_dict_tag(kz_txn_dict(txn), &tag, &tag.id, err);
  }
  return rc;
}

static kz_rc take_tags(struct kz_misp_call *call, const struct kz_jsonv *from,
                       struct kz_jsonv *to, struct kz_err *err) {
  const struct kz_jsonv *tags = kz_jsonv_get(from, KZ_STR("Tag"));
  if (!tags) {
    tags = kz_jsonv_get(from, KZ_STR("tags"));
  }
  if (!tags || tags->kind != KZ_JSON_ARRAY) {
    return KZ_OK;
  }
  struct kz_jsonv *names = kz_library_tag_names(tags, call->work);
  struct tagging tagging = {.call = call, .names = names};
  if (!kz_jsonv_set(to, KZ_STR("tags"), names, call->work)) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  return names->first
             ? kz_store_run(call->eye.house->store, apply_tags, &tagging, err)
             : KZ_OK;
}

kz_rc kz_misp_read_relation(struct kz_misp_call *call,
                            const struct kz_jsonv *from,
                            const struct kz_jsonv *old, struct kz_jsonv **ret,
                            struct kz_err *err) {
  static const char *const texts[] = {
      "galaxy_cluster_uuid", "referenced_galaxy_cluster_uuid",
      "referenced_galaxy_cluster_type", "distribution", "sharing_group_id"};
  struct kz_jsonv *d = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  bool good = d && kz_jsonv_set_bool(d, KZ_STR("default"), false, call->work) &&
              kz_jsonv_set_u64(
                  d, KZ_STR("org_id"),
                  kz_jsonv_u64(old, KZ_STR("org_id"), call->eye.user->org.id),
                  call->work);
  for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
    kz_str name = kz_str_of(texts[i]);
    kz_str text = kz_jsonv_text(from, name);
    text = text.ptr ? text : kz_jsonv_text(old, name);
    good = kz_jsonv_set_str(d, name, text.ptr ? text : KZ_STR(""), call->work);
  }
  const struct kz_jsonv *tags = kz_jsonv_get(old, KZ_STR("tags"));
  if (good && tags) {
    good = kz_jsonv_set(d, KZ_STR("tags"),
                        kz_library_tag_names(tags, call->work), call->work);
  }
  kz_rc rc = good ? check_level(call, d, err)
                  : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = take_tags(call, from, d, err);
  }
  if (rc == KZ_OK) {
    *ret = d;
  }
  return rc;
}

/* The relation of an id, if it begins at this cluster; NULL: it is new. */
static struct kz_jsonv *find_relation(struct kz_misp_call *call,
                                      uint64_t cluster, uint64_t id) {
  struct kz_jsonv *d = NULL;
  bool is_here = id != 0 && cluster != 0 &&
                 kz_shelf_get(kz_relations_shelf(galaxies_of(call)), id,
                              call->work, &d, NULL) == KZ_OK &&
                 kz_jsonv_u64(d, KZ_STR("galaxy_cluster_id"), 0) == cluster;
  return is_here ? d : NULL;
}

/* The relations that a cluster was sent with; NULL: none were. */
static kz_rc read_relations(struct kz_misp_call *call,
                            const struct kz_jsonv *from, uint64_t cluster,
                            struct kz_jsonv **ret, struct kz_err *err) {
  const struct kz_jsonv *sent =
      kz_jsonv_get(from, KZ_STR("GalaxyClusterRelation"));
  if (!sent || sent->kind != KZ_JSON_ARRAY) {
    return KZ_OK;
  }
  struct kz_jsonv *list = kz_jsonv_new(call->work, KZ_JSON_ARRAY);
  kz_rc rc = list ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK && sent->count > RELATIONS_MAX) {
    rc = kz_err_set(err, KZ_E_LIMIT, "more than %d relations", RELATIONS_MAX);
  }
  for (const struct kz_jsonv *v = sent->first; rc == KZ_OK && v; v = v->next) {
    struct kz_jsonv *d = NULL;
    uint64_t id = kz_jsonv_u64(v, KZ_STR("id"), 0);
    const struct kz_jsonv *old = find_relation(call, cluster, id);
    rc = kz_misp_read_relation(call, v, old, &d, err);
    if (rc == KZ_OK && old &&
        !kz_jsonv_set_u64(d, KZ_STR("id"), id, call->work)) {
      rc = kz_err_set(err, KZ_E_MEMORY, "out of memory");
    }
    if (rc == KZ_OK) {
      kz_jsonv_push(list, d);
    }
  }
  *ret = list;
  return rc;
}

/* --- changing --------------------------------------------------------------
 */

static kz_rc save(struct kz_misp_call *call, const struct kz_jsonv *from,
                  struct kz_jsonv *d, uint64_t *id, struct kz_err *err) {
  struct kz_jsonv *relations = NULL;
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  uint64_t old = kz_jsonv_u64(d, KZ_STR("version"), 0);
  bool good = kz_jsonv_set_u64(d, KZ_STR("version"), now > old ? now : old + 1,
                               call->work) &&
              kz_jsonv_set_bool(d, KZ_STR("published"), false, call->work) &&
              take_meta(call, from, d);
  kz_rc rc = good ? check_level(call, d, err)
                  : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = read_relations(call, from, *id, &relations, err);
  }
  return rc == KZ_OK ? kz_cluster_save(galaxies_of(call), id, d, relations,
                                       call->work, err)
                     : rc;
}

static kz_rc take_fields(struct kz_misp_call *call, const struct kz_jsonv *from,
                         struct kz_jsonv *d) {
  return kz_misp_fields_take(d, from, fields, sizeof fields / sizeof *fields,
                             call->work);
}

/* The galaxy that a new cluster is for. */
static kz_rc find_galaxy(struct kz_misp_call *call, uint64_t *ret_id,
                         kz_str *ret_type, struct kz_err *err) {
  struct kz_shelf *shelf = kz_galaxies_shelf(galaxies_of(call));
  struct kz_jsonv *g = NULL;
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, &g, err);
  }
  if (rc == KZ_OK) {
    *ret_type = kz_jsonv_text(g, KZ_STR("type"));
  }
  return rc;
}

void kz_misp_cluster_add(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *d = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  uint64_t galaxy = 0;
  uint64_t id = 0;
  uint64_t org = call->eye.user->org.id;
  kz_str type;
  kz_rc rc = find_galaxy(call, &galaxy, &type, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy", rc, &err);
    return;
  }
  if (!kz_misp_body_tree(call, "GalaxyCluster", &from)) {
    return;
  }
  bool good = d && take_fields(call, from, d) == KZ_OK &&
              kz_jsonv_set_u64(d, KZ_STR("galaxy_id"), galaxy, call->work) &&
              kz_jsonv_set_str(d, KZ_STR("type"), type, call->work) &&
              kz_jsonv_set_bool(d, KZ_STR("default"), false, call->work) &&
              kz_jsonv_set_u64(d, KZ_STR("org_id"), org, call->work) &&
              kz_jsonv_set_u64(d, KZ_STR("orgc_id"), org, call->work);
  rc = good ? save(call, from, d, &id, &err)
            : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "add", "GalaxyCluster", rc, &err);
    return;
  }
  reply_cluster(call, id);
}

void kz_misp_cluster_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!find_own(call, &id, &d) ||
      !kz_misp_body_tree(call, "GalaxyCluster", &from)) {
    return;
  }
  kz_jsonv_drop(from, KZ_STR("uuid")); /* it stays what it is */
  kz_rc rc = take_fields(call, from, d);
  if (rc == KZ_OK) {
    rc = save(call, from, d, &id, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "edit", "GalaxyCluster", rc, &err);
    return;
  }
  reply_cluster(call, id);
}

static void set_flag(struct kz_misp_call *call, const char *flag, bool on,
                     kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!find_own(call, &id, &d)) {
    return;
  }
  kz_rc rc =
      kz_jsonv_set_bool(d, kz_str_of(flag), on, call->work)
          ? kz_cluster_save(galaxies_of(call), &id, d, NULL, call->work, &err)
          : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  kz_misp_done(call, words, id);
}

void kz_misp_cluster_publish(struct kz_misp_call *call) {
  set_flag(call, "published", true, KZ_STR("GalaxyCluster published"));
}

void kz_misp_cluster_unpublish(struct kz_misp_call *call) {
  set_flag(call, "published", false, KZ_STR("GalaxyCluster unpublished"));
}

void kz_misp_cluster_restore(struct kz_misp_call *call) {
  set_flag(call, "deleted", false, KZ_STR("GalaxyCluster restored"));
}

void kz_misp_cluster_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  kz_rc rc = kz_misp_params_body(call, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  if (!kz_misp_param_flag(call, KZ_STR("hard"), false) &&
      !kz_str_eq(kz_misp_arg(call, 1), KZ_STR("1"))) {
    set_flag(call, "deleted", true, KZ_STR("Galaxy cluster deleted"));
    return;
  }
  if (!find_own(call, &id, &d)) {
    return;
  }
  rc = kz_cluster_remove(galaxies_of(call), id, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Galaxy cluster deleted"), 0);
}

/* --- from other servers ----------------------------------------------------
 */

void kz_misp_cluster_push(struct kz_misp_call *call) {
  const struct kz_cluster_receiver receiver = {
      .house = call->eye.house,
      .org = call->eye.user->org.id,
      .may_add_groups = kz_user_may(call->eye.user, KZ_PERM_SHARING_GROUP),
  };
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *body = NULL;
  size_t taken = 0;
  size_t ignored = 0;
  size_t failed = 0;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, &err);
  if (rc == KZ_OK && body->kind != KZ_JSON_ARRAY) {
    rc = kz_err_set(&err, KZ_E_INPUT, "a list of clusters is due");
  }
  for (const struct kz_jsonv *v = rc == KZ_OK ? body->first : NULL;
       rc == KZ_OK && v; v = v->next) {
    kz_rc got = kz_cluster_receive(&receiver, v, call->work, &err);
    taken += got == KZ_OK;
    ignored += got == KZ_UNCHANGED;
    failed += got == KZ_E_INPUT || got == KZ_E_CONFLICT || got == KZ_E_LIMIT;
    rc = got == KZ_E_IO || got == KZ_E_MEMORY || got == KZ_E_FULL ? got : rc;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Galaxy cluster", rc, &err);
    return;
  }
  KZ_BUF(words, 200);
  kz_buf_add_format(&words,
                    "Galaxy clusters imported. %zu imported, %zu ignored, %zu "
                    "failed.",
                    taken, ignored, failed);
  kz_misp_done(call, kz_buf_str(&words), 0);
}
