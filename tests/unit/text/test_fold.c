#include "test.h"

#include "text/fold.h"

static void check(const char *text, const char *expected) {
  KZ_BUF(out, 4096);
  assert_int_equal(kz_fold_width(kz_str_of(text), &out), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&out), kz_str_of(expected)));
}

static void full_width_ascii_becomes_ascii(void **state) {
  (void)state;
  check("ＡＢＣ　ａｂｃ　０１２", "ABC abc 012");
  check("！＂＃～", "!\"#~");
  for (uint32_t c = '!'; c <= '~'; c++) {
    assert_int_equal(kz_fold_point(c + 0xFEE0), c);
    assert_int_equal(kz_fold_point(c), c);
  }
}

static void half_width_katakana_become_katakana(void **state) {
  (void)state;
  check("ｱｲｳｴｵｶｷｸｹｺﾝ", "アイウエオカキクケコン");
  check("｡｢｣､･ｰ", "。「」、・ー");
  check("ｧｨｩｪｫｬｭｮｯ", "ァィゥェォャュョッ");
}

static void voicing_marks_join_their_katakana(void **state) {
  (void)state;
  check("ｶﾞｷﾞｸﾞｹﾞｺﾞ", "ガギグゲゴ");
  check("ｻﾞｼﾞｽﾞｾﾞｿﾞ", "ザジズゼゾ");
  check("ﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞ", "ダヂヅデド");
  check("ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞ", "バビブベボ");
  check("ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ", "パピプペポ");
  check("ｳﾞｨ", "ヴィ");
  check("ｯﾞﾅﾞ", "ッ\xE3\x82\x99ナ\xE3\x82\x99");
  check("ｶﾟ", "カ\xE3\x82\x9A");
}

static void wide_signs_become_narrow(void **state) {
  (void)state;
  check("￥￠￡￦", "¥¢£₩");
}

static void other_text_and_broken_bytes_stay(void **state) {
  (void)state;
  check("", "");
  check("漢字かなé½ﬁ", "漢字かなé½ﬁ");
  check("\xFF\xFE\xEF\xBC", "\xFF\xFE\xEF\xBC");
}

static void a_full_buffer_is_a_failure(void **state) {
  (void)state;
  KZ_BUF(out, 2);
  assert_int_equal(kz_fold_width(KZ_STR("abc"), &out), KZ_E_MEMORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(full_width_ascii_becomes_ascii),
      cmocka_unit_test(half_width_katakana_become_katakana),
      cmocka_unit_test(voicing_marks_join_their_katakana),
      cmocka_unit_test(wide_signs_become_narrow),
      cmocka_unit_test(other_text_and_broken_bytes_stay),
      cmocka_unit_test(a_full_buffer_is_a_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
