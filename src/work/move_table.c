/* A member's text goes as a string whatever its column's type: MISP's JSON
 * says "1" for 1 and true, and so does our reader. */
#include "work/move_table.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/utf8.h"

enum how {
  TEXT,
  TEXT_IF_ANY, /* "" says nothing */
  DATE,
  MICROSECONDS, /* of first_seen and last_seen */
};

struct member {
  const char *column;
  const char *name; /* NULL: the column's */
  enum how how;
};

struct shape {
  const char *table;
  enum kz_move_kind kind;
  const char *event; /* NULL: of no event */
  const char *parent;
  const char *refs[KZ_MOVE_REFS];
  bool has_value;
  struct member members[KZ_MOVE_MEMBERS_MAX];
};

#define SEEN                                                                   \
  {"first_seen", NULL, MICROSECONDS}, {                                        \
    "last_seen", NULL, MICROSECONDS                                            \
  }

static const struct shape shapes[] = {
    {.table = "events",
     .kind = KZ_MOVE_EVENT,
     .event = "id",
     .refs = {"org_id", "orgc_id", "user_id"},
     .members = {{"uuid", NULL, TEXT},
                 {"info", NULL, TEXT},
                 {"date", NULL, DATE},
                 {"published", NULL, TEXT},
                 {"analysis", NULL, TEXT},
                 {"threat_level_id", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"publish_timestamp", NULL, TEXT},
                 {"sighting_timestamp", NULL, TEXT},
                 {"proposal_email_lock", NULL, TEXT},
                 {"locked", NULL, TEXT},
                 {"disable_correlation", NULL, TEXT},
                 {"extends_uuid", NULL, TEXT_IF_ANY}}},
    {.table = "event_tags",
     .kind = KZ_MOVE_EVENT_TAG,
     .event = "event_id",
     .refs = {"tag_id", NULL, NULL},
     .members = {{"local", NULL, TEXT},
                 {"relationship_type", NULL, TEXT_IF_ANY}}},
    {.table = "event_reports",
     .kind = KZ_MOVE_REPORT,
     .event = "event_id",
     .members = {{"uuid", NULL, TEXT},
                 {"name", NULL, TEXT},
                 {"content", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"deleted", NULL, TEXT}}},
    {.table = "objects",
     .kind = KZ_MOVE_OBJECT,
     .event = "event_id",
     .parent = "id",
     .members = {{"uuid", NULL, TEXT},
                 {"name", NULL, TEXT},
                 {"meta-category", NULL, TEXT},
                 {"description", NULL, TEXT},
                 {"template_uuid", NULL, TEXT},
                 {"template_version", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"comment", NULL, TEXT},
                 {"deleted", NULL, TEXT},
                 SEEN}},
    {.table = "object_references",
     .kind = KZ_MOVE_REFERENCE,
     .event = "event_id",
     .parent = "object_id",
     .members = {{"uuid", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"referenced_uuid", NULL, TEXT},
                 {"relationship_type", NULL, TEXT},
                 {"comment", NULL, TEXT},
                 {"deleted", NULL, TEXT}}},
    {.table = "attribute_tags",
     .kind = KZ_MOVE_ATTRIBUTE_TAG,
     .event = "event_id",
     .parent = "attribute_id",
     .refs = {"tag_id", NULL, NULL},
     .members = {{"local", NULL, TEXT},
                 {"relationship_type", NULL, TEXT_IF_ANY}}},
    {.table = "sightings",
     .kind = KZ_MOVE_SIGHTING,
     .event = "event_id",
     .parent = "attribute_id",
     .refs = {"org_id", NULL, NULL},
     .members = {{"uuid", NULL, TEXT},
                 {"type", NULL, TEXT},
                 {"date_sighting", NULL, TEXT},
                 {"source", NULL, TEXT}}},
    {.table = "attributes",
     .kind = KZ_MOVE_ATTRIBUTE,
     .event = "event_id",
     .parent = "object_id",
     .has_value = true,
     .members = {{"uuid", NULL, TEXT},
                 {"type", NULL, TEXT},
                 {"category", NULL, TEXT},
                 {"to_ids", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"comment", NULL, TEXT},
                 {"deleted", NULL, TEXT},
                 {"disable_correlation", NULL, TEXT},
                 {"object_relation", NULL, TEXT_IF_ANY},
                 SEEN}},
    {.table = "shadow_attributes",
     .kind = KZ_MOVE_PROPOSAL,
     .event = "event_id",
     .parent = "old_id",
     .refs = {"org_id", NULL, NULL},
     .has_value = true,
     .members = {{"uuid", NULL, TEXT},
                 {"type", NULL, TEXT},
                 {"category", NULL, TEXT},
                 {"to_ids", NULL, TEXT},
                 {"timestamp", NULL, TEXT},
                 {"comment", NULL, TEXT},
                 {"deleted", NULL, TEXT},
                 {"disable_correlation", NULL, TEXT},
                 {"email", NULL, TEXT},
                 {"event_uuid", NULL, TEXT},
                 {"proposal_to_delete", NULL, TEXT},
                 SEEN}},
    {.table = "tags",
     .kind = KZ_MOVE_TAG,
     .members = {{"name", NULL, TEXT},
                 {"colour", NULL, TEXT},
                 {"exportable", NULL, TEXT},
                 {"hide_tag", NULL, TEXT},
                 {"is_galaxy", NULL, TEXT},
                 {"is_custom_galaxy", NULL, TEXT},
                 {"local_only", NULL, TEXT},
                 {"numerical_value", NULL, TEXT_IF_ANY}}},
};

static int find_column(const char *name, const kz_str *columns, size_t count) {
  for (size_t i = 0; name && i < count; i++) {
    if (kz_str_eq(columns[i], kz_str_of(name))) {
      return (int)i;
    }
  }
  return -1;
}

static const struct shape *shape_of(enum kz_move_kind kind) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    if (shapes[i].kind == kind) {
      return &shapes[i];
    }
  }
  return NULL;
}

kz_rc kz_move_table_bind(kz_str name, const kz_str *columns, size_t count,
                         struct kz_move_table *ret) {
  const struct shape *shape = NULL;
  for (size_t i = 0; !shape && i < sizeof shapes / sizeof *shapes; i++) {
    if (kz_str_eq(name, kz_str_of(shapes[i].table))) {
      shape = &shapes[i];
    }
  }
  if (!shape) {
    return KZ_NOT_FOUND;
  }
  *ret = (struct kz_move_table){
      .kind = shape->kind,
      .event = find_column(shape->event, columns, count),
      .parent = find_column(shape->parent, columns, count),
      .id = find_column("id", columns, count),
      .group = find_column("sharing_group_id", columns, count),
      .distribution = find_column("distribution", columns, count),
      .value1 = shape->has_value ? find_column("value1", columns, count) : -1,
      .value2 = shape->has_value ? find_column("value2", columns, count) : -1,
  };
  for (size_t i = 0; i < KZ_MOVE_REFS; i++) {
    ret->refs[i] = find_column(shape->refs[i], columns, count);
  }
  for (size_t i = 0; i < KZ_MOVE_MEMBERS_MAX; i++) {
    ret->members[i] = find_column(shape->members[i].column, columns, count);
  }
  bool lacks_event = shape->event && ret->event < 0;
  bool lacks_value = shape->has_value && ret->value1 < 0;
  return lacks_event || lacks_value || ret->id < 0 ? KZ_E_INPUT : KZ_OK;
}

/* --- a row -----------------------------------------------------------------
 */

static uint64_t number_at(const kz_str *values, int column) {
  uint64_t number = 0;
  if (column < 0 || !values[column].ptr ||
      kz_str_u64(values[column], &number) != KZ_OK) {
    return 0;
  }
  return number;
}

static uint32_t small_at(const kz_str *values, int column) {
  uint64_t number = number_at(values, column);
  return number <= UINT32_MAX ? (uint32_t)number : 0;
}

static void put_member(struct kz_jsonw *w, const struct member *member,
                       kz_str value) {
  kz_str name = kz_str_of(member->name ? member->name : member->column);
  char text[KZ_TIME_TEXT];
  int32_t days = 0;
  int64_t us = 0;
  switch (member->how) {
  case TEXT:
    break;
  case TEXT_IF_ANY:
    if (value.len == 0) {
      return;
    }
    break;
  case DATE: /* 0000-00-00 is a date to MISP's database */
    if (kz_clock_parse_date(value, &days) != KZ_OK) {
      return;
    }
    break;
  case MICROSECONDS:
    if (kz_str_i64(value, &us) != KZ_OK) {
      return;
    }
    value = kz_clock_format_time(us, text);
    break;
  }
  kz_jsonw_member_str(w, name, value);
}

/* value1, or value1|value2. */
static const char *put_value(struct kz_buf *out, struct kz_jsonw *w,
                             kz_str value1, kz_str value2) {
  if (!kz_utf8_is_valid(value1) || !kz_utf8_is_valid(value2)) {
    return "the value is not UTF-8";
  }
  if (value2.len == 0) {
    kz_jsonw_member_str(w, KZ_STR("value"), value1);
    return NULL;
  }
  KZ_BUF(joined, out->max);
  kz_buf_add_str(&joined, value1);
  kz_buf_add_byte(&joined, '|');
  kz_buf_add_str(&joined, value2);
  kz_jsonw_member_str(w, KZ_STR("value"), kz_buf_str(&joined));
  return kz_buf_failed(&joined) ? "the value is too long" : NULL;
}

/* The members without the braces around them. */
static const char *put_members(const struct kz_move_table *table,
                               const kz_str *values, struct kz_buf *out) {
  const struct shape *shape = shape_of(table->kind);
  const char *problem = NULL;
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  out->len--; /* its brace; that something is open is all we need */
  for (size_t i = 0; i < KZ_MOVE_MEMBERS_MAX; i++) {
    int column = table->members[i];
    if (column >= 0 && values[column].ptr) {
      put_member(&w, &shape->members[i], values[column]);
    }
  }
  if (shape->has_value) {
    kz_str value2 = table->value2 < 0 ? KZ_STR("") : values[table->value2];
    problem = put_value(out, &w, values[table->value1], value2);
  }
  return problem;
}

const char *kz_move_table_record(const struct kz_move_table *table,
                                 const kz_str *values,
                                 const struct kz_json_place *place,
                                 struct kz_sort_key *ret_key,
                                 struct kz_buf *out) {
  struct kz_move_head head;
  uint64_t parent = number_at(values, table->parent);
  uint64_t id = number_at(values, table->id);
  memset(&head, 0, sizeof head); /* its gaps go to disk */
  head.line = place->line ? place->line : id;
  head.byte = place->byte;
  for (size_t i = 0; i < KZ_MOVE_REFS; i++) {
    head.refs[i] = small_at(values, table->refs[i]);
  }
  head.group = small_at(values, table->group);
  bool has_level = table->distribution >= 0 && values[table->distribution].ptr;
  uint64_t level = has_level ? number_at(values, table->distribution) : 0;
  head.distribution =
      has_level && level < 5 + 1 ? (uint8_t)level : KZ_MOVE_NO_LEVEL;
  *ret_key = (struct kz_sort_key){
      .a = number_at(values, table->event),
      .b = (uint64_t)table->kind << 56 | (parent & (((uint64_t)1 << 56) - 1)),
      .c = id,
  };
  if (id == 0) {
    return "the row has no id";
  }
  kz_buf_clear(out);
  kz_buf_add(out, &head, sizeof head);
  const char *problem = put_members(table, values, out);
  return problem ? problem : kz_buf_failed(out) ? "the row is too long" : NULL;
}
