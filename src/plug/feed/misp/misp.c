/* MISP's own feeds: a manifest that lists the events, each in a file of its
 * own. */
#include "base/arena.h"
#include "format/manifest.h"
#include "plug/feed/feed.h"

enum { ARENA_BYTES = 0x7fffffff };

static void take_problem(void *ctx, const struct kz_misp_problem *problem) {
  const struct kz_feed_sink *sink = *(const struct kz_feed_sink **)ctx;
  sink->problem(sink->ctx, problem->place.line, problem->message);
}

static kz_rc read_manifest(kz_str text, const struct kz_feed_options *options,
                           const struct kz_feed_sink *sink,
                           struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_misp_reader *reader = kz_misp_reader_new(ARENA_BYTES);
  struct kz_manifest manifest = {.count = 0};
  (void)options;
  const struct kz_misp_input input = {
      .text = text,
      .arena = arena,
      .ctx = &sink,
      .report = take_problem,
  };
  kz_rc rc = arena && reader ? kz_manifest_read(reader, &input, &manifest, err)
                             : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  for (size_t i = 0; rc == KZ_OK && i < manifest.count; i++) {
    rc = sink->head(sink->ctx, &manifest.entries[i]);
  }
  kz_misp_reader_free(reader);
  return rc;
}

extern const struct kz_feed_plug kz_feed_misp;
const struct kz_feed_plug kz_feed_misp = {
    .name = "misp", .index = "manifest.json", .read = read_manifest};
