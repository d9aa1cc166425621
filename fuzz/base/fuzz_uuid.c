/* Whatever is accepted as a UUID is written as the same text in lower case. */
#include "target.h"

#include <stdlib.h>

#include "base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  struct kz_uuid uuid;
  char back[KZ_UUID_TEXT];
  if (kz_uuid_parse(text, &uuid) == KZ_OK &&
      !kz_str_eq_nocase(kz_uuid_format(&uuid, back), text)) {
    abort();
  }
  return 0;
}
