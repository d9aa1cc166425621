/* One mail over SMTP, plain text in UTF-8. Blocks until the server took it. */
#ifndef KZ_NET_MAIL_H
#define KZ_NET_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

/* Texts end with a NUL behind their length. */
struct kz_mail_config {
  kz_str url;      /* smtp://host:25, smtps://host:465 */
  kz_str user;     /* empty: no login */
  kz_str password; /* of the user */
  kz_str ca_file;  /* authorities to trust; empty: the system's */
  unsigned timeout_s;
};

struct kz_mail {
  kz_str from;      /* addresses alone, without names */
  const kz_str *to; /* likewise */
  size_t to_count;
  kz_str subject;
  kz_str body;
  int64_t now_us; /* of the header Date */
};

/* Whether the text can be an address here: one '@', no space, no control byte,
 * no '<', '>', ',' or ';', at most 254 bytes. */
bool kz_mail_is_address(kz_str text);

/* KZ_E_INPUT: an address is none; KZ_E_IO with words. A server that offers TLS
 * is spoken to over TLS. */
KZ_MUST_USE kz_rc kz_mail_send(const struct kz_mail_config *config,
                               const struct kz_mail *mail, struct kz_err *err);

/* The message as it is sent, for tests and previews: headers and the body in
 * base64, lines end in CRLF. */
void kz_mail_write(const struct kz_mail *mail, struct kz_buf *out);

#endif
