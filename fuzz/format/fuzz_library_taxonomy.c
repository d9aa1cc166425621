/* A machinetag.json from anybody: what is read is written, and reads again with
 * the same tags. */
#include "target.h"

#include <stdlib.h>

#include "base/buf.h"
#include "format/library_taxonomy.h"

enum { CEILING = 1 << 24 };

static size_t count_tags(const struct kz_jsonv *document, struct kz_buf *name) {
  struct kz_taxonomy_walk walk = {.document = document};
  size_t count = 0;
  while (kz_taxonomy_next(&walk)) {
    kz_buf_clear(name);
    kz_taxonomy_name(&walk, name);
    count++;
  }
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, CEILING);
  KZ_BUF(out, CEILING);
  KZ_BUF(name, CEILING);
  struct kz_jsonv *document = NULL;
  struct kz_jsonw w;
  kz_str text = {(const char *)data, size};
  if (!arena ||
      kz_library_taxonomy_read(text, arena, &document, NULL) != KZ_OK) {
    return 0;
  }
  size_t count = count_tags(document, &name);
  kz_jsonw_init(&w, &out);
  kz_library_taxonomy_write(document, &w);
  kz_rc rc = kz_library_taxonomy_read(kz_buf_str(&out), arena, &document, NULL);
  if (kz_buf_failed(&out) ||
      (rc == KZ_OK && count_tags(document, &name) != count) ||
      (rc != KZ_OK && rc != KZ_E_MEMORY)) {
    abort();
  }
  return 0;
}
