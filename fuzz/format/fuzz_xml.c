/* JSON becomes XML the same way in one piece and in pieces; what comes out has
 * as many ends as beginnings. Any bytes may come, JSON or not. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "format/xml.h"

enum { CEILING = 1 << 24 };

static void translate(kz_str text, size_t step, struct kz_buf *out) {
  struct kz_xml xml;
  kz_xml_init(&xml, out);
  while (text.len > 0) {
    kz_xml_feed(&xml, kz_str_head(text, step));
    text = kz_str_from(text, step);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  KZ_BUF(whole, CEILING);
  KZ_BUF(parts, CEILING);
  translate(text, size, &whole);
  translate(text, 3, &parts);
  if (!kz_str_eq(kz_buf_str(&whole), kz_buf_str(&parts))) {
    abort();
  }
  size_t opened = 0;
  size_t closed = 0;
  for (size_t i = 0; i + 1 < whole.len; i++) {
    opened += whole.ptr[i] == '<' && whole.ptr[i + 1] != '/';
    closed += whole.ptr[i] == '<' && whole.ptr[i + 1] == '/';
  }
  if (kz_json_is_valid(text, KZ_JSON_LIMITS) && !kz_buf_failed(&whole) &&
      opened != closed) {
    abort();
  }
  return 0;
}
