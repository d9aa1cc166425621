#include "work/background.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "work/errands.h"
#include "work/feed_run.h"
#include "work/sync_pull.h"
#include "work/sync_push.h"
#include "work/watch.h"

enum {
  THREADS = 3, /* errands at a time: they mostly wait for the network */
  LOOK_S = 20, /* seconds between two looks at what is due */
  WATCH_S = 2, /* between two looks at watches */
};

struct kz_background {
  struct kz_house *house;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_stopping;
  struct kz_watch_round watches; /* the thread's */
};

static const struct kz_errand_kind kinds[] = {
    {KZ_FEED_FETCH, kz_feed_run_fetch},
    {KZ_FEED_CACHE, kz_feed_run_cache},
    {KZ_SYNC_PULL, kz_sync_pull},
    {KZ_SYNC_PUSH, kz_sync_push},
};

static void look(struct kz_background *background) {
  struct kz_err err = KZ_ERR_NONE;
  int64_t now_us = kz_clock_now_us();
  if (kz_feed_order_due(background->house, now_us, &err) < 0 ||
      kz_sync_order_due(background->house, now_us, &err) < 0) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("schedule"), kz_log_err(&err));
  }
}

/* Watches are no errands: each would be a document, and a commit. */
static void look_at_watches(struct kz_background *background) {
  struct kz_err err = KZ_ERR_NONE;
  if (kz_watch_look(background->house, kz_clock_now_us(), &background->watches,
                    &err) < 0) {
    KZ_LOG(KZ_LOG_ERROR, kz_log_event("watches"), kz_log_err(&err));
  }
}

static void *serve(void *ctx) {
  struct kz_background *background = ctx;
  unsigned rounds = 0;
  pthread_mutex_lock(&background->lock);
  while (!background->is_stopping) {
    struct timespec until;
    pthread_mutex_unlock(&background->lock);
    if (rounds++ % (LOOK_S / WATCH_S) == 0) {
      look(background);
    }
    look_at_watches(background);
    pthread_mutex_lock(&background->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WATCH_S;
    if (!background->is_stopping) {
      (void)pthread_cond_timedwait(&background->changed, &background->lock,
                                   &until);
    }
  }
  pthread_mutex_unlock(&background->lock);
  return NULL;
}

kz_rc kz_background_start(struct kz_house *house,
                          struct kz_background **ret_background,
                          struct kz_err *err) {
  struct kz_background *background = calloc(1, sizeof *background);
  pthread_condattr_t attributes;
  if (!background) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  background->house = house;
  pthread_mutex_init(&background->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&background->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  kz_rc rc =
      kz_errands_start(house->errands, kinds, sizeof kinds / sizeof kinds[0],
                       house, THREADS, err);
  if (rc == KZ_OK &&
      pthread_create(&background->thread, NULL, serve, background) != 0) {
    kz_errands_stop(house->errands);
    rc = kz_err_set(err, KZ_E_BUSY, "no thread can be started");
  }
  if (rc != KZ_OK) {
    free(background);
    return rc;
  }
  *ret_background = background;
  return KZ_OK;
}

void kz_background_stop(struct kz_background *background) {
  if (!background) {
    return;
  }
  pthread_mutex_lock(&background->lock);
  background->is_stopping = true;
  pthread_cond_broadcast(&background->changed);
  pthread_mutex_unlock(&background->lock);
  pthread_join(background->thread, NULL);
  kz_errands_stop(background->house->errands);
  pthread_cond_destroy(&background->changed);
  pthread_mutex_destroy(&background->lock);
  free(background);
}
