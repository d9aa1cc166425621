/* The model as MISP's JSON, with MISP's own typing: ids, levels and times are
 * strings of digits, only what MISP has as true and false is so.
 *
 * All functions write into the caller's kz_jsonw where a value is due, each
 * thing bare (without its wrapper) unless it says otherwise, and can be used
 * piece by piece for events that are not in memory as a whole. Failures stick
 * to the writer's buffer. Pure, any thread. */
#ifndef KZ_FORMAT_MISP_WRITE_H
#define KZ_FORMAT_MISP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jsonw.h"
#include "model/event.h"

struct kz_misp_style {
  bool ids;  /* also the ids that are ours: as the server answers */
  bool feed; /* only what MISP puts in a feed; local tags are not for others */
};

/* {"Event":{...}} with all that the struct has. */
void kz_misp_write_event(struct kz_jsonw *w, const struct kz_event *event,
                         struct kz_misp_style style);

/* The same in pieces: kz_misp_write_event_head opens the two objects and
 * writes everything but attributes, objects and reports, whose counts (not
 * lists) are looked at; then the caller writes keys "Attribute", "Object",
 * "EventReport" and their arrays, and closes both. */
void kz_misp_write_event_head(struct kz_jsonw *w, const struct kz_event *event,
                              struct kz_misp_style style);

/* Parts of the event `event_id` (looked at only when ids are written). */
void kz_misp_write_attribute(struct kz_jsonw *w,
                             const struct kz_attribute *attribute,
                             uint64_t event_id, struct kz_misp_style style);
void kz_misp_write_object(struct kz_jsonw *w, const struct kz_object *object,
                          uint64_t event_id, struct kz_misp_style style);
void kz_misp_write_report(struct kz_jsonw *w, const struct kz_report *report,
                          uint64_t event_id, struct kz_misp_style style);

/* A reference of `source`. */
void kz_misp_write_reference(struct kz_jsonw *w,
                             const struct kz_reference *reference,
                             const struct kz_object *source, uint64_t event_id,
                             struct kz_misp_style style);

/* A sighting of `attribute` (NULL: not said). */
void kz_misp_write_sighting(struct kz_jsonw *w,
                            const struct kz_sighting *sighting,
                            const struct kz_attribute *attribute,
                            uint64_t event_id, struct kz_misp_style style);

/* A tag where it is used, and as the dictionary has it. */
void kz_misp_write_tag_use(struct kz_jsonw *w, const struct kz_tag_use *use,
                           struct kz_misp_style style);
void kz_misp_write_tag(struct kz_jsonw *w, const struct kz_tag *tag,
                       struct kz_misp_style style);

void kz_misp_write_org(struct kz_jsonw *w, const struct kz_org *org,
                       struct kz_misp_style style);

/* Members of the object that is being written: a time in whole seconds, the
 * organisation `key` and the list "Tag", the latter two only when there is
 * something to write. */
void kz_misp_write_seconds(struct kz_jsonw *w, kz_str key, int64_t us);
void kz_misp_write_org_member(struct kz_jsonw *w, kz_str key,
                              const struct kz_org *org,
                              struct kz_misp_style style);
void kz_misp_write_tags(struct kz_jsonw *w, const struct kz_tag_use *tags,
                        size_t count, struct kz_misp_style style);

/* An attribute as a search finds it: with a member "Event" that says in short
 * what event it is of. */
void kz_misp_write_found_attribute(struct kz_jsonw *w,
                                   const struct kz_attribute *attribute,
                                   const struct kz_event *event,
                                   struct kz_misp_style style);

/* What surrounds the answer of a search. Between begin and end the caller
 * writes the found things: by kz_misp_write_event or, in a wrapper "Object" or
 * "Sighting", by their own function; or by kz_misp_write_found_attribute. */
enum kz_misp_scope {
  KZ_MISP_SCOPE_WRAPPED,    /* {"response":[{"Event":{}}, ...]} */
  KZ_MISP_SCOPE_ATTRIBUTES, /* {"response":{"Attribute":[{}, ...]}} */
};
void kz_misp_write_search_begin(struct kz_jsonw *w, enum kz_misp_scope scope);
void kz_misp_write_search_end(struct kz_jsonw *w, enum kz_misp_scope scope);

#endif
