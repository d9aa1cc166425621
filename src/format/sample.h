/* Malware samples as MISP passes them on: nobody opens one by accident.
 *
 * The file is a zip with the password "infected" that holds it under its MD5,
 * and its name beside it; the value is "name|md5". Pure, any thread. */
#ifndef KZ_FORMAT_SAMPLE_H
#define KZ_FORMAT_SAMPLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"

enum { KZ_SAMPLE_MAX = 256 << 20 /* bytes of a file */ };

/* Packs the file of a malware-sample whose sender left that to us (`encrypt`):
 * its data is the bare file, its value the name, perhaps with an MD5 behind it
 * that is not believed. KZ_E_INPUT with words: no base64; KZ_E_LIMIT. */
KZ_MUST_USE kz_rc kz_sample_pack(struct kz_attribute *attribute,
                                 struct kz_arena *arena, struct kz_err *err);

#endif
