/* Any text: what is recognised in it, without lines that begin with '#'. */
#include "base/buf.h"
#include "plug/feed/feed.h"

static kz_rc read_text(kz_str text, const struct kz_feed_options *options,
                       const struct kz_feed_sink *sink, struct kz_err *err) {
  KZ_BUF(kept, KZ_FEED_TEXT_MAX);
  kz_str line;
  (void)options;
  while (kz_str_next_line(&text, &line)) {
    if (!kz_str_starts(kz_str_trim(line), KZ_STR("#"))) {
      (void)kz_buf_add_str(&kept, line);
      (void)kz_buf_add_byte(&kept, '\n');
    }
  }
  return kz_buf_failed(&kept) ? kz_err_set(err, KZ_E_MEMORY, "out of memory")
                              : kz_feed_recognise(kz_buf_str(&kept), sink, err);
}

extern const struct kz_feed_plug kz_feed_freetext;
const struct kz_feed_plug kz_feed_freetext = {.name = "freetext",
                                              .read = read_text};
