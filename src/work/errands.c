/* Those that wait or run are in memory; the shelf has all. Progress is saved
 * when an errand begins and when it ends: after a crash it begins anew, so what
 * it had done till then is of no use. */
#include "work/errands.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/actor.h"
#include "work/shelf.h"

enum {
  THREADS_MAX = 16,
  LINE_BYTES = 500,
  ARENA_BYTES = 64 << 20,
  DETAIL_MAX = 4096,
  PRUNE_AT_ONCE = 64,
};

struct kz_errand {
  struct kz_errands *errands;
  struct kz_errand *next; /* older first */
  uint64_t id;
  char *kind_name; /* malloc'ed, as the next */
  char *detail;
  size_t detail_len;
  uint64_t subject;
  uint64_t user;
  struct kz_actor actor; /* who asked, for the audit log */
  int64_t asked_us;
  int64_t began_us;
  int64_t ended_us;
  enum kz_errand_state state; /* under the errands' lock */
  bool is_cancelled;          /* by somebody, not by the program's end */
  atomic_bool stop;
  atomic_uint_fast64_t total;
  atomic_uint_fast64_t done;
  pthread_mutex_t log_lock;
  char *lines[KZ_ERRAND_LINES]; /* a ring */
  size_t line_count;            /* ever */
};

struct kz_errands {
  struct kz_shelf *shelf;
  size_t kept;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct kz_errand *first; /* that wait or run */
  const struct kz_errand_kind *kinds;
  size_t kind_count;
  void *ctx;
  pthread_t threads[THREADS_MAX];
  unsigned thread_count;
  bool is_stopping;
};

static const struct kz_shelf_shape shape = {.kind = KZ_SHELF_JOB,
                                            .noun = "job"};

static const char *const state_names[] = {"waiting", "running", "done",
                                          "failed", "cancelled"};

const char *kz_errand_state_name(enum kz_errand_state state) {
  return state_names[state];
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "job: out of memory");
}

/* --- one -------------------------------------------------------------------
 */

static void free_errand(struct kz_errand *e) {
  if (e) {
    for (size_t i = 0; i < KZ_ERRAND_LINES; i++) {
      free(e->lines[i]);
    }
    pthread_mutex_destroy(&e->log_lock);
    free(e->kind_name);
    free(e->detail);
    free(e);
  }
}

static struct kz_errand *new_errand(struct kz_errands *errands, kz_str kind,
                                    kz_str detail) {
  struct kz_errand *e = calloc(1, sizeof *e);
  if (!e) {
    return NULL;
  }
  pthread_mutex_init(&e->log_lock, NULL);
  e->errands = errands;
  e->kind_name = strndup(kind.ptr ? kind.ptr : "", kind.len);
  e->detail = strndup(detail.ptr ? detail.ptr : "", detail.len);
  e->detail_len = detail.len;
  if (!e->kind_name || !e->detail) {
    free_errand(e);
    return NULL;
  }
  return e;
}

uint64_t kz_errand_id(const struct kz_errand *errand) {
  return errand->id;
}

uint64_t kz_errand_subject(const struct kz_errand *errand) {
  return errand->subject;
}

kz_str kz_errand_detail(const struct kz_errand *errand) {
  return (kz_str){errand->detail, errand->detail_len};
}

uint64_t kz_errand_user(const struct kz_errand *errand) {
  return errand->user;
}

bool kz_errand_is_stopped(void *errand) {
  return atomic_load(&((struct kz_errand *)errand)->stop);
}

void kz_errand_set_total(struct kz_errand *errand, uint64_t total) {
  atomic_store(&errand->total, total);
}

void kz_errand_set_done(struct kz_errand *errand, uint64_t done) {
  atomic_store(&errand->done, done);
}

void kz_errand_add_done(struct kz_errand *errand, uint64_t more) {
  atomic_fetch_add(&errand->done, more);
}

void kz_errand_log(struct kz_errand *errand, const char *format, ...) {
  char line[LINE_BYTES];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(line, sizeof line, format, args);
  va_end(args);
  char *copy = strdup(line);
  pthread_mutex_lock(&errand->log_lock);
  char **place = &errand->lines[errand->line_count % KZ_ERRAND_LINES];
  if (copy) {
    free(*place);
    *place = copy;
    errand->line_count++;
  }
  pthread_mutex_unlock(&errand->log_lock);
}

/* --- documents -------------------------------------------------------------
 */

static bool set_lines(struct kz_errand *e, struct kz_jsonv *document,
                      struct kz_arena *arena) {
  struct kz_jsonv *list = kz_jsonv_new(arena, KZ_JSON_ARRAY);
  bool good = list != NULL;
  pthread_mutex_lock(&e->log_lock);
  size_t from =
      e->line_count > KZ_ERRAND_LINES ? e->line_count - KZ_ERRAND_LINES : 0;
  for (size_t i = from; good && i < e->line_count; i++) {
    struct kz_jsonv *line = kz_jsonv_new(arena, KZ_JSON_STRING);
    good = line && kz_arena_dup(arena, kz_str_of(e->lines[i % KZ_ERRAND_LINES]),
                                &line->text) == KZ_OK;
    if (good) {
      kz_jsonv_push(list, line);
    }
  }
  pthread_mutex_unlock(&e->log_lock);
  return good && kz_jsonv_set(document, KZ_STR("log"), list, arena);
}

static struct kz_jsonv *document_of(struct kz_errand *e,
                                    enum kz_errand_state state,
                                    struct kz_arena *arena) {
  struct kz_jsonv *d = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  const struct {
    const char *name;
    uint64_t number;
  } numbers[] = {
      {"subject", e->subject},
      {"user", e->user},
      {"total", atomic_load(&e->total)},
      {"done", atomic_load(&e->done)},
      {"asked_us", (uint64_t)e->asked_us},
      {"began_us", (uint64_t)e->began_us},
      {"ended_us", (uint64_t)e->ended_us},
  };
  bool good =
      d &&
      kz_jsonv_set_str(d, KZ_STR("kind"), kz_str_of(e->kind_name), arena) &&
      kz_jsonv_set_str(d, KZ_STR("detail"), kz_errand_detail(e), arena) &&
      kz_jsonv_set_str(d, KZ_STR("state"), kz_str_of(state_names[state]),
                       arena);
  for (size_t i = 0; good && i < sizeof numbers / sizeof numbers[0]; i++) {
    good = kz_jsonv_set_u64(d, kz_str_of(numbers[i].name), numbers[i].number,
                            arena);
  }
  return good && set_lines(e, d, arena) ? d : NULL;
}

/* Writes the document as it is now; gives a new errand its id. */
static kz_rc save(struct kz_errand *e, enum kz_errand_state state,
                  struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  uint64_t id = e->id;
  struct kz_jsonv *document = arena ? document_of(e, state, arena) : NULL;
  kz_rc rc = document
                 ? kz_shelf_put(e->errands->shelf, &id, document, arena, err)
                 : no_memory(err);
  if (rc == KZ_OK && e->id == 0) {
    e->id = id;
  }
  return rc;
}

static enum kz_errand_state state_of(const struct kz_jsonv *document) {
  kz_str text = kz_jsonv_text(document, KZ_STR("state"));
  for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++) {
    if (kz_str_eq(text, kz_str_of(state_names[i]))) {
      return (enum kz_errand_state)i;
    }
  }
  return KZ_ERRAND_FAILED;
}

static void append(struct kz_errands *errands, struct kz_errand *e) {
  struct kz_errand **last = &errands->first;
  while (*last) {
    last = &(*last)->next;
  }
  *last = e;
}

/* Takes back into the queue what had not ended. */
static kz_rc take_up(struct kz_errands *errands, uint64_t id,
                     const struct kz_jsonv *d, struct kz_err *err) {
  struct kz_errand *e = new_errand(errands, kz_jsonv_text(d, KZ_STR("kind")),
                                   kz_jsonv_text(d, KZ_STR("detail")));
  if (!e) {
    return no_memory(err);
  }
  e->id = id;
  e->subject = kz_jsonv_u64(d, KZ_STR("subject"), 0);
  e->user = kz_jsonv_u64(d, KZ_STR("user"), 0);
  e->actor = kz_actor_of(e->user, 0, 0, KZ_STR_NONE);
  e->asked_us = (int64_t)kz_jsonv_u64(d, KZ_STR("asked_us"), 0);
  if (state_of(d) == KZ_ERRAND_RUNNING) {
    kz_errand_log(e, "begun anew: the program ended meanwhile");
  }
  append(errands, e);
  return KZ_OK;
}

/* Forgets ended ones, the oldest first, until `kept` are left. */
static kz_rc prune(struct kz_errands *errands, const struct kz_card *cards,
                   size_t count, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i + errands->kept < count; i++) {
    bool is_open = false;
    for (const struct kz_errand *e = errands->first; e; e = e->next) {
      is_open = is_open || e->id == cards[i].id;
    }
    if (!is_open) {
      rc = kz_shelf_remove(errands->shelf, cards[i].id, err);
    }
  }
  return rc;
}

static kz_rc load(struct kz_errands *errands, struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = arena ? kz_shelf_cards(errands->shelf, 0, arena, &cards, &count)
                   : no_memory(err);
  KZ_ARENA(one, ARENA_BYTES);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    if (!one) {
      return no_memory(err);
    }
    kz_arena_reset(one);
    rc = kz_shelf_get(errands->shelf, cards[i].id, one, &document, err);
    if (rc == KZ_OK && state_of(document) <= KZ_ERRAND_RUNNING) {
      rc = take_up(errands, cards[i].id, document, err);
    }
  }
  return rc == KZ_OK ? prune(errands, cards, count, err) : rc;
}

/* --- running ---------------------------------------------------------------
 */

static const struct kz_errand_kind *kind_of(const struct kz_errands *errands,
                                            const struct kz_errand *e) {
  for (size_t i = 0; i < errands->kind_count; i++) {
    if (strcmp(errands->kinds[i].name, e->kind_name) == 0) {
      return &errands->kinds[i];
    }
  }
  return NULL;
}

/* With the lock held: whether one of the same kind and subject runs. */
static bool is_in_the_way(const struct kz_errands *errands,
                          const struct kz_errand *e) {
  for (const struct kz_errand *o = errands->first; o; o = o->next) {
    if (o->state == KZ_ERRAND_RUNNING && o->subject == e->subject &&
        strcmp(o->kind_name, e->kind_name) == 0) {
      return true;
    }
  }
  return false;
}

static struct kz_errand *next_one(struct kz_errands *errands) {
  for (struct kz_errand *e = errands->first; e; e = e->next) {
    if (e->state == KZ_ERRAND_WAITING && !is_in_the_way(errands, e)) {
      return e;
    }
  }
  return NULL;
}

static enum kz_errand_state run_one(struct kz_errands *errands,
                                    struct kz_errand *e) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_errand_kind *kind = kind_of(errands, e);
  kz_rc rc = save(e, KZ_ERRAND_RUNNING, &err);
  if (rc == KZ_OK && !kind) {
    rc = kz_err_set(&err, KZ_E_UNSUPPORTED, "this program does no \"%s\"",
                    e->kind_name);
  }
  if (rc == KZ_OK) {
    kz_actor_set(&e->actor);
    rc = kind->run(errands->ctx, e, &err);
    kz_actor_set(NULL);
  }
  if (rc < 0 && rc != KZ_E_STOPPED) {
    kz_errand_log(e, "%s", err.text[0] ? err.text : kz_rc_name(rc));
    KZ_LOG(KZ_LOG_WARNING, kz_log_event("job-failed"),
           kz_log_text("kind", kz_str_of(e->kind_name)),
           kz_log_count("id", (int64_t)e->id), kz_log_err(&err));
    return KZ_ERRAND_FAILED;
  }
  if (rc == KZ_E_STOPPED) {
    return e->is_cancelled ? KZ_ERRAND_CANCELLED : KZ_ERRAND_WAITING;
  }
  return KZ_ERRAND_DONE;
}

/* With the lock held. */
static void unlist(struct kz_errands *errands, struct kz_errand *e) {
  struct kz_errand **at = &errands->first;
  while (*at && *at != e) {
    at = &(*at)->next;
  }
  if (*at) {
    *at = e->next;
  }
}

static void *serve(void *ctx) {
  struct kz_errands *errands = ctx;
  pthread_mutex_lock(&errands->lock);
  while (!errands->is_stopping) {
    struct kz_errand *e = next_one(errands);
    if (!e) {
      pthread_cond_wait(&errands->changed, &errands->lock);
      continue;
    }
    e->state = KZ_ERRAND_RUNNING;
    e->began_us = kz_clock_now_us();
    pthread_mutex_unlock(&errands->lock);
    enum kz_errand_state state = run_one(errands, e);
    struct kz_err err = KZ_ERR_NONE;
    pthread_mutex_lock(&errands->lock);
    e->ended_us = state > KZ_ERRAND_RUNNING ? kz_clock_now_us() : 0;
    pthread_mutex_unlock(&errands->lock);
    if (save(e, state, &err) != KZ_OK) {
      KZ_LOG(KZ_LOG_ERROR, kz_log_event("job-save"), kz_log_err(&err));
    }
    pthread_mutex_lock(&errands->lock);
    e->state = state;
    if (state > KZ_ERRAND_RUNNING) {
      unlist(errands, e);
      free_errand(e);
    }
    pthread_cond_broadcast(&errands->changed);
  }
  pthread_mutex_unlock(&errands->lock);
  return NULL;
}

kz_rc kz_errands_open(struct kz_store *store, size_t kept,
                      struct kz_errands **ret_errands, struct kz_err *err) {
  struct kz_errands *errands = calloc(1, sizeof *errands);
  pthread_condattr_t attributes;
  if (!errands) {
    return no_memory(err);
  }
  pthread_mutex_init(&errands->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&errands->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  errands->kept = kept;
  kz_rc rc = kz_shelf_open(store, &shape, &errands->shelf, err);
  if (rc == KZ_OK) {
    rc = load(errands, err);
  }
  if (rc != KZ_OK) {
    kz_errands_close(errands);
    return rc;
  }
  *ret_errands = errands;
  return KZ_OK;
}

kz_rc kz_errands_start(struct kz_errands *errands,
                       const struct kz_errand_kind *kinds, size_t count,
                       void *ctx, unsigned threads, struct kz_err *err) {
  errands->kinds = kinds;
  errands->kind_count = count;
  errands->ctx = ctx;
  for (unsigned i = 0; i < threads && i < THREADS_MAX; i++) {
    if (pthread_create(&errands->threads[i], NULL, serve, errands) != 0) {
      kz_errands_stop(errands);
      return kz_err_set(err, KZ_E_BUSY, "no thread can be started");
    }
    errands->thread_count++;
  }
  return KZ_OK;
}

void kz_errands_stop(struct kz_errands *errands) {
  if (!errands) {
    return;
  }
  pthread_mutex_lock(&errands->lock);
  errands->is_stopping = true;
  for (struct kz_errand *e = errands->first; e; e = e->next) {
    atomic_store(&e->stop, true);
  }
  pthread_cond_broadcast(&errands->changed);
  pthread_mutex_unlock(&errands->lock);
  for (unsigned i = 0; i < errands->thread_count; i++) {
    pthread_join(errands->threads[i], NULL);
  }
  errands->thread_count = 0;
}

void kz_errands_close(struct kz_errands *errands) {
  if (!errands) {
    return;
  }
  kz_errands_stop(errands);
  while (errands->first) {
    struct kz_errand *e = errands->first;
    errands->first = e->next;
    free_errand(e);
  }
  kz_shelf_close(errands->shelf);
  pthread_cond_destroy(&errands->changed);
  pthread_mutex_destroy(&errands->lock);
  free(errands);
}

/* --- asking ----------------------------------------------------------------
 */

/* With the lock held. */
static struct kz_errand *find_equal(const struct kz_errands *errands,
                                    const struct kz_errand_order *order) {
  for (struct kz_errand *e = errands->first; e; e = e->next) {
    if (e->state == KZ_ERRAND_WAITING && e->subject == order->subject &&
        strcmp(e->kind_name, order->kind) == 0 &&
        kz_str_eq(kz_errand_detail(e), order->detail)) {
      return e;
    }
  }
  return NULL;
}

static kz_rc add_new(struct kz_errands *errands,
                     const struct kz_errand_order *order, uint64_t *ret_id,
                     struct kz_err *err) {
  struct kz_errand *e =
      new_errand(errands, kz_str_of(order->kind), order->detail);
  if (!e) {
    return no_memory(err);
  }
  e->subject = order->subject;
  e->user = order->user;
  e->actor = kz_actor_now();
  e->asked_us = kz_clock_now_us();
  kz_rc rc = save(e, KZ_ERRAND_WAITING, err);
  if (rc != KZ_OK) {
    free_errand(e);
    return rc;
  }
  *ret_id = e->id;
  append(errands, e);
  pthread_cond_broadcast(&errands->changed);
  if (kz_shelf_count(errands->shelf) > errands->kept + PRUNE_AT_ONCE) {
    struct kz_card *cards = NULL;
    size_t count = 0;
    KZ_ARENA(arena, ARENA_BYTES);
    rc = arena ? kz_shelf_cards(errands->shelf, 0, arena, &cards, &count)
               : no_memory(err);
    rc = rc == KZ_OK ? prune(errands, cards, count, err) : rc;
  }
  return rc;
}

kz_rc kz_errands_add(struct kz_errands *errands,
                     const struct kz_errand_order *order, uint64_t *ret_id,
                     struct kz_err *err) {
  kz_rc rc = KZ_OK;
  if (order->detail.len > DETAIL_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "job: too long a detail");
  }
  pthread_mutex_lock(&errands->lock);
  const struct kz_errand *known = find_equal(errands, order);
  if (known) {
    *ret_id = known->id;
  } else {
    rc = add_new(errands, order, ret_id, err);
  }
  pthread_mutex_unlock(&errands->lock);
  return rc;
}

/* With the lock held. */
static struct kz_errand *find_open(const struct kz_errands *errands,
                                   uint64_t id) {
  struct kz_errand *e = errands->first;
  while (e && e->id != id) {
    e = e->next;
  }
  return e;
}

kz_rc kz_errands_cancel(struct kz_errands *errands, uint64_t id,
                        struct kz_err *err) {
  KZ_ARENA(arena, ARENA_BYTES);
  struct kz_jsonv *document = NULL;
  kz_rc rc = KZ_OK;
  pthread_mutex_lock(&errands->lock);
  struct kz_errand *e = find_open(errands, id);
  if (!e) {
    rc = arena ? kz_shelf_get(errands->shelf, id, arena, &document, err)
               : no_memory(err);
    rc = rc == KZ_OK ? KZ_UNCHANGED : rc;
  } else {
    e->is_cancelled = true;
    atomic_store(&e->stop, true);
    if (e->state == KZ_ERRAND_WAITING) {
      e->ended_us = kz_clock_now_us();
      rc = save(e, KZ_ERRAND_CANCELLED, err);
      unlist(errands, e);
      free_errand(e);
      pthread_cond_broadcast(&errands->changed);
    }
  }
  pthread_mutex_unlock(&errands->lock);
  return rc;
}

kz_rc kz_errands_wait(struct kz_errands *errands, uint64_t id,
                      int64_t timeout_us) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_us / KZ_SECOND_US;
  until.tv_nsec += timeout_us % KZ_SECOND_US * 1000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  int result = 0;
  pthread_mutex_lock(&errands->lock);
  while (find_open(errands, id) && result != ETIMEDOUT) {
    result = pthread_cond_timedwait(&errands->changed, &errands->lock, &until);
  }
  bool is_open = find_open(errands, id) != NULL;
  pthread_mutex_unlock(&errands->lock);
  return is_open ? KZ_E_BUSY : KZ_OK;
}

size_t kz_errands_open_count(struct kz_errands *errands) {
  size_t count = 0;
  pthread_mutex_lock(&errands->lock);
  for (const struct kz_errand *e = errands->first; e; e = e->next) {
    count++;
  }
  pthread_mutex_unlock(&errands->lock);
  return count;
}

/* --- looking ---------------------------------------------------------------
 */

static kz_rc read_lines(const struct kz_jsonv *list, struct kz_arena *arena,
                        struct kz_errand_view *v) {
  size_t count = list ? list->count : 0;
  v->lines = kz_arena_array(arena, count + 1, sizeof *v->lines);
  if (!v->lines) {
    return KZ_E_MEMORY;
  }
  for (const struct kz_jsonv *line = list ? list->first : NULL; line;
       line = line->next) {
    v->lines[v->line_count++] = line->text;
  }
  v->message = v->line_count > 0 ? v->lines[v->line_count - 1] : KZ_STR("");
  return KZ_OK;
}

static kz_rc read_view(const struct kz_jsonv *d, struct kz_arena *arena,
                       struct kz_errand_view *v) {
  *v = (struct kz_errand_view){
      .id = kz_jsonv_u64(d, KZ_STR("id"), 0),
      .kind = kz_jsonv_text(d, KZ_STR("kind")),
      .detail = kz_jsonv_text(d, KZ_STR("detail")),
      .subject = kz_jsonv_u64(d, KZ_STR("subject"), 0),
      .user = kz_jsonv_u64(d, KZ_STR("user"), 0),
      .state = state_of(d),
      .total = kz_jsonv_u64(d, KZ_STR("total"), 0),
      .done = kz_jsonv_u64(d, KZ_STR("done"), 0),
      .asked_us = (int64_t)kz_jsonv_u64(d, KZ_STR("asked_us"), 0),
      .began_us = (int64_t)kz_jsonv_u64(d, KZ_STR("began_us"), 0),
      .ended_us = (int64_t)kz_jsonv_u64(d, KZ_STR("ended_us"), 0),
      .left_us = -1,
  };
  return read_lines(kz_jsonv_get(d, KZ_STR("log")), arena, v);
}

/* Rate and what is left, of one that runs or ran. */
static void reckon(struct kz_errand_view *v) {
  int64_t end = v->ended_us > 0 ? v->ended_us : kz_clock_now_us();
  double seconds = (double)(end - v->began_us) / KZ_SECOND_US;
  if (v->began_us > 0 && seconds > 0) {
    v->rate = (double)v->done / seconds;
  }
  if (v->state == KZ_ERRAND_RUNNING && v->rate > 0 && v->total >= v->done) {
    v->left_us =
        (int64_t)((double)(v->total - v->done) / v->rate * KZ_SECOND_US);
  }
}

kz_rc kz_errands_view(struct kz_errands *errands, uint64_t id,
                      struct kz_arena *arena, struct kz_errand_view *ret,
                      struct kz_err *err) {
  struct kz_jsonv *document = NULL;
  kz_rc rc = KZ_OK;
  pthread_mutex_lock(&errands->lock);
  struct kz_errand *e = find_open(errands, id);
  if (e) {
    document = document_of(e, e->state, arena);
    rc = document && kz_jsonv_set_u64(document, KZ_STR("id"), id, arena)
             ? KZ_OK
             : no_memory(err);
  }
  if (rc == KZ_OK && e) {
    /* The kind's name and the detail are the errand's own, which may end. */
    kz_str kind = kz_str_of(e->kind_name);
    kz_str detail = kz_errand_detail(e);
    rc = kz_arena_dup(arena, kind, &kind) == KZ_OK &&
                 kz_arena_dup(arena, detail, &detail) == KZ_OK &&
                 kz_jsonv_set_str(document, KZ_STR("kind"), kind, arena) &&
                 kz_jsonv_set_str(document, KZ_STR("detail"), detail, arena)
             ? KZ_OK
             : no_memory(err);
  }
  pthread_mutex_unlock(&errands->lock);
  if (rc == KZ_OK && !document) {
    rc = kz_shelf_get(errands->shelf, id, arena, &document, err);
  }
  if (rc == KZ_OK) {
    rc = read_view(document, arena, ret);
  }
  if (rc == KZ_OK) {
    reckon(ret);
  }
  return rc;
}

kz_rc kz_errands_list(struct kz_errands *errands, size_t limit,
                      struct kz_arena *arena, struct kz_errand_view **ret,
                      size_t *ret_count, struct kz_err *err) {
  struct kz_card *cards = NULL;
  size_t count = 0;
  size_t taken = 0;
  kz_rc rc = kz_shelf_cards(errands->shelf, 0, arena, &cards, &count);
  size_t room = count < limit ? count : limit;
  struct kz_errand_view *views = kz_arena_array(arena, room + 1, sizeof *views);
  if (rc != KZ_OK || !views) {
    return no_memory(err);
  }
  for (size_t i = count; rc == KZ_OK && i > 0 && taken < room; i--) {
    rc = kz_errands_view(errands, cards[i - 1].id, arena, &views[taken], err);
    if (rc == KZ_OK) {
      views[taken].line_count = 0;
      taken++;
    }
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* forgotten meanwhile */
  }
  if (rc == KZ_OK) {
    *ret = views;
    *ret_count = taken;
  }
  return rc;
}
