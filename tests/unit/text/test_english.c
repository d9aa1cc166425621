#include "cases.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA224 "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"
#define SHA256                                                                 \
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA384                                                                 \
  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"           \
  "274edebfe76f65fbd51ad2f14898b95b"
#define SHA512                                                                 \
  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"           \
  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define SSDEEP "96:s4Ud1Lj96tHHlZDrwciQmA+4uy1I0G4HY:sF1LjEtHHlZDrJzrhuyZvHYm8"

static void addresses_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"192.0.2.1", "ip-dst 192.0.2.1"},
      {"192.0.2.1.", "ip-dst 192.0.2.1"},
      {"(192.0.2.1)", "ip-dst 192.0.2.1"},
      {"192.0.2.1, 192.0.2.2;192.0.2.3",
       "ip-dst 192.0.2.1; ip-dst 192.0.2.2; ip-dst 192.0.2.3"},
      {"192.0.2.1-192.0.2.9", "ip-dst 192.0.2.1; ip-dst 192.0.2.9"},
      {"192.0.2.1:8080", "ip-dst 192.0.2.1"},
      {"ip=192.0.2.1&x", "ip-dst 192.0.2.1"},
      {"\"ip\":\"192.0.2.1\"", "ip-dst 192.0.2.1"},
      {"192.0.2.0/24", "ip-dst 192.0.2.0/24"},
      {"192.0.2.1/32", "ip-dst 192.0.2.1"},
      {"192.0.2.1/33", "ip-dst 192.0.2.1"},
      {"192.0.2.0/255.255.255.0", "ip-dst 192.0.2.0"},
      {"from 192.0.2.7 to\t198.51.100.9",
       "ip-dst 192.0.2.7; ip-dst 198.51.100.9"},
      {"<td>192.0.2.1</td><td>192.0.2.2</td>",
       "ip-dst 192.0.2.1; ip-dst 192.0.2.2"},
      {"| 192.0.2.1 | evil.example |", "ip-dst 192.0.2.1; domain evil.example"},
      {"2001:db8::1", "ip-dst 2001:db8::1"},
      {"2001:0DB8:0:0:0:0:0:1", "ip-dst 2001:db8::1"},
      {"[2001:db8::1]:443", "ip-dst 2001:db8::1"},
      {"2001:db8::/32", "ip-dst 2001:db8::/32"},
      {"fe80::1%eth0", "ip-dst fe80::1"},
      {"::ffff:192.0.2.1", "ip-dst ::ffff:192.0.2.1"},
      {"::1", "ip-dst ::1"},
      {"address 2001:db8::1.", "ip-dst 2001:db8::1"},
      {"addresses: 2001:db8::1: bad", "ip-dst 2001:db8::1"},
  };
  CHECK_CASES(cases);
}

static void what_only_looks_like_an_address_is_none(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"1.2.3", ""},
      {"version 1.2.3.4", ""},
      {"Version: 1.2.3.4", ""},
      {"v1.2.3.4", ""},
      {"ver. 1.2.3.4", ""},
      {"build 7.0.1.2", ""},
      {"10.0.19041.1", ""},
      {"1.2.3.4.5", ""},
      {"256.1.1.1", ""},
      {"01.02.03.04", ""},
      {"Mozilla/5.0 Chrome/99.0.0.0", ""},
      {"libfoo-1.2.3.4.so.1", ""},
      {"12:30:45", ""},
      {"2024-01-01T12:30:45Z", ""},
      {"01/02/2024 06:15:20", ""},
      {"00:11:22:33:44:55", ""},
      {"00:11:22:ff:fe:33:44:55", ""},
      {"std::abs(x) a::b", ""},
      {"dead::beef", ""},
      {"::", ""},
      {"1:2:3:4:5:6:7:8:9", ""},
      {"ratio 3:15:20", ""},
  };
  CHECK_CASES(cases);
}

static void names_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"evil.example", "domain evil.example"},
      {"EVIL.Example", "domain evil.example"},
      {"www.evil.example", "hostname www.evil.example"},
      {"evil.example.", "domain evil.example"},
      {"evil.example...", "domain evil.example"},
      {"see evil.example, then", "domain evil.example"},
      {"evil.example:8443", "domain evil.example"},
      {"evil.example:", "domain evil.example"},
      {"evil.example/", "domain evil.example"},
      {"(evil.example)", "domain evil.example"},
      {"**evil.example**", "domain evil.example"},
      {"_evil.example_", "domain evil.example"},
      {"`evil.example`", "domain evil.example"},
      {"- evil.example", "domain evil.example"},
      {"-evil.example", "domain evil.example"},
      {"*.evil.example", "domain evil.example"},
      {"_dmarc.evil.example", "hostname _dmarc.evil.example"},
      {"a_b.evil.example", "hostname a_b.evil.example"},
      {"evil.co.uk www.evil.co.uk", "domain evil.co.uk; "
                                    "hostname www.evil.co.uk"},
      {"xn--wgv71a119e.jp", "domain xn--wgv71a119e.jp"},
      {"m\xC3\xBCnchen.example", "domain xn--mnchen-3ya.example"},
      {"1.2.0.192.in-addr.arpa", "hostname 1.2.0.192.in-addr.arpa"},
      {"abcdefabcdefabcd.onion", "domain abcdefabcdefabcd.onion"},
      {"192.0.2.1.evil.example", "hostname 192.0.2.1.evil.example"},
      {"evil.example and EVIL.EXAMPLE", "domain evil.example"},
      {"\"@evil.example\"", "domain evil.example"},
      {"evil.example|192.0.2.1", "domain evil.example; ip-dst 192.0.2.1"},
      {"evil.example(192.0.2.1)", "domain evil.example; ip-dst 192.0.2.1"},
      {"evil.example;evil.test;evil.invalid",
       "domain evil.example; domain evil.test; domain evil.invalid"},
      {"on evil.example.The next", "domain evil.example"},
      {"foo..evil.example", "domain evil.example"},
  };
  CHECK_CASES(cases);
}

static void what_only_looks_like_a_name_is_none(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"word", ""},
      {"e.g. this, i.e. that", ""},
      {"evil.nosuchtop", ""},
      {"It was malware.It spread", ""},
      {"ASP.NET", ""},
      {"at 5 p.m. or a.m.", ""},
      {"console.log(x) foo.name()", "filename console.log"},
      {"evil-.example", ""},
      {"3.14 1.000.000 2.5k", ""},
      {"Trojan.Win32.Generic.am", ""},
      {"HackTool.Win", ""},
      {"in 2022.It was", ""},
      {"", ""},
      {"   \n\t\r\n", ""},
  };
  CHECK_CASES(cases);
}

static void urls_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"http://evil.example/a.php", "url http://evil.example/a.php"},
      {"HTTP://evil.example/A", "url http://evil.example/A"},
      {"https://evil.example", "url https://evil.example"},
      {"http://evil.example/", "url http://evil.example/"},
      {"http://192.0.2.1:8080/x", "url http://192.0.2.1:8080/x"},
      {"http://[2001:db8::1]/x", "url http://[2001:db8::1]/x"},
      {"http://user:secret@evil.example/x",
       "url http://user:secret@evil.example/x"},
      {"ftp://evil.example/f.bin", "url ftp://evil.example/f.bin"},
      {"http://evil.example/a?b=c&amp;d=e",
       "url http://evil.example/a?b=c&d=e"},
      {"http://evil.example?x=1", "url http://evil.example?x=1"},
      {"http://evil.example/a#b", "url http://evil.example/a#b"},
      {"(http://evil.example/a)", "url http://evil.example/a"},
      {"http://evil.example/a_(b)", "url http://evil.example/a_(b)"},
      {"<http://evil.example/a>", "url http://evil.example/a"},
      {"\"http://evil.example/a\"", "url http://evil.example/a"},
      {"'http://evil.example/a'", "url http://evil.example/a"},
      {"href='http://evil.example/a'>x", "url http://evil.example/a"},
      {"[text](http://evil.example/a)[b](http://evil.example/b)",
       "url http://evil.example/a; url http://evil.example/b"},
      {"http://evil.example/a.", "url http://evil.example/a"},
      {"http://evil.example/a!?", "url http://evil.example/a"},
      {"http://evil.example/a, http://evil.example/b",
       "url http://evil.example/a; url http://evil.example/b"},
      {"http://evil.example/a,http://evil.example/b",
       "url http://evil.example/a; url http://evil.example/b"},
      {"2024-01-01,http://evil.example/a,malware", "url http://evil.example/a"},
      {"see http://evil.example/a,b.html", "url http://evil.example/a,b.html"},
      {"http:\\/\\/evil.example\\/a", "url http://evil.example/a"},
      {"evil.example/a.php", "url evil.example/a.php"},
      {"evil.example:8080/a", "url evil.example:8080/a"},
      {"evil.example:443/tcp", "domain evil.example"},
      {"192.0.2.1/bins/x.sh", "url 192.0.2.1/bins/x.sh"},
      {"evil.example/192.0.2.1", "domain evil.example; ip-dst 192.0.2.1"},
      {"install.sh/x", "url install.sh/x"},
      {"http://evil.example/?u=http://b.example/",
       "url http://evil.example/?u=http://b.example/"},
      {"http://intranet/x", "url http://intranet/x"},
      {"http://", ""},
      {"http://http://", ""},
      {"http://x", ""},
      {"http://999.1.2.3/", ""},
      {"foo://bar", ""},
  };
  CHECK_CASES(cases);
}

static void mail_addresses_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"user@evil.example", "email-src user@evil.example"},
      {"User@Evil.Example", "email-src user@evil.example"},
      {"<user@evil.example>", "email-src user@evil.example"},
      {"mailto:user@evil.example", "email-src user@evil.example"},
      {"a.b-c_d@evil.example.", "email-src a.b-c_d@evil.example"},
      {"user+tag@evil.example", "email-src user+tag@evil.example"},
      {"a.me+tag@evil.example", "email-src a.me+tag@evil.example"},
      {"to=user@evil.example", "email-src user@evil.example"},
      {"From: \"X\" <x@a.example>, y@b.example",
       "email-src x@a.example; email-src y@b.example"},
      {"user@host", ""},
      {"@user", ""},
      {"user@", ""},
  };
  CHECK_CASES(cases);
}

static void hashes_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {MD5, "md5 " MD5},
      {"D41D8CD98F00B204E9800998ECF8427E", "md5 " MD5},
      {"md5:" MD5 " sha1=" SHA1, "md5 " MD5 "; sha1 " SHA1},
      {SHA224, "sha224 " SHA224},
      {SHA256, "sha256 " SHA256},
      {SHA384, "sha384 " SHA384},
      {SHA512, "sha512 " SHA512},
      {"sha256_" SHA256 "-x", "sha256 " SHA256},
      {SHA256 ".exe", "filename " SHA256 ".exe; sha256 " SHA256},
      {"a" MD5, ""},
      {MD5 "z", ""},
      {"12345678901234567890123456789012", ""},
      {"ffffffffffffffffffffffffffffffff", ""},
      {"550e8400-e29b-41d4-a716-446655440000", ""},
      {SSDEEP, "ssdeep " SSDEEP},
      {SSDEEP ",\"a.exe\"", "ssdeep " SSDEEP "; filename a.exe"},
      {"95:abcdefgh:abcdefgh", ""},
      {"12:30:45 24:00:00", ""},
  };
  CHECK_CASES(cases);
}

static void files_and_keys_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"evil.exe", "filename evil.exe"},
      {"Invoice_2024-01.DOCM", "filename Invoice_2024-01.DOCM"},
      {"a.pdf.exe", "filename a.pdf.exe"},
      {"evil.exe|" MD5, "filename|md5 evil.exe|" MD5},
      {"a.dll|" SHA256 ",b", "filename|sha256 a.dll|" SHA256},
      {"evil.exe | " MD5, "filename evil.exe; md5 " MD5},
      {"foo.py", "filename foo.py"},
      {"install.sh", "filename install.sh"},
      {"www.evil.sh", "hostname www.evil.sh"},
      {"report.pdf.zip", "filename report.pdf.zip"},
      {"www.onet.com.pl", "hostname www.onet.com.pl"},
      {"evil.sh:443", "domain evil.sh"},
      {"/tmp/.x/evil.sh", "filename evil.sh"},
      {"C:\\Users\\x\\evil.exe",
       "filename C:\\Users\\x\\evil.exe; filename evil.exe"},
      {"C:\\Program Files\\x\\evil.exe runs",
       "filename C:\\Program Files\\x\\evil.exe; filename evil.exe"},
      {"%APPDATA%\\evil.dll",
       "filename %APPDATA%\\evil.dll; filename evil.dll"},
      {"\"C:\\\\a b\\\\evil.exe\"",
       "filename C:\\a b\\evil.exe; filename evil.exe"},
      {"C:\\a.exe D:\\b.exe", "filename C:\\a.exe; filename a.exe; "
                              "filename D:\\b.exe; filename b.exe"},
      {"C:\\Windows\\Temp", ""},
      {"HKLM\\Software\\Evil", "regkey HKLM\\Software\\Evil"},
      {"HKEY_CURRENT_USER\\Software\\A B\\Run.",
       "regkey HKEY_CURRENT_USER\\Software\\A B\\Run"},
      {"HKCU:\\Software\\Evil", "regkey HKCU\\Software\\Evil"},
      {".exe", ""},
      {"a.unknownext", ""},
  };
  CHECK_CASES(cases);
}

static void numbers_with_names_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"CVE-2024-12345", "vulnerability CVE-2024-12345"},
      {"cve-2021-44228", "vulnerability CVE-2021-44228"},
      {"(CVE-2024-0001),CVE-2024-0002",
       "vulnerability CVE-2024-0001; vulnerability CVE-2024-0002"},
      {"CVE\xE2\x80\x93"
       "2024\xE2\x80\x93"
       "12345",
       "vulnerability CVE-2024-12345"},
      {"exploit_CVE-2024-12345.py", "filename exploit_CVE-2024-12345.py; "
                                    "vulnerability CVE-2024-12345"},
      {"CVE-24-1234 CVE-2024-123 CVE-2024-12345678901", ""},
      {"AS64500", "AS 64500"},
      {"(AS64500)", "AS 64500"},
      {"ASN64500", "AS 64500"},
      {"AS2 AS 400 ASX AS99999999999", ""},
      {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
       "btc 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"},
      {"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
       "btc 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"},
      {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
       "btc bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
      {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
       "btc bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
      {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN1", ""},
      {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", ""},
  };
  CHECK_CASES(cases);
}

static void defanged_values_are_found(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"hxxp://evil[.]example/a", "url http://evil.example/a"},
      {"hXXps://evil[.]example", "url https://evil.example"},
      {"hxxp[:]//evil[.]example/a", "url http://evil.example/a"},
      {"hxxp[://]evil[.]example/a", "url http://evil.example/a"},
      {"[hxxp://]evil[.]example/a", "url http://evil.example/a"},
      {"http[:]//192[.]0[.]2[.]1/a", "url http://192.0.2.1/a"},
      {"h**p://evil.example", "url http://evil.example"},
      {"h[tt]p://evil.example", "url http://evil.example"},
      {"meow://evil.example/a", "url http://evil.example/a"},
      {"fxp://evil.example/a", "url ftp://evil.example/a"},
      {"evil[.]example", "domain evil.example"},
      {"evil(.)example", "domain evil.example"},
      {"evil{.}example", "domain evil.example"},
      {"evil[dot]example", "domain evil.example"},
      {"evil(dot)example", "domain evil.example"},
      {"evil{DOT}example", "domain evil.example"},
      {"evil[ . ]example", "domain evil.example"},
      {"evil [.] example", "domain evil.example"},
      {"evil [dot] example", "domain evil.example"},
      {"evil[.example", "domain evil.example"},
      {"evil.]example", "domain evil.example"},
      {"evil\\.example", "domain evil.example"},
      {"Evil[.]Xyz", "domain evil.xyz"},
      {"evil[,]example", "domain evil.example"},
      {"evil&#46;example", "domain evil.example"},
      {"evil&#x2e;example", "domain evil.example"},
      {"192[.]0[.]2[.]1", "ip-dst 192.0.2.1"},
      {"192.0.2[.]1", "ip-dst 192.0.2.1"},
      {"192(.)0(.)2(.)1:443", "ip-dst 192.0.2.1"},
      {"2001[:]db8[:][:]1", "ip-dst 2001:db8::1"},
      {"192[.]0[.]2[.]0/24", "ip-dst 192.0.2.0/24"},
      {"user[at]evil[.]example", "email-src user@evil.example"},
      {"user(at)evil(dot)example", "email-src user@evil.example"},
      {"user [at] evil [dot] example", "email-src user@evil.example"},
      {"user[@]evil.example", "email-src user@evil.example"},
      {"evil\xE2\x80\x8B.exa\xEF\xBB\xBFmple", "domain evil.example"},
      {"evil<wbr>.example", "domain evil.example"},
      {"a list [.] of dots (.) alone", ""},
  };
  CHECK_CASES(cases);
}

static void json_and_mail_escapes_are_undone(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"{\"u\":\"http:\\/\\/evil.example\\/a\\nevil.test\"}",
       "url http://evil.example/a; domain evil.test"},
      {"[\"evil\\u002eexample\", \"C:\\\\x\\\\a.exe\"]",
       "domain evil.example; filename C:\\x\\a.exe; filename a.exe"},
      {"[{\"ip\":\"192.0.2.1\",\"port\":80}]", "ip-dst 192.0.2.1"},
      {"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
       "http://evil.exam=\r\nple/a?b=3Dc",
       "url http://evil.example/a?b=c"},
      {"http://evil.example/a?b=3Dc", "url http://evil.example/a?b=3Dc"},
  };
  CHECK_CASES(cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_found),
      cmocka_unit_test(what_only_looks_like_an_address_is_none),
      cmocka_unit_test(names_are_found),
      cmocka_unit_test(what_only_looks_like_a_name_is_none),
      cmocka_unit_test(urls_are_found),
      cmocka_unit_test(mail_addresses_are_found),
      cmocka_unit_test(hashes_are_found),
      cmocka_unit_test(files_and_keys_are_found),
      cmocka_unit_test(numbers_with_names_are_found),
      cmocka_unit_test(defanged_values_are_found),
      cmocka_unit_test(json_and_mail_escapes_are_undone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
