#include "test.h"

#include <stdlib.h>

#include "plain_match.h"
#include "questions.h"
#include "store/facet.h"

enum { ROWS = 4000, TEXTS = 60, TAG_ROOM = 3000, MONTH_ROOM = 12 * 3000 };

/* The same counts, made one row at a time. */
struct plain_facets {
  uint64_t total;
  uint64_t events;
  uint64_t to_ids;
  uint64_t types[KZ_TYPE_COUNT];
  uint64_t categories[KZ_CATEGORY_COUNT];
  uint64_t tags[TAG_ROOM];
  uint64_t orgs[WORLD_ORGS + 1];
  uint64_t months[MONTH_ROOM];
};

static void count_row(struct plain_facets *p, const struct fact *f) {
  const struct kz_event_entry *e = f->event;
  struct kz_date date = kz_clock_date(e->date_days);
  p->total++;
  p->to_ids += f->row.flags >> KZ_FLAG_TO_IDS & 1;
  p->types[f->row.code / 16]++;
  p->categories[f->row.code % 16]++;
  p->orgs[e->orgc]++;
  p->months[(uint32_t)date.year * 12 + date.month - 1]++;
  for (uint32_t i = 0; i < e->tag_count; i++) {
    p->tags[e->tags[i]]++;
  }
  for (uint32_t i = 0; i < f->row.tag_count; i++) {
    p->tags[f->row.tags[i]] +=
        !world_has(e->tags, e->tag_count, f->row.tags[i]);
  }
}

static struct plain_facets *count_plainly(const struct world *w,
                                          const struct kz_query *query,
                                          const struct kz_viewer *viewer) {
  struct plain_facets *p = calloc(1, sizeof *p);
  const struct fact *last = NULL;
  assert_non_null(p);
  for (size_t i = 0; i < w->fact_count; i++) {
    const struct fact *f = &w->facts[i];
    if (plain_hit(query, viewer, f)) {
      count_row(p, f);
      p->events += !last || last->row.event != f->row.event;
      last = f;
    }
  }
  return p;
}

/* Each count is the model's, none is missing, none is 0. */
static void assert_counts(const struct kz_facet_count *counts, size_t count,
                          const uint64_t *plain, size_t room) {
  size_t expected = 0;
  for (size_t i = 0; i < room; i++) {
    expected += plain[i] > 0;
  }
  assert_int_equal(count, expected);
  for (size_t i = 0; i < count; i++) {
    assert_true(counts[i].key < room && counts[i].count > 0);
    assert_int_equal(counts[i].count, plain[counts[i].key]);
  }
}

static void assert_highest_first(const struct kz_facet_count *c, size_t count) {
  for (size_t i = 1; i < count; i++) {
    assert_true(c[i - 1].count > c[i].count ||
                (c[i - 1].count == c[i].count && c[i - 1].key < c[i].key));
  }
}

static struct kz_answer run(const struct world *w,
                            const struct kz_viewer *viewer,
                            const struct kz_query *query) {
  struct kz_answer answer;
  assert_int_equal(kz_query_run(w->view, NULL, viewer, query, &answer, NULL),
                   KZ_OK);
  return answer;
}

static struct kz_facets count(const struct world *w, const struct kz_answer *a,
                              unsigned threads) {
  struct kz_facets f;
  assert_int_equal(kz_facets_count(a, NULL, threads, w->in.arena, &f, NULL),
                   KZ_OK);
  return f;
}

static void assert_facets(const struct world *w, const struct kz_query *query,
                          const struct kz_viewer *viewer, unsigned threads) {
  struct kz_answer a = run(w, viewer, query);
  struct kz_facets f = count(w, &a, threads);
  struct plain_facets *p = count_plainly(w, query, viewer);
  assert_int_equal(f.total, p->total);
  assert_int_equal(f.events, p->events);
  assert_int_equal(f.to_ids, p->to_ids);
  assert_memory_equal(f.types, p->types, sizeof f.types);
  assert_memory_equal(f.categories, p->categories, sizeof f.categories);
  assert_counts(f.tags, f.tag_count, p->tags, TAG_ROOM);
  assert_counts(f.orgs, f.org_count, p->orgs, WORLD_ORGS + 1);
  assert_counts(f.months, f.month_count, p->months, MONTH_ROOM);
  assert_highest_first(f.tags, f.tag_count);
  assert_highest_first(f.orgs, f.org_count);
  for (size_t i = 1; i < f.month_count; i++) {
    assert_true(f.months[i - 1].key < f.months[i].key);
  }
  free(p);
  kz_answer_done(&a);
}

static void facets_of_any_answer_are_exact(void **state) {
  (void)state;
  struct world *w = world_new(201, TEXTS, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < 150; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    struct kz_query query = {
        .where = round % 10 ? ask_tree(w, 3) : NULL,
        .deleted = (enum kz_deleted)(round % 3),
    };
    assert_facets(w, &query, &viewer, 1 + round % 2);
  }
  world_free(w);
}

/* Large enough to be cut into pieces and shared among threads. */
static void facets_of_many_rows_are_exact(void **state) {
  (void)state;
  struct world *w = world_new(202, 100, 400000);
  assert_true(w->view->parts[0].segment->rows > 1 << 18);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const struct kz_query all = {.where = NULL};
  const struct kz_query few = {.where = ask(w, KZ_COND_VALUE)};
  const struct kz_query some = {.where = ask(w, KZ_COND_TO_IDS)};
  assert_facets(w, &all, &owner, 2);
  assert_facets(w, &few, &owner, 2);
  assert_facets(w, &some, &owner, 2);
  world_free(w);
}

/* Adds one condition to a question; what is found is what the facet said. */
static void assert_found(struct world *w, const struct kz_cond *where,
                         struct kz_cond more, uint64_t expected) {
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const struct kz_cond *children[] = {where, &more};
  const struct kz_cond both = {
      .kind = KZ_COND_AND, .children = children, .child_count = 2};
  const struct kz_query query = {.where = &both};
  struct kz_answer a = run(w, &owner, &query);
  assert_int_equal(a.total, expected);
  kz_answer_done(&a);
}

static void assert_numbers_found(struct world *w, const struct kz_cond *where,
                                 enum kz_cond_kind kind,
                                 const struct kz_facet_count *counts,
                                 size_t n) {
  for (size_t i = 0; i < n; i++) {
    assert_found(w, where,
                 (struct kz_cond){.kind = kind,
                                  .numbers = &counts[i].key,
                                  .number_count = 1},
                 counts[i].count);
  }
}

static void assert_types_found(struct world *w, const struct kz_cond *where,
                               const struct kz_facets *f) {
  for (uint64_t t = 0; t < KZ_TYPE_COUNT; t++) {
    assert_found(w, where,
                 (struct kz_cond){
                     .kind = KZ_COND_TYPE, .numbers = &t, .number_count = 1},
                 f->types[t]);
  }
  for (uint64_t c = 0; c < KZ_CATEGORY_COUNT; c++) {
    assert_found(w, where,
                 (struct kz_cond){.kind = KZ_COND_CATEGORY,
                                  .numbers = &c,
                                  .number_count = 1},
                 f->categories[c]);
  }
}

static void assert_months_found(struct world *w, const struct kz_cond *where,
                                const struct kz_facets *f) {
  for (size_t i = 0; i < f->month_count; i++) {
    uint64_t month = f->months[i].key;
    struct kz_date first = {(int32_t)(month / 12), (uint32_t)(month % 12) + 1,
                            1};
    struct kz_date next = {(int32_t)((month + 1) / 12),
                           (uint32_t)((month + 1) % 12) + 1, 1};
    int32_t from = 0;
    int32_t to = 0;
    assert_int_equal(kz_clock_days(first, &from), KZ_OK);
    assert_int_equal(kz_clock_days(next, &to), KZ_OK);
    assert_found(
        w, where,
        (struct kz_cond){.kind = KZ_COND_DATE, .from = from, .to = to - 1},
        f->months[i].count);
  }
}

static void a_search_with_the_facet_added_finds_its_count(void **state) {
  (void)state;
  struct world *w = world_new(203, TEXTS, ROWS);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const enum kz_cond_kind kinds[] = {KZ_COND_ALL, KZ_COND_TO_IDS, KZ_COND_DATE,
                                     KZ_COND_SUBSTRING};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const struct kz_cond *where = ask(w, kinds[i]);
    const struct kz_query query = {.where = where};
    struct kz_answer a = run(w, &owner, &query);
    struct kz_facets f = count(w, &a, 1);
    assert_types_found(w, where, &f);
    assert_numbers_found(w, where, KZ_COND_TAG, f.tags, f.tag_count);
    assert_numbers_found(w, where, KZ_COND_ORG, f.orgs, f.org_count);
    assert_months_found(w, where, &f);
    assert_found(w, where,
                 (struct kz_cond){.kind = KZ_COND_TO_IDS, .flag = true},
                 f.to_ids);
    kz_answer_done(&a);
  }
  world_free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(facets_of_any_answer_are_exact),
      cmocka_unit_test(facets_of_many_rows_are_exact),
      cmocka_unit_test(a_search_with_the_facet_added_finds_its_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
