/* Brackets that defang: "[.]", "(dot)", "{at}", "[://]", "［ドット］".
 *
 * kz_refang of model/defang.h does the same to one token; here the ends of
 * tokens are not known yet, because the brackets stand in their midst and may
 * hold white space. */
#ifndef KZ_TEXT_BRACKET_H
#define KZ_TEXT_BRACKET_H

#include <stddef.h>

#include "base/str.h"

/* Reads a defanging bracket at the front of `text`, full-width or not, white
 * space inside ignored. Returns its length in bytes and what it stands for
 * (static); 0 when there is none. Looks at no more than 64 bytes. */
size_t kz_bracket_read(kz_str text, kz_str *ret_plain);

#endif
