/* Half-width katakana have no order from which the full-width ones could be
 * computed, hence the table; everything else is an offset. */
#include "text/fold.h"

#include "base/utf8.h"

enum {
  WIDE_FIRST = 0xFF01, /* '!' */
  WIDE_LAST = 0xFF5E,  /* '~' */
  WIDE_SHIFT = 0xFEE0,
  HALF_FIRST = 0xFF61,
  HALF_LAST = 0xFF9F,
  VOICED = 0x3099,
  HALF_VOICED = 0x309A,
  SPACE = 0x3000,
};

static const uint16_t full[HALF_LAST - HALF_FIRST + 1] = {
    0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5,
    0x30A7, 0x30A9, 0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4,
    0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5,
    0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1, 0x30C4, 0x30C6, 0x30C8,
    0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8,
    0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8,
    0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, VOICED, HALF_VOICED,
};

/* The wide signs from U+FFE0 on: cent, pound, not, macron, bar, yen, won. */
static const uint16_t signs[] = {0xA2, 0xA3, 0xAC, 0xAF, 0xA6, 0xA5, 0x20A9};

uint32_t kz_fold_point(uint32_t point) {
  if (point == SPACE) {
    return ' ';
  }
  if (point < WIDE_FIRST || point > 0xFFE6) {
    return point;
  }
  if (point <= WIDE_LAST) {
    return point - WIDE_SHIFT;
  }
  if (point >= HALF_FIRST && point <= HALF_LAST) {
    return full[point - HALF_FIRST];
  }
  return point >= 0xFFE0 ? signs[point - 0xFFE0] : point;
}

/* The katakana `point` with the mark in it; 0 when the two do not join. */
static uint32_t join(uint32_t point, uint32_t mark) {
  if (point >= 0x30CF && point <= 0x30DB && (point - 0x30CF) % 3 == 0) {
    return mark == VOICED ? point + 1 : point + 2; /* ha .. ho */
  }
  if (mark != VOICED) {
    return 0;
  }
  if (point == 0x30A6) {
    return 0x30F4; /* u: vu */
  }
  /* ka .. chi are odd, tsu .. to even: the small tsu stands between them. */
  if ((point >= 0x30AB && point <= 0x30C1 && point % 2 == 1) ||
      (point >= 0x30C4 && point <= 0x30C8 && point % 2 == 0)) {
    return point + 1;
  }
  return 0;
}

static void add_point(struct kz_buf *out, uint32_t point) {
  char bytes[KZ_UTF8_MAX];
  (void)kz_buf_add(out, bytes, kz_utf8_encode(point, bytes));
}

kz_rc kz_fold_width(kz_str text, struct kz_buf *out) {
  uint32_t before = 0; /* what a mark would join; its bytes end the buffer */
  size_t before_at = out->len;
  while (text.len > 0 && !kz_buf_failed(out)) {
    uint32_t point = 0;
    size_t len = kz_utf8_decode(text, &point);
    if (len == 0) {
      (void)kz_buf_add_byte(out, text.ptr[0]);
      before = 0;
      text = kz_str_from(text, 1);
      continue;
    }
    text = kz_str_from(text, len);
    uint32_t folded = kz_fold_point(point);
    bool is_mark =
        folded != point && (folded == VOICED || folded == HALF_VOICED);
    uint32_t joined = is_mark ? join(before, folded) : 0;
    if (joined != 0) {
      out->len = before_at;
      folded = joined;
    }
    before = folded;
    before_at = out->len;
    add_point(out, folded);
  }
  return kz_buf_failed(out) ? KZ_E_MEMORY : KZ_OK;
}
