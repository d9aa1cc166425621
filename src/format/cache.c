/* "cache": the MD5 of each part of each value, as MISP's servers keep of one
 * another to find what they share without reading it. */
#include "base/md5.h"
#include "base/uuid.h"
#include "format/exporting.h"
#include "model/value.h"

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_str parts[2] = {{"", 0}, {"", 0}};
  unsigned count = kz_value_parts(a->type, a->value, parts);
  for (unsigned i = 0; i < count; i++) {
    char sum[KZ_MD5_TEXT];
    KZ_BUF(line, 128);
    kz_buf_add_str(&line, kz_md5_hex(parts[i], sum));
    if (x->settings.event_uuid) {
      char uuid[KZ_UUID_TEXT];
      kz_buf_add_byte(&line, ',');
      kz_buf_add_str(&line, kz_uuid_format(&row->event->uuid, uuid));
    }
    if (kz_exporting_is_new(x, 'c', kz_buf_str(&line))) {
      kz_buf_add_byte(&line, '\n');
      kz_buf_add_str(x->out, kz_buf_str(&line));
    }
  }
}

const struct kz_exporter kz_exporter_cache = {
    .name = "cache", .type = "text/plain; charset=UTF-8", .row = export_row};
