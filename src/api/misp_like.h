/* MISP's filters compare as SQL's LIKE does: any case, '%' for anything at the
 * ends, a backslash before what is meant as it stands. Pure, any thread. */
#ifndef KZ_API_MISP_LIKE_H
#define KZ_API_MISP_LIKE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/rc.h"
#include "base/str.h"

/* Whether `text` is `pattern`; '%' at its ends stands for anything. */
bool kz_misp_like(kz_str text, kz_str pattern);
/* Whether `text` contains `part`. */
bool kz_misp_contains(kz_str text, kz_str part);

/* Without the backslashes that protect a character; in `arena` when there is
 * one. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_misp_like_unescape(kz_str text, struct kz_arena *arena,
                                        kz_str *ret);

#endif
