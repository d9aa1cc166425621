/* Tables of text: the chosen columns of each row, or all of them. Cells may be
 * quoted as RFC 4180 has it and then hold the delimiter and ends of lines; rows
 * that begin with '#' and blank ones are none. A quote that is never closed
 * costs its own row only: real lists hold stray quotes. */
#include "base/buf.h"
#include "plug/feed/feed.h"

enum { QUOTED_LINES_MAX = 64 /* that one quoted cell may span */ };

struct table {
  kz_str rest;
  uint64_t line;
  char delimiter;
};

static bool is_chosen(const struct kz_feed_options *options, unsigned column) {
  for (size_t i = 0; i < options->column_count; i++) {
    if (options->columns[i] == column) {
      return true;
    }
  }
  return options->column_count == 0;
}

/* The end of a quoted cell that begins at `from` (behind the quote): where its
 * closing quote stands, SIZE_MAX when it has none near by. */
static size_t closing_quote(kz_str text, size_t from) {
  unsigned lines = 0;
  for (size_t i = from; i < text.len && lines < QUOTED_LINES_MAX; i++) {
    lines += text.ptr[i] == '\n';
    if (text.ptr[i] != '"') {
      continue;
    }
    if (i + 1 < text.len && text.ptr[i + 1] == '"') {
      i++;
      continue;
    }
    return i;
  }
  return SIZE_MAX;
}

static size_t end_of_plain(const struct table *t, size_t from) {
  size_t i = from;
  while (i < t->rest.len && t->rest.ptr[i] != t->delimiter &&
         t->rest.ptr[i] != '\n') {
    i++;
  }
  return i;
}

static void add_cell(struct kz_buf *out, kz_str cell, bool is_quoted) {
  for (size_t i = 0; i < cell.len; i++) {
    (void)kz_buf_add_byte(out, cell.ptr[i]);
    if (is_quoted && cell.ptr[i] == '"') {
      i++; /* "" stands for one */
    }
  }
  (void)kz_buf_add_byte(out, '\n');
}

/* Reads the cell at the front of `t->rest`, and the delimiter behind it; true
 * when the row goes on. */
static bool take_cell(struct table *t, bool wanted, struct kz_buf *out) {
  size_t start = 0;
  while (start < t->rest.len && t->rest.ptr[start] == ' ' &&
         t->delimiter != ' ') {
    start++;
  }
  bool is_quoted = start < t->rest.len && t->rest.ptr[start] == '"';
  size_t quote = is_quoted ? closing_quote(t->rest, start + 1) : SIZE_MAX;
  is_quoted = quote != SIZE_MAX;
  size_t end = end_of_plain(t, is_quoted ? quote + 1 : start);
  if (wanted && is_quoted) {
    add_cell(out, (kz_str){t->rest.ptr + start + 1, quote - start - 1}, true);
  } else if (wanted) {
    add_cell(out, (kz_str){t->rest.ptr + start, end - start}, false);
  }
  for (size_t i = 0; i < end; i++) {
    t->line += t->rest.ptr[i] == '\n';
  }
  bool goes_on = end < t->rest.len && t->rest.ptr[end] == t->delimiter;
  t->line += end < t->rest.len && !goes_on;
  t->rest = kz_str_from(t->rest, end < t->rest.len ? end + 1 : end);
  return goes_on;
}

static bool is_passed_over(kz_str line) {
  kz_str text = kz_str_trim(line);
  return text.len == 0 || text.ptr[0] == '#';
}

static void take_row(struct table *t, const struct kz_feed_options *options,
                     struct kz_buf *out) {
  kz_str line = kz_str_head(t->rest, kz_str_find_byte(t->rest, '\n'));
  if (is_passed_over(line)) {
    t->line++;
    t->rest = kz_str_from(t->rest, line.len + 1);
    return;
  }
  unsigned column = 1;
  while (take_cell(t, is_chosen(options, column), out)) {
    column++;
  }
}

static kz_rc read_csv(kz_str text, const struct kz_feed_options *options,
                      const struct kz_feed_sink *sink, struct kz_err *err) {
  struct table table = {.rest = text,
                        .line = 1,
                        .delimiter =
                            options->delimiter ? options->delimiter : ','};
  KZ_BUF(cells, KZ_FEED_TEXT_MAX);
  while (table.rest.len > 0 && !kz_buf_failed(&cells)) {
    take_row(&table, options, &cells);
  }
  return kz_buf_failed(&cells)
             ? kz_err_set(err, KZ_E_MEMORY, "line %llu: out of memory",
                          (unsigned long long)table.line)
             : kz_feed_recognise(kz_buf_str(&cells), sink, err);
}

extern const struct kz_feed_plug kz_feed_csv;
const struct kz_feed_plug kz_feed_csv = {.name = "csv", .read = read_csv};
