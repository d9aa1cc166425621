/* Values of the body are kept as they stand until somebody asks: most requests
 * use two or three of them. */
#include "api/misp_params.h"

#include <string.h>

#include "base/json.h"

static const kz_str no_value = {"", 0};

kz_rc kz_misp_params_add(struct kz_misp_call *call,
                         struct kz_misp_param param) {
  if (!call->params) {
    call->params =
        kz_arena_array(call->work, KZ_MISP_PARAMS_MAX, sizeof *call->params);
    if (!call->params) {
      return KZ_E_MEMORY;
    }
  }
  if (call->param_count == KZ_MISP_PARAMS_MAX) {
    return KZ_E_LIMIT;
  }
  call->params[call->param_count++] = param;
  return KZ_OK;
}

/* "key[]" and "key" are one name. */
static kz_str bare_name(kz_str name) {
  return kz_str_ends(name, KZ_STR("[]")) ? kz_str_head(name, name.len - 2)
                                         : name;
}

/* PyMISP writes a space in a path as '+'. */
static kz_rc spaced(struct kz_arena *arena, kz_str text, kz_str *ret) {
  *ret = text;
  if (kz_str_find_byte(text, '+') == SIZE_MAX) {
    return KZ_OK;
  }
  char *copy = kz_arena_text(arena, text.len);
  if (!copy) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < text.len; i++) {
    copy[i] = text.ptr[i] == '+' ? ' ' : text.ptr[i];
  }
  *ret = (kz_str){copy, text.len};
  return KZ_OK;
}

static kz_rc add_segment(struct kz_misp_call *call, kz_str segment,
                         kz_str *args, size_t *count) {
  size_t colon = kz_str_find_byte(segment, ':');
  if (colon == SIZE_MAX || colon == 0) {
    args[(*count)++] = segment;
    return KZ_OK;
  }
  struct kz_misp_param param = {.name = bare_name(kz_str_head(segment, colon))};
  kz_rc rc = spaced(call->work, kz_str_from(segment, colon + 1), &param.text);
  return rc == KZ_OK ? kz_misp_params_add(call, param) : rc;
}

kz_rc kz_misp_params_path(struct kz_misp_call *call, size_t first) {
  const struct kz_request *request = call->request;
  kz_str *args =
      kz_arena_array(call->work, KZ_REQUEST_SEGMENTS_MAX, sizeof *args);
  if (!args) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = KZ_OK;
  for (size_t i = first; rc == KZ_OK && i < request->segment_count; i++) {
    kz_str segment = request->segments[i];
    if (i + 1 == request->segment_count &&
        kz_str_ends(segment, KZ_STR(".json"))) {
      segment = kz_str_head(segment, segment.len - 5);
    }
    rc = add_segment(call, segment, args, &call->arg_count);
  }
  for (size_t i = 0; rc == KZ_OK && i < request->query_count; i++) {
    const struct kz_param *given = &request->query[i];
    rc = kz_misp_params_add(
        call, (struct kz_misp_param){.name = bare_name(given->name),
                                     .text = given->value.ptr ? given->value
                                                              : no_value});
  }
  call->args = args;
  return rc;
}

/* Reads one value into `param`; KZ_NOT_FOUND for null. */
static kz_rc read_value(struct kz_json *json, struct kz_misp_param *param) {
  kz_str raw;
  kz_rc rc = kz_json_raw(json, &raw);
  if (rc != KZ_OK) {
    return rc;
  }
  if (raw.ptr[0] == '{' || raw.ptr[0] == '[') {
    param->raw = raw;
    return KZ_OK;
  }
  struct kz_json one;
  struct kz_json_token token;
  kz_json_init(&one, raw, json->arena, KZ_JSON_LIMITS);
  rc = kz_json_next(&one, &token);
  if (rc != KZ_OK || token.kind == KZ_JSON_NULL) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  param->text = token.kind == KZ_JSON_TRUE    ? KZ_STR("1")
                : token.kind == KZ_JSON_FALSE ? KZ_STR("0")
                                              : token.text;
  param->text.ptr = param->text.ptr ? param->text.ptr : "";
  return KZ_OK;
}

/* Adds the members of the object that was just opened. */
static kz_rc add_members(struct kz_misp_call *call, struct kz_json *json) {
  for (;;) {
    struct kz_json_token key;
    struct kz_misp_param param = {.raw = KZ_STR_NONE};
    kz_rc rc = kz_json_next(json, &key);
    if (rc != KZ_OK || key.kind == KZ_JSON_OBJECT_END) {
      return rc;
    }
    param.name = bare_name(key.text);
    rc = read_value(json, &param);
    if (rc == KZ_OK) {
      rc = kz_misp_params_add(call, param);
    }
    if (rc < 0) {
      return rc;
    }
  }
}

/* Opens the object that counts: the body, or what is in its "request". */
static kz_rc open_body(struct kz_json *json, kz_str body,
                       struct kz_arena *arena) {
  struct kz_json_token token;
  kz_json_init(json, body, arena, KZ_JSON_LIMITS);
  kz_rc rc = kz_json_next(json, &token);
  if (rc != KZ_OK || token.kind != KZ_JSON_OBJECT) {
    return rc == KZ_OK ? KZ_NOT_FOUND : rc;
  }
  struct kz_json ahead = *json;
  if (kz_json_next(&ahead, &token) == KZ_OK && token.kind == KZ_JSON_KEY &&
      kz_str_eq(token.text, KZ_STR("request")) &&
      kz_json_next(&ahead, &token) == KZ_OK && token.kind == KZ_JSON_OBJECT) {
    *json = ahead;
  }
  return KZ_OK;
}

kz_rc kz_misp_params_body(struct kz_misp_call *call, struct kz_err *err) {
  kz_str body = kz_str_trim(call->request->body);
  if (body.len == 0) {
    return KZ_OK;
  }
  struct kz_json json;
  struct kz_misp_param *named = call->params;
  size_t named_count = call->param_count;
  call->params = NULL;
  call->param_count = 0;
  kz_rc rc = open_body(&json, body, call->work);
  if (rc == KZ_OK) {
    rc = add_members(call, &json);
  }
  for (size_t i = 0; rc >= 0 && i < named_count; i++) {
    rc = kz_misp_params_add(call, named[i]);
  }
  if (rc == KZ_E_INPUT) {
    return kz_json_explain(&json, err);
  }
  return rc < 0 ? kz_err_set(err, rc, "too many parameters") : KZ_OK;
}

const struct kz_misp_param *kz_misp_param(const struct kz_misp_call *call,
                                          kz_str name) {
  for (size_t i = 0; i < call->param_count; i++) {
    if (kz_str_eq(call->params[i].name, name)) {
      return &call->params[i];
    }
  }
  return NULL;
}

kz_str kz_misp_param_text(const struct kz_misp_call *call, kz_str name) {
  const struct kz_misp_param *param = kz_misp_param(call, name);
  return param ? param->text : KZ_STR_NONE;
}

bool kz_misp_param_flag(const struct kz_misp_call *call, kz_str name,
                        bool absent) {
  const struct kz_misp_param *param = kz_misp_param(call, name);
  if (!param) {
    return absent;
  }
  return param->raw.ptr ||
         (param->text.len > 0 && !kz_str_eq(param->text, KZ_STR("0")) &&
          !kz_str_eq_nocase(param->text, KZ_STR("false")));
}

uint64_t kz_misp_param_number(const struct kz_misp_call *call, kz_str name,
                              uint64_t absent) {
  uint64_t number = 0;
  kz_str text = kz_misp_param_text(call, name);
  return kz_str_u64(text, &number) == KZ_OK ? number : absent;
}

/* A growing list of terms. */
struct list {
  kz_str *items;
  size_t count;
  size_t room;
};

static kz_rc put(struct list *list, struct kz_arena *arena, kz_str term) {
  if (list->count == KZ_MISP_TERMS_MAX) {
    return KZ_E_LIMIT;
  }
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 8;
    kz_str *items = kz_arena_array(arena, room, sizeof *items);
    if (!items) {
      return KZ_E_MEMORY;
    }
    if (list->count > 0) {
      memcpy(items, list->items, list->count * sizeof *items);
    }
    list->items = items;
    list->room = room;
  }
  list->items[list->count++] = term;
  return KZ_OK;
}

struct lists {
  struct kz_arena *arena;
  struct list any;
  struct list all;
  struct list none;
};

/* One written term: with '!' before it, it is one of those not wanted. */
static kz_rc put_term(struct lists *lists, struct list *to, kz_str term) {
  if (term.len > 1 && term.ptr[0] == '!') {
    return put(&lists->none, lists->arena, kz_str_from(term, 1));
  }
  return term.len > 0 ? put(to, lists->arena, term) : KZ_OK;
}

static kz_rc put_text(struct lists *lists, kz_str text) {
  for (;;) {
    size_t at = kz_str_find(text, KZ_STR("&&"));
    kz_rc rc = put_term(lists, &lists->any, kz_str_head(text, at));
    if (rc != KZ_OK || at == SIZE_MAX) {
      return rc;
    }
    text = kz_str_from(text, at + 2);
  }
}

/* Terms of the value that comes next: one, or an array of them. */
static kz_rc put_values(struct lists *lists, struct list *to,
                        struct kz_json *json) {
  struct kz_json_token token;
  size_t depth = 0;
  do {
    kz_rc rc = kz_json_next(json, &token);
    if (rc != KZ_OK) {
      return rc;
    }
    if (token.kind == KZ_JSON_ARRAY) {
      depth++;
    } else if (token.kind == KZ_JSON_ARRAY_END) {
      depth--;
    } else if (token.kind == KZ_JSON_OBJECT) {
      rc = kz_json_skip(json, &token);
    } else if (token.kind == KZ_JSON_TRUE || token.kind == KZ_JSON_FALSE) {
      rc = put(to, lists->arena,
               token.kind == KZ_JSON_TRUE ? KZ_STR("1") : KZ_STR("0"));
    } else if (token.kind != KZ_JSON_NULL) {
      rc = put_term(lists, to, token.text);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  } while (depth > 0);
  return KZ_OK;
}

static kz_rc put_raw(struct lists *lists, kz_str raw) {
  struct kz_json json;
  struct kz_json_token token;
  kz_json_init(&json, raw, lists->arena, KZ_JSON_LIMITS);
  if (raw.ptr[0] == '[') {
    return put_values(lists, &lists->any, &json);
  }
  kz_rc rc = kz_json_next(&json, &token);
  while (rc == KZ_OK) {
    rc = kz_json_next(&json, &token);
    if (rc != KZ_OK || token.kind == KZ_JSON_OBJECT_END) {
      return rc;
    }
    struct list *to = kz_str_eq_nocase(token.text, KZ_STR("NOT")) ? &lists->none
                      : kz_str_eq_nocase(token.text, KZ_STR("AND"))
                          ? &lists->all
                          : &lists->any;
    rc = put_values(lists, to, &json);
  }
  return rc;
}

kz_rc kz_misp_param_terms(struct kz_misp_call *call, kz_str name,
                          struct kz_misp_terms *ret, struct kz_err *err) {
  struct lists lists = {.arena = call->work};
  bool is_given = false;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < call->param_count; i++) {
    const struct kz_misp_param *param = &call->params[i];
    if (!kz_str_eq(param->name, name)) {
      continue;
    }
    is_given = is_given || param->raw.ptr || param->text.len > 0;
    rc = param->raw.ptr ? put_raw(&lists, param->raw)
                        : put_text(&lists, param->text);
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "%.*s: not a list of terms", KZ_STR_ARG(name));
  }
  *ret = (struct kz_misp_terms){
      .is_given = is_given,
      .any = lists.any.items,
      .any_count = lists.any.count,
      .all = lists.all.items,
      .all_count = lists.all.count,
      .none = lists.none.items,
      .none_count = lists.none.count,
  };
  return KZ_OK;
}
