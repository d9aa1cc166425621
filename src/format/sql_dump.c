/* A window over the bytes that holds one unit at a time: a row, or the head of
 * a statement. A unit that is not whole yet is read again from its start when
 * the window has twice its bytes, so that the work stays linear. Only when a
 * row is whole are its escapes decoded, in place.
 *
 * What nobody wants, which may be hundreds of gigabytes (correlations, logs),
 * is passed over by a loop that knows quotes and comments and keeps nothing. */
#include "format/sql_dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/sql_value.h"

enum {
  TABLES_MAX = 4096,
  NAMES_BYTES = 16 << 20,
  WINDOW_SLACK = 16 << 20, /* bytes of a piece, on top of the longest row */
};

enum state { STATEMENT, ROWS, PASSING, LOST };

struct table {
  struct table *next;
  kz_str name;
  kz_str *columns;
  size_t count;
};

struct kz_sql_dump {
  struct kz_sql_sink sink;
  size_t ceiling;
  enum state state;
  bool is_last;     /* no more bytes come */
  bool was_in_rows; /* before it was lost */
  char quote;       /* while passing: in a string, name or comment */
  struct kz_buf window;
  size_t at;       /* of the window: read up to here */
  size_t need;     /* bytes behind `at` before the unit is tried again */
  uint64_t offset; /* of the window's first byte in the dump */
  uint64_t lines;  /* before `counted` */
  uint64_t line_start;
  size_t counted; /* of the window */
  struct kz_arena *names;
  struct table *tables;
  size_t table_count;
  kz_str *columns; /* of the rows being read */
  size_t column_count;
  kz_str listed[KZ_SQL_COLUMNS_MAX]; /* columns named by an INSERT */
  struct kz_sql_value values[KZ_SQL_COLUMNS_MAX];
  kz_str texts[KZ_SQL_COLUMNS_MAX];
};

struct kz_sql_dump *kz_sql_dump_new(const struct kz_sql_sink *sink,
                                    size_t ceiling) {
  struct kz_sql_dump *dump = calloc(1, sizeof *dump);
  if (!dump) {
    return NULL;
  }
  dump->sink = *sink;
  dump->ceiling = ceiling;
  kz_buf_init(&dump->window, ceiling + WINDOW_SLACK);
  dump->names = kz_arena_new(NAMES_BYTES);
  if (!dump->names) {
    kz_sql_dump_free(dump);
    return NULL;
  }
  return dump;
}

void kz_sql_dump_free(struct kz_sql_dump *dump) {
  if (dump) {
    kz_buf_done(&dump->window);
    kz_arena_free(dump->names);
    free(dump);
  }
}

/* --- places ----------------------------------------------------------------
 */

/* Counts the lines up to `to`, an offset in the window that only grows. */
static void count_lines(struct kz_sql_dump *dump, size_t to) {
  while (dump->counted < to) {
    const char *from = dump->window.ptr + dump->counted;
    const char *end = memchr(from, '\n', to - dump->counted);
    if (!end) {
      dump->counted = to;
      return;
    }
    dump->counted += (size_t)(end - from) + 1;
    dump->lines++;
    dump->line_start = dump->offset + dump->counted;
  }
}

static struct kz_json_place place_at(struct kz_sql_dump *dump, size_t at) {
  count_lines(dump, at);
  uint64_t byte = dump->offset + at;
  return (struct kz_json_place){
      .line = dump->lines + 1,
      .column = byte - dump->line_start + 1,
      .byte = byte,
  };
}

static void report(struct kz_sql_dump *dump, const char *message) {
  struct kz_json_place place = place_at(dump, dump->at);
  if (dump->sink.problem) {
    dump->sink.problem(dump->sink.ctx, &place, message);
  }
}

static void lose(struct kz_sql_dump *dump, const char *message) {
  report(dump, message);
  dump->was_in_rows = dump->state == ROWS;
  dump->state = LOST;
}

/* --- units -----------------------------------------------------------------
 */

static struct kz_sql_cursor cursor_at(const struct kz_sql_dump *dump) {
  return (struct kz_sql_cursor){
      .at = dump->window.ptr + dump->at,
      .end = dump->window.ptr + dump->window.len,
      .is_last = dump->is_last,
  };
}

static void move_to(struct kz_sql_dump *dump, const struct kz_sql_cursor *c) {
  dump->at = (size_t)(c->at - dump->window.ptr);
  dump->need = 0;
}

static struct table *find_table(struct kz_sql_dump *dump, kz_str name) {
  struct table *t = dump->tables;
  while (t && !kz_str_eq(t->name, name)) {
    t = t->next;
  }
  return t;
}

/* Remembers what columns a table has; the newest of a name counts. */
static kz_rc learn_table(struct kz_sql_dump *dump, kz_str name,
                         const kz_str *columns, size_t count) {
  struct table *t = find_table(dump, name);
  if (!t && dump->table_count == TABLES_MAX) {
    return KZ_E_LIMIT;
  }
  bool is_new = t == NULL;
  if (is_new) {
    t = kz_arena_alloc(dump->names, sizeof *t);
    if (!t || kz_arena_dup(dump->names, name, &t->name) != KZ_OK) {
      return KZ_E_LIMIT;
    }
  }
  kz_str *copies = kz_arena_array(dump->names, count, sizeof *copies);
  for (size_t i = 0; i < count; i++) {
    if (!copies || kz_arena_dup(dump->names, columns[i], &copies[i]) != KZ_OK) {
      return KZ_E_LIMIT;
    }
  }
  t->columns = copies;
  t->count = count;
  if (is_new) {
    t->next = dump->tables;
    dump->tables = t;
    dump->table_count++;
  }
  return KZ_OK;
}

/* CREATE TABLE, whose name comes next. */
static enum kz_sql_got read_create(struct kz_sql_dump *dump,
                                   struct kz_sql_cursor *c) {
  kz_str name = KZ_STR_NONE;
  size_t count = 0;
  enum kz_sql_got got = kz_sql_read_create(c, &name, dump->listed, &count);
  if (got == KZ_SQL_GOT) {
    move_to(dump, c);
    dump->state = PASSING;
    dump->quote = '\0';
    if (learn_table(dump, name, dump->listed, count) != KZ_OK) {
      report(dump, "too many tables");
    }
  }
  return got;
}

/* INSERT up to VALUES. */
static enum kz_sql_got read_insert(struct kz_sql_dump *dump,
                                   struct kz_sql_cursor *c) {
  kz_str name = KZ_STR_NONE;
  size_t count = 0;
  enum kz_sql_got got = kz_sql_read_insert(c, &name, dump->listed, &count);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  const struct table *t = find_table(dump, name);
  if (count == 0 && !t) {
    report(dump, "rows of a table whose columns were not told");
  }
  dump->columns = count > 0 ? dump->listed : t ? t->columns : NULL;
  dump->column_count = count > 0 ? count : t ? t->count : 0;
  /* The names lie in the window, which moves: ours must not. */
  if (count > 0) {
    kz_rc rc = learn_table(dump, name, dump->listed, count);
    t = find_table(dump, name);
    dump->columns = rc == KZ_OK && t ? t->columns : NULL;
    dump->column_count = rc == KZ_OK && t ? t->count : 0;
  }
  bool wanted =
      dump->column_count > 0 &&
      dump->sink.table(dump->sink.ctx, name, dump->columns, dump->column_count);
  move_to(dump, c);
  dump->state = wanted ? ROWS : PASSING;
  dump->quote = '\0';
  return KZ_SQL_GOT;
}

static enum kz_sql_got read_statement(struct kz_sql_dump *dump) {
  struct kz_sql_cursor c = cursor_at(dump);
  enum kz_sql_got got = kz_sql_skip_blank(&c);
  move_to(dump, &c);
  if (got != KZ_SQL_GOT || c.at == c.end) {
    return KZ_SQL_MORE;
  }
  if (*c.at == ';') { /* behind an executable comment */
    c.at++;
    move_to(dump, &c);
    return KZ_SQL_GOT;
  }
  kz_str word = KZ_STR_NONE;
  got = kz_sql_read_word(&c, &word);
  if (got != KZ_SQL_GOT) {
    return got;
  }
  if (kz_str_eq_nocase(word, KZ_STR("insert")) ||
      kz_str_eq_nocase(word, KZ_STR("replace"))) {
    return read_insert(dump, &c);
  }
  if (kz_str_eq_nocase(word, KZ_STR("create"))) {
    struct kz_sql_cursor ahead = c;
    kz_str what = KZ_STR_NONE;
    got = kz_sql_skip_blank(&ahead);
    got = got == KZ_SQL_GOT ? kz_sql_read_word(&ahead, &what) : got;
    if (got == KZ_SQL_MORE) {
      return got;
    }
    if (kz_str_eq_nocase(what, KZ_STR("table"))) {
      return read_create(dump, &ahead);
    }
  }
  dump->need = 0;
  dump->state = PASSING;
  dump->quote = '\0';
  return KZ_SQL_GOT;
}

/* Hands out the row that ends before `end`. Lines are counted before decoding
 * makes new ones. */
static kz_rc hand_out(struct kz_sql_dump *dump, size_t count, const char *end) {
  struct kz_json_place place = place_at(dump, dump->at);
  if (count != dump->column_count) {
    report(dump, "the row has not as many values as the table has columns");
    return KZ_OK;
  }
  count_lines(dump, (size_t)(end - dump->window.ptr));
  for (size_t i = 0; i < count; i++) {
    dump->texts[i] = kz_sql_value_text(&dump->values[i]);
  }
  return dump->sink.row(dump->sink.ctx, dump->texts, count, &place);
}

static enum kz_sql_got read_row(struct kz_sql_dump *dump, kz_rc *rc) {
  struct kz_sql_cursor c = cursor_at(dump);
  enum kz_sql_got got = kz_sql_skip_blank(&c);
  move_to(dump, &c);
  if (got != KZ_SQL_GOT || c.at == c.end) {
    return KZ_SQL_MORE;
  }
  if (*c.at == ',') {
    c.at++;
    move_to(dump, &c);
    return KZ_SQL_GOT;
  }
  if (*c.at != '(') { /* the end, or ON DUPLICATE KEY */
    dump->state = PASSING;
    dump->quote = '\0';
    return KZ_SQL_GOT;
  }
  size_t count = 0;
  got = kz_sql_read_row(&c, dump->values, KZ_SQL_COLUMNS_MAX, &count);
  if (got == KZ_SQL_GOT) {
    *rc = hand_out(dump, count, c.at);
    move_to(dump, &c);
  }
  return got;
}

/* --- what is passed over ---------------------------------------------------
 */

/* To the statement's end. Strings, names and comments hide a semicolon. */
static enum kz_sql_got pass(struct kz_sql_dump *dump) {
  struct kz_sql_cursor c = cursor_at(dump);
  bool is_over = kz_sql_pass(&c, &dump->quote);
  move_to(dump, &c);
  if (is_over) {
    dump->state = STATEMENT;
    return KZ_SQL_GOT;
  }
  return KZ_SQL_MORE;
}

/* To the next line; a row goes on with rows. */
static enum kz_sql_got find_line(struct kz_sql_dump *dump) {
  const char *from = dump->window.ptr + dump->at;
  size_t len = dump->window.len - dump->at;
  const char *end = len > 0 ? memchr(from, '\n', len) : NULL;
  if (!end || end + 1 == from + len) {
    dump->at = end ? dump->at + (size_t)(end - from) : dump->window.len;
    return KZ_SQL_MORE;
  }
  dump->at += (size_t)(end - from) + 1;
  dump->state = dump->was_in_rows && end[1] == '(' ? ROWS : STATEMENT;
  dump->need = 0;
  return KZ_SQL_GOT;
}

/* --- the window ------------------------------------------------------------
 */

static enum kz_sql_got step(struct kz_sql_dump *dump, kz_rc *rc) {
  switch (dump->state) {
  case STATEMENT:
    return read_statement(dump);
  case ROWS:
    return read_row(dump, rc);
  case PASSING:
    return pass(dump);
  case LOST:
    return find_line(dump);
  }
  return KZ_SQL_BAD;
}

static kz_rc go_on(struct kz_sql_dump *dump) {
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK) {
    size_t left = dump->window.len - dump->at;
    if (left == 0 || (left < dump->need && !dump->is_last)) {
      return KZ_OK;
    }
    enum kz_sql_got got = step(dump, &rc);
    left = dump->window.len - dump->at;
    if (got == KZ_SQL_BAD) {
      lose(dump, dump->state == ROWS ? "not a row" : "not a statement");
    } else if (got == KZ_SQL_MORE && left > dump->ceiling) {
      lose(dump, "the row or statement is too long");
    } else if (got == KZ_SQL_MORE) {
      dump->need = left * 2 < dump->ceiling ? left * 2 : dump->ceiling + 1;
      return rc;
    }
  }
  return rc;
}

static void drop_read(struct kz_sql_dump *dump) {
  if (dump->at == 0) {
    return;
  }
  count_lines(dump, dump->at);
  size_t left = dump->window.len - dump->at;
  if (left > 0) {
    memmove(dump->window.ptr, dump->window.ptr + dump->at, left);
  }
  dump->window.len = left;
  dump->offset += dump->at;
  dump->counted = 0;
  dump->at = 0;
}

kz_rc kz_sql_dump_feed(struct kz_sql_dump *dump, kz_str bytes) {
  while (bytes.len > 0) {
    kz_str piece = kz_str_head(bytes, WINDOW_SLACK / 2);
    bytes = kz_str_from(bytes, piece.len);
    drop_read(dump);
    if (!kz_buf_add_str(&dump->window, piece)) {
      return KZ_E_MEMORY;
    }
    kz_rc rc = go_on(dump);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return KZ_OK;
}

kz_rc kz_sql_dump_end(struct kz_sql_dump *dump) {
  dump->is_last = true;
  kz_rc rc = go_on(dump);
  bool is_open = dump->at < dump->window.len || dump->state == ROWS ||
                 (dump->state == PASSING);
  if (rc == KZ_OK && is_open && dump->state != LOST) {
    report(dump, "the dump ends within a statement");
  }
  return rc;
}
