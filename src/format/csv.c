/* MISP leaves bare whatever looks like a number, also a value that does, and
 * so do we in its manner: "1e3" as well, a value of digits too. */
#include "format/csv.h"

#include <assert.h>

#include "base/clock.h"
#include "base/jsonv.h"
#include "base/uuid.h"

void kz_csv_init(struct kz_csv *csv, struct kz_buf *out,
                 enum kz_csv_manner manner) {
  *csv = (struct kz_csv){.out = out, .manner = manner};
}

static void begin_field(struct kz_csv *csv) {
  if (csv->is_line_begun) {
    kz_buf_add_byte(csv->out, ',');
  }
  csv->is_line_begun = true;
}

static void add_quoted(struct kz_buf *out, kz_str before, kz_str text) {
  kz_buf_add_byte(out, '"');
  kz_buf_add_str(out, before);
  size_t quote = kz_str_find_byte(text, '"');
  while (quote != SIZE_MAX) {
    kz_buf_add_str(out, kz_str_head(text, quote + 1));
    kz_buf_add_byte(out, '"');
    text = kz_str_from(text, quote + 1);
    quote = kz_str_find_byte(text, '"');
  }
  kz_buf_add_str(out, text);
  kz_buf_add_byte(out, '"');
}

static size_t count_digits(kz_str text, size_t from) {
  size_t at = from;
  while (at < text.len && kz_is_digit(text.ptr[at])) {
    at++;
  }
  return at - from;
}

/* Sign, digits with or without a point, exponent: what MISP leaves bare. */
static bool looks_like_number(kz_str text) {
  size_t at = 0;
  if (at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+')) {
    at++;
  }
  size_t digits = count_digits(text, at);
  at += digits;
  if (at < text.len && text.ptr[at] == '.') {
    size_t fraction = count_digits(text, at + 1);
    digits += fraction;
    at += 1 + fraction;
  }
  if (digits == 0) {
    return false;
  }
  if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
    at++;
    at += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+');
    size_t exponent = count_digits(text, at);
    at = exponent > 0 ? at + exponent : 0;
  }
  return at == text.len;
}

static bool needs_quotes(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '"' || c == ',' || c == '\n' || c == '\r') {
      return true;
    }
  }
  return false;
}

/* What the usual spreadsheets take for the start of a formula. */
static bool begins_formula(kz_str text) {
  if (text.len == 0) {
    return false;
  }
  char c = text.ptr[0];
  return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static void add_ours(struct kz_buf *out, kz_str text) {
  kz_str before = begins_formula(text) ? KZ_STR("'") : KZ_STR("");
  if (needs_quotes(text)) {
    add_quoted(out, before, text);
  } else {
    kz_buf_add_str(out, before);
    kz_buf_add_str(out, text);
  }
}

void kz_csv_field(struct kz_csv *csv, kz_str text) {
  begin_field(csv);
  switch (csv->manner) {
  case KZ_CSV_OURS:
    add_ours(csv->out, text);
    break;
  case KZ_CSV_MISP:
    if (looks_like_number(text)) {
      kz_buf_add_str(csv->out, text);
    } else {
      add_quoted(csv->out, KZ_STR(""), text);
    }
    break;
  }
}

void kz_csv_number(struct kz_csv *csv, uint64_t number) {
  begin_field(csv);
  kz_buf_add_u64(csv->out, number);
}

void kz_csv_heading(struct kz_csv *csv, kz_str word) {
  begin_field(csv);
  kz_buf_add_str(csv->out, word);
}

void kz_csv_line_end(struct kz_csv *csv) {
  csv->is_line_begun = false;
  kz_buf_add_str(csv->out,
                 csv->manner == KZ_CSV_OURS ? KZ_STR("\r\n") : KZ_STR("\n"));
}

/* "a,b" as one field. */
static void add_tags(struct kz_csv *csv, const struct kz_tag_use *tags,
                     size_t count) {
  KZ_BUF(names, csv->out->max);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      kz_buf_add_byte(&names, ',');
    }
    kz_buf_add_str(&names, tags[i].tag.name);
  }
  csv->out->failed = csv->out->failed || kz_buf_failed(&names);
  kz_csv_field(csv, kz_buf_str(&names));
}

static void add_uuid(struct kz_csv *csv, const struct kz_uuid *uuid) {
  char text[KZ_UUID_TEXT];
  kz_csv_field(csv, kz_uuid_format(uuid, text));
}

static void add_seconds(struct kz_csv *csv, int64_t us) {
  kz_csv_number(csv, us > 0 ? (uint64_t)(us / KZ_SECOND_US) : 0);
}

static kz_str threat_level_name(uint8_t level) {
  static const char *const names[] = {"", "High", "Medium", "Low", "Undefined"};
  return kz_str_of(level < sizeof names / sizeof *names ? names[level] : "");
}

static void add_column_uuid(struct kz_csv *csv,
                            const struct kz_export_row *row) {
  add_uuid(csv, &row->attribute->uuid);
}
static void add_column_event_id(struct kz_csv *csv,
                                const struct kz_export_row *row) {
  kz_csv_number(csv, row->event->id);
}
static void add_column_category(struct kz_csv *csv,
                                const struct kz_export_row *row) {
  kz_csv_field(csv, kz_category_name(row->attribute->category));
}
static void add_column_type(struct kz_csv *csv,
                            const struct kz_export_row *row) {
  kz_csv_field(csv, kz_type_name(row->attribute->type));
}
static void add_column_value(struct kz_csv *csv,
                             const struct kz_export_row *row) {
  kz_csv_field(csv, row->attribute->value);
}
static void add_column_comment(struct kz_csv *csv,
                               const struct kz_export_row *row) {
  kz_csv_field(csv, row->attribute->comment);
}
static void add_column_to_ids(struct kz_csv *csv,
                              const struct kz_export_row *row) {
  kz_csv_number(csv, row->attribute->to_ids);
}
static void add_column_date(struct kz_csv *csv,
                            const struct kz_export_row *row) {
  add_seconds(csv, row->attribute->timestamp_us);
}
static void add_column_object_relation(struct kz_csv *csv,
                                       const struct kz_export_row *row) {
  kz_csv_field(csv, row->attribute->relation);
}
static void add_column_attribute_tag(struct kz_csv *csv,
                                     const struct kz_export_row *row) {
  add_tags(csv, row->attribute->tags, row->attribute->tag_count);
}
static void add_column_object_uuid(struct kz_csv *csv,
                                   const struct kz_export_row *row) {
  if (row->object) {
    add_uuid(csv, &row->object->uuid);
  } else {
    kz_csv_field(csv, KZ_STR_NONE);
  }
}
static void add_column_object_name(struct kz_csv *csv,
                                   const struct kz_export_row *row) {
  kz_csv_field(csv, row->object ? row->object->name : KZ_STR_NONE);
}
static void add_column_object_meta_category(struct kz_csv *csv,
                                            const struct kz_export_row *row) {
  kz_csv_field(csv, row->object ? row->object->meta_category : KZ_STR_NONE);
}
static void add_column_event_info(struct kz_csv *csv,
                                  const struct kz_export_row *row) {
  kz_csv_field(csv, row->event->info);
}
static void add_column_event_member_org(struct kz_csv *csv,
                                        const struct kz_export_row *row) {
  kz_csv_field(csv, row->event->org.name);
}
static void add_column_event_source_org(struct kz_csv *csv,
                                        const struct kz_export_row *row) {
  kz_csv_field(csv, row->event->orgc.name);
}
static void add_column_event_distribution(struct kz_csv *csv,
                                          const struct kz_export_row *row) {
  kz_csv_number(csv, row->event->distribution);
}
static void add_column_event_threat_level_id(struct kz_csv *csv,
                                             const struct kz_export_row *row) {
  kz_csv_field(csv, threat_level_name(row->event->threat_level));
}
static void add_column_event_analysis(struct kz_csv *csv,
                                      const struct kz_export_row *row) {
  kz_csv_number(csv, row->event->analysis);
}
static void add_column_event_date(struct kz_csv *csv,
                                  const struct kz_export_row *row) {
  char date[KZ_DATE_TEXT];
  kz_csv_field(csv, kz_clock_format_date(row->event->date_days, date));
}
static void add_column_event_tag(struct kz_csv *csv,
                                 const struct kz_export_row *row) {
  add_tags(csv, row->event->tags, row->event->tag_count);
}
static void add_column_event_timestamp(struct kz_csv *csv,
                                       const struct kz_export_row *row) {
  add_seconds(csv, row->event->timestamp_us);
}

/* The member of each score in the attribute's "decay_score", which whoever
 * judged it put among its members: "90,12.5". */
static void add_decay(struct kz_csv *csv, const struct kz_export_row *row,
                      kz_str member) {
  KZ_BUF(json, 1 << 20);
  KZ_BUF(texts, 1 << 16);
  KZ_ARENA(arena, 1 << 20);
  struct kz_jsonv *tree = NULL;
  kz_buf_add_byte(&json, '{');
  kz_buf_add_str(&json, row->attribute->extra);
  kz_buf_add_byte(&json, '}');
  if (arena && !kz_buf_failed(&json) &&
      kz_jsonv_parse(kz_buf_str(&json), arena, &tree, NULL) == KZ_OK) {
    const struct kz_jsonv *scores = kz_jsonv_get(tree, KZ_STR("decay_score"));
    for (const struct kz_jsonv *score = scores ? scores->first : NULL; score;
         score = score->next) {
      const struct kz_jsonv *value = kz_jsonv_get(score, member);
      bool is_flag = value && value->kind == KZ_JSON_TRUE;
      if (texts.len > 0) {
        kz_buf_add_byte(&texts, ',');
      }
      kz_buf_add_str(&texts, is_flag ? KZ_STR("1")
                             : value && value->kind == KZ_JSON_FALSE
                                 ? KZ_STR("0")
                                 : kz_jsonv_text(score, member));
    }
  }
  kz_csv_field(csv, kz_buf_str(&texts));
}

static void add_column_decay_score(struct kz_csv *csv,
                                   const struct kz_export_row *row) {
  add_decay(csv, row, KZ_STR("score"));
}
static void add_column_decay_decayed(struct kz_csv *csv,
                                     const struct kz_export_row *row) {
  add_decay(csv, row, KZ_STR("decayed"));
}

static const struct {
  const char *name;
  void (*add)(struct kz_csv *csv, const struct kz_export_row *row);
} columns_of[KZ_CSV_COLUMN_COUNT] = {
    [KZ_CSV_UUID] = {"uuid", add_column_uuid},
    [KZ_CSV_EVENT_ID] = {"event_id", add_column_event_id},
    [KZ_CSV_CATEGORY] = {"category", add_column_category},
    [KZ_CSV_TYPE] = {"type", add_column_type},
    [KZ_CSV_VALUE] = {"value", add_column_value},
    [KZ_CSV_COMMENT] = {"comment", add_column_comment},
    [KZ_CSV_TO_IDS] = {"to_ids", add_column_to_ids},
    [KZ_CSV_DATE] = {"date", add_column_date},
    [KZ_CSV_OBJECT_RELATION] = {"object_relation", add_column_object_relation},
    [KZ_CSV_ATTRIBUTE_TAG] = {"attribute_tag", add_column_attribute_tag},
    [KZ_CSV_OBJECT_UUID] = {"object_uuid", add_column_object_uuid},
    [KZ_CSV_OBJECT_NAME] = {"object_name", add_column_object_name},
    [KZ_CSV_OBJECT_META_CATEGORY] = {"object_meta_category",
                                     add_column_object_meta_category},
    [KZ_CSV_EVENT_INFO] = {"event_info", add_column_event_info},
    [KZ_CSV_EVENT_MEMBER_ORG] = {"event_member_org",
                                 add_column_event_member_org},
    [KZ_CSV_EVENT_SOURCE_ORG] = {"event_source_org",
                                 add_column_event_source_org},
    [KZ_CSV_EVENT_DISTRIBUTION] = {"event_distribution",
                                   add_column_event_distribution},
    [KZ_CSV_EVENT_THREAT_LEVEL_ID] = {"event_threat_level_id",
                                      add_column_event_threat_level_id},
    [KZ_CSV_EVENT_ANALYSIS] = {"event_analysis", add_column_event_analysis},
    [KZ_CSV_EVENT_DATE] = {"event_date", add_column_event_date},
    [KZ_CSV_EVENT_TAG] = {"event_tag", add_column_event_tag},
    [KZ_CSV_EVENT_TIMESTAMP] = {"event_timestamp", add_column_event_timestamp},
    [KZ_CSV_DECAY_SCORE] = {"decay_score_score", add_column_decay_score},
    [KZ_CSV_DECAY_DECAYED] = {"decay_score_decayed", add_column_decay_decayed},
};

kz_str kz_csv_column_name(enum kz_csv_column column) {
  assert(column < KZ_CSV_COLUMN_COUNT);
  return kz_str_of(columns_of[column].name);
}

kz_rc kz_csv_column_by_name(kz_str name, enum kz_csv_column *ret) {
  if (kz_str_eq(name, KZ_STR("timestamp"))) {
    *ret = KZ_CSV_DATE;
    return KZ_OK;
  }
  for (unsigned i = 0; i < KZ_CSV_COLUMN_COUNT; i++) {
    if (kz_str_eq(name, kz_str_of(columns_of[i].name))) {
      *ret = (enum kz_csv_column)i;
      return KZ_OK;
    }
  }
  return KZ_NOT_FOUND;
}

void kz_csv_header(struct kz_csv *csv, uint32_t columns) {
  for (unsigned i = 0; i < KZ_CSV_COLUMN_COUNT; i++) {
    if ((columns >> i & 1) != 0) {
      kz_csv_heading(csv, kz_str_of(columns_of[i].name));
    }
  }
  kz_csv_line_end(csv);
}

void kz_csv_row(struct kz_csv *csv, const struct kz_export_row *row,
                uint32_t columns) {
  for (unsigned i = 0; i < KZ_CSV_COLUMN_COUNT; i++) {
    if ((columns >> i & 1) != 0) {
      columns_of[i].add(csv, row);
    }
  }
  kz_csv_line_end(csv);
}
