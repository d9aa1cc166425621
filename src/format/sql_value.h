/* The small parts of a database dump: words, names, rows and their values.
 *
 * Each function reads from a cursor and leaves it behind what it read. When the
 * bytes end too soon it says so and the caller starts again with more of them.
 * Inside format/ only. Pure, any thread. */
#ifndef KZ_FORMAT_SQL_VALUE_H
#define KZ_FORMAT_SQL_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { KZ_SQL_COLUMNS_MAX = 512 };

enum kz_sql_got {
  KZ_SQL_GOT,
  KZ_SQL_MORE, /* the bytes end in it */
  KZ_SQL_BAD,  /* it is not what is due */
};

/* Bytes that may be written to: strings are decoded in place. */
struct kz_sql_cursor {
  char *at;
  char *end;
  bool is_last; /* no more bytes come */
};

enum kz_sql_kind {
  KZ_SQL_NULL,
  KZ_SQL_TRUE,
  KZ_SQL_FALSE,
  KZ_SQL_PLAIN,   /* text as it stands, a number */
  KZ_SQL_ESCAPED, /* a string with escapes */
  KZ_SQL_DOUBLED, /* a string that has its quote doubled, and escapes */
  KZ_SQL_HEX,
};

struct kz_sql_value {
  enum kz_sql_kind kind;
  char quote;
  char *ptr; /* as it stands in the dump */
  size_t len;
};

/* White space and comments. */
enum kz_sql_got kz_sql_skip_blank(struct kz_sql_cursor *c);
/* Letters, digits and underscores; BAD when there are none. */
enum kz_sql_got kz_sql_read_word(struct kz_sql_cursor *c, kz_str *ret_word);
/* `( value, value ... )`: at most `most` values, else BAD. */
enum kz_sql_got kz_sql_read_row(struct kz_sql_cursor *c,
                                struct kz_sql_value *values, size_t most,
                                size_t *ret_count);
/* What stands behind CREATE TABLE, up to the bracket that closes it: the
 * table's name and its columns (room for KZ_SQL_COLUMNS_MAX). */
enum kz_sql_got kz_sql_read_create(struct kz_sql_cursor *c, kz_str *ret_name,
                                   kz_str *columns, size_t *ret_count);
/* What stands behind INSERT, up to and with VALUES; no columns when none are
 * named. */
enum kz_sql_got kz_sql_read_insert(struct kz_sql_cursor *c, kz_str *ret_name,
                                   kz_str *columns, size_t *ret_count);

/* Goes behind the next ';' that is in no string, name or comment, or to the
 * end: whether it was found. `*quote`, '\0' at first, is the state. */
bool kz_sql_pass(struct kz_sql_cursor *c, char *quote);

/* The value's text, decoded in place; ptr NULL for NULL. Once only. */
kz_str kz_sql_value_text(struct kz_sql_value *value);

#endif
