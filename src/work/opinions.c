/* Nesting is walked with a stack of few levels, as deep as MISP shows it. */
#include "work/opinions.h"

#include "format/misp_write.h"
#include "store/store.h"

enum {
  LEVELS = 4, /* of notes on notes that are shown */
  MEMBERS_BYTES = 64 << 20,
};

struct kz_opinion_eye kz_opinion_eye_of(struct kz_house *house,
                                        const struct kz_viewer *viewer) {
  struct kz_opinion_eye eye = {.house = house, .viewer = viewer};
  struct kz_org org;
  if (viewer->org != 0 && kz_dict_org_get(kz_store_dict(house->store),
                                          viewer->org, &org) == KZ_OK) {
    eye.org = org.uuid;
  }
  return eye;
}

bool kz_opinion_sees(const struct kz_opinion_eye *eye,
                     const struct kz_jsonv *document) {
  return kz_analyst_sees(eye->viewer, &eye->org, document);
}

static void write_org(struct kz_jsonw *w, const struct kz_opinion_eye *eye,
                      const struct kz_jsonv *document, kz_str member,
                      kz_str key) {
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  struct kz_org org;
  uint32_t id = 0;
  kz_str uuid = kz_jsonv_text(document, member);
  if (uuid.len > 0 && kz_dict_org_find(dict, uuid, &id) == KZ_OK &&
      kz_dict_org_get(dict, id, &org) == KZ_OK) {
    kz_misp_write_org_member(w, key, &org, (struct kz_misp_style){.ids = true});
  }
}

static bool is_nested(kz_str name) {
  enum kz_analyst_type type;
  return kz_analyst_type_by_name(name, &type) == KZ_OK ||
         kz_str_eq(name, KZ_STR("Org")) || kz_str_eq(name, KZ_STR("Orgc"));
}

/* Opens the document's object and writes its own members. */
static void open_document(struct kz_jsonw *w, const struct kz_opinion_eye *eye,
                          const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  for (const struct kz_jsonv *at = document->first; at; at = at->next) {
    if (is_nested(at->name)) {
      continue;
    }
    kz_jsonw_key(w, at->name);
    if (kz_str_eq(at->name, KZ_STR("id"))) {
      kz_jsonw_u64_str(w, kz_analyst_id(document));
    } else {
      kz_jsonv_write(at, w);
    }
  }
  write_org(w, eye, document, KZ_STR("org_uuid"), KZ_STR("Org"));
  write_org(w, eye, document, KZ_STR("orgc_uuid"), KZ_STR("Orgc"));
}

/* What hangs on one thing while it is written: type by type. */
struct level {
  struct kz_jsonv **documents;
  size_t count;
  size_t at;
  int type; /* being written */
  bool is_list_open;
};

static kz_rc enter(struct level *level, const struct kz_opinion_eye *eye,
                   kz_str thing, struct kz_arena *arena, struct kz_err *err) {
  *level = (struct level){.type = 0};
  return kz_analyst_of(eye->house->analyst, thing, arena, &level->documents,
                       &level->count, err);
}

/* The next of the level that the eye sees; NULL at the end. Opens and closes
 * the lists of the types. */
static const struct kz_jsonv *step(struct level *level, struct kz_jsonw *w,
                                   const struct kz_opinion_eye *eye) {
  for (; level->type < KZ_ANALYST_TYPES; level->type++, level->at = 0) {
    while (level->at < level->count) {
      const struct kz_jsonv *document = level->documents[level->at++];
      if (kz_analyst_type_of(document) != (enum kz_analyst_type)level->type ||
          !kz_opinion_sees(eye, document)) {
        continue;
      }
      if (!level->is_list_open) {
        kz_jsonw_key(w,
                     kz_analyst_type_name((enum kz_analyst_type)level->type));
        kz_jsonw_array(w);
        level->is_list_open = true;
      }
      return document;
    }
    if (level->is_list_open) {
      kz_jsonw_array_end(w);
      level->is_list_open = false;
    }
  }
  return NULL;
}

/* Writes the lists of `first` as members of the object that is open, each
 * document with what hangs on it. */
static kz_rc write_lists(struct kz_jsonw *w, const struct kz_opinion_eye *eye,
                         const struct level *first, struct kz_arena *arena,
                         struct kz_err *err) {
  struct level levels[LEVELS];
  size_t depth = 1;
  kz_rc rc = KZ_OK;
  levels[0] = *first;
  while (rc == KZ_OK && depth > 0) {
    const struct kz_jsonv *document = step(&levels[depth - 1], w, eye);
    if (!document) {
      depth--;
      if (depth > 0) {
        kz_jsonw_object_end(w);
      }
      continue;
    }
    open_document(w, eye, document);
    if (depth == LEVELS) {
      kz_jsonw_object_end(w);
      continue;
    }
    rc = enter(&levels[depth++], eye, kz_jsonv_text(document, KZ_STR("uuid")),
               arena, err);
  }
  return rc;
}

kz_rc kz_opinion_write(struct kz_jsonw *w, const struct kz_opinion_eye *eye,
                       const struct kz_jsonv *document, struct kz_arena *arena,
                       struct kz_err *err) {
  struct level level;
  kz_jsonw_object(w);
  kz_jsonw_key(w, kz_analyst_type_name(kz_analyst_type_of(document)));
  open_document(w, eye, document);
  kz_rc rc =
      enter(&level, eye, kz_jsonv_text(document, KZ_STR("uuid")), arena, err);
  if (rc == KZ_OK) {
    rc = write_lists(w, eye, &level, arena, err);
  }
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  return rc;
}

/* --- on things -------------------------------------------------------------
 */

kz_rc kz_opinions_cut(kz_str *extra, struct kz_jsonv *found[KZ_ANALYST_TYPES],
                      struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *tree = NULL;
  KZ_BUF(text, MEMBERS_BYTES);
  struct kz_jsonw w;
  bool is_any = false;
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
    found[i] = NULL;
    is_any = is_any || kz_str_find(*extra, name) < extra->len;
  }
  if (!is_any) {
    return KZ_OK;
  }
  kz_buf_add_byte(&text, '{');
  kz_buf_add_str(&text, *extra);
  kz_buf_add_byte(&text, '}');
  kz_rc rc = kz_buf_failed(&text)
                 ? KZ_E_MEMORY
                 : kz_jsonv_parse(kz_buf_str(&text), arena, &tree, err);
  if (rc != KZ_OK) { /* nested too deep to be told apart: nothing is shown */
    *extra = rc == KZ_E_MEMORY ? *extra : KZ_STR_NONE;
    return rc == KZ_E_MEMORY ? rc : KZ_OK;
  }
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
    found[i] = kz_jsonv_get(tree, name);
    kz_jsonv_drop(tree, name);
  }
  kz_buf_clear(&text);
  kz_jsonw_init(&w, &text);
  kz_jsonv_write(tree, &w);
  kz_str rest = kz_buf_str(&text);
  rest = kz_str_head(kz_str_from(rest, 1), rest.len - 2);
  return kz_buf_failed(&text) ? KZ_E_MEMORY : kz_arena_dup(arena, rest, extra);
}

/* Adds to the level what came with the thing. */
static kz_rc join_sent(struct level *level,
                       struct kz_jsonv *found[KZ_ANALYST_TYPES],
                       struct kz_arena *arena, struct kz_err *err) {
  size_t more = 0;
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    more += found[i] ? found[i]->count : 0;
  }
  struct kz_jsonv **all =
      kz_arena_array(arena, level->count + more + 1, sizeof *all);
  if (!all) {
    return kz_err_set(err, KZ_E_MEMORY, "analyst data: out of memory");
  }
  for (size_t i = 0; i < level->count; i++) {
    all[i] = level->documents[i];
  }
  for (int i = 0; i < KZ_ANALYST_TYPES; i++) {
    for (struct kz_jsonv *at = found[i] ? found[i]->first : NULL; at;
         at = at->next) {
      kz_str name = kz_analyst_type_name((enum kz_analyst_type)i);
      if (at->kind == KZ_JSON_OBJECT &&
          kz_jsonv_set_str(at, KZ_STR("note_type_name"), name, arena)) {
        all[level->count++] = at;
      }
    }
  }
  level->documents = all;
  return KZ_OK;
}

kz_rc kz_opinions_show(const struct kz_opinion_eye *eye,
                       const struct kz_uuid *thing, kz_str *extra,
                       struct kz_arena *arena, struct kz_err *err) {
  struct kz_jsonv *found[KZ_ANALYST_TYPES] = {NULL};
  struct level level = {.count = 0};
  char uuid[KZ_UUID_TEXT];
  kz_str rest = *extra;
  kz_rc rc = KZ_OK;
  if (!kz_analyst_is_empty(eye->house->analyst)) {
    rc = enter(&level, eye, kz_uuid_format(thing, uuid), arena, err);
  }
  if (rc == KZ_OK && (level.count > 0 || !eye->viewer->sees_all)) {
    rc = kz_opinions_cut(&rest, found, arena, err);
  }
  if (rc == KZ_OK && (found[0] || found[1] || found[2])) {
    rc = join_sent(&level, found, arena, err);
  }
  if (rc != KZ_OK || level.count == 0) {
    return rc;
  }
  KZ_BUF(text, MEMBERS_BYTES);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &text);
  kz_jsonw_object(&w);
  kz_jsonw_raw_members(&w, rest);
  rc = write_lists(&w, eye, &level, arena, err);
  kz_jsonw_object_end(&w);
  kz_str braced = kz_buf_str(&text);
  if (rc == KZ_OK && kz_buf_failed(&text)) {
    rc = KZ_E_MEMORY;
  }
  return rc == KZ_OK
             ? kz_arena_dup(arena,
                            kz_str_head(kz_str_from(braced, 1), braced.len - 2),
                            extra)
             : rc;
}

/* Calls `change` for the extra of an event and of all in it. */
typedef kz_rc change_extra(void *ctx, const struct kz_uuid *thing,
                           kz_str *extra, struct kz_arena *arena,
                           struct kz_err *err);

static kz_rc change_attributes(struct kz_attribute *attributes, size_t count,
                               change_extra *change, void *ctx,
                               struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = change(ctx, &attributes[i].uuid, &attributes[i].extra, arena, err);
  }
  return rc;
}

static kz_rc change_all(struct kz_event *event, change_extra *change, void *ctx,
                        struct kz_arena *arena, struct kz_err *err) {
  kz_rc rc = change(ctx, &event->uuid, &event->extra, arena, err);
  if (rc == KZ_OK) {
    rc = change_attributes(event->attributes, event->attribute_count, change,
                           ctx, arena, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    rc = change(ctx, &o->uuid, &o->extra, arena, err);
    if (rc == KZ_OK) {
      rc = change_attributes(o->attributes, o->attribute_count, change, ctx,
                             arena, err);
    }
  }
  for (size_t i = 0; rc == KZ_OK && i < event->report_count; i++) {
    struct kz_report *report = &event->reports[i];
    rc = change(ctx, &report->uuid, &report->extra, arena, err);
  }
  return rc;
}

static kz_rc show_one(void *ctx, const struct kz_uuid *thing, kz_str *extra,
                      struct kz_arena *arena, struct kz_err *err) {
  return kz_opinions_show(ctx, thing, extra, arena, err);
}

kz_rc kz_opinions_show_all(const struct kz_opinion_eye *eye,
                           struct kz_event *event, struct kz_arena *arena,
                           struct kz_err *err) {
  struct kz_opinion_eye own = *eye;
  return change_all(event, show_one, &own, arena, err);
}

static kz_rc drop_one(void *ctx, const struct kz_uuid *thing, kz_str *extra,
                      struct kz_arena *arena, struct kz_err *err) {
  (void)ctx;
  (void)thing;
  struct kz_jsonv *found[KZ_ANALYST_TYPES];
  return kz_opinions_cut(extra, found, arena, err);
}

kz_rc kz_opinions_drop_all(struct kz_event *event, struct kz_arena *arena,
                           struct kz_err *err) {
  return change_all(event, drop_one, NULL, arena, err);
}
