/* Refanging twice is refanging once and never makes text longer; what was
 * defanged and refanged is the value again, where refanging alone left it. */
#include "target.h"

#include <stdlib.h>

#include "base/arena.h"
#include "model/defang.h"

static void require(bool good) {
  if (!good) {
    abort();
  }
}

static void check_ways(kz_str text, unsigned which, struct kz_arena *arena) {
  kz_str once = KZ_STR_NONE;
  kz_str twice = KZ_STR_NONE;
  require(kz_refang_value(text, which, arena, &once) == KZ_OK);
  require(kz_refang_value(once, which, arena, &twice) == KZ_OK);
  require(kz_str_eq(once, twice) && once.len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, ((size_t)1 << 16) + 64 * size);
  kz_str text = {(const char *)data, size};
  for (unsigned which = 0; which < 16; which++) {
    check_ways(text, which, arena);
  }
  kz_str plain = KZ_STR_NONE;
  kz_str twice = KZ_STR_NONE;
  require(kz_refang(text, arena, &plain) == KZ_OK);
  require(kz_refang(plain, arena, &twice) == KZ_OK);
  require(kz_str_eq(plain, twice) && plain.len <= text.len);
  kz_str harmless = KZ_STR_NONE;
  kz_str back = KZ_STR_NONE;
  require(kz_defang(plain, arena, &harmless) == KZ_OK);
  require(kz_refang(harmless, arena, &back) == KZ_OK);
  require(kz_str_eq_nocase(back, plain));
  return 0;
}
