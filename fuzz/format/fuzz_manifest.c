/* A feed's manifest from anybody: what is read is written, and reads again with
 * the same number of entries. */
#include "target.h"

#include <stdlib.h>

#include "format/manifest.h"

enum { CEILING = 1 << 22 };

static kz_rc read_text(struct kz_misp_reader *reader, kz_str text,
                       struct kz_arena *arena, struct kz_manifest *ret) {
  const struct kz_misp_input input = {.text = text, .arena = arena};
  return kz_manifest_read(reader, &input, ret, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, CEILING);
  KZ_BUF(out, CEILING);
  struct kz_misp_reader *reader = kz_misp_reader_new(CEILING);
  struct kz_manifest manifest;
  kz_str text = {(const char *)data, size};
  if (arena && reader && read_text(reader, text, arena, &manifest) == KZ_OK) {
    struct kz_jsonw w;
    kz_jsonw_init(&w, &out);
    kz_jsonw_object(&w);
    for (size_t i = 0; i < manifest.count; i++) {
      kz_manifest_write_entry(&w, &manifest.entries[i]);
    }
    kz_jsonw_object_end(&w);
    size_t count = manifest.count;
    if (kz_buf_failed(&out) ||
        read_text(reader, kz_buf_str(&out), arena, &manifest) != KZ_OK ||
        manifest.count != count) {
      abort();
    }
  }
  kz_misp_reader_free(reader);
  return 0;
}
