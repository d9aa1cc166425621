/* IP addresses and networks in plain text. */
#ifndef KZ_TEXT_ADDRESS_H
#define KZ_TEXT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "text/hit.h"
#include "text/plain.h"

/* The address that stands exactly from `start` to where its digits and dots
 * end, at most to `limit`; with its prefix length, or its port noted. Version
 * numbers ("version 1.2.3.4", "Chrome/99.0.0.0") are none. */
bool kz_address_find_v4(const struct kz_plain *plain, size_t start,
                        size_t limit, struct kz_hit *ret);

/* The IPv6 address whose first byte, a hex digit or the first of two colons,
 * is at `start`. `*ret_tried` is where its digits and colons end, found or
 * not: no other begins before. Times, MAC addresses and C++ scopes are none. */
bool kz_address_find_v6(const struct kz_plain *plain, size_t start,
                        size_t *ret_tried, struct kz_hit *ret);

/* The port of ":8080" at `at`, and where it ends; 0 when there is none. */
uint16_t kz_address_port(const struct kz_plain *plain, size_t at,
                         size_t *ret_end);

#endif
