/* Reads what a test makes the program write to stderr. */
#ifndef KZ_TESTS_UNIT_BASE_STDERR_H
#define KZ_TESTS_UNIT_BASE_STDERR_H

#include <stddef.h>
#include <unistd.h>

/* Lets stderr go to `fd`; returns where it went before. */
static inline int stderr_to(int fd) {
  int before = dup(STDERR_FILENO);
  (void)dup2(fd, STDERR_FILENO);
  return before;
}

/* Gives stderr back and reads what has come out at `end`, which must hold
 * something or be at its end; NUL-terminated. */
static inline void stderr_back(int before, int end, char *out, size_t size) {
  (void)dup2(before, STDERR_FILENO);
  (void)close(before);
  ssize_t len = read(end, out, size - 1);
  out[len > 0 ? len : 0] = '\0';
}

#endif
