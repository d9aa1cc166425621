/* Patterns are read anew for each request. A tree of segments would find faster
 * but has to be built, freed and kept in step; reading 200 short texts costs
 * less than one system call. */
#include "net/route.h"

enum kind { KIND_TEXT, KIND_NAME, KIND_REST };

enum { RANKED_MAX = 32 /* segments that a rank has room for */ };

/* Takes the next segment off a pattern. For a name, `*ret` is the name. */
static bool next_segment(kz_str *pattern, kz_str *ret, enum kind *ret_kind) {
  if (pattern->len <= 1) {
    return false;
  }
  *pattern = kz_str_from(*pattern, 1);
  kz_str segment = kz_str_head(*pattern, kz_str_find_byte(*pattern, '/'));
  *pattern = kz_str_from(*pattern, segment.len);
  *ret = segment;
  *ret_kind = KIND_TEXT;
  if (segment.len > 2 && segment.ptr[0] == '{') {
    bool is_rest = segment.ptr[segment.len - 2] == '*';
    *ret_kind = is_rest ? KIND_REST : KIND_NAME;
    *ret = (kz_str){segment.ptr + 1, segment.len - (is_rest ? 3 : 2)};
  }
  return true;
}

/* The path from its segment `from` on, as the client wrote it. */
static kz_str raw_rest(const struct kz_request *request, size_t from) {
  kz_str rest = kz_str_from(request->path, 1);
  for (size_t i = 0; i < from; i++) {
    size_t slash = kz_str_find_byte(rest, '/');
    rest = slash == SIZE_MAX ? kz_str_from(rest, rest.len)
                             : kz_str_from(rest, slash + 1);
  }
  return rest;
}

/* Whether the pattern is that of the path, and how well it fits: two bits a
 * segment, the first on top, so that the smaller rank is the better. */
static bool fits(const char *pattern, const struct kz_request *request,
                 uint64_t *ret_rank) {
  kz_str left = kz_str_of(pattern);
  kz_str segment = KZ_STR_NONE;
  enum kind kind = KIND_TEXT;
  uint64_t rank = 0;
  size_t i = 0;
  while (next_segment(&left, &segment, &kind)) {
    if (i < RANKED_MAX) {
      rank |= (uint64_t)kind << (2 * (RANKED_MAX - 1 - i));
    }
    if (kind == KIND_REST) {
      *ret_rank = rank;
      return true;
    }
    if (i >= request->segment_count ||
        (kind == KIND_TEXT && !kz_str_eq(segment, request->segments[i]))) {
      return false;
    }
    i++;
  }
  *ret_rank = rank;
  return i == request->segment_count;
}

/* Sets what the names of a pattern that fits stand for. */
static void capture(struct kz_route_match *match,
                    const struct kz_request *request) {
  kz_str left = kz_str_of(match->route->pattern);
  kz_str segment = KZ_STR_NONE;
  enum kind kind = KIND_TEXT;
  match->rest = request->segment_count;
  for (size_t i = 0; next_segment(&left, &segment, &kind); i++) {
    if (kind == KIND_TEXT || match->capture_count == KZ_ROUTE_CAPTURES_MAX) {
      continue;
    }
    bool is_rest = kind == KIND_REST;
    match->rest = is_rest ? i : match->rest;
    match->captures[match->capture_count++] = (struct kz_param){
        segment, is_rest ? raw_rest(request, i) : request->segments[i]};
  }
}

static bool answers(const struct kz_route *route, enum kz_method method) {
  return route->method == method ||
         (route->method == KZ_METHOD_GET && method == KZ_METHOD_HEAD);
}

enum kz_route_found kz_route_find(const struct kz_route_table *table,
                                  const struct kz_request *request,
                                  struct kz_route_match *ret) {
  const struct kz_route *best = NULL;
  uint64_t best_rank = UINT64_MAX;
  enum kz_route_found found = KZ_ROUTE_NO_PATH;
  for (size_t r = 0; r < table->count; r++) {
    const struct kz_route *route = &table->routes[r];
    uint64_t rank = 0;
    if (!fits(route->pattern, request, &rank)) {
      continue;
    }
    found = KZ_ROUTE_NO_METHOD;
    if (answers(route, request->method) && rank < best_rank) {
      best = route;
      best_rank = rank;
    }
  }
  if (!best) {
    return found;
  }
  *ret = (struct kz_route_match){.route = best};
  capture(ret, request);
  return KZ_ROUTE_FOUND;
}

kz_str kz_route_capture(const struct kz_route_match *match, kz_str name) {
  for (size_t i = 0; i < match->capture_count; i++) {
    if (kz_str_eq(match->captures[i].name, name)) {
      return match->captures[i].value;
    }
  }
  return KZ_STR_NONE;
}

static void add_method(struct kz_buf *out, kz_str method) {
  if (out->len > 0) {
    (void)kz_buf_add_str(out, KZ_STR(", "));
  }
  (void)kz_buf_add_str(out, method);
}

/* "GET, HEAD, POST, OPTIONS" of the rows that fit the path; nothing if none. */
static void list_methods(const struct kz_route_table *table,
                         const struct kz_request *request, struct kz_buf *out) {
  uint64_t rank = 0;
  unsigned seen = 0;
  for (size_t r = 0; r < table->count; r++) {
    if (fits(table->routes[r].pattern, request, &rank)) {
      seen |= 1U << table->routes[r].method;
    }
  }
  if (seen & 1U << KZ_METHOD_GET) {
    seen |= 1U << KZ_METHOD_HEAD;
  }
  if (seen != 0) {
    seen |= 1U << KZ_METHOD_OPTIONS;
  }
  for (unsigned m = KZ_METHOD_GET; m < KZ_METHOD_OTHER; m++) {
    if (seen & 1U << m) {
      add_method(out, kz_method_name((enum kz_method)m));
    }
  }
}

void kz_route_refuse(const struct kz_route_table *table,
                     const struct kz_request *request, struct kz_reply *reply) {
  KZ_BUF(allow, 256);
  list_methods(table, request, &allow);
  if (allow.len == 0) {
    kz_reply_error(reply, 404, KZ_STR("there is nothing at this path"));
    return;
  }
  if (request->method == KZ_METHOD_OPTIONS) {
    kz_reply_status(reply, 204);
  } else {
    kz_reply_error(reply, 405,
                   KZ_STR("this path does not take that method, see Allow"));
  }
  kz_reply_header(reply, KZ_STR("Allow"), kz_buf_str(&allow));
}

/* One parameter object of OpenAPI. */
static void write_param(struct kz_jsonw *w, kz_str name, kz_str in,
                        bool is_required, const struct kz_route_param *param) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("name"), name);
  kz_jsonw_member_str(w, KZ_STR("in"), in);
  kz_jsonw_member_bool(w, KZ_STR("required"), is_required);
  if (param) {
    kz_jsonw_member_str(w, KZ_STR("description"), kz_str_of(param->summary));
  }
  kz_jsonw_key(w, KZ_STR("schema"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("type"),
                      param ? kz_str_of(param->type) : KZ_STR("string"));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void write_params(struct kz_jsonw *w, const struct kz_route *route) {
  kz_jsonw_key(w, KZ_STR("parameters"));
  kz_jsonw_array(w);
  kz_str left = kz_str_of(route->pattern);
  kz_str segment = KZ_STR_NONE;
  enum kind kind = KIND_TEXT;
  while (next_segment(&left, &segment, &kind)) {
    if (kind != KIND_TEXT) {
      write_param(w, segment, KZ_STR("path"), true, NULL);
    }
  }
  for (size_t i = 0; i < route->param_count; i++) {
    const struct kz_route_param *param = &route->params[i];
    if (param->in != KZ_ROUTE_IN_BODY) {
      bool is_query = param->in == KZ_ROUTE_IN_QUERY;
      write_param(w, kz_str_of(param->name),
                  is_query ? KZ_STR("query") : KZ_STR("header"),
                  param->is_required, param);
    }
  }
  kz_jsonw_array_end(w);
}

static size_t count_in_body(const struct kz_route *route, bool only_required) {
  size_t count = 0;
  for (size_t i = 0; i < route->param_count; i++) {
    const struct kz_route_param *param = &route->params[i];
    count +=
        param->in == KZ_ROUTE_IN_BODY && (param->is_required || !only_required);
  }
  return count;
}

static void write_body_members(struct kz_jsonw *w,
                               const struct kz_route *route) {
  kz_jsonw_key(w, KZ_STR("properties"));
  kz_jsonw_object(w);
  for (size_t i = 0; i < route->param_count; i++) {
    const struct kz_route_param *param = &route->params[i];
    if (param->in == KZ_ROUTE_IN_BODY) {
      kz_jsonw_key(w, kz_str_of(param->name));
      kz_jsonw_object(w);
      kz_jsonw_member_str(w, KZ_STR("type"), kz_str_of(param->type));
      kz_jsonw_member_str(w, KZ_STR("description"), kz_str_of(param->summary));
      kz_jsonw_object_end(w);
    }
  }
  kz_jsonw_object_end(w);
  if (count_in_body(route, true) == 0) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("required"));
  kz_jsonw_array(w);
  for (size_t i = 0; i < route->param_count; i++) {
    const struct kz_route_param *param = &route->params[i];
    if (param->in == KZ_ROUTE_IN_BODY && param->is_required) {
      kz_jsonw_str(w, kz_str_of(param->name));
    }
  }
  kz_jsonw_array_end(w);
}

static void write_body(struct kz_jsonw *w, const struct kz_route *route) {
  if (count_in_body(route, false) == 0) {
    return;
  }
  kz_jsonw_key(w, KZ_STR("requestBody"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("content"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("application/json"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("schema"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("type"), KZ_STR("object"));
  write_body_members(w, route);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void write_response(struct kz_jsonw *w, kz_str status, kz_str words) {
  kz_jsonw_key(w, status);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("description"), words);
  kz_jsonw_object_end(w);
}

static void write_key_rule(struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("security"));
  kz_jsonw_array(w);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("key"));
  kz_jsonw_array(w);
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_array_end(w);
}

static void write_operation(struct kz_jsonw *w, const struct kz_route *route) {
  kz_str method = kz_method_name(route->method);
  char lower[8] = "";
  for (size_t i = 0; i < method.len; i++) {
    lower[i] = kz_to_lower(method.ptr[i]);
  }
  kz_jsonw_key(w, kz_str_of(lower));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("summary"), kz_str_of(route->summary));
  if (route->tag) {
    kz_jsonw_key(w, KZ_STR("tags"));
    kz_jsonw_array(w);
    kz_jsonw_str(w, kz_str_of(route->tag));
    kz_jsonw_array_end(w);
  }
  write_params(w, route);
  write_body(w, route);
  if (route->needs_key) {
    write_key_rule(w);
  }
  kz_jsonw_key(w, KZ_STR("responses"));
  kz_jsonw_object(w);
  write_response(w, KZ_STR("200"), KZ_STR("The answer"));
  write_response(w, KZ_STR("default"),
                 KZ_STR("What went wrong, as status and message"));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

/* OpenAPI knows no "{name*}": the star is left out. */
static void write_pattern(struct kz_jsonw *w, const char *pattern) {
  KZ_BUF(plain, 1024);
  for (const char *p = pattern; *p; p++) {
    if (*p != '*') {
      (void)kz_buf_add_byte(&plain, *p);
    }
  }
  kz_jsonw_key(w, kz_buf_str(&plain));
}

/* A path is written where it first stands, with the methods of all its rows. */
static void write_paths(struct kz_jsonw *w,
                        const struct kz_route_table *table) {
  for (size_t r = 0; r < table->count; r++) {
    const char *pattern = table->routes[r].pattern;
    bool is_open = false;
    for (size_t o = 0; o < table->count; o++) {
      const struct kz_route *other = &table->routes[o];
      if (!other->summary || strcmp(other->pattern, pattern) != 0) {
        continue;
      }
      if (o < r) {
        break;
      }
      if (!is_open) {
        write_pattern(w, pattern);
        kz_jsonw_object(w);
        is_open = true;
      }
      write_operation(w, other);
    }
    if (is_open) {
      kz_jsonw_object_end(w);
    }
  }
}

static void write_key_scheme(struct kz_jsonw *w) {
  kz_jsonw_key(w, KZ_STR("components"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("securitySchemes"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("key"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("type"), KZ_STR("apiKey"));
  kz_jsonw_member_str(w, KZ_STR("in"), KZ_STR("header"));
  kz_jsonw_member_str(w, KZ_STR("name"), KZ_STR("Authorization"));
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_route_openapi(const struct kz_route_table *table,
                      const struct kz_route_info *info, struct kz_jsonw *w) {
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("openapi"), KZ_STR("3.1.0"));
  kz_jsonw_key(w, KZ_STR("info"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("title"), kz_str_of(info->title));
  kz_jsonw_member_str(w, KZ_STR("version"), kz_str_of(info->version));
  kz_jsonw_member_str(w, KZ_STR("summary"), kz_str_of(info->summary));
  kz_jsonw_object_end(w);
  kz_jsonw_key(w, KZ_STR("paths"));
  kz_jsonw_object(w);
  write_paths(w, table);
  kz_jsonw_object_end(w);
  write_key_scheme(w);
  kz_jsonw_object_end(w);
}
