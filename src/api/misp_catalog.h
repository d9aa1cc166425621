/* What MISP's routes of noticelists, object templates and decaying models have
 * in common: lists, one document, and the flag that enables it. */
#ifndef KZ_API_MISP_CATALOG_H
#define KZ_API_MISP_CATALOG_H

#include <stdbool.h>

#include "api/misp_call.h"
#include "base/jsonv.h"
#include "base/jsonw.h"
#include "work/catalog.h"

struct kz_misp_catalog {
  struct kz_catalog *catalog;
  const char *noun; /* for refusals: "Noticelist" */
  /* Writes one document as an element of a list or, whole, alone. */
  void (*write)(struct kz_jsonw *w, uint64_t id,
                const struct kz_jsonv *document, bool is_whole);
};

/* Answers with the list of all; with the one that the path names; with the one
 * after its flag "enabled" was set. The caller's right to that is asked
 * before. */
void kz_misp_catalog_index(struct kz_misp_call *call,
                           const struct kz_misp_catalog *face);
void kz_misp_catalog_view(struct kz_misp_call *call,
                          const struct kz_misp_catalog *face);
void kz_misp_catalog_enable(struct kz_misp_call *call,
                            const struct kz_misp_catalog *face, bool on);

#endif
