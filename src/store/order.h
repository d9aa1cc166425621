/* Sorting by 64-bit keys, and the order of reversed names.
 *
 * Pure functions over the caller's memory; any thread. */
#ifndef KZ_STORE_ORDER_H
#define KZ_STORE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct kz_pair {
  uint64_t key;
  uint64_t payload;
};

/* Sorts by key, stable. `scratch` has room for `count` pairs. Radix sort of 8
 * bits a pass; passes in which all keys agree are skipped. */
void kz_order_pairs(struct kz_pair *pairs, struct kz_pair *scratch,
                    size_t count);

/* A host name with its labels in reverse order ("www.example.com" becomes
 * "com.example.www"). `out` has room for KZ_NAME_MAX bytes; returns the
 * length, 0 when the name is empty or longer. */
enum { KZ_NAME_MAX = 255 };
size_t kz_order_reverse_name(kz_str name, char *out);

/* The first 8 bytes as a big-endian number, shorter texts filled with 0. */
uint64_t kz_order_prefix(const char *text, size_t len);

/* The host of a folded value that takes part in the order of names (a name or
 * the host of a URL that is a name); empty when it does not. */
kz_str kz_order_host(kz_str folded);

#endif
