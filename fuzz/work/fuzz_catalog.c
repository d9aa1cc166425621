/* A file of a noticelist, an object template or a decaying model from anybody.
 * What passes as a template judges an object. */
#include "target.h"

#include <stdlib.h>

#include "work/decay.h"
#include "work/noticelist.h"
#include "work/template.h"

enum { CEILING = 1 << 22 };

static void count_words(void *ctx, kz_str words) {
  size_t *count = ctx;
  if (words.len == 0) {
    abort();
  }
  (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct kz_catalog_form *const forms[] = {
      &kz_noticelist_form, &kz_template_form, &kz_model_form};
  KZ_ARENA(arena, CEILING);
  kz_str text = {(const char *)data, size};
  struct kz_jsonv *object = NULL;
  struct kz_attribute attributes[] = {
      {.relation = KZ_STR("a"), .type = KZ_TYPE_TEXT},
      {.relation = KZ_STR("a"), .type = KZ_TYPE_MD5},
      {.relation = KZ_STR_NONE, .type = KZ_TYPE_URL}};
  const struct kz_object judged = {.attributes = attributes,
                                   .attribute_count = 3};
  if (!arena || kz_library_read(text, arena, &object, NULL) != KZ_OK) {
    return 0;
  }
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    uint64_t entries = 0;
    size_t words = 0;
    if (forms[i]->check(text, object, &entries, NULL) == KZ_OK &&
        forms[i] == &kz_template_form) {
      kz_template_judge(object, &judged, count_words, &words);
    }
  }
  return 0;
}
