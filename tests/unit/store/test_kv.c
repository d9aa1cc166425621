#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "store/kv.h"
#include "temp.h"

static struct kz_kv *open_kv(const struct temp *temp, bool create) {
  struct kz_kv *kv = NULL;
  struct kz_err err = KZ_ERR_NONE;
  char path[512];
  if (kz_kv_open(temp_path(temp, "kv", path), create, &kv, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return kv;
}

static void put(struct kz_kv *kv, const char *key, const char *value) {
  struct kz_kv_txn *txn = kz_kv_txn_new(kv);
  kz_kv_txn_put(txn, kz_str_of(key), kz_str_of(value));
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  kz_kv_txn_free(txn);
}

/* `value` NULL: the key is not there. */
static void assert_value(struct kz_kv *kv, const struct kz_kv_snapshot *snap,
                         const char *key, const char *value) {
  KZ_BUF(buf, 1 << 20);
  kz_rc rc = kz_kv_get(kv, snap, kz_str_of(key), &buf, NULL);
  assert_int_equal(rc, value ? KZ_OK : KZ_NOT_FOUND);
  assert_true(!value || kz_str_eq(kz_buf_str(&buf), kz_str_of(value)));
}

/* Writes "a=1 b=2 " of what the iterator still has to `out`. */
static void assert_walk(struct kz_kv_iter *iter, const char *expected) {
  KZ_BUF(buf, 1 << 20);
  kz_str key;
  kz_str value;
  for (; kz_kv_iter_at(iter, &key, &value); kz_kv_iter_next(iter)) {
    kz_buf_add_format(&buf, "%.*s=%.*s ", KZ_STR_ARG(key), KZ_STR_ARG(value));
  }
  assert_int_equal(kz_kv_iter_check(iter, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&buf), kz_str_of(expected)));
}

static void a_store_is_made_only_when_that_is_wanted(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_kv *kv = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_kv_open(temp_path(&temp, "kv", path), false, &kv, &err),
                   KZ_NOT_FOUND);
  assert_null(kv);
  kz_kv_close(open_kv(&temp, true));
  kz_kv_close(open_kv(&temp, false));
  kz_kv_close(NULL);
}

static void a_second_owner_is_refused(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_kv *kv = open_kv(&temp, true);
  struct kz_kv *second = NULL;
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(
      kz_kv_open(temp_path(&temp, "kv", path), true, &second, &err), KZ_E_BUSY);
  assert_null(second);
  kz_kv_close(kv);
  kz_kv_close(open_kv(&temp, true));
}

static void what_was_committed_is_there_after_reopening(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a", "1");
  put(kv, "b", "");
  kz_kv_close(kv);
  kv = open_kv(&temp, false);
  assert_value(kv, NULL, "a", "1");
  assert_value(kv, NULL, "b", "");
  assert_value(kv, NULL, "c", NULL);
  kz_kv_close(kv);
}

static void
a_transaction_reads_its_own_writes_and_nobody_else_does(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a", "1");
  struct kz_kv_txn *txn = kz_kv_txn_new(kv);
  KZ_BUF(buf, 1 << 20);
  kz_kv_txn_put(txn, KZ_STR("b"), KZ_STR("2"));
  kz_kv_txn_delete(txn, KZ_STR("a"));
  assert_int_equal(kz_kv_txn_get(txn, KZ_STR("b"), &buf, NULL), KZ_OK);
  assert_true(kz_str_eq(kz_buf_str(&buf), KZ_STR("2")));
  assert_int_equal(kz_kv_txn_get(txn, KZ_STR("a"), &buf, NULL), KZ_NOT_FOUND);
  assert_value(kv, NULL, "a", "1");
  assert_value(kv, NULL, "b", NULL);
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  assert_value(kv, NULL, "a", NULL);
  assert_value(kv, NULL, "b", "2");
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK); /* it is empty now */
  kz_kv_txn_free(txn);
  kz_kv_close(kv);
}

static void rolling_back_forgets_what_came_after_the_mark(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  struct kz_kv_txn *txn = kz_kv_txn_new(kv);
  kz_kv_txn_put(txn, KZ_STR("a"), KZ_STR("1"));
  kz_kv_txn_mark(txn);
  kz_kv_txn_put(txn, KZ_STR("b"), KZ_STR("2"));
  kz_kv_txn_put(txn, KZ_STR("a"), KZ_STR("3"));
  kz_kv_txn_rollback(txn);
  assert_int_equal(kz_kv_txn_commit(txn, NULL), KZ_OK);
  assert_value(kv, NULL, "a", "1");
  assert_value(kv, NULL, "b", NULL);
  kz_kv_txn_free(txn);
  kz_kv_close(kv);
}

static void a_snapshot_keeps_its_moment(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "xa", "1");
  struct kz_kv_snapshot *snap = kz_kv_snapshot_new(kv);
  put(kv, "xa", "2");
  put(kv, "xb", "3");
  assert_value(kv, snap, "xa", "1");
  assert_value(kv, snap, "xb", NULL);
  assert_value(kv, NULL, "xa", "2");
  struct kz_kv_iter *iter = kz_kv_iter_new(kv, snap, KZ_STR("x"), false);
  assert_walk(iter, "xa=1 ");
  kz_kv_iter_free(iter);
  iter = kz_kv_iter_new(kv, NULL, KZ_STR("x"), true);
  assert_walk(iter, "xa=2 xb=3 ");
  kz_kv_iter_free(iter);
  kz_kv_snapshot_free(kv, snap);
  kz_kv_snapshot_free(kv, NULL);
  kz_kv_close(kv);
}

static void a_walk_stays_within_its_prefix(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  const char *const keys[] = {"a", "b", "b1", "b3", "b\xff", "c", "\xff\xff"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    put(kv, keys[i], "v");
  }
  struct kz_kv_iter *iter = kz_kv_iter_new(kv, NULL, KZ_STR("b"), false);
  assert_walk(iter, "b=v b1=v b3=v b\xff=v ");
  kz_kv_iter_seek(iter, KZ_STR("b2"));
  assert_walk(iter, "b3=v b\xff=v ");
  kz_kv_iter_seek_back(iter, KZ_STR("b2"));
  assert_walk(iter, "b1=v b3=v b\xff=v ");
  kz_str key;
  kz_kv_iter_seek_back(iter, KZ_STR("a"));
  assert_false(kz_kv_iter_at(iter, &key, NULL));
  kz_kv_iter_free(iter);
  iter = kz_kv_iter_new(kv, NULL, KZ_STR("\xff"), false);
  assert_walk(iter, "\xff\xff=v ");
  kz_kv_iter_free(iter);
  iter = kz_kv_iter_new(kv, NULL, KZ_STR("bb"), false);
  assert_walk(iter, "");
  kz_kv_iter_free(iter);
  kz_kv_close(kv);
}

static void a_walk_of_a_transaction_sees_both_sides(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a1", "old");
  put(kv, "a2", "old");
  put(kv, "a3", "old");
  struct kz_kv_txn *txn = kz_kv_txn_new(kv);
  kz_kv_txn_put(txn, KZ_STR("a2"), KZ_STR("new"));
  kz_kv_txn_delete(txn, KZ_STR("a3"));
  kz_kv_txn_put(txn, KZ_STR("a4"), KZ_STR("new"));
  kz_kv_txn_put(txn, KZ_STR("b1"), KZ_STR("new"));
  struct kz_kv_iter *iter = kz_kv_txn_iter_new(txn, KZ_STR("a"));
  assert_walk(iter, "a1=old a2=new a4=new ");
  kz_kv_iter_free(iter);
  kz_kv_txn_free(txn);
  kz_kv_close(kv);
}

static size_t count_files(const struct temp *temp, const char *ending) {
  char path[512];
  DIR *dir = opendir(temp_path(temp, "kv", path));
  assert_non_null(dir);
  size_t count = 0;
  const struct dirent *entry = NULL;
  while ((entry = readdir(dir)) != NULL) {
    count += kz_str_ends(kz_str_of(entry->d_name), kz_str_of(ending));
  }
  closedir(dir);
  return count;
}

static void a_bulk_load_is_taken_in_whole_and_lasts(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a00500", "old");
  struct kz_kv_snapshot *snap = kz_kv_snapshot_new(kv);
  struct kz_kv_bulk *bulk = kz_kv_bulk_new(kv);
  for (int family = 0; family < 2; family++) {
    for (int i = 0; i < 1000; i++) {
      char key[16];
      (void)snprintf(key, sizeof key, "%c%05d", "ab"[family], i);
      assert_int_equal(
          kz_kv_bulk_put(bulk, kz_str_of(key), KZ_STR("new"), NULL), KZ_OK);
    }
  }
  assert_value(kv, NULL, "a00001", NULL);
  assert_int_equal(kz_kv_bulk_commit(bulk, NULL), KZ_OK);
  kz_kv_bulk_free(bulk);
  assert_int_equal(count_files(&temp, ".tmp"), 0);
  assert_value(kv, NULL, "a00000", "new");
  assert_value(kv, NULL, "a00500", "new");
  assert_value(kv, NULL, "b00999", "new");
  assert_value(kv, snap, "a00500", "old");
  assert_value(kv, snap, "b00999", "new"); /* the contract: new keys are seen */
  kz_kv_snapshot_free(kv, snap);
  kz_kv_close(kv);
  kv = open_kv(&temp, false);
  uint64_t keys = 0;
  assert_int_equal(kz_kv_verify(kv, &keys, NULL), KZ_OK);
  assert_int_equal(keys, 2000);
  kz_kv_close(kv);
}

static void a_bulk_load_given_up_leaves_nothing(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  struct kz_kv_bulk *bulk = kz_kv_bulk_new(kv);
  assert_int_equal(kz_kv_bulk_put(bulk, KZ_STR("a"), KZ_STR("1"), NULL), KZ_OK);
  assert_int_equal(count_files(&temp, ".tmp"), 1);
  kz_kv_bulk_free(bulk);
  assert_int_equal(count_files(&temp, ".tmp"), 0);
  assert_value(kv, NULL, "a", NULL);
  bulk = kz_kv_bulk_new(kv);
  assert_int_equal(kz_kv_bulk_commit(bulk, NULL), KZ_OK); /* nothing at all */
  kz_kv_bulk_free(bulk);
  kz_kv_bulk_free(NULL);
  kz_kv_close(kv);
}

static void bulk_keys_out_of_order_are_refused(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  struct kz_kv_bulk *bulk = kz_kv_bulk_new(kv);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_kv_bulk_put(bulk, KZ_STR("a2"), KZ_STR(""), NULL), KZ_OK);
  assert_true(kz_kv_bulk_put(bulk, KZ_STR("a1"), KZ_STR(""), &err) < 0);
  assert_true(strlen(err.text) > 0);
  kz_kv_bulk_free(bulk);
  kz_kv_close(kv);
}

static void a_range_is_deleted_up_to_its_end(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "g1", "1");
  put(kv, "g2", "2");
  put(kv, "g3", "3");
  assert_int_equal(kz_kv_delete_range(kv, KZ_STR("g1"), KZ_STR("g3"), NULL),
                   KZ_OK);
  assert_value(kv, NULL, "g1", NULL);
  assert_value(kv, NULL, "g2", NULL);
  assert_value(kv, NULL, "g3", "3");
  kz_kv_close(kv);
}

static void a_checkpoint_is_a_store_of_its_moment(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a", "1");
  assert_int_equal(kz_kv_checkpoint(kv, temp_path(&temp, "copy", path), NULL),
                   KZ_OK);
  put(kv, "a", "2");
  struct kz_kv *copy = NULL;
  assert_int_equal(kz_kv_open(path, false, &copy, NULL), KZ_OK);
  assert_value(copy, NULL, "a", "1");
  assert_value(kv, NULL, "a", "2");
  kz_kv_close(copy);
  kz_kv_close(kv);
}

static void a_value_longer_than_the_buffer_is_a_failure(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  put(kv, "a", "0123456789");
  KZ_BUF(small, 5);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_kv_get(kv, NULL, KZ_STR("a"), &small, &err), KZ_E_MEMORY);
  kz_kv_close(kv);
}

static void flushing_moves_memory_to_the_disk(void **state) {
  (void)state;
  TEMP(temp);
  struct kz_kv *kv = open_kv(&temp, true);
  assert_true(kz_kv_disk_bytes(kv) == 0);
  put(kv, "a", "1");
  assert_int_equal(kz_kv_flush(kv, NULL), KZ_OK);
  assert_true(kz_kv_disk_bytes(kv) > 0);
  assert_value(kv, NULL, "a", "1");
  kz_kv_close(kv);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_store_is_made_only_when_that_is_wanted),
      cmocka_unit_test(a_second_owner_is_refused),
      cmocka_unit_test(what_was_committed_is_there_after_reopening),
      cmocka_unit_test(a_transaction_reads_its_own_writes_and_nobody_else_does),
      cmocka_unit_test(rolling_back_forgets_what_came_after_the_mark),
      cmocka_unit_test(a_snapshot_keeps_its_moment),
      cmocka_unit_test(a_walk_stays_within_its_prefix),
      cmocka_unit_test(a_walk_of_a_transaction_sees_both_sides),
      cmocka_unit_test(a_bulk_load_is_taken_in_whole_and_lasts),
      cmocka_unit_test(a_bulk_load_given_up_leaves_nothing),
      cmocka_unit_test(bulk_keys_out_of_order_are_refused),
      cmocka_unit_test(a_range_is_deleted_up_to_its_end),
      cmocka_unit_test(a_checkpoint_is_a_store_of_its_moment),
      cmocka_unit_test(a_value_longer_than_the_buffer_is_a_failure),
      cmocka_unit_test(flushing_moves_memory_to_the_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
