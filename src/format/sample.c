#include "format/sample.h"

#include "base/base64.h"
#include "base/md5.h"
#include "format/sealed.h"

enum {
  OVERHEAD = 64 << 10 /* of a zip with two entries, beside their bytes */
};

kz_str kz_sample_name(const struct kz_attribute *attribute) {
  size_t bar = attribute->type == KZ_TYPE_MALWARE_SAMPLE
                   ? kz_str_rfind_byte(attribute->value, '|')
                   : SIZE_MAX;
  return bar == SIZE_MAX ? attribute->value
                         : kz_str_head(attribute->value, bar);
}

kz_rc kz_sample_pack(struct kz_attribute *attribute, struct kz_arena *arena,
                     struct kz_err *err) {
  char md5[KZ_MD5_TEXT];
  KZ_BUF(bytes, KZ_SAMPLE_MAX);
  KZ_BUF(zip, KZ_SAMPLE_MAX + KZ_SAMPLE_MAX / 16 + OVERHEAD);
  KZ_BUF(text, 2u * KZ_SAMPLE_MAX);
  KZ_BUF(value, 1 << 20);
  KZ_BUF(beside, 64);
  kz_str name = kz_sample_name(attribute);
  kz_rc rc = kz_base64_decode(attribute->data, &bytes);
  if (rc == KZ_E_INPUT) {
    return kz_err_set(err, rc, "the file is not base64");
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, KZ_E_LIMIT, "the file is too large");
  }
  kz_str sum = kz_md5_hex(kz_buf_str(&bytes), md5);
  kz_buf_add_str(&beside, sum);
  kz_buf_add_str(&beside, KZ_STR(".filename.txt"));
  const struct kz_sealed_file files[] = {{sum, kz_buf_str(&bytes)},
                                         {kz_buf_str(&beside), name}};
  kz_buf_add_str(&value, name);
  kz_buf_add_byte(&value, '|');
  kz_buf_add_str(&value, sum);
  if (kz_sealed_write(files, 2, &zip, err) != KZ_OK || kz_buf_failed(&value) ||
      !kz_base64_encode(kz_buf_str(&zip), &text) ||
      kz_arena_dup(arena, kz_buf_str(&text), &attribute->data) != KZ_OK ||
      kz_arena_dup(arena, kz_buf_str(&value), &attribute->value) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "the file could not be packed");
  }
  return KZ_OK;
}

kz_rc kz_sample_bytes(const struct kz_attribute *attribute, struct kz_buf *out,
                      struct kz_err *err) {
  if (!kz_type_is_attachment(attribute->type) || !attribute->data.ptr) {
    return KZ_NOT_FOUND;
  }
  kz_rc rc = kz_base64_decode(attribute->data, out);
  return rc == KZ_OK ? rc
                     : kz_err_set(err, rc == KZ_E_INPUT ? KZ_E_CORRUPT : rc,
                                  "attachment: no base64");
}

kz_rc kz_sample_zip(const struct kz_attribute *attribute, struct kz_buf *out,
                    struct kz_err *err) {
  if (attribute->type == KZ_TYPE_MALWARE_SAMPLE) {
    return kz_sample_bytes(attribute, out, err);
  }
  KZ_BUF(bytes, KZ_SAMPLE_MAX);
  kz_rc rc = kz_sample_bytes(attribute, &bytes, err);
  const struct kz_sealed_file file = {kz_sample_name(attribute),
                                      kz_buf_str(&bytes)};
  return rc == KZ_OK ? kz_sealed_write(&file, 1, out, err) : rc;
}
