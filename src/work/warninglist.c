/* Entries are kept as one text, an entry a line, a comment behind the byte 31:
 * reading it makes one value of a tree instead of one for each entry. Rejected:
 * a key of the store for each entry, half a million keys that are only ever
 * read together. */
#include "work/warninglist.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "format/library_warninglist.h"
#include "insight/pattern_set.h"

enum {
  COMMENT_MARK = 31,
  LIST_BYTES = 1 << 30,
  TEXT_BYTES = 200 << 20,
};

/* The lists in force at one time. */
struct watch {
  atomic_size_t refs;
  struct kz_warner *warner;
  struct kz_warn_head *heads;
  size_t count;
  struct kz_arena *arena;
};

struct kz_warninglists {
  struct kz_shelf *heads;
  struct kz_shelf *entries;
  pthread_mutex_t changing; /* who alters documents */
  pthread_mutex_t lock; /* guards what follows, and is held while building */
  struct watch *watch;  /* NULL: to be built */
};

struct kz_warn_eye {
  struct watch *watch;
  struct kz_warner_eye *eye; /* NULL: no list is in force */
};

static const struct kz_shelf_shape head_shape = {
    .kind = KZ_SHELF_WARNINGLIST, .noun = "warninglist", .name = "name"};
static const struct kz_shelf_shape entry_shape = {
    .kind = KZ_SHELF_WARNING_ENTRIES, .noun = "warninglist's entries"};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "warninglists: out of memory");
}

static void unref_watch(struct watch *watch) {
  if (watch && atomic_fetch_sub(&watch->refs, 1) == 1) {
    kz_warner_unref(watch->warner);
    kz_arena_free(watch->arena);
    free(watch);
  }
}

kz_rc kz_warninglists_open(struct kz_store *store, struct kz_warninglists **ret,
                           struct kz_err *err) {
  struct kz_warninglists *lists = calloc(1, sizeof *lists);
  if (!lists) {
    return no_memory(err);
  }
  pthread_mutex_init(&lists->changing, NULL);
  pthread_mutex_init(&lists->lock, NULL);
  kz_rc rc = kz_shelf_open(store, &head_shape, &lists->heads, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_open(store, &entry_shape, &lists->entries, err);
  }
  if (rc != KZ_OK) {
    kz_warninglists_close(lists);
    return rc;
  }
  *ret = lists;
  return KZ_OK;
}

void kz_warninglists_close(struct kz_warninglists *lists) {
  if (lists) {
    unref_watch(lists->watch);
    kz_shelf_close(lists->heads);
    kz_shelf_close(lists->entries);
    pthread_mutex_destroy(&lists->changing);
    pthread_mutex_destroy(&lists->lock);
    free(lists);
  }
}

struct kz_shelf *kz_warninglists_shelf(struct kz_warninglists *lists) {
  return lists->heads;
}

/* What was built is of the past. */
static void outdate(struct kz_warninglists *lists) {
  pthread_mutex_lock(&lists->lock);
  unref_watch(lists->watch);
  lists->watch = NULL;
  pthread_mutex_unlock(&lists->lock);
}

/* --- entries ---------------------------------------------------------------
 */

/* A value or comment without what would end it. */
static void add_line_text(struct kz_buf *out, kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    kz_buf_add_byte(out, c == '\n' || c == COMMENT_MARK ? ' ' : c);
  }
}

static kz_rc write_entries(const struct kz_warninglist *list,
                           struct kz_arena *arena, struct kz_jsonv **ret,
                           struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  for (size_t i = 0; i < list->entry_count; i++) {
    const struct kz_warn_entry *entry = &list->entries[i];
    add_line_text(&text, entry->value);
    if (entry->comment.len > 0) {
      kz_buf_add_byte(&text, COMMENT_MARK);
      add_line_text(&text, entry->comment);
    }
    kz_buf_add_byte(&text, '\n');
  }
  if (kz_buf_failed(&text)) {
    return kz_err_set(err, KZ_E_LIMIT, "a warninglist of more than %d MiB",
                      TEXT_BYTES >> 20);
  }
  kz_str kept = KZ_STR_NONE;
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  if (!d || kz_arena_dup(arena, kz_buf_str(&text), &kept) != KZ_OK ||
      !kz_jsonv_set_str(d, KZ_STR("entries"), kept, arena)) {
    return no_memory(err);
  }
  *ret = d;
  return KZ_OK;
}

static size_t count_lines(kz_str text) {
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++) {
    count += text.ptr[i] == '\n';
  }
  return count;
}

static kz_rc read_entries(struct kz_warninglists *lists,
                          const struct kz_jsonv *head, struct kz_arena *arena,
                          struct kz_warn_entry **ret_entries, size_t *ret_count,
                          struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc =
      kz_shelf_get(lists->entries, kz_jsonv_u64(head, KZ_STR("entries_id"), 0),
                   arena, &document, err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str text = kz_jsonv_text(document, KZ_STR("entries"));
  struct kz_warn_entry *entries =
      kz_arena_array(arena, count_lines(text) + 1, sizeof *entries);
  if (!entries) {
    return no_memory(err);
  }
  size_t lines = count_lines(text);
  size_t count = 0;
  kz_str line;
  while (count < lines && kz_str_next(&text, '\n', &line)) {
    size_t mark = kz_str_find_byte(line, COMMENT_MARK);
    entries[count++] = (struct kz_warn_entry){
        .value = kz_str_head(line, mark),
        .comment =
            mark == SIZE_MAX ? KZ_STR_NONE : kz_str_from(line, mark + 1)};
  }
  *ret_entries = entries;
  *ret_count = count;
  return KZ_OK;
}

kz_rc kz_warninglists_entries(struct kz_warninglists *lists, uint64_t id,
                              struct kz_arena *arena,
                              struct kz_warn_entry **ret_entries,
                              size_t *ret_count, struct kz_err *err) {
  struct kz_jsonv *head = NULL;
  kz_rc rc = kz_shelf_get(lists->heads, id, arena, &head, err);
  return rc == KZ_OK
             ? read_entries(lists, head, arena, ret_entries, ret_count, err)
             : rc;
}

/* --- taking a file in ------------------------------------------------------
 */

static struct kz_jsonv *write_types(const struct kz_warninglist *list,
                                    struct kz_arena *arena) {
  struct kz_jsonv *array = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  for (size_t i = 0; array && i < list->type_count; i++) {
    struct kz_jsonv *name = kz_jsonv_new(arena, KZ_JSON_STRING);
    if (!name) {
      return NULL;
    }
    name->text = list->type_names[i];
    kz_jsonv_push(array, name);
  }
  return array;
}

/* The list without its entries; members that are the user's stay. */
static bool write_head(struct kz_jsonv *d, const struct kz_warninglist *list,
                       struct kz_arena *arena) {
  kz_str category = list->is_known ? KZ_STR("known") : KZ_STR("false_positive");
  kz_str description = list->description.ptr ? list->description : KZ_STR("");
  struct kz_jsonv *types = write_types(list, arena);
  return types && kz_jsonv_set_str(d, KZ_STR("name"), list->name, arena) &&
         kz_jsonv_set_str(d, KZ_STR("type"), kz_warn_way_name(list->way),
                          arena) &&
         kz_jsonv_set_str(d, KZ_STR("category"), category, arena) &&
         kz_jsonv_set_str(d, KZ_STR("description"), description, arena) &&
         kz_jsonv_set_u64(d, KZ_STR("version"), list->version, arena) &&
         kz_jsonv_set_bool(d, KZ_STR("default"), true, arena) &&
         kz_jsonv_set(d, KZ_STR("valid_attributes"), types, arena) &&
         kz_jsonv_set_u64(d, KZ_STR("entry_count"), list->entry_count, arena);
}

static kz_rc put(struct kz_warninglists *lists,
                 const struct kz_warninglist *list, struct kz_arena *arena,
                 struct kz_err *err) {
  uint64_t id = 0;
  struct kz_jsonv *head = NULL;
  kz_rc rc = KZ_OK;
  if (kz_shelf_by_name(lists->heads, list->name, &id) == KZ_OK) {
    rc = kz_shelf_get(lists->heads, id, arena, &head, err);
  } else {
    head = kz_jsonv_new(arena, KZ_JSON_OBJECT);
    rc = head && kz_jsonv_set_bool(head, KZ_STR("enabled"), false, arena)
             ? KZ_OK
             : no_memory(err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (kz_jsonv_u64(head, KZ_STR("version"), 0) > list->version) {
    return KZ_UNCHANGED;
  }
  /* The entries first, under a number of their own: until the head names them
   * the old ones count. */
  struct kz_jsonv *entries = NULL;
  uint64_t entries_id = 0;
  uint64_t old_id = kz_jsonv_u64(head, KZ_STR("entries_id"), 0);
  rc = write_entries(list, arena, &entries, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_put(lists->entries, &entries_id, entries, arena, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (!write_head(head, list, arena) ||
      !kz_jsonv_set_u64(head, KZ_STR("entries_id"), entries_id, arena)) {
    return no_memory(err);
  }
  struct kz_shelf_change changes[2] = {
      {.shelf = lists->heads, .id = id, .document = head, .arena = arena},
      {.shelf = lists->entries, .id = old_id}};
  return kz_shelf_apply(changes, old_id ? 2 : 1, err);
}

/* Regular expressions are tried one by one, so that the words tell which. */
static kz_rc check_regexes(const struct kz_library_file *file,
                           const struct kz_warninglist *list,
                           const struct kz_jsonv *entries, struct kz_err *err) {
  const struct kz_jsonv *value = entries->first;
  for (size_t i = 0; value && i < list->entry_count; i++, value = value->next) {
    struct kz_err why = KZ_ERR_NONE;
    if (kz_pattern_check(list->entries[i].value, &why) != KZ_OK) {
      return kz_library_wrong(file->text, value, err, "%s", why.text);
    }
  }
  return KZ_OK;
}

kz_rc kz_warninglists_take(struct kz_warninglists *lists,
                           const struct kz_library_file *file,
                           struct kz_arena *arena, struct kz_library_taken *ret,
                           struct kz_err *err) {
  struct kz_warninglist list;
  const struct kz_jsonv *entries = NULL;
  kz_rc rc = kz_library_warninglist(file->text, arena, &list, &entries, err);
  if (rc == KZ_OK && list.way == KZ_WARN_REGEX) {
    rc = check_regexes(file, &list, entries, err);
  }
  if (rc == KZ_OK) {
    pthread_mutex_lock(&lists->changing);
    rc = put(lists, &list, arena, err);
    pthread_mutex_unlock(&lists->changing);
  }
  if (rc == KZ_OK) {
    outdate(lists);
    *ret = (struct kz_library_taken){.name = list.name,
                                     .version = list.version,
                                     .entries = list.entry_count};
  }
  return rc;
}

/* --- switching -------------------------------------------------------------
 */

static kz_rc switch_all(struct kz_warninglists *lists, const uint64_t *ids,
                        size_t count, enum kz_warn_switch how,
                        struct kz_err *err) {
  KZ_ARENA(arena, LIST_BYTES);
  struct kz_shelf_change *changes =
      arena ? kz_arena_array(arena, count + 1, sizeof *changes) : NULL;
  if (!changes) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *head = NULL;
    kz_rc rc = kz_shelf_get(lists->heads, ids[i], arena, &head, err);
    if (rc != KZ_OK) {
      return rc;
    }
    bool is_on = kz_jsonv_flag(head, KZ_STR("enabled"), false);
    is_on = how == KZ_WARN_TOGGLE ? !is_on : how == KZ_WARN_ON;
    if (!kz_jsonv_set_bool(head, KZ_STR("enabled"), is_on, arena)) {
      return no_memory(err);
    }
    changes[i] = (struct kz_shelf_change){
        .shelf = lists->heads, .id = ids[i], .document = head, .arena = arena};
  }
  return kz_shelf_apply(changes, count, err);
}

kz_rc kz_warninglists_switch(struct kz_warninglists *lists, const uint64_t *ids,
                             size_t count, enum kz_warn_switch how,
                             struct kz_err *err) {
  pthread_mutex_lock(&lists->changing);
  kz_rc rc = switch_all(lists, ids, count, how, err);
  pthread_mutex_unlock(&lists->changing);
  if (rc == KZ_OK) {
    outdate(lists);
  }
  return rc;
}

/* --- building what values are checked against ------------------------------
 */

/* A list from its documents, in `arena`. */
static kz_rc read_list(struct kz_warninglists *lists,
                       const struct kz_jsonv *head, struct kz_arena *arena,
                       struct kz_warninglist *ret, struct kz_err *err) {
  struct kz_warn_entry *entries = NULL;
  const struct kz_jsonv *types = kz_jsonv_get(head, KZ_STR("valid_attributes"));
  size_t count = types ? types->count : 0;
  kz_str *names = kz_arena_array(arena, count + 1, sizeof *names);
  if (!names) {
    return no_memory(err);
  }
  const struct kz_jsonv *type = types ? types->first : NULL;
  for (size_t i = 0; type; type = type->next, i++) {
    names[i] = type->text;
  }
  *ret = (struct kz_warninglist){
      .name = kz_jsonv_text(head, KZ_STR("name")),
      .is_known =
          kz_str_eq(kz_jsonv_text(head, KZ_STR("category")), KZ_STR("known"))};
  kz_warninglist_set_types(ret, names, count);
  kz_str way = kz_jsonv_text(head, KZ_STR("type"));
  if (kz_warn_way_by_name(way, &ret->way) != KZ_OK) {
    return kz_err_set(err, KZ_E_CORRUPT, "a warninglist of type %.*s",
                      KZ_STR_ARG(way));
  }
  kz_rc rc = read_entries(lists, head, arena, &entries, &ret->entry_count, err);
  ret->entries = entries;
  return rc;
}

static kz_rc fill_watch(struct kz_warninglists *lists, struct watch *watch,
                        struct kz_arena *scratch, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(lists->heads, 0, scratch, &cards, &count);
  struct kz_warninglist *found =
      kz_arena_array(scratch, count + 1, sizeof *found);
  watch->heads = kz_arena_array(watch->arena, count + 1, sizeof *watch->heads);
  if (rc != KZ_OK || !found || !watch->heads) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    struct kz_jsonv *head = NULL;
    rc = kz_shelf_get(lists->heads, cards[i].id, scratch, &head, err);
    if (rc == KZ_NOT_FOUND ||
        (rc == KZ_OK && !kz_jsonv_flag(head, KZ_STR("enabled"), false))) {
      continue;
    }
    if (rc == KZ_OK) {
      rc = read_list(lists, head, scratch, &found[watch->count], err);
    }
    struct kz_warn_head *h = &watch->heads[watch->count];
    if (rc == KZ_OK) {
      rc = kz_arena_dup(watch->arena, found[watch->count].name, &h->name);
    }
    if (rc != KZ_OK) {
      return rc;
    }
    h->id = cards[i].id;
    h->is_known = found[watch->count++].is_known;
  }
  return kz_warner_new(found, watch->count, &watch->warner, err);
}

static kz_rc build(struct kz_warninglists *lists, struct watch **ret,
                   struct kz_err *err) {
  struct watch *watch = calloc(1, sizeof *watch);
  KZ_ARENA(scratch, (size_t)4 << 30);
  if (!watch || !scratch) {
    free(watch);
    return no_memory(err);
  }
  atomic_init(&watch->refs, 1);
  watch->arena = kz_arena_new(LIST_BYTES);
  kz_rc rc =
      watch->arena ? fill_watch(lists, watch, scratch, err) : no_memory(err);
  if (rc != KZ_OK) {
    unref_watch(watch);
    return rc;
  }
  *ret = watch;
  return KZ_OK;
}

/* --- checking --------------------------------------------------------------
 */

kz_rc kz_warn_eye_new(struct kz_warninglists *lists, struct kz_warn_eye **ret,
                      struct kz_err *err) {
  struct kz_warn_eye *eye = calloc(1, sizeof *eye);
  if (!eye) {
    return no_memory(err);
  }
  pthread_mutex_lock(&lists->lock);
  kz_rc rc = lists->watch ? KZ_OK : build(lists, &lists->watch, err);
  if (rc == KZ_OK) {
    eye->watch = lists->watch;
    atomic_fetch_add(&eye->watch->refs, 1);
  }
  pthread_mutex_unlock(&lists->lock);
  if (rc == KZ_OK && eye->watch->count > 0) {
    eye->eye = kz_warner_eye_new(eye->watch->warner);
    rc = eye->eye ? KZ_OK : no_memory(err);
  }
  if (rc != KZ_OK) {
    kz_warn_eye_free(eye);
    return rc;
  }
  *ret = eye;
  return KZ_OK;
}

struct kz_warn_eye *kz_warn_eye_again(const struct kz_warn_eye *eye) {
  struct kz_warn_eye *again = calloc(1, sizeof *again);
  if (!again) {
    return NULL;
  }
  again->watch = eye->watch;
  atomic_fetch_add(&again->watch->refs, 1);
  again->eye = eye->eye ? kz_warner_eye_new(eye->watch->warner) : NULL;
  if (eye->eye && !again->eye) {
    kz_warn_eye_free(again);
    return NULL;
  }
  return again;
}

void kz_warn_eye_free(struct kz_warn_eye *eye) {
  if (eye) {
    kz_warner_eye_free(eye->eye);
    unref_watch(eye->watch);
    free(eye);
  }
}

size_t kz_warn_eye_lists(const struct kz_warn_eye *eye) {
  return eye->watch->count;
}

size_t kz_warn_check(struct kz_warn_eye *eye, unsigned type, kz_str value,
                     const struct kz_warner_hit **ret_hits) {
  *ret_hits = NULL;
  return eye->eye ? kz_warner_check(eye->eye, type, value, ret_hits) : 0;
}

const struct kz_warn_head *kz_warn_head_of(const struct kz_warn_eye *eye,
                                           uint32_t list) {
  return &eye->watch->heads[list];
}

bool kz_warn_trips(struct kz_warn_eye *eye, unsigned type, kz_str value) {
  const struct kz_warner_hit *hits = NULL;
  size_t count = kz_warn_check(eye, type, value, &hits);
  for (size_t i = 0; i < count; i++) {
    if (!eye->watch->heads[hits[i].list].is_known) {
      return true;
    }
  }
  return false;
}

static void count_list(struct kz_warn_eye *eye,
                       const struct kz_attribute *attributes, size_t count,
                       uint64_t *counts) {
  for (size_t i = 0; i < count; i++) {
    const struct kz_warner_hit *hits = NULL;
    size_t found =
        kz_warn_check(eye, attributes[i].type, attributes[i].value, &hits);
    for (size_t k = 0; k < found; k++) {
      counts[hits[k].list]++;
    }
  }
}

void kz_warn_count(struct kz_warn_eye *eye, const struct kz_event *event,
                   uint64_t *counts) {
  if (!eye->eye) {
    return;
  }
  count_list(eye, event->attributes, event->attribute_count, counts);
  for (size_t i = 0; i < event->object_count; i++) {
    const struct kz_object *object = &event->objects[i];
    count_list(eye, object->attributes, object->attribute_count, counts);
  }
}
