/* Characters written as something else: HTML's &#46; and &amp;, JSON's \u002e
 * and \/, quoted-printable's =2E. Pure functions, any thread. */
#ifndef KZ_TEXT_REFERENCE_H
#define KZ_TEXT_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Each reads one reference at the front of `text`: its length in bytes, and
 * the character it stands for; 0 when there is none. */

/* "&amp;" and the other names that turn up in values, "&#46;", "&#x2e;". */
size_t kz_reference_html(kz_str text, uint32_t *ret_point);

/* A backslash and what follows it in a JSON string. A pair of surrogates is
 * one character. */
size_t kz_reference_json(kz_str text, uint32_t *ret_point);

/* "=2E" and the soft line break "=\r\n", whose character is 0. Bytes of 0x80
 * and more are not undone: "=E3" alone is no character. */
size_t kz_reference_quoted(kz_str text, uint32_t *ret_point);

#endif
