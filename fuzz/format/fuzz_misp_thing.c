/* A request's body where one thing is due: every reader of single things gets
 * it, also as an edit, and what it takes is written. */
#include "target.h"

#include <stdlib.h>

#include "format/misp_read.h"
#include "format/misp_write.h"

enum { CEILING = 1 << 22 };

static void read_and_write(struct kz_misp_reader *reader,
                           const struct kz_misp_input *input,
                           struct kz_jsonw *w) {
  const struct kz_misp_style style = {.ids = true};
  struct kz_misp_attributes attributes;
  struct kz_object object;
  struct kz_reference reference;
  struct kz_report report;
  struct kz_tag_use tag;
  struct kz_sighting sighting;
  struct kz_org org;
  if (kz_misp_read_attributes(reader, input, &attributes, NULL) == KZ_OK) {
    for (size_t i = 0; i < attributes.count; i++) {
      kz_misp_write_attribute(w, &attributes.items[i], 1, style);
    }
  }
  if (kz_misp_read_object(reader, input, &object, NULL) == KZ_OK) {
    kz_misp_write_object(w, &object, 1, style);
  }
  if (kz_misp_read_reference(reader, input, &reference, NULL) == KZ_OK) {
    kz_misp_write_reference(w, &reference, &(struct kz_object){0}, 1, style);
  }
  if (kz_misp_read_report(reader, input, &report, NULL) == KZ_OK) {
    kz_misp_write_report(w, &report, 1, style);
  }
  if (kz_misp_read_tag(reader, input, &tag, NULL) == KZ_OK) {
    kz_misp_write_tag_use(w, &tag, style);
  }
  if (kz_misp_read_sighting(reader, input, &sighting, NULL) == KZ_OK) {
    kz_misp_write_sighting(w, &sighting, NULL, 1, style);
  }
  if (kz_misp_read_org(reader, input, &org, NULL) == KZ_OK) {
    kz_misp_write_org(w, &org, style);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, CEILING);
  KZ_BUF(out, CEILING);
  struct kz_misp_reader *reader = kz_misp_reader_new(CEILING);
  struct kz_misp_input input = {.text = {(const char *)data, size},
                                .arena = arena};
  struct kz_jsonw w;
  if (arena && reader) {
    kz_jsonw_init(&w, &out);
    kz_jsonw_array(&w);
    read_and_write(reader, &input, &w);
    kz_jsonw_array_end(&w);
    if (!kz_buf_failed(&out) &&
        !kz_json_is_valid(kz_buf_str(&out), KZ_JSON_LIMITS)) {
      abort();
    }
    struct kz_event event;
    input.partial = true;
    input.keep_ids = true;
    if (kz_misp_read_event(reader, &input, &event, NULL) == KZ_OK &&
        event.analysis > 2) {
      abort();
    }
  }
  kz_misp_reader_free(reader);
  return 0;
}
