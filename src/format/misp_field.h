/* Where one member of MISP's JSON goes in a struct and how; and how a single
 * value gets there, with MISP's habits: numbers come as "5" or 5, truth as
 * true, 1 or "1", and an empty text where a number, a time or a uuid is due
 * says nothing.
 *
 * Inside format/ only. Pure, any thread. */
#ifndef KZ_FORMAT_MISP_FIELD_H
#define KZ_FORMAT_MISP_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

enum kz_field_kind {
  KZ_FIELD_EXTRA, /* not modelled: kept raw */
  KZ_FIELD_DROP,  /* local to the sender, or derived */
  KZ_FIELD_TEXT,
  KZ_FIELD_TEXT_OR_NULL, /* null is something that was given */
  KZ_FIELD_FLAG,
  KZ_FIELD_LEVEL, /* uint8_t up to `most` */
  KZ_FIELD_ID,
  KZ_FIELD_LOCAL_ID, /* read only when the sender's ids are ours */
  KZ_FIELD_SECONDS,  /* MISP's timestamp */
  KZ_FIELD_MOMENT,   /* first_seen, last_seen */
  KZ_FIELD_DATE,
  KZ_FIELD_UUID,
  KZ_FIELD_UUID_OR_NONE, /* `second`: the bool that says whether */
  KZ_FIELD_UUID_OR_JUNK, /* the same; what is no uuid counts as none */
  KZ_FIELD_TYPE,
  KZ_FIELD_CATEGORY,
  KZ_FIELD_SIGHTING_KIND,
  KZ_FIELD_THING, /* one `noun` inside the struct */
  KZ_FIELD_LIST,  /* pointer to `noun`s; `second`: how many */
};

struct kz_field {
  enum kz_field_kind kind;
  uint8_t most;
  uint8_t noun; /* enum kz_noun_name */
  uint16_t offset;
  uint16_t second;
  uint32_t given; /* KZ_GAVE_... */
};

/* Puts `token` (anything but the opening of an object or array, a key or an
 * end) where `field` says in `thing`. NULL when that went well, else what is
 * wrong with the value (static words after "the value"); then the part is as
 * before. `*ret_given` tells whether the sender said something. Texts are
 * borrowed from the token. */
const char *kz_misp_field_put(const struct kz_field *field,
                              const struct kz_json_token *token, void *thing,
                              bool *ret_given);

#endif
