/* Reads the input as a record whose fields the input itself chooses, and writes
 * what was read: as long as nothing failed, the bytes are the same. */
#include "target.h"

#include <stdlib.h>

#include "base/wire.h"

enum { FIELD_KINDS = 9 };

static void copy_field(unsigned kind, struct kz_reader *r, struct kz_buf *out) {
  switch (kind) {
  case 0:
    kz_write_u8(out, kz_read_u8(r));
    break;
  case 1:
    kz_write_be16(out, kz_read_be16(r));
    break;
  case 2:
    kz_write_be32(out, kz_read_be32(r));
    break;
  case 3:
    kz_write_be64(out, kz_read_be64(r));
    break;
  case 4:
    kz_write_le32(out, kz_read_le32(r));
    break;
  case 5:
    kz_write_le64(out, kz_read_le64(r));
    break;
  case 6:
    kz_write_varint(out, kz_read_varint(r));
    break;
  case 7:
    kz_write_svarint(out, kz_read_svarint(r));
    break;
  default:
    kz_write_str(out, kz_read_str(r));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct kz_reader r = kz_reader_of((kz_str){(const char *)data, size});
  KZ_BUF(out, size + 64);
  while (!r.failed && kz_reader_left(&r) > 0) {
    const uint8_t *from = r.ptr;
    unsigned kind = kz_read_u8(&r) % FIELD_KINDS;
    kz_buf_clear(&out);
    kz_write_u8(&out, *from);
    copy_field(kind, &r, &out);
    if (!r.failed && (out.len != (size_t)(r.ptr - from) ||
                      memcmp(out.ptr, from, out.len) != 0)) {
      abort();
    }
  }
  if (r.failed && (kz_reader_left(&r) > 0 || kz_read_varint(&r) != 0)) {
    abort();
  }
  return 0;
}
