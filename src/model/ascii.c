/* A word holds eight bytes; a class is a word with bit 7 set in every byte that
 * belongs to it. Bit 7 is taken off first, so that no sum carries over into the
 * next byte, and put back as "not ASCII" at the end. */
#include "model/ascii.h"

#include "base/wire.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

enum { HIGH = 0x80, LOW = 0x7f };

/* The bytes from `first` to `last`, both ASCII. */
static uint64_t between(uint64_t word, unsigned first, unsigned last) {
  uint64_t low = word & EACH(LOW);
  uint64_t from = low + EACH(HIGH - first);
  uint64_t past = low + EACH(HIGH - 1 - last);
  return from & ~past & ~word & EACH(HIGH);
}

static uint64_t other_bytes(uint64_t word) {
  return ~between(word, 'A', 'Z') & EACH(HIGH);
}

static uint64_t lower_hex_bytes(uint64_t word) {
  return between(word, '0', '9') | between(word, 'a', 'f');
}

static uint64_t hex_bytes(uint64_t word) {
  return lower_hex_bytes(word) | between(word, 'A', 'F');
}

static uint64_t name_bytes(uint64_t word) {
  return between(word, '0', '9') | between(word | EACH(0x20), 'a', 'z') |
         between(word, '-', '.') | between(word, '_', '_');
}

/* Fewer than eight bytes, filled up with one that is in every class. */
static uint64_t short_word(kz_str text) {
  char bytes[8] = "00000000";
  for (size_t i = 0; i < text.len; i++) {
    bytes[i] = text.ptr[i];
  }
  return kz_get_le64(bytes);
}

/* Whether all bytes are in the class. The word at the end overlaps the one
 * before it. Inlined, so that `class_of` is no call. */
__attribute__((always_inline)) static inline bool
all_are(kz_str text, uint64_t (*class_of)(uint64_t)) {
  if (text.len < 8) {
    return class_of(short_word(text)) == EACH(HIGH);
  }
  uint64_t good = class_of(kz_get_le64(text.ptr + text.len - 8));
  for (size_t i = 0; i + 8 < text.len; i += 8) {
    good &= class_of(kz_get_le64(text.ptr + i));
  }
  return good == EACH(HIGH);
}

bool kz_ascii_has_upper(kz_str text) {
  return !all_are(text, other_bytes);
}

bool kz_ascii_is_hex(kz_str text) {
  return all_are(text, hex_bytes);
}

bool kz_ascii_is_lower_hex(kz_str text) {
  return all_are(text, lower_hex_bytes);
}

bool kz_ascii_is_name(kz_str text) {
  return all_are(text, name_bytes);
}
