/* One table of constant rows, made from type.def, and a perfect hash over the
 * names: the hash chooses a bucket, the bucket's displacement a slot, and one
 * comparison settles it. The hash reads only the first and last eight bytes and
 * the length, which tell all our names apart; tools/type-hash finds its tables.
 */
#include "model/type.h"

#include <assert.h>

#include "base/wire.h"
#include "model/defang.h"

/* Categories as bits, in the words of type.def. */
enum {
  IR = 1u << KZ_CATEGORY_INTERNAL_REFERENCE,
  TD = 1u << KZ_CATEGORY_TARGETING_DATA,
  AV = 1u << KZ_CATEGORY_ANTIVIRUS_DETECTION,
  PD = 1u << KZ_CATEGORY_PAYLOAD_DELIVERY,
  AD = 1u << KZ_CATEGORY_ARTIFACTS_DROPPED,
  PI = 1u << KZ_CATEGORY_PAYLOAD_INSTALLATION,
  PM = 1u << KZ_CATEGORY_PERSISTENCE_MECHANISM,
  NA = 1u << KZ_CATEGORY_NETWORK_ACTIVITY,
  PT = 1u << KZ_CATEGORY_PAYLOAD_TYPE,
  AT = 1u << KZ_CATEGORY_ATTRIBUTION,
  EA = 1u << KZ_CATEGORY_EXTERNAL_ANALYSIS,
  FF = 1u << KZ_CATEGORY_FINANCIAL_FRAUD,
  ST = 1u << KZ_CATEGORY_SUPPORT_TOOL,
  SN = 1u << KZ_CATEGORY_SOCIAL_NETWORK,
  PE = 1u << KZ_CATEGORY_PERSON,
  OT = 1u << KZ_CATEGORY_OTHER,
  EVERYWHERE = (1u << KZ_CATEGORY_COUNT) - 1,
};

enum {
  PLAIN = 0,
  PAIR = 1u << 0,
  FIRST_ONLY = 1u << 1,
  NO_CORRELATION = 1u << 2,
  HAS_FILE = 1u << 3,
  REFANG_DOT = 1u << 4,
  REFANG_URL = 1u << 5,
  REFANG_MAIL = 1u << 6,
  IDS = 1u << 7,
  NO_IDS = 0,
};

struct row {
  kz_str name;
  uint16_t categories;
  uint8_t traits;
  kz_category category;
};

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }

static const struct row rows[KZ_TYPE_COUNT] = {
#define KZ_TYPE(number, name, category, ids, traits, normal, look, size, fits) \
  {TEXT(name), (fits), (traits) | (ids), KZ_CATEGORY_##category},
#include "model/type.def"
#undef KZ_TYPE
};

static const kz_str category_names[KZ_CATEGORY_COUNT] = {
    TEXT("Internal reference"),
    TEXT("Targeting data"),
    TEXT("Antivirus detection"),
    TEXT("Payload delivery"),
    TEXT("Artifacts dropped"),
    TEXT("Payload installation"),
    TEXT("Persistence mechanism"),
    TEXT("Network activity"),
    TEXT("Payload type"),
    TEXT("Attribution"),
    TEXT("External analysis"),
    TEXT("Financial fraud"),
    TEXT("Support Tool"),
    TEXT("Social network"),
    TEXT("Person"),
    TEXT("Other"),
};

enum { NAME_MIN = 2, NAME_MAX = 40 /* bytes of the shortest, longest name */ };

/* type_hash.def holds SEED, displacements[128] and slots[256]. */
#include "model/type_hash.def"

/* The top bits, which depend on all bytes read. */
static unsigned hash_name(kz_str name) {
  const char *end = name.ptr + name.len;
  uint64_t first = 0;
  uint64_t last = 0;
  if (name.len >= 8) {
    first = kz_get_le64(name.ptr);
    last = kz_get_le64(end - 8);
  } else if (name.len >= 4) {
    first = kz_get_le32(name.ptr);
    last = kz_get_le32(end - 4);
  } else {
    first = (uint8_t)name.ptr[0] | (unsigned)(uint8_t)name.ptr[1] << 8;
    last = (uint8_t)end[-2] | (unsigned)(uint8_t)end[-1] << 8;
  }
  uint64_t mixed = (first + name.len) * SEED;
  mixed = (mixed ^ (mixed >> 32) ^ last) * SEED;
  return (unsigned)(mixed >> 48);
}

kz_rc kz_type_by_name(kz_str name, kz_type *ret) {
  if (name.len < NAME_MIN || name.len > NAME_MAX) {
    return KZ_NOT_FOUND;
  }
  unsigned hash = hash_name(name);
  size_t slot = (hash >> 8 & 255) ^ displacements[hash % 128];
  kz_type type = slots[slot];
  if (!kz_str_eq(rows[type].name, name)) {
    return KZ_NOT_FOUND;
  }
  *ret = type;
  return KZ_OK;
}

kz_rc kz_category_by_name(kz_str name, kz_category *ret) {
  for (size_t i = 0; i < KZ_CATEGORY_COUNT; i++) {
    if (kz_str_eq(category_names[i], name)) {
      *ret = (kz_category)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

kz_str kz_type_name(kz_type type) {
  assert(type < KZ_TYPE_COUNT);
  return rows[type].name;
}

kz_str kz_category_name(kz_category category) {
  assert(category < KZ_CATEGORY_COUNT);
  return category_names[category];
}

kz_category kz_type_default_category(kz_type type) {
  assert(type < KZ_TYPE_COUNT);
  return rows[type].category;
}

static bool has(kz_type type, unsigned trait) {
  assert(type < KZ_TYPE_COUNT);
  return (rows[type].traits & trait) != 0;
}

bool kz_type_default_to_ids(kz_type type) {
  return has(type, IDS);
}

bool kz_type_fits(kz_type type, kz_category category) {
  assert(type < KZ_TYPE_COUNT && category < KZ_CATEGORY_COUNT);
  return (rows[type].categories >> category & 1u) != 0;
}

bool kz_type_is_composite(kz_type type) {
  return has(type, PAIR);
}

bool kz_type_correlates(kz_type type) {
  return !has(type, NO_CORRELATION);
}

bool kz_type_correlates_first_only(kz_type type) {
  return has(type, FIRST_ONLY);
}

bool kz_type_is_attachment(kz_type type) {
  return has(type, HAS_FILE);
}

unsigned kz_type_refang(kz_type type) {
  if (has(type, REFANG_DOT)) {
    return KZ_REFANG_DOT;
  }
  if (has(type, REFANG_URL)) {
    return KZ_REFANG_DOT | KZ_REFANG_SCHEME | KZ_REFANG_COLON;
  }
  return has(type, REFANG_MAIL) ? KZ_REFANG_DOT | KZ_REFANG_AT : 0;
}
