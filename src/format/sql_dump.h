/* The rows of a database dump, as mariadb-dump and mysqldump write it: CREATE
 * TABLE names the columns, INSERT INTO ... VALUES (...),(...) has the rows. Fed
 * in pieces; memory is one row and what the tables are called.
 *
 * Other statements and comments (also the executable ones) are passed over. A
 * row that cannot be read costs the rest of its line: the programs write a
 * statement, or a row, on a line of its own. */
#ifndef KZ_FORMAT_SQL_DUMP_H
#define KZ_FORMAT_SQL_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/rc.h"
#include "base/str.h"

struct kz_sql_dump;

struct kz_sql_sink {
  void *ctx;
  /* Rows of a table come, whose values stand in the order of these columns.
   * Called at each INSERT. Whether they are wanted: others are passed over. */
  bool (*table)(void *ctx, kz_str name, const kz_str *columns, size_t count);
  /* One row: as many values as columns; NULL has ptr NULL. All is borrowed for
   * the call. Anything but KZ_OK stops the reading with that code. */
  kz_rc (*row)(void *ctx, const kz_str *values, size_t count,
               const struct kz_json_place *place);
  void (*problem)(void *ctx, const struct kz_json_place *place,
                  const char *message);
};

/* A row (or the head of a statement) of more than `ceiling` bytes is a problem.
 * The caller owns the reader and keeps the sink's target alive. NULL when out
 * of memory. */
struct kz_sql_dump *kz_sql_dump_new(const struct kz_sql_sink *sink,
                                    size_t ceiling);
void kz_sql_dump_free(struct kz_sql_dump *dump); /* NULL is fine */

/* Goes on with the next bytes. KZ_E_MEMORY, or what the sink's row returned;
 * after either only kz_sql_dump_free may follow. */
KZ_MUST_USE kz_rc kz_sql_dump_feed(struct kz_sql_dump *dump, kz_str bytes);

/* The dump is over: reports a statement that was not ended. */
KZ_MUST_USE kz_rc kz_sql_dump_end(struct kz_sql_dump *dump);

#endif
