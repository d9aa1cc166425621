/* What the crash test runs and kills.
 *
 *   crash_driver work STORE ACKS BASE   writes until it is killed; every change
 *                                       that was acknowledged is written to
 *                                       ACKS, synced, afterwards
 *   crash_driver check STORE ACKS       holds the store against ACKS
 *   crash_driver full FOLDER            fills the file system of FOLDER, makes
 *                                       room, and goes on
 *
 * Lines of ACKS: "A event attributes" (added), "D event" (deleted), "C event n"
 * (its first comment has become n). Events are named by their number. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "model/value.h"
#include "store/edit.h"
#include "store/store.h"
#include "store/verify.h"

enum {
  STRIDE = 1000,     /* numbers that an event may use for its parts */
  BATCH_EVENTS = 12, /* of a bulk load ... */
  BATCH_EACH = 900,  /* ... with so many attributes each */
  TEXT_BYTES = 48,
  ARENA_BYTES = 1 << 30,
  FILLER_BYTES = 24 << 20,
};

static _Noreturn void stop(const char *doing, const struct kz_err *err) {
  printf("%s: %s\n", doing, err->text);
  exit(1);
}

static struct kz_uuid uuid_of(uint64_t number) {
  uint8_t bytes[16] = "crash";
  memcpy(bytes + 9, &number, 7); /* byte 8 holds the variant */
  return kz_uuid_of_bytes(bytes);
}

static kz_str text_of(struct kz_arena *arena, const char *head, uint64_t n) {
  char *text = kz_arena_text(arena, TEXT_BYTES);
  int len = snprintf(text, TEXT_BYTES, "%s%" PRIu64 ".example", head, n);
  return (kz_str){text, (size_t)len};
}

static struct kz_event make_event(struct kz_arena *arena, uint64_t number,
                                  size_t count) {
  kz_type domain = 0;
  (void)!kz_type_by_name(KZ_STR("domain"), &domain);
  struct kz_event e = {
      .uuid = uuid_of(number),
      .given = KZ_GAVE_UUID | KZ_GAVE_VALUE | KZ_GAVE_TIMESTAMP,
      .threat_level = 4,
      .timestamp_us = KZ_SECOND_US * 1000,
      .info = text_of(arena, "event-", number),
      .org = {.name = KZ_STR("Example")},
      .orgc = {.name = KZ_STR("Example")},
      .attributes = kz_arena_array(arena, count, sizeof *e.attributes),
      .attribute_count = count,
  };
  for (size_t i = 0; i < count; i++) {
    e.attributes[i] = (struct kz_attribute){
        .uuid = uuid_of(number + 1 + i),
        .given = KZ_GAVE_UUID | KZ_GAVE_VALUE,
        .type = domain,
        .category = kz_type_default_category(domain),
        .distribution = KZ_DIST_INHERIT,
        .timestamp_us = KZ_SECOND_US * 1000,
        .first_seen_us = KZ_TIME_NONE,
        .last_seen_us = KZ_TIME_NONE,
        .value = text_of(arena, "v", number % 7 == 0 ? i : number + i),
        .comment = KZ_STR("0"),
    };
  }
  return e;
}

/* --- changes ---------------------------------------------------------------
 */

struct change {
  struct kz_event *event; /* to add; NULL: see below */
  uint64_t id;            /* event to delete or, with comment, to edit */
  uint64_t attribute;
  kz_str comment;
  struct kz_edit_report report;
};

static kz_rc add_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_add_event(txn, c->event, &c->report, err);
}

static kz_rc delete_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  return kz_edit_delete_event(txn, c->id, err);
}

static kz_rc comment_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct change *c = ctx;
  const struct kz_attribute a = {.given = KZ_GAVE_COMMENT,
                                 .comment = c->comment};
  return kz_edit_attribute(txn, c->id, c->attribute, &a, err);
}

static kz_rc add(struct kz_store *store, struct kz_arena *arena,
                 uint64_t number, size_t count, uint64_t *ret_id,
                 struct kz_err *err) {
  kz_arena_reset(arena);
  struct kz_event e = make_event(arena, number, count);
  struct change c = {.event = &e};
  kz_rc rc = kz_store_run(store, add_job, &c, err);
  *ret_id = c.report.event;
  if (rc == KZ_OK && c.report.refusal_count > 0) {
    rc = kz_err_set(err, KZ_E_CONFLICT, "%s", c.report.refusals[0].message);
  }
  kz_edit_report_done(&c.report);
  return rc;
}

/* --- work ------------------------------------------------------------------
 */

struct worker {
  struct kz_store *store;
  int acks;
  uint64_t number; /* of the next event */
};

static void acknowledge(const struct worker *w, char what, uint64_t number,
                        uint64_t value) {
  char line[64];
  int len = snprintf(line, sizeof line, "%c %" PRIu64 " %" PRIu64 "\n", what,
                     number, value);
  if (write(w->acks, line, (size_t)len) != len) {
    exit(1);
  }
}

/* Events one by one; every fifth is deleted again. */
static void *write_singly(void *ctx) {
  struct worker *w = ctx;
  struct kz_arena *arena = kz_arena_new(ARENA_BYTES);
  struct kz_err err = KZ_ERR_NONE;
  for (uint64_t i = 0;; i++, w->number += STRIDE) {
    uint64_t id = 0;
    if (add(w->store, arena, w->number, 3 + i % 90, &id, &err) != KZ_OK) {
      stop("add", &err);
    }
    acknowledge(w, 'A', w->number, 3 + i % 90);
    if (i % 5 == 4) {
      struct change c = {.id = id};
      if (kz_store_run(w->store, delete_job, &c, &err) != KZ_OK) {
        stop("delete", &err);
      }
      acknowledge(w, 'D', w->number, 0);
    }
  }
}

/* One event whose first comment counts. */
static void *write_comments(void *ctx) {
  struct worker *w = ctx;
  struct kz_arena *arena = kz_arena_new(ARENA_BYTES);
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  if (add(w->store, arena, w->number, 100, &id, &err) != KZ_OK) {
    stop("add", &err);
  }
  struct kz_view *view = kz_store_view(w->store);
  struct kz_reading r = kz_store_reading(w->store, view, arena);
  struct kz_event e;
  if (kz_read_event(&r, id, (struct kz_read_options){0}, &e, &err) != KZ_OK) {
    stop("read", &err);
  }
  uint64_t attribute = e.attributes[0].id;
  kz_view_unref(view);
  for (uint64_t i = 1;; i++) {
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, i);
    struct change c = {
        .id = id, .attribute = attribute, .comment = kz_str_of(text)};
    if (kz_store_run(w->store, comment_job, &c, &err) != KZ_OK) {
      stop("edit", &err);
    }
    acknowledge(w, 'C', w->number, i);
  }
}

/* Bulk loads. */
static void *write_batches(void *ctx) {
  struct worker *w = ctx;
  struct kz_arena *arena = kz_arena_new(ARENA_BYTES);
  struct kz_err err = KZ_ERR_NONE;
  for (;; w->number += (uint64_t)STRIDE * BATCH_EVENTS) {
    struct kz_prepared batch;
    kz_rc rc = kz_prepare_init(&batch, kz_store_dict(w->store));
    for (uint64_t i = 0; rc == KZ_OK && i < BATCH_EVENTS; i++) {
      kz_arena_reset(arena);
      struct kz_event e = make_event(arena, w->number + i * STRIDE, BATCH_EACH);
      rc = kz_prepare_add(&batch, &e, NULL, &err);
    }
    if (rc == KZ_OK) {
      rc = kz_store_take(w->store, &batch, &err);
    }
    if (rc != KZ_OK) {
      stop("batch", &err);
    }
    for (uint64_t i = 0; i < BATCH_EVENTS; i++) {
      if (batch.events[i].refused) {
        (void)kz_err_set(&err, KZ_E_CONFLICT, "an event was refused");
        stop("batch", &err);
      }
    }
    kz_prepare_done(&batch);
    for (uint64_t i = 0; i < BATCH_EVENTS; i++) {
      acknowledge(w, 'A', w->number + i * STRIDE, BATCH_EACH);
    }
    (void)usleep(20000);
  }
}

static int work(const char *path, const char *acks, uint64_t base) {
  struct kz_store *store = NULL;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_store_open(path, true, &store, &err) != KZ_OK) {
    stop("open", &err);
  }
  int fd =
      open(acks, O_WRONLY | O_CREAT | O_APPEND | O_DSYNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    perror(acks);
    return 1;
  }
  void *(*const all[])(void *) = {write_singly, write_comments, write_batches};
  struct worker workers[3];
  for (uint64_t i = 0; i < 3; i++) {
    pthread_t thread;
    workers[i] = (struct worker){
        .store = store, .acks = fd, .number = base + i * 100000000};
    if (pthread_create(&thread, NULL, all[i], &workers[i]) != 0) {
      return 1;
    }
  }
  for (;;) {
    (void)usleep(80000);
    if (kz_store_settle(store, &err) != KZ_OK) {
      stop("settle", &err);
    }
  }
}

/* --- check -----------------------------------------------------------------
 */

struct search {
  struct kz_uuid uuid;
  struct kz_found found;
};

/* Ends with KZ_UNCHANGED when it is found: nothing is to be committed. */
static kz_rc find_job(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct search *s = ctx;
  kz_rc rc = kz_txn_find_uuid(txn, &s->uuid, &s->found, err);
  return rc == KZ_OK ? KZ_UNCHANGED : rc;
}

static bool find_event(struct kz_store *store, struct kz_arena *arena,
                       uint64_t number, struct kz_event *ret_event) {
  struct search s = {.uuid = uuid_of(number)};
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_store_run(store, find_job, &s, &err);
  if (rc == KZ_NOT_FOUND) {
    return false;
  }
  kz_arena_reset(arena);
  struct kz_view *view = kz_store_view(store);
  struct kz_reading r = kz_store_reading(store, view, arena);
  if (rc != KZ_UNCHANGED ||
      kz_read_event(&r, s.found.event, (struct kz_read_options){0}, ret_event,
                    &err) != KZ_OK) {
    stop("find", &err);
  }
  kz_view_unref(view);
  return true;
}

static bool is_deleted_later(kz_str rest, uint64_t number) {
  char line[40];
  int len = snprintf(line, sizeof line, "D %" PRIu64 " ", number);
  return kz_str_find(rest, (kz_str){line, (size_t)len}) != SIZE_MAX;
}

/* Whether the store holds what one line says. A deletion may have come true
 * without its line: write_singly deletes those with this remainder. */
static bool is_kept(struct kz_store *store, struct kz_arena *arena, char what,
                    uint64_t number, uint64_t value, kz_str rest) {
  struct kz_event e;
  bool there = find_event(store, arena, number, &e);
  uint64_t comment = 0;
  switch (what) {
  case 'A':
    if (!there) {
      return is_deleted_later(rest, number) || value % 5 == 2;
    }
    return e.attribute_count == value;
  case 'D':
    return !there;
  case 'C':
    return there && kz_str_u64(e.attributes[0].comment, &comment) == KZ_OK &&
           comment >= value;
  default:
    return false;
  }
}

static int check_lines(struct kz_store *store, kz_str lines) {
  struct kz_arena *arena = kz_arena_new(ARENA_BYTES);
  unsigned lost = 0;
  kz_str line;
  while (kz_str_next_line(&lines, &line)) {
    kz_str first;
    kz_str second;
    kz_str third;
    uint64_t number = 0;
    uint64_t value = 0;
    kz_str rest = line;
    if (!kz_str_next(&rest, ' ', &first) || !kz_str_next(&rest, ' ', &second) ||
        !kz_str_next(&rest, ' ', &third) ||
        kz_str_u64(second, &number) != KZ_OK ||
        kz_str_u64(third, &value) != KZ_OK) {
      continue; /* cut off by the kill: it was not acknowledged */
    }
    bool last_of_its_kind =
        first.ptr[0] != 'C' ||
        kz_str_find(lines, (kz_str){line.ptr, 3 + second.len}) == SIZE_MAX;
    if (last_of_its_kind &&
        !is_kept(store, arena, first.ptr[0], number, value, lines)) {
      printf("lost: %.*s\n", KZ_STR_ARG(line));
      lost++;
    }
  }
  kz_arena_free(arena);
  return lost > 0;
}

static int check_whole(struct kz_store *store) {
  static struct kz_verify_report report;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_verify(store, NULL, NULL, &report, &err) != KZ_OK) {
    stop("verify", &err);
  }
  for (uint64_t i = 0; i < report.problems && i < 10; i++) {
    printf("verify: %s\n", report.listed[i]);
  }
  return report.problems > 0;
}

static int check(const char *path, const char *acks) {
  struct kz_store *store = NULL;
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(lines, ARENA_BYTES);
  if (kz_store_open(path, true, &store, &err) != KZ_OK) {
    stop("open", &err);
  }
  if (access(acks, F_OK) == 0 && kz_file_read(acks, &lines, &err) != KZ_OK) {
    stop("read", &err);
  }
  int bad = check_whole(store);
  bad |= check_lines(store, kz_buf_str(&lines));
  kz_store_close(store);
  return bad;
}

/* --- disk full -------------------------------------------------------------
 */

/* Writes until the disk is full; returns how many events went in. */
static uint64_t fill_up(struct kz_store *store, struct kz_arena *arena,
                        uint64_t *number) {
  struct kz_err err = KZ_ERR_NONE;
  for (uint64_t events = 0;; events++) {
    uint64_t id = 0;
    kz_rc rc = add(store, arena, *number, BATCH_EACH, &id, &err);
    if (rc == KZ_E_FULL) {
      printf("full: %s\n", err.text);
      return events;
    }
    if (rc != KZ_OK) {
      stop("add", &err);
    }
    *number += STRIDE;
  }
}

static int full(const char *folder) {
  char path[512];
  char filler[512];
  (void)snprintf(path, sizeof path, "%s/st", folder);
  (void)snprintf(filler, sizeof filler, "%s/filler", folder);
  int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  struct kz_store *store = NULL;
  struct kz_err err = KZ_ERR_NONE;
  if (fd < 0 || posix_fallocate(fd, 0, FILLER_BYTES) != 0) {
    perror(filler);
    return 1;
  }
  (void)close(fd);
  if (kz_store_open(path, true, &store, &err) != KZ_OK) {
    stop("open", &err);
  }
  struct kz_arena *arena = kz_arena_new(ARENA_BYTES);
  uint64_t number = STRIDE;
  uint64_t events = fill_up(store, arena, &number);
  struct kz_event e;
  for (uint64_t i = 1; i <= events; i++) {
    kz_arena_reset(arena);
    struct kz_view *view = kz_store_view(store);
    struct kz_reading r = kz_store_reading(store, view, arena);
    if (kz_read_event(&r, i, (struct kz_read_options){0}, &e, &err) != KZ_OK) {
      stop("read while full", &err);
    }
    kz_view_unref(view);
  }
  (void)unlink(filler);
  int64_t deadline_us = kz_clock_monotonic_us() + 30 * KZ_SECOND_US;
  uint64_t id = 0;
  kz_rc rc = KZ_OK;
  while ((rc = add(store, arena, number, 10, &id, &err)) != KZ_OK) {
    if (kz_clock_monotonic_us() > deadline_us) {
      stop("add after there is room", &err);
    }
    (void)usleep(100000);
  }
  int bad = check_whole(store);
  kz_store_close(store);
  if (kz_store_open(path, false, &store, &err) != KZ_OK) {
    stop("open again", &err);
  }
  bad |= check_whole(store);
  if (!find_event(store, arena, number, &e) || e.attribute_count != 10) {
    printf("what was written after the disk was full is lost\n");
    bad = 1;
  }
  kz_store_close(store);
  kz_arena_free(arena);
  return bad;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "work") == 0) {
    return work(argv[2], argv[3], strtoull(argv[4], NULL, 10));
  }
  if (argc == 4 && strcmp(argv[1], "check") == 0) {
    return check(argv[2], argv[3]);
  }
  if (argc == 3 && strcmp(argv[1], "full") == 0) {
    return full(argv[2]);
  }
  (void)fprintf(stderr, "usage: see the head of crash_driver.c\n");
  return 2;
}
