/* A packed body: the first byte chooses the coding, the rest is unpacked into a
 * small buffer whose ceiling must hold. */
#include "target.h"

#include <assert.h>

#include "net/coding.h"

enum { CEILING = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  KZ_BUF(out, CEILING);
  enum kz_coding coding = (enum kz_coding)(data[0] % (KZ_CODING_BROTLI + 1));
  kz_str packed = {(const char *)data + 1, size - 1};
  kz_rc rc = kz_unpack(packed, coding, &out, NULL);
  assert(out.len <= CEILING);
  assert(rc == KZ_OK || rc == KZ_E_INPUT || rc == KZ_E_LIMIT);
  return 0;
}
