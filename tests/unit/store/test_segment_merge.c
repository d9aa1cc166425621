#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "rows.h"
#include "store/dead.h"
#include "store/draft.h"
#include "store/segment_merge.h"
#include "store/view.h"
#include "temp.h"

enum { PARTS_MAX = 128 };

/* The rows of a merge's input, part by part, and what must come out. */
struct scene {
  struct invented in;
  size_t part_count;
  struct kz_row *rows[PARTS_MAX];
  bool *dead[PARTS_MAX];
  size_t counts[PARTS_MAX];
  struct kz_row_other *others[PARTS_MAX];
  size_t other_counts[PARTS_MAX];
  struct kz_part parts[PARTS_MAX];
};

enum mode { BY_ROW, BY_EVENT, BY_RANGE };

static struct kz_segment *build(const struct kz_row *rows, size_t count,
                                const struct kz_row_other *others,
                                size_t other_count) {
  struct kz_segment *segment = NULL;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_segment_build(rows, count, others, other_count, NULL, &segment,
                       &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return segment;
}

static void add_row(struct scene *s, size_t part, const struct kz_row *row,
                    bool dead) {
  size_t n = s->counts[part]++;
  s->rows[part][n] = *row;
  s->dead[part][n] = dead;
}

static size_t choose_part(struct scene *s, enum mode mode, size_t i) {
  switch (mode) {
  case BY_ROW:
    return kz_random_below(&s->in.random, s->part_count);
  case BY_EVENT:
    return s->in.rows[i].event % s->part_count;
  case BY_RANGE:
    break;
  }
  return i * s->part_count / s->in.count;
}

/* Deals the rows out; before the part that has the living row come parts with
 * dead or (`twice`) living older ones, which must not count. */
static void deal_rows(struct scene *s, enum mode mode, bool twice) {
  for (size_t i = 0; i < s->in.count; i++) {
    const struct kz_row *row = &s->in.rows[i];
    size_t part = choose_part(s, mode, i);
    size_t older = kz_random_below(&s->in.random, s->part_count);
    uint64_t chance = kz_random_below(&s->in.random, 6);
    if (older != part && chance == 0) {
      struct kz_row old = invent_row(&s->in, row->event, row->attribute);
      add_row(s, older, &old, older > part || !twice);
    }
    if (chance == 1) { /* one more that is dead */
      struct kz_row gone = invent_row(&s->in, row->event, row->attribute - 1);
      if (i > 0 && row[-1].event == row->event &&
          row[-1].attribute < gone.attribute) {
        add_row(s, part, &gone, true);
      }
    }
    add_row(s, part, row, false);
  }
  for (size_t i = 0; i < s->in.other_count; i++) {
    for (size_t part = 0; part < s->part_count; part++) {
      if (part == i % s->part_count || kz_random_below(&s->in.random, 4) == 0) {
        s->others[part][s->other_counts[part]++] = s->in.others[i];
      }
    }
  }
}

static void close_part(struct scene *s, size_t part) {
  s->parts[part].segment = build(s->rows[part], s->counts[part],
                                 s->others[part], s->other_counts[part]);
  for (uint32_t i = 0; i < s->counts[part]; i++) {
    if (s->dead[part][i]) {
      struct kz_dead *more =
          kz_dead_with(s->parts[part].dead, (uint32_t)s->counts[part], &i, 1);
      assert_non_null(more);
      kz_dead_unref(s->parts[part].dead);
      s->parts[part].dead = more;
    }
  }
}

static struct scene *set_scene(uint64_t seed, size_t part_count, size_t rows,
                               enum mode mode, bool twice) {
  struct scene *s = calloc(1, sizeof *s);
  assert_non_null(s);
  s->in = invent(seed, (uint32_t)rows / 3 + 1, rows);
  s->part_count = part_count;
  for (size_t i = 0; i < part_count; i++) {
    size_t room = rows * 3 + 1;
    s->rows[i] = kz_arena_array(s->in.arena, room, sizeof **s->rows);
    s->dead[i] = kz_arena_array(s->in.arena, room, sizeof **s->dead);
    s->others[i] =
        kz_arena_array(s->in.arena, s->in.other_count + 1, sizeof **s->others);
    assert_true(s->rows[i] && s->dead[i] && s->others[i]);
  }
  deal_rows(s, mode, twice);
  for (size_t i = 0; i < part_count; i++) {
    close_part(s, i);
  }
  return s;
}

static void strike(struct scene *s) {
  for (size_t i = 0; i < s->part_count; i++) {
    kz_segment_unref(s->parts[i].segment);
    kz_dead_unref(s->parts[i].dead);
  }
  forget(&s->in);
  free(s);
}

static void assert_same_bytes(const struct kz_segment *a,
                              const struct kz_segment *b) {
  for (int i = 0; i < KZ_SEC_COUNT; i++) {
    const struct kz_section_place *p = &a->head->sections[i];
    const struct kz_section_place *q = &b->head->sections[i];
    if (p->bytes != q->bytes ||
        memcmp((const char *)a->head + p->at, (const char *)b->head + q->at,
               p->bytes) != 0) {
      fail_msg("section %d differs (%zu and %zu bytes)", i, (size_t)p->bytes,
               (size_t)q->bytes);
    }
  }
  assert_true(a->head->bytes == b->head->bytes);
  assert_memory_equal(a->head, b->head, (size_t)a->head->bytes);
}

/* Merges the scene and compares with a build of what must come out. */
static void assert_merge_is_build(struct scene *s, const char *path,
                                  const char *temporary) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_segment *merged = NULL;
  if (kz_segment_merge(s->parts, s->part_count, path, temporary, &merged,
                       &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  struct kz_segment *built =
      build(s->in.rows, s->in.count, s->in.others, s->in.other_count);
  assert_same_bytes(merged, built);
  if (kz_segment_verify(merged, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  kz_segment_unref(built);
  kz_segment_unref(merged);
}

static void
a_merge_is_byte_for_byte_what_building_the_rows_gives(void **state) {
  (void)state;
  const enum mode modes[] = {BY_ROW, BY_EVENT, BY_RANGE};
  for (uint64_t seed = 1; seed <= 60; seed++) {
    size_t parts = 1 + seed % 9;
    size_t rows = seed * seed * 2;
    struct scene *s = set_scene(seed, parts, rows, modes[seed % 3], false);
    assert_merge_is_build(s, NULL, NULL);
    strike(s);
  }
}

static void of_a_row_in_several_parts_the_last_counts(void **state) {
  (void)state;
  for (uint64_t seed = 100; seed < 120; seed++) {
    struct scene *s = set_scene(seed, 2 + seed % 4, 500, BY_ROW, true);
    assert_merge_is_build(s, NULL, NULL);
    strike(s);
  }
}

static void a_hundred_and_twenty_eight_parts_are_merged_at_once(void **state) {
  (void)state;
  struct scene *s = set_scene(7, PARTS_MAX, 6000, BY_EVENT, false);
  assert_merge_is_build(s, NULL, NULL);
  strike(s);
}

static void merging_into_a_file_leaves_only_that_file(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct scene *s = set_scene(9, 3, 3000, BY_ROW, false);
  assert_merge_is_build(s, temp_path(&temp, "merged", path), temp.path);
  strike(s);
  assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(temp.path), 0);
  assert_int_equal(mkdir(temp.path, 0700), 0);
}

static void where_all_rows_are_dead_nothing_but_others_is_left(void **state) {
  (void)state;
  struct invented in = invent(3, 10, 100);
  uint32_t rows[100];
  for (uint32_t i = 0; i < 100; i++) {
    rows[i] = i;
  }
  struct kz_part part = {
      .segment = build(in.rows, in.count, in.others, in.other_count),
      .dead = kz_dead_with(NULL, 100, rows, 100),
  };
  struct kz_segment *merged = NULL;
  assert_int_equal(kz_segment_merge(&part, 1, NULL, NULL, &merged, NULL),
                   KZ_OK);
  assert_int_equal(merged->rows, 0);
  assert_int_equal(merged->values, 0);
  struct kz_segment *built = build(NULL, 0, in.others, in.other_count);
  assert_same_bytes(merged, built);
  assert_int_equal(kz_segment_verify(merged, NULL), KZ_OK);
  kz_segment_unref(built);
  kz_segment_unref(merged);
  kz_segment_unref(part.segment);
  kz_dead_unref(part.dead);
  forget(&in);
}

static void merging_nothing_gives_an_empty_segment(void **state) {
  (void)state;
  struct kz_segment *merged = NULL;
  assert_int_equal(kz_segment_merge(NULL, 0, NULL, NULL, &merged, NULL), KZ_OK);
  struct kz_segment *built = build(NULL, 0, NULL, 0);
  assert_same_bytes(merged, built);
  assert_int_equal(kz_segment_verify(merged, NULL), KZ_OK);
  kz_segment_unref(built);
  kz_segment_unref(merged);
}

static void
a_folder_that_is_not_there_fails_and_leaves_no_segment(void **state) {
  (void)state;
  struct scene *s = set_scene(5, 2, 50, BY_ROW, false);
  struct kz_segment *merged = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_segment_merge(s->parts, 2, "/nonexistent/x", NULL, &merged, &err),
      KZ_E_IO);
  assert_null(merged);
  assert_non_null(strstr(err.text, "/nonexistent/x"));
  strike(s);
}

static void large_arrays_lie_in_unlinked_files(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_draft draft;
  kz_draft_init(&draft, temp.path);
  size_t count = (size_t)40 << 20;
  char *array = kz_draft_array(&draft, count, 1);
  assert_non_null(array);
  assert_true(draft.arrays[0].mapped > 0);
  assert_int_equal(array[0], 0);
  assert_int_equal(array[count - 1], 0);
  array[count - 1] = 1;
  assert_int_equal(rmdir(temp.path), 0); /* it is empty */
  assert_int_equal(mkdir(temp.path, 0700), 0);
  kz_draft_done(&draft);
}

static void an_array_too_large_to_count_is_refused(void **state) {
  (void)state;
  struct kz_draft draft;
  kz_draft_init(&draft, NULL);
  assert_null(kz_draft_array(&draft, SIZE_MAX / 4, 8));
  kz_draft_done(&draft);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_merge_is_byte_for_byte_what_building_the_rows_gives),
      cmocka_unit_test(of_a_row_in_several_parts_the_last_counts),
      cmocka_unit_test(a_hundred_and_twenty_eight_parts_are_merged_at_once),
      cmocka_unit_test(merging_into_a_file_leaves_only_that_file),
      cmocka_unit_test(where_all_rows_are_dead_nothing_but_others_is_left),
      cmocka_unit_test(merging_nothing_gives_an_empty_segment),
      cmocka_unit_test(a_folder_that_is_not_there_fails_and_leaves_no_segment),
      cmocka_unit_test(large_arrays_lie_in_unlinked_files),
      cmocka_unit_test(an_array_too_large_to_count_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
