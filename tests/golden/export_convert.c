/* Reads one event of MISP's JSON from a file and writes it in an export's
 * format, with ids as if it were the first in a store.
 *
 * usage: export_convert FORMAT FILE      (FORMAT: xml or an exporter's name) */
#include <stdio.h>

#include "base/clock.h"
#include "base/stream.h"
#include "format/exporter.h"
#include "format/misp_read.h"
#include "format/misp_write.h"
#include "format/xml.h"

enum { USAGE = 2, CEILING = 1 << 28 };

static kz_rc write_rows(const struct kz_exporter *exporter,
                        struct kz_event *event, struct kz_buf *out) {
  struct kz_exporter_settings settings = KZ_EXPORTER_SETTINGS;
  settings.now_us = 1772366400 * KZ_SECOND_US;
  settings.base_url = KZ_STR("https://kizashi.example");
  settings.manner = KZ_CSV_MISP;
  settings.columns = KZ_CSV_ALL_COLUMNS;
  settings.is_distinct = true;
  settings.event_uuid = true;
  struct kz_exporting *x = kz_exporter_open(exporter, &settings);
  kz_rc rc = x ? kz_exporter_begin(x, out) : KZ_E_MEMORY;
  uint64_t id = 0;
  for (size_t i = 0; rc == KZ_OK && i < event->attribute_count; i++) {
    const struct kz_export_row row = {.event = event,
                                      .attribute = &event->attributes[i]};
    event->attributes[i].id = ++id;
    rc = kz_exporter_row(x, out, &row);
  }
  for (size_t i = 0; rc == KZ_OK && i < event->object_count; i++) {
    struct kz_object *o = &event->objects[i];
    for (size_t k = 0; rc == KZ_OK && k < o->attribute_count; k++) {
      const struct kz_export_row row = {
          .event = event, .object = o, .attribute = &o->attributes[k]};
      o->attributes[k].id = ++id;
      rc = kz_exporter_row(x, out, &row);
    }
  }
  rc = rc == KZ_OK ? kz_exporter_end(x, out) : rc;
  kz_exporter_close(x);
  return rc;
}

static void write_xml(const struct kz_event *event, struct kz_buf *out) {
  KZ_BUF(json, CEILING);
  struct kz_jsonw w;
  struct kz_xml xml;
  kz_jsonw_init(&w, &json);
  kz_misp_write_event(&w, event, (struct kz_misp_style){.ids = true});
  kz_xml_init(&xml, out);
  kz_buf_add_str(out, KZ_XML_BEGIN);
  kz_xml_feed(&xml, kz_buf_str(&json));
  kz_buf_add_str(out, KZ_XML_END);
}

static kz_rc convert(kz_str name, kz_str text, struct kz_buf *out) {
  KZ_ARENA(arena, CEILING);
  struct kz_misp_reader *reader = kz_misp_reader_new(CEILING);
  const struct kz_exporter *exporter = kz_exporter_find(name);
  const struct kz_misp_input input = {.text = text, .arena = arena};
  struct kz_event event;
  kz_rc rc = reader && arena ? KZ_OK : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_misp_read_event(reader, &input, &event, NULL);
  }
  if (rc == KZ_OK) {
    event.id = 1;
    if (exporter) {
      rc = write_rows(exporter, &event, out);
    } else {
      write_xml(&event, out);
    }
  }
  kz_misp_reader_free(reader);
  return rc;
}

int main(int argc, char **argv) {
  KZ_BUF(text, CEILING);
  KZ_BUF(out, CEILING);
  FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
  if (!file) {
    (void)fprintf(stderr, "usage: export_convert FORMAT FILE\n");
    return USAGE;
  }
  char bytes[4096];
  size_t len = 0;
  while ((len = fread(bytes, 1, sizeof bytes, file)) > 0) {
    kz_buf_add(&text, bytes, len);
  }
  (void)fclose(file);
  kz_rc rc = convert(kz_str_of(argv[1]), kz_buf_str(&text), &out);
  (void)fwrite(out.ptr, 1, out.len, stdout);
  return rc == KZ_OK && !kz_buf_failed(&out) ? 0 : 1;
}
