/* One row a look: the test and MISP's words for failing it. Looks with several
 * ways to fail (addresses, pairs of network values) have a function instead. */
#include "model/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "model/addr.h"
#include "model/advisory.h"
#include "model/ascii.h"
#include "model/moment.h"

static bool are_all(kz_str text, bool (*is_good)(char)) {
  for (size_t i = 0; i < text.len; i++) {
    if (!is_good(text.ptr[i])) {
      return false;
    }
  }
  return true;
}

static bool are_some(kz_str text, bool (*is_good)(char)) {
  return text.len > 0 && are_all(text, is_good);
}

static bool is_base64(char c) {
  return kz_is_alnum(c) || c == '+' || c == '/';
}

static bool has_line_break(kz_str text) {
  return kz_str_find_byte(text, '\n') != SIZE_MAX;
}

static bool is_hex_of(kz_str text, size_t size) {
  return text.len == size && kz_ascii_is_hex(text);
}

static bool is_lower_hex_of(kz_str text, size_t size) {
  return text.len == size && kz_ascii_is_lower_hex(text);
}

static bool is_anything(kz_str text, size_t size) {
  (void)text;
  (void)size;
  return true;
}

static bool is_line(kz_str text, size_t size) {
  (void)size;
  return text.len > 0 && !has_line_break(text);
}

static bool is_cdhash(kz_str text, size_t at_least) {
  return text.len >= at_least && kz_ascii_is_lower_hex(text);
}

static bool are_hex(kz_str text, size_t size) {
  (void)size;
  return text.len > 0 && kz_ascii_is_hex(text);
}

static bool are_digits(kz_str text, size_t size) {
  (void)size;
  return are_some(text, kz_is_digit);
}

static bool are_alnum(kz_str text, size_t size) {
  (void)size;
  return are_some(text, kz_is_alnum);
}

/* A number of decimal digits between two limits; zeros in front are fine. */
static bool is_number_in(kz_str text, uint64_t low, uint64_t high) {
  if (!are_some(text, kz_is_digit)) {
    return false;
  }
  while (text.len > 1 && text.ptr[0] == '0') {
    text = kz_str_from(text, 1);
  }
  uint64_t number = 0;
  return kz_str_u64(text, &number) == KZ_OK && number >= low && number <= high;
}

static bool is_port(kz_str text, size_t size) {
  (void)size;
  return is_number_in(text, 1, 65535);
}

bool kz_check_is_name(kz_str text) {
  size_t dot = kz_str_rfind_byte(text, '.');
  return dot != SIZE_MAX && dot > 0 && text.len - dot > 2 &&
         kz_ascii_is_name(text) &&
         kz_str_find_byte(kz_str_from(text, dot), '_') == SIZE_MAX;
}

static bool is_name(kz_str text, size_t size) {
  (void)size;
  return kz_check_is_name(text);
}

/* The text before and after the first of `mark`; false without one. */
static bool split(kz_str text, char mark, kz_str ret_halves[2]) {
  size_t at = kz_str_find_byte(text, mark);
  if (at == SIZE_MAX) {
    return false;
  }
  ret_halves[0] = kz_str_head(text, at);
  ret_halves[1] = kz_str_from(text, at + 1);
  return true;
}

static bool is_tlsh(kz_str text, size_t size) {
  (void)size;
  if (kz_str_starts(text, KZ_STR("t"))) {
    text = kz_str_from(text, 1);
  }
  return text.len > 35 && kz_ascii_is_hex(text);
}

/* 70 digits, with or without the version "t1" that newer tools put in front. */
static bool is_telfhash(kz_str text, size_t size) {
  (void)size;
  if (text.len == 72 && kz_str_starts(text, KZ_STR("t1"))) {
    text = kz_str_from(text, 2);
  }
  return (text.len == 70 || text.len == 72) && kz_ascii_is_hex(text);
}

/* number:text:text, both texts of the base64 alphabet */
static bool is_ssdeep(kz_str text, size_t size) {
  (void)size;
  kz_str halves[2];
  kz_str hashes[2];
  return split(text, ':', halves) && are_some(halves[0], kz_is_digit) &&
         split(halves[1], ':', hashes) && are_all(hashes[0], is_base64) &&
         are_all(hashes[1], is_base64);
}

/* number:text:text, whatever the texts are */
static bool is_impfuzzy(kz_str text, size_t size) {
  (void)size;
  kz_str halves[2];
  kz_str hashes[2];
  return split(text, ':', halves) && are_some(halves[0], kz_is_digit) &&
         split(halves[1], ':', hashes) &&
         kz_str_find_byte(hashes[1], ':') == SIZE_MAX;
}

/* Loosely x@y.z: the part before the '@' without blanks, a dot somewhere after
 * it, and one line. The first '@' after the first byte decides: when a later
 * one would do, so does it. */
static bool is_email(kz_str text, size_t size) {
  (void)size;
  kz_str halves[2];
  if (text.len == 0 || has_line_break(text) ||
      !split(kz_str_from(text, 1), '@', halves)) {
    return false;
  }
  for (size_t i = 0; i < halves[0].len; i++) {
    if (kz_is_space(halves[0].ptr[i])) {
      return false;
    }
  }
  return kz_str_find_byte(halves[1], '.') != SIZE_MAX;
}

static bool is_scheme_byte(char c) {
  return kz_is_alnum(c) || c == '+' || c == '-' || c == '.';
}

/* scheme://authority..., in one line */
static bool is_link(kz_str text, size_t size) {
  (void)size;
  size_t colon = kz_str_find_byte(text, ':');
  kz_str rest = kz_str_from(text, colon);
  if (!are_some(kz_str_head(text, colon), is_scheme_byte) ||
      !kz_is_alpha(text.ptr[0]) || !kz_str_starts(rest, KZ_STR("://"))) {
    return false;
  }
  return rest.len > 3 && !memchr("/?#", rest.ptr[3], 3) &&
         !has_line_break(rest);
}

/* 16 (v2) or 56 (v3) base32 digits */
static bool is_onion(kz_str text, size_t size) {
  (void)size;
  const kz_str top = KZ_STR(".onion");
  if (!kz_str_ends(text, top)) {
    return false;
  }
  kz_str name = kz_str_head(text, text.len - top.len);
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7')) {
      return false;
    }
  }
  return name.len == 16 || name.len == 56;
}

static bool are_pairs(kz_str text, size_t count) {
  if (text.len != count * 3 - 1) {
    return false;
  }
  for (size_t i = 0; i < text.len; i++) {
    kz_str byte = kz_str_head(kz_str_from(text, i), 1);
    if (i % 3 == 2 ? text.ptr[i] != ':' : !kz_ascii_is_lower_hex(byte)) {
      return false;
    }
  }
  return true;
}

static bool is_http_method(kz_str text, size_t size) {
  (void)size;
  static const char *const methods[] = {
      "OPTIONS",
      "GET",
      "HEAD",
      "POST",
      "PUT",
      "DELETE",
      "TRACE",
      "CONNECT",
      "PROPFIND",
      "PROPPATCH",
      "MKCOL",
      "COPY",
      "MOVE",
      "LOCK",
      "UNLOCK",
      "REPORT",
      "CHECKOUT",
      "CHECKIN",
      "UPDATE",
      "LABEL",
      "MERGE",
      "UNCHECKOUT",
      "MKWORKSPACE",
      "ACL",
      "PATCH",
      "MKACTIVITY",
      "ORDERPATCH",
      "SEARCH",
      "VERSION-CONTROL",
      "BASELINE-CONTROL",
  };
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (kz_str_eq(text, kz_str_of(methods[i]))) {
      return true;
    }
  }
  return false;
}

/* SHA256: and 32 bytes in base64, or an MD5 with colons anywhere. */
static bool is_ssh_fingerprint(kz_str text, size_t size) {
  (void)size;
  if (kz_str_starts(text, KZ_STR("SHA256:"))) {
    text = kz_str_from(text, 7);
    if (kz_str_ends(text, KZ_STR("="))) {
      text = kz_str_head(text, text.len - 1);
    }
    return text.len == 43 && are_all(text, is_base64);
  }
  if (kz_str_starts(text, KZ_STR("MD5:"))) {
    text = kz_str_from(text, 4);
  }
  size_t digits = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != ':' && !kz_is_hex(text.ptr[i])) {
      return false;
    }
    digits += text.ptr[i] != ':';
  }
  return digits == 32;
}

static bool is_weakness(kz_str text, size_t size) {
  (void)size;
  return kz_str_eq_nocase(kz_str_head(text, 4), KZ_STR("CWE-")) &&
         are_some(kz_str_from(text, 4), kz_is_digit);
}

/* At most 256 characters, no slashes. */
static bool is_service(kz_str text, size_t size) {
  (void)size;
  enum { CHARACTERS_MAX = 256 };
  size_t characters = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '/' || text.ptr[i] == '\\') {
      return false;
    }
    characters += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
  }
  return characters <= CHARACTERS_MAX;
}

static kz_str without_sign(kz_str text) {
  bool has_sign = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
  return kz_str_from(text, has_sign ? 1 : 0);
}

static bool is_integer(kz_str text, size_t size) {
  (void)size;
  return are_some(without_sign(text), kz_is_digit);
}

static size_t count_digits(kz_str text) {
  size_t n = 0;
  while (n < text.len && kz_is_digit(text.ptr[n])) {
    n++;
  }
  return n;
}

/* "-1", "+1.5", ".5", "5.", "1e9" */
static bool is_decimal(kz_str text, size_t size) {
  (void)size;
  text = without_sign(text);
  size_t digits = count_digits(text);
  text = kz_str_from(text, digits);
  if (kz_str_starts(text, KZ_STR("."))) {
    text = kz_str_from(text, 1);
    size_t more = count_digits(text);
    text = kz_str_from(text, more);
    digits += more;
  }
  if (digits > 0 && text.len > 0 && kz_to_lower(text.ptr[0]) == 'e') {
    return are_some(without_sign(kz_str_from(text, 1)), kz_is_digit);
  }
  return digits > 0 && text.len == 0;
}

static bool is_moment(kz_str text, size_t size) {
  (void)size;
  struct kz_moment moment;
  return kz_moment_parse(text, &moment) == KZ_OK;
}

static bool is_boolean(kz_str text, size_t size) {
  (void)size;
  return text.len == 1 && (text.ptr[0] == '0' || text.ptr[0] == '1');
}

static bool is_uuid(kz_str text, size_t size) {
  (void)size;
  if (text.len != 36) {
    return false;
  }
  for (size_t i = 0; i < text.len; i++) {
    bool is_mark = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_mark ? text.ptr[i] != '-' : !kz_is_hex(text.ptr[i])) {
      return false;
    }
  }
  return true;
}

static bool is_as_number(kz_str text, size_t size) {
  (void)size;
  return is_number_in(text, 0, UINT32_MAX);
}

static bool is_json(kz_str text, size_t size) {
  (void)size;
  return kz_json_is_valid(text, KZ_JSON_LIMITS);
}

static bool is_vulnerability(kz_str text, size_t size) {
  (void)size;
  return kz_advisory_is_id(text);
}

struct look {
  bool (*is_good)(kz_str text, size_t size);
  const char *words; /* NULL: a checksum of `size` digits */
  bool follows_file; /* a file name and '|' stand before what is tested */
};

#define SSDEEP_WORDS                                                           \
  "Invalid SSDeep hash. The format has to be blocksize:hash:hash"
#define TLSH_WORDS                                                             \
  "Checksum has an invalid length or format (expected: at least 35 "           \
  "hexadecimal characters, optionally starting with t1 instead of "            \
  "hexadecimal characters). Please double check the value or select type "     \
  "\"other\"."
#define PEHASH_WORDS                                                           \
  "The input doesn't match the expected sha1 format (expected: 40 "            \
  "hexadecimal characters)."
#define IMPFUZZY_WORDS                                                         \
  "Invalid impfuzzy format. The format has to be imports:hash:hash"
#define NAME_WORDS                                                             \
  "has an invalid format. Please double check the value or select type "       \
  "\"other\"."
#define LINE_WORDS "Value must not contain new line character."

static const struct look looks[] = {
    [KZ_LOOK_ANY] = {is_anything, "", false},
    [KZ_LOOK_LINE] = {is_line, LINE_WORDS, false},
    [KZ_LOOK_HEX] = {is_hex_of, NULL, false},
    [KZ_LOOK_PEHASH] = {is_hex_of, PEHASH_WORDS, false},
    [KZ_LOOK_TLSH] = {is_tlsh, TLSH_WORDS, false},
    [KZ_LOOK_TELFHASH] = {is_telfhash,
                          "Checksum has an invalid length or format (expected: "
                          "70 or 72 hexadecimal characters). Please double "
                          "check the value or select type \"other\".",
                          false},
    [KZ_LOOK_CDHASH] = {is_cdhash,
                        "The input doesn't match the expected format "
                        "(expected: 40 or more hexadecimal characters)",
                        false},
    [KZ_LOOK_SSDEEP] = {is_ssdeep, SSDEEP_WORDS, false},
    [KZ_LOOK_IMPFUZZY] = {is_impfuzzy, IMPFUZZY_WORDS, false},
    [KZ_LOOK_FILE_HEX] = {is_lower_hex_of, NULL, true},
    [KZ_LOOK_FILE_PEHASH] = {is_lower_hex_of, PEHASH_WORDS, true},
    [KZ_LOOK_FILE_TLSH] = {is_tlsh, TLSH_WORDS, true},
    [KZ_LOOK_FILE_SSDEEP] = {is_ssdeep, SSDEEP_WORDS, true},
    [KZ_LOOK_FILE_IMPFUZZY] = {is_impfuzzy, IMPFUZZY_WORDS, true},
    [KZ_LOOK_FILE_VHASH] = {is_line, "The value has to be filename|string.",
                            true},
    [KZ_LOOK_DOMAIN] = {is_name, "Domain " NAME_WORDS, false},
    [KZ_LOOK_HOSTNAME] = {is_name, "Hostname " NAME_WORDS, false},
    [KZ_LOOK_PORT] = {is_port,
                      "Port numbers have to be integers between 1 and 65535.",
                      false},
    [KZ_LOOK_ONION] = {is_onion, "Onion address has an invalid format.", false},
    [KZ_LOOK_PAIRS] = {are_pairs, "MAC address has an invalid format.", false},
    [KZ_LOOK_EMAIL] = {is_email,
                       "Email address has an invalid format. Please double "
                       "check the value or select type \"other\".",
                       false},
    [KZ_LOOK_LINK] = {is_link, "Link has to be a valid URL.", false},
    [KZ_LOOK_HTTP_METHOD] = {is_http_method, "Unknown HTTP method.", false},
    [KZ_LOOK_HEX_DIGITS] = {are_hex, "Value has to be a hexadecimal string.",
                            false},
    [KZ_LOOK_SSH] = {is_ssh_fingerprint,
                     "SSH fingerprint must be in MD5 or SHA256 format.", false},
    [KZ_LOOK_VULNERABILITY] = {is_vulnerability,
                               "Invalid vulnerability ID format.", false},
    [KZ_LOOK_WEAKNESS] = {is_weakness, "Invalid format. Expected: CWE-x...",
                          false},
    [KZ_LOOK_SERVICE] = {is_service,
                         "Invalid format. Only values shorter than 256 "
                         "characters that don't include any forward or "
                         "backward slashes are allowed.",
                         false},
    [KZ_LOOK_MOMENT] = {is_moment, "Datetime has to be in the ISO 8601 format.",
                        false},
    [KZ_LOOK_WHOLE] = {are_digits,
                       "The value has to be a whole number greater or equal 0.",
                       false},
    [KZ_LOOK_INTEGER] = {is_integer, "The value has to be an integer value.",
                         false},
    [KZ_LOOK_NUMBER] = {is_decimal, "The value has to be a number.", false},
    [KZ_LOOK_ALNUM] = {are_alnum, "The value has to be alphanumeric.", false},
    [KZ_LOOK_BOOLEAN] = {is_boolean,
                         "The value has to be either true or false.", false},
    [KZ_LOOK_AS] = {is_as_number,
                    "AS number have to be integer between 1 and 4294967295",
                    false},
    [KZ_LOOK_JSON] = {is_json,
                      "The Cortex analysis result has to be a valid JSON "
                      "string.",
                      false},
    [KZ_LOOK_UUID] = {is_uuid, "The value has to be a valid UUID format.",
                      false},
};

static kz_rc check_look(struct kz_check check, kz_str value,
                        struct kz_err *err) {
  const struct look *look = &looks[check.look];
  kz_str tested = value;
  if (look->follows_file) {
    kz_str halves[2];
    if (!split(value, '|', halves) || halves[0].len == 0) {
      return kz_err_set(err, KZ_E_INPUT, "There is no file name before a '|'.");
    }
    if (has_line_break(halves[0])) {
      return kz_err_set(err, KZ_E_INPUT,
                        "Filename must not contain new line character.");
    }
    tested = halves[1];
  }
  if (look->is_good(tested, check.size)) {
    return KZ_OK;
  }
  if (look->words) {
    return kz_err_set(err, KZ_E_INPUT, "%s", look->words);
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "Checksum has an invalid length or format (expected: %s%u "
                    "hexadecimal characters). Please double check the value or "
                    "select type \"other\".",
                    look->follows_file ? "filename|" : "", check.size);
}

static kz_rc check_ip(kz_str value, struct kz_err *err) {
  struct kz_addr addr;
  kz_str halves[2];
  if (kz_addr_parse(value, &addr) == KZ_OK) {
    return KZ_OK;
  }
  if (!split(value, '/', halves)) {
    return kz_err_set(err, KZ_E_INPUT, "IP address has an invalid format.");
  }
  if (!are_some(halves[1], kz_is_digit)) {
    return kz_err_set(err, KZ_E_INPUT, "Invalid CIDR notation value found.");
  }
  if (kz_addr_parse(halves[0], &addr) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT, "IP address has an invalid format.");
  }
  if (!is_number_in(halves[1], 0, addr.prefix)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "Invalid CIDR notation value found, for IPv%c must be "
                      "lower or equal %u.",
                      addr.length == 4 ? '4' : '6', addr.prefix);
  }
  return KZ_OK;
}

/* Two parts with a '|' between; what each must be is in `look`. */
static kz_rc check_network_pair(enum kz_look look, kz_str value,
                                struct kz_err *err) {
  kz_str halves[2];
  if (!split(value, '|', halves)) {
    return kz_err_set(err, KZ_E_INPUT, "There is no '|' in the value.");
  }
  enum kz_look name =
      look == KZ_LOOK_NAME_IP ? KZ_LOOK_DOMAIN : KZ_LOOK_HOSTNAME;
  kz_rc rc = look == KZ_LOOK_IP_PORT
                 ? check_ip(halves[0], err)
                 : check_look((struct kz_check){name, 0}, halves[0], err);
  if (rc != KZ_OK || look == KZ_LOOK_NAME_IP) {
    return rc != KZ_OK ? rc : check_ip(halves[1], err);
  }
  return check_look((struct kz_check){KZ_LOOK_PORT, 0}, halves[1], err);
}

kz_rc kz_check_value(struct kz_check check, kz_str value, struct kz_err *err) {
  if (check.look == KZ_LOOK_IP) {
    return check_ip(value, err);
  }
  if (check.look == KZ_LOOK_IP_PORT || check.look == KZ_LOOK_NAME_IP ||
      check.look == KZ_LOOK_NAME_PORT) {
    return check_network_pair(check.look, value, err);
  }
  return check_look(check, value, err);
}
