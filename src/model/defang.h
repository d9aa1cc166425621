/* Defanged text and back: hxxp://evil[.]example, 192.0.2[.]1, user[at]host.
 *
 * Pure functions, any thread. */
#ifndef KZ_MODEL_DEFANG_H
#define KZ_MODEL_DEFANG_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/str.h"

/* Undoes every usual way of defanging inside one token. Text without any is
 * returned as it is; otherwise the result lives in `arena`. Doing it twice
 * changes nothing more. */
KZ_MUST_USE kz_rc kz_refang(kz_str token, struct kz_arena *arena, kz_str *ret);

/* Undoes only what MISP undoes in the value of a type: which of
 *   DOT     [.] [dot] (dot)
 *   SCHEME  hxxp hxtp htxp meow h[tt]p in front, [hxxp://]
 *   AT      [@] [at]
 *   COLON   [:]
 * (kz_type_refang says it). Otherwise like kz_refang. */
enum {
  KZ_REFANG_DOT = 1u << 0,
  KZ_REFANG_SCHEME = 1u << 1,
  KZ_REFANG_AT = 1u << 2,
  KZ_REFANG_COLON = 1u << 3,
};
KZ_MUST_USE kz_rc kz_refang_value(kz_str value, unsigned which,
                                  struct kz_arena *arena, kz_str *ret);

/* Makes an ip, network, name, URL or e-mail harmless for people: hxxp, [.] and
 * [@]. Other text is returned as it is. */
KZ_MUST_USE kz_rc kz_defang(kz_str value, struct kz_arena *arena, kz_str *ret);

#endif
