/* Both forms are read into the same calls: a name with its values. Nesting is
 * limited to DEPTH_MAX, so that the tree stays below the query's own limit;
 * within it the reader of JSON calls itself. */
#include "work/search.h"

#include "base/clock.h"
#include "base/json.h"
#include "work/filter.h"

enum {
  DEPTH_MAX = 8,
  CONDS_MAX = 10000, /* filters in one search */
};

struct reader {
  struct kz_filter_scope scope;
  struct kz_search *search;
  struct kz_json json;
  size_t conds;
  uint64_t page; /* 0: not given */
  struct kz_err *err;
};

/* A growing list in the arena. */
struct list {
  const struct kz_cond **items;
  size_t count;
  size_t room;
};

static kz_rc no_memory(const struct reader *r) {
  return kz_err_set(r->err, KZ_E_MEMORY, "search: the question is too large");
}

static kz_rc push(struct reader *r, struct list *list,
                  const struct kz_cond *cond) {
  if (!cond) {
    return no_memory(r);
  }
  if (++r->conds > CONDS_MAX) {
    return kz_err_set(r->err, KZ_E_LIMIT, "search: more than %d filters",
                      CONDS_MAX);
  }
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 8;
    const struct kz_cond **items =
        kz_arena_array(r->scope.arena, room, sizeof(const struct kz_cond *));
    if (!items) {
      return no_memory(r);
    }
    for (size_t i = 0; i < list->count; i++) {
      items[i] = list->items[i];
    }
    list->items = items;
    list->room = room;
  }
  list->items[list->count++] = cond;
  return KZ_OK;
}

static kz_rc bad_setting(const struct reader *r, const char *name, kz_str value,
                         const char *what) {
  return kz_err_set(r->err, KZ_E_INPUT, "%s: \"%.*s\" is not %s", name,
                    KZ_STR_ARG(kz_str_head(value, 200)), what);
}

static kz_rc read_sort(struct reader *r, kz_str value) {
  static const struct {
    const char *word;
    enum kz_sort sort;
  } words[] = {
      {"id", KZ_SORT_ID},          {"-id", KZ_SORT_ID_DOWN},
      {"timestamp", KZ_SORT_TIME}, {"-timestamp", KZ_SORT_TIME_DOWN},
      {"oldest", KZ_SORT_TIME},    {"newest", KZ_SORT_TIME_DOWN},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq(value, kz_str_of(words[i].word))) {
      r->search->sort = words[i].sort;
      return KZ_OK;
    }
  }
  return bad_setting(r, "sort", value, "id, -id, timestamp or -timestamp");
}

static kz_rc read_deleted(struct reader *r, kz_str value) {
  bool only = false;
  r->search->gave_deleted = true;
  if (kz_str_eq(value, KZ_STR("both"))) {
    r->search->deleted = KZ_DELETED_BOTH;
    return KZ_OK;
  }
  if (!kz_str_eq(value, KZ_STR("only")) &&
      kz_filter_flag(value, &only) != KZ_OK) {
    return bad_setting(r, "deleted", value, "no, only or both");
  }
  bool is_no = !kz_str_eq(value, KZ_STR("only")) && !only;
  r->search->deleted = is_no ? KZ_DELETED_NO : KZ_DELETED_ONLY;
  return KZ_OK;
}

/* What is not a filter but says how to answer; KZ_NOT_FOUND. */
static kz_rc read_setting(struct reader *r, kz_str name, kz_str value) {
  static const char *const words[] = {"limit", "page", "offset"};
  uint64_t *const targets[] = {&r->search->limit, &r->page, &r->search->offset};
  if (kz_str_eq(name, KZ_STR("sort"))) {
    return read_sort(r, value);
  }
  if (kz_str_eq(name, KZ_STR("deleted"))) {
    return read_deleted(r, value);
  }
  if (kz_str_eq(name, KZ_STR("format"))) {
    r->search->format = value;
    return KZ_OK;
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq(name, kz_str_of(words[i]))) {
      r->search->gave_limit |= i == 0;
      return kz_str_u64(value, targets[i]) == KZ_OK &&
                     *targets[i] <= UINT32_MAX && (i != 1 || r->page > 0)
                 ? KZ_OK
                 : bad_setting(r, words[i], value, "a number that fits");
    }
  }
  return KZ_NOT_FOUND;
}

/* A name with its values, at the top of the search or below. */
static kz_rc take(struct reader *r, bool is_top, kz_str name,
                  const kz_str *values, size_t count, struct list *list) {
  if (is_top && count == 1) {
    kz_rc rc = read_setting(r, name, values[0]);
    if (rc != KZ_NOT_FOUND) {
      return rc;
    }
  }
  const struct kz_cond *cond = NULL;
  kz_rc rc = kz_filter_cond(&r->scope, name, values, count, &cond, r->err);
  if (rc == KZ_NOT_FOUND) {
    return kz_err_set(r->err, KZ_E_INPUT, "there is no filter \"%.*s\"",
                      KZ_STR_ARG(kz_str_head(name, 200)));
  }
  return rc == KZ_OK ? push(r, list, cond) : rc;
}

static void begin(struct reader *r, struct kz_dict *dict,
                  struct kz_arena *arena, struct kz_search *search,
                  struct kz_err *err) {
  *search = (struct kz_search){.limit = KZ_SEARCH_ROWS};
  *r = (struct reader){
      .scope = {.dict = dict, .arena = arena, .now_us = kz_clock_now_us()},
      .search = search,
      .err = err,
  };
}

static kz_rc finish(struct reader *r, const struct list *list) {
  if (list->count > 0) {
    r->search->where =
        kz_filter_join(r->scope.arena, KZ_COND_AND, list->items, list->count);
    if (!r->search->where) {
      return no_memory(r);
    }
  }
  if (r->page > 1) {
    r->search->offset += (r->page - 1) * r->search->limit;
  }
  return KZ_OK;
}

/* --- name=value ------------------------------------------------------------
 */

/* Lists of words may be written with commas; values and tags may not, as they
 * contain them. */
static bool takes_commas(kz_str name) {
  static const char *const names[] = {"type",         "category", "event",
                                      "threat_level", "analysis", "uuid",
                                      "distribution", "attribute"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (kz_str_eq(name, kz_str_of(names[i]))) {
      return true;
    }
  }
  return false;
}

static size_t count_pieces(kz_str text) {
  size_t count = 1;
  for (size_t i = 0; i < text.len; i++) {
    count += text.ptr[i] == ',';
  }
  return count;
}

/* All values of one name, in their order. */
static kz_rc gather(const struct reader *r, const struct kz_param *params,
                    size_t count, size_t first, kz_str **ret_values,
                    size_t *ret_count) {
  kz_str name = params[first].name;
  bool commas = takes_commas(name);
  size_t room = 0;
  for (size_t i = first; i < count; i++) {
    if (kz_str_eq(params[i].name, name)) {
      room += commas ? count_pieces(params[i].value) : 1;
    }
  }
  kz_str *values = kz_arena_array(r->scope.arena, room, sizeof *values);
  size_t n = 0;
  if (!values) {
    return no_memory(r);
  }
  for (size_t i = first; i < count; i++) {
    if (!kz_str_eq(params[i].name, name)) {
      continue;
    }
    kz_str rest = params[i].value;
    kz_str piece = KZ_STR_NONE;
    if (!commas) {
      values[n++] = rest;
    }
    while (commas && n < room && kz_str_next(&rest, ',', &piece)) {
      values[n++] = kz_str_trim(piece);
    }
  }
  *ret_values = values;
  *ret_count = n;
  return KZ_OK;
}

static bool came_before(const struct kz_param *params, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (kz_str_eq(params[i].name, params[index].name)) {
      return true;
    }
  }
  return false;
}

/* --- JSON ------------------------------------------------------------------
 */

static kz_rc next(struct reader *r, struct kz_json_token *token) {
  kz_rc rc = kz_json_next(&r->json, token);
  if (rc == KZ_OK) {
    return KZ_OK;
  }
  if (rc == KZ_END) {
    return kz_err_set(r->err, KZ_E_INPUT, "search: the JSON is not an object");
  }
  kz_json_explain(&r->json, r->err);
  return rc;
}

/* The text of a plain token; false for brackets and null. */
static bool is_plain(const struct kz_json_token *token, kz_str *ret) {
  switch ((int)token->kind) {
  case KZ_JSON_STRING:
  case KZ_JSON_NUMBER:
    *ret = token->text;
    return true;
  case KZ_JSON_TRUE:
    *ret = KZ_STR("true");
    return true;
  case KZ_JSON_FALSE:
    *ret = KZ_STR("false");
    return true;
  default:
    return false;
  }
}

static kz_rc read_object(struct reader *r, unsigned depth,
                         const struct kz_cond **ret);

/* After '[': objects up to ']'. */
static kz_rc read_objects(struct reader *r, unsigned depth, struct list *list) {
  struct kz_json_token token;
  kz_rc rc = next(r, &token);
  while (rc == KZ_OK && token.kind != KZ_JSON_ARRAY_END) {
    const struct kz_cond *cond = NULL;
    if (token.kind != KZ_JSON_OBJECT) {
      return kz_err_set(r->err, KZ_E_INPUT,
                        "search: and, or: a list of objects is due");
    }
    rc = read_object(r, depth, &cond);
    if (rc == KZ_OK) {
      rc = push(r, list, cond);
    }
    if (rc == KZ_OK) {
      rc = next(r, &token);
    }
  }
  return rc;
}

/* The members "and", "or" and "not"; KZ_NOT_FOUND for others. */
static kz_rc read_joint(struct reader *r, unsigned depth, kz_str name,
                        const struct kz_json_token *token, struct list *list) {
  bool is_not = kz_str_eq(name, KZ_STR("not"));
  bool is_or = kz_str_eq(name, KZ_STR("or"));
  if (!is_not && !is_or && !kz_str_eq(name, KZ_STR("and"))) {
    return KZ_NOT_FOUND;
  }
  if (depth + 1 >= DEPTH_MAX) {
    return kz_err_set(r->err, KZ_E_LIMIT,
                      "search: nested more than %d levels deep", DEPTH_MAX);
  }
  if (token->kind != (is_not ? KZ_JSON_OBJECT : KZ_JSON_ARRAY)) {
    return kz_err_set(r->err, KZ_E_INPUT, "search: %.*s: %s is due",
                      KZ_STR_ARG(name),
                      is_not ? "an object" : "a list of objects");
  }
  const struct kz_cond *cond = NULL;
  kz_rc rc = KZ_OK;
  if (is_not) {
    rc = read_object(r, depth + 1, &cond);
    cond = rc == KZ_OK ? kz_filter_not(r->scope.arena, cond) : NULL;
  } else {
    struct list inner = {NULL, 0, 0};
    rc = read_objects(r, depth + 1, &inner);
    cond = rc == KZ_OK ? kz_filter_join(r->scope.arena,
                                        is_or ? KZ_COND_OR : KZ_COND_AND,
                                        inner.items, inner.count)
                       : NULL;
  }
  return rc == KZ_OK ? push(r, list, cond) : rc;
}

/* A plain value or a list of such; their number is not known before. */
static kz_rc read_values(struct reader *r, kz_str name,
                         struct kz_json_token token, kz_str **ret_values,
                         size_t *ret_count) {
  kz_str *values = kz_arena_array(r->scope.arena, 8, sizeof *values);
  size_t room = 8;
  size_t count = 0;
  bool is_list = token.kind == KZ_JSON_ARRAY;
  kz_rc rc = is_list ? next(r, &token) : KZ_OK;
  while (rc == KZ_OK && token.kind != KZ_JSON_ARRAY_END) {
    if (count == room) {
      kz_str *more = kz_arena_array(r->scope.arena, room * 2, sizeof *more);
      if (more) {
        memcpy(more, values, count * sizeof *values);
      }
      values = more;
      room *= 2;
    }
    if (!values) {
      return no_memory(r);
    }
    if (!is_plain(&token, &values[count])) {
      return kz_err_set(r->err, KZ_E_INPUT,
                        "search: %.*s: a value or a list of values is due",
                        KZ_STR_ARG(kz_str_head(name, 200)));
    }
    count++;
    if (!is_list) {
      break;
    }
    rc = next(r, &token);
  }
  *ret_values = values;
  *ret_count = count;
  return rc;
}

static kz_rc read_member(struct reader *r, unsigned depth, kz_str name,
                         struct list *list) {
  struct kz_json_token token;
  kz_rc rc = next(r, &token);
  if (rc != KZ_OK || token.kind == KZ_JSON_NULL) {
    return rc; /* null: not asked for */
  }
  rc = read_joint(r, depth, name, &token, list);
  if (rc != KZ_NOT_FOUND) {
    return rc;
  }
  kz_str *values = NULL;
  size_t count = 0;
  rc = read_values(r, name, token, &values, &count);
  return rc == KZ_OK ? take(r, depth == 0, name, values, count, list) : rc;
}

/* After '{': all members have to hold. */
static kz_rc read_members(struct reader *r, unsigned depth, struct list *list) {
  struct kz_json_token token;
  kz_rc rc = next(r, &token);
  while (rc == KZ_OK && token.kind != KZ_JSON_OBJECT_END) {
    rc = read_member(r, depth, token.text, list);
    if (rc == KZ_OK) {
      rc = next(r, &token);
    }
  }
  return rc;
}

static kz_rc read_object(struct reader *r, unsigned depth,
                         const struct kz_cond **ret) {
  struct list list = {NULL, 0, 0};
  kz_rc rc = read_members(r, depth, &list);
  if (rc != KZ_OK) {
    return rc;
  }
  *ret = kz_filter_join(r->scope.arena, KZ_COND_AND, list.items, list.count);
  return *ret ? KZ_OK : no_memory(r);
}

/* One JSON object, all of the text. */
static kz_rc read_text(struct reader *r, kz_str json, unsigned depth,
                       struct list *list) {
  struct kz_json_token token;
  kz_json_init(&r->json, json, r->scope.arena, KZ_JSON_LIMITS);
  kz_rc rc = next(r, &token);
  if (rc == KZ_OK && token.kind != KZ_JSON_OBJECT) {
    return kz_err_set(r->err, KZ_E_INPUT, "search: the JSON is not an object");
  }
  if (rc == KZ_OK) {
    rc = read_members(r, depth, list);
  }
  if (rc == KZ_OK && kz_json_next(&r->json, &token) != KZ_END) {
    rc = kz_err_set(r->err, KZ_E_INPUT, "search: something follows the JSON");
  }
  return rc;
}

/* where={"or":[..]}: conditions that name=value cannot say. */
static kz_rc take_where(struct reader *r, const kz_str *texts, size_t count,
                        struct list *list) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = read_text(r, texts[i], 1, list);
  }
  return rc;
}

kz_rc kz_search_of_params(struct kz_dict *dict, const struct kz_param *params,
                          size_t count, struct kz_arena *arena,
                          struct kz_search *ret_search, struct kz_err *err) {
  struct reader r;
  struct kz_search search;
  struct list list = {NULL, 0, 0};
  begin(&r, dict, arena, &search, err);
  if (count > KZ_REQUEST_PARAMS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "search: more than %d parameters",
                      KZ_REQUEST_PARAMS_MAX);
  }
  for (size_t i = 0; i < count; i++) {
    kz_str *values = NULL;
    size_t n = 0;
    if (came_before(params, i)) {
      continue;
    }
    kz_rc rc = gather(&r, params, count, i, &values, &n);
    if (rc == KZ_OK && kz_str_eq(params[i].name, KZ_STR("where"))) {
      rc = take_where(&r, values, n, &list);
    } else if (rc == KZ_OK && n > 0) {
      rc = take(&r, true, params[i].name, values, n, &list);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  kz_rc rc = finish(&r, &list);
  if (rc == KZ_OK) {
    *ret_search = search;
  }
  return rc;
}

kz_rc kz_search_of_json(struct kz_dict *dict, kz_str json,
                        struct kz_arena *arena, struct kz_search *ret_search,
                        struct kz_err *err) {
  struct reader r;
  struct kz_search search;
  struct list list = {NULL, 0, 0};
  begin(&r, dict, arena, &search, err);
  kz_rc rc = read_text(&r, json, 0, &list);
  if (rc == KZ_OK) {
    rc = finish(&r, &list);
  }
  if (rc == KZ_OK) {
    *ret_search = search;
  }
  return rc;
}
