/* A request is looked at as a tree only when it has the word: nearly none do.
 * The tree is walked with a list of what is still to be looked at. */
#include "work/sample.h"

#include <sodium.h>
#include <string.h>

#include "base/jsonv.h"
#include "base/md5.h"
#include "format/sealed.h"

enum { FILE_MAX_BYTES = 1 << 30, OPEN_MAX = 1 << 16 };

/* --- base64 ----------------------------------------------------------------
 */

static kz_rc decode(kz_str text, struct kz_buf *out, struct kz_err *err) {
  size_t room = text.len / 4 * 3 + 3;
  size_t len = 0;
  char *to = kz_buf_room(out, room);
  if (!to) {
    return kz_err_set(err, KZ_E_MEMORY, "attachment: out of memory");
  }
  if (sodium_base642bin((unsigned char *)to, room, text.ptr, text.len, " \r\n",
                        &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
    return kz_err_set(err, KZ_E_CORRUPT, "attachment: no base64");
  }
  out->len += len;
  return KZ_OK;
}

static kz_rc encode(kz_str bytes, struct kz_arena *arena, kz_str *ret) {
  size_t room =
      sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
  char *text = kz_arena_text(arena, room);
  if (!text) {
    return KZ_E_MEMORY;
  }
  (void)sodium_bin2base64(text, room, (const unsigned char *)bytes.ptr,
                          bytes.len, sodium_base64_VARIANT_ORIGINAL);
  *ret = (kz_str){text, room - 1};
  return KZ_OK;
}

/* --- on the way in ---------------------------------------------------------
 */

static bool is_bare_sample(const struct kz_jsonv *v) {
  return v->kind == KZ_JSON_OBJECT &&
         kz_jsonv_flag(v, KZ_STR("encrypt"), false) &&
         kz_str_eq(kz_jsonv_text(v, KZ_STR("type")), KZ_STR("malware-sample"));
}

/* The zip of the file's bytes and name. */
static kz_rc seal_file(kz_str name, kz_str bytes, kz_str md5,
                       struct kz_arena *arena, kz_str *ret) {
  KZ_BUF(zip, FILE_MAX_BYTES);
  KZ_BUF(beside, 128);
  kz_buf_add_str(&beside, md5);
  kz_buf_add_str(&beside, KZ_STR(".filename.txt"));
  const struct kz_sealed_file files[] = {{md5, bytes},
                                         {kz_buf_str(&beside), name}};
  kz_rc rc = kz_sealed_write(files, 2, &zip, NULL);
  return rc == KZ_OK ? encode(kz_buf_str(&zip), arena, ret) : rc;
}

static kz_rc seal_sample(struct kz_jsonv *v, struct kz_arena *arena) {
  KZ_BUF(bytes, FILE_MAX_BYTES);
  KZ_BUF(value, 1 << 20);
  char sum[KZ_MD5_TEXT];
  kz_str name = kz_jsonv_text(v, KZ_STR("value"));
  size_t bar = kz_str_find_byte(name, '|');
  name = bar == SIZE_MAX ? name : kz_str_head(name, bar);
  kz_str data = KZ_STR_NONE;
  kz_str kept = KZ_STR_NONE;
  if (decode(kz_jsonv_text(v, KZ_STR("data")), &bytes, NULL) != KZ_OK) {
    return KZ_UNCHANGED; /* the reader tells what is wrong with it */
  }
  kz_str md5 = kz_md5_hex(kz_buf_str(&bytes), sum);
  kz_rc rc = seal_file(name, kz_buf_str(&bytes), md5, arena, &data);
  kz_buf_add_str(&value, name);
  kz_buf_add_byte(&value, '|');
  kz_buf_add_str(&value, md5);
  if (rc == KZ_OK) {
    rc = kz_arena_dup(arena, kz_buf_str(&value), &kept);
  }
  if (rc == KZ_OK && (!kz_jsonv_set_str(v, KZ_STR("value"), kept, arena) ||
                      !kz_jsonv_set_str(v, KZ_STR("data"), data, arena))) {
    rc = KZ_E_MEMORY;
  }
  kz_jsonv_drop(v, KZ_STR("encrypt"));
  return rc;
}

/* Seals all of the tree; KZ_UNCHANGED when there were none. */
static kz_rc seal_all(struct kz_jsonv *root, struct kz_arena *arena) {
  struct kz_jsonv **open = kz_arena_array(arena, OPEN_MAX, sizeof(void *));
  size_t count = 0;
  kz_rc found = KZ_UNCHANGED;
  if (!open) {
    return KZ_E_MEMORY;
  }
  open[count++] = root;
  while (count > 0) {
    struct kz_jsonv *v = open[--count];
    kz_rc rc = is_bare_sample(v) ? seal_sample(v, arena) : KZ_UNCHANGED;
    if (rc < 0) {
      return rc;
    }
    found = rc == KZ_OK ? KZ_OK : found;
    for (struct kz_jsonv *child = v->first; child; child = child->next) {
      if (child->first && count < OPEN_MAX) {
        open[count++] = child;
      }
    }
  }
  return found;
}

kz_rc kz_sample_seal(kz_str json, struct kz_arena *arena, kz_str *ret_json) {
  struct kz_jsonv *root = NULL;
  if (kz_str_find(json, KZ_STR("\"encrypt\"")) == SIZE_MAX ||
      kz_jsonv_parse(json, arena, &root, NULL) != KZ_OK) {
    return KZ_UNCHANGED;
  }
  kz_rc rc = seal_all(root, arena);
  if (rc != KZ_OK) {
    return rc;
  }
  KZ_BUF(out, FILE_MAX_BYTES);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &out);
  kz_jsonv_write(root, &w);
  return kz_buf_failed(&out) ? KZ_E_MEMORY
                             : kz_arena_dup(arena, kz_buf_str(&out), ret_json);
}

/* --- on the way out --------------------------------------------------------
 */

kz_str kz_sample_name(const struct kz_attribute *attribute) {
  size_t bar = attribute->type == KZ_TYPE_MALWARE_SAMPLE
                   ? kz_str_find_byte(attribute->value, '|')
                   : SIZE_MAX;
  return bar == SIZE_MAX ? attribute->value
                         : kz_str_head(attribute->value, bar);
}

kz_rc kz_sample_bytes(const struct kz_attribute *attribute, struct kz_buf *out,
                      struct kz_err *err) {
  if (!kz_type_is_attachment(attribute->type) || !attribute->data.ptr) {
    return KZ_NOT_FOUND;
  }
  return decode(attribute->data, out, err);
}

kz_rc kz_sample_zip(const struct kz_attribute *attribute, struct kz_buf *out,
                    struct kz_err *err) {
  if (attribute->type == KZ_TYPE_MALWARE_SAMPLE) {
    return kz_sample_bytes(attribute, out, err);
  }
  KZ_BUF(bytes, FILE_MAX_BYTES);
  kz_rc rc = kz_sample_bytes(attribute, &bytes, err);
  const struct kz_sealed_file file = {kz_sample_name(attribute),
                                      kz_buf_str(&bytes)};
  return rc == KZ_OK ? kz_sealed_write(&file, 1, out, err) : rc;
}
