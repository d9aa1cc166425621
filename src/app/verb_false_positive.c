#include "app/verb_false_positive.h"

#include "app/question.h"
#include "app/show.h"
#include "base/jsonw.h"
#include "net/client.h"

enum { BODY_BYTES = 1 << 20, TARGET_BYTES = 1 << 12 };

#define ROUTE "/api/false-positives"

static void show_list(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *list = kz_tree_member(tree, "false_positives");
  if (list && list->count > 0) {
    kz_show_table(out, list, 0, 0);
  } else {
    kz_buf_add_str(out, KZ_STR("none\n"));
  }
}

static void show_one(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_tree(out, tree, 0);
}

static void show_removed(struct kz_buf *out, const struct kz_tree *tree) {
  kz_buf_add_str(out, KZ_STR("taken back:\n"));
  kz_show_tree(out, tree, 2);
}

static kz_rc add(const struct kz_args *args, const struct kz_config *config,
                 struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonw w;
  kz_str why = kz_args_option(args, "why");
  kz_str until = kz_args_option(args, "until");
  if (!why.ptr) {
    return kz_err_set(err, KZ_E_INPUT, "say --why it is harmless");
  }
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("value"), args->words[1]);
  kz_jsonw_member_str(&w, KZ_STR("why"), why);
  if (until.ptr) {
    kz_jsonw_member_str(&w, KZ_STR("until"), until);
  }
  kz_jsonw_object_end(&w);
  if (kz_buf_failed(&body)) {
    return kz_err_set(err, KZ_E_LIMIT, "too long a text");
  }
  const struct kz_question question = {.method = KZ_METHOD_POST,
                                       .target = ROUTE,
                                       .type = KZ_STR("application/json"),
                                       .body = kz_buf_str(&body)};
  return kz_question_print(args, config, &question, show_one, err);
}

static kz_rc remove_one(const struct kz_args *args,
                        const struct kz_config *config, struct kz_err *err) {
  KZ_BUF(target, TARGET_BYTES);
  kz_buf_add_str(&target, KZ_STR(ROUTE "/"));
  kz_client_escape(args->words[1], &target);
  kz_buf_add_byte(&target, '\0');
  if (kz_buf_failed(&target)) {
    return kz_err_set(err, KZ_E_INPUT, "say which by its number");
  }
  const struct kz_question question = {.method = KZ_METHOD_DELETE,
                                       .target = target.ptr};
  return kz_question_print(args, config, &question, show_removed, err);
}

kz_rc kz_verb_false_positive(const struct kz_args *args,
                             const struct kz_config *config,
                             struct kz_err *err) {
  kz_str what = args->word_count > 0 ? args->words[0] : KZ_STR("");
  if (kz_str_eq(what, KZ_STR("add")) && args->word_count == 2) {
    return add(args, config, err);
  }
  if (kz_str_eq(what, KZ_STR("remove")) && args->word_count == 2) {
    return remove_one(args, config, err);
  }
  if (kz_str_eq(what, KZ_STR("list")) && args->word_count == 1) {
    const struct kz_question question = {.method = KZ_METHOD_GET,
                                         .target = ROUTE};
    return kz_question_print(args, config, &question, show_list, err);
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "say: kizashi false-positive add VALUE --why TEXT, list, "
                    "or remove ID");
}
