/* MISP's attribute types and categories (describeTypes): names, defaults and
 * which type may stand in which category.
 *
 * The numbers are ours, dense from 0 and stored on disk: rows of the tables
 * are only ever appended. A type that we do not know is refused at the door.
 * All tables are constant; every function may be called from any thread. */
#ifndef KZ_MODEL_TYPE_H
#define KZ_MODEL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"

typedef uint8_t kz_type;     /* an attribute type, 0 .. KZ_TYPE_COUNT-1 */
typedef uint8_t kz_category; /* a category, 0 .. KZ_CATEGORY_COUNT-1 */

/* KZ_TYPE_MD5, KZ_TYPE_IP_SRC_PORT ...: the rows of type.def. */
enum {
#define KZ_TYPE(number, ...) KZ_TYPE_##number,
#include "model/type.def"
#undef KZ_TYPE
  KZ_TYPE_COUNT
};

enum {
  KZ_CATEGORY_INTERNAL_REFERENCE,
  KZ_CATEGORY_TARGETING_DATA,
  KZ_CATEGORY_ANTIVIRUS_DETECTION,
  KZ_CATEGORY_PAYLOAD_DELIVERY,
  KZ_CATEGORY_ARTIFACTS_DROPPED,
  KZ_CATEGORY_PAYLOAD_INSTALLATION,
  KZ_CATEGORY_PERSISTENCE_MECHANISM,
  KZ_CATEGORY_NETWORK_ACTIVITY,
  KZ_CATEGORY_PAYLOAD_TYPE,
  KZ_CATEGORY_ATTRIBUTION,
  KZ_CATEGORY_EXTERNAL_ANALYSIS,
  KZ_CATEGORY_FINANCIAL_FRAUD,
  KZ_CATEGORY_SUPPORT_TOOL,
  KZ_CATEGORY_SOCIAL_NETWORK,
  KZ_CATEGORY_PERSON,
  KZ_CATEGORY_OTHER,
  KZ_CATEGORY_COUNT
};

/* The type's or category's number by its exact MISP name; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_type_by_name(kz_str name, kz_type *ret);
KZ_MUST_USE kz_rc kz_category_by_name(kz_str name, kz_category *ret);

/* The MISP name; static. Asserts that the number is in range. */
kz_str kz_type_name(kz_type type);
kz_str kz_category_name(kz_category category);

/* MISP's defaults where the sender gives none. */
kz_category kz_type_default_category(kz_type type);
bool kz_type_default_to_ids(kz_type type);

/* Whether MISP permits the type in the category. */
bool kz_type_fits(kz_type type, kz_category category);

/* Whether values of the type have two parts, "a|b" (malware-sample too). */
bool kz_type_is_composite(kz_type type);

/* Whether the type takes part in correlation (12 types do not), and whether
 * only the first part does (ip-src|port, ip-dst|port, hostname|port). */
bool kz_type_correlates(kz_type type);
bool kz_type_correlates_first_only(kz_type type);

/* Whether attributes of the type carry a file in `data`. */
bool kz_type_is_attachment(kz_type type);

/* Which ways of defanging MISP undoes in values of the type: a mask of the
 * KZ_REFANG_... of model/defang.h, 0 for most types. */
unsigned kz_type_refang(kz_type type);

#endif
