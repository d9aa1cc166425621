/* Whatever is asked, the question is refused with words or is a sound tree that
 * the index can take: not too deep, every list as long as it says. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "work/search.h"

enum { ARENA = 16 << 20, DEPTH_MAX = 32 };

/* Reads all bytes, so that a sanitizer sees a length that is wrong. */
static void keep(const void *bytes, size_t size) {
  char copy[64];
  for (size_t at = 0; at < size; at += sizeof copy) {
    size_t left = size - at;
    memcpy(copy, (const char *)bytes + at,
           left < sizeof copy ? left : sizeof copy);
    __asm__ volatile("" : : "r"(copy) : "memory");
  }
}

static void check(const struct kz_cond *cond, unsigned depth) {
  if (depth >= DEPTH_MAX ||
      (cond->kind == KZ_COND_NOT && cond->child_count != 1)) {
    abort();
  }
  for (size_t i = 0; i < cond->child_count; i++) {
    check(cond->children[i], depth + 1);
  }
  for (size_t i = 0; i < cond->number_count; i++) {
    keep(&cond->numbers[i], sizeof cond->numbers[i]);
  }
  keep(cond->text.ptr, cond->text.len);
}

static void judge(kz_rc rc, const struct kz_search *search,
                  const struct kz_err *err) {
  if (rc == KZ_OK && search->where) {
    check(search->where, 0);
  }
  if (rc != KZ_OK && err->text[0] == '\0') {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  KZ_ARENA(arena, ARENA);
  struct kz_search search;
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_param *params = NULL;
  size_t count = 0;
  if (!arena) {
    return 0;
  }
  judge(kz_search_of_json(NULL, text, arena, &search, &err), &search, &err);
  err = KZ_ERR_NONE;
  if (kz_query_parse(text, arena, &params, &count, NULL) == KZ_OK) {
    judge(kz_search_of_params(NULL, params, count, arena, &search, &err),
          &search, &err);
  }
  return 0;
}
