#include "app/question.h"

#include <stdio.h>

#include "app/show.h"

enum { ANSWER_BYTES = 0x7fffffff, WORDS_BYTES = 1 << 16 };

/* Where the pieces of an answer go: refusals are always collected. */
struct taking {
  unsigned status;
  struct kz_buf collected;
  bool collect;
  kz_question_line *line;
  void *ctx;
  struct kz_err *err;
};

static kz_rc take_lines(struct taking *t) {
  kz_str rest = kz_buf_str(&t->collected);
  size_t taken = 0;
  kz_rc rc = KZ_OK;
  size_t end = kz_str_find_byte(rest, '\n');
  while (rc == KZ_OK && end != SIZE_MAX) {
    rc = t->line(t->ctx, kz_str_head(rest, end), t->err);
    taken += end + 1;
    rest = kz_str_from(rest, end + 1);
    end = kz_str_find_byte(rest, '\n');
  }
  KZ_BUF(left, ANSWER_BYTES);
  kz_buf_add_str(&left, kz_str_from(kz_buf_str(&t->collected), taken));
  kz_buf_clear(&t->collected);
  kz_buf_add_str(&t->collected, kz_buf_str(&left));
  return rc;
}

static kz_rc take(void *ctx, unsigned status, kz_str part) {
  struct taking *t = ctx;
  t->status = status;
  if (status >= 400 || t->collect || t->line) {
    if (!kz_buf_add_str(&t->collected, part)) {
      return KZ_E_LIMIT;
    }
    return status < 400 && t->line ? take_lines(t) : KZ_OK;
  }
  return fwrite(part.ptr, 1, part.len, stdout) == part.len ? KZ_OK : KZ_E_IO;
}

/* Adds what MISP's `errors` says: a text, or {"field":["reason", ...], ...}. */
static void add_reasons(struct kz_buf *words, const struct kz_tree *errors) {
  if (!errors) {
    return;
  }
  if (errors->kind != KZ_JSON_OBJECT) {
    kz_buf_add_str(words, KZ_STR(": "));
    kz_buf_add_str(words, kz_tree_text(errors));
    return;
  }
  const char *between = ": ";
  for (const struct kz_tree *f = errors->first; f; f = f->next) {
    bool is_list = f->kind == KZ_JSON_ARRAY;
    for (const struct kz_tree *r = is_list ? f->first : f; r;
         r = is_list ? r->next : NULL) {
      kz_buf_add_str(words, kz_str_of(between));
      kz_buf_add_str(words, f->name);
      kz_buf_add_str(words, KZ_STR(": "));
      kz_buf_add_str(words, kz_tree_text(r));
      between = "; ";
    }
  }
}

/* The words of a refusal: {"error":{"message"}}, or MISP's {"message"} with
 * the reasons in {"errors"}. */
static kz_rc explain(const struct taking *t, struct kz_err *err) {
  KZ_ARENA(arena, ANSWER_BYTES);
  KZ_BUF(said, WORDS_BYTES);
  struct kz_tree *tree = NULL;
  if (arena && kz_tree_read(kz_buf_str(&t->collected), arena, &tree) == KZ_OK) {
    const struct kz_tree *inner = kz_tree_member(tree, "error");
    kz_buf_add_str(
        &said, kz_tree_text(kz_tree_member(inner ? inner : tree, "message")));
    add_reasons(&said, kz_tree_member(tree, "errors"));
  }
  kz_str words = kz_buf_str(&said);
  kz_rc rc = t->status == 404   ? KZ_NOT_FOUND
             : t->status == 400 ? KZ_E_INPUT
             : t->status == 403 ? KZ_E_DENIED
             : t->status == 409 ? KZ_E_CONFLICT
                                : KZ_E_INTERNAL;
  return words.len > 0
             ? kz_err_set(err, rc, "%.*s", KZ_STR_ARG(words))
             : kz_err_set(err, rc, "refused with status %u", t->status);
}

static kz_rc ask(const struct kz_config *config,
                 const struct kz_question *question, struct taking *t,
                 struct kz_err *err) {
  struct kz_caller *caller = NULL;
  kz_buf_init(&t->collected, ANSWER_BYTES);
  t->err = err;
  kz_rc rc = kz_caller_open(config, question->create, &caller, err);
  if (rc == KZ_OK) {
    unsigned status = 0;
    rc = kz_caller_run(caller, question->method, question->target,
                       question->type, question->body, take, t, &status, err);
    t->status = status;
  }
  if (rc == KZ_OK && t->status >= 400) {
    rc = explain(t, err);
  }
  kz_caller_close(caller);
  return rc;
}

kz_rc kz_question_pass(const struct kz_config *config,
                       const struct kz_question *question, struct kz_err *err) {
  struct taking t = {.status = 0};
  kz_rc rc = ask(config, question, &t, err);
  kz_buf_done(&t.collected);
  if (rc == KZ_OK && fflush(stdout) != 0) {
    rc = kz_err_set(err, KZ_E_IO, "cannot write the answer");
  }
  return rc;
}

kz_rc kz_question_tree(const struct kz_config *config,
                       const struct kz_question *question,
                       struct kz_arena *arena, kz_str *ret_text,
                       struct kz_tree **ret_tree, struct kz_err *err) {
  struct taking t = {.collect = true};
  kz_str text = KZ_STR_NONE;
  kz_rc rc = ask(config, question, &t, err);
  if (rc == KZ_OK &&
      kz_arena_dup(arena, kz_buf_str(&t.collected), &text) != KZ_OK) {
    rc = kz_err_set(err, KZ_E_MEMORY, "the answer does not fit");
  }
  kz_buf_done(&t.collected);
  if (rc == KZ_OK && kz_tree_read(text, arena, ret_tree) != KZ_OK) {
    rc = kz_err_set(err, KZ_E_INTERNAL, "the answer is not JSON");
  }
  if (rc == KZ_OK && ret_text) {
    *ret_text = text;
  }
  return rc;
}

kz_rc kz_question_print(const struct kz_args *args,
                        const struct kz_config *config,
                        const struct kz_question *question,
                        kz_question_show *show, struct kz_err *err) {
  if (args->json) {
    return kz_question_pass(config, question, err);
  }
  KZ_ARENA(arena, ANSWER_BYTES);
  KZ_BUF(out, ANSWER_BYTES);
  struct kz_tree *tree = NULL;
  kz_rc rc = arena ? kz_question_tree(config, question, arena, NULL, &tree, err)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc != KZ_OK) {
    return rc;
  }
  show(&out, tree);
  return fwrite(out.ptr, 1, out.len, stdout) == out.len
             ? KZ_OK
             : kz_err_set(err, KZ_E_IO, "cannot write the answer");
}

kz_rc kz_question_lines(const struct kz_config *config,
                        const struct kz_question *question,
                        kz_question_line *line, void *ctx, struct kz_err *err) {
  struct taking t = {.line = line, .ctx = ctx};
  kz_rc rc = ask(config, question, &t, err);
  if (rc == KZ_OK && t.collected.len > 0) {
    rc = line(ctx, kz_buf_str(&t.collected), err);
  }
  kz_buf_done(&t.collected);
  return rc;
}
