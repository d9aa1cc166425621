#include "store/reindex.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "store/keys.h"
#include "store/object_rules.h"
#include "store/record.h"
#include "store/row.h"

enum { SCRATCH_BYTES = 1 << 30 };

struct job {
  struct kz_dict *dict;
  uint64_t event;
  struct kz_delta *delta;
  struct kz_arena *scratch;
  struct kz_object_rules rules; /* of the event's objects */
};

static kz_rc take_chunk(struct job *job, uint64_t first, kz_str value,
                        struct kz_err *err) {
  struct kz_chunk_walk walk;
  kz_rc rc =
      kz_chunk_walk_init(&walk, job->dict, job->scratch, first, value, err);
  while (rc == KZ_OK) {
    struct kz_attribute attribute;
    rc = kz_chunk_walk_next(&walk, &attribute, NULL, err);
    if (rc == KZ_OK) {
      rc = kz_delta_attribute(job->delta, &attribute, job->event,
                              attribute.sighting_count > 0);
    }
  }
  return rc == KZ_END ? KZ_OK : rc;
}

static kz_rc take_object(struct job *job, uint64_t id, kz_str value,
                         struct kz_err *err) {
  struct kz_object object;
  kz_rc rc = kz_record_get_object(value, job->dict, id, &object, err);
  if (rc == KZ_OK) {
    rc = kz_object_rules_add(&job->rules, id, object.distribution,
                             object.sharing_group_id);
  }
  return rc == KZ_OK ? kz_delta_other(job->delta, &object.uuid, job->event, id,
                                      KZ_THING_OBJECT)
                     : rc;
}

static kz_rc take_reference(struct job *job, uint64_t id, kz_str value,
                            struct kz_err *err) {
  struct kz_reference reference;
  uint64_t object = 0;
  kz_rc rc =
      kz_record_get_reference(value, job->dict, id, &reference, &object, err);
  return rc == KZ_OK ? kz_delta_other(job->delta, &reference.uuid, job->event,
                                      id, KZ_THING_REFERENCE)
                     : rc;
}

static kz_rc take_report(struct job *job, uint64_t id, kz_str value,
                         struct kz_err *err) {
  struct kz_report report;
  kz_rc rc =
      kz_record_get_report(value, job->dict, job->scratch, id, &report, err);
  return rc == KZ_OK ? kz_delta_other(job->delta, &report.uuid, job->event, id,
                                      KZ_THING_REPORT)
                     : rc;
}

static kz_rc take_sighting(struct job *job, uint64_t id, kz_str value,
                           struct kz_err *err) {
  struct kz_sighting sighting;
  kz_rc rc = kz_record_get_sighting(value, job->dict, id, &sighting, err);
  return rc == KZ_OK ? kz_delta_other(job->delta, &sighting.uuid, job->event,
                                      id, KZ_THING_SIGHTING)
                     : rc;
}

static kz_rc take_child(struct job *job, kz_str key, kz_str value,
                        struct kz_err *err) {
  if (key.len < 18) {
    return kz_err_set(err, KZ_E_CORRUPT, "event %llu: a key is damaged",
                      (unsigned long long)job->event);
  }
  uint64_t id = kz_key_read_u64(key, 10);
  kz_arena_reset(job->scratch);
  switch ((enum kz_child)key.ptr[9]) {
  case KZ_CHILD_ATTRIBUTES:
    return take_chunk(job, id, value, err);
  case KZ_CHILD_OBJECT:
    return take_object(job, id, value, err);
  case KZ_CHILD_REFERENCE:
    return take_reference(job, id, value, err);
  case KZ_CHILD_REPORT:
    return take_report(job, id, value, err);
  case KZ_CHILD_SIGHTING:
    return key.len >= 26
               ? take_sighting(job, kz_key_read_u64(key, 18), value, err)
               : KZ_E_CORRUPT;
  case KZ_CHILD_DATA:
    break;
  }
  return KZ_OK;
}

static kz_rc take_header(struct job *job, kz_str value, struct kz_err *err) {
  struct kz_event header;
  kz_rc rc = kz_record_get_event(value, job->dict, job->scratch, job->event,
                                 &header, NULL, err);
  if (rc == KZ_OK) {
    rc = kz_delta_event(job->delta, &header);
  }
  return rc == KZ_OK ? kz_delta_other(job->delta, &header.uuid, job->event,
                                      job->event, KZ_THING_EVENT)
                     : rc;
}

static kz_rc take_children(struct job *job, struct kz_kv *kv,
                           const struct kz_kv_snapshot *snapshot,
                           struct kz_err *err) {
  struct kz_key prefix = kz_key_one(KZ_FAMILY_CHILD, job->event);
  struct kz_kv_iter *iter =
      kz_kv_iter_new(kv, snapshot, kz_key_str(&prefix), true);
  if (!iter) {
    return KZ_E_MEMORY;
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  kz_str value;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    rc = take_child(job, key, value, err);
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

/* Objects lie behind the attributes, so their rules come last. */
static void limit_rows(const struct job *job, size_t first) {
  for (size_t i = first; i < job->delta->row_count; i++) {
    if (job->delta->rows[i].object != 0) {
      kz_object_rules_apply(&job->rules, &job->delta->rows[i]);
    }
  }
}

kz_rc kz_reindex_event(struct kz_kv *kv, const struct kz_kv_snapshot *snapshot,
                       struct kz_dict *dict, uint64_t id,
                       struct kz_delta *delta, struct kz_err *err) {
  KZ_ARENA(scratch, SCRATCH_BYTES);
  KZ_BUF(header, KZ_CHUNK_BYTES_MAX);
  struct job job = {
      .dict = dict, .event = id, .delta = delta, .scratch = scratch};
  if (!scratch) {
    return kz_err_set(err, KZ_E_MEMORY, "index: out of memory");
  }
  size_t first = delta->row_count;
  struct kz_key key = kz_key_one(KZ_FAMILY_EVENT, id);
  kz_rc rc = kz_kv_get(kv, snapshot, kz_key_str(&key), &header, err);
  if (rc == KZ_OK) {
    rc = take_header(&job, kz_buf_str(&header), err);
  }
  if (rc == KZ_OK) {
    rc = take_children(&job, kv, snapshot, err);
  }
  limit_rows(&job, first);
  kz_object_rules_done(&job.rules);
  if (rc == KZ_E_MEMORY) {
    kz_err_set(err, rc, "index: out of memory");
  }
  return rc;
}

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

kz_rc kz_reindex_put_change(struct kz_buf *out, uint64_t *ids, size_t count) {
  if (count > 1) {
    qsort(ids, count, sizeof *ids, compare_ids);
  }
  uint64_t after = 0;
  for (size_t i = 0; i < count;) {
    uint64_t first = ids[i];
    uint64_t end = first + 1;
    for (i++; i < count && ids[i] <= end; i++) {
      end = ids[i] == end ? end + 1 : end;
    }
    kz_write_varint(out, first - after);
    kz_write_varint(out, end - first);
    after = end;
  }
  return kz_buf_failed(out) ? KZ_E_MEMORY : KZ_OK;
}

struct runs {
  struct kz_run *list;
  size_t count;
  size_t room;
};

static kz_rc add_run(struct runs *runs, uint64_t first, uint64_t count) {
  if (runs->count == runs->room) {
    size_t room = runs->room ? runs->room * 2 : 64;
    struct kz_run *list = reallocarray(runs->list, room, sizeof *list);
    if (!list) {
      return KZ_E_MEMORY;
    }
    runs->list = list;
    runs->room = room;
  }
  runs->list[runs->count++] = (struct kz_run){.first = first, .count = count};
  return KZ_OK;
}

static int compare_runs(const void *a, const void *b) {
  const struct kz_run *x = a;
  const struct kz_run *y = b;
  return (x->first > y->first) - (x->first < y->first);
}

static void join_runs(struct runs *runs) {
  if (runs->count < 2) {
    return;
  }
  qsort(runs->list, runs->count, sizeof *runs->list, compare_runs);
  size_t kept = 0;
  for (size_t i = 1; i < runs->count; i++) {
    struct kz_run *last = &runs->list[kept];
    uint64_t end = last->first + last->count;
    if (runs->list[i].first <= end) {
      uint64_t other = runs->list[i].first + runs->list[i].count;
      last->count = (other > end ? other : end) - last->first;
    } else {
      runs->list[++kept] = runs->list[i];
    }
  }
  runs->count = kept + 1;
}

static kz_rc read_change(struct runs *runs, kz_str value, struct kz_err *err) {
  struct kz_reader in = kz_reader_of(value);
  uint64_t after = 0;
  while (!in.failed && kz_reader_left(&in) > 0) {
    uint64_t first = after + kz_read_varint(&in);
    uint64_t count = kz_read_varint(&in);
    after = first + count;
    if (!in.failed && add_run(runs, first, count) != KZ_OK) {
      return kz_err_set(err, KZ_E_MEMORY, "index: out of memory");
    }
  }
  return in.failed ? kz_err_set(err, KZ_E_CORRUPT, "change log is damaged")
                   : KZ_OK;
}

kz_rc kz_reindex_changes(struct kz_kv *kv, uint64_t generation,
                         struct kz_run **ret_runs, size_t *ret_count,
                         uint64_t *ret_last, struct kz_err *err) {
  struct kz_key prefix = kz_key_family(KZ_FAMILY_CHANGE);
  struct kz_kv_iter *iter = kz_kv_iter_new(kv, NULL, kz_key_str(&prefix), true);
  struct runs runs = {.list = NULL};
  uint64_t expected = generation + 1;
  kz_rc rc = iter ? KZ_OK : KZ_E_MEMORY;
  kz_str key;
  kz_str value;
  if (iter) {
    struct kz_key from = kz_key_one(KZ_FAMILY_CHANGE, expected);
    kz_kv_iter_seek(iter, kz_key_str(&from));
  }
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, &value);
       kz_kv_iter_next(iter)) {
    if (key.len != 9 || kz_key_read_u64(key, 1) != expected) {
      rc = KZ_NOT_FOUND;
      break;
    }
    rc = read_change(&runs, value, err);
    expected++;
  }
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  if (rc != KZ_OK) {
    free(runs.list);
    return rc;
  }
  join_runs(&runs);
  *ret_runs = runs.list;
  *ret_count = runs.count;
  *ret_last = expected - 1;
  return KZ_OK;
}
