/* Builds two segments of invented rows, merges them, verifies the result and
 * prints the rates as one line of JSON.
 *
 * usage: bench_segment [ROWS [FOLDER]]     2,000,000 rows in $TMPDIR or /tmp
 *
 * A row has one value part of about 36 bytes, 15 % have a tag, and a fifth of
 * the values stands in several rows, most of these in few and some in many. The
 * events of the two segments lie side by side, as after two imports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"
#include "store/segment_build.h"
#include "store/segment_merge.h"
#include "store/view.h"

enum { ROWS = 2000000, EVENT_ROWS = 43, PATH_BYTES = 4096, TEXT_MAX = 96 };

struct set {
  struct kz_arena *arena;
  struct kz_row *rows;
  size_t count;
};

static double now(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int die(const char *what, const struct kz_err *err) {
  (void)fprintf(stderr, "bench_segment: %s: %s\n", what, err->text);
  return 1;
}

/* The text of value number `n`; its kind depends on the number. */
static int write_value(uint64_t n, char text[TEXT_MAX]) {
  uint64_t a = n * UINT64_C(0x9e3779b97f4a7c15);
  uint64_t b = (n ^ 99) * UINT64_C(0xbf58476d1ce4e5b9);
  switch (a >> 32 & 15) {
  case 0:
  case 1:
  case 2:
    return snprintf(text, TEXT_MAX, "%u.%u.%u.%u", (unsigned)(b >> 56) % 223,
                    (unsigned)(b >> 48) & 255, (unsigned)(b >> 40) & 255,
                    (unsigned)(b >> 32) & 255);
  case 3:
  case 4:
  case 5:
    return snprintf(text, TEXT_MAX, "h%llx.%c%x.example.com",
                    (unsigned long long)b >> 36, (int)('a' + b % 26),
                    (unsigned)(b >> 8) & 0xfff);
  case 6:
  case 7:
  case 8:
    return snprintf(text, TEXT_MAX, "https://w%x.example.net/%llx/index.html",
                    (unsigned)(b >> 20) & 0xffff, (unsigned long long)a);
  case 9:
  case 10:
  case 11:
    return snprintf(text, TEXT_MAX, "%016llx%016llx", (unsigned long long)a,
                    (unsigned long long)b);
  case 12:
  case 13:
    return snprintf(text, TEXT_MAX, "%016llx%016llx%016llx%016llx",
                    (unsigned long long)a, (unsigned long long)b,
                    (unsigned long long)~a, (unsigned long long)n);
  case 14:
    return snprintf(text, TEXT_MAX, "invoice %llx.pdf.exe",
                    (unsigned long long)a >> 30);
  default:
    return snprintf(text, TEXT_MAX, "user%llx@example.org",
                    (unsigned long long)b >> 40);
  }
}

static bool invent_part(struct kz_random *random, struct kz_arena *arena,
                        uint64_t serial, struct kz_row *row) {
  char text[TEXT_MAX];
  uint64_t n = serial + 1000000;
  if (kz_random_below(random, 3) == 0) { /* shared: small numbers more often */
    double unit = kz_random_unit(random);
    n = (uint64_t)(unit * unit * unit * 1000000);
  }
  kz_str made = {text, (size_t)write_value(n, text)};
  row->part_count = 1;
  row->hash[0] = kz_value_hash(made);
  return kz_arena_dup(arena, made, &row->part[0]) == KZ_OK;
}

static bool invent_rows(struct set *set, uint64_t first, size_t count,
                        uint64_t seed) {
  static const uint16_t codes[] = {0x105, 0x105, 0x207, 0x207, 0x303,
                                   0x40b, 0x51,  0x61,  0x17,  0x2a};
  struct kz_random random;
  kz_random_init(&random, seed);
  set->arena = kz_arena_new(SIZE_MAX / 2);
  set->rows = calloc(count, sizeof *set->rows);
  set->count = count;
  for (size_t i = 0; set->arena && set->rows && i < count; i++) {
    struct kz_row *row = &set->rows[i];
    *row = (struct kz_row){
        .event = (first + i) / EVENT_ROWS + 1,
        .attribute = first + i + 1,
        .uuid_hash = kz_random_next(&random),
        .time_s = 1700000000u + (uint32_t)(i / EVENT_ROWS),
        .known_s = 1700000000u,
        .code = codes[kz_random_below(&random, 10)],
        .flags = (uint8_t)kz_random_below(&random, 2),
        .distribution = 5,
    };
    if (kz_random_below(&random, 100) < 15) {
      uint32_t *tag = kz_arena_array(set->arena, 1, sizeof *tag);
      if (!tag) {
        return false;
      }
      *tag = (uint32_t)kz_random_below(&random, 2000);
      row->tags = tag;
      row->tag_count = 1;
    }
    if (!invent_part(&random, set->arena, first + i, row)) {
      return false;
    }
  }
  return set->arena && set->rows;
}

struct figures {
  double build_cpu_s;
  double build_s;
  double merge_cpu_s;
  double merge_s;
  double verify_s;
  size_t rows;
  uint64_t bytes;
};

static kz_rc build_half(size_t half, size_t rows, const char *path,
                        struct figures *figures, struct kz_segment **ret,
                        struct kz_err *err) {
  struct set set;
  if (!invent_rows(&set, half * rows, rows, half + 1)) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  double wall = now(CLOCK_MONOTONIC);
  kz_rc rc = kz_segment_build(set.rows, rows, NULL, 0, path, ret, err);
  figures->build_cpu_s += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  figures->build_s += now(CLOCK_MONOTONIC) - wall;
  kz_arena_free(set.arena);
  free(set.rows);
  return rc;
}

static kz_rc merge_halves(struct kz_part parts[2], const char *folder,
                          const char *path, struct figures *figures,
                          struct kz_err *err) {
  struct kz_segment *merged = NULL;
  double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  double wall = now(CLOCK_MONOTONIC);
  kz_rc rc = kz_segment_merge(parts, 2, path, folder, &merged, err);
  figures->merge_cpu_s = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  figures->merge_s = now(CLOCK_MONOTONIC) - wall;
  if (rc != KZ_OK) {
    return rc;
  }
  figures->rows = merged->rows;
  figures->bytes = merged->head->bytes;
  wall = now(CLOCK_MONOTONIC);
  rc = kz_segment_verify(merged, err);
  figures->verify_s = now(CLOCK_MONOTONIC) - wall;
  kz_segment_unref(merged);
  return rc;
}

static void print_figures(const struct figures *f) {
  struct rusage usage;
  (void)getrusage(RUSAGE_SELF, &usage);
  double rows = (double)f->rows;
  (void)printf("{\"bench\":\"segment\",\"rows\":%zu,\"bytes_per_row\":%.1f,"
               "\"build_cpu_us_per_row\":%.3f,\"build_rows_per_s\":%.0f,"
               "\"merge_cpu_us_per_row\":%.3f,\"merge_rows_per_s\":%.0f,"
               "\"verify_rows_per_s\":%.0f,\"peak_mb\":%ld}\n",
               f->rows, (double)f->bytes / rows, f->build_cpu_s * 1e6 / rows,
               rows / f->build_s, f->merge_cpu_s * 1e6 / rows,
               rows / f->merge_s, rows / f->verify_s, usage.ru_maxrss / 1024);
}

static kz_rc run(size_t rows, const char *folder, struct figures *figures,
                 struct kz_err *err) {
  char paths[3][PATH_BYTES];
  struct kz_part parts[2] = {{.segment = NULL}};
  kz_rc rc = KZ_OK;
  for (size_t i = 0; i < 3; i++) {
    (void)snprintf(paths[i], PATH_BYTES, "%s/segment-%zu", folder, i);
  }
  for (size_t i = 0; rc == KZ_OK && i < 2; i++) {
    rc = build_half(i, rows / 2, paths[i], figures, &parts[i].segment, err);
  }
  if (rc == KZ_OK) {
    rc = merge_halves(parts, folder, paths[2], figures, err);
  }
  for (size_t i = 0; i < 3; i++) {
    kz_segment_unref(i < 2 ? parts[i].segment : NULL);
    (void)unlink(paths[i]);
  }
  return rc;
}

int main(int argc, char **argv) {
  struct kz_err err = KZ_ERR_NONE;
  const char *parent = getenv("TMPDIR");
  uint64_t rows = ROWS;
  char folder[PATH_BYTES - 64];
  if (argc > 1 &&
      (kz_str_u64(kz_str_of(argv[1]), &rows) != KZ_OK || rows < 2)) {
    (void)fprintf(stderr, "usage: bench_segment [ROWS [FOLDER]]\n");
    return 2;
  }
  if (argc > 2) {
    parent = argv[2];
  }
  (void)snprintf(folder, sizeof folder, "%s/kizashi-bench-XXXXXX",
                 parent ? parent : "/tmp");
  if (!mkdtemp(folder)) {
    (void)fprintf(stderr, "bench_segment: %s: %s\n", folder, strerror(errno));
    return 1;
  }
  struct figures figures = {.rows = 0};
  kz_rc rc = run((size_t)rows, folder, &figures, &err);
  (void)rmdir(folder);
  if (rc != KZ_OK) {
    return die("it failed", &err);
  }
  print_figures(&figures);
  return 0;
}
