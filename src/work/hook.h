/* A hook: whom to tell of what, by a request (webhook) or a mail, and how the
 * message reads. Documents on a shelf:
 *
 *   {"name","kind":"webhook"|"mail","enabled",
 *    "on":["event.publish","attribute.add",..,"*"],
 *    "org_id",  takes only what that organisation's watches find (watch.hits)
 *    "url","secret","content_type", of a webhook
 *    "to":[..],"subject",           of a mail
 *    "template"}
 *
 * Templates are texts with {{names}}: name (event.publish ...), action, url
 * (of the event here), json (the whole message), event.id, event.uuid,
 * event.info, value (of an attribute). Other names are left as they are. */
#ifndef KZ_WORK_HOOK_H
#define KZ_WORK_HOOK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "work/shelf.h"

extern const struct kz_shelf_shape kz_hook_shape;

/* Whether a document is a hook; KZ_E_INPUT with words. */
KZ_MUST_USE kz_rc kz_hook_check(const struct kz_jsonv *document,
                                struct kz_err *err);

/* Whether it wants notices of that name. */
bool kz_hook_wants(const struct kz_jsonv *hook, kz_str notice);

/* What fills the templates. */
struct kz_hook_values {
  kz_str name;
  kz_str url;
  kz_str json;
  const struct kz_jsonv *message; /* the same as a tree; NULL: too large */
};

/* A template filled in. `is_json`: values are escaped for the inside of a
 * string of JSON, but for json itself, which stands bare. Otherwise control
 * bytes but line ends become spaces. */
void kz_hook_fill(kz_str text, const struct kz_hook_values *values,
                  bool is_json, struct kz_buf *out);

#endif
