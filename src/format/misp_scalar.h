/* One JSON value into one part of a struct, with MISP's habits: numbers come
 * as "5" or 5, truth as true, 1 or "1", and an empty text where a number, a
 * time or a uuid is due says nothing.
 *
 * Inside format/ only. Pure, any thread. */
#ifndef KZ_FORMAT_MISP_SCALAR_H
#define KZ_FORMAT_MISP_SCALAR_H

#include <stdbool.h>

#include "base/json.h"
#include "format/misp_noun.h"

/* Puts `token` (anything but the opening of an object or array, a key or an
 * end) where `field` says in `thing`. NULL when that went well, else what is
 * wrong with the value (static words after "the value"); then the part is as
 * before. `*ret_given` tells whether the sender said something. Texts are
 * borrowed from the token. */
const char *kz_misp_scalar(const struct kz_field *field,
                           const struct kz_json_token *token, void *thing,
                           bool *ret_given);

#endif
