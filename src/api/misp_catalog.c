#include "api/misp_catalog.h"

#include "api/misp_shape.h"

enum { ONE_BYTES = 64 << 20 /* of a document */ };

void kz_misp_catalog_index(struct kz_misp_call *call,
                           const struct kz_misp_catalog *face) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_card *cards = NULL;
  size_t count = 0;
  struct kz_shelf *shelf = kz_catalog_shelf(face->catalog);
  KZ_ARENA(one, ONE_BYTES);
  KZ_MISP_OUT(out);
  kz_rc rc =
      one ? kz_shelf_cards(shelf, 0, call->work, &cards, &count) : KZ_E_MEMORY;
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    kz_arena_reset(one);
    rc = kz_shelf_get(shelf, cards[i].id, one, &document, &err);
    if (rc == KZ_OK) {
      face->write(&out.w, cards[i].id, document, false);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  kz_jsonw_array_end(&out.w);
  if (rc == KZ_OK) {
    kz_misp_send(call, &out);
  } else {
    kz_misp_fail(call, face->noun, rc, &err);
  }
}

static kz_rc find(struct kz_misp_call *call, const struct kz_misp_catalog *face,
                  uint64_t *ret_id, struct kz_jsonv **ret, struct kz_err *err) {
  return kz_catalog_find(face->catalog, kz_misp_arg(call, 0), call->work,
                         ret_id, ret, err);
}

static void answer(struct kz_misp_call *call,
                   const struct kz_misp_catalog *face, kz_rc rc, uint64_t id,
                   const struct kz_jsonv *document, bool is_whole,
                   const struct kz_err *err) {
  if (rc != KZ_OK) {
    kz_misp_fail(call, face->noun, rc, err);
    return;
  }
  KZ_MISP_OUT(out);
  face->write(&out.w, id, document, is_whole);
  kz_misp_send(call, &out);
}

void kz_misp_catalog_view(struct kz_misp_call *call,
                          const struct kz_misp_catalog *face) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  kz_rc rc = find(call, face, &id, &document, &err);
  answer(call, face, rc, id, document, true, &err);
}

void kz_misp_catalog_enable(struct kz_misp_call *call,
                            const struct kz_misp_catalog *face, bool on) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  uint64_t id = 0;
  kz_rc rc = find(call, face, &id, &document, &err);
  if (rc == KZ_OK) {
    rc = kz_catalog_set(face->catalog, id, "enabled", on, call->work, &document,
                        &err);
  }
  answer(call, face, rc, id, document, false, &err);
}
