/* The wide way and the plain one agree, and what is valid is the same after
 * decoding and encoding each character. */
#include "target.h"

#include <stdlib.h>

#include "base/utf8.h"

static void check_characters(kz_str valid) {
  size_t count = 0;
  kz_str rest = valid;
  while (rest.len > 0) {
    uint32_t point = 0;
    char bytes[KZ_UTF8_MAX];
    size_t len = kz_utf8_decode(rest, &point);
    if (len == 0 || kz_utf8_encode(point, bytes) != len ||
        memcmp(bytes, rest.ptr, len) != 0) {
      abort();
    }
    rest = kz_str_from(rest, len);
    count++;
  }
  if (count != kz_utf8_length(valid)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  size_t valid = kz_utf8_valid_prefix(text);
  if (kz_utf8_is_valid(text) != (valid == size)) {
    abort();
  }
  check_characters(kz_str_head(text, valid));
  return 0;
}
