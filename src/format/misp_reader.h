/* The one reader behind format/misp_read.h: goes through a noun's members by
 * its table (misp_noun.c), keeps what the table does not know, and leaves out
 * what is wrong.
 *
 * Inside format/ only. */
#ifndef KZ_FORMAT_MISP_READER_H
#define KZ_FORMAT_MISP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/uuid.h"
#include "format/misp_field.h"
#include "format/misp_input.h"
#include "format/misp_member.h"
#include "format/seen.h"

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

struct kz_misp_reader {
  const struct kz_noun *nouns; /* by enum kz_noun_name */

  /* For one text. */
  struct kz_json json;
  const struct kz_misp_input *input;
  uint64_t lines_before; /* of the byte below: places are asked in order */
  size_t lines_at;
  size_t line_start;
  struct kz_err err; /* words of the problem that a rule has just found */

  /* Kept from text to text. */
  struct kz_buf lists[KZ_NOUN_COUNT]; /* the list of each noun being read */
  struct kz_buf extras;               /* stack of struct kz_misp_extra */
  struct kz_buf joined;
  struct kz_buf uuids; /* all that the event has so far */
  struct kz_seen seen_uuids;
  struct kz_seen seen_values; /* attributes outside objects, by list number */
  uint64_t seed;
};

/* Begins a text. */
void kz_misp_reader_start(struct kz_misp_reader *reader,
                          const struct kz_misp_input *input);

/* Reads the members of one thing, whose `{` was just read, into the zeroed
 * struct, up to its `}`. `*ret_good` is false when it must be left out: that
 * has been reported. A failure is one of JSON or memory. `index` is its number
 * in its list. */
KZ_MUST_USE kz_rc kz_misp_reader_thing(struct kz_misp_reader *reader,
                                       const struct kz_noun *noun, size_t index,
                                       void *thing, bool *ret_good);

/* Reads a list whose first token is `first`: an array, a single object, or
 * nothing (null, false, ""). The items go to the arena. */
KZ_MUST_USE kz_rc kz_misp_reader_list(struct kz_misp_reader *reader,
                                      const struct kz_noun *noun,
                                      const struct kz_json_token *first,
                                      void **ret_items, size_t *ret_count);

/* The same in steps, for lists that come in another form. An item begins with
 * its first token `token`, just read; `index` is its number. Those that are
 * good stand in `lists` until the list is taken to the arena. */
void kz_misp_reader_begin_list(struct kz_misp_reader *reader,
                               const struct kz_noun *noun);
KZ_MUST_USE kz_rc kz_misp_reader_item(struct kz_misp_reader *reader,
                                      const struct kz_noun *noun,
                                      const struct kz_json_token *token,
                                      size_t index);
KZ_MUST_USE kz_rc kz_misp_reader_take_list(struct kz_misp_reader *reader,
                                           const struct kz_noun *noun,
                                           void **ret_items, size_t *ret_count);

/* Notes a uuid; KZ_UNCHANGED when the text has had it before. */
KZ_MUST_USE kz_rc kz_misp_reader_claim(struct kz_misp_reader *reader,
                                       const struct kz_uuid *uuid);

/* A problem whose words are in the reader's err. */
struct kz_misp_fault {
  const struct kz_noun *noun;
  size_t index;
  enum kz_member field;
  size_t byte; /* where it begins in the text */
  bool skipped;
};

void kz_misp_reader_report(struct kz_misp_reader *reader,
                           const struct kz_misp_fault *fault);

/* Reads what follows the thing (the ends of its wrappers) to the end of the
 * text. */
KZ_MUST_USE kz_rc kz_misp_reader_rest(struct kz_misp_reader *reader);

/* Puts the words of a failure of JSON (which it reports) or memory into `err`
 * and returns its code. */
kz_rc kz_misp_reader_fail(struct kz_misp_reader *reader,
                          const struct kz_noun *noun, kz_rc rc,
                          struct kz_err *err);

#endif
