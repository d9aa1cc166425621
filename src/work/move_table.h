/* The tables of a MISP database that events are made of: which columns are
 * which members of MISP's JSON, and how a row becomes a record that can be
 * sorted to its event.
 *
 * Columns that are not named here are passed over, missing ones get MISP's
 * defaults. Inside work/, for moving in. */
#ifndef KZ_WORK_MOVE_TABLE_H
#define KZ_WORK_MOVE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/rc.h"
#include "base/sorter.h"
#include "base/str.h"

/* In the order in which an event's rows are wanted: what hangs on attributes
 * comes before them. */
enum kz_move_kind {
  KZ_MOVE_EVENT,
  KZ_MOVE_EVENT_TAG,
  KZ_MOVE_REPORT,
  KZ_MOVE_OBJECT,
  KZ_MOVE_REFERENCE,     /* under its object */
  KZ_MOVE_ATTRIBUTE_TAG, /* under its attribute */
  KZ_MOVE_SIGHTING,      /* likewise */
  KZ_MOVE_ATTRIBUTE,     /* under its object; 0: none */
  KZ_MOVE_PROPOSAL,
  KZ_MOVE_TAG, /* of no event */
  KZ_MOVE_KIND_COUNT
};

enum { KZ_MOVE_REFS = 3, KZ_MOVE_MEMBERS_MAX = 20, KZ_MOVE_NO_LEVEL = 255 };

/* What stands before the members in a record. */
struct kz_move_head {
  uint64_t line; /* where the row stands */
  uint64_t byte;
  uint32_t refs[KZ_MOVE_REFS]; /* MISP's numbers: org, orgc and user of an
                                  event, tag, organisation of a sighting */
  uint32_t group;
  uint8_t distribution; /* KZ_MOVE_NO_LEVEL: not told */
};

/* A table as its rows come. */
struct kz_move_table {
  enum kz_move_kind kind;
  int event; /* columns by number; -1: not there */
  int parent;
  int id;
  int refs[KZ_MOVE_REFS];
  int group;
  int distribution;
  int value1;
  int value2;
  int members[KZ_MOVE_MEMBERS_MAX];
};

/* Finds the columns. KZ_NOT_FOUND: not a table of events. KZ_E_INPUT: it is,
 * but lacks what says to which event a row belongs. */
KZ_MUST_USE kz_rc kz_move_table_bind(kz_str name, const kz_str *columns,
                                     size_t count, struct kz_move_table *ret);

/* Writes head and members of a row to `out` (cleared) and its key. NULL, or
 * what is wrong with the row (static words). */
const char *kz_move_table_record(const struct kz_move_table *table,
                                 const kz_str *values,
                                 const struct kz_json_place *place,
                                 struct kz_sort_key *ret_key,
                                 struct kz_buf *out);

/* Parts of a key. */
static inline enum kz_move_kind kz_move_kind_of(const struct kz_sort_key *key) {
  return (enum kz_move_kind)(key->b >> 56);
}
static inline uint64_t kz_move_parent_of(const struct kz_sort_key *key) {
  return key->b & (((uint64_t)1 << 56) - 1);
}

#endif
