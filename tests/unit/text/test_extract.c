#include "cases.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/file.h"
#include "model/defang.h"
#include "model/value.h"

static const struct kz_mention *only(const struct kz_extract *extract) {
  assert_int_equal(kz_extract_count(extract), 1);
  return kz_extract_at(extract, 0);
}

static void a_value_knows_where_it_stood(void **state) {
  (void)state;
  kz_str text = KZ_STR("通信先は hxxp://Evil[.]example/A を");
  struct kz_extract *extract = extract_from(text);
  const struct kz_mention *found = only(extract);
  assert_int_equal(found->offset, 13);
  assert_true(kz_str_eq(found->text, KZ_STR("hxxp://Evil[.]example/A")));
  assert_ptr_equal(found->text.ptr, text.ptr + found->offset);
  assert_true(kz_str_eq(found->value, KZ_STR("http://Evil.example/A")));
  assert_int_equal(found->kind, KZ_KIND_URL);
  kz_extract_free(extract);
}

static void invisible_characters_do_not_belong_to_the_text(void **state) {
  (void)state;
  kz_str text = KZ_STR("evil.example\xE2\x80\x8B\xEF\xBB\xBF next");
  struct kz_extract *extract = extract_from(text);
  assert_int_equal(only(extract)->text.len, 12);
  kz_extract_free(extract);
}

static void repeated_values_are_counted_once(void **state) {
  (void)state;
  kz_str text =
      KZ_STR("evil.example EVIL.example evil[.]example ｅvil.example");
  struct kz_extract *extract = extract_from(text);
  assert_int_equal(only(extract)->count, 4);
  assert_int_equal(only(extract)->offset, 0);
  kz_extract_free(extract);
}

static void ports_are_noted(void **state) {
  (void)state;
  static const struct {
    kz_str text;
    uint16_t port;
  } cases[] = {
      {{"192.0.2.1:8080", 14}, 8080},
      {{"[2001:db8::1]:443", 17}, 443},
      {{"evil.example:65535", 18}, 65535},
      {{"192.0.2.1:65536", 15}, 0},
      {{"192.0.2.1:0", 11}, 0},
      {{"192.0.2.1:", 10}, 0},
      {{"evil.example:443/tcp", 20}, 443},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct kz_extract *extract = extract_from(cases[i].text);
    assert_int_equal(only(extract)->port, cases[i].port);
    kz_extract_free(extract);
  }
}

static void kinds_are_those_of_the_normal_form(void **state) {
  (void)state;
  static const struct {
    kz_str text;
    enum kz_kind kind;
  } cases[] = {
      {{"192.0.2.1", 9}, KZ_KIND_IPV4},
      {{"192.0.2.1/32", 12}, KZ_KIND_IPV4},
      {{"192.0.2.0/24", 12}, KZ_KIND_CIDR4},
      {{"2001:db8::1", 11}, KZ_KIND_IPV6},
      {{"2001:db8::/32", 13}, KZ_KIND_CIDR6},
      {{"evil.example", 12}, KZ_KIND_NAME},
      {{"http://a.example", 16}, KZ_KIND_URL},
      {{"a@evil.example", 14}, KZ_KIND_EMAIL},
      {{"d41d8cd98f00b204e9800998ecf8427e", 32}, KZ_KIND_HASH},
      {{"CVE-2024-12345", 14}, KZ_KIND_CVE},
      {{"evil.exe", 8}, KZ_KIND_TEXT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct kz_extract *extract = extract_from(cases[i].text);
    assert_int_equal(only(extract)->kind, cases[i].kind);
    kz_extract_free(extract);
  }
}

static void check_whole(const char *text, const char *expected) {
  struct kz_extract *extract = kz_extract_new();
  assert_non_null(extract);
  assert_int_equal(kz_extract_whole(extract, kz_str_of(text), NULL), KZ_OK);
  KZ_BUF(got, 1 << 16);
  describe(extract, &got);
  assert_string_equal(got.ptr, expected);
  kz_extract_free(extract);
}

static void a_line_without_values_is_one_itself(void **state) {
  (void)state;
  check_whole("Emotet", "text Emotet");
  check_whole("  Global\\M_1234  \n", "text Global\\M_1234");
  check_whole("Emotet\nevil.example\nエモテット\r\nEMOTET\n",
              "text Emotet; domain evil.example; text エモテット");
  check_whole("# comment\n\nLokiBot 2.0", "text LokiBot 2.0");
  check_whole("{\"a\":\n1}", "");
  check_whole("\xFF\xFE", "");
  check_whole("HKLM\\Software\\A B\\C D", "regkey HKLM\\Software\\A B\\C D");
  check_whole("C:\\My Files\\my file.exe",
              "filename C:\\My Files\\my file.exe");
}

static void a_line_that_is_more_than_its_value_is_marked(void **state) {
  (void)state;
  const char *text = "Win32/Turla.CR and evil.example\nother.example\n";
  struct kz_extract *extract = kz_extract_new();
  assert_non_null(extract);
  assert_int_equal(kz_extract_whole(extract, kz_str_of(text), NULL), KZ_OK);
  size_t lines = 0;
  for (size_t i = 0; i < kz_extract_count(extract); i++) {
    const struct kz_mention *m = kz_extract_at(extract, i);
    lines += m->is_line;
    assert_true(!m->is_line ||
                kz_str_eq(m->value, KZ_STR("Win32/Turla.CR and evil.example")));
  }
  assert_int_equal(lines, 1);
  kz_extract_free(extract);
}

static void a_long_line_is_no_value(void **state) {
  (void)state;
  char line[KZ_EXTRACT_LINE_MAX + 2];
  memset(line, 'x', sizeof line);
  line[KZ_EXTRACT_LINE_MAX + 1] = '\0';
  check_whole(line, "");
}

static void several_texts_make_one_list(void **state) {
  (void)state;
  struct kz_extract *extract = extract_from(KZ_STR("evil.example"));
  assert_int_equal(kz_extract_values(extract, KZ_STR("x evil.test"), NULL),
                   KZ_OK);
  assert_int_equal(kz_extract_count(extract), 2);
  assert_int_equal(kz_extract_at(extract, 1)->offset, 2);
  kz_extract_free(extract);
}

static void a_text_past_the_limit_is_refused(void **state) {
  (void)state;
  struct kz_extract *extract = kz_extract_new();
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_extract_values(extract,
                        (kz_str){"x", (size_t)KZ_EXTRACT_BYTES_MAX + 1}, &err),
      KZ_E_LIMIT);
  assert_non_null(strstr(err.text, "67108865 bytes"));
  kz_extract_free(extract);
}

static void values_across_pieces_are_whole(void **state) {
  (void)state;
  enum { LINES = 20000, LINE = 32 };
  char *text = malloc((size_t)LINES * LINE);
  assert_non_null(text);
  size_t len = 0;
  for (unsigned i = 0; i < LINES; i++) {
    len += (size_t)snprintf(text + len, LINE, "host%u.evil.example%c", i,
                            i % 3 == 0 ? ' ' : '\n');
  }
  struct kz_extract *extract = extract_from((kz_str){text, len});
  assert_int_equal(kz_extract_count(extract), LINES);
  for (size_t i = 0; i < LINES; i++) {
    const struct kz_mention *found = kz_extract_at(extract, i);
    assert_true(kz_str_eq(found->value, found->text));
    assert_int_equal(found->count, 1);
  }
  kz_extract_free(extract);
  free(text);
}

/* What is found must be what MISP accepts, what the model calls normal, and
 * found again when it is defanged. */
static void check_found(const struct kz_mention *found) {
  KZ_ARENA(arena, 1 << 20);
  kz_str again = KZ_STR_NONE;
  kz_str defanged = KZ_STR_NONE;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_value_check(found->type, found->value, &err) != KZ_OK) {
    fail_msg("%s: %.*s", err.text, KZ_STR_ARG(found->value));
  }
  assert_int_equal(kz_value_normalise(found->type, found->value, arena, &again),
                   KZ_OK);
  assert_true(kz_str_eq(again, found->value));
  assert_int_equal(kz_defang(found->value, arena, &defanged), KZ_OK);
  struct kz_extract *extract = extract_from(defanged);
  if (found->kind != KZ_KIND_TEXT) {
    if (kz_extract_count(extract) != 1) {
      fail_msg("%.*s", KZ_STR_ARG(defanged));
    }
    const struct kz_mention *same = only(extract);
    assert_true(kz_str_eq_nocase(same->value, found->value));
    assert_int_equal(same->kind, found->kind);
  }
  kz_extract_free(extract);
}

static void what_is_found_is_found_again_when_defanged(void **state) {
  (void)state;
  struct kz_extract *extract = extract_from(KZ_STR(
      "http://evil.example/a.php?b=c https://[2001:db8::1]:8443/x "
      "ftp://evil.test/f.bin 192.0.2.1 192.0.2.0/24 2001:db8::2 2001:db8::/32 "
      "www.evil.example xn--wgv71a119e.jp user@evil.example CVE-2024-12345 "
      "d41d8cd98f00b204e9800998ecf8427e evil.exe AS64500 日本語.jp "
      "evil.exe|d41d8cd98f00b204e9800998ecf8427e HKLM\\Software\\Evil "
      "http://evil.example:8080 http://192.0.2.7/x tcp://192.0.2.9:4444 "
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 evil.co.jp "
      "96:s4Ud1Lj96tHHlZDrwciQmA+4uy1I0G4HY:sF1LjEtHHlZDrJzrhuyZvHYm8"));
  assert_int_equal(kz_extract_count(extract), 22);
  for (size_t i = 0; i < kz_extract_count(extract); i++) {
    check_found(kz_extract_at(extract, i));
  }
  kz_extract_free(extract);
}

/* The model refangs a token, this folder refangs text: same answer. */
static void refanging_agrees_with_the_model(void **state) {
  (void)state;
  static const char *const tokens[] = {
      "evil[.]example",          "evil(.)example",
      "evil{.}example",          "evil[dot]example",
      "evil(dot)example",        "hxxp://evil[.]example/a",
      "hxxps://evil.example/a",  "hxxp[:]//evil[.]example/a",
      "hxxp[://]evil.example/a", "[hxxp://]evil.example/a",
      "h[tt]p://evil.example/a", "h**p://evil.example/a",
      "meow://evil.example/a",   "fxp://evil.example/a",
      "hzzp://evil.example/a",   "user[at]evil[.]example",
      "user[@]evil.example",     "192[.]0[.]2[.]1",
      "2001[:]db8::1",           "evil\\.example",
  };
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
    KZ_ARENA(arena, 1 << 16);
    kz_str plain = KZ_STR_NONE;
    assert_int_equal(kz_refang(kz_str_of(tokens[i]), arena, &plain), KZ_OK);
    struct kz_extract *extract = extract_from(kz_str_of(tokens[i]));
    assert_true(kz_str_eq(only(extract)->value, plain));
    kz_extract_free(extract);
  }
}

static double seconds_for(const char *unit, size_t bytes) {
  size_t len = strlen(unit);
  char *text = malloc(bytes + len);
  assert_non_null(text);
  size_t filled = 0;
  for (; filled < bytes; filled += len) {
    memcpy(text + filled, unit, len);
  }
  struct timespec start;
  struct timespec end;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  kz_extract_free(extract_from((kz_str){text, bytes}));
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  free(text);
  return (double)(end.tv_sec - start.tv_sec) +
         (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* 2 MB must not take much more than twice 1 MB, whatever is in them. A
 * quadratic step would show as a factor of four, and as minutes. */
static void hostile_text_takes_linear_time(void **state) {
  (void)state;
  enum { MB = 1000000 };
  static const char *const units[] = {
      "a.",       "[.]",         "http://",    "0123456789", "[({<",
      "1:",       "::1",         "a@",         "1.1.1.1-",   "1.1.1.1.",
      "a.com/",   "http://a.b,", "a.com:1/(",  "%a%\\",      "C:\\a ",
      "HKLM\\a ", "a.exe|",      "日",         "日.",        "a.みんなみん",
      "a。",      "\xFF",        "(at",        " [ . ] ",    "&#4",
      "a+",       "cve-2024-",   "h**p",       "http://[",   "http://a@",
      "12:aaaaa", "日.exe",      "http://日/", "\\\\",       "user@a.b.c.",
  };
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    double once = seconds_for(units[i], MB);
    double twice = seconds_for(units[i], 2 * MB);
    if (twice > 3.5 * once + 0.1 || twice > 10) {
      fail_msg("%s: %.3f s for 1 MB, %.3f s for 2 MB", units[i], once, twice);
    }
  }
}

static void check_file(const char *path) {
  KZ_BUF(content, 32 << 20);
  struct kz_err err = KZ_ERR_NONE;
  if (kz_file_read(path, &content, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  struct kz_extract *extract = extract_from(kz_buf_str(&content));
  for (size_t i = 0; i < kz_extract_count(extract); i++) {
    const struct kz_mention *found = kz_extract_at(extract, i);
    struct kz_err why = KZ_ERR_NONE;
    if (kz_value_check(found->type, found->value, &why) != KZ_OK) {
      fail_msg("%s: %.*s: %s", path, KZ_STR_ARG(found->value), why.text);
    }
    assert_true(found->offset + found->text.len <= content.len);
  }
  kz_extract_free(extract);
}

static void real_reports_give_valid_values(void **state) {
  (void)state;
  const char *shared = getenv("KIZASHI_SHARED");
  const char *root = getenv("KIZASHI_SOURCE_ROOT");
  char folder[4096];
  if (shared) {
    (void)snprintf(folder, sizeof folder, "%s/data/osint/tram2-mjson", shared);
  } else {
    (void)snprintf(folder, sizeof folder, "%s/../shared/data/osint/tram2-mjson",
                   root ? root : ".");
  }
  DIR *dir = opendir(folder);
  if (!dir) {
    skip();
  }
  for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
    char path[8192];
    if (e->d_type == DT_REG) {
      (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
      check_file(path);
    }
  }
  (void)closedir(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_value_knows_where_it_stood),
      cmocka_unit_test(invisible_characters_do_not_belong_to_the_text),
      cmocka_unit_test(repeated_values_are_counted_once),
      cmocka_unit_test(ports_are_noted),
      cmocka_unit_test(kinds_are_those_of_the_normal_form),
      cmocka_unit_test(a_line_without_values_is_one_itself),
      cmocka_unit_test(a_line_that_is_more_than_its_value_is_marked),
      cmocka_unit_test(a_long_line_is_no_value),
      cmocka_unit_test(several_texts_make_one_list),
      cmocka_unit_test(a_text_past_the_limit_is_refused),
      cmocka_unit_test(values_across_pieces_are_whole),
      cmocka_unit_test(what_is_found_is_found_again_when_defanged),
      cmocka_unit_test(refanging_agrees_with_the_model),
      cmocka_unit_test(hostile_text_takes_linear_time),
      cmocka_unit_test(real_reports_give_valid_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
