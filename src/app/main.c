/* Wires the command line to the verbs; holds no logic. Exit codes: 0 good, 1
 * the verb failed, 2 it was called wrongly. */
#include <stdio.h>
#include <string.h>

#include "app/args.h"
#include "app/config.h"
#include "app/verb.h"
#include "base/arena.h"

enum { CONFIG_BYTES = 4 << 20 };

static void print_help(FILE *to) {
  fputs("kizashi: threat intelligence, one store, exact answers\n\n"
        "usage: kizashi VERB [WORDS] [OPTIONS]\n\n",
        to);
  size_t count = 0;
  const struct kz_verb *verbs = kz_verb_list(&count);
  for (size_t i = 0; i < count; i++) {
    fprintf(to, "  %-14s  %s\n", verbs[i].name, verbs[i].summary);
  }
  fputs("\nsettings:\n", to);
  for (int i = 0; i < KZ_SET_COUNT; i++) {
    fprintf(to, "  --%-12s  %s\n", kz_config_name((enum kz_setting)i).ptr,
            kz_config_help((enum kz_setting)i));
  }
  fputs("\nEvery verb takes --store DIR (default $XDG_DATA_HOME/kizashi), "
        "--json, --config FILE\nand --help, which has examples.\n",
        to);
}

static void print_verb(const struct kz_verb *verb) {
  printf("usage: kizashi %s%s%s\n\n%s.\n\n%s", verb->name,
         verb->words[0] ? " " : "", verb->words, verb->summary, verb->help);
}

static int fail(const char *verb, const struct kz_err *err) {
  fprintf(stderr, "kizashi%s%s: %s\n", verb[0] ? " " : "", verb, err->text);
  return err->rc == KZ_E_INPUT ? 2 : 1;
}

/* The first word that is not an option names the verb. */
static const struct kz_verb *find_verb(int argc, char **argv) {
  return argc > 1 ? kz_verb_find(kz_str_of(argv[1])) : NULL;
}

static int run(const struct kz_verb *verb, int argc, char **argv) {
  static const size_t size = sizeof(struct kz_args);
  struct kz_err err = KZ_ERR_NONE;
  KZ_ARENA(arena, CONFIG_BYTES + size);
  struct kz_args *args = arena ? kz_arena_alloc(arena, size) : NULL;
  if (!args) {
    kz_err_set(&err, KZ_E_MEMORY, "out of memory");
    return fail(verb->name, &err);
  }
  kz_rc rc = kz_args_parse(argc, argv, verb->flags, args, &err);
  if (rc == KZ_OK && args->help) {
    print_verb(verb);
    return 0;
  }
  struct kz_config config;
  if (rc == KZ_OK) {
    rc = kz_config_load(&args->flags, arena, &config, &err);
  }
  if (rc == KZ_OK) {
    rc = verb->run(args, &config, &err);
  }
  if (rc == KZ_OK) {
    return 0;
  }
  err.rc = rc;
  return fail(verb->name, &err);
}

int main(int argc, char **argv) {
  const struct kz_verb *verb = find_verb(argc, argv);
  if (verb) {
    return run(verb, argc, argv);
  }
  bool asked = argc > 1 &&
               (strcmp(argv[1], "help") == 0 ||
                strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
  if (argc > 1 && strcmp(argv[1], "--version") == 0) {
    printf("kizashi %s\n", KZ_VERSION);
    return 0;
  }
  const struct kz_verb *about =
      asked && argc > 2 ? kz_verb_find(kz_str_of(argv[2])) : NULL;
  if (about) {
    print_verb(about);
    return 0;
  }
  const char *unknown = argc > 2 && asked ? argv[2] : argc > 1 ? argv[1] : NULL;
  if (unknown && (!asked || argc > 2)) {
    fprintf(stderr,
            "kizashi: there is no verb \"%s\"; kizashi help lists them\n",
            unknown);
    return 2;
  }
  print_help(asked ? stdout : stderr);
  return asked ? 0 : 2;
}
