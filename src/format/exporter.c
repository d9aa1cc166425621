/* The driver: it opens, calls the writer's functions and notes which event is
 * on. The writers are leaves that nobody includes. */
#include "format/exporter.h"

#include <stdlib.h>

#include "format/exporting.h"

enum {
  VALUES_MAX = 1 << 28, /* distinct ones of an export */
  NAMES_MAX = 1 << 20,  /* of a tally */
  NAME_BYTES_MAX = 1 << 28,
};

#define KZ_EXPORTER(name) extern const struct kz_exporter kz_exporter_##name;
#include "format/exporter.def"
#undef KZ_EXPORTER

static const struct kz_exporter *const exporters[] = {
#define KZ_EXPORTER(name) &kz_exporter_##name,
#include "format/exporter.def"
#undef KZ_EXPORTER
};

enum { EXPORTERS = sizeof exporters / sizeof exporters[0] };

const struct kz_exporter *kz_exporter_at(size_t index) {
  return index < EXPORTERS ? exporters[index] : NULL;
}

const struct kz_exporter *kz_exporter_find(kz_str name) {
  for (size_t i = 0; i < EXPORTERS; i++) {
    if (kz_str_eq_nocase(name, kz_str_of(exporters[i]->name))) {
      return exporters[i];
    }
  }
  return NULL;
}

kz_str kz_exporter_name(const struct kz_exporter *exporter) {
  return kz_str_of(exporter->name);
}

kz_str kz_exporter_type(const struct kz_exporter *exporter) {
  return kz_str_of(exporter->type);
}

bool kz_exporter_is_restrictive(const struct kz_exporter *exporter) {
  return exporter->is_restrictive;
}

bool kz_exporter_is_bare(const struct kz_exporter *exporter) {
  return exporter->is_bare;
}

void kz_exporter_close(struct kz_exporting *x) {
  if (x) {
    kz_intmap_free(x->seen);
    kz_intmap_free(x->last);
    kz_strmap_free(x->names);
    free(x);
  }
}

struct kz_exporting *
kz_exporter_open(const struct kz_exporter *exporter,
                 const struct kz_exporter_settings *settings) {
  struct kz_exporting *x = calloc(1, sizeof *x);
  if (!x) {
    return NULL;
  }
  x->exporter = exporter;
  x->settings = *settings;
  x->seen = kz_intmap_new(VALUES_MAX);
  if (exporter->is_tally) {
    x->names = kz_strmap_new(NAMES_MAX, NAME_BYTES_MAX);
    x->last = kz_intmap_new(NAMES_MAX);
  }
  if (!x->seen || (exporter->is_tally && (!x->names || !x->last))) {
    kz_exporter_close(x);
    return NULL;
  }
  return x;
}

/* The buffer may be another one each time. */
static void aim(struct kz_exporting *x, struct kz_buf *out) {
  x->out = out;
  x->w.out = out;
  x->csv.out = out;
}

kz_rc kz_exporter_begin(struct kz_exporting *x, struct kz_buf *out) {
  kz_jsonw_init(&x->w, out);
  kz_csv_init(&x->csv, out, x->settings.manner);
  aim(x, out);
  if (x->exporter->begin) {
    x->exporter->begin(x);
  }
  return x->rc;
}

kz_rc kz_exporter_event(struct kz_exporting *x, struct kz_buf *out,
                        const struct kz_event *event) {
  aim(x, out);
  if (x->events == 0 || x->event != event->id) {
    x->event = event->id;
    x->events++;
    if (x->exporter->event) {
      x->exporter->event(x, event);
    }
  }
  return x->rc;
}

kz_rc kz_exporter_row(struct kz_exporting *x, struct kz_buf *out,
                      const struct kz_export_row *row) {
  kz_rc rc = kz_exporter_event(x, out, row->event);
  x->rows++;
  if (rc == KZ_OK && x->exporter->row) {
    x->exporter->row(x, row);
  }
  return x->rc;
}

kz_rc kz_exporter_end(struct kz_exporting *x, struct kz_buf *out) {
  aim(x, out);
  if (x->exporter->end) {
    x->exporter->end(x);
  }
  return x->rc;
}
