/* One event is in memory at a time, so the check of a store of any size takes
 * what its largest event takes. Families are walked over the view's snapshot:
 * others may write meanwhile. New keys of a bulk load are seen all the same
 * (store/kv.h): what has a number that was given after the view is passed by.
 */
#include "store/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"
#include "store/audit.h"
#include "store/keys.h"
#include "store/meta.h"
#include "store/past.h"
#include "store/verify_event.h"

enum {
  SCRATCH_MAX = 0x7fffffff,
  TELL_EVERY = 256, /* events */
};

void kz_verify_note(struct kz_verify_report *report, const char *format, ...) {
  if (report->problems < KZ_VERIFY_LISTED) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(report->listed[report->problems], sizeof report->listed[0],
                    format, args);
    va_end(args);
  }
  report->problems++;
}

static struct kz_kv_iter *walk(const struct kz_verifying *v,
                               enum kz_family family) {
  struct kz_key prefix = kz_key_family(family);
  return kz_kv_iter_new(v->reading.kv, v->reading.snapshot, kz_key_str(&prefix),
                        true);
}

static kz_rc end_walk(struct kz_kv_iter *iter, kz_rc rc, struct kz_err *err) {
  if (rc == KZ_OK) {
    rc = kz_kv_iter_check(iter, err);
  }
  kz_kv_iter_free(iter);
  return rc;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "verify: out of memory");
}

/* Damage that RocksDB or a segment tells of is a finding; what keeps us from
 * looking is a failure. */
static kz_rc judge(struct kz_verifying *v, kz_rc rc, const struct kz_err *why,
                   struct kz_err *err) {
  if (rc == KZ_OK) {
    return KZ_OK;
  }
  if (rc == KZ_E_CORRUPT) {
    kz_verify_note(v->report, "%s", why->text);
    return KZ_OK;
  }
  return kz_err_set(err, rc, "verify: %s", why->text);
}

static kz_rc check_segments(struct kz_verifying *v, struct kz_err *err) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < v->view->part_count; i++) {
    struct kz_err why = KZ_ERR_NONE;
    rc = kz_segment_verify(v->view->parts[i].segment, &why);
    v->is_damaged = v->is_damaged || rc == KZ_E_CORRUPT;
    rc = judge(v, rc, &why, err);
    v->report->segments++;
  }
  if (v->is_damaged) {
    kz_verify_note(v->report, "the index is damaged and was not compared with "
                              "the records: repair builds it anew");
  }
  return rc;
}

/* Numbers of each dictionary are 1, 2, 3 ... */
static kz_rc check_dictionaries(struct kz_verifying *v, struct kz_err *err) {
  struct kz_kv_iter *iter = walk(v, KZ_FAMILY_DICT);
  if (!iter) {
    return no_memory(err);
  }
  char letter = 0;
  uint32_t expected = 1;
  kz_str key;
  for (; kz_kv_iter_at(iter, &key, NULL); kz_kv_iter_next(iter)) {
    if (key.len != 6) {
      kz_verify_note(v->report, "dictionary: a key is damaged");
      continue;
    }
    expected = key.ptr[1] == letter ? expected : 1;
    letter = key.ptr[1];
    uint32_t id = kz_get_be32(key.ptr + 2);
    if (id != expected) {
      kz_verify_note(v->report, "dictionary '%c': %u is missing", letter,
                     expected);
    }
    expected = id + 1;
  }
  return end_walk(iter, KZ_OK, err);
}

static kz_rc check_notes(struct kz_verifying *v, struct kz_err *err) {
  struct kz_kv_iter *iter = walk(v, KZ_FAMILY_NOTE);
  if (!iter) {
    return no_memory(err);
  }
  kz_str key;
  for (; kz_kv_iter_at(iter, &key, NULL); kz_kv_iter_next(iter)) {
    if (key.len != 10) {
      kz_verify_note(v->report, "documents: a key is damaged");
    }
  }
  return end_walk(iter, KZ_OK, err);
}

/* Every entry of the audit log can be read, and what finds one finds it. */
static kz_rc check_audit(struct kz_verifying *v, struct kz_err *err) {
  struct kz_kv_iter *iter = walk(v, KZ_FAMILY_AUDIT);
  if (!iter) {
    return no_memory(err);
  }
  kz_str key;
  kz_str value;
  uint64_t entries = 0;
  uint64_t ways = 0; /* to entries: by subject, or by a batch's range */
  for (; kz_kv_iter_at(iter, &key, &value); kz_kv_iter_next(iter)) {
    struct kz_audit entry;
    struct kz_err why = KZ_ERR_NONE;
    if (key.len < 2 || key.ptr[1] != 't') {
      ways++;
    } else if (kz_audit_decode(key, value, &entry, &why) != KZ_OK) {
      kz_verify_note(v->report, "%s", why.text);
    } else {
      entries++;
    }
  }
  if (entries != ways) {
    kz_verify_note(v->report,
                   "the audit log has %llu entries, %llu can be found",
                   (unsigned long long)entries, (unsigned long long)ways);
  }
  return end_walk(iter, KZ_OK, err);
}

/* Whether what has these numbers came after the view. */
static bool came_later(struct kz_verifying *v, uint64_t event, uint64_t child) {
  struct kz_meta now;
  if (event < v->meta.next_event && child < v->meta.next_child) {
    return false;
  }
  return kz_meta_load(v->reading.kv, NULL, &now, NULL) == KZ_OK &&
         event < now.next_event && child < now.next_child;
}

/* Extents follow each other without overlapping, below the next id. */
static kz_rc check_extents(struct kz_verifying *v, struct kz_err *err) {
  const struct kz_meta *meta = &v->meta;
  struct kz_kv_iter *iter = walk(v, KZ_FAMILY_EXTENT);
  if (!iter) {
    return no_memory(err);
  }
  uint64_t end = 1;
  kz_str key;
  kz_str value;
  for (; kz_kv_iter_at(iter, &key, &value); kz_kv_iter_next(iter)) {
    struct kz_reader in = kz_reader_of(value);
    uint64_t first = key.len == 9 ? kz_key_read_u64(key, 1) : 0;
    uint64_t event = kz_read_varint(&in);
    uint64_t count = kz_read_varint(&in);
    if (!in.failed && came_later(v, event, first)) {
      continue;
    }
    if (in.failed || kz_reader_left(&in) > 0 || first < end || count == 0 ||
        first >= meta->next_child || count > meta->next_child - first ||
        event == 0 || event >= meta->next_event) {
      kz_verify_note(v->report, "the extent of children from %llu on is wrong",
                     (unsigned long long)first);
      continue;
    }
    end = first + count;
  }
  return end_walk(iter, KZ_OK, err);
}

/* Calls `check` for each event that has keys in the family, whose keys begin
 * with the event's number. */
typedef kz_rc check_one(struct kz_verifying *v, uint64_t event,
                        struct kz_err *err);

static kz_rc each_event(struct kz_verifying *v, enum kz_family family,
                        check_one *check, struct kz_err *err) {
  struct kz_kv_iter *iter = walk(v, family);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  while (rc == KZ_OK && kz_kv_iter_at(iter, &key, NULL)) {
    if (key.len < 9) {
      kz_verify_note(v->report, "a key of family '%c' is damaged",
                     (char)family);
      kz_kv_iter_next(iter);
      continue;
    }
    uint64_t event = kz_key_read_u64(key, 1);
    if (!came_later(v, event, 0)) {
      rc = check(v, event, err);
    }
    if (event == UINT64_MAX) {
      break;
    }
    struct kz_key next = kz_key_one(family, event + 1);
    kz_kv_iter_seek(iter, kz_key_str(&next));
  }
  return end_walk(iter, rc, err);
}

static kz_rc check_owner(struct kz_verifying *v, uint64_t event,
                         struct kz_err *err) {
  KZ_BUF(header, SCRATCH_MAX);
  struct kz_key key = kz_key_one(KZ_FAMILY_EVENT, event);
  kz_rc rc = kz_kv_get(v->reading.kv, v->reading.snapshot, kz_key_str(&key),
                       &header, err);
  if (rc == KZ_NOT_FOUND) {
    kz_verify_note(v->report, "event %llu: it has parts but no header",
                   (unsigned long long)event);
    rc = KZ_OK;
  }
  return rc;
}

static kz_rc pass(void *ctx, const struct kz_past *past, struct kz_err *err) {
  (void)ctx;
  (void)past;
  (void)err;
  return KZ_OK;
}

static kz_rc check_past(struct kz_verifying *v, uint64_t event,
                        struct kz_err *err) {
  struct kz_err why = KZ_ERR_NONE;
  kz_rc rc = kz_past_walk(&v->reading, event, pass, NULL, &why);
  return judge(v, rc, &why, err);
}

struct telling {
  void (*on_event)(void *ctx, uint64_t done, uint64_t total);
  void *ctx;
};

static kz_rc check_events(struct kz_verifying *v, const struct telling *tell,
                          struct kz_err *err) {
  struct kz_kv_iter *iter = walk(v, KZ_FAMILY_EVENT);
  if (!iter) {
    return no_memory(err);
  }
  kz_rc rc = KZ_OK;
  kz_str key;
  for (; rc == KZ_OK && kz_kv_iter_at(iter, &key, NULL);
       kz_kv_iter_next(iter)) {
    uint64_t event = key.len == 9 ? kz_key_read_u64(key, 1) : 0;
    if (came_later(v, event, 0)) {
      continue;
    }
    if (event == 0 || event >= v->meta.next_event) {
      kz_verify_note(v->report, "event %llu: its number was never given",
                     (unsigned long long)event);
      continue;
    }
    rc = kz_verify_event(v, event, err);
    v->report->events++;
    if (tell->on_event && v->report->events % TELL_EVERY == 0) {
      tell->on_event(tell->ctx, v->report->events, v->view->events->count);
    }
  }
  return end_walk(iter, rc, err);
}

/* What the index has beyond the events that there are. */
static void check_totals(struct kz_verifying *v) {
  uint64_t rows = kz_view_rows(v->view);
  if (rows != v->rows) {
    kz_verify_note(v->report,
                   "the index has %llu rows, those of all events are %llu",
                   (unsigned long long)rows, (unsigned long long)v->rows);
  }
  if (v->view->events->count != v->report->events) {
    kz_verify_note(v->report,
                   "the table of events has %llu, there are %llu headers",
                   (unsigned long long)v->view->events->count,
                   (unsigned long long)v->report->events);
  }
}

static kz_rc check_all(struct kz_verifying *v, const struct telling *tell,
                       struct kz_err *err) {
  struct kz_err why = KZ_ERR_NONE;
  kz_rc rc = kz_kv_verify(v->reading.kv, &v->report->keys, &why);
  rc = judge(v, rc, &why, err);
  if (rc == KZ_OK) {
    rc = kz_meta_load(v->reading.kv, v->reading.snapshot, &v->meta, err);
  }
  if (rc == KZ_OK) {
    rc = check_segments(v, err);
  }
  if (rc == KZ_OK) {
    rc = check_dictionaries(v, err);
  }
  if (rc == KZ_OK) {
    rc = check_notes(v, err);
  }
  if (rc == KZ_OK) {
    rc = check_audit(v, err);
  }
  if (rc == KZ_OK) {
    rc = check_extents(v, err);
  }
  if (rc == KZ_OK) {
    rc = each_event(v, KZ_FAMILY_CHILD, check_owner, err);
  }
  if (rc == KZ_OK) {
    rc = each_event(v, KZ_FAMILY_PAST, check_past, err);
  }
  if (rc == KZ_OK) {
    rc = check_events(v, tell, err);
  }
  if (rc == KZ_OK && !v->is_damaged) {
    check_totals(v);
  }
  return rc;
}

kz_rc kz_verify(struct kz_store *store,
                void (*on_event)(void *ctx, uint64_t done, uint64_t total),
                void *ctx, struct kz_verify_report *ret_report,
                struct kz_err *err) {
  KZ_ARENA(arena, SCRATCH_MAX);
  struct kz_view *view = kz_store_view(store);
  struct kz_verifying v = {.view = view, .report = ret_report};
  memset(ret_report, 0, sizeof *ret_report);
  kz_rc rc = arena ? kz_delta_init(&v.delta, SCRATCH_MAX) : no_memory(err);
  if (rc == KZ_OK) {
    struct telling tell = {on_event, ctx};
    v.reading = kz_store_reading(store, view, arena);
    rc = check_all(&v, &tell, err);
    kz_delta_done(&v.delta);
  }
  kz_view_unref(view);
  return rc;
}
