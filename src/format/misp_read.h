/* MISP's JSON into the model: events and, for the API, single attributes,
 * objects, references, tags, sightings and reports.
 *
 * What is read is already normal and valid by MISP's rules (model/value.h): an
 * attribute, object, tag ... that is not is reported to the caller and left
 * out, the rest goes on. Members that we do not model stay in `extra` (compact
 * JSON; null and [] say nothing and are not kept); what is local to the sender
 * or derived is dropped: docs/developer/misp-json.md lists it.
 *
 * All texts and arrays of a result are borrowed: from the text that was read,
 * from the arena, or static. */
#ifndef KZ_FORMAT_MISP_READ_H
#define KZ_FORMAT_MISP_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rc.h"
#include "format/misp_input.h"
#include "model/event.h"

/* Holds memory from text to text. Belongs to one thread at a time. */
struct kz_misp_reader;

/* Makes a reader of which no single list will take more than `ceiling` bytes.
 * The caller owns it. NULL when out of memory. */
struct kz_misp_reader *kz_misp_reader_new(size_t ceiling);
void kz_misp_reader_free(struct kz_misp_reader *reader);

/* Reads one event, bare or as {"Event":{...}}. KZ_E_INPUT when the text is not
 * JSON or not an event (also reported, and nothing of it counts), KZ_E_LIMIT
 * or KZ_E_MEMORY when it is too large for arena or reader. Times that were not
 * given are 0 (KZ_TIME_NONE for first and last seen), uuids nil, the date is
 * day 0: the caller completes them. */
KZ_MUST_USE kz_rc kz_misp_read_event(struct kz_misp_reader *reader,
                                     const struct kz_misp_input *input,
                                     struct kz_event *ret, struct kz_err *err);

struct kz_misp_attributes {
  struct kz_attribute *items;
  size_t count;
  bool is_list; /* it came as an array */
};

/* Reads attributes: one, bare or as {"Attribute":{...}}, or an array, bare or
 * wrapped. Those with problems are reported by index and left out; KZ_E_INPUT
 * only when it is not JSON, or the one attribute is refused. */
KZ_MUST_USE kz_rc kz_misp_read_attributes(struct kz_misp_reader *reader,
                                          const struct kz_misp_input *input,
                                          struct kz_misp_attributes *ret,
                                          struct kz_err *err);

/* The others: one thing, bare or in MISP's wrapper ("Object",
 * "ObjectReference", "Tag", "Sighting", "EventReport", "Organisation"). */
KZ_MUST_USE kz_rc kz_misp_read_object(struct kz_misp_reader *reader,
                                      const struct kz_misp_input *input,
                                      struct kz_object *ret,
                                      struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_read_reference(struct kz_misp_reader *reader,
                                         const struct kz_misp_input *input,
                                         struct kz_reference *ret,
                                         struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_read_report(struct kz_misp_reader *reader,
                                      const struct kz_misp_input *input,
                                      struct kz_report *ret,
                                      struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_read_tag(struct kz_misp_reader *reader,
                                   const struct kz_misp_input *input,
                                   struct kz_tag_use *ret, struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_read_sighting(struct kz_misp_reader *reader,
                                        const struct kz_misp_input *input,
                                        struct kz_sighting *ret,
                                        struct kz_err *err);
KZ_MUST_USE kz_rc kz_misp_read_org(struct kz_misp_reader *reader,
                                   const struct kz_misp_input *input,
                                   struct kz_org *ret, struct kz_err *err);

#endif
