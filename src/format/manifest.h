/* manifest.json of a MISP feed: which events there are, and in short what each
 * is: {"UUID":{"info":...,"date":...,"timestamp":...,"Orgc":{},"Tag":[]}}. The
 * event itself is UUID.json beside it.
 *
 * Pure, any thread. */
#ifndef KZ_FORMAT_MANIFEST_H
#define KZ_FORMAT_MANIFEST_H

#include <stddef.h>

#include "base/err.h"
#include "base/jsonw.h"
#include "base/rc.h"
#include "format/misp_read.h"
#include "model/event.h"

struct kz_manifest {
  struct kz_event *entries; /* the heads; what else is there is in `extra` */
  size_t count;
};

/* Reads a manifest; texts are borrowed as kz_misp_read_event has it. An entry
 * with problems, or whose key is not a uuid, is reported and left out; a uuid
 * that stands twice counts once. KZ_E_INPUT when it is not JSON or not an
 * object. */
KZ_MUST_USE kz_rc kz_manifest_read(struct kz_misp_reader *reader,
                                   const struct kz_misp_input *input,
                                   struct kz_manifest *ret, struct kz_err *err);

/* Writes the member of one event into the manifest's object, which the caller
 * opens and closes. */
void kz_manifest_write_entry(struct kz_jsonw *w, const struct kz_event *event);

#endif
