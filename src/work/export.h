/* The verb "export": what a search finds, in a format for other programs, made
 * piece by piece in constant memory. */
#ifndef KZ_WORK_EXPORT_H
#define KZ_WORK_EXPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "work/house.h"
#include "work/search.h"

enum kz_export_format {
  KZ_EXPORT_EVENTS,     /* {"response":[{"Event":..}, ..]}: whole events */
  KZ_EXPORT_NDJSON,     /* {"Event":..} a line */
  KZ_EXPORT_ATTRIBUTES, /* {"response":{"Attribute":[..]}} */
  KZ_EXPORT_CSV,
  KZ_EXPORT_TEXT, /* values, one a line */
};

/* "misp" or "json", "ndjson", "attributes", "csv", "text"; KZ_E_INPUT. */
KZ_MUST_USE kz_rc kz_export_format(kz_str name, enum kz_export_format *ret,
                                   struct kz_err *err);
/* The Content-Type of a format; static. */
kz_str kz_export_type(enum kz_export_format format);

struct kz_export;

/* Asks the question and begins. Whole events are those with at least one
 * attribute that is found (all events, if nothing is asked for) and carry
 * deleted children unless the search says otherwise; offset and limit count
 * what is written: events or attributes. Rows come in order of event and
 * attribute. The search's texts and the viewer's groups must outlive this call
 * and the export, respectively. The caller owns the export. */
KZ_MUST_USE kz_rc kz_export_new(struct kz_house *house,
                                const struct kz_viewer *viewer,
                                const struct kz_search *search,
                                enum kz_export_format format,
                                struct kz_export **ret_export,
                                struct kz_err *err);

/* One event alone, {"Event":..}, by id or uuid; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_export_event(struct kz_house *house,
                                  const struct kz_viewer *viewer, kz_str ref,
                                  enum kz_deleted wanted,
                                  struct kz_export **ret_export,
                                  struct kz_err *err);
void kz_export_free(struct kz_export *export);

/* Appends the next piece: some 64 KB, never more than 4 MB. KZ_OK: there may
 * be more; KZ_END: that was all. One thread at a time. */
KZ_MUST_USE kz_rc kz_export_fill(struct kz_export *export, struct kz_buf *out,
                                 struct kz_err *err);

#endif
