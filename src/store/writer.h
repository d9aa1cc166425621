/* The writer: one thread that owns all changes.
 *
 * Others hand it jobs and wait. It runs the jobs that are waiting one after
 * another on one transaction and commits them together (group commit: one sync
 * for all), brings the index up to date and only then lets the callers go:
 * who was answered reads what he wrote. */
#ifndef KZ_STORE_WRITER_H
#define KZ_STORE_WRITER_H

#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/dict.h"
#include "store/index.h"
#include "store/kv.h"
#include "store/prepare.h"
#include "store/txn.h"

struct kz_writer;

KZ_MUST_USE kz_rc kz_writer_new(struct kz_kv *kv, struct kz_dict *dict,
                                struct kz_index *index,
                                struct kz_writer **ret_writer,
                                struct kz_err *err);
/* Finishes what is queued, stops the thread and frees. */
void kz_writer_free(struct kz_writer *writer);

/* Runs `job` on the writer thread and returns when its changes are durable and
 * visible. A failure of the job undoes its changes alone; KZ_UNCHANGED from
 * the job is passed on and commits nothing of it. Any thread. */
typedef kz_rc kz_writer_job(void *ctx, struct kz_txn *txn, struct kz_err *err);
KZ_MUST_USE kz_rc kz_writer_run(struct kz_writer *writer, kz_writer_job *job,
                                void *ctx, struct kz_err *err);

/* Takes in a batch of prepared new events: by sorted files when it is large,
 * by the log when it is small. Events marked `refused` afterwards were left
 * out. Any thread. */
KZ_MUST_USE kz_rc kz_writer_take(struct kz_writer *writer,
                                 struct kz_prepared *batch, struct kz_err *err);

/* Counters for metrics: commits so far and jobs waiting. */
uint64_t kz_writer_commits(struct kz_writer *writer);
size_t kz_writer_waiting(struct kz_writer *writer);

#endif
