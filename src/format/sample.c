#include "format/sample.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/md5.h"

#define PASSWORD "infected"
#define NAME_SUFFIX ".filename.txt"

enum {
  NAME_BYTES = KZ_MD5_TEXT + sizeof NAME_SUFFIX,
  OVERHEAD = 64 << 10, /* of a zip with two entries, beside their bytes */
  MODE = 0644,
};

static void closep(struct archive **archive) {
  if (*archive) {
    (void)archive_write_free(*archive);
  }
}

static void free_entryp(struct archive_entry **entry) {
  archive_entry_free(*entry);
}

static bool add_file(struct archive *zip, const char *name, kz_str bytes) {
  __attribute__((cleanup(free_entryp))) struct archive_entry *entry =
      archive_entry_new();
  if (!entry) {
    return false;
  }
  archive_entry_set_pathname(entry, name);
  archive_entry_set_size(entry, (la_int64_t)bytes.len);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, MODE);
  return archive_write_header(zip, entry) == ARCHIVE_OK &&
         (bytes.len == 0 || archive_write_data(zip, bytes.ptr, bytes.len) ==
                                (la_ssize_t)bytes.len);
}

/* Writes the zip into `room` bytes at `out`. */
static bool write_zip(kz_str name, const char *md5, kz_str bytes, char *out,
                      size_t room, size_t *ret_used) {
  char named[NAME_BYTES];
  __attribute__((cleanup(closep))) struct archive *zip = archive_write_new();
  (void)snprintf(named, sizeof named, "%s%s", md5, NAME_SUFFIX);
  return zip && archive_write_set_format_zip(zip) == ARCHIVE_OK &&
         archive_write_set_options(zip, "zip:encryption=zipcrypt") ==
             ARCHIVE_OK &&
         archive_write_set_passphrase(zip, PASSWORD) == ARCHIVE_OK &&
         archive_write_open_memory(zip, out, room, ret_used) == ARCHIVE_OK &&
         add_file(zip, md5, bytes) && add_file(zip, named, name) &&
         archive_write_close(zip) == ARCHIVE_OK;
}

kz_rc kz_sample_pack(struct kz_attribute *attribute, struct kz_arena *arena,
                     struct kz_err *err) {
  char md5[KZ_MD5_TEXT];
  size_t used = 0;
  KZ_BUF(bytes, KZ_SAMPLE_MAX);
  KZ_BUF(zip, KZ_SAMPLE_MAX + KZ_SAMPLE_MAX / 16 + OVERHEAD);
  KZ_BUF(text, 2u * KZ_SAMPLE_MAX);
  KZ_BUF(value, 1 << 20);
  kz_str name = attribute->value;
  size_t bar = kz_str_rfind_byte(name, '|');
  kz_rc rc = kz_base64_decode(attribute->data, &bytes);
  if (rc == KZ_E_INPUT) {
    return kz_err_set(err, rc, "the file is not base64");
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, KZ_E_LIMIT, "the file is too large");
  }
  name = bar == SIZE_MAX ? name : kz_str_head(name, bar);
  kz_md5_hex(kz_buf_str(&bytes), md5);
  size_t room = bytes.len + bytes.len / 16 + name.len + OVERHEAD;
  char *out = kz_buf_room(&zip, room);
  if (!out || !write_zip(name, md5, kz_buf_str(&bytes), out, room, &used)) {
    return kz_err_set(err, KZ_E_MEMORY, "the file could not be packed");
  }
  kz_buf_add_str(&value, name);
  kz_buf_add_byte(&value, '|');
  kz_buf_add_str(&value, kz_str_of(md5));
  if (kz_buf_failed(&value) || !kz_base64_encode((kz_str){out, used}, &text) ||
      kz_arena_dup(arena, kz_buf_str(&text), &attribute->data) != KZ_OK ||
      kz_arena_dup(arena, kz_buf_str(&value), &attribute->value) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "the file could not be packed");
  }
  return KZ_OK;
}
