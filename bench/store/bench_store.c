/* Opens a store as it lies there, puts the questions to it whose time is
 * promised and prints one line of JSON.
 *
 * usage: bench_store --store FOLDER
 *
 * The store is settled first. Values are drawn from all of its segments; the
 * events that are correlated are those of about average size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/questions.h"
#include "store/store.h"

enum {
  VALUES = 1000000, /* samples of each kind, at most */
  EVENTS = 1000,
  NAMES = 200,
  AVERAGE = 43, /* rows of an event */
  NEAR = 13,    /* rows more or less that still count as average */
  OUT_BYTES = 1 << 16,
  TEXT_BYTES = 1 << 30,
};

struct samples {
  struct kz_arena *arena;
  kz_str *values;
  uint64_t events[EVENTS];
  uint64_t tags[NAMES];
  uint64_t orgs[NAMES];
  struct bench_samples asked;
};

static void check(kz_rc rc, const char *what, const struct kz_err *err) {
  if (rc != KZ_OK) {
    (void)fprintf(stderr, "bench_store: %s: %s %s\n", what, kz_rc_name(rc),
                  err->text);
    exit(1);
  }
}

static void *need(void *memory) {
  if (!memory) {
    (void)fprintf(stderr, "bench_store: out of memory\n");
    exit(1);
  }
  return memory;
}

static void take_value(struct samples *s, const struct kz_view *view,
                       struct kz_random *random) {
  const struct kz_part *part =
      &view->parts[kz_random_below(random, view->part_count)];
  if (part->segment->values == 0) {
    return;
  }
  uint32_t value = (uint32_t)kz_random_below(random, part->segment->values);
  char hex[KZ_HEX_TEXT];
  kz_str text = kz_segment_folded(part->segment, value, hex);
  check(kz_arena_dup(s->arena, text, &s->values[s->asked.value_count]), "value",
        &KZ_ERR_NONE);
  s->asked.value_count++;
}

static void take_events(struct samples *s, const struct kz_view *view) {
  for (size_t p = 0; p < view->part_count; p++) {
    const struct kz_segment *segment = view->parts[p].segment;
    for (uint32_t i = 0; i < segment->slices; i++) {
      uint32_t rows = segment->slice_start[i + 1] - segment->slice_start[i];
      if (rows >= AVERAGE - NEAR && rows <= AVERAGE + NEAR &&
          s->asked.event_count < EVENTS) {
        s->events[s->asked.event_count++] = segment->slice_event[i];
      }
    }
  }
}

/* Numbers from 1 to `most`, evenly. */
static size_t spread(uint64_t *numbers, uint32_t most) {
  size_t count = most < NAMES ? most : NAMES;
  for (size_t i = 0; i < count; i++) {
    numbers[i] = 1 + i * most / count;
  }
  return count;
}

static void take_days(struct samples *s, const struct kz_view *view) {
  s->asked.first_day = INT32_MAX;
  s->asked.last_day = INT32_MIN;
  for (uint64_t id = 1; id < kz_events_end(view->events); id++) {
    const struct kz_event_page *page = kz_events_page(view->events, id);
    size_t at = id % KZ_PAGE_EVENTS;
    if (page && page->flags[at] & KZ_EVENT_EXISTS) {
      int32_t day = page->date_days[at];
      s->asked.first_day = day < s->asked.first_day ? day : s->asked.first_day;
      s->asked.last_day = day > s->asked.last_day ? day : s->asked.last_day;
    }
  }
}

static struct samples *take_samples(const struct kz_view *view,
                                    struct kz_dict *dict) {
  struct samples *s = need(calloc(1, sizeof *s));
  struct kz_random random;
  kz_random_init(&random, 5);
  s->arena = need(kz_arena_new(TEXT_BYTES));
  s->values = need(calloc(VALUES, sizeof *s->values));
  for (size_t i = 0; i < VALUES && view->part_count > 0; i++) {
    take_value(s, view, &random);
  }
  take_events(s, view);
  take_days(s, view);
  s->asked.tag_count = spread(s->tags, kz_dict_tag_count(dict));
  s->asked.org_count = spread(s->orgs, kz_dict_org_count(dict));
  s->asked.values = s->values;
  s->asked.events = s->events;
  s->asked.tags = s->tags;
  s->asked.orgs = s->orgs;
  return s;
}

int main(int argc, char **argv) {
  struct kz_store *store = NULL;
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(out, OUT_BYTES);
  if (argc != 3 || strcmp(argv[1], "--store") != 0) {
    (void)fprintf(stderr, "usage: bench_store --store FOLDER\n");
    return 2;
  }
  check(kz_store_open(argv[2], false, &store, &err), "open", &err);
  check(kz_store_settle(store, &err), "settle", &err);
  struct kz_view *view = kz_store_view(store);
  struct kz_dict *dict = kz_store_dict(store);
  struct samples *samples = take_samples(view, dict);
  kz_buf_add_format(&out,
                    "{\"bench\":\"store\",\"rows\":%llu,\"segments\":%zu,",
                    (unsigned long long)kz_view_rows(view), view->part_count);
  bench_ask(view, dict, &samples->asked, &out);
  (void)printf("%.*s}\n", (int)out.len - 1, out.ptr);
  kz_arena_free(samples->arena);
  free(samples->values);
  free(samples);
  kz_view_unref(view);
  kz_store_close(store);
  return 0;
}
