/* Hashes of files in plain text. */
#ifndef KZ_TEXT_DIGEST_H
#define KZ_TEXT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "text/hit.h"
#include "text/plain.h"

/* Whether `word` is a hash by its length and digits; its type. Words of
 * decimal digits alone, or of one digit repeated, are none. */
bool kz_digest_is_hash(kz_str word, kz_type *ret_type);

/* The ssdeep hash (block size, ':', two pieces of base64) whose block size
 * begins the run. Times ("12:30:45") are none. */
bool kz_digest_find_ssdeep(const struct kz_plain *plain,
                           const struct kz_run *run, struct kz_hit *ret);

/* The type of "file name|hash" for a hash of that type. */
kz_type kz_digest_with_name(kz_type hash);

#endif
