/* One condition of a question, plain data: a leaf with its operands, or AND,
 * OR, NOT over others. Evaluated by store/query.h. */
#ifndef KZ_STORE_COND_H
#define KZ_STORE_COND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"

enum kz_cond_kind {
  KZ_COND_ALL, /* every attribute */
  KZ_COND_AND, /* children */
  KZ_COND_OR,
  KZ_COND_NOT,          /* one child */
  KZ_COND_TYPE,         /* numbers: types */
  KZ_COND_CATEGORY,     /* numbers: categories */
  KZ_COND_TAG,          /* numbers: tag ids, on the attribute or its event */
  KZ_COND_TAG_OWN,      /* on the attribute */
  KZ_COND_TAG_EVENT,    /* on the event */
  KZ_COND_ORG,          /* numbers: creator organisations (orgc) */
  KZ_COND_OWNER,        /* numbers: owning organisations (org) */
  KZ_COND_EVENT,        /* numbers: event ids */
  KZ_COND_ATTRIBUTE,    /* numbers: attribute ids */
  KZ_COND_THREAT_LEVEL, /* numbers */
  KZ_COND_ANALYSIS,     /* numbers */
  KZ_COND_DISTRIBUTION, /* numbers: of the event */
  KZ_COND_GROUP,        /* numbers: sharing groups, of the event or of the
                         * attribute or its object */
  KZ_COND_DATE,         /* range: event's date, days since 1970 */
  KZ_COND_TIME,         /* range: attribute's timestamp, us */
  KZ_COND_EVENT_TIME,   /* range: event's timestamp, us */
  KZ_COND_PUBLISH_TIME, /* range: event's publish_timestamp, us */
  KZ_COND_KNOWN,        /* range: attribute's known_at, us */
  KZ_COND_TO_IDS,       /* flag */
  KZ_COND_PUBLISHED,    /* flag */
  KZ_COND_IN_OBJECT,    /* flag */
  KZ_COND_SIGHTED,      /* flag: sightings that the viewer sees */
  KZ_COND_VALUE,        /* text: a value part, compared folded */
  KZ_COND_PREFIX,       /* text: a value part begins with it */
  KZ_COND_SUFFIX,       /* text: a value part ends with it */
  KZ_COND_SUBSTRING,    /* text: a value part contains it */
  KZ_COND_REGEX,        /* text: Hyperscan syntax, case-insensitive */
  KZ_COND_WITHIN,       /* text: addresses and networks inside this network */
  KZ_COND_AROUND,       /* text: networks that contain this address/network */
  KZ_COND_UNDER,        /* text: this name, its subdomains, URLs on them; a
                         * dot before it is passed over */
  KZ_COND_INFO,         /* text: the event's info contains it, any case */
  KZ_COND_UUID,         /* uuid of an attribute, or of the event */
};

struct kz_cond {
  enum kz_cond_kind kind;
  const struct kz_cond *const *children; /* AND, OR, NOT */
  size_t child_count;
  const uint64_t *numbers; /* any order; none: matches nothing */
  size_t number_count;
  int64_t from; /* range, both ends included; INT64_MIN/MAX: open */
  int64_t to;
  bool flag;
  kz_str text; /* any case, not defanged */
  struct kz_uuid uuid;
};

#endif
