/* One export on its way: what the writers of formats share. Inside of format/
 * only. */
#ifndef KZ_FORMAT_EXPORTING_H
#define KZ_FORMAT_EXPORTING_H

#include "base/buf.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "format/csv.h"
#include "format/export_row.h"
#include "format/export_settings.h"

struct kz_exporting;

struct kz_exporter {
  const char *name;
  const char *type;
  bool is_restrictive;
  bool is_tally; /* needs `names` */
  bool is_bare;  /* looks at the attribute alone */
  /* Each may be NULL. */
  void (*begin)(struct kz_exporting *x);
  void (*event)(struct kz_exporting *x, const struct kz_event *event);
  void (*row)(struct kz_exporting *x, const struct kz_export_row *row);
  void (*end)(struct kz_exporting *x);
};

struct kz_exporting {
  const struct kz_exporter *exporter;
  struct kz_exporter_settings settings;
  struct kz_buf *out;
  kz_rc rc; /* of the tables; sticks */
  uint64_t event;
  uint64_t events;
  uint64_t rows;
  uint64_t left_out;
  bool is_open; /* yara-json, openioc: the list has begun */
  struct kz_intmap *seen;
  struct kz_strmap *names; /* tallies: how many events have the name */
  struct kz_intmap *last;  /* tallies: name's number to its last event */
  struct kz_jsonw w;
  struct kz_csv csv;
};

/* Whether the text comes for the first time; remembers a hash of it. `kind`
 * keeps texts of different kinds apart. */
bool kz_exporting_is_new(struct kz_exporting *x, char kind, kz_str text);
/* Whether it came already. */
bool kz_exporting_has(const struct kz_exporting *x, char kind, kz_str text);

/* Counts the name once an event. */
void kz_exporting_tally(struct kz_exporting *x, uint64_t event, kz_str name);

/* The names of the tally that begin with `prefix`, the most frequent first,
 * then in order of bytes, given to `visit`. */
typedef void kz_exporting_visit(struct kz_exporting *x, kz_str name,
                                uint64_t count);
void kz_exporting_each(struct kz_exporting *x, kz_str prefix,
                       kz_exporting_visit *visit);

/* "# 3 values left out: this format cannot express them", when there are. */
void kz_exporting_end_comment(struct kz_exporting *x, const char *before,
                              const char *after);

/* Bytes that may stand in a comment of any format: letters, digits and
 * " .,:/_-=@+"; all others become '.'. At most 200. */
void kz_exporting_plain(struct kz_buf *out, kz_str text);

/* Whether it is a name of the DNS as block lists know them: at least two
 * labels of letters, digits, '-' and '_', 63 bytes each and 253 together, the
 * last no number. */
bool kz_exporting_is_name(kz_str text);

/* The hash of a value of a type that has one: bare, or behind the file's name.
 * False for other types. */
bool kz_exporting_hash(kz_type type, kz_str value, kz_type *ret_kind,
                       kz_str *ret_hash);

#endif
