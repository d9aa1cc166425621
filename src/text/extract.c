/* The text goes through a buffer of one piece (plain.h), so memory is what the
 * different values take and nothing else. A value that equals its folded form,
 * as most do, is the key of the table of values and is not stored twice. */
#include "text/extract.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/utf8.h"
#include "model/name.h"
#include "model/value.h"
#include "text/hit.h"
#include "text/plain.h"
#include "text/scan.h"

enum {
  SCRATCH_MAX = 1 << 20,   /* bytes for normal forms of one piece */
  CHANGED_MAX = 256 << 20, /* bytes of values that differ from their keys */
  KEYS_MAX = 512 << 20,    /* bytes of keys */
  NORMAL_MAX = 2 * KZ_HIT_BYTES, /* bytes of a normal form */
  FOUND_FIRST = 64,
};

struct kz_extract {
  struct kz_strmap *keys; /* folded value -> nothing; numbered as `found` */
  struct kz_mention *found;
  size_t room;
  struct kz_arena *changed;
  struct kz_arena *scratch;
  struct kz_plain plain;
  struct kz_hit hit;
  uint64_t seen; /* hits of all texts */
  char key[NORMAL_MAX];
};

struct kz_extract *kz_extract_new(void) {
  struct kz_extract *extract = calloc(1, sizeof *extract);
  if (!extract) {
    return NULL;
  }
  extract->keys = kz_strmap_new(KZ_EXTRACT_VALUES_MAX, KEYS_MAX);
  extract->changed = kz_arena_new(CHANGED_MAX);
  extract->scratch = kz_arena_new(SCRATCH_MAX);
  if (!extract->keys || !extract->changed || !extract->scratch) {
    kz_extract_free(extract);
    return NULL;
  }
  return extract;
}

void kz_extract_free(struct kz_extract *extract) {
  if (!extract) {
    return;
  }
  kz_strmap_free(extract->keys);
  kz_arena_free(extract->changed);
  kz_arena_free(extract->scratch);
  free(extract->found);
  free(extract);
}

size_t kz_extract_count(const struct kz_extract *extract) {
  return kz_strmap_count(extract->keys);
}

const struct kz_mention *kz_extract_at(const struct kz_extract *extract,
                                       size_t index) {
  assert(index < kz_extract_count(extract));
  return &extract->found[index];
}

static kz_rc make_room(struct kz_extract *extract) {
  if (kz_extract_count(extract) < extract->room) {
    return KZ_OK;
  }
  size_t room = extract->room > 0 ? 2 * extract->room : FOUND_FIRST;
  struct kz_mention *more = realloc(extract->found, room * sizeof *more);
  if (!more) {
    return KZ_E_MEMORY;
  }
  extract->found = more;
  extract->room = room;
  return KZ_OK;
}

/* The text that a hit stood in, without invisible characters behind it. */
static kz_str text_of(const struct kz_plain *plain, const struct kz_hit *hit) {
  static const kz_str invisible[] = {{"\xE2\x80\x8B", 3}, {"\xE2\x80\x8C", 3},
                                     {"\xE2\x80\x8D", 3}, {"\xE2\x80\x8E", 3},
                                     {"\xE2\x80\x8F", 3}, {"\xE2\x81\xA0", 3},
                                     {"\xEF\xBB\xBF", 3}, {"\xC2\xAD", 2}};
  size_t from = plain->origin[hit->start];
  kz_str text = {plain->source.ptr + from, plain->origin[hit->end] - from};
  for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++) {
    if (kz_str_ends(text, invisible[i])) {
      text.len -= invisible[i].len;
      i = SIZE_MAX; /* from the first again */
    }
  }
  return text;
}

/* A registrable domain is a domain, what lies below it a host. */
static kz_type type_of_name(kz_str name) {
  kz_str registrable = kz_name_registrable(name);
  return registrable.len > 0 && registrable.len < name.len ? KZ_TYPE_HOSTNAME
                                                           : KZ_TYPE_DOMAIN;
}

/* Counts the value of `found`, or adds it when it is new. */
static kz_rc add(struct kz_extract *extract, struct kz_mention found) {
  size_t index = 0;
  if (found.value.len > sizeof extract->key) {
    return KZ_OK;
  }
  kz_rc rc = make_room(extract);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_value_fold(found.value, extract->key);
  kz_str key = {extract->key, found.value.len};
  rc = kz_strmap_add(extract->keys, key, 0, &index);
  if (rc == KZ_UNCHANGED) {
    extract->found[index].count += 1;
    return KZ_OK;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_mention *place = &extract->found[index];
  *place = found;
  place->value = kz_strmap_key(extract->keys, index);
  if (found.kind == KZ_KIND_NAME) {
    place->type = type_of_name(place->value);
  }
  if (kz_str_eq(place->value, found.value)) {
    return KZ_OK;
  }
  /* Without memory for its own case the value stays folded. */
  return kz_arena_dup(extract->changed, found.value, &place->value);
}

/* The kind of the normal form where it may differ from the hit's: a network of
 * one address is an address, and a name that has no ASCII form is none. */
static enum kz_kind settle_kind(enum kz_kind kind, kz_str value) {
  bool may_change = kind == KZ_KIND_CIDR4 || kind == KZ_KIND_CIDR6;
  if (kind == KZ_KIND_NAME || kind == KZ_KIND_EMAIL) {
    size_t ascii = 0;
    while (ascii < value.len && (unsigned char)value.ptr[ascii] < 0x80) {
      ascii++;
    }
    return ascii < value.len ? KZ_KIND_TEXT : kind;
  }
  return may_change ? kz_kind_of(value) : kind;
}

static kz_rc put_hit(void *ctx, const struct kz_plain *plain,
                     const struct kz_hit *hit) {
  struct kz_extract *extract = ctx;
  struct kz_mention found = {.text = text_of(plain, hit),
                             .offset = plain->origin[hit->start],
                             .count = 1,
                             .type = hit->type,
                             .port = hit->port};
  kz_rc rc =
      kz_value_normalise(hit->type, hit->value, extract->scratch, &found.value);
  if (rc != KZ_OK) {
    return rc;
  }
  found.kind = settle_kind(hit->kind, found.value);
  if (found.kind == KZ_KIND_TEXT && hit->kind == KZ_KIND_NAME) {
    return KZ_OK;
  }
  extract->seen += 1;
  return add(extract, found);
}

static bool has_value(struct kz_extract *extract, kz_str value) {
  if (value.len > sizeof extract->key) {
    return false;
  }
  kz_value_fold(value, extract->key);
  uint64_t index = 0;
  return kz_strmap_get(extract->keys, (kz_str){extract->key, value.len},
                       &index);
}

/* Offers the line of plain text from start to end as a value; what is not a
 * whole line of the source is none. `beside`: something was recognised in it.
 */
static kz_rc put_line(struct kz_extract *extract, size_t start, size_t end,
                      bool beside) {
  const struct kz_plain *plain = &extract->plain;
  kz_str source = plain->source;
  size_t from = plain->origin[start];
  size_t to = plain->origin[end];
  bool begins = from == 0 || source.ptr[from - 1] == '\n';
  bool ends =
      to == source.len || source.ptr[to] == '\n' || source.ptr[to] == '\r';
  kz_str line = kz_str_trim((kz_str){source.ptr + from, to - from});
  if (!begins || !ends || line.len == 0 || line.len > KZ_EXTRACT_LINE_MAX ||
      line.ptr[0] == '#' || !kz_utf8_is_valid(line) ||
      (beside && has_value(extract, line))) {
    return KZ_OK;
  }
  return add(extract, (struct kz_mention){
                          .value = line,
                          .text = line,
                          .offset = (size_t)(line.ptr - source.ptr),
                          .count = 1,
                          .kind = KZ_KIND_TEXT,
                          .type = KZ_TYPE_TEXT,
                          .is_line = beside,
                      });
}

static kz_rc scan_lines(struct kz_extract *extract,
                        const struct kz_hit_sink *sink) {
  struct kz_plain *plain = &extract->plain;
  size_t start = 0;
  while (start < plain->len) {
    const char *at = memchr(plain->text + start, '\n', plain->len - start);
    size_t end = at ? (size_t)(at - plain->text) : plain->len;
    uint64_t seen = extract->seen;
    kz_rc rc = kz_scan(plain, start, end, true, &extract->hit, sink);
    if (rc == KZ_OK && !plain->is_json) {
      rc = put_line(extract, start, end, seen != extract->seen);
    }
    if (rc != KZ_OK) {
      return rc;
    }
    start = end + 1;
  }
  return KZ_OK;
}

static kz_rc run(struct kz_extract *extract, kz_str text, bool by_lines,
                 struct kz_err *err) {
  struct kz_hit_sink sink = {.put = put_hit, .ctx = extract};
  struct kz_plain *plain = &extract->plain;
  if (text.len > KZ_EXTRACT_BYTES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "the text has %zu bytes, more than the %d allowed",
                      text.len, KZ_EXTRACT_BYTES_MAX);
  }
  kz_plain_open(plain, text);
  while (kz_plain_next(plain)) {
    kz_rc rc = by_lines
                   ? scan_lines(extract, &sink)
                   : kz_scan(plain, 0, plain->len, false, &extract->hit, &sink);
    kz_arena_reset(extract->scratch);
    if (rc == KZ_E_LIMIT) {
      return kz_err_set(err, rc, "the text has more than %d different values",
                        KZ_EXTRACT_VALUES_MAX);
    }
    if (rc != KZ_OK) {
      return kz_err_set(err, rc, "no memory for the values of the text");
    }
  }
  return KZ_OK;
}

kz_rc kz_extract_values(struct kz_extract *extract, kz_str text,
                        struct kz_err *err) {
  return run(extract, text, false, err);
}

kz_rc kz_extract_whole(struct kz_extract *extract, kz_str text,
                       struct kz_err *err) {
  return run(extract, text, true, err);
}
