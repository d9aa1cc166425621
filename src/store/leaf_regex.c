/* A call to the engine costs more than looking at a value. So values are laid
 * out as lines of one text, which is searched in the multi-line form of the
 * expression; what matches there is a candidate (a match may reach over a line
 * end) and is matched once more alone. Whatever matches alone also matches as
 * a line, except with anchors and flags that know only the whole text: such
 * expressions, and places with very many matches, are matched value by value.
 */
#include "store/leaf_regex.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

enum {
  LINES_MAX = 4096,
  TEXT_MAX = 128 << 10,
  MATCHES_A_LINE = 4, /* more on average, and lines do not pay */
};

struct kz_leaf_regex {
  struct kz_leaf_regex *next;
  hs_database_t *alone;
  hs_database_t *lines; /* NULL: not to be used */
  char text[KZ_REGEX_MAX + 1];
};

struct kz_leaf_regex_worker {
  const struct kz_leaf_regex *regex;
  hs_scratch_t *scratch;
  uint32_t count; /* lines */
  uint32_t matches;
  uint32_t starts[LINES_MAX + 1];
  uint32_t values[LINES_MAX];
  bool candidate[LINES_MAX];
  char text[TEXT_MAX];
};

static kz_rc compile(const char *text, unsigned flags, hs_database_t **ret,
                     struct kz_err *err) {
  hs_compile_error_t *error = NULL;
  hs_error_t rc = hs_compile(text, HS_FLAG_CASELESS | flags, HS_MODE_BLOCK,
                             NULL, ret, &error);
  if (rc == HS_SUCCESS) {
    return KZ_OK;
  }
  *ret = NULL;
  kz_rc ret_rc = rc == HS_COMPILER_ERROR ? KZ_E_INPUT : KZ_E_MEMORY;
  kz_err_set(err, ret_rc, "regular expression: %s",
             error && error->message ? error->message : "out of memory");
  hs_free_compile_error(error);
  return ret_rc;
}

/* Whether the expression has something that means the whole text. */
static bool knows_the_whole(kz_str text) {
  for (size_t i = 0; i + 1 < text.len; i++) {
    char next = text.ptr[i + 1];
    if (text.ptr[i] == '\\') {
      if (next == 'A' || next == 'z' || next == 'Z') {
        return true;
      }
      i++;
    } else if (text.ptr[i] == '(' && next == '?' &&
               (i + 2 >= text.len || text.ptr[i + 2] != ':')) {
      return true;
    }
  }
  return false;
}

static kz_rc check(kz_str text, struct kz_err *err) {
  if (text.len > KZ_REGEX_MAX) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "a regular expression of more than %d bytes",
                      KZ_REGEX_MAX);
  }
  if (kz_str_find_byte(text, '\0') != SIZE_MAX ||
      kz_str_starts(text, KZ_STR("(*"))) {
    return kz_err_set(err, KZ_E_INPUT,
                      "regular expression: no NUL and no (*...) at its start");
  }
  return KZ_OK;
}

kz_rc kz_leaf_regex_get(struct kz_leaf_regex **list, kz_str text,
                        const struct kz_leaf_regex **ret_regex,
                        struct kz_err *err) {
  for (const struct kz_leaf_regex *r = *list; r; r = r->next) {
    if (kz_str_eq(kz_str_of(r->text), text)) {
      *ret_regex = r;
      return KZ_OK;
    }
  }
  kz_rc rc = check(text, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_leaf_regex *made = calloc(1, sizeof *made);
  if (!made) {
    return kz_err_set(err, KZ_E_MEMORY, "regular expression: out of memory");
  }
  memcpy(made->text, text.ptr ? text.ptr : "", text.len);
  rc = compile(made->text, HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY,
               &made->alone, err);
  if (rc != KZ_OK) {
    free(made);
    return rc;
  }
  /* An expression that matches nothing at all is refused here, rightly: it
   * would match everywhere. */
  if (!knows_the_whole(text) &&
      compile(made->text, HS_FLAG_MULTILINE, &made->lines, NULL) != KZ_OK) {
    made->lines = NULL;
  }
  made->next = *list;
  *list = made;
  *ret_regex = made;
  return KZ_OK;
}

void kz_leaf_regex_free(struct kz_leaf_regex *list) {
  while (list) {
    struct kz_leaf_regex *next = list->next;
    hs_free_database(list->alone);
    hs_free_database(list->lines);
    free(list);
    list = next;
  }
}

struct kz_leaf_regex_worker *
kz_leaf_regex_worker_new(const struct kz_leaf_regex *regex) {
  struct kz_leaf_regex_worker *w = malloc(sizeof *w);
  if (!w) {
    return NULL;
  }
  w->regex = regex;
  w->scratch = NULL;
  w->count = 0;
  if (hs_alloc_scratch(regex->alone, &w->scratch) != HS_SUCCESS ||
      (regex->lines &&
       hs_alloc_scratch(regex->lines, &w->scratch) != HS_SUCCESS)) {
    kz_leaf_regex_worker_free(w);
    return NULL;
  }
  return w;
}

void kz_leaf_regex_worker_free(struct kz_leaf_regex_worker *worker) {
  if (worker) {
    hs_free_scratch(worker->scratch);
    free(worker);
  }
}

static int say_yes(unsigned id, unsigned long long from, unsigned long long to,
                   unsigned flags, void *ctx) {
  (void)id;
  (void)from;
  (void)to;
  (void)flags;
  *(bool *)ctx = true;
  return 1;
}

/* False when the engine failed. */
static bool match_alone(struct kz_leaf_regex_worker *w, kz_str text,
                        bool *ret_matches) {
  *ret_matches = false;
  if (text.len > UINT32_MAX) {
    return false;
  }
  hs_error_t rc = hs_scan(w->regex->alone, text.ptr, (unsigned)text.len, 0,
                          w->scratch, say_yes, ret_matches);
  return rc == HS_SUCCESS || rc == HS_SCAN_TERMINATED;
}

static int mark_line(unsigned id, unsigned long long from,
                     unsigned long long to, unsigned flags, void *ctx) {
  struct kz_leaf_regex_worker *w = ctx;
  (void)id;
  (void)from;
  (void)flags;
  uint32_t low = 0;
  uint32_t high = w->count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (w->starts[middle] <= to) {
      low = middle;
    } else {
      high = middle;
    }
  }
  w->candidate[low] = true;
  w->matches++;
  return w->matches > MATCHES_A_LINE * w->count;
}

/* Matches the lines that were laid out and begins anew. */
static bool match_lines(struct kz_leaf_regex_worker *w,
                        kz_leaf_regex_visit *visit, void *ctx) {
  bool all = w->regex->lines == NULL;
  bool good = true;
  w->matches = 0;
  memset(w->candidate, 0, w->count);
  if (!all && w->count > 0) {
    hs_error_t rc = hs_scan(w->regex->lines, w->text, w->starts[w->count], 0,
                            w->scratch, mark_line, w);
    good = rc == HS_SUCCESS || rc == HS_SCAN_TERMINATED;
    all = rc == HS_SCAN_TERMINATED;
  }
  for (uint32_t i = 0; good && i < w->count; i++) {
    bool matches = false;
    if (all || w->candidate[i]) {
      kz_str line = {w->text + w->starts[i],
                     w->starts[i + 1] - w->starts[i] - 1};
      good = match_alone(w, line, &matches);
    }
    if (matches) {
      visit(ctx, w->values[i]);
    }
  }
  w->count = 0;
  return good;
}

bool kz_leaf_regex_values(struct kz_leaf_regex_worker *w,
                          const struct kz_segment *segment, uint32_t from,
                          uint32_t to, kz_leaf_regex_visit *visit, void *ctx) {
  bool good = true;
  char hex[KZ_HEX_TEXT];
  w->starts[0] = 0;
  for (uint32_t v = from; good && v < to; v++) {
    kz_str text = kz_segment_folded(segment, v, hex);
    if (text.len >= TEXT_MAX) {
      bool matches = false;
      good = match_alone(w, text, &matches);
      if (matches) {
        visit(ctx, v);
      }
      continue;
    }
    if (w->count == LINES_MAX || text.len >= TEXT_MAX - w->starts[w->count]) {
      good = match_lines(w, visit, ctx);
    }
    uint32_t at = w->starts[w->count];
    memcpy(w->text + at, text.ptr, text.len);
    w->text[at + text.len] = '\n';
    w->values[w->count++] = v;
    w->starts[w->count] = at + (uint32_t)text.len + 1;
  }
  return match_lines(w, visit, ctx) && good;
}
