/* Reads MISP's JSON from a file (in any of its wrappings) and writes what was
 * understood, one event a line; what was left out goes to standard error, one
 * JSON object a line. The drivers of the golden cases and of the round trip of
 * real events compare the two.
 *
 * usage: misp_convert [--feed] [--chunk BYTES] FILE
 *
 * Ends with 1 when an event or part of one was left out, 2 when it could not
 * work at all. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/jsonw.h"
#include "format/misp_read.h"
#include "format/misp_split.h"
#include "format/misp_write.h"

enum {
  USAGE = 2,
  CHUNK_DEFAULT = 1 << 16,
  EVENT_MAX = 1 << 26,
  ARENA_MAX = 1 << 28,
};

struct conversion {
  struct kz_misp_reader *reader;
  struct kz_arena *arena;
  struct kz_misp_style style;
  bool has_problems;
};

static void print_line(const struct kz_buf *out, FILE *to) {
  (void)fwrite(out->ptr, 1, out->len, to);
  (void)fputc('\n', to);
}

static void print_problem(struct conversion *conversion,
                          const struct kz_misp_problem *problem) {
  KZ_BUF(out, EVENT_MAX);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_jsonw_object(&w);
  kz_jsonw_member_u64(&w, KZ_STR("line"), problem->place.line);
  kz_jsonw_member_u64(&w, KZ_STR("column"), problem->place.column);
  kz_jsonw_member_u64(&w, KZ_STR("byte"), problem->place.byte);
  kz_jsonw_member_str(&w, KZ_STR("noun"), kz_str_of(problem->noun));
  kz_jsonw_member_str(&w, KZ_STR("field"), problem->field);
  kz_jsonw_member_bool(&w, KZ_STR("skipped"), problem->skipped);
  kz_jsonw_member_str(&w, KZ_STR("message"), kz_str_of(problem->message));
  kz_jsonw_object_end(&w);
  print_line(&out, stderr);
  conversion->has_problems |= !problem->skipped;
}

static void take_problem(void *ctx, const struct kz_misp_problem *problem) {
  print_problem(ctx, problem);
}

static void take_stray(void *ctx, const struct kz_json_place *place,
                       const char *message) {
  const struct kz_misp_problem problem = {
      .place = *place, .noun = "stream", .message = message};
  print_problem(ctx, &problem);
}

static kz_rc take_event(void *ctx, kz_str text,
                        const struct kz_json_place *origin) {
  struct conversion *conversion = ctx;
  const struct kz_misp_input input = {
      .text = text,
      .arena = conversion->arena,
      .need_uuid = true,
      .origin = *origin,
      .ctx = conversion,
      .report = take_problem,
  };
  struct kz_event event;
  kz_arena_reset(conversion->arena);
  if (kz_misp_read_event(conversion->reader, &input, &event, NULL) == KZ_OK) {
    KZ_BUF(out, EVENT_MAX);
    struct kz_jsonw w;
    kz_jsonw_init(&w, &out);
    kz_misp_write_event(&w, &event, conversion->style);
    print_line(&out, stdout);
  }
  return KZ_OK;
}

static int convert(struct conversion *conversion, FILE *file, size_t chunk) {
  const struct kz_misp_split_sink sink = {conversion, take_event, take_stray};
  struct kz_misp_split *split = kz_misp_split_new(&sink, EVENT_MAX);
  char *bytes = malloc(chunk);
  kz_rc rc = split && bytes ? KZ_OK : KZ_E_MEMORY;
  size_t len = 0;
  while (rc == KZ_OK && (len = fread(bytes, 1, chunk, file)) > 0) {
    rc = kz_misp_split_feed(split, (kz_str){bytes, len});
  }
  if (rc == KZ_OK) {
    rc = kz_misp_split_end(split);
  }
  free(bytes);
  kz_misp_split_free(split);
  return rc == KZ_OK ? (int)conversion->has_problems : USAGE;
}

int main(int argc, char **argv) {
  struct conversion conversion = {
      .reader = kz_misp_reader_new(ARENA_MAX),
      .arena = kz_arena_new(ARENA_MAX),
  };
  size_t chunk = CHUNK_DEFAULT;
  const char *path = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--feed") == 0) {
      conversion.style.feed = true;
    } else if (strcmp(argv[i], "--chunk") == 0 && i + 1 < argc) {
      chunk = strtoul(argv[++i], NULL, 10);
    } else {
      path = argv[i];
    }
  }
  FILE *file = path ? fopen(path, "rb") : NULL;
  if (!file || chunk == 0 || !conversion.reader || !conversion.arena) {
    (void)fprintf(stderr,
                  "usage: misp_convert [--feed] [--chunk BYTES] FILE\n");
    return USAGE;
  }
  int ends = convert(&conversion, file, chunk);
  (void)fclose(file);
  kz_arena_free(conversion.arena);
  kz_misp_reader_free(conversion.reader);
  return ends;
}
