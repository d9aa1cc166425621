/* Values, one a line, for block lists and pipes. */
#ifndef KZ_FORMAT_TEXT_H
#define KZ_FORMAT_TEXT_H

#include "base/buf.h"
#include "base/str.h"

/* Appends `value` as one line. Line ends inside of it (rules, mail bodies)
 * become a space each, so that a line is a value for whoever reads it. */
void kz_text_line(struct kz_buf *out, kz_str value);

#endif
