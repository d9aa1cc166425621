/* A database dump from anybody: fed whole and in pieces of all sizes it has the
 * same rows at the same places. */
#include "target.h"

#include <stdlib.h>

#include "base/hash.h"
#include "format/sql_dump.h"

enum { CEILING = 1 << 22 };

struct seen {
  uint64_t hash;
  size_t rows;
  size_t problems;
};

static void mix(struct seen *s, const void *bytes, size_t len) {
  s->hash = kz_hash64_seeded(bytes, len, s->hash);
}

static bool take_table(void *ctx, kz_str name, const kz_str *columns,
                       size_t count) {
  struct seen *s = ctx;
  mix(s, name.ptr, name.len);
  for (size_t i = 0; i < count; i++) {
    mix(s, columns[i].ptr, columns[i].len);
  }
  return name.len == 0 || name.ptr[0] != 'l';
}

static kz_rc take_row(void *ctx, const kz_str *values, size_t count,
                      const struct kz_json_place *place) {
  struct seen *s = ctx;
  s->rows++;
  mix(s, &place->line, sizeof place->line);
  mix(s, &place->byte, sizeof place->byte);
  for (size_t i = 0; i < count; i++) {
    mix(s, values[i].ptr, values[i].len);
  }
  return KZ_OK;
}

static void take_problem(void *ctx, const struct kz_json_place *place,
                         const char *message) {
  struct seen *s = ctx;
  (void)message;
  s->problems++;
  mix(s, &place->line, sizeof place->line);
  mix(s, &place->byte, sizeof place->byte);
}

static struct seen read_in_pieces(kz_str text, size_t piece) {
  struct seen seen = {0};
  const struct kz_sql_sink sink = {.ctx = &seen,
                                   .table = take_table,
                                   .row = take_row,
                                   .problem = take_problem};
  struct kz_sql_dump *dump = kz_sql_dump_new(&sink, CEILING);
  kz_rc rc = dump ? KZ_OK : KZ_E_MEMORY;
  while (rc == KZ_OK && text.len > 0) {
    rc = kz_sql_dump_feed(dump, kz_str_head(text, piece));
    text = kz_str_from(text, piece);
  }
  if (rc == KZ_OK) {
    rc = kz_sql_dump_end(dump);
  }
  kz_sql_dump_free(dump);
  if (rc != KZ_OK) {
    abort();
  }
  return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) {
    return 0;
  }
  kz_str text = {(const char *)data, size};
  struct seen whole = read_in_pieces(text, size > 0 ? size : 1);
  const size_t pieces[] = {1, 2, 7, 64};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    struct seen parts = read_in_pieces(text, pieces[i]);
    if (parts.hash != whole.hash || parts.rows != whole.rows ||
        parts.problems != whole.problems) {
      abort();
    }
  }
  return 0;
}
