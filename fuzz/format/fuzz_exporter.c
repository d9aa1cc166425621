/* Values of any bytes and type in every export: what is JSON stays JSON, what
 * has lines has no line that is not of the format. The values end with a NUL;
 * the byte before each says its type. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "format/exporter.h"

enum { CEILING = 1 << 24, VALUES = 64 };

/* What lines of a format begin with; NULL: not looked at. */
static const char *const *starts_of(kz_str name) {
  static const struct {
    const char *name;
    const char *starts[6];
  } rows[] = {
      {"hosts", {"0.0.0.0 ", "# "}},
      {"netfilter", {"iptables -A ", "ip6tables -A ", "# "}},
      {"snort", {"alert ", "# "}},
      {"suricata", {"alert ", "# "}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (kz_str_eq(name, kz_str_of(rows[i].name))) {
      return rows[i].starts;
    }
  }
  return NULL;
}

static void check_lines(kz_str text, const char *const *starts) {
  kz_str line;
  while (kz_str_next(&text, '\n', &line)) {
    size_t i = 0;
    while (starts[i] && !kz_str_starts(line, kz_str_of(starts[i]))) {
      i++;
    }
    if (!starts[i] || kz_str_find_byte(line, '\0') != SIZE_MAX) {
      abort();
    }
  }
}

static void check(kz_str name, kz_str type, kz_str text) {
  if (kz_str_ends(type, KZ_STR("json")) &&
      !kz_json_is_valid(text, KZ_JSON_LIMITS)) {
    abort();
  }
  const char *const *starts = starts_of(name);
  if (starts) {
    check_lines(text, starts);
  }
}

static void export_all(const struct kz_exporter *exporter,
                       const struct kz_event *event) {
  struct kz_exporter_settings settings = KZ_EXPORTER_SETTINGS;
  KZ_BUF(out, CEILING);
  settings.base_url = event->info;
  settings.event_uuid = true;
  settings.columns = KZ_CSV_ALL_COLUMNS;
  settings.rpz.ns = event->info;
  settings.rpz.serial = event->info;
  settings.rpz.ttl = event->info;
  struct kz_exporting *x = kz_exporter_open(exporter, &settings);
  kz_rc rc = x ? kz_exporter_begin(x, &out) : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < event->attribute_count; i++) {
    const struct kz_export_row row = {.event = event,
                                      .attribute = &event->attributes[i]};
    rc = kz_exporter_row(x, &out, &row);
  }
  if (rc == KZ_OK && kz_exporter_end(x, &out) == KZ_OK &&
      !kz_buf_failed(&out)) {
    check(kz_exporter_name(exporter), kz_exporter_type(exporter),
          kz_buf_str(&out));
  }
  kz_exporter_close(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct kz_attribute attributes[VALUES] = {{.id = 0}};
  kz_str rest = {(const char *)data, size};
  struct kz_tag_use tag = {.tag = {.exportable = true}};
  struct kz_event event = {
      .id = 1, .attributes = attributes, .tags = &tag, .tag_count = 1};
  kz_str value;
  while (event.attribute_count < VALUES && kz_str_next(&rest, '\0', &value)) {
    struct kz_attribute *a = &attributes[event.attribute_count];
    if (value.len > 0) {
      a->type = (kz_type)((unsigned char)value.ptr[0] % KZ_TYPE_COUNT);
    }
    a->id = ++event.attribute_count;
    a->value = kz_str_from(value, 1);
    event.info = a->value;
    tag.tag.name = a->value;
  }
  for (size_t i = 0; kz_exporter_at(i); i++) {
    export_all(kz_exporter_at(i), &event);
  }
  return 0;
}
