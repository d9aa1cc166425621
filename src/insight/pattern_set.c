#include "insight/pattern_set.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

/* What was compiled together: pieces, or expressions. */
struct half {
  hs_database_t *database; /* NULL: there are none */
  char **texts;            /* as sent, with NUL */
  uint32_t *lists;
  size_t count;
};

struct kz_pattern_set {
  struct half pieces;
  struct half regexes;
};

struct kz_pattern_scratch {
  hs_scratch_t *pieces;
  hs_scratch_t *regexes;
};

/* --- expressions -----------------------------------------------------------
 */

/* "/expression/flags" -> the expression in `to` with its NUL, and the engine's
 * flags. */
static kz_rc read_regex(kz_str text, char to[KZ_PATTERN_MAX + 1],
                        unsigned *ret_flags, struct kz_err *err) {
  if (text.len == 0 || text.len > KZ_PATTERN_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "a regular expression has 1 to %d bytes",
                      KZ_PATTERN_MAX);
  }
  unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
  size_t end = kz_str_rfind_byte(text, '/');
  kz_str inner = text;
  if (text.ptr[0] == '/' && end != SIZE_MAX && end > 0) {
    inner = (kz_str){text.ptr + 1, end - 1};
    for (size_t i = end + 1; i < text.len; i++) {
      char flag = text.ptr[i];
      flags |= flag == 'i'   ? HS_FLAG_CASELESS
               : flag == 's' ? HS_FLAG_DOTALL
               : flag == 'm' ? HS_FLAG_MULTILINE
                             : 0u;
      if (!strchr("isgmuUD", flag)) {
        return kz_err_set(err, KZ_E_INPUT,
                          "the flag '%c' of a regular expression is not known",
                          flag);
      }
    }
  }
  if (memchr(inner.ptr, '\0', inner.len)) {
    return kz_err_set(err, KZ_E_INPUT, "a NUL in a regular expression");
  }
  memcpy(to, inner.ptr, inner.len);
  to[inner.len] = '\0';
  *ret_flags = flags;
  return KZ_OK;
}

kz_rc kz_pattern_check(kz_str regex, struct kz_err *err) {
  char text[KZ_PATTERN_MAX + 1];
  unsigned flags = 0;
  kz_rc rc = read_regex(regex, text, &flags, err);
  if (rc != KZ_OK) {
    return rc;
  }
  hs_database_t *database = NULL;
  hs_compile_error_t *error = NULL;
  if (hs_compile(text, flags, HS_MODE_BLOCK, NULL, &database, &error) !=
      HS_SUCCESS) {
    kz_err_set(err, KZ_E_INPUT, "regular expression: %s",
               error && error->message ? error->message : "it cannot be read");
    hs_free_compile_error(error);
    return KZ_E_INPUT;
  }
  hs_free_database(database);
  return KZ_OK;
}

/* --- building --------------------------------------------------------------
 */

/* The arguments of the engine's compiler. */
struct job {
  char **texts;
  unsigned *flags;
  unsigned *ids;
  size_t *lengths;
};

static bool make_room(struct half *half, struct job *job, size_t count) {
  half->texts = calloc(count + 1, sizeof *half->texts);
  half->lists = calloc(count + 1, sizeof *half->lists);
  job->texts = calloc(count + 1, sizeof *job->texts);
  job->flags = calloc(count + 1, sizeof *job->flags);
  job->ids = calloc(count + 1, sizeof *job->ids);
  job->lengths = calloc(count + 1, sizeof *job->lengths);
  return half->texts && half->lists && job->texts && job->flags && job->ids &&
         job->lengths;
}

static void end_job(struct job *job, size_t count) {
  for (size_t i = 0; job->texts && i < count; i++) {
    free(job->texts[i]);
  }
  free(job->texts);
  free(job->flags);
  free(job->ids);
  free(job->lengths);
}

static kz_rc add(struct half *half, struct job *job,
                 const struct kz_pattern *pattern) {
  char expression[KZ_PATTERN_MAX + 1];
  unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_CASELESS;
  kz_str text = pattern->text;
  if (pattern->is_regex) {
    kz_rc rc = kz_pattern_check(text, NULL);
    rc = rc == KZ_OK ? read_regex(text, expression, &flags, NULL) : rc;
    if (rc != KZ_OK) {
      return rc;
    }
  } else if (text.len == 0 || text.len > KZ_PATTERN_MAX ||
             memchr(text.ptr, '\0', text.len)) {
    return KZ_E_INPUT;
  }
  size_t at = half->count;
  half->texts[at] = strndup(text.ptr, text.len);
  job->texts[at] =
      pattern->is_regex ? strdup(expression) : strndup(text.ptr, text.len);
  half->count++;
  half->lists[at] = pattern->list;
  job->flags[at] = flags;
  job->ids[at] = (unsigned)at;
  job->lengths[at] = text.len;
  return half->texts[at] && job->texts[at] ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc compile(struct half *half, const struct job *job, bool is_regex) {
  if (half->count == 0) {
    return KZ_OK;
  }
  hs_compile_error_t *error = NULL;
  const char *const *texts = (const char *const *)job->texts;
  unsigned count = (unsigned)half->count;
  hs_error_t rc =
      is_regex ? hs_compile_multi(texts, job->flags, job->ids, count,
                                  HS_MODE_BLOCK, NULL, &half->database, &error)
               : hs_compile_lit_multi(texts, job->flags, job->ids, job->lengths,
                                      count, HS_MODE_BLOCK, NULL,
                                      &half->database, &error);
  hs_free_compile_error(error);
  return rc == HS_SUCCESS ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc fill(struct half *half, const struct kz_pattern *patterns,
                  size_t count, bool is_regex, size_t *left_out) {
  struct job job = {0};
  size_t ours = 0;
  for (size_t i = 0; i < count; i++) {
    ours += patterns[i].is_regex == is_regex;
  }
  kz_rc rc = make_room(half, &job, ours) ? KZ_OK : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    if (patterns[i].is_regex == is_regex) {
      rc = add(half, &job, &patterns[i]);
      *left_out += rc == KZ_E_INPUT;
      rc = rc == KZ_E_INPUT ? KZ_OK : rc;
    }
  }
  if (rc == KZ_OK) {
    rc = compile(half, &job, is_regex);
  }
  end_job(&job, half->count);
  return rc;
}

kz_rc kz_pattern_set_new(const struct kz_pattern *patterns, size_t count,
                         struct kz_pattern_set **ret_set,
                         size_t *ret_left_out) {
  struct kz_pattern_set *set = calloc(1, sizeof *set);
  size_t left_out = 0;
  kz_rc rc =
      set ? fill(&set->pieces, patterns, count, false, &left_out) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = fill(&set->regexes, patterns, count, true, &left_out);
  }
  if (rc != KZ_OK) {
    kz_pattern_set_free(set);
    return rc;
  }
  *ret_set = set;
  *ret_left_out = left_out;
  return KZ_OK;
}

static void end_half(struct half *half) {
  for (size_t i = 0; half->texts && i < half->count; i++) {
    free(half->texts[i]);
  }
  free(half->texts);
  free(half->lists);
  hs_free_database(half->database);
}

void kz_pattern_set_free(struct kz_pattern_set *set) {
  if (set) {
    end_half(&set->pieces);
    end_half(&set->regexes);
    free(set);
  }
}

/* --- finding ---------------------------------------------------------------
 */

struct kz_pattern_scratch *
kz_pattern_scratch_new(const struct kz_pattern_set *set) {
  struct kz_pattern_scratch *scratch = calloc(1, sizeof *scratch);
  if (!scratch) {
    return NULL;
  }
  const hs_database_t *pieces = set->pieces.database;
  const hs_database_t *regexes = set->regexes.database;
  if ((pieces && hs_alloc_scratch(pieces, &scratch->pieces) != HS_SUCCESS) ||
      (regexes && hs_alloc_scratch(regexes, &scratch->regexes) != HS_SUCCESS)) {
    kz_pattern_scratch_free(scratch);
    return NULL;
  }
  return scratch;
}

void kz_pattern_scratch_free(struct kz_pattern_scratch *scratch) {
  if (scratch) {
    hs_free_scratch(scratch->pieces);
    hs_free_scratch(scratch->regexes);
    free(scratch);
  }
}

struct walk {
  const struct half *half;
  kz_pattern_visit *visit;
  void *ctx;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx) {
  (void)from;
  (void)to;
  (void)flags;
  const struct walk *walk = ctx;
  walk->visit(walk->ctx, walk->half->lists[id],
              kz_str_of(walk->half->texts[id]));
  return 0;
}

static void find(const struct half *half, hs_scratch_t *scratch, kz_str text,
                 kz_pattern_visit *visit, void *ctx) {
  if (half->database && text.len > 0 && text.len <= UINT32_MAX) {
    struct walk walk = {half, visit, ctx};
    (void)hs_scan(half->database, text.ptr, (unsigned)text.len, 0, scratch,
                  on_match, &walk);
  }
}

void kz_pattern_set_find_pieces(const struct kz_pattern_set *set,
                                struct kz_pattern_scratch *scratch, kz_str text,
                                kz_pattern_visit *visit, void *ctx) {
  find(&set->pieces, scratch->pieces, text, visit, ctx);
}

void kz_pattern_set_find_regexes(const struct kz_pattern_set *set,
                                 struct kz_pattern_scratch *scratch,
                                 kz_str text, kz_pattern_visit *visit,
                                 void *ctx) {
  find(&set->regexes, scratch->regexes, text, visit, ctx);
}
