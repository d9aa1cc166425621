#include "test.h"

#include <string.h>

#include "api/misp_like.h"
#include "api/misp_params.h"

enum { ROOM = 1 << 20 };

/* A call for a target and a body, as the dispatcher makes it. */
struct fixture {
  struct kz_arena *arena;
  struct kz_request request;
  struct kz_misp_call call;
};

static void begin(struct fixture *f, const char *target, const char *body) {
  *f = (struct fixture){.arena = kz_arena_new(ROOM)};
  f->request.arena = f->arena;
  f->request.body = kz_str_of(body);
  assert_int_equal(kz_target_parse(kz_str_of(target), &f->request, NULL),
                   KZ_OK);
  f->call.request = &f->request;
  f->call.arena = f->arena;
  f->call.work = f->arena;
  assert_int_equal(kz_misp_params_path(&f->call, 2), KZ_OK);
}

static void end(struct fixture *f) {
  kz_arena_free(f->arena);
}

static void assert_text(kz_str found, const char *expected) {
  assert_true(kz_str_eq(found, kz_str_of(expected)));
}

static struct kz_misp_terms terms_of(struct fixture *f, const char *name) {
  struct kz_misp_terms terms;
  assert_int_equal(kz_misp_param_terms(&f->call, kz_str_of(name), &terms, NULL),
                   KZ_OK);
  return terms;
}

static void named_parameters_are_taken_out_of_the_path(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, "/events/view/12/deleted[]:0/deleted[]:1/note:a+b.json?x=y", "");
  assert_int_equal(f.call.arg_count, 1);
  assert_text(kz_misp_arg(&f.call, 0), "12");
  assert_text(kz_misp_arg(&f.call, 1), "");
  assert_text(kz_misp_param_text(&f.call, KZ_STR("note")), "a b");
  assert_text(kz_misp_param_text(&f.call, KZ_STR("x")), "y");
  assert_int_equal(terms_of(&f, "deleted").any_count, 2);
  end(&f);
}

static void the_body_comes_before_the_path_and_null_is_absent(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, "/events/index/limit:5/page:2",
        "{\"request\":{\"limit\":7,\"org\":null,\"published\":true}}");
  assert_int_equal(kz_misp_params_body(&f.call, NULL), KZ_OK);
  assert_int_equal(kz_misp_param_number(&f.call, KZ_STR("limit"), 0), 7);
  assert_int_equal(kz_misp_param_number(&f.call, KZ_STR("page"), 0), 2);
  assert_null(kz_misp_param(&f.call, KZ_STR("org")));
  assert_true(kz_misp_param_flag(&f.call, KZ_STR("published"), false));
  assert_true(kz_misp_param_flag(&f.call, KZ_STR("absent"), true));
  end(&f);
}

static void a_body_that_is_not_json_is_told_with_its_place(void **state) {
  (void)state;
  struct fixture f;
  struct kz_err err = KZ_ERR_NONE;
  begin(&f, "/events/index", "{\"limit\":");
  assert_int_equal(kz_misp_params_body(&f.call, &err), KZ_E_INPUT);
  assert_non_null(strstr(err.text, "line 1"));
  end(&f);
}

static void more_parameters_than_allowed_are_refused(void **state) {
  (void)state;
  struct fixture f;
  struct kz_err err = KZ_ERR_NONE;
  KZ_BUF(body, ROOM);
  kz_buf_add_byte(&body, '{');
  for (unsigned i = 0; i <= KZ_MISP_PARAMS_MAX; i++) {
    kz_buf_add_format(&body, "%s\"k%u\":1", i > 0 ? "," : "", i);
  }
  kz_buf_add(&body, "}", 2); /* its NUL as well */
  begin(&f, "/events/index", body.ptr);
  assert_int_equal(kz_misp_params_body(&f.call, &err), KZ_E_LIMIT);
  end(&f);
}

static void terms_are_read_in_all_of_misps_forms(void **state) {
  (void)state;
  struct fixture f;
  begin(&f, "/events/restSearch",
        "{\"a\":\"x&&!y&&z\",\"b\":[\"p\",\"!q\",3],"
        "\"c\":{\"OR\":[\"r\"],\"NOT\":\"s\",\"AND\":[\"t\",\"u\"]},"
        "\"d\":[]}");
  assert_int_equal(kz_misp_params_body(&f.call, NULL), KZ_OK);
  struct kz_misp_terms a = terms_of(&f, "a");
  assert_int_equal(a.any_count, 2);
  assert_text(a.any[1], "z");
  assert_int_equal(a.none_count, 1);
  assert_text(a.none[0], "y");
  struct kz_misp_terms b = terms_of(&f, "b");
  assert_int_equal(b.any_count, 2);
  assert_text(b.any[1], "3");
  assert_text(b.none[0], "q");
  struct kz_misp_terms c = terms_of(&f, "c");
  assert_text(c.any[0], "r");
  assert_text(c.none[0], "s");
  assert_int_equal(c.all_count, 2);
  assert_true(terms_of(&f, "d").is_given);
  assert_int_equal(terms_of(&f, "d").any_count, 0);
  assert_false(terms_of(&f, "e").is_given);
  end(&f);
}

static void percent_signs_stand_for_anything_at_the_ends(void **state) {
  (void)state;
  assert_true(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("TLP:RED")));
  assert_true(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("tlp%")));
  assert_true(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("%red")));
  assert_true(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("%p:r%")));
  assert_true(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("%")));
  assert_false(kz_misp_like(KZ_STR("tlp:red"), KZ_STR("tlp")));
  assert_false(kz_misp_like(KZ_STR("red"), KZ_STR("tlp:red%")));
}

static void a_backslash_protects_what_follows(void **state) {
  (void)state;
  KZ_ARENA(arena, ROOM);
  kz_str plain;
  assert_int_equal(
      kz_misp_like_unescape(KZ_STR("C:\\\\Win\\_x"), arena, &plain), KZ_OK);
  assert_text(plain, "C:\\Win_x");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(named_parameters_are_taken_out_of_the_path),
      cmocka_unit_test(the_body_comes_before_the_path_and_null_is_absent),
      cmocka_unit_test(a_body_that_is_not_json_is_told_with_its_place),
      cmocka_unit_test(more_parameters_than_allowed_are_refused),
      cmocka_unit_test(terms_are_read_in_all_of_misps_forms),
      cmocka_unit_test(percent_signs_stand_for_anything_at_the_ends),
      cmocka_unit_test(a_backslash_protects_what_follows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
