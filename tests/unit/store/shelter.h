/* A store of its own for a test, and events to put into it. */
#ifndef KZ_TESTS_UNIT_STORE_SHELTER_H
#define KZ_TESTS_UNIT_STORE_SHELTER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/value.h"
#include "store/edit.h"
#include "store/store.h"
#include "store/verify.h"
#include "temp.h"
#include "test.h"

struct shelter {
  struct temp temp;
  struct kz_store *store;
  struct kz_arena *arena;
};

static inline void shelter_open(struct shelter *s) {
  char path[512];
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc =
      kz_store_open(temp_path(&s->temp, "st", path), true, &s->store, &err);
  if (rc != KZ_OK) {
    fail_msg("%s", err.text);
  }
}

static inline struct shelter shelter_make(void) {
  struct shelter s = {.temp = temp_make(),
                      .arena = kz_arena_new((size_t)1 << 30)};
  assert_non_null(s.arena);
  shelter_open(&s);
  return s;
}

static inline void shelter_done(const struct shelter *s) {
  kz_store_close(s->store);
  kz_arena_free(s->arena);
  temp_remove(&s->temp);
}

static inline void shelter_reopen(struct shelter *s) {
  kz_store_close(s->store);
  shelter_open(s);
}

/* SHELTER(s): a store until the block is left. */
#define SHELTER(variable)                                                      \
  __attribute__((cleanup(shelter_done))) struct shelter variable =             \
      shelter_make()

/* Fails with the problems in words when the store is not whole. */
static inline void assert_whole(const struct shelter *s) {
  struct kz_verify_report *report = calloc(1, sizeof *report);
  struct kz_err err = KZ_ERR_NONE;
  assert_non_null(report);
  kz_rc rc = kz_verify(s->store, NULL, NULL, report, &err);
  uint64_t problems = report->problems;
  for (uint64_t i = 0; i < problems && i < 10; i++) {
    print_error("verify: %s\n", report->listed[i]);
  }
  free(report);
  if (rc != KZ_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(problems, 0);
}

/* A uuid that is `number`'s for ever. */
static inline struct kz_uuid uuid_of(uint32_t number) {
  uint8_t bytes[16] = "kizashi";
  memcpy(bytes + 12, &number, 4);
  return kz_uuid_of_bytes(bytes);
}

static inline kz_str textf(const struct shelter *s, const char *format,
                           unsigned n) {
  char *text = kz_arena_text(s->arena, 128);
  assert_non_null(text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int len = snprintf(text, 128, format, n);
#pragma GCC diagnostic pop
  return (kz_str){text, (size_t)len};
}

static inline kz_type type_of(const char *name) {
  kz_type type = 0;
  assert_int_equal(kz_type_by_name(kz_str_of(name), &type), KZ_OK);
  return type;
}

/* An attribute as a sender gives it: no id, times of `second` or none (0). */
static inline struct kz_attribute
attribute_of(uint32_t number, const char *type, kz_str value, int64_t second) {
  kz_type t = type_of(type);
  return (struct kz_attribute){
      .uuid = uuid_of(number),
      .given = KZ_GAVE_UUID | KZ_GAVE_VALUE | KZ_GAVE_TYPE | KZ_GAVE_CATEGORY |
               KZ_GAVE_COMMENT | (second ? (uint32_t)KZ_GAVE_TIMESTAMP : 0u),
      .type = t,
      .category = kz_type_default_category(t),
      .distribution = KZ_DIST_INHERIT,
      .timestamp_us = second * 1000000,
      .first_seen_us = KZ_TIME_NONE,
      .last_seen_us = KZ_TIME_NONE,
      .value = value,
      .comment = KZ_STR(""),
  };
}

static inline struct kz_event event_of(uint32_t number, const char *info,
                                       int64_t second) {
  return (struct kz_event){
      .uuid = uuid_of(number),
      .given = KZ_GAVE_UUID | KZ_GAVE_VALUE | KZ_GAVE_DATE |
               (second ? (uint32_t)KZ_GAVE_TIMESTAMP : 0u),
      .threat_level = 4,
      .distribution = KZ_DIST_COMMUNITY,
      .date_days = 18000,
      .timestamp_us = second * 1000000,
      .info = kz_str_of(info),
      .org = {.name = KZ_STR("Example"), .local = true},
      .orgc = {.name = KZ_STR("Example"), .local = true},
  };
}

/* `count` addresses as attributes, numbered from `number` on. */
static inline void fill(const struct shelter *s, struct kz_event *e,
                        uint32_t number, size_t count, int64_t second) {
  e->attributes = kz_arena_array(s->arena, count, sizeof *e->attributes);
  assert_non_null(e->attributes);
  e->attribute_count = count;
  for (uint32_t i = 0; i < count; i++) {
    e->attributes[i] =
        attribute_of(number + i, "url",
                     textf(s, "http://host%u.example/a", number + i), second);
  }
}

/* --- jobs ------------------------------------------------------------------
 */

struct whole_event {
  struct kz_event *event;
  struct kz_edit_report report;
};

static inline kz_rc add_event_job(void *ctx, struct kz_txn *txn,
                                  struct kz_err *err) {
  struct whole_event *w = ctx;
  return kz_edit_add_event(txn, w->event, &w->report, err);
}

static inline kz_rc import_event_job(void *ctx, struct kz_txn *txn,
                                     struct kz_err *err) {
  struct whole_event *w = ctx;
  return kz_edit_import_event(txn, w->event, &w->report, err);
}

/* Adds an event that must be taken whole; returns its id. */
static inline uint64_t add_event(const struct shelter *s,
                                 struct kz_event *event) {
  struct whole_event w = {.event = event};
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = kz_store_run(s->store, add_event_job, &w, &err);
  if (rc != KZ_OK) {
    fail_msg("%s", err.text);
  }
  assert_int_equal(w.report.refusal_count, 0);
  assert_true(w.report.is_new);
  uint64_t id = w.report.event;
  kz_edit_report_done(&w.report);
  return id;
}

/* The event as it is now, in the shelter's arena; KZ_NOT_FOUND. */
static inline kz_rc read_event(const struct shelter *s, uint64_t id,
                               struct kz_event *ret_event) {
  struct kz_view *view = kz_store_view(s->store);
  struct kz_reading r = kz_store_reading(s->store, view, s->arena);
  kz_rc rc = kz_read_event(
      &r, id,
      (struct kz_read_options){.with_sightings = true, .with_data = true},
      ret_event, NULL);
  kz_view_unref(view);
  return rc;
}

static inline struct kz_event get_event(const struct shelter *s, uint64_t id) {
  struct kz_event e = {.id = 0};
  assert_int_equal(read_event(s, id, &e), KZ_OK);
  return e;
}

/* The event's number of live attributes as its header has it. */
static inline uint64_t live_count(const struct shelter *s, uint64_t id) {
  struct kz_view *view = kz_store_view(s->store);
  struct kz_reading r = kz_store_reading(s->store, view, s->arena);
  struct kz_event header;
  uint64_t count = 0;
  assert_int_equal(kz_read_header(&r, id, &header, &count, NULL), KZ_OK);
  kz_view_unref(view);
  return count;
}

#endif
