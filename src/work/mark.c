/* Values without '%' are in a table, folded; patterns, of which people make
 * few, are gone through one by one. Both are made anew after each change. */
#include "work/mark.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "model/value.h"

enum {
  MARKS_MAX = 1 << 24,
  BYTES_MAX = 1 << 30,
  DOCUMENT_BYTES = 1 << 20,
};

const struct kz_marks_form kz_exclusion_form = {
    .shape = {.kind = KZ_SHELF_EXCLUSION,
              .noun = "correlation exclusion",
              .name = "value"},
    .takes_patterns = true,
};
const struct kz_marks_form kz_false_positive_form = {
    .shape = {.kind = KZ_SHELF_FALSE_POSITIVE,
              .noun = "false positive",
              .name = "value"},
};

struct pattern {
  kz_str middle; /* folded */
  bool open_start;
  bool open_end;
  size_t mark;
};

/* What a mark says, by number. */
struct mark {
  uint64_t id;
  int64_t until_s; /* 0: for ever */
};

struct kz_marks {
  const struct kz_marks_form *form;
  struct kz_shelf *shelf;
  pthread_mutex_t changing;
  atomic_size_t count;
  pthread_rwlock_t lock; /* guards what follows */
  struct kz_arena *texts;
  struct kz_strmap *exact; /* folded value -> number */
  struct pattern *patterns;
  size_t pattern_count;
  struct mark *marks;
};

static kz_rc no_memory(const struct kz_marks *marks, struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory",
                    marks->form->shape.noun);
}

/* --- building --------------------------------------------------------------
 */

/* What the marks are looked up in; swapped as a whole. */
struct built {
  struct kz_arena *texts;
  struct kz_strmap *exact;
  struct pattern *patterns;
  size_t pattern_count;
  struct mark *marks;
  size_t count;
};

static void end_built(struct built *b) {
  kz_strmap_free(b->exact);
  kz_arena_free(b->texts);
}

static bool is_open(const struct kz_marks *marks, kz_str value, bool at_end) {
  return marks->form->takes_patterns && value.len > 1 &&
         value.ptr[at_end ? value.len - 1 : 0] == '%';
}

static kz_rc add(const struct kz_marks *marks, struct built *b, kz_str value) {
  struct pattern p = {.mark = b->count,
                      .open_start = is_open(marks, value, false),
                      .open_end = is_open(marks, value, true)};
  value = kz_str_from(value, p.open_start);
  value.len -= p.open_end;
  char *folded = kz_arena_text(b->texts, value.len + 1);
  if (!folded) {
    return KZ_E_MEMORY;
  }
  kz_value_fold(value, folded);
  p.middle = (kz_str){folded, value.len};
  b->count++;
  if (p.open_start || p.open_end) {
    b->patterns[b->pattern_count++] = p;
    return KZ_OK;
  }
  return kz_strmap_put(b->exact, p.middle, p.mark);
}

static kz_rc build(struct kz_marks *marks, struct built *b,
                   struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  KZ_ARENA(one, DOCUMENT_BYTES);
  b->texts = kz_arena_new(BYTES_MAX);
  b->exact = kz_strmap_new(MARKS_MAX, BYTES_MAX);
  kz_rc rc = b->texts && b->exact && one ? KZ_OK : no_memory(marks, err);
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(marks->shelf, 0, b->texts, &cards, &count);
  }
  if (rc == KZ_OK) {
    b->marks = kz_arena_array(b->texts, count + 1, sizeof *b->marks);
    b->patterns = kz_arena_array(b->texts, count + 1, sizeof *b->patterns);
    rc = b->marks && b->patterns ? KZ_OK : no_memory(marks, err);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *d = NULL;
    kz_arena_reset(one);
    rc = kz_shelf_get(marks->shelf, cards[i].id, one, &d, err);
    if (rc == KZ_OK) {
      uint64_t until = kz_jsonv_u64(d, KZ_STR("until"), 0);
      b->marks[b->count] =
          (struct mark){cards[i].id, until < INT64_MAX ? (int64_t)until : 0};
      rc = add(marks, b, cards[i].name);
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc;
  }
  return rc;
}

static kz_rc renew(struct kz_marks *marks, struct kz_err *err) {
  struct built b = {.count = 0};
  kz_rc rc = build(marks, &b, err);
  if (rc != KZ_OK) {
    end_built(&b);
    return rc == KZ_E_MEMORY ? no_memory(marks, err) : rc;
  }
  pthread_rwlock_wrlock(&marks->lock);
  struct built old = {.texts = marks->texts, .exact = marks->exact};
  marks->texts = b.texts;
  marks->exact = b.exact;
  marks->patterns = b.patterns;
  marks->pattern_count = b.pattern_count;
  marks->marks = b.marks;
  atomic_store(&marks->count, b.count);
  pthread_rwlock_unlock(&marks->lock);
  end_built(&old);
  return KZ_OK;
}

kz_rc kz_marks_open(struct kz_store *store, const struct kz_marks_form *form,
                    struct kz_marks **ret_marks, struct kz_err *err) {
  struct kz_marks *marks = calloc(1, sizeof *marks);
  if (!marks) {
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", form->shape.noun);
  }
  marks->form = form;
  pthread_mutex_init(&marks->changing, NULL);
  pthread_rwlock_init(&marks->lock, NULL);
  kz_rc rc = kz_shelf_open(store, &form->shape, &marks->shelf, err);
  if (rc == KZ_OK) {
    rc = renew(marks, err);
  }
  if (rc != KZ_OK) {
    kz_marks_close(marks);
    return rc;
  }
  *ret_marks = marks;
  return KZ_OK;
}

void kz_marks_close(struct kz_marks *marks) {
  if (marks) {
    kz_shelf_close(marks->shelf);
    kz_strmap_free(marks->exact);
    kz_arena_free(marks->texts);
    pthread_rwlock_destroy(&marks->lock);
    pthread_mutex_destroy(&marks->changing);
    free(marks);
  }
}

struct kz_shelf *kz_marks_shelf(struct kz_marks *marks) {
  return marks->shelf;
}

/* --- changing --------------------------------------------------------------
 */

static kz_rc check(const struct kz_marks *marks, kz_str value,
                   struct kz_err *err) {
  bool says_something = false;
  for (size_t i = 0; i < value.len; i++) {
    says_something |= value.ptr[i] != '%' || !marks->form->takes_patterns;
  }
  if (!says_something || value.len > KZ_MARK_VALUE_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "value: a value of 1 to %d bytes is due",
                      KZ_MARK_VALUE_MAX);
  }
  return KZ_OK;
}

/* Whether a document other than `id` has the value. */
static bool is_taken(struct kz_marks *marks, uint64_t id, kz_str value) {
  uint64_t other = 0;
  return kz_shelf_by_name(marks->shelf, value, &other) == KZ_OK && other != id;
}

kz_rc kz_marks_put(struct kz_marks *marks, uint64_t *id,
                   struct kz_jsonv *document, struct kz_arena *arena,
                   struct kz_err *err) {
  kz_str value = kz_jsonv_text(document, KZ_STR("value"));
  kz_rc rc = check(marks, value, err);
  if (rc != KZ_OK) {
    return rc;
  }
  pthread_mutex_lock(&marks->changing);
  rc = is_taken(marks, *id, value)
           ? kz_err_set(err, KZ_E_CONFLICT, "value: there is one already")
           : kz_shelf_put(marks->shelf, id, document, arena, err);
  if (rc == KZ_OK) {
    rc = renew(marks, err);
  }
  pthread_mutex_unlock(&marks->changing);
  return rc;
}

kz_rc kz_marks_remove(struct kz_marks *marks, uint64_t id, struct kz_err *err) {
  pthread_mutex_lock(&marks->changing);
  kz_rc rc = kz_shelf_remove(marks->shelf, id, err);
  if (rc == KZ_OK) {
    rc = renew(marks, err);
  }
  pthread_mutex_unlock(&marks->changing);
  return rc;
}

/* --- asking ----------------------------------------------------------------
 */

static bool fits(const struct pattern *p, kz_str folded) {
  if (p->open_start && p->open_end) {
    return kz_str_find(folded, p->middle) != SIZE_MAX;
  }
  return p->open_end ? kz_str_starts(folded, p->middle)
                     : kz_str_ends(folded, p->middle);
}

static bool is_in_force(const struct mark *mark, uint64_t *ret_id) {
  if (mark->until_s != 0 && mark->until_s <= kz_clock_now_us() / KZ_SECOND_US) {
    return false;
  }
  if (ret_id) {
    *ret_id = mark->id;
  }
  return true;
}

static bool find(struct kz_marks *marks, kz_str folded, uint64_t *ret_id) {
  uint64_t number = 0;
  if (kz_strmap_get(marks->exact, folded, &number) &&
      is_in_force(&marks->marks[number], ret_id)) {
    return true;
  }
  for (size_t i = 0; i < marks->pattern_count; i++) {
    const struct pattern *p = &marks->patterns[i];
    if (fits(p, folded) && is_in_force(&marks->marks[p->mark], ret_id)) {
      return true;
    }
  }
  return false;
}

bool kz_marks_find(struct kz_marks *marks, kz_str value, uint64_t *ret_id) {
  if (atomic_load(&marks->count) == 0) {
    return false;
  }
  KZ_BUF(folded, value.len + 1);
  char *text = kz_buf_room(&folded, value.len + 1);
  if (!text) {
    return false;
  }
  kz_value_fold(value, text);
  pthread_rwlock_rdlock(&marks->lock);
  bool is_found = find(marks, (kz_str){text, value.len}, ret_id);
  pthread_rwlock_unlock(&marks->lock);
  return is_found;
}

bool kz_marks_find_any(struct kz_marks *marks, kz_type type, kz_str value,
                       uint64_t *ret_id) {
  if (atomic_load(&marks->count) == 0) {
    return false;
  }
  kz_str parts[2];
  unsigned count = kz_value_parts(type, value, parts);
  bool is_found = kz_marks_find(marks, value, ret_id);
  for (unsigned i = 0; !is_found && count > 1 && i < count; i++) {
    is_found = kz_marks_find(marks, parts[i], ret_id);
  }
  return is_found;
}
