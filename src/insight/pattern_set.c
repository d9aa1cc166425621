#include "insight/pattern_set.h"

#include <hs/hs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct kz_pattern_set {
  hs_database_t *database; /* NULL: there are none */
  char **texts;            /* as sent, with NUL */
  uint32_t *lists;
  size_t count;
};

struct kz_pattern_scratch {
  hs_scratch_t *scratch;
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
};

static bool make_room(struct kz_pattern_set *set, struct job *job,
                      size_t count) {
  set->texts = calloc(count + 1, sizeof *set->texts);
  set->lists = calloc(count + 1, sizeof *set->lists);
  job->texts = calloc(count + 1, sizeof *job->texts);
  job->flags = calloc(count + 1, sizeof *job->flags);
  job->ids = calloc(count + 1, sizeof *job->ids);
  return set->texts && set->lists && job->texts && job->flags && job->ids;
}

static void end_job(struct job *job, size_t count) {
  for (size_t i = 0; job->texts && i < count; i++) {
    free(job->texts[i]);
  }
  free(job->texts);
  free(job->flags);
  free(job->ids);
}

static kz_rc add(struct kz_pattern_set *set, struct job *job,
                 const struct kz_pattern *pattern) {
  char expression[KZ_PATTERN_MAX + 1];
  unsigned flags = 0;
  kz_str text = pattern->text;
  kz_rc rc = kz_pattern_check(text, NULL);
  rc = rc == KZ_OK ? read_regex(text, expression, &flags, NULL) : rc;
  if (rc != KZ_OK) {
    return rc;
  }
  size_t at = set->count++;
  set->texts[at] = strndup(text.ptr, text.len);
  set->lists[at] = pattern->list;
  job->texts[at] = strdup(expression);
  job->flags[at] = flags;
  job->ids[at] = (unsigned)at;
  return set->texts[at] && job->texts[at] ? KZ_OK : KZ_E_MEMORY;
}

static kz_rc compile(struct kz_pattern_set *set, const struct job *job) {
  if (set->count == 0) {
    return KZ_OK;
  }
  hs_compile_error_t *error = NULL;
  hs_error_t rc = hs_compile_multi((const char *const *)job->texts, job->flags,
                                   job->ids, (unsigned)set->count,
                                   HS_MODE_BLOCK, NULL, &set->database, &error);
  hs_free_compile_error(error);
  return rc == HS_SUCCESS ? KZ_OK : KZ_E_MEMORY;
}

kz_rc kz_pattern_set_new(const struct kz_pattern *patterns, size_t count,
                         struct kz_pattern_set **ret_set,
                         size_t *ret_left_out) {
  struct kz_pattern_set *set = calloc(1, sizeof *set);
  struct job job = {0};
  size_t left_out = 0;
  kz_rc rc = set && make_room(set, &job, count) ? KZ_OK : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = add(set, &job, &patterns[i]);
    left_out += rc == KZ_E_INPUT;
    rc = rc == KZ_E_INPUT ? KZ_OK : rc;
  }
  if (rc == KZ_OK) {
    rc = compile(set, &job);
  }
  end_job(&job, set ? set->count : 0);
  if (rc != KZ_OK) {
    kz_pattern_set_free(set);
    return rc;
  }
  *ret_set = set;
  *ret_left_out = left_out;
  return KZ_OK;
}

void kz_pattern_set_free(struct kz_pattern_set *set) {
  if (set) {
    for (size_t i = 0; set->texts && i < set->count; i++) {
      free(set->texts[i]);
    }
    free(set->texts);
    free(set->lists);
    hs_free_database(set->database);
    free(set);
  }
}

/* --- finding ---------------------------------------------------------------
 */

struct kz_pattern_scratch *
kz_pattern_scratch_new(const struct kz_pattern_set *set) {
  struct kz_pattern_scratch *scratch = calloc(1, sizeof *scratch);
  if (scratch && set->database &&
      hs_alloc_scratch(set->database, &scratch->scratch) != HS_SUCCESS) {
    free(scratch);
    return NULL;
  }
  return scratch;
}

void kz_pattern_scratch_free(struct kz_pattern_scratch *scratch) {
  if (scratch) {
    hs_free_scratch(scratch->scratch);
    free(scratch);
  }
}

struct walk {
  const struct kz_pattern_set *set;
  kz_pattern_visit *visit;
  void *ctx;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx) {
  (void)from;
  (void)to;
  (void)flags;
  const struct walk *walk = ctx;
  walk->visit(walk->ctx, walk->set->lists[id], kz_str_of(walk->set->texts[id]));
  return 0;
}

void kz_pattern_set_find(const struct kz_pattern_set *set,
                         struct kz_pattern_scratch *scratch, kz_str text,
                         kz_pattern_visit *visit, void *ctx) {
  if (set->database && text.len > 0 && text.len <= UINT32_MAX) {
    struct walk walk = {set, visit, ctx};
    (void)hs_scan(set->database, text.ptr, (unsigned)text.len, 0,
                  scratch->scratch, on_match, &walk);
  }
}
