/* Records are collected in one block; when it is full their positions are
 * sorted and they are appended to the file as one run. Merging reads all runs
 * at once through windows that share the same memory, with a heap of runs.
 *
 * Rejected: merging in several passes. With 64 MB a run, the windows of 1000
 * runs (64 GB) still have 64 KB each, which any disk reads in one go. */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#include "base/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

enum {
  MEMORY_MIN = 1 << 20,
  WINDOW_MIN = 16 << 10,
  WINDOW_MAX = 1 << 20,
  OUT_BYTES = 1 << 20, /* written at once */
  RUNS_MAX = 1 << 16,
};

/* What stands before a record's bytes. */
struct head {
  struct kz_sort_key key;
  uint64_t len;
};

/* A record in the block, for sorting. */
struct item {
  struct kz_sort_key key;
  size_t at;
};

/* A run in the file and what is read of it. */
struct run {
  uint64_t at; /* in the file: not yet read */
  uint64_t end;
  char *window;
  size_t room;
  size_t from; /* in the window: the record at its front */
  size_t to;   /* read up to here */
  struct head head;
};

struct kz_sorter {
  char *folder;
  size_t memory;
  int fd; /* -1: nothing was written yet */
  char *block;
  size_t block_len;
  size_t block_room;
  struct item *items;
  size_t item_count;
  size_t item_room;
  uint64_t written;
  uint64_t count;
  uint64_t bytes;
  struct run *runs;
  size_t run_count;
  size_t run_room;
  size_t *heap; /* numbers of runs, the least record first */
  size_t heap_count;
  size_t next_item;  /* when all is in the block */
  bool has_advanced; /* the heap's first is to be moved on */
};

kz_rc kz_sorter_new(const char *folder, size_t memory,
                    struct kz_sorter **ret_sorter, struct kz_err *err) {
  struct kz_sorter *s = calloc(1, sizeof *s);
  if (s) {
    s->fd = -1;
    s->memory = memory < MEMORY_MIN ? MEMORY_MIN : memory;
    s->folder = strdup(folder);
  }
  if (!s || !s->folder) {
    free(s);
    return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
  }
  *ret_sorter = s;
  return KZ_OK;
}

void kz_sorter_free(struct kz_sorter *s) {
  if (!s) {
    return;
  }
  for (size_t i = 0; i < s->run_count; i++) {
    free(s->runs[i].window);
  }
  if (s->fd >= 0) {
    (void)close(s->fd);
  }
  free(s->runs);
  free(s->heap);
  free(s->items);
  free(s->block);
  free(s->folder);
  free(s);
}

uint64_t kz_sorter_count(const struct kz_sorter *s) {
  return s->count;
}

uint64_t kz_sorter_bytes(const struct kz_sorter *s) {
  return s->bytes;
}

static int compare_keys(const struct kz_sort_key *x,
                        const struct kz_sort_key *y) {
  if (x->a != y->a) {
    return x->a < y->a ? -1 : 1;
  }
  if (x->b != y->b) {
    return x->b < y->b ? -1 : 1;
  }
  if (x->c != y->c) {
    return x->c < y->c ? -1 : 1;
  }
  return 0;
}

static int compare_items(const void *a, const void *b) {
  const struct item *x = a;
  const struct item *y = b;
  int order = compare_keys(&x->key, &y->key);
  return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* --- adding ----------------------------------------------------------------
 */

/* A file that no name leads to: nothing is left behind whatever happens. */
static kz_rc open_file(struct kz_sorter *s, struct kz_err *err) {
  if (s->fd >= 0) {
    return KZ_OK;
  }
  s->fd = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (s->fd >= 0) {
    return KZ_OK;
  }
  char name[4096]; /* not every file system knows O_TMPFILE */
  int len = snprintf(name, sizeof name, "%s/sort-XXXXXX", s->folder);
  if (len > 0 && (size_t)len < sizeof name) {
    s->fd = mkostemp(name, O_CLOEXEC);
  }
  if (s->fd < 0) {
    return kz_file_explain(s->folder, "no file for sorting", errno, err);
  }
  (void)unlink(name);
  return KZ_OK;
}

static kz_rc write_all(struct kz_sorter *s, const char *bytes, size_t len,
                       struct kz_err *err) {
  while (len > 0) {
    ssize_t n = pwrite(s->fd, bytes, len, (off_t)s->written);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return kz_file_explain(s->folder, "sorting", n < 0 ? errno : ENOSPC, err);
    }
    bytes += n;
    len -= (size_t)n;
    s->written += (uint64_t)n;
  }
  return KZ_OK;
}

static kz_rc add_run(struct kz_sorter *s, uint64_t at, struct kz_err *err) {
  if (s->run_count == s->run_room) {
    size_t room = s->run_room ? s->run_room * 2 : 64;
    struct run *runs =
        room <= RUNS_MAX ? reallocarray(s->runs, room, sizeof *runs) : NULL;
    if (!runs) {
      return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
    }
    s->runs = runs;
    s->run_room = room;
  }
  s->runs[s->run_count++] = (struct run){.at = at, .end = s->written};
  return KZ_OK;
}

static void sort_block(struct kz_sorter *s) {
  if (s->item_count > 1) {
    qsort(s->items, s->item_count, sizeof *s->items, compare_items);
  }
}

/* Writes the block as a run and empties it. */
static kz_rc spill(struct kz_sorter *s, struct kz_err *err) {
  uint64_t at = s->written;
  KZ_BUF(out, s->memory + OUT_BYTES);
  kz_rc rc = open_file(s, err);
  sort_block(s);
  for (size_t i = 0; rc == KZ_OK && i < s->item_count; i++) {
    const char *record = s->block + s->items[i].at;
    struct head head;
    memcpy(&head, record, sizeof head);
    if (!kz_buf_add(&out, record, sizeof head + head.len)) {
      rc = kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
    }
    if (rc == KZ_OK && (out.len >= OUT_BYTES || i + 1 == s->item_count)) {
      rc = write_all(s, out.ptr, out.len, err);
      kz_buf_clear(&out);
    }
  }
  s->block_len = 0;
  s->item_count = 0;
  return rc == KZ_OK ? add_run(s, at, err) : rc;
}

static bool make_room(struct kz_sorter *s, size_t more) {
  if (s->item_count == s->item_room) {
    size_t room = s->item_room ? s->item_room * 2 : 1024;
    struct item *items = reallocarray(s->items, room, sizeof *items);
    if (!items) {
      return false;
    }
    s->items = items;
    s->item_room = room;
  }
  if (more > s->block_room - s->block_len) {
    size_t room = s->block_room ? s->block_room * 2 : MEMORY_MIN / 4;
    while (room - s->block_len < more) {
      room *= 2;
    }
    room = room < s->memory ? room : s->memory;
    char *block = realloc(s->block, room);
    if (!block) {
      return false;
    }
    s->block = block;
    s->block_room = room;
  }
  return true;
}

kz_rc kz_sorter_add(struct kz_sorter *s, const struct kz_sort_key *key,
                    kz_str bytes, struct kz_err *err) {
  if (bytes.len > s->memory / 2 - sizeof(struct head)) {
    return kz_err_set(err, KZ_E_LIMIT, "a record of %zu bytes is too long",
                      bytes.len);
  }
  size_t len = sizeof(struct head) + bytes.len;
  size_t held = s->block_len + (s->item_count + 1) * sizeof *s->items;
  if (s->item_count > 0 &&
      len > s->memory - (held < s->memory ? held : s->memory)) {
    kz_rc rc = spill(s, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  if (!make_room(s, len)) {
    return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
  }
  struct head head = {.key = *key, .len = bytes.len};
  s->items[s->item_count++] = (struct item){.key = *key, .at = s->block_len};
  memcpy(s->block + s->block_len, &head, sizeof head);
  if (bytes.len > 0) {
    memcpy(s->block + s->block_len + sizeof head, bytes.ptr, bytes.len);
  }
  s->block_len += len;
  s->count++;
  s->bytes += bytes.len;
  return KZ_OK;
}

/* --- merging ---------------------------------------------------------------
 */

/* Makes `len` bytes stand at the window's front, if the run has them. */
static kz_rc fill(struct kz_sorter *s, struct run *r, size_t len,
                  struct kz_err *err) {
  if (r->to - r->from >= len) {
    return KZ_OK;
  }
  if (r->from > 0) {
    memmove(r->window, r->window + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
  }
  if (len > r->room) {
    char *window = realloc(r->window, len);
    if (!window) {
      return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
    }
    r->window = window;
    r->room = len;
  }
  while (r->to < len) {
    uint64_t left = r->end - r->at;
    size_t want = r->room - r->to;
    want = left < want ? (size_t)left : want;
    ssize_t n = pread(s->fd, r->window + r->to, want, (off_t)r->at);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return kz_file_explain(s->folder, "sorting", n < 0 ? errno : EIO, err);
    }
    r->to += (size_t)n;
    r->at += (uint64_t)n;
  }
  return KZ_OK;
}

/* The record at the front of the run; KZ_END when it has none. */
static kz_rc load(struct kz_sorter *s, struct run *r, struct kz_err *err) {
  if (r->from == r->to && r->at == r->end) {
    return KZ_END;
  }
  kz_rc rc = fill(s, r, sizeof r->head, err);
  if (rc == KZ_OK) {
    memcpy(&r->head, r->window + r->from, sizeof r->head);
    rc = fill(s, r, sizeof r->head + r->head.len, err);
  }
  return rc;
}

static bool is_before(const struct kz_sorter *s, size_t x, size_t y) {
  int order = compare_keys(&s->runs[x].head.key, &s->runs[y].head.key);
  return order != 0 ? order < 0 : x < y;
}

static void sink(struct kz_sorter *s, size_t at) {
  for (;;) {
    size_t least = at;
    for (size_t child = at * 2 + 1;
         child <= at * 2 + 2 && child < s->heap_count; child++) {
      least = is_before(s, s->heap[child], s->heap[least]) ? child : least;
    }
    if (least == at) {
      return;
    }
    size_t kept = s->heap[at];
    s->heap[at] = s->heap[least];
    s->heap[least] = kept;
    at = least;
  }
}

static kz_rc start_runs(struct kz_sorter *s, struct kz_err *err) {
  size_t room = s->memory / s->run_count;
  room = room < WINDOW_MIN ? WINDOW_MIN : room;
  room = room > WINDOW_MAX ? WINDOW_MAX : room;
  s->heap = calloc(s->run_count, sizeof *s->heap);
  if (!s->heap) {
    return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
  }
  for (size_t i = 0; i < s->run_count; i++) {
    s->runs[i].window = malloc(room);
    if (!s->runs[i].window) {
      return kz_err_set(err, KZ_E_MEMORY, "sorting: out of memory");
    }
    s->runs[i].room = room;
    kz_rc rc = load(s, &s->runs[i], err);
    if (rc != KZ_OK) {
      return rc;
    }
    s->heap[s->heap_count++] = i;
  }
  for (size_t i = s->heap_count / 2; i > 0; i--) {
    sink(s, i - 1);
  }
  return KZ_OK;
}

kz_rc kz_sorter_sort(struct kz_sorter *s, struct kz_err *err) {
  if (s->run_count == 0) {
    sort_block(s);
    return KZ_OK;
  }
  kz_rc rc = s->item_count > 0 ? spill(s, err) : KZ_OK;
  free(s->block);
  free(s->items);
  s->block = NULL;
  s->items = NULL;
  return rc == KZ_OK ? start_runs(s, err) : rc;
}

static kz_rc next_in_block(struct kz_sorter *s, struct kz_sort_key *ret_key,
                           kz_str *ret_bytes) {
  if (s->next_item == s->item_count) {
    return KZ_END;
  }
  const struct item *item = &s->items[s->next_item++];
  struct head head;
  memcpy(&head, s->block + item->at, sizeof head);
  *ret_key = head.key;
  *ret_bytes = (kz_str){s->block + item->at + sizeof head, (size_t)head.len};
  return KZ_OK;
}

kz_rc kz_sorter_next(struct kz_sorter *s, struct kz_sort_key *ret_key,
                     kz_str *ret_bytes, struct kz_err *err) {
  if (s->run_count == 0) {
    return next_in_block(s, ret_key, ret_bytes);
  }
  if (s->has_advanced && s->heap_count > 0) {
    struct run *r = &s->runs[s->heap[0]];
    r->from += sizeof r->head + (size_t)r->head.len;
    kz_rc rc = load(s, r, err);
    if (rc == KZ_END) {
      free(r->window);
      r->window = NULL;
      s->heap[0] = s->heap[--s->heap_count];
    } else if (rc != KZ_OK) {
      return rc;
    }
    sink(s, 0);
  }
  if (s->heap_count == 0) {
    return KZ_END;
  }
  const struct run *first = &s->runs[s->heap[0]];
  s->has_advanced = true;
  *ret_key = first->head.key;
  *ret_bytes = (kz_str){first->window + first->from + sizeof first->head,
                        (size_t)first->head.len};
  return KZ_OK;
}
