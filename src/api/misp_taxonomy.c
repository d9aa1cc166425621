#include "api/misp_taxonomy.h"

#include "api/misp_library.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_tagrule.h"
#include "api/misp_tidy.h"
#include "format/library_taxonomy.h"
#include "format/misp_write.h"
#include "store/store.h"
#include "work/taxonomy.h"

#define STYLE ((struct kz_misp_style){.ids = true})

enum { NAME_BYTES = 4096 };

static struct kz_dict *dict_of(const struct kz_misp_call *call) {
  return kz_store_dict(call->eye.house->store);
}

static struct kz_taxonomies *taxonomies_of(const struct kz_misp_call *call) {
  return call->eye.house->taxonomies;
}

/* Reads the taxonomy of the path; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret) {
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_taxonomy_find(taxonomies_of(call), kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(kz_taxonomies_shelf(taxonomies_of(call)), *ret_id,
                      call->work, ret, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Taxonomy", rc, &err);
  }
  return rc == KZ_OK;
}

static bool is_allowed(struct kz_misp_call *call) {
  bool may = kz_misp_is_admin(call->eye.user);
  if (!may) {
    kz_misp_not_allowed(call);
  }
  return may;
}

/* The tag of a walk's place as the dictionary has it. */
static kz_rc find_tag(const struct kz_misp_call *call,
                      const struct kz_taxonomy_walk *walk, struct kz_buf *name,
                      struct kz_tag *ret) {
  uint32_t id = 0;
  kz_buf_clear(name);
  kz_taxonomy_name(walk, name);
  kz_rc rc = kz_buf_failed(name)
                 ? KZ_E_LIMIT
                 : kz_dict_tag_find(dict_of(call), kz_buf_str(name), &id);
  return rc == KZ_OK ? kz_dict_tag_get(dict_of(call), id, ret) : rc;
}

/* --- reading ---------------------------------------------------------------
 */

static void write_head(struct kz_jsonw *w, const struct kz_jsonv *d) {
  static const char *const flags[] = {"enabled", "exclusive", "required",
                                      "highlighted"};
  kz_jsonw_key(w, KZ_STR("Taxonomy"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), kz_jsonv_u64(d, KZ_STR("id"), 0));
  kz_jsonw_member_str(w, KZ_STR("namespace"),
                      kz_jsonv_text(d, KZ_STR("namespace")));
  kz_jsonw_member_str(w, KZ_STR("description"),
                      kz_jsonv_text(d, KZ_STR("description")));
  kz_jsonw_member_u64_str(w, KZ_STR("version"),
                          kz_jsonv_u64(d, KZ_STR("version"), 0));
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    kz_str flag = kz_str_of(flags[i]);
    kz_jsonw_member_bool(w, flag, kz_jsonv_flag(d, flag, false));
  }
  kz_jsonw_object_end(w);
}

static void write_counted(struct kz_jsonw *w, const struct kz_misp_call *call,
                          const struct kz_jsonv *d) {
  struct kz_taxonomy_walk walk = {.document = d};
  KZ_BUF(name, NAME_BYTES);
  uint64_t total = 0;
  uint64_t present = 0;
  while (kz_taxonomy_next(&walk)) {
    struct kz_tag tag;
    total++;
    present += find_tag(call, &walk, &name, &tag) == KZ_OK;
  }
  kz_jsonw_object(w);
  write_head(w, d);
  kz_jsonw_member_u64(w, KZ_STR("total_count"), total);
  kz_jsonw_member_u64(w, KZ_STR("current_count"), present);
  kz_jsonw_object_end(w);
}

void kz_misp_taxonomy_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_taxonomies_shelf(taxonomies_of(call));
  kz_rc rc = kz_shelf_cards(shelf, 0, call->work, &cards, &count);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    KZ_ARENA(arena, KZ_MISP_WORK_BYTES);
    struct kz_jsonv *d = NULL;
    rc =
        arena ? kz_shelf_get(shelf, cards[i].id, arena, &d, &err) : KZ_E_MEMORY;
    if (rc == KZ_OK) {
      write_counted(&out.w, call, d);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Taxonomy", rc, &err);
    return;
  }
  kz_misp_send(call, &out);
}

static kz_str expanded_of(const struct kz_jsonv *term) {
  kz_str expanded = kz_jsonv_text(term, KZ_STR("expanded"));
  return expanded.ptr ? expanded : kz_jsonv_text(term, KZ_STR("value"));
}

static void write_expanded(struct kz_jsonw *w,
                           const struct kz_taxonomy_walk *walk) {
  KZ_BUF(text, 1 << 20);
  kz_buf_add_str(&text, expanded_of(walk->predicate));
  if (walk->entry) {
    kz_buf_add_str(&text, KZ_STR(": "));
    kz_buf_add_str(&text, expanded_of(walk->entry));
  }
  kz_jsonw_member_str(w, KZ_STR("expanded"), kz_buf_str(&text));
}

static void write_entry(struct kz_jsonw *w, const struct kz_misp_call *call,
                        const struct kz_taxonomy_walk *walk) {
  KZ_BUF(name, NAME_BYTES);
  struct kz_tag tag;
  const struct kz_jsonv *term = walk->entry ? walk->entry : walk->predicate;
  uint64_t number = kz_jsonv_u64(term, KZ_STR("numerical_value"), UINT64_MAX);
  bool exists = find_tag(call, walk, &name, &tag) == KZ_OK;
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("tag"), kz_buf_str(&name));
  write_expanded(w, walk);
  kz_jsonw_member_str(w, KZ_STR("description"),
                      kz_jsonv_text(term, KZ_STR("description")));
  kz_jsonw_member_bool(
      w, KZ_STR("exclusive_predicate"),
      kz_jsonv_flag(walk->predicate, KZ_STR("exclusive"), false));
  if (number != UINT64_MAX) {
    kz_jsonw_member_u64(w, KZ_STR("numerical_value"), number);
  }
  kz_str colour = kz_jsonv_text(term, KZ_STR("colour"));
  if (colour.len > 0) {
    kz_jsonw_member_str(w, KZ_STR("colour"), colour);
  }
  kz_jsonw_key(w, KZ_STR("existing_tag"));
  if (exists) {
    kz_jsonw_object(w);
    kz_jsonw_key(w, KZ_STR("Tag"));
    kz_misp_write_tag(w, &tag, STYLE);
    kz_jsonw_object_end(w);
  } else {
    kz_jsonw_bool(w, false);
  }
  kz_jsonw_object_end(w);
}

void kz_misp_taxonomy_view(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &d)) {
    return;
  }
  struct kz_taxonomy_walk walk = {.document = d};
  kz_jsonw_object(&out.w);
  write_head(&out.w, d);
  kz_jsonw_key(&out.w, KZ_STR("entries"));
  kz_jsonw_array(&out.w);
  while (kz_taxonomy_next(&walk)) {
    write_entry(&out.w, call, &walk);
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_taxonomy_export(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (find(call, &id, &d)) {
    kz_library_taxonomy_write(d, &out.w);
    kz_misp_send(call, &out);
  }
}

/* --- flags -----------------------------------------------------------------
 */

static void set_flag(struct kz_misp_call *call, const char *flag, bool on,
                     kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!is_allowed(call) || !find(call, &id, &d)) {
    return;
  }
  kz_rc rc = kz_taxonomy_set(taxonomies_of(call), id, flag, on, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Taxonomy", rc, &err);
    return;
  }
  kz_misp_done(call, words, id);
}

void kz_misp_taxonomy_enable(struct kz_misp_call *call) {
  set_flag(call, "enabled", true, KZ_STR("Taxonomy enabled"));
}

void kz_misp_taxonomy_disable(struct kz_misp_call *call) {
  set_flag(call, "enabled", false, KZ_STR("Taxonomy disabled"));
}

/* Sets the flag that the body names ({"Taxonomy":{"required":true}} or bare),
 * or turns it round when it names none. */
static void toggle(struct kz_misp_call *call, const char *flag, kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *body = NULL;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!is_allowed(call) || !find(call, &id, &d)) {
    return;
  }
  bool on = !kz_jsonv_flag(d, kz_str_of(flag), false);
  if (kz_str_trim(call->request->body).len > 0) {
    kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, &err);
    if (rc != KZ_OK) {
      kz_misp_fail(call, "Request", rc, &err);
      return;
    }
    const struct kz_jsonv *inner = kz_jsonv_get(body, KZ_STR("Taxonomy"));
    on = kz_jsonv_flag(inner ? inner : body, kz_str_of(flag), on);
  }
  set_flag(call, flag, on, words);
}

void kz_misp_taxonomy_require(struct kz_misp_call *call) {
  toggle(call, "required", KZ_STR("Taxonomy toggleRequireded"));
}

void kz_misp_taxonomy_highlight(struct kz_misp_call *call) {
  toggle(call, "highlighted", KZ_STR("Taxonomy toggleHighlighteded"));
}

void kz_misp_taxonomy_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!is_allowed(call) || !find(call, &id, &d)) {
    return;
  }
  kz_rc rc = kz_taxonomy_remove(taxonomies_of(call), id, &err);
  if (rc == KZ_OK) {
    rc = kz_library_forget(call->eye.house->library, KZ_LIBRARY_TAXONOMY,
                           kz_jsonv_text(d, KZ_STR("key")), &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Taxonomy", rc, &err);
    return;
  }
  kz_misp_done(call, KZ_STR("Taxonomy deleted."), 0);
}

void kz_misp_taxonomy_update(struct kz_misp_call *call) {
  static const struct kz_misp_update update = {
      .kinds = KZ_LIBRARY_BIT(KZ_LIBRARY_TAXONOMY),
      .noun = "taxonomy libraries",
      .current = "All taxonomy libraries are up to date already.",
  };
  kz_misp_library_update(call, &update);
}

/* --- tags ------------------------------------------------------------------
 */

/* Tags of a taxonomy to be made, shown or hidden in one commit. */
struct tagging {
  struct kz_misp_call *call;
  const struct kz_jsonv *document;
  const struct kz_misp_terms *only; /* these names; none: all */
  bool is_hidden;
  bool adds;
};

static bool is_asked(const struct tagging *t, kz_str name) {
  for (size_t i = 0; i < t->only->any_count; i++) {
    if (kz_str_eq_nocase(t->only->any[i], name)) {
      return true;
    }
  }
  return !t->only->is_given || t->only->any_count == 0;
}

static kz_rc put_tag(const struct tagging *t, struct kz_txn *txn,
                     const struct kz_taxonomy_walk *walk, struct kz_buf *name,
                     struct kz_err *err) {
  struct kz_tag tag = {.exportable = true};
  kz_rc rc = find_tag(t->call, walk, name, &tag);
  if (rc == KZ_NOT_FOUND && !t->adds) {
    return KZ_OK;
  }
  if (rc != KZ_OK && rc != KZ_NOT_FOUND) {
    return rc;
  }
  tag.hidden = t->is_hidden;
  if (rc == KZ_OK) {
    return kz_txn_put_tag(txn, &tag, err);
  }
  tag.name = kz_buf_str(name);
  kz_misp_colour_by_taxonomy(t->call, &tag);
  kz_misp_tidy_colour(&tag, t->call->work);
  return kz_txn_put_tag(txn, &tag, err);
}

static kz_rc apply_tags(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  const struct tagging *t = ctx;
  struct kz_taxonomy_walk walk = {.document = t->document};
  KZ_BUF(name, NAME_BYTES);
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && kz_taxonomy_next(&walk)) {
    kz_buf_clear(&name);
    kz_taxonomy_name(&walk, &name);
    if (!kz_buf_failed(&name) && is_asked(t, kz_buf_str(&name))) {
      rc = put_tag(t, txn, &walk, &name, err);
    }
  }
  return rc;
}

/* The body may name tags: {"Taxonomy":{"name":[..]}} or {"name":..}. */
static bool read_names(struct kz_misp_call *call, struct kz_misp_terms *ret) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *body = NULL;
  if (kz_str_trim(call->request->body).len == 0) {
    return true;
  }
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return false;
  }
  const struct kz_jsonv *inner = kz_jsonv_get(body, KZ_STR("Taxonomy"));
  const struct kz_jsonv *name =
      kz_jsonv_get(inner ? inner : body, KZ_STR("name"));
  if (!name) {
    return true;
  }
  const struct kz_jsonv *first =
      name->kind == KZ_JSON_ARRAY ? name->first : name;
  ret->any = kz_arena_array(call->work, name->count + 1, sizeof *ret->any);
  ret->is_given = true;
  for (const struct kz_jsonv *v = first; ret->any && v;
       v = name->kind == KZ_JSON_ARRAY ? v->next : NULL) {
    ret->any[ret->any_count++] = v->text;
  }
  return true;
}

static void change_tags(struct kz_misp_call *call, bool adds, bool is_hidden,
                        kz_str words) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_misp_terms only = {.is_given = false};
  struct kz_jsonv *d = NULL;
  uint64_t id = 0;
  if (!kz_user_may(call->eye.user, KZ_PERM_TAG_EDITOR)) {
    kz_misp_not_allowed(call);
    return;
  }
  if (!read_names(call, &only) || !find(call, &id, &d)) {
    return;
  }
  struct tagging tagging = {.call = call,
                            .document = d,
                            .only = &only,
                            .is_hidden = is_hidden,
                            .adds = adds};
  kz_rc rc = kz_store_run(call->eye.house->store, apply_tags, &tagging, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Taxonomy", rc, &err);
    return;
  }
  kz_misp_done(call, words, id);
}

void kz_misp_taxonomy_add_tags(struct kz_misp_call *call) {
  change_tags(call, true, false, KZ_STR("The tag(s) has been saved."));
}

void kz_misp_taxonomy_hide_tags(struct kz_misp_call *call) {
  change_tags(call, false, true, KZ_STR("The tag(s) has been hidden."));
}

void kz_misp_taxonomy_show_tags(struct kz_misp_call *call) {
  change_tags(call, false, false, KZ_STR("The tag(s) has been unhidden."));
}
