#include "work/ask.h"

#include <stdlib.h>

#include "base/map.h"
#include "model/value.h"
#include "store/crew.h"
#include "work/sightrule.h"

enum {
  SIGHTED_MAX = 1000,        /* attributes whose sightings are read */
  VALUE_BYTES_MAX = 1 << 16, /* of a part that is compared with others */
  KIND_BYTES_MAX = 2048,     /* longer ones are text */
  BATCH = 2048,              /* values looked up together */
  ROUND = 64 * BATCH,        /* by all threads before some are kept */
};

#define NONE UINT32_MAX

/* A value of the text: a found thing, or a part of one. */
struct entry {
  uint32_t source;  /* in the extract */
  uint32_t summary; /* NONE: not found */
  uint8_t part;
};

struct kz_ask {
  struct kz_house *house;
  struct kz_viewer viewer;
  struct kz_view *view;
  struct kz_extract *extract;
  struct kz_strmap *seen; /* folded values, only when there are parts */
  struct entry *entries;
  size_t count;
  size_t room;
  struct kz_value_summary *summaries;
  size_t found;
  size_t found_room;
  bool full;
  struct kz_warn_eye *warn;
  char folded[VALUE_BYTES_MAX]; /* scratch: on the stack it would be zeroed for
                                   each value */
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "ask: out of memory");
}

static kz_str value_of(const struct kz_ask *ask, const struct entry *e) {
  const struct kz_mention *f = kz_extract_at(ask->extract, e->source);
  kz_str parts[2];
  unsigned count = kz_value_parts(f->type, f->value, parts);
  return e->part < count ? parts[e->part] : f->value;
}

/* Makes room for one more; doubles. */
static bool grow(void **items, size_t *room, size_t count, size_t size) {
  if (count < *room) {
    return true;
  }
  size_t more = *room ? *room * 2 : 1024;
  void *grown = reallocarray(*items, more, size);
  if (!grown) {
    return false;
  }
  *items = grown;
  *room = more;
  return true;
}

/* Whether a value was there before; only asked when there are parts. */
static kz_rc is_repeated(struct kz_ask *ask, kz_str value, bool *ret) {
  *ret = false;
  if (value.len > sizeof ask->folded) {
    return KZ_OK;
  }
  kz_value_fold(value, ask->folded);
  kz_rc rc =
      kz_strmap_add(ask->seen, (kz_str){ask->folded, value.len}, 0, NULL);
  *ret = rc == KZ_UNCHANGED;
  return rc == KZ_UNCHANGED ? KZ_OK : rc;
}

static kz_rc add_entry(struct kz_ask *ask, size_t source, unsigned part,
                       struct kz_err *err) {
  struct entry e = {.source = (uint32_t)source, .part = (uint8_t)part};
  bool repeated = false;
  if (ask->seen && is_repeated(ask, value_of(ask, &e), &repeated) != KZ_OK) {
    return no_memory(err);
  }
  void *entries = ask->entries;
  if (repeated) {
    return KZ_OK;
  }
  if (!grow(&entries, &ask->room, ask->count, sizeof *ask->entries)) {
    return no_memory(err);
  }
  ask->entries = entries;
  ask->entries[ask->count++] = e;
  return KZ_OK;
}

static kz_rc keep_summary(struct kz_ask *ask,
                          const struct kz_value_summary *summary,
                          struct kz_err *err) {
  void *summaries = ask->summaries;
  if (!grow(&summaries, &ask->found_room, ask->found, sizeof *ask->summaries)) {
    return no_memory(err);
  }
  ask->summaries = summaries;
  ask->summaries[ask->found++] = *summary;
  return KZ_OK;
}

/* Look-ups of some entries, which threads share batch by batch. */
struct round {
  const struct kz_ask *ask;
  const struct entry *entries;
  size_t count;
  kz_str values[ROUND];
  struct kz_value_summary summaries[ROUND];
  kz_rc rcs[ROUND / BATCH];
};

static void look_up(void *ctx, unsigned worker, size_t piece) {
  struct round *r = ctx;
  size_t from = piece * BATCH;
  size_t count = r->count - from < BATCH ? r->count - from : BATCH;
  (void)worker;
  for (size_t i = from; i < from + count; i++) {
    r->values[i] = value_of(r->ask, &r->entries[i]);
  }
  r->rcs[piece] =
      kz_lookup_many(r->ask->view, &r->ask->viewer, r->values + from, count,
                     r->summaries + from, NULL);
}

/* Moves the entries of a round that are told of down to `*kept`: lines beside
 * what was recognised in them only when known. */
static kz_rc keep(struct kz_ask *ask, const struct round *r, size_t *kept,
                  struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < r->count; i++) {
    struct entry e = r->entries[i];
    bool is_found = r->summaries[i].attributes > 0;
    if (!is_found && kz_extract_at(ask->extract, e.source)->is_line) {
      continue;
    }
    e.summary = is_found ? (uint32_t)ask->found : NONE;
    ask->entries[(*kept)++] = e;
    if (is_found) {
      rc = keep_summary(ask, &r->summaries[i], err);
    }
  }
  return rc;
}

static kz_rc run_round(struct kz_ask *ask, struct round *r, size_t *kept,
                       struct kz_err *err) {
  size_t pieces = (r->count + BATCH - 1) / BATCH;
  kz_crew_run(kz_crew_size(ask->house->threads), pieces, look_up, r);
  for (size_t i = 0; i < pieces; i++) {
    if (r->rcs[i] != KZ_OK) {
      return kz_err_set(err, r->rcs[i], "ask: look up: %s",
                        kz_rc_name(r->rcs[i]));
    }
  }
  return keep(ask, r, kept, err);
}

static kz_rc look_entries_up(struct kz_ask *ask, struct kz_err *err) {
  struct round *r = malloc(sizeof *r);
  size_t kept = 0;
  kz_rc rc = r ? KZ_OK : no_memory(err);
  for (size_t at = 0; rc == KZ_OK && at < ask->count; at += ROUND) {
    r->ask = ask;
    r->entries = ask->entries + at;
    r->count = ask->count - at < ROUND ? ask->count - at : ROUND;
    rc = run_round(ask, r, &kept, err);
  }
  free(r);
  ask->count = kept;
  return rc;
}

static bool has_parts(const struct kz_extract *extract) {
  for (size_t i = 0; i < kz_extract_count(extract); i++) {
    if (kz_type_is_composite(kz_extract_at(extract, i)->type)) {
      return true;
    }
  }
  return false;
}

static kz_rc look_all_up(struct kz_ask *ask, struct kz_err *err) {
  if (has_parts(ask->extract)) {
    ask->seen = kz_strmap_new((size_t)KZ_EXTRACT_VALUES_MAX * 2,
                              (size_t)KZ_EXTRACT_BYTES_MAX * 4);
    if (!ask->seen) {
      return no_memory(err);
    }
  }
  kz_rc rc = KZ_OK;
  size_t count = kz_extract_count(ask->extract);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    const struct kz_mention *f = kz_extract_at(ask->extract, i);
    kz_str parts[2];
    unsigned part_count = kz_value_parts(f->type, f->value, parts);
    for (unsigned part = 0; rc == KZ_OK && part < part_count; part++) {
      rc = add_entry(ask, i, part, err);
    }
  }
  kz_strmap_free(ask->seen);
  ask->seen = NULL;
  return rc == KZ_OK ? look_entries_up(ask, err) : rc;
}

kz_rc kz_ask_new(struct kz_house *house, const struct kz_viewer *viewer,
                 kz_str text, struct kz_ask_options options,
                 struct kz_ask **ret_ask, struct kz_err *err) {
  struct kz_ask *ask = calloc(1, sizeof *ask);
  if (!ask) {
    return no_memory(err);
  }
  ask->house = house;
  ask->viewer = *viewer;
  ask->full = options.full;
  ask->extract = kz_extract_new();
  ask->view = kz_store_view(house->store);
  kz_rc rc = ask->extract ? KZ_OK : no_memory(err);
  if (rc == KZ_OK) {
    rc = options.whole ? kz_extract_whole(ask->extract, text, err)
                       : kz_extract_values(ask->extract, text, err);
  }
  if (rc == KZ_OK) {
    rc = look_all_up(ask, err);
  }
  if (rc == KZ_OK) {
    rc = kz_warn_eye_new(house->warninglists, &ask->warn, err);
  }
  if (rc != KZ_OK) {
    kz_ask_free(ask);
    return rc;
  }
  *ret_ask = ask;
  return KZ_OK;
}

void kz_ask_free(struct kz_ask *ask) {
  if (ask) {
    kz_strmap_free(ask->seen);
    kz_extract_free(ask->extract);
    kz_view_unref(ask->view);
    kz_warn_eye_free(ask->warn);
    free(ask->entries);
    free(ask->summaries);
    free(ask);
  }
}

size_t kz_ask_count(const struct kz_ask *ask) {
  return ask->count;
}

static enum kz_kind kind_of_part(kz_str value) {
  char folded[KIND_BYTES_MAX];
  if (value.len > sizeof folded) {
    return KZ_KIND_TEXT;
  }
  kz_value_fold(value, folded);
  return kz_kind_of((kz_str){folded, value.len});
}

static enum kz_kind kind_of(const struct kz_mention *source, kz_str value) {
  return value.len == source->value.len ? source->kind : kind_of_part(value);
}

size_t kz_ask_warnings(struct kz_ask *ask, size_t index,
                       const struct kz_warner_hit **ret_hits) {
  const struct entry *e = &ask->entries[index];
  return kz_warn_check(ask->warn, kz_extract_at(ask->extract, e->source)->type,
                       value_of(ask, e), ret_hits);
}

const struct kz_warn_head *kz_ask_warninglist(const struct kz_ask *ask,
                                              uint32_t list) {
  return kz_warn_head_of(ask->warn, list);
}

struct kz_asked kz_ask_at(const struct kz_ask *ask, size_t index) {
  const struct entry *e = &ask->entries[index];
  struct kz_asked asked = {.source = kz_extract_at(ask->extract, e->source),
                           .value = value_of(ask, e)};
  asked.kind = kind_of(asked.source, asked.value);
  if (e->summary != NONE) {
    asked.summary = &ask->summaries[e->summary];
    asked.is_detailed = ask->full || e->summary < KZ_ASK_DETAILED;
  }
  return asked;
}

static kz_rc name_types(const uint16_t *codes, size_t count,
                        struct kz_arena *arena, struct kz_ask_detail *detail) {
  bool seen[KZ_TYPE_COUNT] = {false};
  detail->types = kz_arena_array(arena, count + 1, sizeof *detail->types);
  if (!detail->types) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    kz_type type = (kz_type)(codes[i] / 16);
    if (!seen[type]) {
      detail->types[detail->type_count++] = kz_type_name(type);
    }
    seen[type] = true;
  }
  return KZ_OK;
}

static kz_rc name_tags(struct kz_dict *dict, const uint32_t *tags, size_t count,
                       struct kz_arena *arena, struct kz_ask_detail *detail) {
  detail->tags = kz_arena_array(arena, count + 1, sizeof *detail->tags);
  if (!detail->tags) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict, tags[i], &tag) == KZ_OK) {
      detail->tags[detail->tag_count++] = tag.name;
    }
  }
  return KZ_OK;
}

static void count_sightings(const struct kz_attribute *attribute,
                            const struct kz_sightrule *rule,
                            struct kz_ask_detail *detail) {
  for (size_t i = 0; i < attribute->sighting_count; i++) {
    const struct kz_sighting *s = &attribute->sightings[i];
    if (!kz_sightrule_sees(rule, s->org.id)) {
      continue;
    }
    if (s->kind == KZ_SIGHTING_FALSE_POSITIVE) {
      detail->false_positives++;
    }
    if (s->kind != KZ_SIGHTING_SEEN) {
      continue;
    }
    bool first = detail->sightings++ == 0;
    if (first || s->seen_us < detail->first_sighting_us) {
      detail->first_sighting_us = s->seen_us;
    }
    if (first || s->seen_us > detail->last_sighting_us) {
      detail->last_sighting_us = s->seen_us;
    }
  }
}

static kz_rc read_sightings(const struct kz_ask *ask, kz_str value,
                            struct kz_arena *arena,
                            struct kz_ask_detail *detail, struct kz_err *err) {
  struct kz_hit *hits = NULL;
  size_t count = 0;
  uint64_t total = 0;
  struct kz_sightrule rule = {.sees_all = false};
  const struct kz_sightrule_eye eye = {
      .house = ask->house, .view = ask->view, .viewer = &ask->viewer};
  struct kz_reading reading =
      kz_store_reading(ask->house->store, ask->view, arena);
  kz_rc rc = kz_lookup_hits(ask->view, &ask->viewer, value, SIGHTED_MAX, arena,
                            &hits, &count, &total, err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_attribute attribute;
    rc = kz_read_attribute(&reading, hits[i].event, hits[i].attribute,
                           (struct kz_read_options){.with_sightings = true},
                           &attribute, err);
    if (rc == KZ_OK && (i == 0 || hits[i].event != hits[i - 1].event)) {
      rc = kz_sightrule_make(&eye, hits[i].event, &rule, err);
    }
    if (rc == KZ_OK) {
      count_sightings(&attribute, &rule, detail);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  return rc;
}

kz_rc kz_ask_detail(const struct kz_ask *ask, size_t index,
                    struct kz_arena *arena, struct kz_ask_detail *ret_detail,
                    struct kz_err *err) {
  const struct kz_asked asked = kz_ask_at(ask, index);
  struct kz_ask_detail detail = {.type_count = 0};
  uint32_t *tags = NULL;
  uint16_t *codes = NULL;
  size_t tag_count = 0;
  size_t code_count = 0;
  kz_rc rc = kz_lookup_tags(ask->view, &ask->viewer, asked.value, arena, &tags,
                            &tag_count, &codes, &code_count, err);
  if (rc == KZ_OK && name_types(codes, code_count, arena, &detail) == KZ_OK &&
      name_tags(kz_store_dict(ask->house->store), tags, tag_count, arena,
                &detail) == KZ_OK) {
    rc = asked.summary && asked.summary->sighted
             ? read_sightings(ask, asked.value, arena, &detail, err)
             : KZ_OK;
  } else if (rc == KZ_OK) {
    rc = no_memory(err);
  }
  if (rc == KZ_OK) {
    *ret_detail = detail;
  }
  return rc;
}
