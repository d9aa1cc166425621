/* What MISP's JSON says about each noun, as tables: which member goes into
 * which part of the struct, what is local to the sender and dropped, and what
 * a noun must have. The one reader (misp_reader.h) goes by them.
 *
 * Inside format/ only. */
#ifndef KZ_FORMAT_MISP_NOUN_H
#define KZ_FORMAT_MISP_NOUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "format/misp_member.h"

struct kz_misp_reader;

enum kz_noun_name {
  KZ_NOUN_EVENT,
  KZ_NOUN_ATTRIBUTE, /* outside objects */
  KZ_NOUN_OBJECT_ATTRIBUTE,
  KZ_NOUN_OBJECT,
  KZ_NOUN_REFERENCE,
  KZ_NOUN_REPORT,
  KZ_NOUN_TAG_USE,
  KZ_NOUN_SIGHTING,
  KZ_NOUN_ORG,
  KZ_NOUN_COUNT
};

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

enum { KZ_NO_OFFSET = UINT16_MAX };

struct kz_noun {
  const char *name;
  kz_str wrapper; /* the member it is wrapped in */
  size_t size;
  uint16_t given; /* offset of `given`, or KZ_NO_OFFSET */
  uint16_t extra;
  const struct kz_field *fields; /* by enum kz_member */
  /* Sets the defaults in a zeroed struct; NULL: zero is right. */
  void (*begin)(void *thing);
  /* Judges and completes a struct that is read: KZ_OK, KZ_UNCHANGED (a
   * duplicate that MISP leaves out), KZ_E_INPUT with words in the reader's err
   * and the member at fault, or a failure that ends the reading. NULL: all is
   * well. */
  kz_rc (*finish)(struct kz_misp_reader *reader, void *thing,
                  enum kz_member *ret_field);
};

const struct kz_noun *kz_noun(enum kz_noun_name name);

#endif
