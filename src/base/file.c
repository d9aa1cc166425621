/* A file is replaced by writing a neighbour, syncing it, renaming it over and
 * syncing the folder: after a power cut there is the old file or the new one.
 * What is left of a neighbour after a crash is named ".tmp-" + six characters
 * and can be removed by whoever owns the folder. */
#define _GNU_SOURCE /* mkostemp, asprintf, the strerror_r that returns text */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { READ_STEP = 1 << 20 /* bytes of one read when the size is not known */ };

kz_rc kz_file_explain(const char *path, const char *what, int error_number,
                      struct kz_err *err) {
  char words[128];
  kz_rc rc = KZ_E_IO;
  if (error_number == ENOENT || error_number == ENOTDIR) {
    rc = KZ_NOT_FOUND;
  } else if (error_number == ENOSPC || error_number == EDQUOT) {
    rc = KZ_E_FULL;
  } else if (error_number == ENOMEM) {
    rc = KZ_E_MEMORY;
  }
  return kz_err_set(err, rc, "%s: %s: %s", path, what,
                    strerror_r(error_number, words, sizeof words));
}

static kz_rc check_end(const char *path, int fd, struct kz_err *err) {
  char more = 0;
  ssize_t got = read(fd, &more, 1);
  if (got < 0) {
    return kz_file_explain(path, "read", errno, err);
  }
  if (got > 0) {
    return kz_err_set(err, KZ_E_LIMIT, "%s: larger than allowed", path);
  }
  return KZ_OK;
}

static kz_rc read_to_end(const char *path, int fd, struct kz_buf *out,
                         struct kz_err *err) {
  while (out->len < out->max) {
    size_t left = out->max - out->len;
    size_t spare = out->capacity - out->len;
    size_t wanted = spare > 0 ? spare : READ_STEP;
    wanted = wanted < left ? wanted : left;
    char *to = kz_buf_room(out, wanted);
    if (!to) {
      return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
    }
    ssize_t got = read(fd, to, wanted);
    if (got == 0) {
      return KZ_OK;
    }
    if (got > 0) {
      out->len += (size_t)got;
    } else if (errno != EINTR) {
      return kz_file_explain(path, "read", errno, err);
    }
  }
  return check_end(path, fd, err);
}

/* The file's size and one byte more, so that the second read sees its end. */
static size_t first_step(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) {
    return READ_STEP;
  }
  return (size_t)st.st_size + 1;
}

kz_rc kz_file_read(const char *path, struct kz_buf *out, struct kz_err *err) {
  KZ_FD(fd, open(path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) {
    return kz_file_explain(path, "open", errno, err);
  }
  size_t before = out->len;
  size_t step = first_step(fd);
  if (step < out->max - before && !kz_buf_room(out, step)) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  kz_rc rc = read_to_end(path, fd, out, err);
  if (rc != KZ_OK) {
    out->len = before;
  }
  return rc;
}

static kz_rc write_all(const char *path, int fd, kz_str bytes,
                       struct kz_err *err) {
  while (bytes.len > 0) {
    ssize_t put = write(fd, bytes.ptr, bytes.len);
    if (put >= 0) {
      bytes = kz_str_from(bytes, (size_t)put);
    } else if (errno != EINTR) {
      return kz_file_explain(path, "write", errno, err);
    }
  }
  return KZ_OK;
}

/* Fills the neighbour and puts it in the place of `path`. */
static kz_rc write_and_rename(const char *path, const char *neighbour, int fd,
                              kz_str bytes, struct kz_err *err) {
  kz_rc rc = write_all(path, fd, bytes, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (fsync(fd) != 0) {
    return kz_file_explain(path, "sync", errno, err);
  }
  if (rename(neighbour, path) != 0) {
    return kz_file_explain(path, "rename", errno, err);
  }
  return KZ_OK;
}

kz_rc kz_file_write(const char *path, kz_str bytes, mode_t mode,
                    struct kz_err *err) {
  char *neighbour = NULL;
  if (asprintf(&neighbour, "%s.tmp-XXXXXX", path) < 0) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  kz_rc rc = KZ_OK;
  KZ_FD(fd, mkostemp(neighbour, O_CLOEXEC));
  if (fd < 0) {
    rc = kz_file_explain(path, "make", errno, err);
    goto out;
  }
  if (fchmod(fd, mode) != 0) {
    rc = kz_file_explain(path, "set mode", errno, err);
  } else {
    rc = write_and_rename(path, neighbour, fd, bytes, err);
  }
  if (rc != KZ_OK) {
    (void)unlink(neighbour);
    goto out;
  }
  rc = kz_file_sync_folder(path, err);
out:
  free(neighbour);
  return rc;
}

kz_rc kz_file_sync_folder(const char *path, struct kz_err *err) {
  const char *slash = strrchr(path, '/');
  char *folder = NULL;
  if (slash == path) {
    folder = strdup("/");
  } else {
    folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
  }
  if (!folder) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  KZ_FD(fd, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  kz_rc rc = KZ_OK;
  if (fd < 0 || fsync(fd) != 0) {
    rc = kz_file_explain(folder, "sync folder", errno, err);
  }
  free(folder);
  return rc;
}

kz_rc kz_file_map(const char *path, struct kz_file_map *ret_map,
                  struct kz_err *err) {
  KZ_FD(fd, open(path, O_RDONLY | O_CLOEXEC));
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) {
    return kz_file_explain(path, "open", errno, err);
  }
  if (!S_ISREG(st.st_mode)) {
    return kz_err_set(err, KZ_E_IO, "%s: not a regular file", path);
  }
  if (st.st_size == 0) {
    *ret_map = (struct kz_file_map){0};
    return KZ_OK;
  }
  size_t size = (size_t)st.st_size;
  void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) {
    return kz_file_explain(path, "map", errno, err);
  }
  ret_map->bytes = (kz_str){bytes, size};
  return KZ_OK;
}

void kz_file_unmap(struct kz_file_map *map) {
  if (map->bytes.len > 0) {
    (void)munmap((void *)(uintptr_t)map->bytes.ptr, map->bytes.len);
  }
  *map = (struct kz_file_map){0};
}
