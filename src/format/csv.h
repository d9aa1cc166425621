/* Comma-separated values: the writer, and MISP's columns for a search.
 *
 * Two manners. Ours is RFC 4180 (quotes only where they are needed, lines end
 * in CRLF) and puts a ' before a field that a spreadsheet would run as a
 * formula. MISP's quotes every text, leaves numbers bare, ends lines in LF and
 * changes no byte of a value: its clients parse it back. Failures stick to the
 * buffer. Pure, any thread. */
#ifndef KZ_FORMAT_CSV_H
#define KZ_FORMAT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rc.h"
#include "base/str.h"
#include "format/export_row.h"

enum kz_csv_manner {
  KZ_CSV_OURS,
  KZ_CSV_MISP,
};

struct kz_csv {
  struct kz_buf *out;
  enum kz_csv_manner manner;
  bool is_line_begun;
};

void kz_csv_init(struct kz_csv *csv, struct kz_buf *out,
                 enum kz_csv_manner manner);
/* The next field of the line. */
void kz_csv_field(struct kz_csv *csv, kz_str text);
void kz_csv_number(struct kz_csv *csv, uint64_t number);
/* A word of the header: never quoted, never a formula. */
void kz_csv_heading(struct kz_csv *csv, kz_str word);
void kz_csv_line_end(struct kz_csv *csv);

/* The columns of MISP's restSearch, in its order. Behind the plain ones come
 * the nine that includeContext adds, and the two of includeDecayScore. */
enum kz_csv_column {
  KZ_CSV_UUID,
  KZ_CSV_EVENT_ID,
  KZ_CSV_CATEGORY,
  KZ_CSV_TYPE,
  KZ_CSV_VALUE,
  KZ_CSV_COMMENT,
  KZ_CSV_TO_IDS,
  KZ_CSV_DATE, /* the attribute's timestamp */
  KZ_CSV_OBJECT_RELATION,
  KZ_CSV_ATTRIBUTE_TAG,
  KZ_CSV_OBJECT_UUID,
  KZ_CSV_OBJECT_NAME,
  KZ_CSV_OBJECT_META_CATEGORY,
  KZ_CSV_EVENT_INFO,
  KZ_CSV_EVENT_MEMBER_ORG,
  KZ_CSV_EVENT_SOURCE_ORG,
  KZ_CSV_EVENT_DISTRIBUTION,
  KZ_CSV_EVENT_THREAT_LEVEL_ID, /* its name */
  KZ_CSV_EVENT_ANALYSIS,
  KZ_CSV_EVENT_DATE,
  KZ_CSV_EVENT_TAG,
  KZ_CSV_EVENT_TIMESTAMP,
  KZ_CSV_DECAY_SCORE,   /* of each model that judges the attribute */
  KZ_CSV_DECAY_DECAYED, /* 1 or 0, likewise */
  KZ_CSV_COLUMN_COUNT,
  KZ_CSV_PLAIN_COUNT = KZ_CSV_EVENT_INFO, /* columns without the context */
  KZ_CSV_CONTEXT_COUNT = KZ_CSV_DECAY_SCORE
};

/* The name in the header; static. */
kz_str kz_csv_column_name(enum kz_csv_column column);
/* KZ_NOT_FOUND when there is no such column. "timestamp" is taken for the one
 * that the header calls "date". */
KZ_MUST_USE kz_rc kz_csv_column_by_name(kz_str name, enum kz_csv_column *ret);

/* A bit a column, bit n for column n. */
#define KZ_CSV_PLAIN_COLUMNS ((UINT32_C(1) << KZ_CSV_PLAIN_COUNT) - 1)
#define KZ_CSV_ALL_COLUMNS ((UINT32_C(1) << KZ_CSV_CONTEXT_COUNT) - 1)
#define KZ_CSV_DECAY_COLUMNS                                                   \
  (UINT32_C(1) << KZ_CSV_DECAY_SCORE | UINT32_C(1) << KZ_CSV_DECAY_DECAYED)

/* The header line of the chosen columns. */
void kz_csv_header(struct kz_csv *csv, uint32_t columns);

/* One line of the chosen columns. */
void kz_csv_row(struct kz_csv *csv, const struct kz_export_row *row,
                uint32_t columns);

#endif
