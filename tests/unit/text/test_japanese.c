#include "cases.h"

static void particles_end_a_value(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"evil.exampleは悪性です", "domain evil.example"},
      {"evil.exampleへの通信", "domain evil.example"},
      {"evil.exampleを調べて", "domain evil.example"},
      {"evil.example を調べて", "domain evil.example"},
      {"192.0.2.1から198.51.100.2へ", "ip-dst 192.0.2.1; ip-dst 198.51.100.2"},
      {"通信先はevil.exampleです", "domain evil.example"},
      {"通信先は192.0.2.1です", "ip-dst 192.0.2.1"},
      {"192.0.2.1:8080に接続", "ip-dst 192.0.2.1"},
      {"192.0.2.0/24からの攻撃", "ip-dst 192.0.2.0/24"},
      {"2001:db8::1から", "ip-dst 2001:db8::1"},
      {"送信元はuser@evil.exampleでした", "email-src user@evil.example"},
      {"ハッシュはd41d8cd98f00b204e9800998ecf8427eです",
       "md5 d41d8cd98f00b204e9800998ecf8427e"},
      {"脆弱性CVE-2024-12345を悪用", "vulnerability CVE-2024-12345"},
      {"AS64500の範囲", "AS 64500"},
      {"HKLM\\Software\\Evilを作成", "regkey HKLM\\Software\\Evil"},
      {"C:\\Users\\x\\evil.exeを実行",
       "filename C:\\Users\\x\\evil.exe; filename evil.exe"},
      {"evil.exampleとevil.testと", "domain evil.example; domain evil.test"},
      {"バージョン1.2.3.4", ""},
      {"これは普通の文です。値はありません。", ""},
  };
  CHECK_CASES(cases);
}

static void japanese_punctuation_parts_values(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"「evil.example」", "domain evil.example"},
      {"『evil.example』", "domain evil.example"},
      {"（evil.example）", "domain evil.example"},
      {"【192.0.2.1】", "ip-dst 192.0.2.1"},
      {"〈evil.example〉《evil.test》",
       "domain evil.example; domain evil.test"},
      {"evil.example、evil.test", "domain evil.example; domain evil.test"},
      {"evil.example・evil.test", "domain evil.example; domain evil.test"},
      {"evil.example。", "domain evil.example"},
      {"evil.example。evil.test", "domain evil.example; domain evil.test"},
      {"192.0.2.1。192.0.2.2", "ip-dst 192.0.2.1; ip-dst 192.0.2.2"},
      {"evil.example｡次に", "domain evil.example"},
      {"IP：192.0.2.1", "ip-dst 192.0.2.1"},
      {"・evil.example\n・evil.test", "domain evil.example; domain evil.test"},
      {"→evil.example※evil.test", "domain evil.example; domain evil.test"},
      {"evil.example〜evil.test", "domain evil.example; domain evil.test"},
      {"evil.example…", "domain evil.example"},
      {"　192.0.2.1　evil.example　", "ip-dst 192.0.2.1; domain evil.example"},
      {"①evil.example②evil.test", "domain evil.example; domain evil.test"},
  };
  CHECK_CASES(cases);
}

static void urls_end_before_japanese(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"http://evil.example/a.php。次に", "url http://evil.example/a.php"},
      {"http://evil.example/a.phpへの通信", "url http://evil.example/a.php"},
      {"http://evil.example/に接続", "url http://evil.example/"},
      {"http://evil.exampleに接続", "url http://evil.example"},
      {"「http://evil.example/a」", "url http://evil.example/a"},
      {"（http://evil.example/a）を", "url http://evil.example/a"},
      {"http://evil.example/a、http://evil.example/b",
       "url http://evil.example/a; url http://evil.example/b"},
      {"http://evil.example/a?b=cを開く", "url http://evil.example/a?b=c"},
      {"http://evil.example/日本語/a.php",
       "url http://evil.example/日本語/a.php"},
      {"http://192.0.2.1:8080/xから", "url http://192.0.2.1:8080/x"},
      {"evil.example/a.phpに接続", "url evil.example/a.php"},
      {"http://日本語.jp/a", "url http://日本語.jp/a"},
      {"http://テスト.example/", "url http://テスト.example/"},
      {"http://evil.example/a，次", "url http://evil.example/a"},
  };
  CHECK_CASES(cases);
}

static void full_width_forms_are_folded(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"ｅｘａｍｐｌｅ．ｃｏｍ", "domain example.com"},
      {"１９２．０．２．１", "ip-dst 192.0.2.1"},
      {"１９２．０．２．０／２４", "ip-dst 192.0.2.0/24"},
      {"ｈｔｔｐ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ／ａ",
       "url http://evil.example/a"},
      {"ｈｘｘｐ://ｅｖｉｌ．example", "url http://evil.example"},
      {"http：／／evil.example/a", "url http://evil.example/a"},
      {"user＠evil.example", "email-src user@evil.example"},
      {"ＣＶＥ－２０２４－１２３４５", "vulnerability CVE-2024-12345"},
      {"ｅｖｉｌ．ｅｘｅ", "filename evil.exe"},
      {"www。evil。example", "hostname www.evil.example"},
      {"192。0。2。1", "ip-dst 192.0.2.1"},
      {"evil｡example", "domain evil.example"},
      {"２００１：ｄｂ８：：１", "ip-dst 2001:db8::1"},
  };
  CHECK_CASES(cases);
}

static void defanging_in_japanese_is_undone(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"「evil[.]example を調べて」", "domain evil.example"},
      {"ｈｘｘｐ://evil[.]example を調べて", "url http://evil.example"},
      {"evil［.］example", "domain evil.example"},
      {"evil［．］example", "domain evil.example"},
      {"evil（ドット）example", "domain evil.example"},
      {"evil[ドット]example", "domain evil.example"},
      {"evil【.】example", "domain evil.example"},
      {"user[アット]evil[.]example", "email-src user@evil.example"},
      {"user（アットマーク）evil.example", "email-src user@evil.example"},
      {"hxxp［：］／／evil［．］example／ａ", "url http://evil.example/a"},
      {"192[。]0[。]2[。]1", "ip-dst 192.0.2.1"},
  };
  CHECK_CASES(cases);
}

static void names_of_other_scripts_become_ascii(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"日本語.jp", "domain xn--wgv71a119e.jp"},
      {"日本語.jpへ", "domain xn--wgv71a119e.jp"},
      {"通信先は日本語.jpです", "domain xn--wgv71a119e.jp"},
      {"日本語．ｊｐ", "domain xn--wgv71a119e.jp"},
      {"example.みんな", "domain example.xn--q9jyb4c"},
      {"example.みんなの", "domain example.xn--q9jyb4c"},
      {"www.テスト.example", "hostname www.xn--zckzah.example"},
      {"日本語[.]jp", "domain xn--wgv71a119e.jp"},
      {"テスト.次は", ""},
      {"終わり。jp", ""},
  };
  CHECK_CASES(cases);
}

static void japanese_file_names_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"請求書.exe", "filename 請求書.exe"},
      {"添付は請求書.exeです", "filename 請求書.exe"},
      {"請求書2024.pdf", "filename 請求書2024.pdf"},
      {"請求書_1.docm", "filename 請求書_1.docm"},
      {"ファイルmalware.exeを実行", "filename malware.exe"},
      {"「お知らせ.zip」", "filename お知らせ.zip"},
      {"C:\\temp\\請求書.exe",
       "filename C:\\temp\\請求書.exe; filename 請求書.exe"},
  };
  CHECK_CASES(cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(particles_end_a_value),
      cmocka_unit_test(japanese_punctuation_parts_values),
      cmocka_unit_test(urls_end_before_japanese),
      cmocka_unit_test(full_width_forms_are_folded),
      cmocka_unit_test(defanging_in_japanese_is_undone),
      cmocka_unit_test(names_of_other_scripts_become_ascii),
      cmocka_unit_test(japanese_file_names_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
