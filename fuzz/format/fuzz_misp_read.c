/* A stream of events from anybody: it is split in pieces whose size the first
 * byte says, each event is read, written and read again. What was written once
 * must be read without a problem and be written the same. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/misp_read.h"
#include "format/misp_split.h"
#include "format/misp_write.h"

enum {
  CEILING = 1 << 24,
  EVENT_MAX = 1 << 16,
};

static void refuse_problem(void *ctx, const struct kz_misp_problem *problem) {
  (void)ctx;
  (void)fprintf(stderr, "what we wrote: %s: %s\n", problem->noun,
                problem->message);
  abort();
}

/* What the caller of a reader does: who has no uuid gets one. */
static void complete(struct kz_uuid *uuid, uint32_t given, uint32_t *number) {
  if ((given & KZ_GAVE_UUID) == 0) {
    *uuid = (struct kz_uuid){{0xFE, 0xED, 0xFA, 0xCE, 0xCA, 0xFE}};
    *number += 1;
    memcpy(uuid->bytes + 12, number, sizeof *number);
  }
}

static void complete_attributes(struct kz_attribute *attributes, size_t count,
                                uint32_t *number) {
  for (size_t i = 0; i < count; i++) {
    struct kz_attribute *a = &attributes[i];
    complete(&a->uuid, a->given, number);
    for (size_t j = 0; j < a->sighting_count; j++) {
      complete(&a->sightings[j].uuid, a->sightings[j].given, number);
    }
  }
}

static void complete_event(struct kz_event *event) {
  uint32_t number = 0;
  complete(&event->uuid, event->given, &number);
  complete_attributes(event->attributes, event->attribute_count, &number);
  for (size_t i = 0; i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    complete(&o->uuid, o->given, &number);
    complete_attributes(o->attributes, o->attribute_count, &number);
    for (size_t j = 0; j < o->reference_count; j++) {
      complete(&o->references[j].uuid, o->references[j].given, &number);
    }
  }
  for (size_t i = 0; i < event->report_count; i++) {
    complete(&event->reports[i].uuid, event->reports[i].given, &number);
  }
}

static void write_event(const struct kz_event *event, struct kz_buf *out) {
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_misp_write_event(&w, event, (struct kz_misp_style){0});
  if (kz_buf_failed(out)) {
    abort();
  }
}

static void check_again(struct kz_misp_reader *reader,
                        const struct kz_buf *first) {
  KZ_ARENA(arena, CEILING);
  KZ_BUF(second, CEILING);
  const struct kz_misp_input input = {.text = kz_buf_str(first),
                                      .arena = arena,
                                      .need_uuid = true,
                                      .report = refuse_problem};
  struct kz_event event;
  if (!arena || kz_misp_read_event(reader, &input, &event, NULL) != KZ_OK) {
    abort();
  }
  write_event(&event, &second);
  if (!kz_str_eq(kz_buf_str(first), kz_buf_str(&second))) {
    (void)fprintf(stderr, "%.*s\n%.*s\n", KZ_STR_ARG(kz_buf_str(first)),
                  KZ_STR_ARG(kz_buf_str(&second)));
    abort();
  }
}

static kz_rc take_event(void *ctx, kz_str text,
                        const struct kz_json_place *origin) {
  struct kz_misp_reader *reader = ctx;
  KZ_ARENA(arena, CEILING);
  KZ_BUF(written, CEILING);
  const struct kz_misp_input input = {
      .text = text, .arena = arena, .origin = *origin};
  struct kz_event event;
  if (arena && kz_misp_read_event(reader, &input, &event, NULL) == KZ_OK) {
    complete_event(&event);
    write_event(&event, &written);
    check_again(reader, &written);
  }
  return KZ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  size_t piece = (size_t)data[0] + 1;
  kz_str stream = {(const char *)data + 1, size - 1};
  struct kz_misp_reader *reader = kz_misp_reader_new(CEILING);
  const struct kz_misp_split_sink sink = {reader, take_event, NULL};
  struct kz_misp_split *split = kz_misp_split_new(&sink, EVENT_MAX);
  kz_rc rc = reader && split ? KZ_OK : KZ_E_MEMORY;
  while (rc == KZ_OK && stream.len > 0) {
    rc = kz_misp_split_feed(split, kz_str_head(stream, piece));
    stream = kz_str_from(stream, piece);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_split_end(split);
  }
  if (rc != KZ_OK) {
    abort();
  }
  kz_misp_split_free(split);
  kz_misp_reader_free(reader);
  return 0;
}
