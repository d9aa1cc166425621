#include "format/sealed.h"

#include <archive.h>
#include <archive_entry.h>

enum { NAME_MAX_BYTES = 200 };

/* Says that all is well even when nothing more fits, which the buffer
 * remembers: told of a failure, libarchive 3.6 leaks its compressor. */
static la_ssize_t take(struct archive *archive, void *ctx, const void *bytes,
                       size_t len) {
  (void)archive;
  (void)kz_buf_add(ctx, bytes, len);
  return (la_ssize_t)len;
}

static void closep(struct archive **archive) {
  if (*archive) {
    (void)archive_write_free(*archive);
  }
}

/* A name alone, without a path. */
static void add_name(struct kz_buf *out, kz_str name) {
  kz_str head = kz_str_head(name, NAME_MAX_BYTES);
  for (size_t i = 0; i < head.len; i++) {
    unsigned char c = (unsigned char)head.ptr[i];
    kz_buf_add_byte(
        out, c < ' ' || c == '/' || c == '\\' || c == 0x7f ? '_' : (char)c);
  }
  kz_buf_add_byte(out, '\0');
}

static bool add_file(struct archive *archive,
                     const struct kz_sealed_file *file) {
  KZ_BUF(name, NAME_MAX_BYTES + 1);
  add_name(&name, file->name);
  struct archive_entry *entry = archive_entry_new();
  if (!entry || kz_buf_failed(&name)) {
    archive_entry_free(entry);
    return false;
  }
  archive_entry_set_pathname(entry, name.ptr);
  archive_entry_set_size(entry, (la_int64_t)file->bytes.len);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  bool is_good =
      archive_write_header(archive, entry) == ARCHIVE_OK &&
      archive_write_data(archive, file->bytes.ptr, file->bytes.len) ==
          (la_ssize_t)file->bytes.len;
  archive_entry_free(entry);
  return is_good;
}

kz_rc kz_sealed_write(const struct kz_sealed_file *files, size_t count,
                      struct kz_buf *out, struct kz_err *err) {
  __attribute__((cleanup(closep))) struct archive *archive =
      archive_write_new();
  bool is_good = archive && archive_write_set_format_zip(archive) == ARCHIVE_OK;
  is_good =
      is_good &&
      archive_write_set_options(archive, "zip:encryption=zipcrypt") ==
          ARCHIVE_OK &&
      archive_write_set_passphrase(archive, KZ_SEALED_PASSWORD) == ARCHIVE_OK &&
      archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK &&
      archive_write_open(archive, out, NULL, take, NULL) == ARCHIVE_OK;
  for (size_t i = 0; is_good && i < count; i++) {
    is_good = add_file(archive, &files[i]);
  }
  is_good = is_good && archive_write_close(archive) == ARCHIVE_OK;
  if (kz_buf_failed(out)) {
    return kz_err_set(err, KZ_E_LIMIT, "zip: the file is too large");
  }
  return is_good ? KZ_OK
                 : kz_err_set(err, KZ_E_INTERNAL, "zip: %s",
                              archive && archive_error_string(archive)
                                  ? archive_error_string(archive)
                                  : "cannot be written");
}
