#include "app/verb_user.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/question.h"
#include "app/show.h"
#include "base/jsonw.h"

enum {
  BODY_BYTES = 1 << 16,
  TARGET_BYTES = 1024,
  PASSWORD_BYTES = 2048,
  MEMBERS_SHOWN = 4, /* of a change, on one line; --json has all */
  MEMBER_BYTES = 40,
};

/* --- showing ---------------------------------------------------------------
 */

static kz_str member_text(const struct kz_tree *tree, const char *of,
                          const char *name) {
  return kz_tree_text(kz_tree_member(kz_tree_member(tree, of), name));
}

static void show_cell(struct kz_buf *out, kz_str text, size_t width) {
  kz_show_text(out, text);
  for (size_t i = text.len; i < width; i++) {
    kz_buf_add_byte(out, ' ');
  }
  kz_buf_add_str(out, KZ_STR("  "));
}

static size_t widest(const struct kz_tree *list, const char *of,
                     const char *name) {
  size_t width = 0;
  for (const struct kz_tree *row = list->first; row; row = row->next) {
    size_t len = member_text(row, of, name).len;
    width = len > width && len <= 60 ? len : width;
  }
  return width;
}

static void show_list(struct kz_buf *out, const struct kz_tree *tree) {
  size_t email = widest(tree, "User", "email");
  size_t org = widest(tree, "Organisation", "name");
  for (const struct kz_tree *row = tree->first; row; row = row->next) {
    bool is_off =
        kz_str_eq(member_text(row, "User", "disabled"), KZ_STR("true"));
    show_cell(out, member_text(row, "User", "id"), 5);
    show_cell(out, member_text(row, "User", "email"), email);
    show_cell(out, member_text(row, "Organisation", "name"), org);
    kz_show_text(out, member_text(row, "Role", "name"));
    kz_buf_add_str(out, is_off ? KZ_STR(" (disabled)\n") : KZ_STR("\n"));
  }
}

static void show_user(struct kz_buf *out, const struct kz_tree *tree) {
  kz_str key = member_text(tree, "User", "authkey");
  kz_buf_add_str(out, KZ_STR("user "));
  kz_show_text(out, member_text(tree, "User", "id"));
  kz_buf_add_str(out, KZ_STR(": "));
  kz_show_text(out, member_text(tree, "User", "email"));
  kz_buf_add_byte(out, '\n');
  if (key.len > 0) {
    kz_buf_add_str(out, KZ_STR("API key (shown once): "));
    kz_show_text(out, key);
    kz_buf_add_byte(out, '\n');
  }
}

static void show_message(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_text(out, kz_tree_text(kz_tree_member(tree, "message")));
  kz_buf_add_byte(out, '\n');
}

/* Members that tell nobody anything on a line. */
static bool is_dull(kz_str name) {
  static const char *const dull[] = {"id", "uuid", "hash", "date_created",
                                     "date_modified"};
  for (size_t i = 0; i < sizeof dull / sizeof *dull; i++) {
    if (kz_str_eq(name, kz_str_of(dull[i]))) {
      return true;
    }
  }
  return false;
}

/* What an entry counts, and what the changed members are now. */
static void show_change(struct kz_buf *out, const struct kz_tree *entry) {
  static const struct {
    const char *member;
    const char *words;
  } counts[] = {{"count", "in all"},
                {"attributes_added", "attributes added"},
                {"attributes_changed", "changed"},
                {"attributes_removed", "removed"}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    kz_str count = kz_tree_text(kz_tree_member(entry, counts[i].member));
    if (count.len > 0) {
      kz_buf_add_str(out, KZ_STR("  "));
      kz_show_text(out, count);
      kz_buf_add_format(out, " %s", counts[i].words);
    }
  }
  const struct kz_tree *changes = kz_tree_member(entry, "changes");
  const struct kz_tree *after = kz_tree_member(changes, "after");
  const struct kz_tree *now = after ? after : kz_tree_member(changes, "before");
  const struct kz_tree *m = now ? now->first : NULL;
  for (size_t shown = 0; m && shown < MEMBERS_SHOWN; m = m->next) {
    kz_str text = kz_tree_text(m);
    size_t n = text.len < MEMBER_BYTES ? text.len : MEMBER_BYTES;
    while (n > 0 && n < text.len &&
           ((unsigned char)text.ptr[n] & 0xc0) == 0x80) {
      n--; /* no letter is cut */
    }
    if (n > 0 && !is_dull(m->name)) {
      kz_buf_add_str(out, KZ_STR("  "));
      kz_show_text(out, m->name);
      kz_buf_add_byte(out, '=');
      kz_show_text(out, kz_str_head(text, n));
      kz_buf_add_str(out, n < text.len ? KZ_STR("...") : KZ_STR(""));
      shown++;
    }
  }
  if (m) {
    kz_buf_add_str(out, KZ_STR("  ..."));
  }
}

static void show_entries(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *list = kz_tree_member(tree, "entries");
  for (const struct kz_tree *e = list ? list->first : NULL; e; e = e->next) {
    kz_str by = member_text(e, "by", "email");
    show_cell(out, kz_tree_text(kz_tree_member(e, "time")), 20);
    show_cell(out, by.len > 0 ? by : KZ_STR("kizashi"), 24);
    show_cell(out, kz_tree_text(kz_tree_member(e, "action")), 12);
    show_cell(out, kz_tree_text(kz_tree_member(e, "about")), 14);
    kz_show_text(out, kz_tree_text(kz_tree_member(e, "id")));
    show_change(out, e);
    kz_buf_add_byte(out, '\n');
  }
  kz_str cursor = kz_tree_text(kz_tree_member(tree, "cursor"));
  if (cursor.len > 0) {
    kz_buf_add_str(out, KZ_STR("older ones: --cursor "));
    kz_show_text(out, cursor);
    kz_buf_add_byte(out, '\n');
  }
}

/* --- asking ----------------------------------------------------------------
 */

/* Adds `text` to a target as one piece of a path or a query's value. */
static void add_escaped(struct kz_buf *target, kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (kz_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '@') {
      kz_buf_add_byte(target, c);
    } else {
      kz_buf_add_format(target, "%%%02X", (unsigned)(unsigned char)c);
    }
  }
}

static kz_rc post(const struct kz_args *args, const struct kz_config *config,
                  const char *path, kz_str ref, kz_str body,
                  kz_question_show *show, struct kz_err *err) {
  KZ_BUF(target, TARGET_BYTES);
  kz_buf_add_str(&target, kz_str_of(path));
  add_escaped(&target, ref);
  kz_buf_add_byte(&target, '\0');
  if (kz_buf_failed(&target)) {
    return kz_err_set(err, KZ_E_INPUT, "too long a word");
  }
  const struct kz_question question = {
      .method = KZ_METHOD_POST,
      .target = target.ptr,
      .type = KZ_STR("application/json"),
      .body = body,
  };
  return kz_question_print(args, config, &question, show, err);
}

static void add_option(struct kz_jsonw *w, const struct kz_args *args,
                       const char *option, const char *member) {
  kz_str value = kz_args_option(args, option);
  if (value.ptr) {
    kz_jsonw_member_str(w, kz_str_of(member), value);
  }
}

static kz_rc add(const struct kz_args *args, const struct kz_config *config,
                 struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonw w;
  kz_str org = kz_args_option(args, "org");
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("email"), args->words[1]);
  kz_jsonw_member_str(&w, KZ_STR("org_id"), org.ptr ? org : KZ_STR("1"));
  add_option(&w, args, "role", "role_id");
  add_option(&w, args, "expires", "expiration");
  kz_jsonw_object_end(&w);
  return post(args, config, "/admin/users/add", KZ_STR(""), kz_buf_str(&body),
              show_user, err);
}

static kz_rc edit(const struct kz_args *args, const struct kz_config *config,
                  struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  struct kz_jsonw w;
  kz_str word = args->words[0];
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  add_option(&w, args, "org", "org_id");
  add_option(&w, args, "role", "role_id");
  add_option(&w, args, "email", "email");
  add_option(&w, args, "expires", "expiration");
  if (!kz_str_eq(word, KZ_STR("edit"))) {
    kz_jsonw_member_bool(&w, KZ_STR("disabled"),
                         kz_str_eq(word, KZ_STR("disable")));
  }
  kz_jsonw_object_end(&w);
  return post(args, config, "/admin/users/edit/", args->words[1],
              kz_buf_str(&body), show_user, err);
}

/* Reads a line from standard input, so that no list of processes and no
 * shell's history has the password. */
static kz_rc set_password(const struct kz_args *args,
                          const struct kz_config *config, struct kz_err *err) {
  KZ_BUF(body, BODY_BYTES);
  char line[PASSWORD_BYTES];
  struct kz_jsonw w;
  if (isatty(STDIN_FILENO)) {
    fprintf(stderr, "new password of %s: ", args->words[1].ptr);
  }
  if (!fgets(line, sizeof line, stdin)) {
    return kz_err_set(err, KZ_E_INPUT, "a password is due on standard input");
  }
  line[strcspn(line, "\r\n")] = '\0';
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("password"), kz_str_of(line));
  kz_jsonw_object_end(&w);
  return post(args, config, "/admin/users/edit/", args->words[1],
              kz_buf_str(&body), show_user, err);
}

kz_rc kz_verb_user(const struct kz_args *args, const struct kz_config *config,
                   struct kz_err *err) {
  kz_str what = args->word_count > 0 ? args->words[0] : KZ_STR("");
  if (kz_str_eq(what, KZ_STR("list")) && args->word_count == 1) {
    const struct kz_question question = {.method = KZ_METHOD_GET,
                                         .target = "/admin/users/index"};
    return kz_question_print(args, config, &question, show_list, err);
  }
  if (args->word_count == 2) {
    if (kz_str_eq(what, KZ_STR("add"))) {
      return add(args, config, err);
    }
    if (kz_str_eq(what, KZ_STR("edit")) || kz_str_eq(what, KZ_STR("disable")) ||
        kz_str_eq(what, KZ_STR("enable"))) {
      return edit(args, config, err);
    }
    if (kz_str_eq(what, KZ_STR("password"))) {
      return set_password(args, config, err);
    }
    if (kz_str_eq(what, KZ_STR("key"))) {
      return post(args, config, "/users/resetauthkey/", args->words[1],
                  KZ_STR(""), show_message, err);
    }
    if (kz_str_eq(what, KZ_STR("remove"))) {
      return post(args, config, "/admin/users/delete/", args->words[1],
                  KZ_STR(""), show_message, err);
    }
  }
  return kz_err_set(err, KZ_E_INPUT,
                    "say: kizashi user list, or add|edit|disable|enable|"
                    "password|key|remove EMAIL");
}

kz_rc kz_verb_audit(const struct kz_args *args, const struct kz_config *config,
                    struct kz_err *err) {
  KZ_BUF(target, TARGET_BYTES);
  kz_buf_add_str(&target, kz_args_has(args, "all") ? KZ_STR("/api/audit/export")
                                                   : KZ_STR("/api/audit"));
  char between = '?';
  for (size_t i = 0; i < args->option_count; i++) {
    const struct kz_option *option = &args->options[i];
    if (option->value.ptr) {
      kz_buf_add_byte(&target, between);
      add_escaped(&target, option->name);
      kz_buf_add_byte(&target, '=');
      add_escaped(&target, option->value);
      between = '&';
    }
  }
  kz_buf_add_byte(&target, '\0');
  if (kz_buf_failed(&target) || args->word_count > 0) {
    return kz_err_set(err, KZ_E_INPUT, "say: kizashi audit --about user ...");
  }
  const struct kz_question question = {.method = KZ_METHOD_GET,
                                       .target = target.ptr};
  return kz_args_has(args, "all")
             ? kz_question_pass(config, &question, err)
             : kz_question_print(args, config, &question, show_entries, err);
}
