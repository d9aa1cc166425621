#include "app/verb_warninglist.h"

#include "app/question.h"
#include "app/show.h"
#include "base/jsonw.h"

enum { BODY_BYTES = 1 << 20 };

static void show_member(struct kz_buf *out, const struct kz_tree *list,
                        const char *name) {
  kz_show_text(out, kz_tree_text(kz_tree_member(list, name)));
}

/* A list a line: its number, whether it is in force, its size and its name. */
static void show_lists(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *lists = kz_tree_member(tree, "Warninglists");
  const struct kz_tree *item = lists ? lists->first : NULL;
  for (; item; item = item->next) {
    const struct kz_tree *list = kz_tree_member(item, "Warninglist");
    const struct kz_tree *enabled = kz_tree_member(list, "enabled");
    bool is_on = enabled && enabled->kind == KZ_JSON_TRUE;
    show_member(out, list, "id");
    kz_buf_add_str(out, is_on ? KZ_STR("  on   ") : KZ_STR("  off  "));
    show_member(out, list, "type");
    kz_buf_add_str(out, KZ_STR("  "));
    show_member(out, list, "warninglist_entry_count");
    kz_buf_add_str(out, KZ_STR("  "));
    show_member(out, list, "name");
    kz_buf_add_byte(out, '\n');
  }
}

static void show_switched(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *done = kz_tree_member(tree, "success");
  kz_show_text(out, kz_tree_text(done ? done : kz_tree_member(tree, "errors")));
  kz_buf_add_byte(out, '\n');
}

static kz_rc turn(const struct kz_args *args, const struct kz_config *config,
                  bool on, struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_bool(&w, KZ_STR("enabled"), on);
  kz_jsonw_key(&w, KZ_STR("name"));
  kz_jsonw_array(&w);
  for (size_t i = 1; i < args->word_count; i++) {
    kz_jsonw_str(&w, args->words[i]);
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
  if (kz_buf_failed(&body)) {
    return kz_err_set(err, KZ_E_LIMIT, "too many names");
  }
  const struct kz_question question = {.method = KZ_METHOD_POST,
                                       .target = "/warninglists/toggleEnable",
                                       .type = KZ_STR("application/json"),
                                       .body = kz_buf_str(&body)};
  return kz_question_print(args, config, &question, show_switched, err);
}

kz_rc kz_verb_warninglist(const struct kz_args *args,
                          const struct kz_config *config, struct kz_err *err) {
  kz_str what = args->word_count > 0 ? args->words[0] : KZ_STR("");
  if (kz_str_eq(what, KZ_STR("enable")) && args->word_count > 1) {
    return turn(args, config, true, err);
  }
  if (kz_str_eq(what, KZ_STR("disable")) && args->word_count > 1) {
    return turn(args, config, false, err);
  }
  if (kz_str_eq(what, KZ_STR("list")) && args->word_count == 1) {
    const struct kz_question question = {.method = KZ_METHOD_GET,
                                         .target = "/warninglists/index"};
    return kz_question_print(args, config, &question, show_lists, err);
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "say: kizashi warninglist list, enable NAME... or disable "
                    "NAME...");
}
