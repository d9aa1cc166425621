/* A warninglist's file from anybody and the values checked against it: the
 * first line is the value, the rest the file. A list is found once, by an
 * entry that is not empty. */
#include "target.h"

#include <stdlib.h>

#include "format/library_warninglist.h"
#include "insight/warner.h"

enum { CEILING = 1 << 22 };

static void check(const struct kz_warninglist *list, kz_str value) {
  struct kz_warner *warner = NULL;
  if (kz_warner_new(list, 1, &warner, NULL) != KZ_OK) {
    return;
  }
  struct kz_warner_eye *eye = kz_warner_eye_new(warner);
  for (unsigned type = 0; eye && type <= KZ_WARNER_ANY; type += 11) {
    const struct kz_warner_hit *hits = NULL;
    size_t count = kz_warner_check(eye, type, value, &hits);
    if (count > 1 ||
        (count == 1 && (hits[0].list != 0 || !hits[0].match.len))) {
      abort();
    }
  }
  kz_warner_eye_free(eye);
  kz_warner_unref(warner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, CEILING);
  kz_str text = {(const char *)data, size};
  kz_str value;
  struct kz_warninglist list;
  if (arena && kz_str_next_line(&text, &value) &&
      kz_library_warninglist(text, arena, &list, NULL, NULL) == KZ_OK) {
    check(&list, value);
  }
  return 0;
}
