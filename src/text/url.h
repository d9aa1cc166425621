/* URLs and e-mail addresses in plain text. */
#ifndef KZ_TEXT_URL_H
#define KZ_TEXT_URL_H

#include <stdbool.h>

#include "text/hit.h"
#include "text/plain.h"

/* The URL whose scheme ends the run, which "://" follows. Schemes that defang
 * (hxxp, meow, fxp ...) become what they stand for; its host may be any
 * well-formed one. The end is where a reader would see it: at blanks, quotes
 * and brackets that do not close, before punctuation at its end, and before
 * dense letters unless they stand between two slashes. */
bool kz_url_find(struct kz_plain *plain, const struct kz_run *run,
                 struct kz_hit *ret);

/* Makes of a name or an address that was found the URL without scheme that it
 * begins ("evil.example:8080/a.php"); of what is none, notes the port. */
void kz_url_extend(const struct kz_plain *plain, struct kz_hit *hit);

/* The e-mail address whose '@' follows the run. */
bool kz_url_find_email(const struct kz_plain *plain, const struct kz_run *run,
                       struct kz_hit *ret);

/* Makes the ideographic full stops in the run at `at` dots, if it has no other
 * dots, and otherwise breaks: 「www。evil。example」 is one name,
 * 「evil.example。www.evil.example」 are two. */
void kz_url_settle_stops(struct kz_plain *plain, size_t at);

#endif
