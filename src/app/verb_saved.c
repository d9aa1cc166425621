#include "app/verb_saved.h"

#include "app/question.h"
#include "app/show.h"
#include "base/jsonv.h"
#include "net/client.h"

enum { BODY_BYTES = 1 << 20, TARGET_BYTES = 1 << 12, ARENA_BYTES = 16 << 20 };

#define ROUTE "/api/searches"

static void show_list(struct kz_buf *out, const struct kz_tree *tree) {
  if (tree->count > 0) {
    kz_show_table(out, tree, 0, 0);
  } else {
    kz_buf_add_str(out, KZ_STR("none\n"));
  }
}

static void show_rows(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *rows = kz_tree_member(tree, "rows");
  if (rows && rows->count > 0) {
    kz_show_table(out, rows, 0, 0);
  }
  kz_buf_add_format(out, "%.*s found\n",
                    KZ_STR_ARG(kz_tree_text(kz_tree_member(tree, "total"))));
}

static void show_one(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_tree(out, tree, 0);
}

static void show_removed(struct kz_buf *out, const struct kz_tree *tree) {
  (void)tree;
  kz_buf_add_str(out, KZ_STR("removed\n"));
}

/* An option that is JSON, as a member of that name. */
static kz_rc add_json(const struct kz_args *args, const char *name,
                      struct kz_arena *arena, struct kz_jsonw *w,
                      struct kz_err *err) {
  kz_str text = kz_args_option(args, name);
  struct kz_jsonv *value = NULL;
  if (!text.ptr) {
    return KZ_OK;
  }
  kz_rc rc = kz_jsonv_parse(text, arena, &value, err);
  if (rc == KZ_OK) {
    kz_jsonw_key(w, kz_str_of(name));
    kz_jsonv_write(value, w);
  }
  return rc;
}

static kz_rc add(const struct kz_args *args, const struct kz_config *config,
                 struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_jsonw w;
  kz_str share = kz_args_option(args, "share");
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("name"), args->words[1]);
  if (share.ptr) {
    kz_jsonw_member_str(&w, KZ_STR("share"), share);
  }
  kz_rc rc = arena ? add_json(args, "query", arena, &w, err)
                   : kz_err_set(err, KZ_E_MEMORY, "out of memory");
  if (rc == KZ_OK) {
    rc = add_json(args, "watch", arena, &w, err);
  }
  kz_jsonw_object_end(&w);
  if (rc != KZ_OK || kz_buf_failed(&body)) {
    return rc != KZ_OK ? rc : kz_err_set(err, KZ_E_LIMIT, "too long a text");
  }
  const struct kz_question question = {.method = KZ_METHOD_POST,
                                       .target = ROUTE,
                                       .type = KZ_STR("application/json"),
                                       .body = kz_buf_str(&body)};
  return kz_question_print(args, config, &question, show_one, err);
}

/* Shows, runs or removes the one that is named. */
static kz_rc ask_one(const struct kz_args *args, const struct kz_config *config,
                     enum kz_method method, const char *after,
                     kz_question_show *show, struct kz_err *err) {
  KZ_BUF(target, TARGET_BYTES);
  kz_buf_add_str(&target, KZ_STR(ROUTE "/"));
  kz_client_escape(args->words[1], &target);
  kz_buf_add_str(&target, kz_str_of(after));
  kz_buf_add_byte(&target, '\0');
  if (kz_buf_failed(&target)) {
    return kz_err_set(err, KZ_E_INPUT, "say which by its number");
  }
  const struct kz_question question = {.method = method, .target = target.ptr};
  return kz_question_print(args, config, &question, show, err);
}

kz_rc kz_verb_saved(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  kz_str what = args->word_count > 0 ? args->words[0] : KZ_STR("");
  if (kz_str_eq(what, KZ_STR("list")) && args->word_count == 1) {
    const struct kz_question question = {.method = KZ_METHOD_GET,
                                         .target = ROUTE};
    return kz_question_print(args, config, &question, show_list, err);
  }
  if (kz_str_eq(what, KZ_STR("add")) && args->word_count == 2) {
    return add(args, config, err);
  }
  if (kz_str_eq(what, KZ_STR("show")) && args->word_count == 2) {
    return ask_one(args, config, KZ_METHOD_GET, "", show_one, err);
  }
  if (kz_str_eq(what, KZ_STR("run")) && args->word_count == 2) {
    return ask_one(args, config, KZ_METHOD_GET, "/run", show_rows, err);
  }
  if (kz_str_eq(what, KZ_STR("remove")) && args->word_count == 2) {
    return ask_one(args, config, KZ_METHOD_DELETE, "", show_removed, err);
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "say: kizashi saved list, add NAME --query JSON, show ID, "
                    "run ID, or remove ID");
}
