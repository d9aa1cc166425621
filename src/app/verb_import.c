#include "app/verb_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/question.h"
#include "base/jsonw.h"
#include "net/sql_client.h"

enum { BODY_BYTES = 1 << 20, LINE_BYTES = 64 << 20 };

/* Shows progress lines on a terminal, keeps the summary. */
struct watching {
  const struct kz_args *args;
  bool draws; /* a terminal is there */
  struct kz_buf summary;
};

static void draw(const struct kz_tree *progress) {
  uint64_t done = 0;
  uint64_t total = 0;
  uint64_t rate = 0;
  uint64_t attributes = 0;
  bool good = kz_str_u64(kz_tree_text(kz_tree_member(progress, "bytes")),
                         &done) == KZ_OK &&
              kz_str_u64(kz_tree_text(kz_tree_member(progress, "total_bytes")),
                         &total) == KZ_OK &&
              kz_str_u64(kz_tree_text(kz_tree_member(progress, "attributes")),
                         &attributes) == KZ_OK;
  kz_str eta = kz_tree_text(kz_tree_member(progress, "eta_s"));
  if (kz_str_u64(kz_tree_text(kz_tree_member(progress, "rate")), &rate) !=
      KZ_OK) {
    rate = 0;
  }
  if (good && total > 0) {
    fprintf(stderr, "\r%3u %%  %llu attributes  %llu/s  %.*s s left   ",
            (unsigned)(done * 100 / total), (unsigned long long)attributes,
            (unsigned long long)rate, KZ_STR_ARG(eta));
  }
}

static kz_rc take_line(void *ctx, kz_str line, struct kz_err *err) {
  struct watching *w = ctx;
  KZ_ARENA(arena, LINE_BYTES);
  struct kz_tree *tree = NULL;
  if (!arena || kz_tree_read(line, arena, &tree) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "the answer is not JSON");
  }
  const struct kz_tree *error = kz_tree_member(tree, "error");
  if (error) {
    return kz_err_set(
        err, KZ_E_IO, "%.*s",
        KZ_STR_ARG(kz_tree_text(kz_tree_member(error, "message"))));
  }
  const struct kz_tree *progress = kz_tree_member(tree, "progress");
  if (progress && w->draws) {
    draw(progress);
  }
  if (kz_tree_member(tree, "summary")) {
    kz_buf_clear(&w->summary);
    kz_buf_add_str(&w->summary, line);
  }
  return KZ_OK;
}

/* A path as the server sees it. */
static kz_rc write_path(struct kz_jsonw *w, const char *word,
                        struct kz_err *err) {
  char *path = realpath(word, NULL);
  if (!path) {
    return kz_err_set(err, KZ_E_INPUT, "there is no file or folder %s", word);
  }
  kz_jsonw_str(w, kz_str_of(path));
  free(path);
  return KZ_OK;
}

static kz_rc write_body(const struct kz_args *args, struct kz_buf *body,
                        struct kz_err *err) {
  struct kz_jsonw w;
  kz_str known = kz_args_option(args, "known-at");
  kz_str database = kz_args_option(args, "misp-db");
  kz_rc rc = KZ_OK;
  kz_jsonw_init(&w, body);
  kz_jsonw_object(&w);
  if (database.ptr) {
    kz_jsonw_key(&w, KZ_STR("misp_db"));
    if (kz_sql_is_address(database)) {
      kz_jsonw_str(&w, database);
    } else {
      rc = write_path(&w, database.ptr, err);
    }
  } else {
    kz_jsonw_key(&w, KZ_STR("paths"));
    kz_jsonw_array(&w);
    for (size_t i = 0; rc == KZ_OK && i < args->word_count; i++) {
      rc = write_path(&w, args->words[i].ptr, err);
    }
    if (rc == KZ_OK) {
      kz_jsonw_array_end(&w);
    }
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (known.ptr) {
    kz_jsonw_member_str(&w, KZ_STR("known_at"), known);
  }
  kz_jsonw_object_end(&w);
  return kz_buf_failed(body) ? kz_err_set(err, KZ_E_LIMIT, "too many paths")
                             : KZ_OK;
}

static void print_errors(const struct kz_tree *summary) {
  const struct kz_tree *errors = kz_tree_member(summary, "errors");
  for (const struct kz_tree *e = errors ? errors->first : NULL; e;
       e = e->next) {
    fprintf(stderr, "%.*s:%.*s (byte %.*s): %.*s\n",
            KZ_STR_ARG(kz_tree_text(kz_tree_member(e, "file"))),
            KZ_STR_ARG(kz_tree_text(kz_tree_member(e, "line"))),
            KZ_STR_ARG(kz_tree_text(kz_tree_member(e, "byte"))),
            KZ_STR_ARG(kz_tree_text(kz_tree_member(e, "message"))));
  }
}

/* A count that is worth a word only when there is any. */
static void print_some(const struct kz_tree *summary, const char *name,
                       const char *words) {
  kz_str count = kz_tree_text(kz_tree_member(summary, name));
  if (count.len > 0 && !kz_str_eq(count, KZ_STR("0"))) {
    printf(", %s %.*s", words, KZ_STR_ARG(count));
  }
}

/* The summary object of the last line, raw for --json. */
static kz_rc print_summary(const struct watching *w, struct kz_err *err) {
  KZ_ARENA(arena, LINE_BYTES);
  struct kz_tree *tree = NULL;
  kz_str line = kz_buf_str(&w->summary);
  if (!arena || kz_tree_read(line, arena, &tree) != KZ_OK) {
    return kz_err_set(err, KZ_E_INTERNAL, "the import gave no summary");
  }
  const struct kz_tree *s = kz_tree_member(tree, "summary");
  if (w->args->json || !w->draws) {
    const kz_str head = KZ_STR("{\"summary\":");
    kz_str inner = kz_str_starts(line, head)
                       ? (kz_str){line.ptr + head.len, line.len - head.len - 1}
                       : line;
    printf("%.*s\n", (int)inner.len, inner.ptr);
    return KZ_OK;
  }
  print_errors(s);
  static const char *const names[] = {
      "files",          "events",    "attributes",    "objects",
      "updated",        "skipped",   "organisations", "users",
      "sharing_groups", "proposals", "clusters"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const struct kz_tree *count = kz_tree_member(s, names[i]);
    if (count) {
      printf("%s%s %.*s", i ? ", " : "", names[i],
             KZ_STR_ARG(kz_tree_text(count)));
    }
  }
  print_some(s, "repeated", "repeated in their event");
  print_some(s, "error_count", "errors");
  printf("\n");
  const struct kz_tree *lists = kz_tree_member(s, "warninglists");
  for (const struct kz_tree *l = lists ? lists->first : NULL; l; l = l->next) {
    printf("known to warninglist \"%.*s\": %.*s\n",
           KZ_STR_ARG(kz_tree_text(kz_tree_member(l, "name"))),
           KZ_STR_ARG(kz_tree_text(kz_tree_member(l, "attributes"))));
  }
  return KZ_OK;
}

kz_rc kz_verb_import(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  bool has_database = kz_args_option(args, "misp-db").ptr != NULL;
  if (args->word_count == 0 && !has_database) {
    return kz_err_set(err, KZ_E_INPUT, "say which files or folders");
  }
  if (args->word_count > 0 && has_database) {
    return kz_err_set(err, KZ_E_INPUT,
                      "a database or files: one after the other");
  }
  KZ_BUF(body, BODY_BYTES);
  kz_rc rc = write_body(args, &body, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct watching w = {.args = args,
                       .draws = isatty(STDERR_FILENO) && !args->json};
  kz_buf_init(&w.summary, LINE_BYTES);
  const struct kz_question question = {
      .method = KZ_METHOD_POST,
      .target = "/api/import",
      .type = KZ_STR("application/json"),
      .body = kz_buf_str(&body),
      .create = true,
  };
  rc = kz_question_lines(config, &question, take_line, &w, err);
  if (w.draws) {
    fprintf(stderr, "\r%70s\r", "");
  }
  if (rc == KZ_OK) {
    rc = print_summary(&w, err);
  }
  kz_buf_done(&w.summary);
  return rc;
}
