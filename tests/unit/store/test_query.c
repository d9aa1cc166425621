#include "test.h"

#include <stdlib.h>

#include "plain_match.h"
#include "questions.h"
#include "store/query.h"

enum { ROWS = 4000, TEXTS = 60 };

static struct kz_answer run(const struct world *w,
                            const struct kz_viewer *viewer,
                            const struct kz_query *query) {
  struct kz_answer answer;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_query_run(w->view, NULL, viewer, query, &answer, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return answer;
}

static bool answer_has(const struct kz_answer *a, const struct fact *f) {
  return a->bits[f->part] &&
         (a->bits[f->part][f->place / 64] >> (f->place % 64) & 1) != 0;
}

/* Compares with the plain model; returns the number of hits. */
static uint64_t assert_answer(struct world *w, const struct kz_viewer *viewer,
                              const struct kz_query *query) {
  struct kz_answer a = run(w, viewer, query);
  uint64_t total = 0;
  for (size_t i = 0; i < w->fact_count; i++) {
    const struct fact *f = &w->facts[i];
    bool expected = plain_hit(query, viewer, f);
    total += expected;
    if (answer_has(&a, f) != expected) {
      kz_str text = query->where ? query->where->text : KZ_STR_NONE;
      fail_msg("kind %d, text \"%.*s\", value \"%.*s\": %s",
               query->where ? (int)query->where->kind : -1, KZ_STR_ARG(text),
               KZ_STR_ARG(f->row.part[0]), expected ? "missed" : "found");
    }
  }
  assert_int_equal(a.total, total);
  kz_answer_done(&a);
  return total;
}

static void each_condition_finds_what_it_says(void **state) {
  (void)state;
  struct world *w = world_new(101, TEXTS, ROWS);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  for (int kind = KZ_COND_ALL; kind <= KZ_COND_UUID; kind++) {
    uint64_t found = 0;
    if (kind == KZ_COND_AND || kind == KZ_COND_OR || kind == KZ_COND_NOT) {
      continue;
    }
    for (unsigned round = 0; round < 40; round++) {
      struct kz_query query = {.where = ask(w, (enum kz_cond_kind)kind)};
      found += assert_answer(w, &owner, &query);
    }
    if (found == 0) {
      fail_msg("condition %d was never put to the test", kind);
    }
  }
  world_free(w);
}

static void random_trees_are_answered_exactly_for_any_viewer(void **state) {
  (void)state;
  struct world *w = world_new(102, TEXTS, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < 400; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    struct kz_query query = {
        .where = round % 20 ? ask_tree(w, 5) : NULL,
        .deleted = (enum kz_deleted)(round % 3),
    };
    assert_answer(w, &viewer, &query);
  }
  world_free(w);
}

/* Segments that are searched by two threads and decided block by block. */
static void large_segments_are_answered_exactly(void **state) {
  (void)state;
  struct world *w = world_new(109, 400000, 330000);
  const struct kz_segment *s = w->view->parts[0].segment;
  uint64_t groups[WORLD_GROUPS];
  const enum kz_cond_kind kinds[] = {
      KZ_COND_SUBSTRING, KZ_COND_SUFFIX,    KZ_COND_PREFIX,  KZ_COND_REGEX,
      KZ_COND_DATE,      KZ_COND_PUBLISHED, KZ_COND_ORG,     KZ_COND_TAG,
      KZ_COND_UNDER,     KZ_COND_WITHIN,    KZ_COND_TAG_OWN, KZ_COND_TIME};
  assert_true(s->value_text_at[s->values] > 4 << 20);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    struct kz_query query = {.where = ask(w, kinds[i])};
    assert_answer(w, &viewer, &query);
  }
  world_free(w);
}

/* Ids of hits in the order that is asked for. */
struct plain_hits {
  const struct fact **at;
  size_t count;
};

static bool newest_first;

static int compare_times(const void *a, const void *b) {
  const struct fact *x = *(const struct fact *const *)a;
  const struct fact *y = *(const struct fact *const *)b;
  if (x->row.time_s != y->row.time_s) {
    return (x->row.time_s < y->row.time_s) != newest_first ? -1 : 1;
  }
  return x < y ? -1 : x > y; /* facts are in order of ids */
}

static struct plain_hits sort_hits(struct world *w,
                                   const struct kz_viewer *viewer,
                                   const struct kz_query *query,
                                   enum kz_sort sort) {
  struct plain_hits hits = {
      .at = kz_arena_array(w->in.arena, w->fact_count + 1, sizeof *hits.at)};
  for (size_t i = 0; i < w->fact_count; i++) {
    size_t k = sort == KZ_SORT_ID_DOWN ? w->fact_count - 1 - i : i;
    if (plain_hit(query, viewer, &w->facts[k])) {
      hits.at[hits.count++] = &w->facts[k];
    }
  }
  if (sort == KZ_SORT_TIME || sort == KZ_SORT_TIME_DOWN) {
    newest_first = sort == KZ_SORT_TIME_DOWN;
    qsort(hits.at, hits.count, sizeof *hits.at, compare_times);
  }
  return hits;
}

static void assert_hit(const struct kz_hit *hit, const struct fact *f) {
  assert_true(hit->event == f->row.event);
  assert_true(hit->attribute == f->row.attribute);
  assert_int_equal(hit->part, f->part);
  assert_int_equal(hit->row, f->place);
}

static void assert_page(const struct kz_answer *a, enum kz_sort sort,
                        const struct plain_hits *hits, uint64_t offset,
                        size_t limit) {
  struct kz_hit *page = calloc(limit + 1, sizeof *page);
  size_t count = 77;
  assert_non_null(page);
  assert_int_equal(kz_answer_page(a, sort, offset, limit, page, &count, NULL),
                   KZ_OK);
  size_t left = offset < hits->count ? hits->count - (size_t)offset : 0;
  assert_int_equal(count, left < limit ? left : limit);
  for (size_t i = 0; i < count; i++) {
    assert_hit(&page[i], hits->at[offset + i]);
  }
  free(page);
}

static void pages_follow_their_order_at_any_offset(void **state) {
  (void)state;
  struct world *w = world_new(103, TEXTS, ROWS);
  uint64_t groups[WORLD_GROUPS];
  for (unsigned round = 0; round < 60; round++) {
    struct kz_viewer viewer = world_viewer(w, groups);
    struct kz_query query = {.where = round % 4 ? ask_tree(w, 2) : NULL};
    struct kz_answer a = run(w, &viewer, &query);
    for (int sort = KZ_SORT_ID; sort <= KZ_SORT_TIME_DOWN; sort++) {
      struct plain_hits hits =
          sort_hits(w, &viewer, &query, (enum kz_sort)sort);
      assert_page(&a, (enum kz_sort)sort, &hits, 0, 60);
      assert_page(&a, (enum kz_sort)sort, &hits, a.total, 5);
      assert_page(&a, (enum kz_sort)sort, &hits, world_below(w, ROWS),
                  world_below(w, 300));
      assert_page(&a, (enum kz_sort)sort, &hits,
                  world_below(w, (uint32_t)a.total + 1), 1);
    }
    kz_answer_done(&a);
  }
  world_free(w);
}

static void pages_by_time_end_at_a_limit(void **state) {
  (void)state;
  struct world *w = world_new(104, TEXTS, 200);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const struct kz_query query = {.where = NULL};
  struct kz_answer a = run(w, &owner, &query);
  struct kz_hit hit;
  size_t count = 0;
  a.total = 2 * KZ_TIME_HITS_MAX; /* what is not there is not looked at */
  assert_int_equal(
      kz_answer_page(&a, KZ_SORT_TIME, KZ_TIME_HITS_MAX, 1, &hit, &count, NULL),
      KZ_E_LIMIT);
  assert_int_equal(
      kz_answer_page(&a, KZ_SORT_TIME_DOWN, 1, SIZE_MAX, &hit, &count, NULL),
      KZ_E_LIMIT);
  kz_answer_done(&a);
  world_free(w);
}

static void a_walk_meets_each_hit_once_in_order(void **state) {
  (void)state;
  struct world *w = world_new(105, TEXTS, ROWS);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  for (unsigned round = 0; round < 20; round++) {
    struct kz_query query = {.where = ask_tree(w, 2)};
    struct kz_answer a = run(w, &owner, &query);
    struct plain_hits hits = sort_hits(w, &owner, &query, KZ_SORT_ID);
    struct kz_answer_walk walk;
    struct kz_hit hit;
    assert_int_equal(kz_answer_walk_init(&walk, &a), KZ_OK);
    for (size_t i = 0; i < hits.count; i++) {
      assert_int_equal(kz_answer_walk_next(&walk, &hit), KZ_OK);
      assert_hit(&hit, hits.at[i]);
    }
    assert_int_equal(kz_answer_walk_next(&walk, &hit), KZ_END);
    assert_int_equal(kz_answer_walk_next(&walk, &hit), KZ_END);
    kz_answer_walk_done(&walk);
    kz_answer_done(&a);
  }
  world_free(w);
}

static void events_of_an_answer_come_once_and_ascend(void **state) {
  (void)state;
  struct world *w = world_new(106, TEXTS, ROWS);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  uint64_t *ids = kz_arena_array(w->in.arena, ROWS, sizeof *ids);
  for (unsigned round = 0; round < 60; round++) {
    struct kz_query query = {.where = ask_tree(w, 3)};
    struct kz_answer a = run(w, &owner, &query);
    uint64_t after = world_below(w, 400);
    size_t limit = 1 + world_below(w, 200);
    size_t count = 0;
    assert_int_equal(kz_answer_events(&a, after, limit, ids, &count, NULL),
                     KZ_OK);
    size_t at = 0;
    uint64_t last = after;
    for (size_t i = 0; i < w->fact_count; i++) {
      if (w->facts[i].row.event > last && at < limit &&
          plain_hit(&query, &owner, &w->facts[i])) {
        last = w->facts[i].row.event;
        assert_true(at < count && ids[at] == last);
        at++;
      }
    }
    assert_int_equal(count, at);
    kz_answer_done(&a);
  }
  world_free(w);
}

static void malformed_questions_are_refused_with_words(void **state) {
  (void)state;
  struct world *w = world_new(107, TEXTS, 100);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  char *text = kz_arena_text(w->in.arena, 10000);
  memset(text, 'a', 10000);
  const struct {
    struct kz_cond cond;
    kz_rc rc;
  } bad[] = {
      {{.kind = KZ_COND_REGEX, .text = KZ_STR("(unclosed")}, KZ_E_INPUT},
      {{.kind = KZ_COND_REGEX, .text = KZ_STR("(*UTF8)x")}, KZ_E_INPUT},
      {{.kind = KZ_COND_REGEX, .text = KZ_STR("a\0b")}, KZ_E_INPUT},
      {{.kind = KZ_COND_REGEX, .text = {text, 1025}}, KZ_E_LIMIT},
      {{.kind = KZ_COND_WITHIN, .text = KZ_STR("300.1.1.1/8")}, KZ_E_INPUT},
      {{.kind = KZ_COND_AROUND, .text = KZ_STR("")}, KZ_E_INPUT},
      {{.kind = KZ_COND_SUBSTRING, .text = {text, 8193}}, KZ_E_LIMIT},
      {{.kind = KZ_COND_VALUE, .text = {text, 10000}}, KZ_E_LIMIT},
      {{.kind = KZ_COND_NOT}, KZ_E_INPUT},
      {{.kind = (enum kz_cond_kind)99}, KZ_E_INPUT},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const struct kz_query query = {.where = &bad[i].cond};
    struct kz_answer answer;
    struct kz_err err = KZ_ERR_NONE;
    assert_int_equal(kz_query_run(w->view, NULL, &owner, &query, &answer, &err),
                     bad[i].rc);
    assert_true(err.text[0] != '\0');
  }
  world_free(w);
}

static void trees_deeper_than_the_limit_are_refused(void **state) {
  (void)state;
  struct world *w = world_new(108, TEXTS, 100);
  const struct kz_viewer owner = KZ_VIEWER_OWNER;
  const struct kz_cond *cond = ask(w, KZ_COND_ALL);
  for (unsigned depth = 2; depth <= 33; depth++) {
    const struct kz_cond **child =
        kz_arena_array(w->in.arena, 1, sizeof *child);
    struct kz_cond *parent = kz_arena_alloc(w->in.arena, sizeof *parent);
    child[0] = cond;
    *parent = (struct kz_cond){
        .kind = KZ_COND_NOT, .children = child, .child_count = 1};
    cond = parent;
    const struct kz_query query = {.where = cond};
    struct kz_answer answer;
    kz_rc rc = kz_query_run(w->view, NULL, &owner, &query, &answer, NULL);
    assert_int_equal(rc, depth <= 32 ? KZ_OK : KZ_E_LIMIT);
    if (rc == KZ_OK) {
      kz_answer_done(&answer);
    }
  }
  world_free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_condition_finds_what_it_says),
      cmocka_unit_test(random_trees_are_answered_exactly_for_any_viewer),
      cmocka_unit_test(large_segments_are_answered_exactly),
      cmocka_unit_test(pages_follow_their_order_at_any_offset),
      cmocka_unit_test(pages_by_time_end_at_a_limit),
      cmocka_unit_test(a_walk_meets_each_hit_once_in_order),
      cmocka_unit_test(events_of_an_answer_come_once_and_ascend),
      cmocka_unit_test(malformed_questions_are_refused_with_words),
      cmocka_unit_test(trees_deeper_than_the_limit_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
