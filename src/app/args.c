#include "app/args.h"

#include <string.h>

static bool is_flag(kz_str name, const char *const *flags) {
  for (; *flags; flags++) {
    if (kz_str_eq(name, kz_str_of(*flags))) {
      return true;
    }
  }
  return false;
}

/* Where a setting's value goes; NULL when the name is no setting. */
static kz_str *setting_of(struct kz_args *args, kz_str name) {
  if (kz_str_eq(name, KZ_STR("config"))) {
    return &args->flags.file;
  }
  for (int i = 0; i < KZ_SET_COUNT; i++) {
    if (kz_str_eq(name, kz_config_name((enum kz_setting)i))) {
      return &args->flags.values[i];
    }
  }
  return NULL;
}

static bool take_common(struct kz_args *args, kz_str name) {
  if (kz_str_eq(name, KZ_STR("json"))) {
    args->json = true;
  } else if (kz_str_eq(name, KZ_STR("help"))) {
    args->help = true;
  } else if (kz_str_eq(name, KZ_STR("quiet"))) {
    args->quiet = true;
  } else {
    return false;
  }
  return true;
}

/* Takes the option that begins at argv[*at]. */
static kz_rc take_option(struct kz_args *args, int argc, char **argv, int *at,
                         const char *const *flags, struct kz_err *err) {
  kz_str name = kz_str_of(argv[*at] + 2);
  kz_str value = KZ_STR_NONE;
  size_t equal = kz_str_find_byte(name, '=');
  if (equal != SIZE_MAX) {
    value = kz_str_from(name, equal + 1);
    name = kz_str_head(name, equal);
  }
  if (!value.ptr && take_common(args, name)) {
    return KZ_OK;
  }
  if (!value.ptr && !is_flag(name, flags)) {
    if (*at + 1 >= argc) {
      return kz_err_set(err, KZ_E_INPUT, "--%.*s needs a value",
                        KZ_STR_ARG(name));
    }
    value = kz_str_of(argv[++*at]);
  }
  kz_str *setting = setting_of(args, name);
  if (setting) {
    *setting = value;
  } else {
    args->options[args->option_count++] =
        (struct kz_option){.name = name, .value = value};
  }
  return KZ_OK;
}

kz_rc kz_args_parse(int argc, char **argv, const char *const *flags,
                    struct kz_args *ret_args, struct kz_err *err) {
  memset(ret_args, 0, sizeof *ret_args);
  if (argc > KZ_ARGS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "more than %d words", KZ_ARGS_MAX);
  }
  bool options = true;
  kz_rc rc = KZ_OK;
  for (int i = 1; rc == KZ_OK && i < argc; i++) {
    kz_str word = kz_str_of(argv[i]);
    if (options && kz_str_eq(word, KZ_STR("--"))) {
      options = false;
    } else if (options && kz_str_eq(word, KZ_STR("-h"))) {
      ret_args->help = true;
    } else if (options && word.len > 2 && kz_str_starts(word, KZ_STR("--"))) {
      rc = take_option(ret_args, argc, argv, &i, flags, err);
    } else if (!ret_args->verb.ptr) {
      ret_args->verb = word;
    } else {
      ret_args->words[ret_args->word_count++] = word;
    }
  }
  return rc;
}

kz_str kz_args_option(const struct kz_args *args, const char *name) {
  for (size_t i = args->option_count; i > 0; i--) {
    if (kz_str_eq(args->options[i - 1].name, kz_str_of(name))) {
      return args->options[i - 1].value;
    }
  }
  return KZ_STR_NONE;
}

bool kz_args_has(const struct kz_args *args, const char *name) {
  for (size_t i = 0; i < args->option_count; i++) {
    if (kz_str_eq(args->options[i].name, kz_str_of(name))) {
      return true;
    }
  }
  return false;
}
