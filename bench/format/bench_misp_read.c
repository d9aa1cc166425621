/* The promise of format/: an import reads at least 1.2 M attributes a second
 * on one core, normalised and checked, and finds the events in a stream at
 * 2 GB/s or more, so that the disk and the store are what it waits for.
 *
 * The document is made here by our own writer, deterministic, in the shape of a
 * server's answer (about 470 bytes an attribute; URLs, names, addresses and
 * hashes in the shares of real feeds). Best of ROUNDS in processor time; prints
 * one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "format/misp_read.h"
#include "format/misp_split.h"
#include "format/misp_write.h"

enum {
  ROUNDS = 5,
  EVENTS = 5000,
  ATTRIBUTES_OF_EVENT = 43,
  PIECE = 1 << 18, /* bytes fed to the splitter at once */
  VALUE_BYTES = 100,
};

static const size_t document_max = (size_t)1 << 30;

/* --- the document --- */

static void invent_value(struct kz_random *random, struct kz_attribute *a,
                         char text[VALUE_BYTES]) {
  uint64_t r = kz_random_next(random);
  unsigned share = (unsigned)(r % 100);
  unsigned n = (unsigned)(r >> 40);
  kz_str type = KZ_STR("sha256");
  if (share < 46) {
    type = KZ_STR("url");
    (void)snprintf(text, VALUE_BYTES, "http://www%u.example.net/a/%08x.php",
                   n % 5000, n);
  } else if (share < 83) {
    type = KZ_STR("domain");
    (void)snprintf(text, VALUE_BYTES, "host-%08x.example.org", n);
  } else if (share < 92) {
    type = KZ_STR("ip-dst");
    (void)snprintf(text, VALUE_BYTES, "198.18.%u.%u", n % 256, n / 256 % 256);
  } else {
    (void)snprintf(text, VALUE_BYTES,
                   "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, r,
                   kz_random_next(random), kz_random_next(random),
                   kz_random_next(random));
  }
  if (kz_type_by_name(type, &a->type) != KZ_OK) {
    abort();
  }
  a->value = kz_str_of(text);
}

static struct kz_uuid invent_uuid(struct kz_random *random) {
  uint64_t halves[2] = {kz_random_next(random), kz_random_next(random)};
  uint8_t bytes[16];
  memcpy(bytes, halves, sizeof bytes);
  return kz_uuid_of_bytes(bytes);
}

static void put_event(struct kz_jsonw *w, struct kz_random *random) {
  static char values[ATTRIBUTES_OF_EVENT][VALUE_BYTES];
  struct kz_tag_use tag = {.tag = {.name = KZ_STR("tlp:clear"),
                                   .colour = KZ_STR("#ffffff"),
                                   .exportable = true}};
  struct kz_attribute attributes[ATTRIBUTES_OF_EVENT] = {0};
  const int64_t now_us = 1790000000 * KZ_SECOND_US;
  for (size_t i = 0; i < ATTRIBUTES_OF_EVENT; i++) {
    struct kz_attribute *a = &attributes[i];
    invent_value(random, a, values[i]);
    a->id = kz_random_below(random, 100000000);
    a->uuid = invent_uuid(random);
    a->category = kz_type_default_category(a->type);
    a->to_ids = true;
    a->distribution = KZ_DIST_INHERIT;
    a->timestamp_us = now_us;
    a->first_seen_us = KZ_TIME_NONE;
    a->last_seen_us = KZ_TIME_NONE;
    a->comment = i % 5 == 0 ? KZ_STR("セミナー案内を装うメール") : KZ_STR("");
    a->tags = &tag;
    a->tag_count = i % 7 == 0 ? 1 : 0;
  }
  const struct kz_event event = {.id = 1,
                                 .uuid = invent_uuid(random),
                                 .info = KZ_STR("Daily list of hosts"),
                                 .threat_level = 4,
                                 .distribution = 3,
                                 .timestamp_us = now_us,
                                 .orgc = {.name = KZ_STR("EXAMPLE")},
                                 .tags = &tag,
                                 .tag_count = 1,
                                 .attributes = attributes,
                                 .attribute_count = ATTRIBUTES_OF_EVENT};
  kz_misp_write_event(w, &event, (struct kz_misp_style){.ids = true});
}

static void make_document(struct kz_buf *out) {
  struct kz_random random;
  kz_random_init(&random, 1);
  kz_buf_add_str(out, KZ_STR("{\"response\":["));
  for (int i = 0; i < EVENTS; i++) {
    struct kz_jsonw w;
    kz_jsonw_init(&w, out);
    kz_buf_add_str(out, i > 0 ? KZ_STR(",") : KZ_STR(""));
    put_event(&w, &random);
  }
  kz_buf_add_str(out, KZ_STR("]}"));
}

/* --- the measuring --- */

struct work {
  struct kz_misp_reader *reader; /* NULL: only split */
  struct kz_arena *arena;
  struct kz_buf *written; /* NULL: do not write */
  size_t events;
  size_t attributes;
  size_t problems;
};

static void count_problem(void *ctx, const struct kz_misp_problem *problem) {
  ((struct work *)ctx)->problems += !problem->skipped; /* invented twice */
}

static kz_rc take_event(void *ctx, kz_str text,
                        const struct kz_json_place *origin) {
  struct work *work = ctx;
  work->events++;
  if (!work->reader) {
    return KZ_OK;
  }
  const struct kz_misp_input input = {.text = text,
                                      .arena = work->arena,
                                      .origin = *origin,
                                      .ctx = work,
                                      .report = count_problem};
  struct kz_event event;
  kz_arena_reset(work->arena);
  kz_rc rc = kz_misp_read_event(work->reader, &input, &event, NULL);
  if (rc == KZ_OK) {
    work->attributes += event.attribute_count;
  }
  if (rc == KZ_OK && work->written) {
    struct kz_jsonw w;
    kz_buf_clear(work->written);
    kz_jsonw_init(&w, work->written);
    kz_misp_write_event(&w, &event, (struct kz_misp_style){0});
  }
  return rc;
}

static double seconds_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The best time of going through the document. */
static double measure(struct work *work, kz_str document) {
  double best = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    const struct kz_misp_split_sink sink = {work, take_event, NULL};
    struct kz_misp_split *split = kz_misp_split_new(&sink, document.len);
    work->events = 0;
    work->attributes = 0;
    double start = seconds_now();
    kz_rc rc = split ? KZ_OK : KZ_E_MEMORY;
    for (size_t at = 0; rc == KZ_OK && at < document.len; at += PIECE) {
      kz_str rest = kz_str_from(document, at);
      rc = kz_misp_split_feed(split, kz_str_head(rest, PIECE));
    }
    double took = seconds_now() - start;
    kz_misp_split_free(split);
    if (rc != KZ_OK || work->events != EVENTS || work->problems > 0) {
      (void)fprintf(stderr, "bench_misp_read: the document was not read\n");
      exit(1);
    }
    best = took < best ? took : best;
  }
  return best;
}

int main(void) {
  KZ_BUF(document, document_max);
  KZ_BUF(written, document_max);
  make_document(&document);
  kz_str text = kz_buf_str(&document);
  struct work split = {0};
  struct work read = {.reader = kz_misp_reader_new(document_max),
                      .arena = kz_arena_new(document_max)};
  if (kz_buf_failed(&document) || !read.reader || !read.arena) {
    return 1;
  }
  struct work both = {
      .reader = read.reader, .arena = read.arena, .written = &written};
  double split_s = measure(&split, text);
  double read_s = measure(&read, text);
  double both_s = measure(&both, text);
  double attributes = (double)read.attributes;
  printf("{\"bench\":\"misp_read\",\"attributes_per_s\":%.0f,"
         "\"mb_per_s\":%.0f,\"bytes_per_attribute\":%.0f,"
         "\"split_mb_per_s\":%.0f,\"write_attributes_per_s\":%.0f}\n",
         attributes / read_s, (double)text.len / read_s / 1e6,
         (double)text.len / attributes, (double)text.len / split_s / 1e6,
         attributes / (both_s - read_s));
  kz_misp_reader_free(read.reader);
  kz_arena_free(read.arena);
  return 0;
}
