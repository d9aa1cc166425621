#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "insight/net_tree.h"

enum { ITEMS = 400, ASKED = 20000 };

static struct kz_net_item item(const char *text, uint32_t list) {
  struct kz_net_item i = {.list = list};
  assert_int_equal(kz_addr_parse(kz_str_of(text), &i.addr), KZ_OK);
  return i;
}

struct seen {
  size_t count;
  uint32_t lists[64];
  char first[KZ_ADDR_TEXT];
  size_t first_len;
};

static void on_net(void *ctx, uint32_t list, const struct kz_addr *net) {
  struct seen *seen = ctx;
  if (seen->count == 0) {
    seen->first_len = kz_addr_format(net, seen->first);
  }
  assert_true(seen->count < 64);
  seen->lists[seen->count++] = list;
}

static struct seen find(const struct kz_net_tree *tree, const char *text) {
  struct seen seen = {0};
  struct kz_addr addr;
  assert_int_equal(kz_addr_parse(kz_str_of(text), &addr), KZ_OK);
  kz_net_tree_find(tree, &addr, on_net, &seen);
  return seen;
}

static void nested_networks_are_found_from_the_narrowest(void **state) {
  (void)state;
  const struct kz_net_item items[] = {
      item("10.0.0.0/8", 1),    item("10.1.0.0/16", 2),
      item("10.1.2.3", 3),      item("10.1.2.3", 4),
      item("10.1.2.3", 3),      item("192.0.2.77/24", 5),
      item("2001:db8::/32", 6), item("2001:db8::7", 7),
  };
  struct kz_net_tree *tree = NULL;
  assert_int_equal(
      kz_net_tree_new(items, sizeof items / sizeof items[0], &tree), KZ_OK);
  struct seen seen = find(tree, "10.1.2.3");
  assert_int_equal(seen.count, 4); /* the double of list 3 once */
  assert_int_equal(seen.lists[0], 3);
  assert_int_equal(seen.lists[1], 4);
  assert_int_equal(seen.lists[2], 2);
  assert_int_equal(seen.lists[3], 1);
  assert_memory_equal(seen.first, "10.1.2.3", seen.first_len);
  assert_int_equal(find(tree, "10.1.255.255").count, 2);
  assert_int_equal(find(tree, "10.200.0.1").count, 1);
  assert_int_equal(find(tree, "11.0.0.0").count, 0);
  assert_int_equal(find(tree, "9.255.255.255").count, 0);
  assert_int_equal(find(tree, "192.0.2.1").count,
                   1); /* host bits say nothing */
  assert_int_equal(find(tree, "10.1.2.0/24").count, 2); /* in /16 and /8 */
  assert_int_equal(find(tree, "10.0.0.0/7").count, 0);
  assert_int_equal(find(tree, "2001:db8::7").count, 2);
  assert_int_equal(find(tree, "2001:db8:ffff::").count, 1);
  assert_int_equal(find(tree, "2001:db9::").count, 0);
  assert_int_equal(find(tree, "::ffff:10.1.2.3").count, 0);
  kz_net_tree_free(tree);
}

static bool lies_in(const struct kz_addr *a, const struct kz_addr *net) {
  if (a->length != net->length || net->prefix > a->prefix) {
    return false;
  }
  for (unsigned bit = 0; bit < net->prefix; bit++) {
    unsigned mask = 0x80u >> bit % 8;
    if ((a->bytes[bit / 8] & mask) != (net->bytes[bit / 8] & mask)) {
      return false;
    }
  }
  return true;
}

/* Few different bytes, so that networks nest and meet. */
static struct kz_addr random_addr(struct kz_random *random, bool is_net) {
  struct kz_addr a = {.length = kz_random_below(random, 2) ? 4 : 16};
  for (unsigned i = 0; i < a.length; i++) {
    a.bytes[i] = (uint8_t)(kz_random_below(random, 3) * 0x7F);
  }
  unsigned bits = a.length * 8u;
  a.prefix = (uint8_t)(is_net || kz_random_below(random, 4) == 0
                           ? kz_random_below(random, bits + 1)
                           : bits);
  return a;
}

static void what_is_found_is_what_a_slow_search_finds(void **state) {
  (void)state;
  static struct kz_net_item items[ITEMS];
  struct kz_random random;
  kz_random_init(&random, 7);
  for (uint32_t i = 0; i < ITEMS; i++) {
    items[i] = (struct kz_net_item){random_addr(&random, true), i % 40};
  }
  struct kz_net_tree *tree = NULL;
  assert_int_equal(kz_net_tree_new(items, ITEMS, &tree), KZ_OK);
  size_t hits = 0;
  for (unsigned i = 0; i < ASKED; i++) {
    struct kz_addr a = random_addr(&random, false);
    bool expected[40] = {false};
    for (unsigned k = 0; k < ITEMS; k++) {
      expected[items[k].list] |= lies_in(&a, &items[k].addr);
    }
    static struct {
      size_t count;
      bool is_in[40];
    } got;
    memset(&got, 0, sizeof got);
    struct seen seen = {0};
    kz_net_tree_find(tree, &a, on_net, &seen);
    for (size_t k = 0; k < seen.count; k++) {
      got.is_in[seen.lists[k]] = true;
    }
    assert_memory_equal(got.is_in, expected, sizeof expected);
    hits += seen.count > 0;
  }
  assert_true(hits > ASKED / 20);
  kz_net_tree_free(tree);
}

static void an_empty_tree_finds_nothing(void **state) {
  (void)state;
  struct kz_net_tree *tree = NULL;
  assert_int_equal(kz_net_tree_new(NULL, 0, &tree), KZ_OK);
  assert_int_equal(find(tree, "192.0.2.1").count, 0);
  kz_net_tree_free(tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nested_networks_are_found_from_the_narrowest),
      cmocka_unit_test(what_is_found_is_what_a_slow_search_finds),
      cmocka_unit_test(an_empty_tree_finds_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
