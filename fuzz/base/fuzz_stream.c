/* Damaged and hostile compressed files: no more than the ceiling comes out, and
 * what comes out to a good end is the same in whatever steps it is read. */
#define _GNU_SOURCE /* memfd_create */
#include "target.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/stream.h"

enum { CEILING = 1 << 16 };

struct result {
  kz_rc rc;
  uint64_t hash;
  size_t len;
};

static struct result read_in_steps(int fd, size_t step) {
  struct result result = {.rc = KZ_E_IO};
  struct kz_stream *stream = NULL;
  char *bytes = malloc(CEILING + step);
  if (!bytes || lseek(fd, 0, SEEK_SET) != 0 ||
      kz_stream_of_fd(fd, "input", CEILING, &stream, NULL) != KZ_OK) {
    abort();
  }
  do {
    size_t len = 0;
    result.rc = kz_stream_read(stream, bytes + result.len, step, &len, NULL);
    result.len += len;
    if (len > step || result.len > CEILING) {
      abort();
    }
  } while (result.rc == KZ_OK);
  result.hash = kz_hash64(bytes, result.len);
  kz_stream_close(stream);
  free(bytes);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int fd = memfd_create("input", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
    abort();
  }
  struct result large = read_in_steps(fd, CEILING);
  struct result small = read_in_steps(fd, 61);
  /* Whether damage is found may depend on the steps: libzstd compares a frame's
   * declared size with what came out only when it expands it in one go. */
  if (large.rc == KZ_END && small.rc == KZ_END &&
      (large.len != small.len || large.hash != small.hash)) {
    abort();
  }
  (void)close(fd);
  return 0;
}
