/* What a reader of MISP's JSON is given, and how it tells of what is wrong. */
#ifndef KZ_FORMAT_MISP_INPUT_H
#define KZ_FORMAT_MISP_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/* Something that was left out. */
struct kz_misp_problem {
  /* Counted from the input's origin: where the thing begins, or, when it is
   * not even an object, ends; where the JSON breaks. */
  struct kz_json_place place;
  const char *noun; /* "event", "attribute" ... */
  size_t index;     /* its number in its list, from 0 */
  kz_str field;     /* the member at fault; may be empty */
  bool skipped; /* not wrong: MISP has (value, type, category) once an event */
  const char *message;
};

/* What to read and how. */
struct kz_misp_input {
  kz_str text;
  struct kz_arena *arena; /* for what is not borrowed from the text */
  bool partial;    /* an edit: nothing need be there, `given` says what is */
  bool need_uuid;  /* an event without a uuid is refused */
  bool keep_ids;   /* the sender's ids are ours: an edit by our own client */
  size_t file_max; /* bytes of an attachment before base64; 0: any */
  /* Where the text begins in its file; zeroed: it is the file. */
  struct kz_json_place origin;
  void *ctx;
  /* Called for each problem; NULL: nobody asks. The problem and its words live
   * as long as the call. */
  void (*report)(void *ctx, const struct kz_misp_problem *problem);
};

#endif
