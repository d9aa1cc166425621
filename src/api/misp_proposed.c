#include "api/misp_proposed.h"

#include <stdlib.h>

#include "format/misp_write.h"
#include "store/store.h"
#include "work/proposals.h"

enum { MEMBER_BYTES = 64 << 20 };

bool kz_misp_proposal_is_own(const struct kz_misp_eye *eye,
                             const struct kz_jsonv *document) {
  uint32_t org = eye->user->org.id;
  return kz_misp_is_admin(eye->user) || kz_proposal_org(document) == org ||
         kz_jsonv_u64(document, KZ_STR("event_org_id"), 0) == org;
}

/* The address of who proposed is for both sides only. */
static void write_members(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                          const struct kz_jsonv *document) {
  struct kz_org org;
  kz_jsonw_object(w);
  for (const struct kz_jsonv *at = document->first; at; at = at->next) {
    if (kz_str_eq(at->name, KZ_STR("email")) &&
        !kz_misp_proposal_is_own(eye, document)) {
      continue;
    }
    kz_jsonw_key(w, at->name);
    if (kz_str_eq(at->name, KZ_STR("id"))) {
      kz_jsonw_u64_str(w, kz_proposal_id(document));
    } else {
      kz_jsonv_write(at, w);
    }
  }
  if (kz_dict_org_get(kz_store_dict(eye->house->store),
                      kz_proposal_org(document), &org) == KZ_OK) {
    kz_misp_write_org_member(w, KZ_STR("Org"), &org,
                             (struct kz_misp_style){.ids = true});
  }
  kz_jsonw_object_end(w);
}

void kz_misp_proposal_write(struct kz_jsonw *w, const struct kz_misp_eye *eye,
                            const struct kz_jsonv *document) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("ShadowAttribute"));
  write_members(w, eye, document);
  kz_jsonw_object_end(w);
}

struct kz_misp_proposed {
  uint64_t old_id;
  const struct kz_jsonv *document;
};

/* By attribute, then in the order in which they came. */
static int compare_proposed(const void *a, const void *b) {
  const struct kz_misp_proposed *x = a;
  const struct kz_misp_proposed *y = b;
  if (x->old_id != y->old_id) {
    return x->old_id < y->old_id ? -1 : 1;
  }
  uint64_t x_id = kz_proposal_id(x->document);
  uint64_t y_id = kz_proposal_id(y->document);
  return x_id < y_id ? -1 : x_id > y_id;
}

kz_rc kz_misp_proposals_read(const struct kz_misp_eye *eye, uint64_t event,
                             struct kz_arena *arena,
                             struct kz_misp_proposals *ret,
                             struct kz_err *err) {
  struct kz_jsonv **documents = NULL;
  size_t count = 0;
  kz_rc rc = kz_proposals_of(eye->house->proposals, event, arena, &documents,
                             &count, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_misp_proposed *items =
      kz_arena_array(arena, count + 1, sizeof *items);
  if (!items) {
    return kz_err_set(err, KZ_E_MEMORY, "proposals: out of memory");
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kz_proposal_is_live(documents[i])) {
      items[kept++] = (struct kz_misp_proposed){
          kz_proposal_old_id(documents[i]), documents[i]};
    }
  }
  qsort(items, kept, sizeof *items, compare_proposed);
  *ret = (struct kz_misp_proposals){items, kept};
  return KZ_OK;
}

/* The first that is about `old_id` or a later attribute. */
static size_t first_about(const struct kz_misp_proposals *proposals,
                          uint64_t old_id) {
  size_t low = 0;
  size_t high = proposals->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (proposals->items[middle].old_id < old_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

kz_str kz_misp_proposals_member(const struct kz_misp_eye *eye,
                                const struct kz_misp_proposals *proposals,
                                uint64_t old_id, struct kz_arena *arena) {
  static const kz_str none = {"\"ShadowAttribute\":[]", 20};
  kz_str member = none;
  size_t at = first_about(proposals, old_id);
  if (at == proposals->count || proposals->items[at].old_id != old_id) {
    return none;
  }
  KZ_BUF(text, MEMBER_BYTES);
  struct kz_jsonw w;
  kz_buf_add_str(&text, KZ_STR("\"ShadowAttribute\":"));
  kz_jsonw_init(&w, &text);
  kz_jsonw_array(&w);
  for (; at < proposals->count && proposals->items[at].old_id == old_id; at++) {
    write_members(&w, eye, proposals->items[at].document);
  }
  kz_jsonw_array_end(&w);
  return !kz_buf_failed(&text) &&
                 kz_arena_dup(arena, kz_buf_str(&text), &member) == KZ_OK
             ? member
             : none;
}
