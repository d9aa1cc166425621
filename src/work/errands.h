/* Errands: long work that runs in the background and outlives the request that
 * asked for it, and the program's end: what was waiting or running is begun
 * anew at the next start.
 *
 * Each is a document with progress, a log and how it ended; its kind says what
 * is done. Two of one kind and subject never run at a time. Nothing runs until
 * kz_errands_start: a command over the store only leaves errands for the
 * server. Any thread. */
#ifndef KZ_WORK_ERRANDS_H
#define KZ_WORK_ERRANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "store/store.h"

struct kz_errands;
struct kz_errand; /* one that runs */

enum kz_errand_state {
  KZ_ERRAND_WAITING,
  KZ_ERRAND_RUNNING,
  KZ_ERRAND_DONE,
  KZ_ERRAND_FAILED,
  KZ_ERRAND_CANCELLED,
};
const char *kz_errand_state_name(enum kz_errand_state state);

enum { KZ_ERRAND_LINES = 200 /* of a log; older ones go */ };

/* What there is to do. `run` is called on a thread of the errands; it asks
 * kz_errand_is_stopped now and then and returns KZ_E_STOPPED if so. */
struct kz_errand_kind {
  const char *name; /* "feed-fetch"; on disk */
  kz_rc (*run)(void *ctx, struct kz_errand *errand, struct kz_err *err);
};

/* For who runs one. */
uint64_t kz_errand_id(const struct kz_errand *errand);
uint64_t kz_errand_subject(const struct kz_errand *errand);
kz_str kz_errand_detail(const struct kz_errand *errand);
uint64_t kz_errand_user(const struct kz_errand *errand);
bool kz_errand_is_stopped(void *errand); /* a kz_fetch_client's is_stopped */
/* How much there is to do and how much is done. */
void kz_errand_set_total(struct kz_errand *errand, uint64_t total);
void kz_errand_set_done(struct kz_errand *errand, uint64_t done);
void kz_errand_add_done(struct kz_errand *errand, uint64_t more);
/* A line of the log, cut at 500 bytes. The last one is the message. */
void kz_errand_log(struct kz_errand *errand, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How one stands. Texts live in the caller's arena. */
struct kz_errand_view {
  uint64_t id;
  kz_str kind;
  uint64_t subject;
  kz_str detail;
  uint64_t user;
  enum kz_errand_state state;
  uint64_t total; /* 0: not known */
  uint64_t done;
  double rate;     /* a second, since it runs */
  int64_t left_us; /* until it ends at that rate; -1: not known */
  int64_t asked_us;
  int64_t began_us; /* 0: not yet */
  int64_t ended_us;
  kz_str message;
  kz_str *lines;
  size_t line_count;
};

/* Reads what is there; ended ones beyond `kept` are forgotten. */
KZ_MUST_USE kz_rc kz_errands_open(struct kz_store *store, size_t kept,
                                  struct kz_errands **ret_errands,
                                  struct kz_err *err);
/* Asks what runs to stop, waits and frees. What did not end runs again at the
 * next start. NULL is fine. */
void kz_errands_close(struct kz_errands *errands);
/* Begins to run errands on `threads` threads. `kinds` is static. */
KZ_MUST_USE kz_rc kz_errands_start(struct kz_errands *errands,
                                   const struct kz_errand_kind *kinds,
                                   size_t count, void *ctx, unsigned threads,
                                   struct kz_err *err);
/* Stops running: as kz_errands_close, but what there is can still be read. */
void kz_errands_stop(struct kz_errands *errands);

/* What is asked for. */
struct kz_errand_order {
  const char *kind;
  uint64_t subject; /* a feed, a server, an event; 0: none */
  kz_str detail;    /* what the kind makes of it */
  uint64_t user;    /* who asks; 0: the program */
};

/* Puts one into the queue; an equal one that still waits is that one. */
KZ_MUST_USE kz_rc kz_errands_add(struct kz_errands *errands,
                                 const struct kz_errand_order *order,
                                 uint64_t *ret_id, struct kz_err *err);
/* Ends one: at once when it waits, soon when it runs. KZ_NOT_FOUND,
 * KZ_UNCHANGED when it ended already. */
KZ_MUST_USE kz_rc kz_errands_cancel(struct kz_errands *errands, uint64_t id,
                                    struct kz_err *err);
/* Waits until it has ended. KZ_E_BUSY when that takes longer. */
KZ_MUST_USE kz_rc kz_errands_wait(struct kz_errands *errands, uint64_t id,
                                  int64_t timeout_us);
KZ_MUST_USE kz_rc kz_errands_view(struct kz_errands *errands, uint64_t id,
                                  struct kz_arena *arena,
                                  struct kz_errand_view *ret,
                                  struct kz_err *err);
/* The newest first, at most `limit`. Without logs. */
KZ_MUST_USE kz_rc kz_errands_list(struct kz_errands *errands, size_t limit,
                                  struct kz_arena *arena,
                                  struct kz_errand_view **ret,
                                  size_t *ret_count, struct kz_err *err);
/* How many wait and run. */
size_t kz_errands_open_count(struct kz_errands *errands);

#endif
