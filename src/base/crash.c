#include "base/crash.h"

#ifdef KZ_CRASH_POINTS

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often the point may still be passed; LONG_MIN: not asked yet. */
static atomic_long left = LONG_MIN;

void kz_crash_point(const char *name) {
  const char *wanted = getenv("KIZASHI_CRASH_AT");
  size_t len = strlen(name);
  if (!wanted || strncmp(wanted, name, len) != 0 || wanted[len] != ':') {
    return;
  }
  long unknown = LONG_MIN;
  (void)atomic_compare_exchange_strong(&left, &unknown,
                                       strtol(wanted + len + 1, NULL, 10));
  if (atomic_fetch_sub(&left, 1) == 1) {
    (void)kill(getpid(), SIGKILL);
  }
}

#endif
