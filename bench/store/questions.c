#include "store/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "model/kind.h"
#include "store/facet.h"
#include "store/lookup.h"
#include "store/query.h"

enum {
  THREADS = 2,
  PAGE = 60,
  ROUNDS = 30,     /* of a question over all rows */
  QUICK = 200,     /* of one that finds its rows */
  LOOKUPS = 20000, /* timed one by one */
  MANY = 1000000,  /* looked up together */
  CONDS = 5,
};

struct bench {
  const struct kz_view *view;
  const struct kz_viewer *viewer;
  struct kz_dict *dict;
  const struct bench_samples *samples;
  struct kz_random random;
  struct kz_buf *out;
  double *times; /* seconds */
  size_t count;
};

static const struct kz_viewer owner = {.sees_all = true};

/* Sees as much of events that are for all, and of limited rows of group 1, but
 * has to look at their rules. */
static const uint64_t groups[] = {1};
static const struct kz_viewer member = {
    .org = 4711, .groups = groups, .group_count = 1};

static double clock_of(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(void) {
  return clock_of(CLOCK_MONOTONIC);
}

/* Of all threads: what counts on a machine that does other things, too. */
static double worked(void) {
  return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

static void check(kz_rc rc, const char *what, const struct kz_err *err) {
  if (rc != KZ_OK) {
    (void)fprintf(stderr, "bench: %s: %s %s\n", what, kz_rc_name(rc),
                  err->text);
    exit(1);
  }
}

static int compare_times(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Writes the middle and the 99th of 100 of the times since the last report. */
static void report(struct bench *b, const char *figure, const char *unit,
                   double scale) {
  if (b->count == 0) {
    return;
  }
  qsort(b->times, b->count, sizeof *b->times, compare_times);
  kz_buf_add_format(b->out, "\"%s_p50_%s\":%.3f,\"%s_p99_%s\":%.3f,", figure,
                    unit, b->times[b->count / 2] * scale, figure, unit,
                    b->times[b->count * 99 / 100] * scale);
  b->count = 0;
}

static uint64_t below(struct bench *b, size_t n) {
  return kz_random_below(&b->random, n);
}

/* --- questions over all rows -----------------------------------------------
 */

/* A condition of AND, by its parts. */
struct asked {
  struct kz_cond conds[CONDS];
  const struct kz_cond *children[CONDS];
  size_t count;
  struct kz_cond all;
  struct kz_query query;
};

static void also(struct asked *q, struct kz_cond cond) {
  q->conds[q->count] = cond;
  q->children[q->count] = &q->conds[q->count];
  q->count++;
  q->all = (struct kz_cond){
      .kind = KZ_COND_AND, .children = q->children, .child_count = q->count};
  q->query.where = &q->all;
}

static struct kz_cond one_number(enum kz_cond_kind kind,
                                 const uint64_t *number) {
  return (struct kz_cond){.kind = kind, .numbers = number, .number_count = 1};
}

static struct kz_answer run(const struct bench *b,
                            const struct kz_query *query) {
  struct kz_answer answer;
  struct kz_err err = KZ_ERR_NONE;
  check(kz_query_run(b->view, b->dict, b->viewer, query, &answer, &err),
        "query", &err);
  return answer;
}

static void time_dashboard(struct bench *b, const struct asked *q) {
  struct kz_facets facets;
  struct kz_err err = KZ_ERR_NONE;
  KZ_ARENA(arena, 1 << 28);
  double start = now();
  struct kz_answer answer = run(b, &q->query);
  check(kz_facets_count(&answer, b->dict, THREADS, arena, &facets, &err),
        "facets", &err);
  b->times[b->count++] = now() - start;
  kz_answer_done(&answer);
}

static void time_page(struct bench *b, const struct asked *q,
                      enum kz_sort sort) {
  struct kz_hit hits[PAGE];
  struct kz_err err = KZ_ERR_NONE;
  size_t count = 0;
  double start = now();
  struct kz_answer answer = run(b, &q->query);
  check(kz_answer_page(&answer, sort, 0, PAGE, hits, &count, &err), "page",
        &err);
  b->times[b->count++] = now() - start;
  kz_answer_done(&answer);
}

static const uint64_t ip_dst = KZ_TYPE_IP_DST;

static struct kz_cond half_of_the_days(const struct bench *b) {
  int64_t first = b->samples->first_day;
  int64_t last = b->samples->last_day;
  int64_t quarter = (last - first) / 4;
  return (struct kz_cond){
      .kind = KZ_COND_DATE, .from = first + quarter, .to = last - quarter};
}

/* What an analyst filters the dashboard by. */
static void ask_dashboards(struct bench *b) {
  const struct bench_samples *s = b->samples;
  double *all = calloc(ROUNDS * 6, sizeof *all);
  size_t all_count = 0;
  static const char *const names[] = {"all",  "to_ids", "ip_dst_to_ids",
                                      "days", "tag",    "org"};
  for (size_t kind = 0; all && kind < 6; kind++) {
    char figure[64];
    double start = worked();
    for (size_t i = 0; i < ROUNDS; i++) {
      struct asked q = {.count = 0};
      if (kind == 1 || kind == 2) {
        also(&q, (struct kz_cond){.kind = KZ_COND_TO_IDS, .flag = true});
      }
      if (kind == 2) {
        also(&q, one_number(KZ_COND_TYPE, &ip_dst));
      } else if (kind == 3) {
        also(&q, half_of_the_days(b));
      } else if (kind == 4) {
        also(&q, one_number(KZ_COND_TAG, &s->tags[below(b, s->tag_count)]));
      } else if (kind == 5) {
        also(&q, one_number(KZ_COND_ORG, &s->orgs[below(b, s->org_count)]));
      }
      time_dashboard(b, &q);
      all[all_count++] = b->times[b->count - 1];
    }
    (void)snprintf(figure, sizeof figure, "dashboard_%s", names[kind]);
    report(b, figure, "ms", 1e3);
    kz_buf_add_format(b->out, "\"%s_cpu_ms\":%.3f,", figure,
                      (worked() - start) * 1e3 / ROUNDS);
  }
  if (all) {
    memcpy(b->times, all, all_count * sizeof *all);
    b->count = all_count;
    report(b, "dashboard", "ms", 1e3);
  }
  free(all);
}

/* A page of 60: tag, type, date, organisation and to_ids. */
static void ask_pages(struct bench *b) {
  const struct bench_samples *s = b->samples;
  for (size_t i = 0; i < ROUNDS * 3; i++) {
    struct asked q = {.count = 0};
    also(&q, one_number(KZ_COND_TAG, &s->tags[below(b, s->tag_count)]));
    also(&q, one_number(KZ_COND_TYPE, &ip_dst));
    also(&q, half_of_the_days(b));
    also(&q, one_number(KZ_COND_ORG, &s->orgs[below(b, s->org_count)]));
    also(&q, (struct kz_cond){.kind = KZ_COND_TO_IDS, .flag = true});
    time_page(b, &q, KZ_SORT_ID);
  }
  report(b, "page", "ms", 1e3);
  for (size_t i = 0; i < ROUNDS; i++) {
    struct asked q = {.count = 0};
    time_page(b, &q, KZ_SORT_TIME_DOWN);
  }
  report(b, "newest", "ms", 1e3);
}

/* The same questions by who sees everything and by who sees as much by the
 * rules, in turns; processor time. */
static void ask_visibility(struct bench *b) {
  const struct bench_samples *s = b->samples;
  double spent[2] = {0, 0};
  uint64_t totals[2] = {0, 0};
  for (size_t i = 0; i < ROUNDS * 2; i++) {
    struct asked q = {.count = 0};
    b->viewer = i % 2 ? &member : &owner;
    also(&q, (struct kz_cond){.kind = KZ_COND_TO_IDS, .flag = true});
    if (i / 2 % 3 == 1) {
      also(&q, one_number(KZ_COND_TYPE, &ip_dst));
    } else if (i / 2 % 3 == 2) {
      also(&q, one_number(KZ_COND_TAG, &s->tags[i / 2 % s->tag_count]));
    }
    double start = worked();
    time_dashboard(b, &q);
    spent[i % 2] += worked() - start;
    struct kz_answer answer = run(b, &q.query);
    totals[i % 2] += answer.total;
    kz_answer_done(&answer);
  }
  b->count = 0;
  b->viewer = &owner;
  kz_buf_add_format(b->out,
                    "\"visibility_cost_percent\":%.1f,"
                    "\"visibility_same_rows\":%s,",
                    (spent[1] / spent[0] - 1) * 100,
                    totals[0] == totals[1] ? "true" : "false");
}

/* --- questions about values ------------------------------------------------
 */

static kz_str any_value(struct bench *b) {
  return b->samples->values[below(b, b->samples->value_count)];
}

/* A value of the kind, at the 1,000th try any. */
static kz_str any_of_kind(struct bench *b, enum kz_kind kind) {
  kz_str value = any_value(b);
  for (unsigned i = 0; i < 1000 && kz_kind_of(value) != kind; i++) {
    value = any_value(b);
  }
  return value;
}

static void time_text(struct bench *b, enum kz_cond_kind kind, kz_str text) {
  struct asked q = {.count = 0};
  also(&q, (struct kz_cond){.kind = kind, .text = text});
  time_page(b, &q, KZ_SORT_ID);
}

static void ask_texts(struct bench *b) {
  char room[64];
  for (size_t i = 0; i < ROUNDS; i++) {
    kz_str value = any_value(b);
    size_t from = value.len > 8 ? below(b, value.len - 8) : 0;
    time_text(b, KZ_COND_SUBSTRING, kz_str_head(kz_str_from(value, from), 8));
  }
  report(b, "substring", "ms", 1e3);
  for (size_t i = 0; i < ROUNDS; i++) {
    time_text(b, KZ_COND_PREFIX, kz_str_head(any_value(b), 8));
  }
  report(b, "prefix", "ms", 1e3);
  for (size_t i = 0; i < 5; i++) {
    int len = snprintf(room, sizeof room, "^[a-z]+%u[0-9]*\\.(example|test)",
                       (unsigned)below(b, 100));
    time_text(b, KZ_COND_REGEX, (kz_str){room, (size_t)len});
  }
  report(b, "regex", "ms", 1e3);
  for (size_t i = 0; i < QUICK; i++) {
    kz_str value = any_of_kind(b, KZ_KIND_IPV4);
    int len = snprintf(room, sizeof room, "%.*s/24", KZ_STR_ARG(value));
    if (kz_kind_of(value) == KZ_KIND_IPV4) {
      time_text(b, KZ_COND_WITHIN, (kz_str){room, (size_t)len});
    }
  }
  report(b, "cidr", "ms", 1e3);
  for (size_t i = 0; i < QUICK; i++) {
    time_text(b, KZ_COND_UNDER, any_of_kind(b, KZ_KIND_NAME));
  }
  report(b, "subdomains", "ms", 1e3);
}

static void ask_lookups(struct bench *b) {
  struct kz_value_summary sum;
  struct kz_err err = KZ_ERR_NONE;
  for (size_t i = 0; i < LOOKUPS; i++) {
    kz_str value = any_value(b);
    double start = now();
    check(kz_lookup_summary(b->view, &owner, value, &sum, &err), "look up",
          &err);
    b->times[b->count++] = now() - start;
  }
  report(b, "lookup", "us", 1e6);
  for (size_t i = 0; i < LOOKUPS; i++) {
    char text[64];
    int len = snprintf(text, sizeof text, "%016llx.stranger.example",
                       (unsigned long long)kz_random_next(&b->random));
    double start = now();
    kz_rc rc = kz_lookup_summary(b->view, &owner, (kz_str){text, (size_t)len},
                                 &sum, &err);
    b->times[b->count++] = now() - start;
    check(rc == KZ_NOT_FOUND ? KZ_OK : KZ_E_INTERNAL, "stranger", &err);
  }
  report(b, "miss", "us", 1e6);
}

static void ask_many(struct bench *b) {
  kz_str *values = calloc(MANY, sizeof *values);
  struct kz_value_summary *sums = calloc(MANY, sizeof *sums);
  struct kz_err err = KZ_ERR_NONE;
  if (values && sums) {
    for (size_t i = 0; i < MANY; i++) {
      values[i] = b->samples->values[i % b->samples->value_count];
    }
    double start = now();
    check(kz_lookup_many(b->view, &owner, values, MANY, sums, &err), "many",
          &err);
    kz_buf_add_format(b->out, "\"million_s\":%.3f,", now() - start);
  }
  free(values);
  free(sums);
}

static void ask_correlations(struct bench *b) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t pairs = 0;
  for (size_t i = 0; i < b->samples->event_count; i++) {
    struct kz_shared_value *shared = NULL;
    size_t count = 0;
    KZ_ARENA(arena, 1 << 30);
    double start = now();
    check(kz_lookup_correlate(b->view, b->dict, &owner, b->samples->events[i],
                              arena, &shared, &count, &err),
          "correlate", &err);
    b->times[b->count++] = now() - start;
    pairs += count;
  }
  report(b, "correlate", "us", 1e6);
  kz_buf_add_format(b->out, "\"shared_values_an_event\":%.1f,",
                    b->samples->event_count
                        ? (double)pairs / (double)b->samples->event_count
                        : 0.0);
}

void bench_ask(const struct kz_view *view, struct kz_dict *dict,
               const struct bench_samples *samples, struct kz_buf *out) {
  struct bench b = {.view = view,
                    .viewer = &owner,
                    .dict = dict,
                    .samples = samples,
                    .out = out};
  b.times = calloc(LOOKUPS + samples->event_count, sizeof *b.times);
  if (!b.times) {
    return;
  }
  kz_random_init(&b.random, 1);
  ask_dashboards(&b);
  ask_pages(&b);
  ask_visibility(&b);
  ask_lookups(&b);
  ask_many(&b);
  ask_correlations(&b);
  ask_texts(&b);
  free(b.times);
}
