#include "plug/feed/feed.h"

#include "text/extract.h"

#define KZ_FEED(name) extern const struct kz_feed_plug kz_feed_##name;
#include "plug/feed/roster.def"
#undef KZ_FEED

static const struct kz_feed_plug *const plugs[] = {
#define KZ_FEED(name) &kz_feed_##name,
#include "plug/feed/roster.def"
#undef KZ_FEED
};

const struct kz_feed_plug *kz_feed_plug_find(kz_str name) {
  for (size_t i = 0; i < sizeof plugs / sizeof plugs[0]; i++) {
    if (kz_str_eq(name, kz_str_of(plugs[i]->name))) {
      return plugs[i];
    }
  }
  return NULL;
}

/* The longest head of `text` that the extraction takes, up to the end of a line
 * where there is one. */
static kz_str next_piece(kz_str text) {
  enum { PIECE = KZ_EXTRACT_BYTES_MAX / 4 };
  kz_str piece = kz_str_head(text, PIECE);
  size_t end = piece.len < text.len ? kz_str_rfind_byte(piece, '\n') : SIZE_MAX;
  return end == SIZE_MAX ? piece : kz_str_head(piece, end + 1);
}

kz_rc kz_feed_recognise(kz_str text, const struct kz_feed_sink *sink,
                        struct kz_err *err) {
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && text.len > 0) {
    kz_str piece = next_piece(text);
    struct kz_extract *extract = kz_extract_new();
    rc = extract ? kz_extract_values(extract, piece, err)
                 : kz_err_set(err, KZ_E_MEMORY, "out of memory");
    for (size_t i = 0; rc == KZ_OK && i < kz_extract_count(extract); i++) {
      const struct kz_mention *m = kz_extract_at(extract, i);
      const struct kz_feed_item item = {
          .type = m->type, .value = m->value, .port = m->port};
      rc = sink->item(sink->ctx, &item);
    }
    kz_extract_free(extract);
    text = kz_str_from(text, piece.len);
  }
  return rc;
}
