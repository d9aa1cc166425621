#include "model/warninglist.h"

#include <assert.h>

static const char *const way_names[KZ_WARN_WAY_COUNT] = {
    [KZ_WARN_STRING] = "string",     [KZ_WARN_SUBSTRING] = "substring",
    [KZ_WARN_HOSTNAME] = "hostname", [KZ_WARN_CIDR] = "cidr",
    [KZ_WARN_REGEX] = "regex",
};

kz_str kz_warn_way_name(enum kz_warn_way way) {
  assert(way < KZ_WARN_WAY_COUNT);
  return kz_str_of(way_names[way]);
}

kz_rc kz_warn_way_by_name(kz_str name, enum kz_warn_way *ret) {
  for (unsigned i = 0; i < KZ_WARN_WAY_COUNT; i++) {
    if (kz_str_eq(name, kz_str_of(way_names[i]))) {
      *ret = (enum kz_warn_way)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

void kz_warninglist_set_types(struct kz_warninglist *list, const kz_str *names,
                              size_t count) {
  list->type_names = names;
  list->type_count = count;
  list->has_all_types = count == 0;
  for (size_t i = 0; i < KZ_TYPE_WORDS; i++) {
    list->types[i] = 0;
  }
  for (size_t i = 0; i < count; i++) {
    kz_type type;
    if (kz_str_eq_nocase(names[i], KZ_STR("ALL"))) {
      list->has_all_types = true;
    } else if (kz_type_by_name(names[i], &type) == KZ_OK) {
      list->types[type / 64] |= UINT64_C(1) << (type % 64);
    }
  }
}

bool kz_warninglist_has_type(const struct kz_warninglist *list, kz_type type) {
  assert(type < KZ_TYPE_COUNT);
  return list->has_all_types || (list->types[type / 64] >> (type % 64) & 1);
}
