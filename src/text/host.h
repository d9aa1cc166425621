/* Domain and host names in plain text. */
#ifndef KZ_TEXT_HOST_H
#define KZ_TEXT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "text/hit.h"
#include "text/plain.h"

/* Whether the last label of `name` is a top level: one that exists, or one
 * that reports use although the DNS does not (example, test, local, onion
 * ...). Any case. */
bool kz_host_has_top(kz_str name);

/* Whether `name` is made of labels as a host's name is, one or more, whatever
 * the last one is; dots at its ends are not allowed. */
bool kz_host_is_well_formed(kz_str name);

/* Reads to the right from `at`, where a name is known to begin (behind "://"
 * or '@'), and returns where it ends. Dense letters end a label of others,
 * unless a dot and another label follow them. */
size_t kz_host_read(const struct kz_plain *plain, size_t at);

/* The name that the run is or belongs to: with the labels of dense letters
 * that stand before its first dot or behind its last, its punctuation left
 * out, under a top level that kz_host_has_top knows. */
bool kz_host_find(const struct kz_plain *plain, const struct kz_run *run,
                  struct kz_hit *ret);

/* Narrows [*start, *end) to the name in it, as kz_host_find does: without dots
 * and dashes around it, and without the beginning of a sentence that follows
 * its full stop without a blank. False when there is no name. */
bool kz_host_settle(const struct kz_plain *plain, size_t *start, size_t *end);

/* Where the dense letters from `at` on end, at most 80 of them. */
size_t kz_host_dense_end(const struct kz_plain *plain, size_t at);

/* Where the word of dense letters that ends before `at` begins, behind the
 * particles が で に は へ を that divide it from what it is no part of; at
 * most 20 letters back and not before `floor`. */
size_t kz_host_dense_start(const struct kz_plain *plain, size_t at,
                           size_t floor);

#endif
