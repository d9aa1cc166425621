#include "net/sql_client.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum {
  COLUMNS_MAX = 512,
  CONNECT_S = 20,
  SILENCE_S = 3600, /* a sort on the server may be long */
  QUERY_BYTES = 1024,
  ER_NO_SUCH_TABLE = 1146, /* of MySQL's protocol */
};

struct kz_sql_client {
  MYSQL mysql;
  char database[KZ_SQL_NAME];
};

/* --- addresses -------------------------------------------------------------
 */

static const kz_str schemes[] = {{"mysql://", 8}, {"mariadb://", 10}};

bool kz_sql_is_address(kz_str text) {
  return kz_str_starts(text, schemes[0]) || kz_str_starts(text, schemes[1]);
}

static int hex_of(char c) {
  if (kz_is_digit(c)) {
    return c - '0';
  }
  return kz_is_hex(c) ? kz_to_lower(c) - 'a' + 10 : -1;
}

/* Undoes percent-encoding. */
static kz_rc decode(kz_str text, char to[KZ_SQL_NAME]) {
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '%') {
      if (text.len - i < 3 || !kz_is_hex(text.ptr[i + 1]) ||
          !kz_is_hex(text.ptr[i + 2])) {
        return KZ_E_INPUT;
      }
      c = (char)(hex_of(text.ptr[i + 1]) * 16 + hex_of(text.ptr[i + 2]));
      i += 2;
    }
    if (c == '\0' || len + 1 == KZ_SQL_NAME) {
      return KZ_E_INPUT;
    }
    to[len++] = c;
  }
  to[len] = '\0';
  return KZ_OK;
}

/* user:password */
static kz_rc parse_who(kz_str text, struct kz_sql_address *to) {
  size_t colon = kz_str_find_byte(text, ':');
  if (colon == SIZE_MAX) {
    return decode(text, to->user);
  }
  kz_rc rc = decode(kz_str_head(text, colon), to->user);
  return rc == KZ_OK ? decode(kz_str_from(text, colon + 1), to->password) : rc;
}

/* host:port, [::1]:port */
static kz_rc parse_where(kz_str text, struct kz_sql_address *to) {
  kz_str host = text;
  kz_str port = KZ_STR_NONE;
  size_t end = kz_str_find_byte(text, ']');
  size_t colon = kz_str_rfind_byte(text, ':');
  if (colon != SIZE_MAX && (end == SIZE_MAX || colon > end)) {
    host = kz_str_head(text, colon);
    port = kz_str_from(text, colon + 1);
  }
  if (end != SIZE_MAX && host.len >= 2 && host.ptr[0] == '[') {
    host = (kz_str){host.ptr + 1, host.len - 2};
  }
  uint64_t number = KZ_SQL_PORT;
  if (port.ptr &&
      (kz_str_u64(port, &number) != KZ_OK || number == 0 || number > 65535)) {
    return KZ_E_INPUT;
  }
  to->port = (unsigned)number;
  return host.len > 0 ? decode(host, to->host) : KZ_E_INPUT;
}

kz_rc kz_sql_parse(kz_str text, struct kz_sql_address *ret,
                   struct kz_err *err) {
  struct kz_sql_address to;
  memset(&to, 0, sizeof to);
  kz_rc rc = KZ_E_INPUT;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (kz_str_starts(text, schemes[i])) {
      text = kz_str_from(text, schemes[i].len);
      rc = KZ_OK;
    }
  }
  size_t slash = kz_str_find_byte(text, '/');
  kz_str before = kz_str_head(text, slash);
  kz_str after = slash == SIZE_MAX ? KZ_STR("") : kz_str_from(text, slash + 1);
  size_t at = kz_str_rfind_byte(before, '@');
  size_t question = kz_str_find_byte(after, '?');
  kz_str database = kz_str_head(after, question);
  kz_str query =
      question == SIZE_MAX ? KZ_STR("") : kz_str_from(after, question + 1);
  if (rc == KZ_OK && at != SIZE_MAX) {
    rc = parse_who(kz_str_head(before, at), &to);
    before = kz_str_from(before, at + 1);
  }
  rc = rc == KZ_OK ? parse_where(before, &to) : rc;
  rc = rc == KZ_OK ? decode(database, to.database) : rc;
  if (rc == KZ_OK && kz_str_starts(query, KZ_STR("socket="))) {
    rc = decode(kz_str_from(query, 7), to.socket);
  } else if (query.len > 0) {
    rc = KZ_E_INPUT;
  }
  if (rc != KZ_OK || to.database[0] == '\0') {
    return kz_err_set(err, KZ_E_INPUT,
                      "the address of a database is "
                      "mysql://user:password@host:port/database");
  }
  *ret = to;
  return KZ_OK;
}

kz_rc kz_sql_show(const struct kz_sql_address *address, struct kz_arena *arena,
                  kz_str *ret) {
  KZ_BUF(text, QUERY_BYTES);
  kz_buf_add_format(&text, "mysql://%s:%u/%s", address->host, address->port,
                    address->database);
  return kz_buf_failed(&text) ? KZ_E_MEMORY
                              : kz_arena_dup(arena, kz_buf_str(&text), ret);
}

/* --- connections -----------------------------------------------------------
 */

static kz_rc explain(struct kz_sql_client *client, const char *what,
                     struct kz_err *err) {
  return kz_err_set(err, KZ_E_IO, "%s: %s", what, mysql_error(&client->mysql));
}

static kz_rc run(struct kz_sql_client *client, const char *sql,
                 struct kz_err *err) {
  if (mysql_real_query(&client->mysql, sql, strlen(sql)) == 0) {
    return KZ_OK;
  }
  kz_rc rc = explain(client, "the database", err);
  return mysql_errno(&client->mysql) == ER_NO_SUCH_TABLE ? KZ_NOT_FOUND : rc;
}

kz_rc kz_sql_connect(const struct kz_sql_address *address,
                     struct kz_sql_client **ret, struct kz_err *err) {
  struct kz_sql_client *client = calloc(1, sizeof *client);
  if (!client) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  const unsigned off = 0;
  const unsigned connect_s = CONNECT_S;
  const unsigned silence_s = SILENCE_S;
  MYSQL *m = &client->mysql;
  mysql_init(m);
  mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &off);
  mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
  mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &silence_s);
  mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  memcpy(client->database, address->database, sizeof client->database);
  const char *socket = address->socket[0] ? address->socket : NULL;
  if (!mysql_real_connect(m, socket ? NULL : address->host, address->user,
                          address->password, address->database, address->port,
                          socket, 0)) {
    kz_rc rc = explain(client, "no connection to the database", err);
    kz_sql_close(client);
    return rc;
  }
  kz_rc rc = run(
      client, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", err);
  rc = rc == KZ_OK ? run(client, "SET SESSION net_write_timeout = 3600", err)
                   : rc;
  rc = rc == KZ_OK
           ? run(client, "START TRANSACTION WITH CONSISTENT SNAPSHOT", err)
           : rc;
  if (rc != KZ_OK) {
    kz_sql_close(client);
    return rc;
  }
  *ret = client;
  return KZ_OK;
}

void kz_sql_close(struct kz_sql_client *client) {
  if (client) {
    mysql_close(&client->mysql);
    free(client);
  }
}

/* --- tables ----------------------------------------------------------------
 */

static kz_rc visit_rows(struct kz_sql_client *client, MYSQL_RES *result,
                        const char *table, const struct kz_sql_visitor *visitor,
                        struct kz_err *err) {
  kz_str columns[COLUMNS_MAX];
  kz_str values[COLUMNS_MAX];
  unsigned count = mysql_num_fields(result);
  const MYSQL_FIELD *fields = mysql_fetch_fields(result);
  if (count > COLUMNS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "%s: too many columns", table);
  }
  for (unsigned i = 0; i < count; i++) {
    columns[i] = (kz_str){fields[i].name, fields[i].name_length};
  }
  if (!visitor->table(visitor->ctx, kz_str_of(table), columns, count)) {
    return KZ_OK;
  }
  kz_rc rc = KZ_OK;
  MYSQL_ROW row = NULL;
  while (rc == KZ_OK && (row = mysql_fetch_row(result))) {
    const unsigned long *lengths = mysql_fetch_lengths(result);
    for (unsigned i = 0; i < count; i++) {
      values[i] = (kz_str){row[i], row[i] ? lengths[i] : 0};
    }
    rc = visitor->row(visitor->ctx, values, count);
  }
  if (rc == KZ_OK && mysql_errno(&client->mysql) != 0) {
    rc = explain(client, table, err);
  }
  return rc;
}

kz_rc kz_sql_rows(struct kz_sql_client *client, const char *table,
                  const struct kz_sql_visitor *visitor, struct kz_err *err) {
  char sql[QUERY_BYTES];
  (void)snprintf(sql, sizeof sql, "SELECT * FROM `%s`", table);
  kz_rc rc = run(client, sql, err);
  if (rc != KZ_OK) {
    return rc;
  }
  MYSQL_RES *result = mysql_use_result(&client->mysql);
  if (!result) {
    return explain(client, table, err);
  }
  rc = visit_rows(client, result, table, visitor, err);
  mysql_free_result(result);
  return rc;
}

kz_rc kz_sql_size(struct kz_sql_client *client, const char *table,
                  uint64_t *ret_bytes, struct kz_err *err) {
  char sql[QUERY_BYTES];
  (void)snprintf(sql, sizeof sql,
                 "SELECT data_length FROM information_schema.tables WHERE "
                 "table_schema = DATABASE() AND table_name = '%s'",
                 table);
  kz_rc rc = run(client, sql, err);
  if (rc != KZ_OK) {
    return rc;
  }
  MYSQL_RES *result = mysql_store_result(&client->mysql);
  MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
  *ret_bytes = row && row[0] ? strtoull(row[0], NULL, 10) : 0;
  mysql_free_result(result);
  return KZ_OK;
}
