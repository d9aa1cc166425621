#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "shelter.h"

static void what_is_no_store_is_left_alone(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_store *store = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_store_open(temp_path(&temp, "none", path), false, &store, &err),
      KZ_NOT_FOUND);
  assert_int_equal(access(path, F_OK), -1);
}

static void a_second_owner_is_refused_by_name(void **state) {
  (void)state;
  SHELTER(s);
  struct kz_store *second = NULL;
  struct kz_err err = KZ_ERR_NONE;
  char owner[32];
  (void)snprintf(owner, sizeof owner, "process %ld", (long)getpid());
  assert_int_equal(kz_store_open(kz_store_path(s.store), true, &second, &err),
                   KZ_E_BUSY);
  assert_non_null(strstr(err.text, owner));
}

/* --- many at once ----------------------------------------------------------
 */

enum { THREADS = 8, WRITES = 25 };

struct client {
  const struct shelter *s;
  pthread_t thread;
  uint32_t number;
  uint64_t last; /* event */
  unsigned failures;
};

static void *write_events(void *ctx) {
  struct client *c = ctx;
  for (uint32_t i = 0; i < WRITES; i++) {
    struct kz_event e = event_of(c->number + i * 10, "from a thread", 1000);
    struct kz_attribute a =
        attribute_of(c->number + i * 10 + 1, "domain", KZ_STR("x.example"), 0);
    e.attributes = &a;
    e.attribute_count = 1;
    struct whole_event w = {.event = &e};
    if (kz_store_run(c->s->store, add_event_job, &w, NULL) != KZ_OK) {
      c->failures++;
      continue;
    }
    c->last = w.report.event;
    /* Who was answered reads what he wrote. */
    struct kz_view *view = kz_store_view(c->s->store);
    struct kz_event_entry entry;
    c->failures += kz_events_get(view->events, c->last, &entry) != KZ_OK;
    kz_view_unref(view);
    kz_edit_report_done(&w.report);
  }
  return NULL;
}

static void many_writers_share_commits(void **state) {
  (void)state;
  SHELTER(s);
  struct client clients[THREADS];
  for (uint32_t i = 0; i < THREADS; i++) {
    clients[i] = (struct client){.s = &s, .number = 1 + i * 10000};
    assert_int_equal(
        pthread_create(&clients[i].thread, NULL, write_events, &clients[i]), 0);
  }
  for (uint32_t i = 0; i < THREADS; i++) {
    (void)pthread_join(clients[i].thread, NULL);
    assert_int_equal(clients[i].failures, 0);
  }
  struct kz_store_stats stats;
  kz_store_stats(s.store, &stats);
  assert_int_equal(stats.events, THREADS * WRITES);
  assert_int_equal(stats.attributes, THREADS * WRITES);
  assert_true(stats.commits <= THREADS * WRITES);
  print_message("# %d writes in %llu commits\n", THREADS * WRITES,
                (unsigned long long)stats.commits);
  assert_whole(&s);
}

/* --- batches ---------------------------------------------------------------
 */

static void take_batch(const struct shelter *s, uint32_t number, size_t events,
                       size_t attributes, size_t expect_refused) {
  struct kz_prepared batch;
  assert_int_equal(kz_prepare_init(&batch, kz_store_dict(s->store)), KZ_OK);
  for (uint32_t i = 0; i < events; i++) {
    struct kz_event e = event_of(number + i, "batch", 1000);
    fill(s, &e, number + 100000 + i * (uint32_t)attributes, attributes, 1000);
    assert_int_equal(kz_prepare_add(&batch, &e, NULL, NULL), KZ_OK);
  }
  struct kz_err err = KZ_ERR_NONE;
  if (kz_store_take(s->store, &batch, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  size_t refused = 0;
  for (size_t i = 0; i < events; i++) {
    refused += batch.events[i].refused;
  }
  assert_int_equal(refused, expect_refused);
  kz_prepare_done(&batch);
}

static void large_and_small_batches_and_edits_mix(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);       /* by files */
  take_batch(&s, 200000, 3, 40, 0);    /* by the log */
  take_batch(&s, 1000000, 20, 500, 0); /* by files */
  take_batch(&s, 1, 20, 500, 20);      /* all known */
  struct kz_event e = event_of(5000000, "single", 1000);
  fill(&s, &e, 6000000, 10, 1000);
  (void)add_event(&s, &e);
  assert_whole(&s);
  struct kz_store_stats stats;
  kz_store_stats(s.store, &stats);
  assert_int_equal(stats.events, 44);
  assert_int_equal(stats.attributes, 20 * 500 * 2 + 3 * 40 + 10);
  shelter_reopen(&s);
  assert_whole(&s);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  assert_whole(&s);
  take_batch(&s, 2000000, 20, 500, 0);
  assert_whole(&s);
}

static void a_lost_index_is_built_anew(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  char path[512];
  (void)snprintf(path, sizeof path, "%s", kz_store_path(s.store));
  kz_store_close(s.store);
  struct kz_err err = KZ_ERR_NONE;
  if (kz_store_repair(path, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  shelter_open(&s);
  assert_whole(&s);
  struct kz_store_stats stats;
  kz_store_stats(s.store, &stats);
  assert_int_equal(stats.attributes, 10000);
}

/* --- crash, backup, damage -------------------------------------------------
 */

static void a_killed_process_loses_nothing_acknowledged(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct shelter s = {.temp = temp, .arena = kz_arena_new((size_t)1 << 30)};
    shelter_open(&s);
    for (uint32_t i = 0;; i++) {
      struct kz_event e = event_of(1 + i * 100, "acknowledged", 1000);
      fill(&s, &e, 2 + i * 100, 20, 1000);
      uint64_t id = add_event(&s, &e);
      if (write(fds[1], &id, sizeof id) != (ssize_t)sizeof id) {
        _exit(1);
      }
    }
  }
  (void)close(fds[1]);
  uint64_t last = 0;
  uint64_t id = 0;
  for (int n = 0; n < 60 && read(fds[0], &id, sizeof id) == sizeof id; n++) {
    last = id;
  }
  (void)kill(child, SIGKILL);
  while (read(fds[0], &id, sizeof id) == (ssize_t)sizeof id) {
    last = id;
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  (void)close(fds[0]);
  struct shelter s = {.temp = temp, .arena = kz_arena_new((size_t)1 << 30)};
  shelter_open(&s);
  for (id = 1; id <= last; id++) {
    assert_int_equal(get_event(&s, id).attribute_count, 20);
  }
  assert_true(last >= 60);
  assert_whole(&s);
  kz_store_close(s.store);
  kz_arena_free(s.arena);
  (void)temp_path(&temp, "st", path);
}

static void *write_until_told(void *ctx) {
  struct client *c = ctx;
  return write_events(c);
}

static void a_backup_taken_while_writing_is_a_store(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 5000001, 20, 500, 0);
  struct client client = {.s = &s, .number = 1};
  assert_int_equal(
      pthread_create(&client.thread, NULL, write_until_told, &client), 0);
  char path[512];
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_store_backup(s.store, temp_path(&s.temp, "copy", path), &err);
  (void)pthread_join(client.thread, NULL);
  if (rc != KZ_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(kz_store_backup(s.store, path, NULL), KZ_E_CONFLICT);
  struct shelter copy = {.temp = s.temp, .arena = s.arena};
  assert_int_equal(kz_store_open(path, false, &copy.store, NULL), KZ_OK);
  struct kz_store_stats stats;
  kz_store_stats(copy.store, &stats);
  assert_true(stats.events >= 20);
  assert_whole(&copy);
  kz_store_close(copy.store);
}

/* Makes the store's index say something that the records do not. */
static kz_rc spoil(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  struct kz_event *header = ctx;
  return kz_txn_put_header(txn, header, 999, err);
}

static void verify_finds_planted_damage(void **state) {
  (void)state;
  SHELTER(s);
  struct kz_event e = event_of(1, "to be spoiled", 1000);
  fill(&s, &e, 2, 30, 1000);
  uint64_t id = add_event(&s, &e);
  assert_whole(&s);
  struct kz_event header = get_event(&s, id);
  assert_int_equal(kz_store_run(s.store, spoil, &header, NULL), KZ_OK);
  struct kz_verify_report *report = calloc(1, sizeof *report);
  assert_non_null(report);
  assert_int_equal(kz_verify(s.store, NULL, NULL, report, NULL), KZ_OK);
  assert_int_equal(report->problems, 1);
  assert_non_null(strstr(report->listed[0], "counts attributes wrongly"));
  assert_int_equal(report->events, 1);
  assert_int_equal(report->attributes, 30);
  free(report);
}

static void
a_damaged_segment_is_found_and_a_damaged_manifest_replaced(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  kz_store_close(s.store);
  char path[512];
  FILE *f = fopen(temp_path(&s.temp, "st/index/MANIFEST", path), "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, 20, SEEK_SET), 0);
  assert_int_equal(fputc(0x55, f), 0x55);
  assert_int_equal(fclose(f), 0);
  shelter_open(&s);
  assert_whole(&s);
}

/* Writes `count` bytes into all files of a folder whose names end so. */
static void spoil_files(const struct shelter *s, const char *where,
                        const char *end, long at, int byte, int count) {
  char path[512];
  DIR *folder = opendir(temp_path(&s->temp, where, path));
  unsigned spoiled = 0;
  assert_non_null(folder);
  for (struct dirent *d = readdir(folder); d; d = readdir(folder)) {
    if (!strstr(d->d_name, end)) {
      continue;
    }
    char file[1024];
    (void)snprintf(file, sizeof file, "%s/%s", path, d->d_name);
    FILE *f = fopen(file, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    for (int i = 0; i < count; i++) {
      assert_int_equal(fputc(byte, f), byte);
    }
    assert_int_equal(fclose(f), 0);
    spoiled++;
  }
  assert_int_equal(closedir(folder), 0);
  assert_true(spoiled > 0);
}

static uint64_t section_at(struct shelter *s, enum kz_section which) {
  struct kz_view *view = kz_store_view(s->store);
  assert_int_equal(view->part_count, 1);
  uint64_t at = view->parts[0].segment->head->sections[which].at;
  kz_view_unref(view);
  return at;
}

/* Directories that lead far outside: found, and nothing is read there. */
static void verify_stands_on_a_damaged_index(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  uint64_t uuids = section_at(&s, KZ_SEC_UUID_DIR);
  uint64_t values = section_at(&s, KZ_SEC_VALUE_DIR);
  kz_store_close(s.store);
  spoil_files(&s, "st/index", ".seg", (long)uuids, 0xee, 400);
  spoil_files(&s, "st/index", ".seg", (long)values, 0xee, 400);
  shelter_open(&s);
  struct kz_verify_report *report = calloc(1, sizeof *report);
  assert_non_null(report);
  assert_int_equal(kz_verify(s.store, NULL, NULL, report, NULL), KZ_OK);
  assert_int_equal(report->problems, 2);
  assert_non_null(strstr(report->listed[1], "repair builds it anew"));
  assert_int_equal(report->events, 20);
  free(report);
  struct kz_event e = event_of(900001, "looked up by uuid", 1000);
  fill(&s, &e, 900002, 30, 1000);
  assert_true(add_event(&s, &e) > 0);
}

static void records_behind_the_index_are_refused(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  char path[512];
  assert_int_equal(
      kz_store_backup(s.store, temp_path(&s.temp, "old", path), NULL), KZ_OK);
  take_batch(&s, 5000001, 20, 500, 0);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  kz_store_close(s.store);
  char lost[512];
  char records[512];
  assert_int_equal(rename(temp_path(&s.temp, "st/records", records),
                          temp_path(&s.temp, "lost", lost)),
                   0);
  assert_int_equal(rename(temp_path(&s.temp, "old/records", path), records), 0);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_store_open(temp_path(&s.temp, "st", path), false, &s.store, &err),
      KZ_E_CORRUPT);
  assert_non_null(strstr(err.text, "records are lost"));
  assert_int_equal(rename(temp_path(&s.temp, "st/index", path),
                          temp_path(&s.temp, "index", lost)),
                   0);
  shelter_open(&s);
  assert_whole(&s);
}

static void an_index_of_an_older_format_is_built_anew(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  kz_store_close(s.store);
  spoil_files(&s, "st/index", ".seg", 8, 1, 1);
  shelter_open(&s);
  assert_whole(&s);
  struct kz_store_stats stats;
  kz_store_stats(s.store, &stats);
  assert_int_equal(stats.attributes, 10000);
}

/* Without the file that names the rest, a store is not begun anew over it. */
static void records_without_their_list_are_left_alone(void **state) {
  (void)state;
  SHELTER(s);
  take_batch(&s, 1, 20, 500, 0);
  assert_int_equal(kz_store_settle(s.store, NULL), KZ_OK);
  kz_store_close(s.store);
  char current[512];
  char kept[512];
  char path[512];
  assert_int_equal(rename(temp_path(&s.temp, "st/records/CURRENT", current),
                          temp_path(&s.temp, "kept", kept)),
                   0);
  temp_path(&s.temp, "st", path);
  for (int i = 0; i < 3; i++) {
    struct kz_err err = KZ_ERR_NONE;
    assert_true(kz_store_open(path, true, &s.store, &err) != KZ_OK);
    assert_non_null(strstr(err.text, "CURRENT"));
  }
  assert_int_equal(rename(kept, current), 0);
  shelter_open(&s);
  assert_whole(&s);
  struct kz_store_stats stats;
  kz_store_stats(s.store, &stats);
  assert_int_equal(stats.attributes, 10000);
}

static kz_rc put_note(void *ctx, struct kz_txn *txn, struct kz_err *err) {
  return kz_txn_put_note(txn, 'k', 0, KZ_STR("document"), ctx, err);
}

static void documents_are_kept(void **state) {
  (void)state;
  SHELTER(s);
  uint64_t first = 0;
  uint64_t second = 0;
  assert_int_equal(kz_store_run(s.store, put_note, &first, NULL), KZ_OK);
  assert_int_equal(kz_store_run(s.store, put_note, &second, NULL), KZ_OK);
  assert_true(second > first);
  shelter_reopen(&s);
  KZ_BUF(out, 1 << 10);
  assert_int_equal(kz_store_note(s.store, 'k', second, &out, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&out), KZ_STR("document")));
  assert_int_equal(kz_store_note(s.store, 'k', 99, &out, NULL), KZ_NOT_FOUND);
  assert_whole(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_killed_process_loses_nothing_acknowledged),
      cmocka_unit_test(what_is_no_store_is_left_alone),
      cmocka_unit_test(a_second_owner_is_refused_by_name),
      cmocka_unit_test(many_writers_share_commits),
      cmocka_unit_test(large_and_small_batches_and_edits_mix),
      cmocka_unit_test(a_lost_index_is_built_anew),
      cmocka_unit_test(a_backup_taken_while_writing_is_a_store),
      cmocka_unit_test(verify_finds_planted_damage),
      cmocka_unit_test(verify_stands_on_a_damaged_index),
      cmocka_unit_test(records_behind_the_index_are_refused),
      cmocka_unit_test(records_without_their_list_are_left_alone),
      cmocka_unit_test(
          a_damaged_segment_is_found_and_a_damaged_manifest_replaced),
      cmocka_unit_test(an_index_of_an_older_format_is_built_anew),
      cmocka_unit_test(documents_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
