/* Both walks keep their way down in an array of fixed depth instead of calling
 * themselves: how deep folders nest is the outside's choice. The walk that
 * removes goes by descriptors and never through a link, so nobody can lead it
 * elsewhere by renaming while it works. */
#define _GNU_SOURCE
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

enum {
  NAMES_FIRST = 64,
  TOO_DEEP = -1, /* beside the errnos */
};

kz_rc kz_folder_make(const char *path, mode_t mode, struct kz_err *err) {
  char part[PATH_MAX];
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof part) {
    return kz_file_explain(path, "make", len ? ENAMETOOLONG : ENOENT, err);
  }
  memcpy(part, path, len + 1);
  for (size_t i = 1; i <= len; i++) {
    if (part[i] != '/' && part[i] != '\0') {
      continue;
    }
    part[i] = '\0';
    if (mkdir(part, mode) != 0 && errno != EEXIST) {
      return kz_file_explain(part, "make", errno, err);
    }
    part[i] = path[i];
  }
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
    return kz_err_set(err, KZ_E_IO, "%s: make: not a folder", path);
  }
  return KZ_OK;
}

/* The names of one folder, sorted; they live in an arena of their own. */
struct level {
  struct kz_arena *arena;
  const char **names;
  size_t count;
  size_t room;
  size_t next;
  size_t path_len; /* of the folder's path within the walk's */
};

struct walk {
  kz_folder_visit *visit;
  void *ctx;
  struct kz_err *err;
  size_t depth;
  struct level levels[KZ_FOLDER_DEPTH];
  size_t path_len;
  char path[PATH_MAX];
};

static bool is_dot(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int compare_names(const void *a, const void *b) {
  const char *const *first = a;
  const char *const *second = b;
  return strcmp(*first, *second);
}

static kz_rc add_name(struct level *level, const char *name) {
  if (level->count == KZ_FOLDER_NAMES) {
    return KZ_E_LIMIT;
  }
  if (level->count == level->room) {
    size_t room = level->room ? level->room * 2 : NAMES_FIRST;
    const char **names =
        reallocarray((void *)level->names, room, sizeof *names);
    if (!names) {
      return KZ_E_MEMORY;
    }
    level->names = names;
    level->room = room;
  }
  kz_str copy = KZ_STR_NONE;
  kz_rc rc =
      kz_arena_dup(level->arena, (kz_str){name, strlen(name) + 1}, &copy);
  if (rc == KZ_OK) {
    level->names[level->count++] = copy.ptr;
  }
  return rc;
}

static kz_rc read_names(struct level *level, DIR *dir, const char *path,
                        struct kz_err *err) {
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry && errno != 0) {
      return kz_file_explain(path, "read folder", errno, err);
    }
    if (!entry) {
      break;
    }
    rc = is_dot(entry->d_name) ? KZ_OK : add_name(level, entry->d_name);
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "%s: %s", path,
                      rc == KZ_E_LIMIT ? "too many names in one folder"
                                       : "out of memory");
  }
  if (level->count > 0) {
    qsort((void *)level->names, level->count, sizeof *level->names,
          compare_names);
  }
  return KZ_OK;
}

static void leave_folder(struct walk *w) {
  struct level *level = &w->levels[--w->depth];
  kz_arena_free(level->arena);
  free((void *)level->names);
  *level = (struct level){0};
}

/* Enters the folder that the walk's path names now. */
static kz_rc enter_folder(struct walk *w) {
  if (w->depth == KZ_FOLDER_DEPTH) {
    return kz_err_set(w->err, KZ_E_LIMIT, "%s: folders nested too deeply",
                      w->path);
  }
  DIR *dir = opendir(w->path);
  if (!dir) {
    return kz_file_explain(w->path, "open folder", errno, w->err);
  }
  struct level *level = &w->levels[w->depth++];
  *level = (struct level){
      .arena = kz_arena_new((size_t)KZ_FOLDER_NAMES * (NAME_MAX + 1)),
      .path_len = w->path_len,
  };
  kz_rc rc = level->arena ? read_names(level, dir, w->path, w->err)
                          : kz_err_set(w->err, KZ_E_MEMORY, "out of memory");
  (void)closedir(dir);
  return rc;
}

/* Makes the walk's path that of the level's folder and `name`. */
static kz_rc extend_path(struct walk *w, const struct level *level,
                         const char *name) {
  size_t len = strlen(name);
  size_t start = level->path_len;
  bool has_slash = start > 0 && w->path[start - 1] == '/';
  if (len + 2 > sizeof w->path - start) {
    w->path[start] = '\0';
    return kz_err_set(w->err, KZ_E_LIMIT, "%s: path too long", w->path);
  }
  if (!has_slash) {
    w->path[start++] = '/';
  }
  memcpy(w->path + start, name, len + 1);
  w->path_len = start + len;
  return KZ_OK;
}

/* Visits or enters what the path names; `is_top` follows a link to a folder,
 * since that is what the caller named. */
static kz_rc take_path(struct walk *w, bool is_top) {
  struct stat st;
  if (lstat(w->path, &st) != 0) {
    bool is_gone = errno == ENOENT && !is_top;
    return is_gone ? KZ_OK : kz_file_explain(w->path, "open", errno, w->err);
  }
  bool is_link = S_ISLNK(st.st_mode);
  if (is_link && stat(w->path, &st) != 0) {
    return is_top ? kz_file_explain(w->path, "open", errno, w->err) : KZ_OK;
  }
  if (S_ISREG(st.st_mode)) {
    return w->visit(w->ctx, w->path, w->err);
  }
  if (S_ISDIR(st.st_mode) && (is_top || !is_link)) {
    return enter_folder(w);
  }
  return KZ_OK;
}

kz_rc kz_folder_walk(const char *path, kz_folder_visit *visit, void *ctx,
                     struct kz_err *err) {
  size_t len = strlen(path);
  if (len == 0 || len >= PATH_MAX) {
    return kz_file_explain(path, "open", len ? ENAMETOOLONG : ENOENT, err);
  }
  struct walk *w = calloc(1, sizeof *w);
  if (!w) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", path);
  }
  w->visit = visit;
  w->ctx = ctx;
  w->err = err;
  w->path_len = len;
  memcpy(w->path, path, len + 1);
  kz_rc rc = take_path(w, true);
  while (rc == KZ_OK && w->depth > 0) {
    struct level *level = &w->levels[w->depth - 1];
    if (level->next == level->count) {
      leave_folder(w);
      continue;
    }
    rc = extend_path(w, level, level->names[level->next++]);
    if (rc == KZ_OK) {
      rc = take_path(w, false);
    }
  }
  while (w->depth > 0) {
    leave_folder(w);
  }
  free(w);
  return rc;
}

/* A folder that is being emptied. */
struct doomed {
  DIR *dir;
  char name[NAME_MAX + 1];
  bool found_some; /* in this pass; removing may hide names from readdir */
};

struct removal {
  int parent;
  size_t depth;
  struct doomed levels[KZ_FOLDER_DEPTH];
};

static int deepest_fd(const struct removal *r) {
  return r->depth ? dirfd(r->levels[r->depth - 1].dir) : r->parent;
}

/* Removes `name` in the deepest folder, or enters it if it is one. Returns 0,
 * an errno or TOO_DEEP. */
static int remove_name(struct removal *r, const char *name) {
  int at = deepest_fd(r);
  if (unlinkat(at, name, 0) == 0) {
    return 0;
  }
  if (errno != EISDIR) {
    return errno;
  }
  if (r->depth == KZ_FOLDER_DEPTH) {
    return TOO_DEEP;
  }
  int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  if (!dir) {
    int error_number = errno;
    if (fd >= 0) {
      (void)close(fd);
    }
    return error_number;
  }
  struct doomed *level = &r->levels[r->depth++];
  level->dir = dir;
  level->found_some = false;
  memcpy(level->name, name, strlen(name) + 1);
  return 0;
}

static int remove_emptied(struct removal *r) {
  struct doomed *level = &r->levels[--r->depth];
  (void)closedir(level->dir);
  return unlinkat(deepest_fd(r), level->name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

/* One step in the deepest folder. */
static int remove_next(struct removal *r) {
  struct doomed *level = &r->levels[r->depth - 1];
  errno = 0;
  const struct dirent *entry = readdir(level->dir);
  if (entry && is_dot(entry->d_name)) {
    return 0;
  }
  if (entry) {
    level->found_some = true;
    int error_number = remove_name(r, entry->d_name);
    return error_number == ENOENT ? 0 : error_number; /* somebody else did */
  }
  if (errno != 0) {
    return errno;
  }
  if (level->found_some) {
    level->found_some = false;
    rewinddir(level->dir);
    return 0;
  }
  return remove_emptied(r);
}

kz_rc kz_folder_remove(const char *parent, const char *name,
                       struct kz_err *err) {
  if (name[0] == '\0' || strchr(name, '/') || is_dot(name)) {
    return kz_err_set(err, KZ_E_INPUT, "%s: not a name in a folder", name);
  }
  KZ_FD(fd, open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0) {
    return kz_file_explain(parent, "open folder", errno, err);
  }
  struct removal *r = calloc(1, sizeof *r);
  if (!r) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", parent);
  }
  r->parent = fd;
  int error_number = remove_name(r, name);
  while (error_number == 0 && r->depth > 0) {
    error_number = remove_next(r);
  }
  while (r->depth > 0) {
    (void)closedir(r->levels[--r->depth].dir);
  }
  free(r);
  if (error_number == 0) {
    return KZ_OK;
  }
  kz_rc rc = KZ_E_LIMIT;
  if (error_number == TOO_DEEP) {
    (void)kz_err_set(err, rc, "%s: folders nested too deeply", name);
  } else {
    rc = kz_file_explain(name, "remove", error_number, err);
  }
  (void)kz_err_prefix(err, "%s", parent);
  return rc;
}

kz_rc kz_folder_room(const char *path, uint64_t *ret_bytes,
                     struct kz_err *err) {
  struct statvfs disk;
  if (statvfs(path, &disk) != 0) {
    return kz_file_explain(path, "ask for room", errno, err);
  }
  uint64_t bytes = 0;
  if (__builtin_mul_overflow((uint64_t)disk.f_bavail, (uint64_t)disk.f_frsize,
                             &bytes)) {
    bytes = UINT64_MAX;
  }
  *ret_bytes = bytes;
  return KZ_OK;
}
