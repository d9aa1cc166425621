/* Files of attachments: malware that arrives bare is sealed (format/sealed.h),
 * as MISP does for whoever asks by "encrypt", and files go out sealed. */
#ifndef KZ_WORK_SAMPLE_H
#define KZ_WORK_SAMPLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"

/* In the JSON of a request: each attribute of type malware-sample with
 * "encrypt" true and "data" gets the value "name|md5" and the zip that MISP
 * makes of the file: its bytes under their MD5, and the name in a text beside
 * them. KZ_UNCHANGED: there is none, or it is no JSON that can be read here;
 * KZ_E_MEMORY. What is returned lives in `arena`. */
KZ_MUST_USE kz_rc kz_sample_seal(kz_str json, struct kz_arena *arena,
                                 kz_str *ret_json);

/* The file of an attachment as it was sent, out of its base64. KZ_NOT_FOUND:
 * it has none; KZ_E_CORRUPT: what it has is no base64. */
KZ_MUST_USE kz_rc kz_sample_bytes(const struct kz_attribute *attribute,
                                  struct kz_buf *out, struct kz_err *err);
/* The same in a zip with a password: a malware-sample is one already. */
KZ_MUST_USE kz_rc kz_sample_zip(const struct kz_attribute *attribute,
                                struct kz_buf *out, struct kz_err *err);
/* Its name: of a malware-sample the part before the '|'. */
kz_str kz_sample_name(const struct kz_attribute *attribute);

#endif
