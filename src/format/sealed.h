/* A file in a zip with a password, as those who handle malware pass it on: no
 * scanner and no careless click gets at it. The password is no secret and the
 * cipher (the zip format's own) no protection from anybody who wants in; it is
 * what MISP does and every unpacker reads. Pure, any thread. */
#ifndef KZ_FORMAT_SEALED_H
#define KZ_FORMAT_SEALED_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

#define KZ_SEALED_PASSWORD "infected"

struct kz_sealed_file {
  kz_str name; /* '/', '\' and control bytes become '_' */
  kz_str bytes;
};

/* Appends a zip of the files. KZ_E_MEMORY, KZ_E_INTERNAL. */
KZ_MUST_USE kz_rc kz_sealed_write(const struct kz_sealed_file *files,
                                  size_t count, struct kz_buf *out,
                                  struct kz_err *err);

#endif
