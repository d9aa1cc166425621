#include "test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "temp.h"

static void put_file(const struct temp *temp, const char *name) {
  char path[512];
  assert_int_equal(
      kz_file_write(temp_path(temp, name, path), KZ_STR("x"), 0600, NULL),
      KZ_OK);
}

static void make_folder(const struct temp *temp, const char *name) {
  char path[512];
  assert_int_equal(kz_folder_make(temp_path(temp, name, path), 0700, NULL),
                   KZ_OK);
}

static bool exists(const struct temp *temp, const char *name) {
  char path[512];
  struct stat st;
  return lstat(temp_path(temp, name, path), &st) == 0;
}

static void make_makes_those_above_and_is_content_with_what_is(void **state) {
  (void)state;
  TEMP(temp);
  make_folder(&temp, "a/b/c");
  make_folder(&temp, "a/b/c/");
  assert_true(exists(&temp, "a/b/c"));
  put_file(&temp, "file");
  char path[512];
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_folder_make(temp_path(&temp, "file", path), 0700, &err),
                   KZ_E_IO);
  assert_non_null(strstr(err.text, path));
  assert_true(kz_folder_make(temp_path(&temp, "file/x", path), 0700, NULL) !=
              KZ_OK);
  assert_true(kz_folder_make("", 0700, NULL) != KZ_OK);
}

struct seen {
  size_t start; /* of the part of paths that matters */
  char names[1000];
  size_t stop_after; /* 0: never */
  size_t count;
};

static kz_rc note_name(void *ctx, const char *path, struct kz_err *err) {
  struct seen *seen = ctx;
  size_t len = strlen(seen->names);
  (void)snprintf(seen->names + len, sizeof seen->names - len, "%s ",
                 path + seen->start);
  seen->count++;
  if (seen->count == seen->stop_after) {
    return kz_err_set(err, KZ_E_STOPPED, "enough");
  }
  return KZ_OK;
}

static void make_small_tree(const struct temp *temp) {
  make_folder(temp, "b/inner");
  make_folder(temp, "empty");
  const char *files[] = {"c", "a", "b/z", "b/inner/m", "b/a", "B"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    put_file(temp, files[i]);
  }
}

static void a_walk_sees_each_file_in_the_order_of_names(void **state) {
  (void)state;
  TEMP(temp);
  make_small_tree(&temp);
  struct seen seen = {.start = strlen(temp.path) + 1};
  assert_int_equal(kz_folder_walk(temp.path, note_name, &seen, NULL), KZ_OK);
  assert_string_equal(seen.names, "B a b/a b/inner/m b/z c ");
}

static void a_walk_of_a_file_sees_that_file(void **state) {
  (void)state;
  TEMP(temp);
  put_file(&temp, "one");
  char path[512];
  struct seen seen = {.start = strlen(temp.path) + 1};
  assert_int_equal(
      kz_folder_walk(temp_path(&temp, "one", path), note_name, &seen, NULL),
      KZ_OK);
  assert_string_equal(seen.names, "one ");
  assert_int_equal(
      kz_folder_walk(temp_path(&temp, "none", path), note_name, &seen, NULL),
      KZ_NOT_FOUND);
}

static void a_visit_can_end_the_walk(void **state) {
  (void)state;
  TEMP(temp);
  make_small_tree(&temp);
  struct seen seen = {.start = strlen(temp.path) + 1, .stop_after = 4};
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_folder_walk(temp.path, note_name, &seen, &err),
                   KZ_E_STOPPED);
  assert_string_equal(err.text, "enough");
  assert_string_equal(seen.names, "B a b/a b/inner/m ");
}

static void links_to_files_are_followed_links_to_folders_are_not(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  make_folder(&temp, "d");
  put_file(&temp, "d/f");
  assert_int_equal(symlink("d/f", temp_path(&temp, "file-link", path)), 0);
  assert_int_equal(symlink("..", temp_path(&temp, "d/loop", path)), 0);
  assert_int_equal(symlink("gone", temp_path(&temp, "dangling", path)), 0);
  struct seen seen = {.start = strlen(temp.path) + 1};
  assert_int_equal(kz_folder_walk(temp.path, note_name, &seen, NULL), KZ_OK);
  assert_string_equal(seen.names, "d/f file-link ");
}

static void folders_nested_too_deeply_are_refused(void **state) {
  (void)state;
  TEMP(temp);
  char name[2 * KZ_FOLDER_DEPTH + 8] = "";
  for (size_t i = 0; i < KZ_FOLDER_DEPTH - 1; i++) {
    strcat(name, "d/");
  }
  make_folder(&temp, name);
  struct seen seen = {0};
  assert_int_equal(kz_folder_walk(temp.path, note_name, &seen, NULL), KZ_OK);
  char deeper[512];
  make_folder(&temp, "top");
  temp_path(&temp, "top/d", deeper);
  char old[512];
  assert_int_equal(rename(temp_path(&temp, "d", old), deeper), 0);
  struct kz_err err = KZ_ERR_NONE;
  assert_int_equal(kz_folder_walk(temp.path, note_name, &seen, &err),
                   KZ_E_LIMIT);
  assert_int_equal(rename(deeper, old), 0);
}

static void remove_takes_the_whole_tree_and_nothing_else(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  make_folder(&temp, "tree/a/b");
  make_folder(&temp, "other");
  put_file(&temp, "tree/a/b/f");
  put_file(&temp, "tree/g");
  put_file(&temp, "other/kept");
  assert_int_equal(symlink("../other", temp_path(&temp, "tree/link", path)), 0);
  for (int i = 0; i < 300; i++) {
    char name[32];
    (void)snprintf(name, sizeof name, "tree/a/%d", i);
    assert_int_equal(symlink("x", temp_path(&temp, name, path)), 0);
  }
  assert_int_equal(kz_folder_remove(temp.path, "tree", NULL), KZ_OK);
  assert_false(exists(&temp, "tree"));
  assert_true(exists(&temp, "other/kept"));
  assert_int_equal(kz_folder_remove(temp.path, "tree", NULL), KZ_NOT_FOUND);
}

static void remove_touches_nothing_outside_of_the_parent(void **state) {
  (void)state;
  TEMP(temp);
  make_folder(&temp, "in");
  put_file(&temp, "kept");
  char in[512];
  temp_path(&temp, "in", in);
  const char *bad[] = {"", ".", "..", "../kept", "/", "a/b"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(kz_folder_remove(in, bad[i], NULL), KZ_E_INPUT);
  }
  assert_true(exists(&temp, "kept"));
  assert_true(exists(&temp, "in"));
}

static void a_disk_has_some_room(void **state) {
  (void)state;
  TEMP(temp);
  uint64_t bytes = 0;
  assert_int_equal(kz_folder_room(temp.path, &bytes, NULL), KZ_OK);
  assert_true(bytes > 0);
  assert_int_equal(kz_folder_room("/nowhere/at/all", &bytes, NULL),
                   KZ_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(make_makes_those_above_and_is_content_with_what_is),
      cmocka_unit_test(a_walk_sees_each_file_in_the_order_of_names),
      cmocka_unit_test(a_walk_of_a_file_sees_that_file),
      cmocka_unit_test(a_visit_can_end_the_walk),
      cmocka_unit_test(links_to_files_are_followed_links_to_folders_are_not),
      cmocka_unit_test(folders_nested_too_deeply_are_refused),
      cmocka_unit_test(remove_takes_the_whole_tree_and_nothing_else),
      cmocka_unit_test(remove_touches_nothing_outside_of_the_parent),
      cmocka_unit_test(a_disk_has_some_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
