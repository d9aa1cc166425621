#include "app/verb_ask.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/question.h"
#include "app/show.h"
#include "base/stream.h"
#include "net/client.h"

enum { TEXT_BYTES = 256 << 20, TARGET_BYTES = 1 << 16 };

static kz_rc read_fd(int fd, const char *name, struct kz_buf *out,
                     struct kz_err *err) {
  struct kz_stream *stream = NULL;
  kz_rc rc = kz_stream_of_fd(fd, name, TEXT_BYTES, &stream, err);
  if (rc == KZ_OK) {
    rc = kz_stream_read_all(stream, out, err);
  }
  kz_stream_close(stream);
  return rc;
}

static kz_rc read_path(const char *path, struct kz_buf *out,
                       struct kz_err *err) {
  struct kz_stream *stream = NULL;
  kz_rc rc = kz_stream_open(path, TEXT_BYTES, &stream, err);
  if (rc == KZ_OK) {
    rc = kz_stream_read_all(stream, out, err);
  }
  kz_stream_close(stream);
  return rc;
}

/* The words themselves, a file, or standard input. */
static kz_rc read_text(const struct kz_args *args, struct kz_buf *out,
                       struct kz_err *err) {
  if (args->word_count == 0 ||
      (args->word_count == 1 && kz_str_eq(args->words[0], KZ_STR("-")))) {
    return read_fd(STDIN_FILENO, "standard input", out, err);
  }
  if (args->word_count == 1 && access(args->words[0].ptr, R_OK) == 0) {
    return read_path(args->words[0].ptr, out, err);
  }
  for (size_t i = 0; i < args->word_count; i++) {
    kz_buf_add_str(out, args->words[i]);
    kz_buf_add_byte(out, '\n');
  }
  return KZ_OK;
}

/* "value: list, list" of the values that warninglists know. */
static void show_warnings(struct kz_buf *out, const struct kz_tree *values,
                          bool *is_begun) {
  const struct kz_tree *value = values ? values->first : NULL;
  for (; value; value = value->next) {
    const struct kz_tree *lists = kz_tree_member(value, "warninglists");
    if (!lists) {
      continue;
    }
    if (!*is_begun) {
      kz_buf_add_str(out, KZ_STR("known to warninglists:\n"));
      *is_begun = true;
    }
    kz_buf_add_str(out, KZ_STR("  "));
    kz_show_text(out, kz_tree_text(kz_tree_member(value, "value")));
    const char *between = ": ";
    for (const struct kz_tree *l = lists->first; l; l = l->next) {
      kz_buf_add_str(out, kz_str_of(between));
      kz_show_text(out, kz_tree_text(kz_tree_member(l, "name")));
      between = ", ";
    }
    kz_buf_add_byte(out, '\n');
  }
}

/* "value: why (who, until when)" of the values that were called harmless. */
static void show_harmless(struct kz_buf *out, const struct kz_tree *values,
                          bool *is_begun) {
  const struct kz_tree *value = values ? values->first : NULL;
  for (; value; value = value->next) {
    const struct kz_tree *said = kz_tree_member(value, "false_positive");
    if (!said) {
      continue;
    }
    if (!*is_begun) {
      kz_buf_add_str(out, KZ_STR("called harmless:\n"));
      *is_begun = true;
    }
    kz_str until = kz_tree_text(kz_tree_member(said, "until"));
    kz_buf_add_str(out, KZ_STR("  "));
    kz_show_text(out, kz_tree_text(kz_tree_member(value, "value")));
    kz_buf_add_str(out, KZ_STR(": "));
    kz_show_text(out, kz_tree_text(kz_tree_member(said, "why")));
    kz_buf_add_str(out, KZ_STR(" ("));
    kz_show_text(out, kz_tree_text(kz_tree_member(said, "by")));
    kz_buf_add_str(out, until.len > 0 ? KZ_STR(", until ") : KZ_STR(""));
    kz_show_text(out, until);
    kz_buf_add_str(out, KZ_STR(")\n"));
  }
}

static void show_answer(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *found = kz_tree_member(tree, "found");
  const struct kz_tree *missing = kz_tree_member(tree, "not_found");
  if (found) {
    kz_buf_add_format(out, "found: %zu\n", found->count);
    if (found->count > 0) {
      kz_show_table(out, found, 2, 0);
    }
  }
  if (missing) {
    kz_buf_add_format(out, "not found: %zu\n", missing->count);
    if (missing->count > 0) {
      kz_show_table(out, missing, 2, 0);
    }
  }
  if (found && missing && found->count + missing->count == 0) {
    kz_buf_add_str(out, KZ_STR("Nothing in it looks like a value; with --whole "
                               "each line is one.\n"));
  }
  bool is_warned = false;
  show_warnings(out, found, &is_warned);
  show_warnings(out, missing, &is_warned);
  bool is_harmless = false;
  show_harmless(out, found, &is_harmless);
  show_harmless(out, missing, &is_harmless);
}

kz_rc kz_verb_ask(const struct kz_args *args, const struct kz_config *config,
                  struct kz_err *err) {
  KZ_BUF(text, TEXT_BYTES);
  kz_rc rc = read_text(args, &text, err);
  const struct kz_question question = {
      .method = KZ_METHOD_POST,
      .target = kz_args_has(args, "whole") ? "/api/ask?whole=1" : "/api/ask",
      .type = KZ_STR("text/plain"),
      .body = kz_buf_str(&text),
  };
  return rc == KZ_OK
             ? kz_question_print(args, config, &question, show_answer, err)
             : rc;
}

/* The events that share a value, a line each under it. */
static void show_shared(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *values = kz_tree_member(tree, "values");
  kz_show_tree(out, kz_tree_member(tree, "event"), 0);
  kz_buf_add_str(out, KZ_STR("shared values: "));
  kz_show_text(out, kz_tree_text(kz_tree_member(tree, "total")));
  kz_buf_add_byte(out, '\n');
  const struct kz_tree *v = values ? values->first : NULL;
  for (; v; v = v->next) {
    const struct kz_tree *events = kz_tree_member(v, "events");
    uint64_t total = 0;
    kz_buf_add_byte(out, '\n');
    kz_show_text(out, kz_tree_text(kz_tree_member(v, "value")));
    kz_buf_add_str(out, KZ_STR("  "));
    kz_show_text(out, kz_tree_text(kz_tree_member(v, "type")));
    kz_buf_add_str(out, KZ_STR("  in events: "));
    kz_str count = kz_tree_text(kz_tree_member(v, "event_total"));
    kz_show_text(out, count);
    if (events && kz_str_u64(count, &total) == KZ_OK && total > events->count) {
      kz_buf_add_format(out, " (%zu shown)", events->count);
    }
    kz_buf_add_byte(out, '\n');
    const struct kz_tree *e = events ? events->first : NULL;
    for (; e; e = e->next) {
      static const char *const names[] = {"id", "date", "organisation", "info"};
      kz_buf_add_byte(out, ' ');
      for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        kz_buf_add_str(out, i > 0 ? KZ_STR("  ") : KZ_STR(" "));
        kz_show_text(out, kz_tree_text(kz_tree_member(e, names[i])));
      }
      kz_buf_add_byte(out, '\n');
    }
  }
}

static void show_all(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_tree(out, tree, 0);
}

static kz_rc show_one(const struct kz_args *args,
                      const struct kz_config *config, const char *path,
                      kz_question_show *show, struct kz_err *err) {
  if (args->word_count != 1) {
    return kz_err_set(err, KZ_E_INPUT, "say one event by its id or uuid");
  }
  KZ_BUF(target, TARGET_BYTES);
  kz_buf_add_str(&target, kz_str_of(path));
  kz_client_escape(args->words[0], &target);
  kz_buf_add_byte(&target, '\0');
  const struct kz_question question = {.method = KZ_METHOD_GET,
                                       .target = target.ptr};
  return kz_question_print(args, config, &question, show, err);
}

kz_rc kz_verb_event(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  return show_one(args, config, "/api/events/", show_all, err);
}

kz_rc kz_verb_correlate(const struct kz_args *args,
                        const struct kz_config *config, struct kz_err *err) {
  return show_one(args, config, "/api/correlate/", show_shared, err);
}
