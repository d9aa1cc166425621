/* Nearly all values have no line end and are copied in one piece. */
#include "format/text.h"

#include <string.h>

#include "format/exporting.h"

void kz_text_line(struct kz_buf *out, kz_str value) {
  size_t start = out->len;
  if (!kz_buf_add_str(out, value) || !kz_buf_add_byte(out, '\n')) {
    return;
  }
  char *line = out->ptr + start;
  if (!memchr(line, '\n', value.len) && !memchr(line, '\r', value.len)) {
    return;
  }
  for (size_t i = 0; i < value.len; i++) {
    if (line[i] == '\n' || line[i] == '\r') {
      line[i] = ' ';
    }
  }
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  kz_str value = row->attribute->value;
  if (!x->settings.is_distinct || kz_exporting_is_new(x, 'v', value)) {
    kz_text_line(x->out, value);
  }
}

const struct kz_exporter kz_exporter_text = {.name = "text",
                                             .type =
                                                 "text/plain; charset=UTF-8",
                                             .is_restrictive = true,
                                             .is_bare = true,
                                             .row = export_row};
