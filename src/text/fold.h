/* Full-width and half-width forms of one and the same character.
 *
 * Japanese text writes "１９２．０．２．１" and "ｴﾋﾞﾙ" as well as "192.0.2.1"
 * and "エビル"; folded text has the second forms: ASCII of the usual width,
 * katakana of full width. It is what NFKC does to these blocks and nothing
 * else: ligatures, superscripts and compatibility ideographs stay. Pure
 * functions, any thread. */
#ifndef KZ_TEXT_FOLD_H
#define KZ_TEXT_FOLD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/rc.h"
#include "base/str.h"

/* The character of usual width; `point` itself when it has no other. A
 * half-width voicing mark becomes the combining one. */
uint32_t kz_fold_point(uint32_t point);

/* Appends `text` with every character folded and voicing marks joined to the
 * katakana before them; bytes that are no UTF-8 stay. The result is at most as
 * long as the text. KZ_E_MEMORY, also at the buffer's maximum. */
KZ_MUST_USE kz_rc kz_fold_width(kz_str text, struct kz_buf *out);

#endif
