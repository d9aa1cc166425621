/* "attack": the techniques of MITRE ATT&CK that events carry as tags, as a
 * layer for the ATT&CK Navigator; a technique's score is how many events have
 * it. "attack-sightings": the same as direct sightings of techniques, one an
 * event, in the data model of the CTID's Sightings project. */
#include "base/clock.h"
#include "base/uuid.h"
#include "format/exporting.h"

#define TECHNIQUE "misp-galaxy:mitre-attack-pattern=\""

/* `misp-galaxy:mitre-attack-pattern="Phishing - T1566.001"`: the id behind the
 * last " - ". */
static bool read_technique(kz_str tag, kz_str *ret_name, kz_str *ret_id) {
  if (!kz_str_starts(tag, KZ_STR(TECHNIQUE)) ||
      !kz_str_ends(tag, KZ_STR("\""))) {
    return false;
  }
  kz_str inner = kz_str_from(tag, sizeof TECHNIQUE - 1);
  inner = kz_str_head(inner, inner.len - 1);
  size_t space = kz_str_rfind_byte(inner, ' ');
  if (space == SIZE_MAX || space < 2 || inner.ptr[space - 1] != '-') {
    return false;
  }
  kz_str id = kz_str_from(inner, space + 1);
  if (id.len < 5 || id.len > 9 || id.ptr[0] != 'T') {
    return false;
  }
  for (size_t i = 1; i < id.len; i++) {
    if (!kz_is_digit(id.ptr[i]) && !(i == 5 && id.ptr[i] == '.')) {
      return false;
    }
  }
  *ret_name = kz_str_trim(kz_str_head(inner, space - 1));
  *ret_id = id;
  return true;
}

static void tally_tags(struct kz_exporting *x, uint64_t event,
                       const struct kz_tag_use *tags, size_t count) {
  for (size_t i = 0; i < count; i++) {
    kz_str name;
    kz_str id;
    if (tags[i].tag.exportable &&
        read_technique(tags[i].tag.name, &name, &id)) {
      kz_exporting_tally(x, event, id);
    }
  }
}

static void attack_event(struct kz_exporting *x, const struct kz_event *event) {
  tally_tags(x, event->id, event->tags, event->tag_count);
}

static void attack_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  tally_tags(x, row->event->id, row->attribute->tags,
             row->attribute->tag_count);
}

static void write_technique(struct kz_exporting *x, kz_str id, uint64_t count) {
  kz_jsonw_object(&x->w);
  kz_jsonw_member_str(&x->w, KZ_STR("techniqueID"), id);
  kz_jsonw_member_u64(&x->w, KZ_STR("score"), count);
  kz_jsonw_object_end(&x->w);
}

static void attack_end(struct kz_exporting *x) {
  struct kz_jsonw *w = &x->w;
  uint64_t most = 0;
  for (size_t i = 0; i < kz_strmap_count(x->names); i++) {
    uint64_t count = kz_strmap_value(x->names, i);
    most = count > most ? count : most;
  }
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("name"), KZ_STR("kizashi"));
  kz_jsonw_key(w, KZ_STR("versions"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("layer"), KZ_STR("4.5"));
  kz_jsonw_object_end(w);
  kz_jsonw_member_str(w, KZ_STR("domain"), KZ_STR("enterprise-attack"));
  kz_jsonw_member_str(w, KZ_STR("description"),
                      KZ_STR("Score: how many events have the technique."));
  kz_jsonw_key(w, KZ_STR("gradient"));
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("colors"));
  kz_jsonw_array(w);
  kz_jsonw_str(w, KZ_STR("#ffffff"));
  kz_jsonw_str(w, KZ_STR("#c0392b"));
  kz_jsonw_array_end(w);
  kz_jsonw_member_u64(w, KZ_STR("minValue"), 0);
  kz_jsonw_member_u64(w, KZ_STR("maxValue"), most);
  kz_jsonw_object_end(w);
  kz_jsonw_key(w, KZ_STR("techniques"));
  kz_jsonw_array(w);
  kz_exporting_each(x, KZ_STR("T"), write_technique);
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_buf_add_byte(x->out, '\n');
}

const struct kz_exporter kz_exporter_attack = {.name = "attack",
                                               .type = "application/json",
                                               .is_tally = true,
                                               .event = attack_event,
                                               .row = attack_row,
                                               .end = attack_end};

/* --- sightings of techniques -----------------------------------------------
 */

static void sightings_begin(struct kz_exporting *x) {
  kz_jsonw_array(&x->w);
}

static void sightings_event(struct kz_exporting *x,
                            const struct kz_event *event) {
  struct kz_jsonw *w = &x->w;
  bool is_begun = false;
  for (size_t i = 0; i < event->tag_count; i++) {
    kz_str name;
    kz_str id;
    if (!event->tags[i].tag.exportable ||
        !read_technique(event->tags[i].tag.name, &name, &id)) {
      continue;
    }
    if (!is_begun) {
      char uuid[KZ_UUID_TEXT];
      char date[KZ_DATE_TEXT];
      KZ_BUF(start, 64);
      kz_buf_add_str(&start, kz_clock_format_date(event->date_days, date));
      kz_buf_add_str(&start, KZ_STR("T00:00:00Z"));
      kz_jsonw_object(w);
      kz_jsonw_member_str(w, KZ_STR("version"), KZ_STR("2.0"));
      kz_jsonw_member_str(w, KZ_STR("id"), kz_uuid_format(&event->uuid, uuid));
      kz_jsonw_member_str(w, KZ_STR("sighting_type"),
                          KZ_STR("direct-technique-sighting"));
      kz_jsonw_member_str(w, KZ_STR("start_time"), kz_buf_str(&start));
      kz_jsonw_member_str(w, KZ_STR("detection_type"),
                          KZ_STR("human-validated"));
      kz_jsonw_key(w, KZ_STR("techniques"));
      kz_jsonw_array(w);
      is_begun = true;
    }
    kz_jsonw_object(w);
    kz_jsonw_member_str(w, KZ_STR("technique_id"), id);
    kz_jsonw_member_str(w, KZ_STR("name"), name);
    kz_jsonw_object_end(w);
  }
  if (is_begun) {
    kz_jsonw_array_end(w);
    kz_jsonw_object_end(w);
  }
}

static void sightings_end(struct kz_exporting *x) {
  kz_jsonw_array_end(&x->w);
  kz_buf_add_byte(x->out, '\n');
}

const struct kz_exporter kz_exporter_attack_sightings = {
    .name = "attack-sightings",
    .type = "application/json",
    .begin = sightings_begin,
    .event = sightings_event,
    .end = sightings_end};
