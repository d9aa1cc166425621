/* Return codes of the whole program.
 *
 * 0 is good, a positive code is a normal alternative that every caller must
 * think of, a negative code is a failure whose words are in a struct kz_err. */
#ifndef KZ_BASE_RC_H
#define KZ_BASE_RC_H

#define KZ_MUST_USE __attribute__((warn_unused_result))

typedef enum kz_rc {
  KZ_OK = 0,
  KZ_NOT_FOUND = 1,   /* what was asked for does not exist */
  KZ_END = 2,         /* an iteration or a stream is over */
  KZ_UNCHANGED = 3,   /* the change asked for changes nothing */
  KZ_E_MEMORY = -1,   /* out of memory, or a ceiling of an arena or buffer */
  KZ_E_IO = -2,       /* disk or network failed */
  KZ_E_FULL = -3,     /* no room on the disk */
  KZ_E_CORRUPT = -4,  /* our own data on disk is not what we wrote */
  KZ_E_INPUT = -5,    /* what came from outside is not well formed */
  KZ_E_LIMIT = -6,    /* what came from outside is larger than allowed */
  KZ_E_DENIED = -7,   /* the viewer may not do this */
  KZ_E_CONFLICT = -8, /* it contradicts what is stored */
  KZ_E_BUSY = -9,     /* somebody else owns it now */
  KZ_E_STOPPED = -10, /* cancelled, or the program is stopping */
  KZ_E_UNSUPPORTED = -11, /* valid, but this build or version cannot */
  KZ_E_INTERNAL = -12,    /* a library failed in a way that we cannot name */
} kz_rc;

/* The name of a code for logs and JSON ("not_found", "input"). Never NULL;
 * the text is static. */
const char *kz_rc_name(kz_rc rc);

#endif
