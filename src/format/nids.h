/* What rules of Suricata and Snort have in common. */
#ifndef KZ_FORMAT_NIDS_H
#define KZ_FORMAT_NIDS_H

#include <stdbool.h>

#include "format/exporting.h"
#include "model/addr.h"

enum {
  KZ_NIDS_CONTENT_MAX = 1000, /* bytes that a rule may look for */
  KZ_NIDS_RULE_MAX = 1 << 16, /* bytes of a rule that somebody wrote */
};

/* One rule on its way: what it is about, and its number among those of the
 * attribute, 0 to 9. */
struct kz_nids_rule {
  const struct kz_export_row *row;
  unsigned number;
};

/* `alert HEAD (msg:"MISP e1 [tags] WHAT"; ` : begins a rule. */
void kz_nids_begin(struct kz_exporting *x, const struct kz_nids_rule *rule,
                   const char *head, const char *what);
/* `classtype:..; sid:..; rev:1; priority:..; reference:..;)`: ends it. */
void kz_nids_end(struct kz_exporting *x, const struct kz_nids_rule *rule);

/* `content:"..";` with `options` behind it ("nocase;"). All but letters, digits
 * and " .-_/" is written in hexadecimal, so no text can end it. */
void kz_nids_content(struct kz_exporting *x, kz_str text, const char *options);
/* The inside of such quotes, to be put together of several. */
void kz_nids_bytes(struct kz_buf *out, kz_str text);

/* Whether the attribute can have rules here: its numbers fit 32 bits. */
bool kz_nids_has_sid(const struct kz_exporting *x,
                     const struct kz_attribute *a);

/* "192.0.2.1" or "[2001:db8::1]", of a checked address. */
void kz_nids_address(struct kz_buf *out, const struct kz_addr *addr);
/* A port's digits; false when it is none. */
bool kz_nids_is_port(kz_str text);

/* Rules about addresses, the same in both: ip-src, ip-dst, with port or not.
 * False: the type is another. */
bool kz_nids_network(struct kz_exporting *x, const struct kz_export_row *row);

/* A rule that somebody wrote, with our sid and message: one that only alerts
 * and is one whole rule. Else it is left out. */
void kz_nids_as_is(struct kz_exporting *x, const struct kz_export_row *row);

#endif
