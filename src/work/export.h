/* The verb "export": what a search finds, in a format for other programs, made
 * piece by piece in constant memory. */
#ifndef KZ_WORK_EXPORT_H
#define KZ_WORK_EXPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "format/exporter.h"
#include "model/viewer.h"
#include "work/house.h"
#include "work/search.h"

enum kz_export_kind {
  KZ_EXPORT_EVENTS,     /* {"response":[{"Event":..}, ..]}: whole events */
  KZ_EXPORT_NDJSON,     /* {"Event":..} a line */
  KZ_EXPORT_XML,        /* the same events as XML */
  KZ_EXPORT_ATTRIBUTES, /* {"response":{"Attribute":[..]}} */
  KZ_EXPORT_COUNT,      /* how many attributes are found, a number */
  KZ_EXPORT_ROWS,       /* attributes, by an exporter (format/exporter.h) */
};

struct kz_export_format {
  enum kz_export_kind kind;
  const struct kz_exporter *exporter;   /* of rows, else NULL */
  struct kz_exporter_settings settings; /* its; ours until changed */
};

/* "misp" or "json", "ndjson", "xml", "attributes", "count", or the name of an
 * exporter; KZ_E_INPUT. */
KZ_MUST_USE kz_rc kz_export_format(kz_str name, struct kz_export_format *ret,
                                   struct kz_err *err);
/* The Content-Type of a format; static. */
kz_str kz_export_type(const struct kz_export_format *format);

/* Puts what the server's settings say into those of an exporter: its own
 * address and the head of RPZ. Texts live in `arena`. */
void kz_export_settings(struct kz_house *house, struct kz_arena *arena,
                        struct kz_exporter_settings *settings);

struct kz_export;

/* Asks the question and begins. Whole events are those with at least one
 * attribute that is found (all events, if nothing is asked for) and carry
 * deleted children unless the search says otherwise; offset and limit count
 * what is written: events or attributes. Rows come in order of event and
 * attribute. A format that blocks things takes what is to_ids and published,
 * unless the search says something else of either at its top; not so text,
 * which is for pipes. The search's texts and the viewer's groups must outlive
 * this call and the export, respectively; the settings' texts the export too.
 * The caller owns the export. */
KZ_MUST_USE kz_rc kz_export_new(struct kz_house *house,
                                const struct kz_viewer *viewer,
                                const struct kz_search *search,
                                const struct kz_export_format *format,
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
