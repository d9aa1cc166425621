#include "app/verb_search.h"

#include "app/question.h"
#include "app/show.h"
#include "net/client.h"

enum { TARGET_BYTES = 1 << 20 };

/* Options whose names differ from those of the API. */
static const struct {
  const char *option;
  const char *parameter;
} aliases[] = {
    {"cidr", "within"},    {"subdomains-of", "under"}, {"as-of", "known_at"},
    {"from", "date_from"}, {"to", "date_to"},
};

static bool is_own(kz_str name) {
  return kz_str_eq(name, KZ_STR("count")) ||
         kz_str_eq(name, KZ_STR("facets")) || kz_str_eq(name, KZ_STR("format"));
}

/* "--date-from 2026-01-01" becomes "&date_from=2026-01-01". */
static void add_parameter(struct kz_buf *target, const struct kz_option *option,
                          char *separator) {
  kz_str name = option->name;
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
    if (kz_str_eq(name, kz_str_of(aliases[i].option))) {
      name = kz_str_of(aliases[i].parameter);
    }
  }
  kz_buf_add_byte(target, *separator);
  *separator = '&';
  for (size_t i = 0; i < name.len; i++) {
    kz_buf_add_byte(target, name.ptr[i] == '-' ? '_' : name.ptr[i]);
  }
  kz_buf_add_byte(target, '=');
  kz_client_escape(option->value, target);
}

/* The request for `path` with the filters of the command line. */
static kz_rc make_target(const struct kz_args *args, const char *path,
                         kz_str format, struct kz_buf *target,
                         struct kz_err *err) {
  char separator = '?';
  kz_buf_add_str(target, kz_str_of(path));
  for (size_t i = 0; i < args->option_count; i++) {
    if (!is_own(args->options[i].name)) {
      add_parameter(target, &args->options[i], &separator);
    }
  }
  for (size_t i = 0; i < args->word_count; i++) {
    const struct kz_option value = {.name = KZ_STR("value"),
                                    .value = args->words[i]};
    add_parameter(target, &value, &separator);
  }
  if (format.ptr) {
    const struct kz_option option = {.name = KZ_STR("format"), .value = format};
    add_parameter(target, &option, &separator);
  }
  kz_buf_add_byte(target, '\0');
  return kz_buf_failed(target)
             ? kz_err_set(err, KZ_E_LIMIT, "the question is too long")
             : KZ_OK;
}

static void show_rows(struct kz_buf *out, const struct kz_tree *tree) {
  const struct kz_tree *rows = kz_tree_member(tree, "rows");
  if (rows && rows->count > 0) {
    kz_show_table(out, rows, 0, 0);
  }
  kz_buf_add_format(out, "%.*s found",
                    KZ_STR_ARG(kz_tree_text(kz_tree_member(tree, "total"))));
  if (rows) {
    kz_buf_add_format(out, ", %zu shown", rows->count);
  }
  kz_buf_add_byte(out, '\n');
}

static void show_count(struct kz_buf *out, const struct kz_tree *tree) {
  kz_buf_add_str(out, kz_tree_text(kz_tree_member(tree, "total")));
  kz_buf_add_byte(out, '\n');
}

static void show_facets(struct kz_buf *out, const struct kz_tree *tree) {
  kz_show_tree(out, tree, 0);
}

static kz_rc export_as(const struct kz_args *args,
                       const struct kz_config *config, kz_str format,
                       struct kz_err *err) {
  KZ_BUF(target, TARGET_BYTES);
  kz_rc rc = make_target(args, "/api/export", format, &target, err);
  const struct kz_question question = {.method = KZ_METHOD_GET,
                                       .target = target.ptr};
  return rc == KZ_OK ? kz_question_pass(config, &question, err) : rc;
}

/* Gives an option this value, whatever the command line said of it. */
static void set_option(struct kz_args *args, kz_str name, kz_str value) {
  size_t i = 0;
  while (i < args->option_count && !kz_str_eq(args->options[i].name, name)) {
    i++;
  }
  args->options[i] = (struct kz_option){.name = name, .value = value};
  args->option_count += i == args->option_count;
}

kz_rc kz_verb_search(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  kz_str format = kz_args_option(args, "format");
  if (format.ptr && !kz_str_eq(format, KZ_STR("json"))) {
    return export_as(args, config, format, err);
  }
  bool facets = kz_args_has(args, "facets");
  bool count = kz_args_has(args, "count");
  KZ_BUF(target, TARGET_BYTES);
  struct kz_args limited = *args;
  if (count) {
    set_option(&limited, KZ_STR("limit"), KZ_STR("0"));
  }
  kz_rc rc = make_target(&limited, facets ? "/api/facets" : "/api/search",
                         KZ_STR_NONE, &target, err);
  const struct kz_question question = {.method = KZ_METHOD_GET,
                                       .target = target.ptr};
  if (rc != KZ_OK) {
    return rc;
  }
  limited.json = args->json || format.ptr;
  return kz_question_print(&limited, config, &question,
                           facets  ? show_facets
                           : count ? show_count
                                   : show_rows,
                           err);
}

kz_rc kz_verb_export(const struct kz_args *args, const struct kz_config *config,
                     struct kz_err *err) {
  kz_str format = kz_args_option(args, "format");
  return export_as(args, config, format.ptr ? format : KZ_STR("misp"), err);
}
