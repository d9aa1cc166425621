#include "app/verb_keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/question.h"
#include "app/serve.h"
#include "app/show.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/jsonw.h"
#include "store/store.h"

enum {
  BODY_BYTES = 1 << 16,
  COPY_BYTES = 1 << 20,
  PATH_BYTES = 4096,
  VERDICT_BYTES = 64 << 20
};

static void show_all(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_tree(out, tree, 0);
}

static kz_rc ask(const struct kz_args *args, const struct kz_config *config,
                 enum kz_method method, const char *target, kz_str body,
                 struct kz_err *err) {
  const struct kz_question question = {
      .method = method,
      .target = target,
      .type = KZ_STR("application/json"),
      .body = body,
  };
  return kz_question_print(args, config, &question, show_all, err);
}

kz_rc kz_verb_stats(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  return ask(args, config, KZ_METHOD_GET, "/api/stats", KZ_STR(""), err);
}

kz_rc kz_verb_serve(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  (void)args;
  return kz_serve_run(config, err);
}

/* The counts, then what is wrong, a line each: the first hundred or so. */
static void show_verdict(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *listed = kz_tree_member(tree, "listed");
  for (const struct kz_tree *m = tree->first; m; m = m->next) {
    if (m != listed) {
      kz_show_text(out, m->name);
      kz_buf_add_str(out, KZ_STR(": "));
      kz_show_text(out, kz_tree_text(m));
      kz_buf_add_byte(out, '\n');
    }
  }
  const struct kz_tree *problem = listed ? listed->first : NULL;
  for (; problem; problem = problem->next) {
    kz_buf_add_str(out, KZ_STR("  "));
    kz_show_text(out, kz_tree_text(problem));
    kz_buf_add_byte(out, '\n');
  }
}

kz_rc kz_verb_verify(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  KZ_ARENA(arena, 64 << 20);
  struct kz_tree *tree = NULL;
  kz_str text = KZ_STR("");
  const struct kz_question question = {.method = KZ_METHOD_POST,
                                       .target = "/api/verify",
                                       .type = KZ_STR("application/json")};
  kz_rc rc = arena
                 ? kz_question_tree(config, &question, arena, &text, &tree, err)
                 : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc != KZ_OK) {
    return rc;
  }
  KZ_BUF(out, VERDICT_BYTES);
  if (!args->json) {
    show_verdict(&out, tree);
    text = kz_buf_str(&out);
  }
  fwrite(text.ptr, 1, text.len, stdout);
  kz_str problems = kz_tree_text(kz_tree_member(tree, "problems"));
  return kz_str_eq(problems, KZ_STR("0"))
             ? KZ_OK
             : kz_err_set(err, KZ_E_CORRUPT, "%.*s problems",
                          KZ_STR_ARG(problems));
}

kz_rc kz_verb_settle(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  return ask(args, config, KZ_METHOD_POST, "/api/settle", KZ_STR(""), err);
}

kz_rc kz_verb_key(const struct kz_args *args, const struct kz_config *config,
                  struct kz_err *err) {
  if (args->word_count != 1 || !kz_str_eq(args->words[0], KZ_STR("reset"))) {
    return kz_err_set(err, KZ_E_INPUT, "the only use is: kizashi key reset");
  }
  return ask(args, config, KZ_METHOD_POST, "/api/key/reset", KZ_STR(""), err);
}

kz_rc kz_verb_backup(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  if (args->word_count != 1) {
    return kz_err_set(err, KZ_E_INPUT, "say one new folder for the backup");
  }
  char here[PATH_BYTES] = "";
  if (args->words[0].ptr[0] != '/' && !getcwd(here, sizeof here)) {
    return kz_err_set(err, KZ_E_IO, "where am I: %s", strerror(errno));
  }
  KZ_BUF(path, PATH_BYTES * 2);
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonw w;
  if (here[0]) {
    kz_buf_add_format(&path, "%s/", here);
  }
  kz_buf_add_str(&path, args->words[0]);
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("path"), kz_buf_str(&path));
  kz_jsonw_object_end(&w);
  return ask(args, config, KZ_METHOD_POST, "/api/backup", kz_buf_str(&body),
             err);
}

/* Copying a backup file by file. */
struct copying {
  const char *from;
  const char *to;
  uint64_t files;
};

static kz_rc copy_bytes(FILE *in, FILE *out) {
  char *piece = malloc(COPY_BYTES);
  kz_rc rc = piece ? KZ_OK : KZ_E_MEMORY;
  size_t n = 1;
  while (rc == KZ_OK && n > 0) {
    n = fread(piece, 1, COPY_BYTES, in);
    if (fwrite(piece, 1, n, out) != n || ferror(in)) {
      rc = KZ_E_IO;
    }
  }
  free(piece);
  return rc == KZ_OK && (fflush(out) != 0 || fsync(fileno(out)) != 0) ? KZ_E_IO
                                                                      : rc;
}

static kz_rc copy_file(void *ctx, const char *path, struct kz_err *err) {
  struct copying *c = ctx;
  char target[PATH_BYTES];
  int n =
      snprintf(target, sizeof target, "%s%s", c->to, path + strlen(c->from));
  if (n < 0 || (size_t)n >= sizeof target) {
    return kz_err_set(err, KZ_E_LIMIT, "path is too long: %s", path);
  }
  char *slash = strrchr(target, '/');
  *slash = '\0';
  kz_rc rc = kz_folder_make(target, 0750, err);
  *slash = '/';
  FILE *in = rc == KZ_OK ? fopen(path, "rb") : NULL;
  FILE *out = in ? fopen(target, "wbx") : NULL;
  if (rc == KZ_OK) {
    rc = in && out ? copy_bytes(in, out) : KZ_E_IO;
    if (rc != KZ_OK) {
      kz_file_explain(target, "copy", errno, err);
    }
  }
  if (in) {
    fclose(in);
  }
  if (out) {
    fclose(out);
  }
  c->files += rc == KZ_OK;
  return rc;
}

/* Copies the backup beside the place and moves it there when it is whole and
 * its index is built: what a damaged backup or a kill leaves behind is no store
 * that stands in the way. */
static kz_rc restore(const char *from, const char *to, uint64_t *ret_files,
                     struct kz_err *err) {
  char side[PATH_BYTES];
  char parent[PATH_BYTES];
  int n = snprintf(side, sizeof side, "%s.restoring", to);
  if (n < 0 || (size_t)n >= sizeof side) {
    return kz_err_set(err, KZ_E_LIMIT, "path is too long: %s", to);
  }
  snprintf(parent, sizeof parent, "%s", side);
  char *slash = strrchr(parent, '/');
  const char *name = slash ? strrchr(side, '/') + 1 : side;
  if (slash) {
    *slash = '\0';
  }
  const char *above = slash ? (*parent ? parent : "/") : ".";
  struct copying copying = {.from = from, .to = side};
  kz_rc rc =
      access(side, F_OK) == 0 ? kz_folder_remove(above, name, err) : KZ_OK;
  if (rc == KZ_OK) {
    rc = kz_folder_walk(from, copy_file, &copying, err);
  }
  if (rc == KZ_OK) {
    rc = kz_store_repair(side, err);
  }
  if (rc == KZ_OK && rename(side, to) != 0) {
    rc = kz_file_explain(to, "move the restored store to", errno, err);
  }
  if (rc == KZ_OK) {
    rc = kz_file_sync_folder(above, err);
  } else {
    (void)!kz_folder_remove(above, name, NULL);
  }
  *ret_files = copying.files;
  return rc;
}

kz_rc kz_verb_restore(const struct kz_args *args,
                      const struct kz_config *config, struct kz_err *err) {
  const char *to = config->values[KZ_SET_STORE].ptr;
  char marker[PATH_BYTES];
  if (args->word_count != 1) {
    return kz_err_set(err, KZ_E_INPUT, "say the folder of one backup");
  }
  snprintf(marker, sizeof marker, "%.4000s/kizashi.store", args->words[0].ptr);
  if (access(marker, R_OK) != 0) {
    return kz_err_set(err, KZ_E_INPUT, "%s is not a backup of a store",
                      args->words[0].ptr);
  }
  snprintf(marker, sizeof marker, "%.4000s/kizashi.store", to);
  if (access(marker, F_OK) == 0) {
    return kz_err_set(err, KZ_E_CONFLICT,
                      "there is a store in %s already: move it away first", to);
  }
  uint64_t files = 0;
  kz_rc rc = restore(args->words[0].ptr, to, &files, err);
  if (rc == KZ_OK) {
    printf(args->json ? "{\"files\":%llu}\n" : "%llu files restored\n",
           (unsigned long long)files);
  }
  return rc;
}

kz_rc kz_verb_repair(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  kz_rc rc = kz_store_repair(config->values[KZ_SET_STORE].ptr, err);
  if (rc == KZ_OK) {
    printf(args->json ? "{\"repaired\":true}\n"
                      : "the index was built anew from the records\n");
  }
  return rc;
}
