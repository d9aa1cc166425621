/* One request of a verb and its answer, shown or passed on. */
#ifndef KZ_APP_QUESTION_H
#define KZ_APP_QUESTION_H

#include <stdbool.h>

#include "app/args.h"
#include "app/caller.h"
#include "app/tree.h"
#include "base/arena.h"
#include "base/buf.h"

/* What a verb asks for. */
struct kz_question {
  enum kz_method method;
  const char *target;
  kz_str type; /* Content-Type of the body; "" without a body */
  kz_str body;
  bool create; /* a missing store is made */
};

/* Asks and writes the answer's body to standard output as it comes. A refusal
 * (status 400 and above) becomes a failure with the answer's words. */
KZ_MUST_USE kz_rc kz_question_pass(const struct kz_config *config,
                                   const struct kz_question *question,
                                   struct kz_err *err);

/* Asks and keeps the whole answer in `arena`, as a tree and, where it is asked
 * for, as the text that it was: for verbs whose exit code judges the answer. */
KZ_MUST_USE kz_rc kz_question_tree(const struct kz_config *config,
                                   const struct kz_question *question,
                                   struct kz_arena *arena, kz_str *ret_text,
                                   struct kz_tree **ret_tree,
                                   struct kz_err *err);

/* Asks and shows the answer: as it is with --json, else by `show`. */
typedef void kz_question_show(struct kz_buf *out, const struct kz_tree *tree);
KZ_MUST_USE kz_rc kz_question_print(const struct kz_args *args,
                                    const struct kz_config *config,
                                    const struct kz_question *question,
                                    kz_question_show *show, struct kz_err *err);

/* Asks and gives each line of the answer (NDJSON) to `line` as it comes. */
typedef kz_rc kz_question_line(void *ctx, kz_str line, struct kz_err *err);
KZ_MUST_USE kz_rc kz_question_lines(const struct kz_config *config,
                                    const struct kz_question *question,
                                    kz_question_line *line, void *ctx,
                                    struct kz_err *err);

#endif
