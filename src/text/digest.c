#include "text/digest.h"

#include <stdint.h>

struct length {
  size_t digits;
  kz_type type;
  kz_type with_name;
};

static const struct length lengths[] = {
    {32, KZ_TYPE_MD5, KZ_TYPE_FILENAME_MD5},
    {40, KZ_TYPE_SHA1, KZ_TYPE_FILENAME_SHA1},
    {56, KZ_TYPE_SHA224, KZ_TYPE_FILENAME_SHA224},
    {64, KZ_TYPE_SHA256, KZ_TYPE_FILENAME_SHA256},
    {96, KZ_TYPE_SHA384, KZ_TYPE_FILENAME_SHA384},
    {128, KZ_TYPE_SHA512, KZ_TYPE_FILENAME_SHA512},
};

enum { LENGTH_COUNT = sizeof lengths / sizeof *lengths };

bool kz_digest_is_hash(kz_str word, kz_type *ret_type) {
  size_t which = word.len < lengths[0].digits ? LENGTH_COUNT : 0;
  while (which < LENGTH_COUNT && lengths[which].digits != word.len) {
    which++;
  }
  if (which == LENGTH_COUNT) {
    return false;
  }
  bool has_letter = false;
  bool varies = false;
  for (size_t i = 0; i < word.len; i++) {
    if (!kz_is_hex(word.ptr[i])) {
      return false;
    }
    has_letter |= !kz_is_digit(word.ptr[i]);
    varies |= word.ptr[i] != word.ptr[0];
  }
  *ret_type = lengths[which].type;
  return has_letter && varies;
}

kz_type kz_digest_with_name(kz_type hash) {
  for (size_t i = 0; i < LENGTH_COUNT; i++) {
    if (lengths[i].type == hash) {
      return lengths[i].with_name;
    }
  }
  return hash;
}

/* Block sizes are 3 * 2^k. */
static bool is_block_size(kz_str digits) {
  uint64_t size = 0;
  if (digits.len > 10 || kz_str_u64(digits, &size) != KZ_OK || size % 3 != 0 ||
      digits.ptr[0] == '0') {
    return false;
  }
  uint64_t power = size / 3;
  return power != 0 && (power & (power - 1)) == 0;
}

/* Reads one piece at `at`; returns where it ends. */
static size_t read_piece(const struct kz_plain *plain, size_t at,
                         bool *ret_has_letter) {
  enum { PIECE_MAX = 64 };
  size_t end = at;
  while (kz_is_alnum(plain->text[end]) || plain->text[end] == '+' ||
         plain->text[end] == '/') {
    *ret_has_letter |= kz_is_alpha(plain->text[end]);
    end++;
    if (end - at > PIECE_MAX) {
      return at;
    }
  }
  return end;
}

bool kz_digest_find_ssdeep(const struct kz_plain *plain,
                           const struct kz_run *run, struct kz_hit *ret) {
  enum { FIRST_MIN = 5, SECOND_MIN = 3 };
  kz_str size = {plain->text + run->start, run->end - run->start};
  bool has_letter = false;
  if (!is_block_size(size)) {
    return false;
  }
  size_t first = run->end + 1;
  size_t first_end = read_piece(plain, first, &has_letter);
  if (first_end - first < FIRST_MIN || !has_letter ||
      plain->text[first_end] != ':') {
    return false;
  }
  size_t second = first_end + 1;
  size_t end = read_piece(plain, second, &has_letter);
  if (end - second < SECOND_MIN || plain->text[end] == ':') {
    return false;
  }
  kz_hit_set(ret, plain, run->start, end, KZ_TYPE_SSDEEP, KZ_KIND_TEXT);
  return true;
}
