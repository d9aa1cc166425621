/* What all leaves of a question look at, and the text of their conditions. */
#ifndef KZ_STORE_LEAF_SCENE_H
#define KZ_STORE_LEAF_SCENE_H

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/viewer.h"
#include "store/cond.h"
#include "store/dict.h"
#include "store/view.h"

struct kz_leaf_regex; /* store/leaf_regex.h */

enum { KZ_LEAF_TEXT = 8192 /* bytes of a text in a condition */ };

/* What a leaf may look at, and what is kept from segment to segment. */
struct kz_leaf {
  const struct kz_view *view;
  const struct kz_viewer *viewer; /* what others have sighted is not for all */
  const struct kz_segment *segment;
  struct kz_dict *dict;          /* NULL: uuids are known by their hash alone */
  struct kz_leaf_regex *regexes; /* compiled so far */
};

/* The text of a condition, folded into `room`. KZ_E_LIMIT when it is longer
 * than KZ_LEAF_TEXT. */
KZ_MUST_USE kz_rc kz_leaf_fold(const struct kz_cond *cond,
                               char room[KZ_LEAF_TEXT], kz_str *ret_text,
                               struct kz_err *err);

#endif
