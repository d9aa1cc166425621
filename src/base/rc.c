/* The names are part of the API (they stand in JSON errors): never change one.
 */
#include "base/rc.h"

const char *kz_rc_name(kz_rc rc) {
  switch (rc) {
  case KZ_OK:
    return "ok";
  case KZ_NOT_FOUND:
    return "not_found";
  case KZ_END:
    return "end";
  case KZ_UNCHANGED:
    return "unchanged";
  case KZ_E_MEMORY:
    return "memory";
  case KZ_E_IO:
    return "io";
  case KZ_E_FULL:
    return "full";
  case KZ_E_CORRUPT:
    return "corrupt";
  case KZ_E_INPUT:
    return "input";
  case KZ_E_LIMIT:
    return "limit";
  case KZ_E_DENIED:
    return "denied";
  case KZ_E_CONFLICT:
    return "conflict";
  case KZ_E_BUSY:
    return "busy";
  case KZ_E_STOPPED:
    return "stopped";
  case KZ_E_UNSUPPORTED:
    return "unsupported";
  case KZ_E_INTERNAL:
    return "internal";
  }
  return "unknown";
}
