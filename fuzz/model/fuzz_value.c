/* For every type: normalising twice is normalising once, the verdict does not
 * change by it, and parts, kinds, hosts and folding hold on any bytes. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/addr.h"
#include "model/kind.h"
#include "model/name.h"
#include "model/type.h"
#include "model/value.h"

enum { VALUE_MAX = 4096 /* bytes; longer input finds nothing more */ };

static void require(bool good) {
  if (!good) {
    abort();
  }
}

static void check_type(kz_type type, kz_str value, struct kz_arena *arena) {
  kz_str once = KZ_STR_NONE;
  kz_str twice = KZ_STR_NONE;
  kz_str parts[2];
  require(kz_value_normalise(type, value, arena, &once) == KZ_OK);
  require(kz_value_normalise(type, once, arena, &twice) == KZ_OK);
  require(kz_str_eq(once, twice));
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_value_check(type, once, &err);
  require(rc == KZ_OK || (rc == KZ_E_INPUT && err.text[0] != '\0'));
  unsigned count = kz_value_parts(type, once, parts);
  require(count == 1 || parts[0].len + parts[1].len < once.len);
  require(rc != KZ_OK || !kz_type_is_composite(type) || count == 2);
}

static void check_bytes(kz_str value, struct kz_arena *arena) {
  char folded[VALUE_MAX];
  kz_value_fold(value, folded);
  kz_str text = {folded, value.len};
  enum kz_kind kind = kz_kind_of(text);
  require(kz_kind_name(kind).len > 0);
  kz_str host = kz_value_host(text);
  require(host.len <= text.len);
  (void)kz_name_tld_known(text);
  require(kz_name_registrable(text).len <= text.len);
  kz_str ascii;
  require(kz_name_to_ascii(text, arena, &ascii) != KZ_E_MEMORY);
  struct kz_addr addr;
  if (kz_addr_parse(text, &addr) == KZ_OK) {
    struct kz_addr back;
    char out[KZ_ADDR_TEXT];
    kz_str canonical = {out, kz_addr_format(&addr, out)};
    require(kz_addr_parse(canonical, &back) == KZ_OK);
    require(memcmp(&addr, &back, sizeof addr) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  KZ_ARENA(arena, (size_t)1 << 20);
  kz_str value = {(const char *)data, size < VALUE_MAX ? size : VALUE_MAX};
  for (kz_type type = 0; type < KZ_TYPE_COUNT; type++) {
    kz_arena_reset(arena);
    check_type(type, value, arena);
  }
  kz_arena_reset(arena);
  check_bytes(value, arena);
  return 0;
}
