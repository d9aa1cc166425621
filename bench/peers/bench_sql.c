/* bench_sql: times SQL in MariaDB or SQLite over their own C clients.
 *
 * It knows neither tables nor questions: bench/peers/run writes those, one step
 * a line on standard input, and gets one JSON object with the times of each
 * name. A step is `name TAB sql`, or `name TAB @load TAB table TAB file` for a
 * tab-separated file (in MariaDB LOAD DATA INFILE, in SQLite a prepared INSERT
 * in one transaction). All rows of an answer are fetched before the clock
 * stops. */
#include <mysql.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum {
  NAMES_MAX = 64,
  TIMES_MAX = 4096, /* of one name; later ones only count into the total */
  COLUMNS_MAX = 32, /* of a file to load */
};

/* One database, open. */
struct peer {
  kz_rc (*run)(struct peer *peer, const char *sql, uint64_t *ret_rows,
               struct kz_err *err);
  kz_rc (*load)(struct peer *peer, const char *table, const char *path,
                uint64_t *ret_rows, struct kz_err *err);
  MYSQL *mariadb;
  sqlite3 *sqlite;
};

struct times {
  char name[64];
  uint64_t count;
  uint64_t rows;
  int64_t total_us;
  int64_t each_us[TIMES_MAX];
};

/* --- MariaDB ----------------------------------------------------------------
 */

static kz_rc run_mariadb(struct peer *peer, const char *sql, uint64_t *ret_rows,
                         struct kz_err *err) {
  if (mysql_query(peer->mariadb, sql) != 0) {
    return kz_err_set(err, KZ_E_INTERNAL, "%s: %.200s",
                      mysql_error(peer->mariadb), sql);
  }
  MYSQL_RES *result = mysql_use_result(peer->mariadb);
  if (!result) {
    *ret_rows = mysql_affected_rows(peer->mariadb);
    return KZ_OK;
  }
  uint64_t rows = 0;
  while (mysql_fetch_row(result)) {
    rows++;
  }
  mysql_free_result(result);
  if (mysql_errno(peer->mariadb) != 0) {
    return kz_err_set(err, KZ_E_INTERNAL, "%s", mysql_error(peer->mariadb));
  }
  *ret_rows = rows;
  return KZ_OK;
}

static kz_rc load_mariadb(struct peer *peer, const char *table,
                          const char *path, uint64_t *ret_rows,
                          struct kz_err *err) {
  char sql[8192];
  int len = snprintf(sql, sizeof sql, "LOAD DATA INFILE '%s' INTO TABLE %s",
                     path, table);
  if (len < 0 || (size_t)len >= sizeof sql) {
    return kz_err_set(err, KZ_E_INPUT, "the path is too long");
  }
  return run_mariadb(peer, sql, ret_rows, err);
}

static kz_rc open_mariadb(struct peer *peer, const char *socket,
                          const char *user, struct kz_err *err) {
  peer->mariadb = mysql_init(NULL);
  if (!peer->mariadb) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  if (!mysql_real_connect(peer->mariadb, NULL, user, NULL, NULL, 0, socket,
                          0)) {
    return kz_err_set(err, KZ_E_IO, "%s: %s", socket,
                      mysql_error(peer->mariadb));
  }
  peer->run = run_mariadb;
  peer->load = load_mariadb;
  return KZ_OK;
}

/* --- SQLite -----------------------------------------------------------------
 */

static kz_rc explain_sqlite(const struct peer *peer, const char *what,
                            struct kz_err *err) {
  return kz_err_set(err, KZ_E_INTERNAL, "%s: %.200s",
                    sqlite3_errmsg(peer->sqlite), what);
}

static kz_rc run_sqlite(struct peer *peer, const char *sql, uint64_t *ret_rows,
                        struct kz_err *err) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(peer->sqlite, sql, -1, &statement, NULL) !=
      SQLITE_OK) {
    return explain_sqlite(peer, sql, err);
  }
  uint64_t rows = 0;
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      sqlite3_column_text(statement, i);
    }
    rows++;
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE) {
    return explain_sqlite(peer, sql, err);
  }
  *ret_rows = rows;
  return KZ_OK;
}

/* Inserts one line; "\N" is NULL, and "\\" a backslash as MariaDB reads it. */
static bool insert_line(sqlite3_stmt *insert, int columns, char *line) {
  char *cell = line;
  for (int i = 1; i <= columns; i++) {
    char *end = cell + strcspn(cell, "\t\n");
    char *next = *end ? end + 1 : end;
    *end = '\0';
    if (strcmp(cell, "\\N") == 0) {
      sqlite3_bind_null(insert, i);
    } else {
      char *to = cell;
      for (const char *from = cell; *from; from++) {
        from += *from == '\\' && from[1];
        *to++ = *from;
      }
      sqlite3_bind_text(insert, i, cell, (int)(to - cell), SQLITE_STATIC);
    }
    cell = next;
  }
  bool good = sqlite3_step(insert) == SQLITE_DONE;
  sqlite3_reset(insert);
  return good;
}

static kz_rc prepare_insert(struct peer *peer, const char *table, int columns,
                            sqlite3_stmt **ret, struct kz_err *err) {
  char sql[256];
  int at = snprintf(sql, sizeof sql, "INSERT INTO %.64s VALUES(?", table);
  for (int i = 1; i < columns; i++) {
    at += snprintf(sql + at, sizeof sql - (size_t)at, ",?");
  }
  snprintf(sql + at, sizeof sql - (size_t)at, ")");
  if (sqlite3_prepare_v2(peer->sqlite, sql, -1, ret, NULL) != SQLITE_OK) {
    return explain_sqlite(peer, sql, err);
  }
  return KZ_OK;
}

static int count_columns(const char *line) {
  int columns = 1;
  for (; *line; line++) {
    columns += *line == '\t';
  }
  return columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
}

static kz_rc insert_lines(struct peer *peer, const char *table, FILE *file,
                          uint64_t *ret_rows, struct kz_err *err) {
  char *line = NULL;
  size_t size = 0;
  sqlite3_stmt *insert = NULL;
  int columns = 0;
  uint64_t rows = 0;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && getline(&line, &size, file) > 0) {
    if (!insert) {
      columns = count_columns(line);
      rc = prepare_insert(peer, table, columns, &insert, err);
    }
    if (rc == KZ_OK && !insert_line(insert, columns, line)) {
      rc = explain_sqlite(peer, table, err);
    }
    rows++;
  }
  sqlite3_finalize(insert);
  free(line);
  *ret_rows = rows;
  return rc;
}

static kz_rc load_sqlite(struct peer *peer, const char *table, const char *path,
                         uint64_t *ret_rows, struct kz_err *err) {
  FILE *file = fopen(path, "r");
  if (!file) {
    return kz_err_set(err, KZ_E_IO, "%s: cannot be read", path);
  }
  uint64_t none = 0;
  kz_rc rc = run_sqlite(peer, "BEGIN", &none, err);
  if (rc == KZ_OK) {
    rc = insert_lines(peer, table, file, ret_rows, err);
  }
  if (rc == KZ_OK) {
    rc = run_sqlite(peer, "COMMIT", &none, err);
  }
  fclose(file);
  return rc;
}

static kz_rc open_sqlite(struct peer *peer, const char *path,
                         struct kz_err *err) {
  if (sqlite3_open(path, &peer->sqlite) != SQLITE_OK) {
    return kz_err_set(err, KZ_E_IO, "%s: cannot be opened", path);
  }
  peer->run = run_sqlite;
  peer->load = load_sqlite;
  return KZ_OK;
}

/* --- steps ------------------------------------------------------------------
 */

/* The times of that name, begun if need be; NULL when there are too many. */
static struct times *find_times(struct times *all[NAMES_MAX],
                                const char *name) {
  for (unsigned i = 0; i < NAMES_MAX; i++) {
    if (!all[i]) {
      all[i] = calloc(1, sizeof *all[i]);
      if (all[i]) {
        snprintf(all[i]->name, sizeof all[i]->name, "%s", name);
      }
      return all[i];
    }
    if (strcmp(all[i]->name, name) == 0) {
      return all[i];
    }
  }
  return NULL;
}

static kz_rc run_step(struct peer *peer, char *what, uint64_t *ret_rows,
                      struct kz_err *err) {
  if (strncmp(what, "@load\t", 6) != 0) {
    return peer->run(peer, what, ret_rows, err);
  }
  char *table = what + 6;
  char *tab = strchr(table, '\t');
  if (!tab) {
    return kz_err_set(err, KZ_E_INPUT, "@load needs a table and a file");
  }
  *tab = '\0';
  return peer->load(peer, table, tab + 1, ret_rows, err);
}

static kz_rc time_line(struct peer *peer, struct times *all[NAMES_MAX],
                       char *line, struct kz_err *err) {
  line[strcspn(line, "\n")] = '\0';
  char *tab = strchr(line, '\t');
  if (!tab) {
    return kz_err_set(err, KZ_E_INPUT, "no tab in \"%.64s\"", line);
  }
  *tab = '\0';
  struct times *times = find_times(all, line);
  if (!times) {
    return kz_err_set(err, KZ_E_LIMIT, "too many names of steps");
  }
  uint64_t rows = 0;
  int64_t start_us = kz_clock_monotonic_us();
  kz_rc rc = run_step(peer, tab + 1, &rows, err);
  int64_t took_us = kz_clock_monotonic_us() - start_us;
  if (times->count < TIMES_MAX) {
    times->each_us[times->count] = took_us;
  }
  times->count++;
  times->rows += rows;
  times->total_us += took_us;
  return rc;
}

static int compare_times(const void *a, const void *b) {
  const int64_t *x = a;
  const int64_t *y = b;
  return (*x > *y) - (*x < *y);
}

static void print_times(struct times *all[NAMES_MAX]) {
  printf("{");
  for (unsigned i = 0; i < NAMES_MAX && all[i]; i++) {
    struct times *t = all[i];
    size_t kept = t->count < TIMES_MAX ? (size_t)t->count : TIMES_MAX;
    qsort(t->each_us, kept, sizeof *t->each_us, compare_times);
    printf("%s\"%s\":{\"count\":%llu,\"rows\":%llu,\"total_us\":%lld,"
           "\"p50_us\":%lld,\"p99_us\":%lld}",
           i ? ",\n" : "", t->name, (unsigned long long)t->count,
           (unsigned long long)t->rows, (long long)t->total_us,
           (long long)t->each_us[kept / 2],
           (long long)t->each_us[kept * 99 / 100]);
  }
  printf("}\n");
}

static kz_rc time_all(struct peer *peer, struct kz_err *err) {
  struct times *all[NAMES_MAX] = {NULL};
  char *line = NULL;
  size_t size = 0;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && getline(&line, &size, stdin) > 0) {
    rc = time_line(peer, all, line, err);
  }
  if (rc == KZ_OK) {
    print_times(all);
  }
  free(line);
  for (unsigned i = 0; i < NAMES_MAX; i++) {
    free(all[i]);
  }
  return rc;
}

int main(int argc, char **argv) {
  struct kz_err err = KZ_ERR_NONE;
  struct peer peer = {0};
  kz_rc rc;
  if (argc == 4 && strcmp(argv[1], "mariadb") == 0) {
    rc = open_mariadb(&peer, argv[2], argv[3], &err);
  } else if (argc == 3 && strcmp(argv[1], "sqlite") == 0) {
    rc = open_sqlite(&peer, argv[2], &err);
  } else {
    fputs("usage: bench_sql mariadb SOCKET USER | sqlite FILE  <steps\n",
          stderr);
    return 2;
  }
  if (rc == KZ_OK) {
    rc = time_all(&peer, &err);
  }
  if (rc != KZ_OK) {
    fprintf(stderr, "bench_sql: %s\n", err.text);
  }
  if (peer.mariadb) {
    mysql_close(peer.mariadb);
  }
  sqlite3_close(peer.sqlite);
  return rc != KZ_OK;
}
