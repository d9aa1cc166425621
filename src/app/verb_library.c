#include "app/verb_library.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/question.h"
#include "app/show.h"
#include "base/jsonw.h"

enum { BODY_BYTES = 1 << 16, TREE_BYTES = 256 << 20, OUT_BYTES = 64 << 20 };

static void show_list(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_table(out, tree, 0, 0);
}

/* What the server shall load: a path as it sees it, or a URL as it is. */
static kz_rc write_body(const struct kz_args *args, struct kz_buf *body,
                        struct kz_err *err) {
  struct kz_jsonw w;
  if (args->word_count < 2) {
    return KZ_OK; /* the folder that the server is configured with */
  }
  kz_str word = args->words[1];
  char *path = NULL;
  if (kz_str_find(word, KZ_STR("://")) == SIZE_MAX) {
    path = realpath(word.ptr, NULL);
    if (!path) {
      return kz_err_set(err, KZ_E_INPUT, "there is no file or folder %s",
                        word.ptr);
    }
    word = kz_str_of(path);
  }
  kz_jsonw_init(&w, body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("path"), word);
  kz_jsonw_object_end(&w);
  free(path);
  return kz_buf_failed(body) ? kz_err_set(err, KZ_E_LIMIT, "too long a path")
                             : KZ_OK;
}

static void print_problems(const struct kz_tree *tree) {
  const struct kz_tree *list = kz_tree_member(tree, "problems");
  for (const struct kz_tree *p = list ? list->first : NULL; p; p = p->next) {
    fprintf(stderr, "%.*s: %.*s\n",
            KZ_STR_ARG(kz_tree_text(kz_tree_member(p, "file"))),
            KZ_STR_ARG(kz_tree_text(kz_tree_member(p, "message"))));
  }
}

/* Shows the report, or its text as it is; a failure when a file was broken. */
static kz_rc print_report(const struct kz_tree *tree, kz_str text, bool is_json,
                          struct kz_err *err) {
  KZ_BUF(out, OUT_BYTES);
  const struct kz_tree *kinds = kz_tree_member(tree, "kinds");
  bool is_empty = !kinds || kinds->count == 0;
  if (!is_json) {
    print_problems(tree);
    if (!is_empty) {
      kz_show_table(&out, kinds, 0, 0);
    }
    text = kz_buf_str(&out);
  }
  fwrite(text.ptr, 1, text.len, stdout);
  if (is_empty) {
    return kz_err_set(err, KZ_E_INPUT, "no file of a library was found there");
  }
  kz_str broken = kz_tree_text(kz_tree_member(tree, "problem_count"));
  return kz_str_eq(broken, KZ_STR("0"))
             ? KZ_OK
             : kz_err_set(err, KZ_E_CORRUPT, "broken files: %.*s",
                          KZ_STR_ARG(broken));
}

static kz_rc update(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  KZ_ARENA(arena, TREE_BYTES);
  KZ_BUF(body, BODY_BYTES);
  struct kz_tree *tree = NULL;
  kz_str text = KZ_STR("");
  kz_rc rc = arena ? write_body(args, &body, err)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  const struct kz_question question = {
      .method = KZ_METHOD_POST,
      .target = "/api/libraries/update",
      .type = KZ_STR("application/json"),
      .body = kz_buf_str(&body),
      .create = true,
  };
  if (rc == KZ_OK) {
    rc = kz_question_tree(config, &question, arena, &text, &tree, err);
  }
  return rc == KZ_OK ? print_report(tree, text, args->json, err) : rc;
}

kz_rc kz_verb_library(const struct kz_args *args,
                      const struct kz_config *config, struct kz_err *err) {
  kz_str what = args->word_count > 0 ? args->words[0] : KZ_STR("");
  if (kz_str_eq(what, KZ_STR("update")) && args->word_count <= 2) {
    return update(args, config, err);
  }
  if (kz_str_eq(what, KZ_STR("list")) && args->word_count == 1) {
    const struct kz_question question = {.method = KZ_METHOD_GET,
                                         .target = "/api/libraries"};
    return kz_question_print(args, config, &question, show_list, err);
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "say: kizashi library update PATH|URL, or list");
}
