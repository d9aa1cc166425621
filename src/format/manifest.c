/* An entry is the head of an event, so it is read and written as one; the uuid
 * stands outside, as its key. */
#include "format/manifest.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "format/misp_reader.h"
#include "format/misp_write.h"

static kz_rc report_key(struct kz_misp_reader *reader, size_t index) {
  const struct kz_misp_fault fault = {
      .noun = &reader->nouns[KZ_NOUN_EVENT],
      .index = index,
      .field = KZ_MEMBER_UUID,
      .byte = kz_json_offset(&reader->json) - 1,
  };
  (void)kz_err_set(&reader->err, KZ_E_INPUT, "the key is not a uuid");
  kz_misp_reader_report(reader, &fault);
  return KZ_OK;
}

/* Reads the value of one key into the reader's list of events. */
static kz_rc read_entry(struct kz_misp_reader *reader,
                        const struct kz_json_token *key, size_t index) {
  struct kz_uuid uuid;
  kz_rc rc = kz_uuid_parse(key->text, &uuid);
  if (rc != KZ_OK) {
    rc = report_key(reader, index);
    return rc == KZ_OK ? kz_json_skip(&reader->json, key) : rc;
  }
  rc = kz_misp_reader_claim(reader, &uuid);
  if (rc == KZ_UNCHANGED) {
    return kz_json_skip(&reader->json, key);
  }
  struct kz_buf *list = &reader->lists[KZ_NOUN_EVENT];
  size_t before = list->len;
  struct kz_json_token token;
  if (rc == KZ_OK) {
    rc = kz_json_next(&reader->json, &token);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_item(reader, &reader->nouns[KZ_NOUN_EVENT], &token,
                             index);
  }
  if (rc == KZ_OK && list->len > before) {
    struct kz_event *event = (void *)(list->ptr + before);
    event->uuid = uuid;
    event->given |= KZ_GAVE_UUID;
  }
  return rc;
}

static kz_rc read_entries(struct kz_misp_reader *reader,
                          struct kz_manifest *ret) {
  const struct kz_noun *noun = &reader->nouns[KZ_NOUN_EVENT];
  struct kz_json_token key;
  void *items = NULL;
  size_t count = 0;
  kz_misp_reader_begin_list(reader, noun);
  kz_rc rc = kz_json_next(&reader->json, &key);
  for (size_t i = 0; rc == KZ_OK && key.kind == KZ_JSON_KEY; i++) {
    rc = read_entry(reader, &key, i);
    if (rc == KZ_OK) {
      rc = kz_json_next(&reader->json, &key);
    }
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_rest(reader);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reader_take_list(reader, noun, &items, &count);
  }
  if (rc == KZ_OK) {
    *ret = (struct kz_manifest){items, count};
  }
  return rc;
}

kz_rc kz_manifest_read(struct kz_misp_reader *reader,
                       const struct kz_misp_input *input,
                       struct kz_manifest *ret, struct kz_err *err) {
  struct kz_misp_input heads = *input;
  heads.partial = true; /* what is missing stands in the event's own file */
  kz_misp_reader_start(reader, &heads);
  struct kz_json_token first;
  kz_rc rc = kz_json_next(&reader->json, &first);
  if (rc == KZ_OK && first.kind != KZ_JSON_OBJECT) {
    return kz_err_set(err, KZ_E_INPUT, "manifest: not an object");
  }
  if (rc == KZ_OK) {
    rc = read_entries(reader, ret);
  }
  return rc == KZ_OK ? KZ_OK
                     : kz_misp_reader_fail(
                           reader, &reader->nouns[KZ_NOUN_EVENT], rc, err);
}

void kz_manifest_write_entry(struct kz_jsonw *w, const struct kz_event *event) {
  const struct kz_misp_style feed = {.feed = true};
  char uuid[KZ_UUID_TEXT];
  char date[KZ_DATE_TEXT];
  kz_jsonw_key(w, kz_uuid_format(&event->uuid, uuid));
  kz_jsonw_object(w);
  if (event->info.ptr) {
    kz_jsonw_member_str(w, KZ_STR("info"), event->info);
  }
  kz_jsonw_member_str(w, KZ_STR("date"),
                      kz_clock_format_date(event->date_days, date));
  kz_jsonw_member_u64_str(w, KZ_STR("analysis"), event->analysis);
  kz_jsonw_member_u64_str(w, KZ_STR("threat_level_id"), event->threat_level);
  kz_misp_write_seconds(w, KZ_STR("timestamp"), event->timestamp_us);
  kz_misp_write_org_member(w, KZ_STR("Orgc"), &event->orgc, feed);
  kz_misp_write_tags(w, event->tags, event->tag_count, feed);
  kz_jsonw_object_end(w);
}
