/* Exporters as MISP's parameters set them. */
#ifndef KZ_API_MISP_EXPORTER_H
#define KZ_API_MISP_EXPORTER_H

#include "api/misp_call.h"
#include "base/err.h"
#include "format/exporter.h"

/* Opens one with what the request says: requested_attributes, includeContext
 * and headerless of csv, includeEventUuid of cache, the head of rpz. Texts are
 * copied into `arena`, which must live as long as the export. KZ_E_INPUT. */
KZ_MUST_USE kz_rc kz_misp_open_exporter(struct kz_misp_call *call,
                                        const struct kz_exporter *exporter,
                                        struct kz_arena *arena,
                                        struct kz_exporting **ret,
                                        struct kz_err *err);

#endif
