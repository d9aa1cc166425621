/* A galaxy's file and a file of clusters from anybody: what is read is whole.
 */
#include "target.h"

#include <stdlib.h>

#include "base/buf.h"
#include "format/library_galaxy.h"

enum { CEILING = 1 << 24 };

static void write_all(const struct kz_library_clusters *found) {
  KZ_BUF(out, CEILING);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  for (size_t i = 0; i < found->count; i++) {
    const struct kz_library_cluster *c = &found->clusters[i];
    if (!c->document || c->value.len == 0 ||
        kz_jsonv_text(c->document, KZ_STR("tag_name")).len <= c->value.len) {
      abort();
    }
    kz_jsonv_write(c->document, &w);
    if (c->relations) {
      kz_jsonv_write(c->relations, &w);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, CEILING);
  struct kz_library_clusters found;
  struct kz_jsonv *galaxy = NULL;
  kz_str text = {(const char *)data, size};
  if (!arena) {
    return 0;
  }
  if (kz_library_galaxy_read(text, arena, &galaxy, NULL) == KZ_OK &&
      kz_jsonv_text(galaxy, KZ_STR("type")).len == 0) {
    abort();
  }
  if (kz_library_clusters_read(text, arena, &found, NULL) == KZ_OK) {
    write_all(&found);
  }
  return 0;
}
