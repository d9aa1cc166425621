/* What values must look like; type.def says which type has which look. Private
 * to the values: others call kz_value_check.
 *
 * Hand-written where MISP has a regular expression: a check of a common type
 * costs tens of nanoseconds, and nothing is allocated. */
#ifndef KZ_MODEL_CHECK_H
#define KZ_MODEL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_look {
  KZ_LOOK_ANY,
  KZ_LOOK_LINE, /* no line break */
  KZ_LOOK_HEX,  /* exactly `size` hex digits */
  KZ_LOOK_PEHASH,
  KZ_LOOK_TLSH,
  KZ_LOOK_TELFHASH,
  KZ_LOOK_CDHASH, /* at least `size` lower-case hex digits */
  KZ_LOOK_SSDEEP,
  KZ_LOOK_IMPFUZZY,
  KZ_LOOK_FILE_HEX, /* file name, '|', exactly `size` lower-case hex digits */
  KZ_LOOK_FILE_PEHASH,
  KZ_LOOK_FILE_TLSH,
  KZ_LOOK_FILE_SSDEEP,
  KZ_LOOK_FILE_IMPFUZZY,
  KZ_LOOK_FILE_VHASH,
  KZ_LOOK_IP,
  KZ_LOOK_PORT,
  KZ_LOOK_IP_PORT,
  KZ_LOOK_DOMAIN,
  KZ_LOOK_HOSTNAME,
  KZ_LOOK_NAME_IP,
  KZ_LOOK_NAME_PORT,
  KZ_LOOK_ONION,
  KZ_LOOK_PAIRS, /* `size` lower-case hex pairs with ':' between */
  KZ_LOOK_EMAIL,
  KZ_LOOK_LINK,
  KZ_LOOK_HTTP_METHOD,
  KZ_LOOK_HEX_DIGITS,
  KZ_LOOK_SSH,
  KZ_LOOK_VULNERABILITY,
  KZ_LOOK_WEAKNESS,
  KZ_LOOK_SERVICE,
  KZ_LOOK_MOMENT,
  KZ_LOOK_WHOLE,
  KZ_LOOK_INTEGER,
  KZ_LOOK_NUMBER,
  KZ_LOOK_ALNUM,
  KZ_LOOK_BOOLEAN,
  KZ_LOOK_AS,
  KZ_LOOK_JSON,
  KZ_LOOK_UUID,
};

/* What a value of one type must look like. */
struct kz_check {
  enum kz_look look;
  uint8_t size;
};

/* Whether `value`, which is not empty, looks as `check` wants it; KZ_E_INPUT
 * with MISP's words in `err` when not. */
KZ_MUST_USE kz_rc kz_check_value(struct kz_check check, kz_str value,
                                 struct kz_err *err);

/* Whether MISP takes `text` for a domain or host name: far looser than the
 * DNS, and looser than kz_kind_is_name. */
bool kz_check_is_name(kz_str text);

#endif
