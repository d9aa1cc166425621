/* An archive from anybody, within its limits. */
#include "target.h"

#include <stdlib.h>

#include "format/bundle.h"

enum { FILE_MAX = 1 << 16, TOTAL_MAX = 1 << 18 };

static kz_rc visit(void *ctx, kz_str name, kz_str text, struct kz_err *err) {
  (void)err;
  uint64_t *seen = ctx;
  *seen += text.len;
  if (name.len == 0 || text.len > FILE_MAX + (64 << 10) || *seen > TOTAL_MAX) {
    abort();
  }
  return KZ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint64_t seen = 0;
  const struct kz_bundle_walk walk = {.file_max = FILE_MAX,
                                      .total_max = TOTAL_MAX,
                                      .visit = visit,
                                      .ctx = &seen};
  kz_str bytes = {(const char *)data, size};
  kz_rc rc = kz_bundle_walk_bytes(bytes, "fuzz", &walk, NULL);
  (void)rc;
  return 0;
}
