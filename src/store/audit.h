/* The audit log: who changed what, and when, in the same commit as the change.
 *
 * One entry for each event that a job of the writer changed, with counts; what
 * its records were before is in the past (store/past.h), under the entry's
 * generation and numbers. One entry for a batch of new events. One for each
 * small document, with its members before and after where they differ; secrets
 * are told only as changed. Documents of libraries, which come by thousands,
 * have one entry a job and kind. The log is only added to. */
#ifndef KZ_STORE_AUDIT_H
#define KZ_STORE_AUDIT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "store/actor.h"
#include "store/kv.h"
#include "store/read.h"

/* On disk; only added to. */
enum kz_audit_action {
  KZ_AUDIT_ADD = 1,
  KZ_AUDIT_EDIT = 2,
  KZ_AUDIT_REMOVE = 3,
  KZ_AUDIT_PUBLISH = 4,
  KZ_AUDIT_UNPUBLISH = 5,
  KZ_AUDIT_LOGIN = 6,
  KZ_AUDIT_LOGIN_FAILED = 7,
  KZ_AUDIT_LOGOUT = 8,
};
#define KZ_AUDIT_ACTIONS 9

/* What an entry is about: a letter of a small document's kind, or these. */
enum {
  KZ_AUDIT_EVENT = 'e',
  KZ_AUDIT_EVENTS = 'E', /* new ones: `count` ids from `id` on */
  KZ_AUDIT_ACCESS = 'A', /* logging in and out: `id` is the user */
  KZ_AUDIT_TAG = '#',
};

struct kz_audit {
  uint64_t generation;
  uint32_t number; /* in the generation */
  char subject;
  enum kz_audit_action action;
  int64_t time_us;
  struct kz_actor actor;
  uint64_t id;
  uint64_t count;      /* events, or documents of a library */
  uint64_t added;      /* attributes */
  uint64_t changed;    /* attributes */
  uint64_t removed;    /* attributes, for good */
  uint64_t others;     /* objects, references, reports, sightings added */
  uint32_t past_first; /* numbers of the earlier versions it left */
  uint32_t past_end;
  kz_str detail; /* JSON {"before":{},"after":{}}; may be empty */
};

kz_str kz_audit_action_name(enum kz_audit_action action); /* "add" ... */

void kz_audit_encode(const struct kz_audit *entry, struct kz_buf *out);
/* The detail is borrowed. KZ_E_CORRUPT. */
KZ_MUST_USE kz_rc kz_audit_decode(kz_str key, kz_str value,
                                  struct kz_audit *ret, struct kz_err *err);

/* Calls `visit` for each entry, newest first, from before (`generation`,
 * `number`) on: UINT64_MAX for the newest. Anything but KZ_OK from it ends the
 * walk and is returned, KZ_END as KZ_OK. What is given lives as long as the
 * call. */
typedef kz_rc kz_audit_visit(void *ctx, const struct kz_audit *entry,
                             struct kz_err *err);
KZ_MUST_USE kz_rc kz_audit_walk(const struct kz_reading *r, uint64_t generation,
                                uint32_t number, kz_audit_visit *visit,
                                void *ctx, struct kz_err *err);
/* The same for one event or document, oldest first. */
KZ_MUST_USE kz_rc kz_audit_of(const struct kz_reading *r, char subject,
                              uint64_t id, kz_audit_visit *visit, void *ctx,
                              struct kz_err *err);

/* The value of a batch's range. */
void kz_audit_encode_range(const struct kz_audit *entry, struct kz_buf *out);
/* The two records of a batch that comes by sorted files, in the order of their
 * keys. Writer thread. */
KZ_MUST_USE kz_rc kz_audit_put_batch(struct kz_kv_bulk *bulk,
                                     const struct kz_actor *actor,
                                     const struct kz_audit *entry,
                                     struct kz_err *err);

#endif
