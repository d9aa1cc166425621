/* The hash looks at four things: length, first, middle and last byte. Its
 * factors were found by trying random ones until no two names met in 256
 * slots; a new name that meets another needs new factors and new slots. */
#include "format/misp_member.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  SLOT_COUNT = 256,
  LENGTH_FACTOR = 46,
  FIRST_FACTOR = 198,
  LAST_FACTOR = 117,
  MIDDLE_FACTOR = 234,
};

static const uint8_t member_at[SLOT_COUNT] = {
#define KZ_MEMBER(slot, name, text) [slot] = KZ_MEMBER_##name,
#include "format/misp_member.def"
#undef KZ_MEMBER
};

static const kz_str names[KZ_MEMBER_TOTAL] = {
    [KZ_MEMBER_NONE] = {"", 0},
#define KZ_MEMBER(slot, name, text)                                            \
  [KZ_MEMBER_##name] = {text, sizeof text - 1},
#include "format/misp_member.def"
#undef KZ_MEMBER
};

static inline uint64_t word_at(const char *at, size_t size) {
  uint64_t word = 0;
  memcpy(&word, at, size);
  return word;
}

/* Names are short: a few words that overlap are faster than a call of memcmp.
 */
static bool is_same(const char *a, const char *b, size_t len) {
  enum { WORD = 8, HALF = 4 };
  size_t i = 0;
  if (len < HALF) {
    return memcmp(a, b, len) == 0;
  }
  if (len < WORD) {
    return word_at(a, HALF) == word_at(b, HALF) &&
           word_at(a + len - HALF, HALF) == word_at(b + len - HALF, HALF);
  }
  for (; i + WORD < len; i += WORD) {
    if (word_at(a + i, WORD) != word_at(b + i, WORD)) {
      return false;
    }
  }
  return word_at(a + len - WORD, WORD) == word_at(b + len - WORD, WORD);
}

enum kz_member kz_member_by_name(kz_str name) {
  if (name.len == 0) {
    return KZ_MEMBER_NONE;
  }
  const uint8_t *bytes = (const uint8_t *)name.ptr;
  size_t slot = name.len * LENGTH_FACTOR + bytes[0] * FIRST_FACTOR +
                bytes[name.len - 1] * LAST_FACTOR +
                bytes[name.len / 2] * MIDDLE_FACTOR;
  enum kz_member member = member_at[slot % SLOT_COUNT];
  kz_str found = names[member];
  if (found.len != name.len || !is_same(found.ptr, name.ptr, name.len)) {
    return KZ_MEMBER_NONE;
  }
  return member;
}

kz_str kz_member_name(enum kz_member member) {
  return names[member];
}
