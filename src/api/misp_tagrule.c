#include "api/misp_tagrule.h"

#include "api/misp_shape.h"
#include "api/misp_tidy.h"
#include "api/misp_view.h"
#include "store/read.h"
#include "work/taxonomy.h"

enum { WORDS_BYTES = 1 << 16 };

/* Names of tags in an array of the work arena. */
struct names {
  kz_str *names;
  size_t count;
};

static kz_rc add_names(struct kz_misp_call *call, struct names *list,
                       const struct kz_tag_use *tags, size_t count) {
  kz_str *names =
      kz_arena_array(call->work, list->count + count + 1, sizeof *names);
  if (!names) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < list->count; i++) {
    names[i] = list->names[i];
  }
  for (size_t i = 0; i < count; i++) {
    names[list->count + i] = tags[i].tag.name;
  }
  list->names = names;
  list->count += count;
  return KZ_OK;
}

static kz_rc event_tags(struct kz_misp_call *call, uint64_t event,
                        struct names *list, struct kz_err *err) {
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  struct kz_event header;
  uint64_t live = 0;
  kz_rc rc = kz_read_header(&r, event, &header, &live, err);
  return rc == KZ_OK ? add_names(call, list, header.tags, header.tag_count)
                     : rc;
}

static kz_rc tags_of(struct kz_misp_call *call,
                     const struct kz_misp_place *place, struct names *list,
                     struct kz_err *err) {
  struct kz_reading r = kz_misp_reading(&call->eye, call->work);
  if (place->thing == KZ_THING_EVENT) {
    return event_tags(call, place->event, list, err);
  }
  if (place->thing == KZ_THING_ATTRIBUTE) {
    struct kz_attribute a;
    kz_rc rc = kz_read_attribute(&r, place->event, place->id,
                                 (struct kz_read_options){0}, &a, err);
    return rc == KZ_OK ? add_names(call, list, a.tags, a.tag_count) : rc;
  }
  if (place->thing == KZ_THING_REPORT) {
    struct kz_report report;
    kz_rc rc = kz_read_report(&r, place->event, place->id, &report, err);
    return rc == KZ_OK ? add_names(call, list, report.tags, report.tag_count)
                       : rc;
  }
  return KZ_OK;
}

bool kz_misp_tag_fits(struct kz_misp_call *call,
                      const struct kz_misp_place *place, kz_str tag) {
  struct kz_taxonomies *taxonomies = call->eye.house->taxonomies;
  struct kz_taxonomy_tag known;
  struct names present = {.count = 0};
  struct kz_err err = KZ_ERR_NONE;
  if (kz_taxonomy_tag(taxonomies, tag, &known) != KZ_OK || !known.is_enabled ||
      (!known.only_one && !known.only_one_of_predicate)) {
    return true;
  }
  kz_misp_renew(call); /* of several tags, the ones before count too */
  kz_rc rc = tags_of(call, place, &present, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Target", rc, &err);
    return false;
  }
  if (!kz_taxonomy_forbids(taxonomies, tag, present.names, present.count)) {
    return true;
  }
  kz_str words =
      KZ_STR("Tag is not allowed due to taxonomy exclusivity settings");
  kz_misp_not_saved(call, words, KZ_STR_NONE, words);
  return false;
}

static size_t missing(struct kz_misp_call *call, uint64_t event,
                      const struct kz_event *more, struct kz_buf *out) {
  struct names present = {.count = 0};
  kz_rc rc = KZ_OK;
  if (event != 0) {
    rc = event_tags(call, event, &present, NULL);
  }
  if (rc == KZ_OK && more) {
    rc = add_names(call, &present, more->tags, more->tag_count);
  }
  return rc == KZ_OK ? kz_taxonomy_missing(call->eye.house->taxonomies,
                                           present.names, present.count, out)
                     : 0;
}

bool kz_misp_has_required_tags(struct kz_misp_call *call, uint64_t event,
                               const struct kz_event *more) {
  KZ_BUF(names, WORDS_BYTES);
  return missing(call, event, more, &names) == 0;
}

bool kz_misp_may_go_out(struct kz_misp_call *call, uint64_t event) {
  KZ_BUF(names, WORDS_BYTES);
  KZ_BUF(words, WORDS_BYTES * 2);
  if (missing(call, event, NULL, &names) == 0) {
    return true;
  }
  kz_buf_add_str(&words, KZ_STR("The event was not published: it has no tag of "
                                "the required taxonomies "));
  kz_buf_add_str(&words, kz_buf_str(&names));
  kz_misp_not_saved(call, kz_buf_str(&words), KZ_STR_NONE, kz_buf_str(&words));
  return false;
}

void kz_misp_colour_by_taxonomy(struct kz_misp_call *call, struct kz_tag *tag) {
  struct kz_taxonomy_tag known;
  kz_str colour;
  if (tag->colour.len == 0 &&
      kz_taxonomy_tag(call->eye.house->taxonomies, tag->name, &known) ==
          KZ_OK &&
      known.colour[0] &&
      kz_arena_dup(call->work, kz_str_of(known.colour), &colour) == KZ_OK) {
    tag->colour = colour;
  }
}

void kz_misp_number_by_taxonomy(struct kz_misp_call *call, struct kz_tag *tag) {
  struct kz_taxonomy_tag known;
  kz_str copy;
  KZ_BUF(member, 64);
  if (kz_taxonomy_tag(call->eye.house->taxonomies, tag->name, &known) !=
          KZ_OK ||
      !known.has_number ||
      kz_misp_has_member(tag->extra, KZ_STR("numerical_value"), NULL)) {
    return;
  }
  kz_buf_add_format(&member, "\"numerical_value\":\"%llu\"",
                    (unsigned long long)known.number);
  if (kz_arena_dup(call->work, kz_buf_str(&member), &copy) == KZ_OK) {
    tag->extra = kz_misp_join_members(tag->extra, copy, call->work);
  }
}
