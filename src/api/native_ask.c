#include "api/native_ask.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/native_false_positive.h"
#include "api/shape.h"
#include "base/log.h"
#include "work/ask.h"
#include "work/filter.h"
#include "work/mark.h"

enum {
  OWN_MAX = 64 << 20,    /* bytes of one value's answer, and of a piece */
  DETAIL_MAX = 64 << 20, /* bytes of one value's details */
};

/* The answer on its way: first what was found, then what was not. */
struct answer {
  struct kz_house *house;
  struct kz_ask *ask;
  struct kz_arena *arena;
  struct kz_buf own;
  struct kz_jsonw w;
  size_t next;
  bool is_begun;
  bool tells_missing;
};

static void free_answer(struct answer *a) {
  if (a) {
    kz_ask_free(a->ask);
    kz_arena_free(a->arena);
    kz_buf_done(&a->own);
    free(a);
  }
}

static void write_source(struct kz_jsonw *w, const struct kz_asked *asked) {
  kz_jsonw_member_str(w, KZ_STR("value"), asked->value);
  kz_jsonw_member_str(w, KZ_STR("kind"), kz_kind_name(asked->kind));
  kz_jsonw_member_str(w, KZ_STR("as_written"), asked->source->text);
  kz_jsonw_member_u64(w, KZ_STR("count"), asked->source->count);
  if (asked->source->port != 0) {
    kz_jsonw_member_u64(w, KZ_STR("port"), asked->source->port);
  }
}

static void write_range(struct kz_jsonw *w, kz_str key, int64_t from,
                        int64_t to) {
  kz_jsonw_key(w, key);
  kz_jsonw_object(w);
  kz_shape_time(w, KZ_STR("first"), from);
  kz_shape_time(w, KZ_STR("last"), to);
  kz_jsonw_object_end(w);
}

static void write_summary(struct kz_jsonw *w, const struct kz_value_summary *s,
                          bool is_excluded) {
  kz_jsonw_member_u64(w, KZ_STR("events"), s->events);
  kz_jsonw_member_u64(w, KZ_STR("attributes"), s->attributes);
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), s->to_ids);
  kz_jsonw_member_u64(w, KZ_STR("correlating_events"),
                      s->correlating > 1 && !is_excluded ? s->correlating : 0);
  kz_jsonw_key(w, KZ_STR("event_dates"));
  kz_jsonw_object(w);
  kz_shape_day(w, KZ_STR("first"), s->first_date_days);
  kz_shape_day(w, KZ_STR("last"), s->last_date_days);
  kz_jsonw_object_end(w);
  write_range(w, KZ_STR("attribute_timestamps"), s->first_time_us,
              s->last_time_us);
  kz_shape_time(w, KZ_STR("known_since"), s->first_known_us);
}

static void write_detail(struct kz_jsonw *w, const struct kz_ask_detail *d) {
  kz_shape_list(w, KZ_STR("types"), d->types, d->type_count);
  kz_shape_list(w, KZ_STR("tags"), d->tags, d->tag_count);
  kz_jsonw_key(w, KZ_STR("sightings"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("count"), d->sightings);
  if (d->sightings > 0) {
    kz_shape_time(w, KZ_STR("first"), d->first_sighting_us);
    kz_shape_time(w, KZ_STR("last"), d->last_sighting_us);
  }
  kz_jsonw_member_u64(w, KZ_STR("false_positives"), d->false_positives);
  kz_jsonw_object_end(w);
}

/* Which warninglists know the value: nothing when none does. */
static void write_warnings(struct answer *a) {
  const struct kz_warner_hit *hits = NULL;
  size_t count = kz_ask_warnings(a->ask, a->next, &hits);
  if (count == 0) {
    return;
  }
  kz_jsonw_key(&a->w, KZ_STR("warninglists"));
  kz_jsonw_array(&a->w);
  for (size_t i = 0; i < count; i++) {
    const struct kz_warn_head *head = kz_ask_warninglist(a->ask, hits[i].list);
    kz_jsonw_object(&a->w);
    kz_jsonw_member_u64(&a->w, KZ_STR("id"), head->id);
    kz_jsonw_member_str(&a->w, KZ_STR("name"), head->name);
    kz_jsonw_member_str(&a->w, KZ_STR("category"),
                        head->is_known ? KZ_STR("known")
                                       : KZ_STR("false_positive"));
    kz_jsonw_member_str(&a->w, KZ_STR("match"), hits[i].match);
    kz_jsonw_object_end(&a->w);
  }
  kz_jsonw_array_end(&a->w);
}

/* What somebody said of the value: that it is harmless. */
static void write_false_positive(struct answer *a, kz_str value) {
  struct kz_marks *marks = a->house->false_positives;
  struct kz_jsonv *mark = NULL;
  uint64_t id = 0;
  kz_arena_reset(a->arena);
  if (kz_marks_find(marks, value, &id) &&
      kz_shelf_get(kz_marks_shelf(marks), id, a->arena, &mark, NULL) == KZ_OK) {
    kz_jsonw_key(&a->w, KZ_STR("false_positive"));
    kz_native_write_false_positive(&a->w, id, mark);
  }
}

static kz_rc write_one(struct answer *a, const struct kz_asked *asked) {
  struct kz_ask_detail detail;
  struct kz_err err = KZ_ERR_NONE;
  kz_jsonw_object(&a->w);
  write_source(&a->w, asked);
  write_warnings(a);
  write_false_positive(a, asked->value);
  if (asked->summary) {
    write_summary(&a->w, asked->summary,
                  kz_marks_find(a->house->exclusions, asked->value, NULL));
  }
  if (asked->is_detailed) {
    kz_arena_reset(a->arena);
    kz_rc rc = kz_ask_detail(a->ask, a->next, a->arena, &detail, &err);
    if (rc < 0) {
      KZ_LOG(KZ_LOG_ERROR, kz_log_event("ask"), kz_log_err(&err));
      return rc;
    }
    if (rc == KZ_OK) {
      write_detail(&a->w, &detail);
    }
  }
  kz_jsonw_object_end(&a->w);
  return KZ_OK;
}

/* Writes the next values of the list that is being told. */
static kz_rc write_piece(struct answer *a) {
  size_t count = kz_ask_count(a->ask);
  kz_rc rc = KZ_OK;
  for (; rc == KZ_OK && a->next < count && a->own.len < KZ_STREAM_CHUNK;
       a->next++) {
    const struct kz_asked asked = kz_ask_at(a->ask, a->next);
    if ((asked.summary == NULL) == a->tells_missing) {
      rc = write_one(a, &asked);
    }
  }
  if (rc != KZ_OK || a->next < count) {
    return rc;
  }
  kz_jsonw_array_end(&a->w);
  if (a->tells_missing) {
    kz_jsonw_object_end(&a->w);
    kz_buf_add_byte(&a->own, '\n');
    return KZ_END;
  }
  kz_jsonw_key(&a->w, KZ_STR("not_found"));
  kz_jsonw_array(&a->w);
  a->tells_missing = true;
  a->next = 0;
  return KZ_OK;
}

static kz_rc fill(void *ctx, struct kz_buf *out) {
  struct answer *a = ctx;
  if (!a->is_begun) {
    kz_jsonw_object(&a->w);
    kz_jsonw_key(&a->w, KZ_STR("found"));
    kz_jsonw_array(&a->w);
    a->is_begun = true;
  }
  kz_rc rc = write_piece(a);
  if (rc >= 0 &&
      (kz_buf_failed(&a->own) || !kz_buf_add_str(out, kz_buf_str(&a->own)))) {
    rc = KZ_E_MEMORY;
  }
  kz_buf_clear(&a->own);
  return rc;
}

static void close_stream(void *ctx, kz_rc how) {
  (void)how;
  free_answer(ctx);
}

static bool is_json(const struct kz_request *request) {
  kz_str type = kz_request_header(request, KZ_STR("Content-Type"));
  kz_str json = KZ_STR("application/json");
  return kz_str_eq_nocase(kz_str_head(kz_str_trim(type), json.len), json);
}

static kz_rc read_flag(kz_str text, const char *name, bool *ret,
                       struct kz_err *err) {
  return !text.ptr || kz_filter_flag(text, ret) == KZ_OK
             ? KZ_OK
             : kz_err_set(err, KZ_E_INPUT, "%s is neither true nor false",
                          name);
}

static kz_rc read_request(const struct kz_request *request, kz_str *ret_text,
                          struct kz_ask_options *ret, struct kz_err *err) {
  struct kz_shape_member members[] = {
      {.name = "text"}, {.name = "whole"}, {.name = "full"}};
  kz_str whole = kz_request_query(request, KZ_STR("whole"));
  kz_str full = kz_request_query(request, KZ_STR("full"));
  kz_rc rc = KZ_OK;
  *ret_text = request->body;
  if (is_json(request)) {
    rc = kz_shape_read(request->body, request->arena, members, 3, err);
    *ret_text = members[0].count == 1 ? members[0].values[0] : KZ_STR_NONE;
    whole = members[1].count == 1 ? members[1].values[0] : whole;
    full = members[2].count == 1 ? members[2].values[0] : full;
    if (rc == KZ_OK && !ret_text->ptr) {
      rc = kz_err_set(err, KZ_E_INPUT, "the body has no text");
    }
  }
  *ret = (struct kz_ask_options){.whole = false};
  if (rc == KZ_OK) {
    rc = read_flag(whole, "whole", &ret->whole, err);
  }
  return rc == KZ_OK ? read_flag(full, "full", &ret->full, err) : rc;
}

void kz_native_ask(void *ctx, const struct kz_request *request,
                   const struct kz_route_match *match, struct kz_reply *reply) {
  const struct kz_call *call = ctx;
  (void)match;
  kz_str text = KZ_STR_NONE;
  struct kz_ask_options options;
  struct kz_err err = KZ_ERR_NONE;
  struct answer *a = calloc(1, sizeof *a);
  kz_rc rc = a ? KZ_OK : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    a->house = call->house;
    kz_buf_init(&a->own, OWN_MAX);
    kz_jsonw_init(&a->w, &a->own);
    a->arena = kz_arena_new(DETAIL_MAX);
    rc = a->arena ? read_request(request, &text, &options, &err)
                  : kz_err_set(&err, KZ_E_MEMORY, "out of memory");
  }
  if (rc == KZ_OK) {
    rc = kz_ask_new(call->house, &call->user->viewer, text, options, &a->ask,
                    &err);
  }
  if (rc != KZ_OK) {
    free_answer(a);
    kz_shape_fail(reply, rc, &err);
    return;
  }
  kz_reply_stream(
      reply, KZ_STR("application/json"),
      &(struct kz_stream){.ctx = a, .fill = fill, .close = close_stream});
}
