#include "work/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/uuid.h"

enum { PATH_BYTES = 4096, FOLDER_MODE = 0700, FILE_MODE = 0600 };

struct kz_export_file {
  char folder[PATH_BYTES];
  char part[PATH_BYTES]; /* while it is written */
  char path[PATH_BYTES];
  char stem[PATH_BYTES]; /* what older ones begin with */
  int fd;
  bool is_kept;
};

uint64_t kz_export_file_now(struct kz_house *house) {
  struct kz_view *view = kz_store_view(house->store);
  uint64_t generation = view->generation;
  kz_view_unref(view);
  return generation;
}

static kz_rc make_paths(struct kz_house *house,
                        const struct kz_export_name *name,
                        struct kz_export_file *file, struct kz_err *err) {
  const char *store = kz_store_path(house->store);
  if (strlen(store) + name->format.len > PATH_BYTES - 256) {
    return kz_err_set(err, KZ_E_LIMIT, "exports: the path is too long");
  }
  (void)snprintf(file->folder, PATH_BYTES, "%s/exports", store);
  KZ_BUF(path, PATH_BYTES);
  kz_buf_add_format(&path, "%s/%llu-", file->folder,
                    (unsigned long long)name->user);
  kz_buf_add_str(&path, name->format);
  kz_buf_add_byte(&path, '-');
  memcpy(file->stem, path.ptr, path.len);
  kz_buf_add_u64(&path, name->generation);
  memcpy(file->path, path.ptr, path.len);
  return KZ_OK;
}

kz_rc kz_export_file_open(struct kz_house *house,
                          const struct kz_export_name *name, int *ret_fd,
                          uint64_t *ret_bytes, struct kz_err *err) {
  struct kz_export_file *file = calloc(1, sizeof *file);
  struct stat about;
  kz_rc rc = file ? make_paths(house, name, file, err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &about) != 0) {
      rc = kz_file_explain(file->path, "open", errno, err);
    } else {
      *ret_fd = fd;
      *ret_bytes = (uint64_t)about.st_size;
    }
  }
  free(file);
  return rc;
}

kz_rc kz_export_file_new(struct kz_house *house,
                         const struct kz_export_name *name,
                         struct kz_export_file **ret_file, struct kz_err *err) {
  struct kz_export_file *file = calloc(1, sizeof *file);
  struct kz_uuid uuid;
  char text[KZ_UUID_TEXT];
  if (!file) {
    return kz_err_set(err, KZ_E_MEMORY, "exports: out of memory");
  }
  file->fd = -1;
  kz_rc rc = make_paths(house, name, file, err);
  if (rc == KZ_OK) {
    rc = kz_uuid_make(&uuid);
  }
  if (rc == KZ_OK && mkdir(file->folder, FOLDER_MODE) != 0 && errno != EEXIST) {
    rc = kz_file_explain(file->folder, "make", errno, err);
  }
  if (rc == KZ_OK) {
    (void)snprintf(file->part, PATH_BYTES, "%.3000s/%s.part", file->folder,
                   kz_uuid_format(&uuid, text).ptr);
    file->fd =
        open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    rc =
        file->fd >= 0 ? KZ_OK : kz_file_explain(file->part, "make", errno, err);
  }
  if (rc != KZ_OK) {
    kz_export_file_free(file);
    return rc;
  }
  *ret_file = file;
  return KZ_OK;
}

kz_rc kz_export_file_add(struct kz_export_file *file, kz_str bytes,
                         struct kz_err *err) {
  while (bytes.len > 0) {
    ssize_t n = write(file->fd, bytes.ptr, bytes.len);
    if (n < 0 && errno != EINTR) {
      return kz_file_explain(file->part, "write", errno, err);
    }
    bytes = kz_str_from(bytes, n > 0 ? (size_t)n : 0);
  }
  return KZ_OK;
}

/* Removes what begins with the stem and is not the new one. */
static kz_rc remove_older(void *ctx, const char *path, struct kz_err *err) {
  const struct kz_export_file *file = ctx;
  (void)err;
  if (strncmp(path, file->stem, strlen(file->stem)) == 0 &&
      strcmp(path, file->path) != 0) {
    (void)unlink(path);
  }
  return KZ_OK;
}

kz_rc kz_export_file_keep(struct kz_export_file *file, struct kz_err *err) {
  if (rename(file->part, file->path) != 0) {
    return kz_file_explain(file->path, "rename", errno, err);
  }
  file->is_kept = true;
  return kz_folder_walk(file->folder, remove_older, file, err);
}

void kz_export_file_free(struct kz_export_file *file) {
  if (!file) {
    return;
  }
  if (file->fd >= 0) {
    (void)close(file->fd);
    if (!file->is_kept) {
      (void)unlink(file->part);
    }
  }
  free(file);
}
