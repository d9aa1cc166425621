/* Nearly all values have no line end and are copied in one piece. */
#include "format/text.h"

#include <string.h>

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
