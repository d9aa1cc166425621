/* Questions about all bytes of a text, answered eight bytes at a time and
 * without a branch a byte: digits and letters come in no order that a branch
 * predictor could learn.
 *
 * Pure functions, any thread. True for the empty text, except has_upper. */
#ifndef KZ_MODEL_ASCII_H
#define KZ_MODEL_ASCII_H

#include <stdbool.h>

#include "base/str.h"

bool kz_ascii_has_upper(kz_str text);
bool kz_ascii_is_hex(kz_str text);       /* 0-9 a-f A-F */
bool kz_ascii_is_lower_hex(kz_str text); /* 0-9 a-f */
bool kz_ascii_is_name(kz_str text);      /* A-Z a-z 0-9 '.' '-' '_' */

#endif
