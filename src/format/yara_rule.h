/* Whether text that calls itself YARA is whole rules and nothing more: read to
 * the ends of its strings, regular expressions, comments and braces, so that
 * put between other rules it cannot reach into them. Pure, any thread. */
#ifndef KZ_FORMAT_YARA_RULE_H
#define KZ_FORMAT_YARA_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { KZ_YARA_RULES_MAX = 64, KZ_YARA_BYTES_MAX = 1 << 20 };

struct kz_yara_names {
  kz_str names[KZ_YARA_RULES_MAX]; /* point into the text */
  size_t count;
};

/* The names of the rules. False: not whole, more than the maximum, a name
 * twice, a global rule (it would decide about all others), an include, or a
 * module that not every YARA has. */
bool kz_yara_read(kz_str text, struct kz_yara_names *ret);

/* Whether it is a hex string, "{ 4D 5A ?? 00 }": pairs of digits and wildcards
 * with a digit at both ends. */
bool kz_yara_is_hex(kz_str text);

#endif
