/* The hard question is where a name ends in a language without blanks. In
 * 「通信先はevil.exampleです」 the name is ASCII and everything else is not, so
 * a change of script ends it; a label is all dense letters or none. A name
 * like 日本語.jp is found from its dot: to the left as far as the letters go,
 * to the right by the top levels that exist (みんな, not みんなの). Labels that
 * mix both (「例example.jp」) are read from where their ASCII begins; nobody
 * can tell them from a word before a name. */
#include "text/host.h"

#include <stdint.h>
#include <string.h>

#include "model/name.h"

enum {
  LABEL_MAX = 63,
  WIDE_MAX = 3,       /* bytes of a letter in a name that is not ASCII yet */
  DENSE_MAX = 20,     /* letters of a label of dense ones */
  DENSE_RUN_MAX = 80, /* and of what is read to the right */
  DENSE_TOP_MAX = 6, /* letters of the longest such top level (ファッション) */
  LABELS_LEFT = 5, /* labels before one of dense letters */
};

/* RFC 6761, 6762, 7686 and what inner networks and other roots use. */
static bool is_special_top(kz_str top) {
  static const kz_str tops[] = {
      {"example", 7}, {"test", 4},  {"invalid", 7},  {"localhost", 9},
      {"local", 5},   {"onion", 5}, {"internal", 8}, {"lan", 3},
      {"corp", 4},    {"i2p", 3},   {"bit", 3},
  };
  for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
    if (kz_str_eq(top, tops[i])) {
      return true;
    }
  }
  return false;
}

static kz_str top_of(kz_str name) {
  size_t dot = kz_str_rfind_byte(name, '.');
  return dot == SIZE_MAX ? name : kz_str_from(name, dot + 1);
}

bool kz_host_has_top(kz_str name) {
  char folded[LABEL_MAX];
  kz_str top = top_of(name);
  if (top.len < 2 || top.len > LABEL_MAX) {
    return false;
  }
  for (size_t i = 0; i < top.len; i++) {
    folded[i] = kz_to_lower(top.ptr[i]);
  }
  top.ptr = folded;
  return is_special_top(top) || kz_name_tld_known(top);
}

bool kz_host_is_well_formed(kz_str name) {
  size_t label = 0;
  size_t letters = 0;
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    letters += c < 0x80 || c >= 0xC0;
    if (c != '.') {
      label++;
      continue;
    }
    if (label == 0 || label > WIDE_MAX * LABEL_MAX || name.ptr[i - 1] == '-' ||
        (i + 1 < name.len && name.ptr[i + 1] == '-')) {
      return false;
    }
    label = 0;
  }
  return label > 0 && label <= WIDE_MAX * LABEL_MAX && letters <= KZ_NAME_MAX &&
         name.ptr[0] != '-' && name.ptr[name.len - 1] != '-';
}

size_t kz_host_dense_end(const struct kz_plain *plain, size_t at) {
  for (size_t n = 0; n < DENSE_RUN_MAX; n++) {
    size_t len = kz_dense_letter(plain->text + at);
    if (len == 0) {
      break;
    }
    at += len;
  }
  return at;
}

/* Where the last letter before `at` begins, if it is a dense one; else at. */
static size_t step_back(const struct kz_plain *plain, size_t at, size_t floor) {
  size_t from = at;
  while (from > floor && at - from < 4) {
    from--;
    if (((unsigned char)plain->text[from] & 0xC0) != 0x80) {
      return kz_dense_letter(plain->text + from) == at - from ? from : at;
    }
  }
  return at;
}

/* ga de ni ha he wo, in UTF-8. */
static bool is_particle(kz_str letter) {
  static const char particles[] = "\xE3\x81\x8C\xE3\x81\xA7\xE3\x81\xAB"
                                  "\xE3\x81\xAF\xE3\x81\xB8\xE3\x82\x92";
  for (size_t i = 0; i + 3 <= sizeof particles - 1; i += 3) {
    if (letter.len == 3 && memcmp(letter.ptr, particles + i, 3) == 0) {
      return true;
    }
  }
  return false;
}

/* U+3040..U+309F */
static bool is_hiragana(const char *at) {
  return (unsigned char)at[0] == 0xE3 &&
         ((unsigned char)at[1] == 0x81 ||
          ((unsigned char)at[1] == 0x82 && (unsigned char)at[2] < 0xA0));
}

size_t kz_host_dense_start(const struct kz_plain *plain, size_t at,
                           size_t floor) {
  size_t start = at;
  for (size_t n = 0; n < DENSE_MAX; n++) {
    size_t from = step_back(plain, start, floor);
    if (from == start) {
      break;
    }
    kz_str letter = {plain->text + from, start - from};
    bool is_between = start < at && !is_hiragana(plain->text + start) &&
                      step_back(plain, from, floor) < from;
    if (is_between && is_particle(letter)) {
      break;
    }
    start = from;
  }
  return start;
}

/* Where the top level of dense letters at `at` ends: the longest that exists;
 * `at` when none does. libpsl knows top levels in UTF-8 as well as in ASCII. */
static size_t dense_top_end(const struct kz_plain *plain, size_t at) {
  size_t ends[DENSE_TOP_MAX];
  size_t count = 0;
  size_t end = at;
  while (count < DENSE_TOP_MAX && kz_dense_letter(plain->text + end) > 0) {
    end += kz_dense_letter(plain->text + end);
    ends[count++] = end;
  }
  for (; count > 0; count--) {
    kz_str top = {plain->text + at, ends[count - 1] - at};
    if (kz_name_tld_known(top)) {
      return ends[count - 1];
    }
  }
  return at;
}

static bool begins_label(const struct kz_plain *plain, size_t at) {
  char c = plain->text[at];
  return kz_is_alnum(c) || c == '_' || kz_spaced_letter(plain->text + at) > 0 ||
         kz_dense_letter(plain->text + at) > 0;
}

/* Where one label of letters that are not dense ends. */
static size_t spaced_end(const struct kz_plain *plain, size_t at) {
  for (;;) {
    char c = plain->text[at];
    size_t len = kz_is_alnum(c) || c == '-' || c == '_'
                     ? 1
                     : kz_spaced_letter(plain->text + at);
    if (len == 0) {
      return at;
    }
    at += len;
  }
}

/* Where the label at `at` ends. */
static size_t label_end(const struct kz_plain *plain, size_t at) {
  size_t end = spaced_end(plain, at);
  size_t dense = kz_host_dense_end(plain, end);
  if (end == at || dense == end) {
    return dense;
  }
  size_t rest = spaced_end(plain, dense);
  return plain->text[rest] == '.' && begins_label(plain, rest + 1) ? rest : end;
}

size_t kz_host_read(const struct kz_plain *plain, size_t at) {
  size_t start = at;
  size_t last = at; /* where the label before the last dot ends */
  for (;;) {
    size_t label = at;
    at = label_end(plain, label);
    if (at == label) {
      return last;
    }
    bool goes_on = plain->text[at] == '.' && begins_label(plain, at + 1);
    if (!goes_on && label > start && kz_dense_letter(plain->text + label) > 0) {
      size_t top = dense_top_end(plain, label);
      return top > label ? top : last;
    }
    if (!goes_on) {
      return at;
    }
    last = at;
    at++;
    if (at - start > WIDE_MAX * KZ_NAME_MAX) {
      return start;
    }
  }
}

/* Whether the dot at `at` was defanged: then it is a dot and no full stop. */
static bool is_defanged(const struct kz_plain *plain, size_t at) {
  return plain->origin[at + 1] - plain->origin[at] > 1;
}

/* "example.It was" is a sentence without a blank, and "HackTool.Win" the name
 * of a malware: a last label with a capital first and lower case else is none,
 * unless it is a frequent one ("Evil.Com") behind another capital. */
static bool begins_sentence(kz_str name, kz_str top) {
  static const kz_str frequent[] = {{"Com", 3},  {"Net", 3},     {"Org", 3},
                                    {"Info", 4}, {"Example", 7}, {"Test", 4}};
  bool is_title = top.ptr[0] >= 'A' && top.ptr[0] <= 'Z' && top.len > 1 &&
                  top.ptr[1] >= 'a' && top.ptr[1] <= 'z';
  bool is_frequent = false;
  for (size_t i = 0; i < sizeof frequent / sizeof *frequent; i++) {
    is_frequent |= kz_str_eq(top, frequent[i]);
  }
  bool is_lower = name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
  return is_title && (is_lower || !is_frequent);
}

static bool is_run_punctuation(char c) {
  return c == '.' || c == '-' || c == '_';
}

bool kz_host_settle(const struct kz_plain *plain, size_t *start, size_t *end) {
  size_t from = *start;
  size_t to = *end;
  while (to > from && is_run_punctuation(plain->text[to - 1])) {
    to--;
  }
  /* Markdown's _emphasis_ ends with what it begins with. */
  bool is_emphasis = to < *end && plain->text[to] == '_';
  while (from < to && (plain->text[from] == '.' || plain->text[from] == '-' ||
                       (is_emphasis && plain->text[from] == '_'))) {
    from++;
  }
  kz_str name = {plain->text + from, to - from};
  if (kz_str_find_byte(name, '.') == SIZE_MAX ||
      !kz_host_is_well_formed(name)) {
    return false;
  }
  kz_str top = top_of(name);
  if (begins_sentence(name, top) &&
      !is_defanged(plain, from + name.len - top.len - 1)) {
    name.len -= top.len + 1;
    to = from + name.len;
    if (kz_str_find_byte(name, '.') == SIZE_MAX) {
      return false;
    }
  }
  if (!kz_host_has_top(name)) {
    return false;
  }
  *start = from;
  *end = to;
  return true;
}

/* Takes in the labels to the left of the dot at `at`, which dense letters
 * stand before. */
static size_t labels_left(const struct kz_plain *plain, size_t at,
                          size_t floor) {
  size_t start = at;
  for (size_t n = 0; n < LABELS_LEFT; n++) {
    size_t label = kz_host_dense_start(plain, start, floor);
    if (label == start) { /* of other letters */
      while (label > floor && start - label < LABEL_MAX &&
             (kz_is_alnum(plain->text[label - 1]) ||
              plain->text[label - 1] == '-')) {
        label--;
      }
    }
    if (label == start) {
      break;
    }
    start = label;
    if (start == floor || plain->text[start - 1] != '.') {
      return start;
    }
    start--;
  }
  return start < at && plain->text[start] == '.' ? start + 1 : start;
}

/* "ASP.NET" and "Trojan.Win32.Generic.am" are no names, "asp.net" may be one.
 */
static bool is_product(kz_str name) {
  static const kz_str products[] = {
      {"ASP.NET", 7}, {"VB.NET", 6}, {"ADO.NET", 7}, {"ML.NET", 6}};
  static const kz_str platforms[] = {
      {".Win32.", 7}, {".Win64.", 7}, {".MSIL.", 6}, {".AndroidOS.", 11}};
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    if (kz_str_eq(name, products[i])) {
      return true;
    }
  }
  for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
    if (kz_str_find(name, platforms[i]) != SIZE_MAX) {
      return true;
    }
  }
  return false;
}

bool kz_host_find(const struct kz_plain *plain, const struct kz_run *run,
                  struct kz_hit *ret) {
  size_t start = run->start;
  size_t end = run->end;
  if (plain->text[start] == '.') {
    start = labels_left(plain, start, run->floor);
  }
  if (plain->text[end - 1] == '.' && kz_dense_letter(plain->text + end) > 0) {
    size_t dense = kz_host_dense_end(plain, end);
    if (plain->text[dense] == '.' && begins_label(plain, dense + 1)) {
      return false; /* the next run will be the end of this name */
    }
    end = dense_top_end(plain, end);
  }
  if (!kz_host_settle(plain, &start, &end)) {
    return false;
  }
  kz_str name = {plain->text + start, end - start};
  bool is_call = plain->text[end] == '(' && plain->text[end + 1] == ')';
  if (is_call || is_product(name)) {
    return false;
  }
  kz_hit_set(ret, plain, start, end, KZ_TYPE_DOMAIN, KZ_KIND_NAME);
  return true;
}
