/* Exporters: attributes in, a format of another program out, one attribute at a
 * time. `format/exporter.def` lists them; each is one file here.
 *
 * What a format cannot express is left out and counted in a comment at the end
 * of the export. No value can be more than a value of the format: a writer lets
 * through what it knows to be harmless and escapes or leaves out the rest.
 *
 * Memory does not grow with the export but by a hash of each distinct value or
 * name, where a format must not repeat them. An export belongs to one thread at
 * a time; failures of `out` stick to it. */
#ifndef KZ_FORMAT_EXPORTER_H
#define KZ_FORMAT_EXPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rc.h"
#include "base/str.h"
#include "format/export_row.h"
#include "format/export_settings.h"

struct kz_exporter;
struct kz_exporting; /* one export on its way */

/* The exporter of that name (returnFormat, any case); NULL: there is none. */
const struct kz_exporter *kz_exporter_find(kz_str name);
/* By number, for lists; NULL past the last. */
const struct kz_exporter *kz_exporter_at(size_t index);
kz_str kz_exporter_name(const struct kz_exporter *exporter);
/* The Content-Type; static. */
kz_str kz_exporter_type(const struct kz_exporter *exporter);
/* Whether it is for machines that block: to_ids and published only, unless
 * something else is asked for. */
bool kz_exporter_is_restrictive(const struct kz_exporter *exporter);

/* Whether it looks at the attribute alone: of the event only the id counts. */
bool kz_exporter_is_bare(const struct kz_exporter *exporter);

/* NULL: out of memory. The caller closes it. */
struct kz_exporting *
kz_exporter_open(const struct kz_exporter *exporter,
                 const struct kz_exporter_settings *settings);
void kz_exporter_close(struct kz_exporting *x); /* NULL is fine */

/* Appends to `out`: the head, an event that may have no attributes, an
 * attribute, the end. Attributes come event by event. KZ_E_LIMIT and
 * KZ_E_MEMORY when there are too many distinct values. */
KZ_MUST_USE kz_rc kz_exporter_begin(struct kz_exporting *x, struct kz_buf *out);
KZ_MUST_USE kz_rc kz_exporter_event(struct kz_exporting *x, struct kz_buf *out,
                                    const struct kz_event *event);
KZ_MUST_USE kz_rc kz_exporter_row(struct kz_exporting *x, struct kz_buf *out,
                                  const struct kz_export_row *row);
KZ_MUST_USE kz_rc kz_exporter_end(struct kz_exporting *x, struct kz_buf *out);

#endif
