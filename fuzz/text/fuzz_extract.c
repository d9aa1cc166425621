/* Whatever the text, what is found lies in it and is what MISP accepts. */
#include "target.h"

#include <stdlib.h>

#include "model/value.h"
#include "text/extract.h"

static void check(const struct kz_mention *found, kz_str text) {
  size_t offset = found->offset;
  if (found->count == 0 || found->value.len == 0 || offset > text.len ||
      found->text.len > text.len - offset ||
      found->text.ptr != text.ptr + offset ||
      (found->type != KZ_TYPE_TEXT &&
       kz_value_check(found->type, found->value, NULL) != KZ_OK)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  for (int by_lines = 0; by_lines < 2; by_lines++) {
    struct kz_extract *extract = kz_extract_new();
    if (!extract) {
      return 0;
    }
    kz_rc rc = by_lines ? kz_extract_whole(extract, text, NULL)
                        : kz_extract_values(extract, text, NULL);
    if (rc != KZ_OK) {
      abort();
    }
    for (size_t i = 0; i < kz_extract_count(extract); i++) {
      check(kz_extract_at(extract, i), text);
    }
    kz_extract_free(extract);
  }
  return 0;
}
