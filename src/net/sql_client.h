/* Reads the tables of a MySQL or MariaDB server, whole and unbuffered.
 *
 * Only the server that the address names is contacted, and it can have nothing
 * of ours: LOAD DATA LOCAL is off. One thread at a time. */
#ifndef KZ_NET_SQL_CLIENT_H
#define KZ_NET_SQL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum { KZ_SQL_PORT = 3306, KZ_SQL_NAME = 256 };

/* mysql://user:password@host:port/database?socket=/path. Password, port and
 * socket may be missing; percent-encoding in any part. */
struct kz_sql_address {
  char host[KZ_SQL_NAME];
  char user[KZ_SQL_NAME];
  char password[KZ_SQL_NAME];
  char database[KZ_SQL_NAME];
  char socket[KZ_SQL_NAME]; /* "": over TCP */
  unsigned port;
};

/* Whether a text is an address of this kind: begins with mysql:// or
 * mariadb://. */
bool kz_sql_is_address(kz_str text);
/* KZ_E_INPUT with words that do not repeat the password. */
KZ_MUST_USE kz_rc kz_sql_parse(kz_str text, struct kz_sql_address *ret,
                               struct kz_err *err);
/* The address without user and password, for people. */
KZ_MUST_USE kz_rc kz_sql_show(const struct kz_sql_address *address,
                              struct kz_arena *arena, kz_str *ret);

struct kz_sql_client;

/* Connects and begins to read one state of the database, whatever is written
 * meanwhile. KZ_E_IO with the server's words. */
KZ_MUST_USE kz_rc kz_sql_connect(const struct kz_sql_address *address,
                                 struct kz_sql_client **ret,
                                 struct kz_err *err);
void kz_sql_close(struct kz_sql_client *client); /* NULL is fine */

struct kz_sql_visitor {
  void *ctx;
  /* The columns, before the first row; false: the rows are not wanted. */
  bool (*table)(void *ctx, kz_str name, const kz_str *columns, size_t count);
  /* Values as text; NULL has ptr NULL. Borrowed. Anything but KZ_OK stops. */
  kz_rc (*row)(void *ctx, const kz_str *values, size_t count);
};

/* All rows of a table; KZ_NOT_FOUND when there is none of that name (letters,
 * digits and underscores). KZ_E_IO; what the visitor's row returned. */
KZ_MUST_USE kz_rc kz_sql_rows(struct kz_sql_client *client, const char *table,
                              const struct kz_sql_visitor *visitor,
                              struct kz_err *err);

/* About how many bytes the database holds. */
KZ_MUST_USE kz_rc kz_sql_size(struct kz_sql_client *client, const char *table,
                              uint64_t *ret_bytes, struct kz_err *err);

#endif
