/* A table from anybody: the first byte chooses delimiter and columns. Reading
 * ends, and gives no value without a type. */
#include "target.h"

#include <stdlib.h>

#include "plug/feed/feed.h"

static kz_rc take(void *ctx, const struct kz_feed_item *item) {
  (void)ctx;
  if (item->type >= KZ_TYPE_COUNT || item->value.len == 0) {
    abort();
  }
  return KZ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char delimiters[] = {',', ';', '\t', '|', ' ', '"', '\n', '#'};
  struct kz_feed_options options = {.column_count = 0};
  const struct kz_feed_sink sink = {.item = take};
  if (size == 0) {
    return 0;
  }
  options.delimiter = delimiters[data[0] & 7];
  for (unsigned column = 1; column <= 5; column++) {
    if (data[0] >> 3 & 1U << (column - 1)) {
      options.columns[options.column_count++] = column;
    }
  }
  kz_str text = {(const char *)data + 1, size - 1};
  const struct kz_feed_plug *plug = kz_feed_plug_find(KZ_STR("csv"));
  if (plug->read(text, &options, &sink, NULL) == KZ_E_INTERNAL) {
    abort();
  }
  return 0;
}
