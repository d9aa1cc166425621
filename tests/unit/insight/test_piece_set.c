#include "test.h"

#include <stdbool.h>

#include "base/random.h"
#include "insight/piece_set.h"

enum { LISTS = 60, TEXTS = 3000, TEXT_LEN = 40 };

struct seen {
  bool lists[LISTS];
  size_t count;
};

static void on_piece(void *ctx, uint32_t list, kz_str piece) {
  struct seen *seen = ctx;
  assert_true(list < LISTS && piece.len > 0);
  seen->lists[list] = true;
  seen->count++;
}

static void pieces_within_pieces_are_all_found(void **state) {
  (void)state;
  const struct kz_piece pieces[] = {
      {KZ_STR("she"), 0}, {KZ_STR("he"), 1}, {KZ_STR("hers"), 2},
      {KZ_STR("his"), 3}, {KZ_STR("s"), 4},  {KZ_STR("he"), 5},
      {KZ_STR(""), 6},
  };
  struct kz_piece_set *set = NULL;
  struct seen seen = {.count = 0};
  assert_int_equal(kz_piece_set_new(pieces, 7, &set), KZ_OK);
  kz_piece_set_find(set, KZ_STR("ushers"), on_piece, &seen);
  assert_true(seen.lists[0] && seen.lists[1] && seen.lists[2] &&
              seen.lists[4] && seen.lists[5]);
  assert_false(seen.lists[3] || seen.lists[6]);
  assert_int_equal(seen.count, 6); /* "s" twice */
  kz_piece_set_free(set);
}

/* Over two letters, so that pieces hide in one another. */
static size_t random_text(struct kz_random *random, char *text, size_t max) {
  size_t len = 1 + kz_random_below(random, max);
  for (size_t i = 0; i < len; i++) {
    text[i] = kz_random_below(random, 2) ? 'a' : '\0';
  }
  return len;
}

static void what_is_found_is_what_a_slow_search_finds(void **state) {
  (void)state;
  static char texts[LISTS][TEXT_LEN];
  struct kz_piece pieces[LISTS];
  struct kz_random random;
  kz_random_init(&random, 3);
  for (uint32_t i = 0; i < LISTS; i++) {
    size_t len = random_text(&random, texts[i], 9);
    pieces[i] = (struct kz_piece){{texts[i], len}, i};
  }
  struct kz_piece_set *set = NULL;
  assert_int_equal(kz_piece_set_new(pieces, LISTS, &set), KZ_OK);
  for (unsigned i = 0; i < TEXTS; i++) {
    char text[TEXT_LEN];
    struct seen seen = {.count = 0};
    kz_str asked = {text, random_text(&random, text, TEXT_LEN)};
    kz_piece_set_find(set, asked, on_piece, &seen);
    for (unsigned k = 0; k < LISTS; k++) {
      assert_int_equal(seen.lists[k],
                       kz_str_find(asked, pieces[k].text) != SIZE_MAX);
    }
  }
  kz_piece_set_free(set);
}

static void an_empty_set_finds_nothing(void **state) {
  (void)state;
  struct kz_piece_set *set = NULL;
  struct seen seen = {.count = 0};
  assert_int_equal(kz_piece_set_new(NULL, 0, &set), KZ_OK);
  kz_piece_set_find(set, KZ_STR("anything"), on_piece, &seen);
  assert_int_equal(seen.count, 0);
  kz_piece_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_within_pieces_are_all_found),
      cmocka_unit_test(what_is_found_is_what_a_slow_search_finds),
      cmocka_unit_test(an_empty_set_finds_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
