/* Finds the events in a stream of MISP's JSON of any size, fed in pieces, in
 * constant memory: one event's text at most, and that only when it stands
 * across two pieces.
 *
 * Taken are single events and several on end, with or without line ends
 * between them (NDJSON), arrays of them, {"response":[...]} and
 * {"response":{...}}; a byte order mark at the start is passed over. What an
 * event is it does not judge: a value that begins with '{' where an event may
 * stand is handed out, to its closing bracket or, when the brackets do not
 * match, to the line on which the next event begins or the end of the stream.
 * The reader of the text then says what is wrong with it, and where. */
#ifndef KZ_FORMAT_MISP_SPLIT_H
#define KZ_FORMAT_MISP_SPLIT_H

#include <stddef.h>

#include "base/json.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_misp_split;

struct kz_misp_split_sink {
  void *ctx;
  /* The text of one event, valid during the call, and where it begins in the
   * stream. Anything but KZ_OK stops the splitting with that code. */
  kz_rc (*event)(void *ctx, kz_str text, const struct kz_json_place *origin);
  /* Bytes that are not part of an event or what may surround one. */
  void (*problem)(void *ctx, const struct kz_json_place *place,
                  const char *message);
};

/* Begins a stream. An event of more than `ceiling` bytes is a problem and is
 * passed over. The caller owns the splitter and keeps the sink's target alive.
 * NULL when out of memory. */
struct kz_misp_split *kz_misp_split_new(const struct kz_misp_split_sink *sink,
                                        size_t ceiling);
void kz_misp_split_free(struct kz_misp_split *split);

/* Goes on with the next bytes of the stream. KZ_E_MEMORY, or what the sink's
 * event returned; after either only kz_misp_split_free may follow. */
KZ_MUST_USE kz_rc kz_misp_split_feed(struct kz_misp_split *split, kz_str bytes);

/* The stream is over: hands out what has begun and reports a list that was not
 * closed. */
KZ_MUST_USE kz_rc kz_misp_split_end(struct kz_misp_split *split);

#endif
