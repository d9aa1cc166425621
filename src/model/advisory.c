/* The forms are pictures: '#' is a digit, '9' a digit that may be missing, '*'
 * any more digits, '@' a letter or digit, '~' words joined by single hyphens
 * ("20-ios_xe"), anything else itself in upper or lower case. */
#include "model/advisory.h"

static const char *const pictures[] = {
    "cve-####-####*",      "gcve-#*-####-#*",      "fkie_cve-####-####*",
    "ghsa-@@@@-@@@@-@@@@", "pysec-####-##999",     "gsd-####-####9",
    "mal-####-#*",         "wid-sec-w-####-####",  "ncsc-####-####",
    "ssa-######",          "rhba-####:####*",      "rhea-####:####*",
    "rhsa-####:####*",     "icsma-##-###-##",      "icsa-##-###-##",
    "va-##-###-##",        "cisco-sa-~",           "sca-####-####*",
    "nn-####:#-##",        "nn-####_#-##",         "oxas-adv-####-####",
    "msrc_cve-####-####*", "var-######-####",      "jvndb-####-######",
    "ts-####-####",        "suse-su-####:####*-#", "opensuse-su-####:####*-#",
    "cnvd-####-#####",     "certfr-####-avi-####", "certfr-####-ale-###",
};

enum { PICTURE_COUNT = sizeof pictures / sizeof *pictures };

static bool are_words(kz_str text) {
  bool in_word = false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '-') {
      if (!in_word) {
        return false;
      }
      in_word = false;
    } else if (kz_is_alnum(text.ptr[i]) || text.ptr[i] == '_') {
      in_word = true;
    } else {
      return false;
    }
  }
  return in_word;
}

/* Whether one byte stands for one mark of a picture. */
static bool shows(char mark, char c) {
  switch (mark) {
  case '#':
  case '9':
  case '*':
    return kz_is_digit(c);
  case '@':
    return kz_is_alnum(c);
  default:
    return kz_to_lower(c) == mark;
  }
}

/* Optional digits stand last or before a mark that is no digit, so taking as
 * many as there are is never wrong. */
static bool matches(const char *picture, kz_str text) {
  size_t at = 0;
  for (const char *mark = picture; *mark != '\0'; mark++) {
    if (*mark == '~') {
      return are_words(kz_str_from(text, at));
    }
    bool shown = at < text.len && shows(*mark, text.ptr[at]);
    if (*mark == '*') {
      while (at < text.len && kz_is_digit(text.ptr[at])) {
        at++;
      }
    } else if (shown) {
      at++;
    } else if (*mark != '9') {
      return false;
    }
  }
  return at == text.len;
}

bool kz_advisory_is_id(kz_str text) {
  for (size_t i = 0; i < PICTURE_COUNT; i++) {
    if (matches(pictures[i], text)) {
      return true;
    }
  }
  return false;
}
