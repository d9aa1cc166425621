#include "format/library_taxonomy.h"

#include "format/library_file.h"

/* A file on its way to a document. */
struct reading {
  kz_str text;
  struct kz_arena *arena;
  struct kz_jsonv *predicates; /* of the document */
  struct kz_err *err;
};

static kz_rc no_memory(const struct reading *r) {
  return kz_err_set(r->err, KZ_E_MEMORY, "a taxonomy: out of memory");
}

/* Names become parts of tags, which are one line and quoted with '"'. */
static kz_rc check_name(const struct reading *r, const struct kz_jsonv *object,
                        const char *member, kz_str *ret) {
  kz_rc rc = kz_library_text(r->text, object, member, ret, r->err);
  for (size_t i = 0; rc == KZ_OK && i < ret->len; i++) {
    unsigned char c = (unsigned char)ret->ptr[i];
    if (c < ' ' || c == '"' || c == 0x7f) {
      rc = kz_library_wrong(r->text, kz_jsonv_get(object, kz_str_of(member)),
                            r->err, "\"%s\": not fit for a tag", member);
    }
  }
  return rc;
}

static bool copy_text(const struct kz_jsonv *from, struct kz_jsonv *to,
                      const char *name, struct kz_arena *arena) {
  kz_str text = kz_jsonv_text(from, kz_str_of(name));
  return !text.ptr || kz_jsonv_set_str(to, kz_str_of(name), text, arena);
}

static bool copy_number(const struct kz_jsonv *from, struct kz_jsonv *to,
                        struct kz_arena *arena) {
  uint64_t number = kz_jsonv_u64(from, KZ_STR("numerical_value"), UINT64_MAX);
  return number == UINT64_MAX ||
         kz_jsonv_set_u64(to, KZ_STR("numerical_value"), number, arena);
}

/* What predicates and entries have in common. */
static kz_rc copy_term(const struct reading *r, const struct kz_jsonv *from,
                       struct kz_jsonv **ret) {
  static const char *const texts[] = {"uuid", "expanded", "description",
                                      "colour"};
  kz_str value;
  if (from->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(r->text, from, r->err, "an object is due");
  }
  kz_rc rc = check_name(r, from, "value", &value);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *term = kz_jsonv_new(r->arena, KZ_JSON_OBJECT);
  bool good = term && kz_jsonv_set_str(term, KZ_STR("value"), value, r->arena);
  for (size_t i = 0; good && i < sizeof texts / sizeof *texts; i++) {
    good = copy_text(from, term, texts[i], r->arena);
  }
  if (good && kz_jsonv_flag(from, KZ_STR("exclusive"), false)) {
    good = kz_jsonv_set_bool(term, KZ_STR("exclusive"), true, r->arena);
  }
  if (!good || !copy_number(from, term, r->arena)) {
    return no_memory(r);
  }
  *ret = term;
  return KZ_OK;
}

static kz_rc copy_terms(const struct reading *r, const struct kz_jsonv *from,
                        struct kz_jsonv *to) {
  for (const struct kz_jsonv *v = from ? from->first : NULL; v; v = v->next) {
    struct kz_jsonv *term = NULL;
    kz_rc rc = copy_term(r, v, &term);
    if (rc != KZ_OK) {
      return rc;
    }
    kz_jsonv_push(to, term);
  }
  return KZ_OK;
}

static struct kz_jsonv *find_predicate(const struct reading *r, kz_str value) {
  struct kz_jsonv *p = r->predicates->first;
  while (p && !kz_str_eq(kz_jsonv_text(p, KZ_STR("value")), value)) {
    p = p->next;
  }
  return p;
}

/* Hangs one {"predicate","entry":[..]} under its predicate. */
static kz_rc copy_entries(const struct reading *r,
                          const struct kz_jsonv *group) {
  struct kz_jsonv *list = NULL;
  kz_str name;
  kz_rc rc = kz_library_text(r->text, group, "predicate", &name, r->err);
  if (rc == KZ_OK) {
    rc = kz_library_array(r->text, group, "entry", &list, r->err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *predicate = find_predicate(r, name);
  if (!predicate) {
    return kz_library_wrong(r->text, group, r->err,
                            "there is no predicate \"%.*s\"", KZ_STR_ARG(name));
  }
  struct kz_jsonv *entries = kz_jsonv_get(predicate, KZ_STR("entries"));
  if (!entries) {
    entries = kz_jsonv_new(r->arena, KZ_JSON_ARRAY);
    if (!entries ||
        !kz_jsonv_set(predicate, KZ_STR("entries"), entries, r->arena)) {
      return no_memory(r);
    }
  }
  return copy_terms(r, list, entries);
}

static bool copy_refs(const struct kz_jsonv *from, struct kz_jsonv *to,
                      struct kz_arena *arena) {
  const struct kz_jsonv *refs = kz_jsonv_get(from, KZ_STR("refs"));
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  bool is_list = refs && refs->kind == KZ_JSON_ARRAY;
  for (const struct kz_jsonv *v = is_list ? refs->first : NULL; list && v;
       v = v->next) {
    struct kz_jsonv *copy =
        v->kind == KZ_JSON_STRING ? kz_jsonv_new(arena, v->kind) : NULL;
    if (copy) {
      copy->text = v->text;
      kz_jsonv_push(list, copy);
    }
  }
  return list &&
         (!list->first || kz_jsonv_set(to, KZ_STR("refs"), list, arena));
}

static kz_rc copy_head(const struct reading *r, const struct kz_jsonv *file,
                       struct kz_jsonv *document) {
  kz_str name;
  kz_rc rc = check_name(r, file, "namespace", &name);
  if (rc == KZ_OK && kz_str_find_byte(name, ':') != SIZE_MAX) {
    rc = kz_library_wrong(r->text, kz_jsonv_get(file, KZ_STR("namespace")),
                          r->err, "\"namespace\": no ':' may be in it");
  }
  if (rc != KZ_OK) {
    return rc;
  }
  bool good =
      kz_jsonv_set_str(document, KZ_STR("namespace"), name, r->arena) &&
      copy_text(file, document, "uuid", r->arena) &&
      copy_text(file, document, "description", r->arena) &&
      copy_text(file, document, "expanded", r->arena) &&
      kz_jsonv_set_u64(document, KZ_STR("version"),
                       kz_jsonv_u64(file, KZ_STR("version"), 0), r->arena) &&
      kz_jsonv_set_bool(document, KZ_STR("exclusive"),
                        kz_jsonv_flag(file, KZ_STR("exclusive"), false),
                        r->arena) &&
      copy_refs(file, document, r->arena) &&
      kz_jsonv_set(document, KZ_STR("predicates"), r->predicates, r->arena);
  return good ? KZ_OK : no_memory(r);
}

kz_rc kz_library_taxonomy_read(kz_str text, struct kz_arena *arena,
                               struct kz_jsonv **ret_document,
                               struct kz_err *err) {
  struct kz_jsonv *file = NULL;
  struct kz_jsonv *list = NULL;
  struct kz_jsonv *document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  struct reading r = {.text = text,
                      .arena = arena,
                      .predicates = kz_jsonv_new(arena, KZ_JSON_ARRAY),
                      .err = err};
  if (!document || !r.predicates) {
    return no_memory(&r);
  }
  kz_rc rc = kz_library_read(text, arena, &file, err);
  if (rc == KZ_OK) {
    rc = copy_head(&r, file, document);
  }
  if (rc == KZ_OK) {
    r.predicates = kz_jsonv_get(document, KZ_STR("predicates"));
    rc = kz_library_array(text, file, "predicates", &list, err);
  }
  if (rc == KZ_OK) {
    rc = copy_terms(&r, list, r.predicates);
  }
  if (rc == KZ_OK) {
    rc = kz_library_array(text, file, "values", &list, err);
  }
  for (const struct kz_jsonv *v = rc == KZ_OK && list ? list->first : NULL;
       rc == KZ_OK && v; v = v->next) {
    rc = copy_entries(&r, v);
  }
  if (rc == KZ_OK) {
    *ret_document = document;
  }
  return rc;
}

/* --- writing ---------------------------------------------------------------
 */

static void write_members(const struct kz_jsonv *object, const char *but,
                          struct kz_jsonw *w) {
  for (const struct kz_jsonv *v = object->first; v; v = v->next) {
    if (!kz_str_eq(v->name, kz_str_of(but))) {
      kz_jsonw_key(w, v->name);
      kz_jsonv_write(v, w);
    }
  }
}

static void write_values(const struct kz_jsonv *predicates,
                         struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("values"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *p = predicates ? predicates->first : NULL; p;
       p = p->next) {
    const struct kz_jsonv *entries = kz_jsonv_get(p, KZ_STR("entries"));
    if (entries && entries->first) {
      kz_jsonw_object(w);
      kz_jsonw_member_str(w, KZ_STR("predicate"),
                          kz_jsonv_text(p, KZ_STR("value")));
      kz_jsonw_key(w, KZ_STR("entry"));
      kz_jsonv_write(entries, w);
      kz_jsonw_object_end(w);
    }
  }
  kz_jsonw_array_end(w);
}

void kz_library_taxonomy_write(const struct kz_jsonv *document,
                               struct kz_jsonw *w) {
  static const char *const head[] = {"namespace", "uuid",    "description",
                                     "expanded",  "version", "exclusive",
                                     "refs"};
  const struct kz_jsonv *predicates =
      kz_jsonv_get(document, KZ_STR("predicates"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
    const struct kz_jsonv *v = kz_jsonv_get(document, kz_str_of(head[i]));
    if (v) {
      kz_jsonw_key(w, v->name);
      kz_jsonv_write(v, w);
    }
  }
  kz_jsonw_key(w, KZ_STR("predicates"));
  kz_jsonw_array(w);
  for (const struct kz_jsonv *p = predicates ? predicates->first : NULL; p;
       p = p->next) {
    kz_jsonw_object(w);
    write_members(p, "entries", w);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_array_end(w);
  write_values(predicates, w);
  kz_jsonw_object_end(w);
}

/* --- tags ------------------------------------------------------------------
 */

static bool stop_at(struct kz_taxonomy_walk *walk) {
  const struct kz_jsonv *entries =
      kz_jsonv_get(walk->predicate, KZ_STR("entries"));
  walk->entry = entries ? entries->first : NULL;
  return true;
}

bool kz_taxonomy_next(struct kz_taxonomy_walk *walk) {
  if (!walk->predicate) {
    const struct kz_jsonv *list =
        kz_jsonv_get(walk->document, KZ_STR("predicates"));
    walk->predicate = list ? list->first : NULL;
    walk->predicate_index = 0;
    return walk->predicate && stop_at(walk);
  }
  if (walk->entry && walk->entry->next) {
    walk->entry = walk->entry->next;
    return true;
  }
  walk->predicate = walk->predicate->next;
  walk->predicate_index++;
  walk->entry = NULL;
  return walk->predicate && stop_at(walk);
}

void kz_taxonomy_name(const struct kz_taxonomy_walk *walk, struct kz_buf *out) {
  kz_buf_add_str(out, kz_jsonv_text(walk->document, KZ_STR("namespace")));
  kz_buf_add_byte(out, ':');
  kz_buf_add_str(out, kz_jsonv_text(walk->predicate, KZ_STR("value")));
  if (walk->entry) {
    kz_buf_add_str(out, KZ_STR("=\""));
    kz_buf_add_str(out, kz_jsonv_text(walk->entry, KZ_STR("value")));
    kz_buf_add_byte(out, '"');
  }
}
