/* "csv": a line an attribute. */
#include "format/exporting.h"

static void begin_export(struct kz_exporting *x) {
  if (!x->settings.headerless) {
    kz_csv_header(&x->csv, x->settings.columns);
  }
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  kz_csv_row(&x->csv, row, x->settings.columns);
}

/* MISP ends with an empty line. */
static void end_export(struct kz_exporting *x) {
  if (x->settings.manner == KZ_CSV_MISP) {
    kz_buf_add_byte(x->out, '\n');
  }
}

const struct kz_exporter kz_exporter_csv = {.name = "csv",
                                            .type = "text/csv; charset=UTF-8",
                                            .begin = begin_export,
                                            .row = export_row,
                                            .end = end_export};
