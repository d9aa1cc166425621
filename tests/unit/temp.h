/* A folder of its own for a test that needs files; gone when the test is. */
#ifndef KZ_TESTS_UNIT_TEMP_H
#define KZ_TESTS_UNIT_TEMP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"

struct temp {
  char parent[200];
  char name[32];
  char path[256];
};

/* Stops the program when there can be none: no test could go on. */
static inline struct temp temp_make(void) {
  struct temp temp;
  const char *parent = getenv("TMPDIR");
  (void)snprintf(temp.parent, sizeof temp.parent, "%s",
                 parent ? parent : "/tmp");
  (void)snprintf(temp.path, sizeof temp.path, "%s/kizashi-test-XXXXXX",
                 temp.parent);
  if (!mkdtemp(temp.path)) {
    perror(temp.path);
    abort();
  }
  (void)snprintf(temp.name, sizeof temp.name, "%s",
                 strrchr(temp.path, '/') + 1);
  return temp;
}

static inline void temp_remove(const struct temp *temp) {
  if (kz_folder_remove(temp->parent, temp->name, NULL) != KZ_OK) {
    (void)fprintf(stderr, "left behind: %s\n", temp->path);
  }
}

/* TEMP(temp): a folder at temp.path until the block is left. */
#define TEMP(variable)                                                         \
  __attribute__((cleanup(temp_remove))) struct temp variable = temp_make()

/* Writes "folder/name" to `out`; returns it. */
static inline const char *temp_path(const struct temp *temp, const char *name,
                                    char out[512]) {
  (void)snprintf(out, 512, "%s/%s", temp->path, name);
  return out;
}

#endif
