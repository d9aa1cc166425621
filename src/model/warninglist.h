/* A warninglist: values that are known to be harmless (resolvers, address
 * ranges of clouds, hashes of empty files ...) or merely known, with the way in
 * which a value is compared with them.
 *
 * Plain structs; who fills one says where its texts live. */
#ifndef KZ_MODEL_WARNINGLIST_H
#define KZ_MODEL_WARNINGLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"
#include "model/type.h"

/* How an entry and a value are compared, letter case apart. */
enum kz_warn_way {
  KZ_WARN_STRING,    /* they are equal */
  KZ_WARN_SUBSTRING, /* the entry stands in the value */
  KZ_WARN_HOSTNAME,  /* the value's host, or a domain above it, is the entry */
  KZ_WARN_CIDR,      /* the value is an address or a network in the entry */
  KZ_WARN_REGEX,     /* the value matches "/pattern/flags" */
  KZ_WARN_WAY_COUNT
};

struct kz_warn_entry {
  kz_str value;
  kz_str comment; /* ptr NULL: none */
};

enum { KZ_TYPE_WORDS = (KZ_TYPE_COUNT + 63) / 64 };

struct kz_warninglist {
  kz_str name;
  kz_str description;
  uint64_t version;
  enum kz_warn_way way;
  bool is_known;      /* category "known", otherwise "false_positive" */
  bool has_all_types; /* compared with values of every type */
  uint64_t types[KZ_TYPE_WORDS]; /* a bit for each type it is compared with */
  const kz_str *type_names;      /* as sent, those that we do not know too */
  size_t type_count;
  const struct kz_warn_entry *entries;
  size_t entry_count;
};

/* MISP's names: "string" ...; static. */
kz_str kz_warn_way_name(enum kz_warn_way way);
KZ_MUST_USE kz_rc kz_warn_way_by_name(kz_str name, enum kz_warn_way *ret);

/* Fills `types` and `has_all_types` by the names: none, or "ALL", is all. */
void kz_warninglist_set_types(struct kz_warninglist *list, const kz_str *names,
                              size_t count);
bool kz_warninglist_has_type(const struct kz_warninglist *list, kz_type type);

#endif
