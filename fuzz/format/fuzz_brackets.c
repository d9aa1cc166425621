/* All ways of counting brackets see the same in any
 * bytes, from any state. The first two bytes say the state to begin with. */
#include "target.h"

#include <stdlib.h>

#include "format/brackets.h"

enum { STATE_BYTES = 2 };

struct walk {
  struct kz_brackets brackets;
  const char *at;
  enum kz_brackets_stop stop;
};

static bool is_same(const struct kz_brackets *a, const struct kz_brackets *b) {
  return a->depth == b->depth && a->in_string == b->in_string &&
         a->is_escaped == b->is_escaped &&
         a->is_line_start == b->is_line_start && a->lines == b->lines &&
         a->line_start == b->line_start;
}

static void compare(struct kz_brackets first, const char *start,
                    const char *end, kz_brackets_way *way) {
  struct walk a = {.brackets = first, .at = start};
  struct walk b = a;
  while (a.at < end) {
    uint64_t offset = (uint64_t)(a.at - start);
    a.stop = kz_brackets_scan(&a.brackets, &a.at, end, offset);
    b.stop = way(&b.brackets, &b.at, end, offset);
    if (a.stop != b.stop || a.at != b.at ||
        !is_same(&a.brackets, &b.brackets)) {
      abort();
    }
    a.brackets.is_line_start = false;
    b.brackets.is_line_start = false;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < STATE_BYTES) {
    return 0;
  }
  const struct kz_brackets first = {.depth = data[0],
                                    .in_string = (data[1] & 1) != 0,
                                    .is_escaped = (data[1] & 3) == 3,
                                    .is_line_start = (data[1] & 7) == 4};
  const char *start = (const char *)data + STATE_BYTES;
  const char *end = (const char *)data + size;
  for (size_t rank = 1; kz_brackets_way_of_rank(rank); rank++) {
    compare(first, start, end, kz_brackets_way_of_rank(rank));
  }
  return 0;
}
