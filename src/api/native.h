/* The native API's routes. */
#ifndef KZ_API_NATIVE_H
#define KZ_API_NATIVE_H

#include <stddef.h>

#include "net/route.h"

/* The rows; static. Rows whose params are this marker take the filters of a
 * search, which are listed by kz_native_filters. */
const struct kz_route_table *kz_native_routes(void);
extern const struct kz_route_param kz_native_search_params;

/* Fills in the parameters of a search; returns how many there are, of which at
 * most `room` are filled in. Texts are static. */
size_t kz_native_filters(struct kz_route_param *params, size_t room);

#endif
