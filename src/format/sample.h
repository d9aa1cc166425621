/* Files of attachments. Malware samples are as MISP passes them on, so that
 * nobody opens one by accident: the file is a zip with the password "infected"
 * (format/sealed.h) that holds it under its MD5, and its name beside it; the
 * value is "name|md5". Pure, any thread. */
#ifndef KZ_FORMAT_SAMPLE_H
#define KZ_FORMAT_SAMPLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"

enum { KZ_SAMPLE_MAX = 256 << 20 /* bytes of a file */ };

/* Packs the file of a malware-sample whose sender left that to us (`encrypt`):
 * its data is the bare file, its value the name, perhaps with an MD5 behind it
 * that is not believed. KZ_E_INPUT with words: no base64; KZ_E_LIMIT. */
KZ_MUST_USE kz_rc kz_sample_pack(struct kz_attribute *attribute,
                                 struct kz_arena *arena, struct kz_err *err);

/* The file of an attachment as it was sent, out of its base64. KZ_NOT_FOUND:
 * it has none; KZ_E_CORRUPT: what it has is no base64. */
KZ_MUST_USE kz_rc kz_sample_bytes(const struct kz_attribute *attribute,
                                  struct kz_buf *out, struct kz_err *err);
/* The same in a zip with a password: a malware-sample is one already. */
KZ_MUST_USE kz_rc kz_sample_zip(const struct kz_attribute *attribute,
                                struct kz_buf *out, struct kz_err *err);
/* Its name: of a malware-sample the part before the last '|'. */
kz_str kz_sample_name(const struct kz_attribute *attribute);

#endif
