/* Free text to attributes as MISP's free-text import makes them: the values of
 * the text (text/extract.h), each with the type it gets and those it might
 * have, judged by the warninglists. Any thread. */
#ifndef KZ_WORK_FREETEXT_H
#define KZ_WORK_FREETEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/type.h"
#include "work/house.h"

enum kz_freetext_heed {
  KZ_FREETEXT_ALL,  /* warninglists do not count */
  KZ_FREETEXT_DROP, /* what they know is not to be kept */
  KZ_FREETEXT_SOFT, /* what they know is not for detection */
};

enum { KZ_FREETEXT_MAX = 1 << 20 /* values of one text */ };

struct kz_freetext_item {
  kz_str value;
  kz_str original; /* as it stood in the text */
  kz_str comment;  /* "On port 8080"; empty: none */
  kz_type type;
  bool to_ids;
  bool is_dropped;      /* by KZ_FREETEXT_DROP */
  const kz_type *types; /* it might have, `type` first */
  size_t type_count;
};

/* The values of the text in order of first appearance, each once; all in
 * `arena`. KZ_E_LIMIT when there are too many or the text is too large. */
KZ_MUST_USE kz_rc kz_freetext(struct kz_house *house, kz_str text,
                              enum kz_freetext_heed heed,
                              struct kz_arena *arena,
                              struct kz_freetext_item **ret_items,
                              size_t *ret_count, struct kz_err *err);

#endif
