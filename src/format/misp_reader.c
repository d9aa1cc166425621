/* Lists grow in buffers that the reader keeps, one a noun (no noun stands
 * inside itself), and are copied to the arena when their length is known: the
 * arena holds no leftovers of growth, and an event after the first costs no
 * allocation but the result. The depth of calls is that of the nouns (event,
 * object, attribute, sighting, organisation), whatever the input's is. */
#include "format/misp_reader.h"

#include <string.h>

#include "base/hash.h"
#include "base/jsonw.h"

/* MISP has a dozen members that we do not model; more than this in one thing
 * is somebody playing. */
enum {
  EXTRA_MAX = 64,
  /* Brackets inside brackets. Less than JSON's own limit, so that what was kept
   * can be read again when it is written deep inside an event. */
  EXTRA_DEPTH_MAX = 48,
};

struct kz_misp_extra {
  kz_str name;
  kz_str raw;
};

void kz_misp_reader_start(struct kz_misp_reader *reader,
                          const struct kz_misp_input *input) {
  reader->input = input;
  reader->lines_before = 0;
  reader->lines_at = 0;
  reader->line_start = 0;
  kz_buf_clear(&reader->extras);
  kz_buf_clear(&reader->uuids);
  kz_seen_clear(&reader->seen_uuids);
  kz_json_init(&reader->json, input->text, input->arena, KZ_JSON_LIMITS);
}

static bool is_same_uuid(const void *list, uint32_t a, uint32_t b) {
  const struct kz_uuid *uuids = list;
  return kz_uuid_eq(&uuids[a], &uuids[b]);
}

kz_rc kz_misp_reader_claim(struct kz_misp_reader *reader,
                           const struct kz_uuid *uuid) {
  struct kz_buf *uuids = &reader->uuids;
  uint32_t item = (uint32_t)(uuids->len / sizeof *uuid);
  if (!kz_buf_add(uuids, uuid, sizeof *uuid)) {
    return KZ_E_LIMIT;
  }
  uint64_t hash = kz_hash64_seeded(uuid, sizeof *uuid, reader->seed);
  return kz_seen_add(&reader->seen_uuids, hash, item, is_same_uuid, uuids->ptr);
}

static struct kz_buf *list_of(struct kz_misp_reader *reader,
                              const struct kz_noun *noun) {
  return &reader->lists[noun - reader->nouns];
}

/* Line and column of a byte. Problems come nearly in the text's order, so the
 * lines are counted on from the last place. */
static struct kz_json_place place_of(struct kz_misp_reader *reader,
                                     size_t byte) {
  kz_str text = reader->input->text;
  if (byte < reader->lines_at) {
    reader->lines_before = 0;
    reader->lines_at = 0;
    reader->line_start = 0;
  }
  while (reader->lines_at < byte) {
    const char *from = text.ptr + reader->lines_at;
    const char *end = memchr(from, '\n', byte - reader->lines_at);
    if (!end) {
      break;
    }
    reader->lines_at = (size_t)(end - text.ptr) + 1;
    reader->line_start = reader->lines_at;
    reader->lines_before++;
  }
  reader->lines_at = byte;
  const struct kz_json_place *origin = &reader->input->origin;
  bool is_shifted = reader->lines_before == 0 && origin->column > 0;
  return (struct kz_json_place){
      .line = (origin->line ? origin->line : 1) + reader->lines_before,
      .column = byte - reader->line_start + (is_shifted ? origin->column : 1),
      .byte = origin->byte + byte,
  };
}

void kz_misp_reader_report(struct kz_misp_reader *reader,
                           const struct kz_misp_fault *fault) {
  const struct kz_misp_input *input = reader->input;
  if (!input->report) {
    return;
  }
  struct kz_misp_problem problem = {
      .place = place_of(reader, fault->byte),
      .noun = fault->noun->name,
      .index = fault->index,
      .field = kz_member_name(fault->field),
      .skipped = fault->skipped,
      .message = reader->err.text,
  };
  input->report(input->ctx, &problem);
}

/* Reports the failure of the JSON itself; its words stay in the reader's err.
 */
static kz_rc report_broken(struct kz_misp_reader *reader,
                           const struct kz_noun *noun) {
  struct kz_json_place place = kz_json_where(&reader->json);
  kz_rc rc = kz_json_explain(&reader->json, NULL);
  (void)kz_err_set(&reader->err, rc, "not JSON: %s",
                   kz_json_problem(&reader->json));
  const struct kz_misp_fault fault = {.noun = noun, .byte = place.byte};
  kz_misp_reader_report(reader, &fault);
  return rc;
}

kz_rc kz_misp_reader_rest(struct kz_misp_reader *reader) {
  struct kz_json_token token;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    rc = kz_json_next(&reader->json, &token);
  }
  return rc == KZ_END ? KZ_OK : rc;
}

kz_rc kz_misp_reader_fail(struct kz_misp_reader *reader,
                          const struct kz_noun *noun, kz_rc rc,
                          struct kz_err *err) {
  if (kz_json_problem(&reader->json)) {
    rc = report_broken(reader, noun);
    return kz_err_set(err, rc, "%s", reader->err.text);
  }
  return kz_err_set(err, rc, "%s: out of room", noun->name);
}

/* Copies JSON without the white space around its tokens; also says how deep its
 * brackets go. */
static kz_rc compact(struct kz_misp_reader *reader, kz_str raw, kz_str *ret,
                     size_t *ret_depth) {
  char *out = kz_arena_text(reader->input->arena, raw.len);
  if (!out) {
    return KZ_E_MEMORY;
  }
  size_t len = 0;
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < raw.len; i++) {
    char c = raw.ptr[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string && c == '\\') {
      out[len++] = c;
      c = raw.ptr[++i]; /* valid JSON: something follows */
    } else if (!in_string && kz_is_space(c)) {
      continue;
    } else if (!in_string && (c == '{' || c == '[')) {
      depth++;
      *ret_depth = depth > *ret_depth ? depth : *ret_depth;
    } else if (!in_string && (c == '}' || c == ']')) {
      depth--;
    }
    out[len++] = c;
  }
  *ret = (kz_str){out, len};
  return KZ_OK;
}

/* What the open thing has on the stack of extras, `base` being where it began.
 */
static struct kz_misp_extra *extras_from(const struct kz_misp_reader *reader,
                                         size_t base, size_t *ret_count) {
  *ret_count = (reader->extras.len - base) / sizeof(struct kz_misp_extra);
  return *ret_count > 0 ? (void *)(reader->extras.ptr + base) : NULL;
}

/* Keeps the coming value of a member that we do not model. */
static kz_rc keep_extra(struct kz_misp_reader *reader, size_t base, kz_str name,
                        const char **ret_problem) {
  kz_str raw;
  size_t depth = 0;
  kz_rc rc = kz_json_raw(&reader->json, &raw);
  if (rc == KZ_OK && raw.len > 0 && (raw.ptr[0] == '{' || raw.ptr[0] == '[')) {
    rc = compact(reader, raw, &raw, &depth);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (depth > EXTRA_DEPTH_MAX) {
    *ret_problem = "is nested too deep";
    return KZ_OK;
  }
  if (kz_str_eq(raw, KZ_STR("[]")) || kz_str_eq(raw, KZ_STR("null"))) {
    return KZ_OK;
  }
  size_t count = 0;
  struct kz_misp_extra *kept = extras_from(reader, base, &count);
  for (size_t i = 0; i < count; i++) {
    if (kz_str_eq(kept[i].name, name)) {
      kept[i].raw = raw;
      return KZ_OK;
    }
  }
  if (count == EXTRA_MAX) {
    *ret_problem = "is one unknown member too many";
    return KZ_OK;
  }
  struct kz_misp_extra extra = {name, raw};
  return kz_buf_add(&reader->extras, &extra, sizeof extra) ? KZ_OK
                                                           : KZ_E_MEMORY;
}

/* Writes what keep_extra kept as one text and takes it off the stack. */
static kz_rc join_extras(struct kz_misp_reader *reader, size_t base,
                         kz_str *ret) {
  size_t count = 0;
  const struct kz_misp_extra *kept = extras_from(reader, base, &count);
  reader->extras.len = base;
  kz_buf_clear(&reader->joined);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &reader->joined);
  kz_jsonw_object(&w);
  for (size_t i = 0; i < count; i++) {
    kz_jsonw_key(&w, kept[i].name);
    kz_jsonw_raw(&w, kept[i].raw);
  }
  kz_jsonw_object_end(&w);
  if (kz_buf_failed(&reader->joined)) {
    return KZ_E_MEMORY;
  }
  kz_str braced = kz_buf_str(&reader->joined);
  kz_str members = {braced.ptr + 1, braced.len - 2};
  return kz_arena_dup(reader->input->arena, members, ret);
}

/* What was wrong first in a thing that goes on being read. */
struct first_problem {
  const char *words;
  enum kz_member field;
  kz_str text; /* the value, where it is short */
};

enum { SHOWN_MAX = 80 /* bytes of a wrong value in a message */ };

static kz_rc read_single(struct kz_misp_reader *reader,
                         const struct kz_noun *noun,
                         const struct kz_field *field, void *thing,
                         struct first_problem *ret_problem) {
  struct kz_json_token token;
  kz_rc rc = kz_json_next(&reader->json, &token);
  if (rc != KZ_OK) {
    return rc;
  }
  if (token.kind == KZ_JSON_OBJECT || token.kind == KZ_JSON_ARRAY) {
    ret_problem->words = "is not a single value";
    return kz_json_skip(&reader->json, &token);
  }
  bool is_given = false;
  ret_problem->words = kz_misp_field_put(field, &token, thing, &is_given);
  ret_problem->text = token.text.len <= SHOWN_MAX ? token.text : KZ_STR_NONE;
  if (is_given && noun->given != KZ_NO_OFFSET) {
    uint32_t *given = (void *)((char *)thing + noun->given);
    *given |= field->given;
  }
  return KZ_OK;
}

/* A single value where things are due; nothing, "" and false are PHP's words
 * for no things. */
static bool says_something(const struct kz_json_token *token) {
  return token->kind == KZ_JSON_TRUE || token->kind == KZ_JSON_NUMBER ||
         (token->kind == KZ_JSON_STRING && token->text.len > 0);
}

static kz_rc read_inner(struct kz_misp_reader *reader,
                        const struct kz_noun *noun,
                        const struct kz_field *field, void *thing,
                        struct first_problem *ret_problem) {
  struct kz_json_token token;
  kz_rc rc = kz_json_next(&reader->json, &token);
  if (rc != KZ_OK) {
    return rc;
  }
  const struct kz_noun *inner = &reader->nouns[field->noun];
  char *part = (char *)thing + field->offset;
  bool is_good = false;
  if (says_something(&token)) {
    ret_problem->words = "is neither an object nor a list";
    return KZ_OK;
  }
  if (field->kind == KZ_FIELD_LIST) {
    void *items = NULL;
    size_t *count = (void *)((char *)thing + field->second);
    rc = kz_misp_reader_list(reader, inner, &token, &items, count);
    memcpy(part, &items, sizeof items);
    is_good = true;
  } else if (token.kind == KZ_JSON_OBJECT) {
    memset(part, 0, inner->size);
    rc = kz_misp_reader_thing(reader, inner, 0, part, &is_good);
    if (rc == KZ_OK && !is_good) {
      memset(part, 0, inner->size);
    }
  } else if (token.kind == KZ_JSON_ARRAY) {
    rc = kz_json_skip(&reader->json, &token); /* PHP's empty object */
  }
  if (rc == KZ_OK && is_good && noun->given != KZ_NO_OFFSET) {
    uint32_t *given = (void *)((char *)thing + noun->given);
    *given |= field->given;
  }
  return rc;
}

static kz_rc read_member(struct kz_misp_reader *reader,
                         const struct kz_noun *noun,
                         const struct kz_json_token *key, size_t extras,
                         void *thing, struct first_problem *first) {
  enum kz_member member = kz_member_by_name(key->text);
  const struct kz_field *field = &noun->fields[member];
  struct first_problem problem = {.field = member};
  kz_rc rc = KZ_OK;
  switch (field->kind) {
  case KZ_FIELD_EXTRA:
    rc = keep_extra(reader, extras, key->text, &problem.words);
    break;
  case KZ_FIELD_DROP:
    rc = kz_json_skip(&reader->json, key);
    break;
  case KZ_FIELD_THING:
  case KZ_FIELD_LIST:
    rc = read_inner(reader, noun, field, thing, &problem);
    break;
  case KZ_FIELD_LOCAL_ID:
    if (!reader->input->keep_ids) {
      rc = kz_json_skip(&reader->json, key);
      break;
    }
    rc = read_single(reader, noun, field, thing, &problem);
    break;
  case KZ_FIELD_TEXT:
  case KZ_FIELD_TEXT_OR_NULL:
  case KZ_FIELD_FLAG:
  case KZ_FIELD_LEVEL:
  case KZ_FIELD_ID:
  case KZ_FIELD_SECONDS:
  case KZ_FIELD_MOMENT:
  case KZ_FIELD_DATE:
  case KZ_FIELD_UUID:
  case KZ_FIELD_UUID_OR_NONE:
  case KZ_FIELD_UUID_OR_JUNK:
  case KZ_FIELD_TYPE:
  case KZ_FIELD_CATEGORY:
  case KZ_FIELD_SIGHTING_KIND:
    rc = read_single(reader, noun, field, thing, &problem);
    break;
  }
  if (problem.words && !first->words) {
    *first = problem;
  }
  return rc;
}

/* Reads the members up to the closing brace and joins the unknown ones. */
static kz_rc read_members(struct kz_misp_reader *reader,
                          const struct kz_noun *noun, void *thing,
                          struct first_problem *first) {
  size_t extras = reader->extras.len;
  struct kz_json_token key;
  for (;;) {
    kz_rc rc = kz_json_next(&reader->json, &key);
    if (rc == KZ_OK && key.kind == KZ_JSON_OBJECT_END) {
      break;
    }
    if (rc == KZ_OK) {
      rc = read_member(reader, noun, &key, extras, thing, first);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
  if (reader->extras.len == extras) {
    return KZ_OK;
  }
  return join_extras(reader, extras, (void *)((char *)thing + noun->extra));
}

kz_rc kz_misp_reader_thing(struct kz_misp_reader *reader,
                           const struct kz_noun *noun, size_t index,
                           void *thing, bool *ret_good) {
  struct kz_misp_fault fault = {
      .noun = noun,
      .index = index,
      .byte = kz_json_offset(&reader->json) - 1,
  };
  struct first_problem first = {.field = KZ_MEMBER_NONE};
  if (noun->begin) {
    noun->begin(thing);
  }
  kz_rc rc = read_members(reader, noun, thing, &first);
  if (rc != KZ_OK) {
    return rc;
  }
  if (first.words) {
    fault.field = first.field;
    rc =
        first.text.ptr
            ? kz_err_set(&reader->err, KZ_E_INPUT, "the value \"%.*s\" %s",
                         KZ_STR_ARG(first.text), first.words)
            : kz_err_set(&reader->err, KZ_E_INPUT, "the value %s", first.words);
  } else if (noun->finish) {
    rc = noun->finish(reader, thing, &fault.field);
  }
  *ret_good = rc == KZ_OK;
  if (rc == KZ_E_INPUT || rc == KZ_UNCHANGED) {
    fault.skipped = rc == KZ_UNCHANGED;
    kz_misp_reader_report(reader, &fault);
    return KZ_OK;
  }
  return rc;
}

kz_rc kz_misp_reader_item(struct kz_misp_reader *reader,
                          const struct kz_noun *noun,
                          const struct kz_json_token *token, size_t index) {
  struct kz_buf *list = list_of(reader, noun);
  if (token->kind != KZ_JSON_OBJECT) {
    size_t at = kz_json_offset(&reader->json);
    const struct kz_misp_fault fault = {
        .noun = noun, .index = index, .byte = at > 0 ? at - 1 : 0};
    (void)kz_err_set(&reader->err, KZ_E_INPUT, "is not an object");
    kz_misp_reader_report(reader, &fault);
    return token->kind == KZ_JSON_ARRAY ? kz_json_skip(&reader->json, token)
                                        : KZ_OK;
  }
  char *thing = kz_buf_room(list, noun->size);
  if (!thing) {
    return kz_err_set(&reader->err, KZ_E_LIMIT, "too many things of one kind");
  }
  memset(thing, 0, noun->size);
  bool is_good = false;
  kz_rc rc = kz_misp_reader_thing(reader, noun, index, thing, &is_good);
  if (rc == KZ_OK && is_good) {
    list->len += noun->size;
  }
  return rc;
}

static kz_rc read_items(struct kz_misp_reader *reader,
                        const struct kz_noun *noun) {
  for (size_t index = 0;; index++) {
    struct kz_json_token token;
    kz_rc rc = kz_json_next(&reader->json, &token);
    if (rc == KZ_OK && token.kind == KZ_JSON_ARRAY_END) {
      return KZ_OK;
    }
    if (rc == KZ_OK) {
      rc = kz_misp_reader_item(reader, noun, &token, index);
    }
    if (rc != KZ_OK) {
      return rc;
    }
  }
}

void kz_misp_reader_begin_list(struct kz_misp_reader *reader,
                               const struct kz_noun *noun) {
  kz_buf_clear(list_of(reader, noun));
  if (noun == &reader->nouns[KZ_NOUN_ATTRIBUTE]) {
    kz_seen_clear(&reader->seen_values); /* it knows items by number */
  }
}

kz_rc kz_misp_reader_take_list(struct kz_misp_reader *reader,
                               const struct kz_noun *noun, void **ret_items,
                               size_t *ret_count) {
  const struct kz_buf *list = list_of(reader, noun);
  *ret_items = NULL;
  *ret_count = 0;
  if (list->len == 0) {
    return KZ_OK;
  }
  size_t count = list->len / noun->size;
  void *items = kz_arena_array(reader->input->arena, count, noun->size);
  if (!items) {
    return KZ_E_MEMORY;
  }
  memcpy(items, list->ptr, list->len);
  *ret_items = items;
  *ret_count = count;
  return KZ_OK;
}

kz_rc kz_misp_reader_list(struct kz_misp_reader *reader,
                          const struct kz_noun *noun,
                          const struct kz_json_token *first, void **ret_items,
                          size_t *ret_count) {
  kz_rc rc = KZ_OK;
  kz_misp_reader_begin_list(reader, noun);
  if (first->kind == KZ_JSON_ARRAY) {
    rc = read_items(reader, noun);
  } else if (first->kind == KZ_JSON_OBJECT) {
    rc = kz_misp_reader_item(reader, noun, first, 0);
  }
  return rc == KZ_OK
             ? kz_misp_reader_take_list(reader, noun, ret_items, ret_count)
             : rc;
}
