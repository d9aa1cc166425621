/* What surrounds a thing: MISP and its clients wrap it, once or twice
 * ({"request":{"Event":{...}}}), or do not. Only the first member is looked at:
 * a wrapper has no other that matters. */
#include "format/misp_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "format/misp_noun.h"
#include "format/misp_reader.h"

/* No input that a person or a server makes has more. */
enum { EXTRA_BYTES_MAX = 1 << 20 };

struct kz_misp_reader *kz_misp_reader_new(size_t ceiling) {
  struct kz_misp_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    return NULL;
  }
  size_t uuids_max = (size_t)UINT32_MAX * sizeof(struct kz_uuid);
  reader->nouns = kz_misp_nouns();
  for (size_t i = 0; i < KZ_NOUN_COUNT; i++) {
    kz_buf_init(&reader->lists[i], ceiling);
  }
  kz_buf_init(&reader->extras, EXTRA_BYTES_MAX);
  kz_buf_init(&reader->joined, ceiling);
  kz_buf_init(&reader->uuids, ceiling < uuids_max ? ceiling : uuids_max);
  kz_seen_init(&reader->seen_uuids, ceiling);
  kz_seen_init(&reader->seen_values, ceiling);
  /* Where the system puts memory is not for a sender to know. */
  reader->seed = kz_hash_mix((uint64_t)(uintptr_t)reader);
  return reader;
}

void kz_misp_reader_free(struct kz_misp_reader *reader) {
  if (!reader) {
    return;
  }
  for (size_t i = 0; i < KZ_NOUN_COUNT; i++) {
    kz_buf_done(&reader->lists[i]);
  }
  kz_buf_done(&reader->extras);
  kz_buf_done(&reader->joined);
  kz_buf_done(&reader->uuids);
  kz_seen_done(&reader->seen_uuids);
  kz_seen_done(&reader->seen_values);
  free(reader);
}

/* Whether the member `name` wraps a `noun`. */
static bool is_wrapper(const struct kz_noun *noun, kz_str name) {
  enum kz_member member = kz_member_by_name(name);
  return member == KZ_MEMBER_REQUEST || member == KZ_MEMBER_RESPONSE ||
         kz_str_eq(name, noun->wrapper);
}

/* Steps into the wrappers; then `*ret_first`, just read, is the first token of
 * the thing or list itself. */
static kz_rc unwrap(struct kz_misp_reader *reader, const struct kz_noun *noun,
                    struct kz_json_token *ret_first) {
  for (;;) {
    kz_rc rc = kz_json_next(&reader->json, ret_first);
    if (rc != KZ_OK || ret_first->kind != KZ_JSON_OBJECT) {
      return rc;
    }
    struct kz_json ahead = reader->json;
    struct kz_json_token token;
    if (kz_json_next(&ahead, &token) != KZ_OK || token.kind != KZ_JSON_KEY ||
        !is_wrapper(noun, token.text)) {
      return KZ_OK;
    }
    struct kz_json inside = ahead;
    if (kz_json_next(&ahead, &token) != KZ_OK ||
        (token.kind != KZ_JSON_OBJECT && token.kind != KZ_JSON_ARRAY)) {
      return KZ_OK;
    }
    reader->json = inside;
  }
}

/* Reads the one thing of a text into `thing`. */
static kz_rc read_one(struct kz_misp_reader *reader,
                      const struct kz_misp_input *input, enum kz_noun_name name,
                      void *thing, struct kz_err *err) {
  const struct kz_noun *noun = &reader->nouns[name];
  struct kz_json_token first;
  bool is_good = false;
  kz_misp_reader_start(reader, input);
  memset(thing, 0, noun->size);
  kz_rc rc = unwrap(reader, noun, &first);
  if (rc == KZ_OK && first.kind != KZ_JSON_OBJECT) {
    rc = kz_err_set(&reader->err, KZ_E_INPUT, "not an object");
    const struct kz_misp_fault fault = {.noun = noun};
    kz_misp_reader_report(reader, &fault);
    return kz_err_set(err, rc, "%s: %s", noun->name, reader->err.text);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_thing(reader, noun, 0, thing, &is_good);
  }
  if (rc == KZ_OK && !is_good) {
    return kz_err_set(err, KZ_E_INPUT, "%s: %s", noun->name, reader->err.text);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_rest(reader);
  }
  return rc == KZ_OK ? KZ_OK : kz_misp_reader_fail(reader, noun, rc, err);
}

kz_rc kz_misp_read_event(struct kz_misp_reader *reader,
                         const struct kz_misp_input *input,
                         struct kz_event *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_EVENT, ret, err);
}

kz_rc kz_misp_read_object(struct kz_misp_reader *reader,
                          const struct kz_misp_input *input,
                          struct kz_object *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_OBJECT, ret, err);
}

kz_rc kz_misp_read_reference(struct kz_misp_reader *reader,
                             const struct kz_misp_input *input,
                             struct kz_reference *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_REFERENCE, ret, err);
}

kz_rc kz_misp_read_report(struct kz_misp_reader *reader,
                          const struct kz_misp_input *input,
                          struct kz_report *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_REPORT, ret, err);
}

kz_rc kz_misp_read_tag(struct kz_misp_reader *reader,
                       const struct kz_misp_input *input,
                       struct kz_tag_use *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_TAG_USE, ret, err);
}

kz_rc kz_misp_read_sighting(struct kz_misp_reader *reader,
                            const struct kz_misp_input *input,
                            struct kz_sighting *ret, struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_SIGHTING, ret, err);
}

kz_rc kz_misp_read_org(struct kz_misp_reader *reader,
                       const struct kz_misp_input *input, struct kz_org *ret,
                       struct kz_err *err) {
  return read_one(reader, input, KZ_NOUN_ORG, ret, err);
}

kz_rc kz_misp_read_attributes(struct kz_misp_reader *reader,
                              const struct kz_misp_input *input,
                              struct kz_misp_attributes *ret,
                              struct kz_err *err) {
  const struct kz_noun *noun = &reader->nouns[KZ_NOUN_ATTRIBUTE];
  struct kz_json_token first;
  void *items = NULL;
  size_t count = 0;
  kz_misp_reader_start(reader, input);
  kz_rc rc = unwrap(reader, noun, &first);
  if (rc == KZ_OK) {
    rc = kz_misp_reader_list(reader, noun, &first, &items, &count);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_rest(reader);
  }
  if (rc != KZ_OK) {
    return kz_misp_reader_fail(reader, noun, rc, err);
  }
  bool is_list = first.kind == KZ_JSON_ARRAY;
  if (!is_list && count == 0) {
    bool is_refused = first.kind == KZ_JSON_OBJECT;
    return kz_err_set(err, KZ_E_INPUT, "attribute: %s",
                      is_refused ? reader->err.text : "not an object");
  }
  *ret = (struct kz_misp_attributes){items, count, is_list};
  return KZ_OK;
}
