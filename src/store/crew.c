#include "store/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct crew {
  kz_crew_job *job;
  void *ctx;
  size_t pieces;
  atomic_size_t next;
};

struct worker {
  struct crew *crew;
  pthread_t thread;
  unsigned number;
};

static void *work(void *ctx) {
  struct worker *w = ctx;
  struct crew *crew = w->crew;
  size_t piece = atomic_fetch_add(&crew->next, 1);
  while (piece < crew->pieces) {
    crew->job(crew->ctx, w->number, piece);
    piece = atomic_fetch_add(&crew->next, 1);
  }
  return NULL;
}

void kz_crew_run(unsigned threads, size_t pieces, kz_crew_job *job, void *ctx) {
  struct crew crew = {.job = job, .ctx = ctx, .pieces = pieces};
  struct worker workers[KZ_CREW_MAX] = {{.crew = &crew}};
  unsigned wanted = threads < KZ_CREW_MAX ? threads : KZ_CREW_MAX;
  unsigned started = 1;
  atomic_init(&crew.next, 0);
  while (started < wanted && started < pieces) {
    struct worker *w = &workers[started];
    *w = (struct worker){.crew = &crew, .number = started};
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
      break;
    }
    started++;
  }
  work(&workers[0]);
  for (unsigned i = 1; i < started; i++) {
    pthread_join(workers[i].thread, NULL);
  }
}

unsigned kz_crew_size(unsigned threads) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned most = threads < KZ_CREW_MAX ? threads : KZ_CREW_MAX;
  if (cores > 0 && (unsigned long)cores < most) {
    most = (unsigned)cores;
  }
  return most > 0 ? most : 1;
}
