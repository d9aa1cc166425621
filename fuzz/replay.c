/* Runs committed inputs through a fuzz target without libFuzzer: what any
 * compiler can do, and what the normal test run does.
 *
 * Each input is copied into a block of exactly its size, so that a sanitizer or
 * valgrind sees a read one byte past the end. The empty input is always tried.
 * Prints TAP, one line a target; a target without a corpus fails, because its
 * replay would promise something that nobody tests. */
#include "target.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

static uint8_t *read_file(const char *path, size_t *ret_size) {
  FILE *f = fopen(path, "rb");
  if (!f) {
    return NULL;
  }
  uint8_t *data = NULL;
  struct stat st;
  if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode)) {
    size_t size = (size_t)st.st_size;
    data = malloc(size > 0 ? size : 1);
    if (data && fread(data, 1, size, f) != size) {
      free(data);
      data = NULL;
    }
    *ret_size = size;
  }
  (void)fclose(f);
  return data;
}

/* Returns false when the file cannot be read. The name goes to stderr first:
 * should the target crash, it is the last line. */
static bool replay(const char *path) {
  size_t size = 0;
  uint8_t *data = read_file(path, &size);
  if (!data) {
    return false;
  }
  (void)fprintf(stderr, "%s\n", path);
  (void)LLVMFuzzerTestOneInput(data, size);
  free(data);
  return true;
}

static bool is_input(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static size_t replay_folder(const char *folder, size_t *ret_unreadable) {
  size_t count = 0;
  DIR *dir = opendir(folder);
  if (!dir) {
    return 0;
  }
  for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (!is_input(e)) {
      continue;
    }
    if (len < 0 || (size_t)len >= sizeof path || !replay(path)) {
      *ret_unreadable += 1;
    }
    count++;
  }
  (void)closedir(dir);
  return count;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const char *slash = strrchr(argv[1], '/');
  const char *name = slash ? slash + 1 : argv[1];
  printf("1..1\n");
  (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
  size_t unreadable = 0;
  size_t count = replay_folder(argv[1], &unreadable);
  bool good = count > 0 && unreadable == 0;
  printf("%s 1 - replay of %s: %zu inputs, %zu unreadable\n",
         good ? "ok" : "not ok", name, count, unreadable);
  return good ? 0 : 1;
}
