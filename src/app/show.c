#include "app/show.h"

#include "base/utf8.h"

enum { COLUMNS_MAX = 24, CELL_MAX = 64, LISTED_IN_CELL = 4 };

static bool is_plain(const struct kz_tree *tree) {
  return tree->kind != KZ_JSON_OBJECT && tree->kind != KZ_JSON_ARRAY;
}

/* A list of plain things may stand in a cell. */
static bool fits_cell(const struct kz_tree *tree) {
  if (tree->kind != KZ_JSON_ARRAY) {
    return is_plain(tree);
  }
  for (const struct kz_tree *t = tree->first; t; t = t->next) {
    if (!is_plain(t)) {
      return false;
    }
  }
  return true;
}

/* How many columns of a terminal a text takes: East Asian wide letters two. */
static size_t width_of(kz_str text) {
  size_t width = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < 0x80 || c >= 0xc0) {
      width += c >= 0xe3 && c < 0xf0 ? 2 : 1;
    }
  }
  return width;
}

/* Copies text without control bytes, at most `most` columns of it. */
static size_t add_text(struct kz_buf *out, kz_str text, size_t most) {
  size_t width = 0;
  for (size_t i = 0; i < text.len;) {
    size_t n = 1;
    while (i + n < text.len &&
           ((unsigned char)text.ptr[i + n] & 0xc0) == 0x80) {
      n++;
    }
    kz_str letter = {text.ptr + i, n};
    size_t w = width_of(letter);
    if (most > 0 && width + w > most - (i + n < text.len)) {
      kz_buf_add_str(out, KZ_STR("…"));
      return width + 1;
    }
    unsigned char c = (unsigned char)letter.ptr[0];
    bool control = c < 0x20 || c == 0x7f ||
                   (n == 2 && c == 0xc2 && (unsigned char)letter.ptr[1] < 0xa0);
    kz_buf_add_str(out, control ? KZ_STR(" ") : letter);
    width += control ? 1 : w;
    i += n;
  }
  return width;
}

static size_t add_cell(struct kz_buf *out, const struct kz_tree *tree,
                       size_t most) {
  if (!tree || tree->kind != KZ_JSON_ARRAY) {
    return add_text(out, kz_tree_text(tree), most);
  }
  KZ_BUF(list, 1 << 16);
  size_t n = 0;
  for (const struct kz_tree *t = tree->first; t && n < LISTED_IN_CELL;
       t = t->next, n++) {
    kz_buf_add_str(&list, n ? KZ_STR(", ") : KZ_STR(""));
    kz_buf_add_str(&list, kz_tree_text(t));
  }
  if (tree->count > n) {
    kz_buf_add_format(&list, " +%zu", tree->count - n);
  }
  return add_text(out, kz_buf_str(&list), most);
}

static void pad(struct kz_buf *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    kz_buf_add_byte(out, ' ');
  }
}

struct column {
  kz_str name;
  size_t width;
};

/* Columns are the members of the first rows that fit into cells. */
static size_t find_columns(const struct kz_tree *list,
                           struct column columns[COLUMNS_MAX]) {
  size_t n = 0;
  for (const struct kz_tree *row = list->first; row; row = row->next) {
    for (const struct kz_tree *m = row->first; m; m = m->next) {
      size_t c = 0;
      while (c < n && !kz_str_eq(columns[c].name, m->name)) {
        c++;
      }
      if (!fits_cell(m) || (c == n && n == COLUMNS_MAX)) {
        continue;
      }
      if (c == n) {
        columns[n++] =
            (struct column){.name = m->name, .width = width_of(m->name)};
      }
      KZ_BUF(cell, 1 << 16);
      size_t width = add_cell(&cell, m, CELL_MAX);
      columns[c].width = width > columns[c].width ? width : columns[c].width;
    }
  }
  return n;
}

void kz_show_text(struct kz_buf *out, kz_str text) {
  (void)add_text(out, text, 0);
}

void kz_show_table(struct kz_buf *out, const struct kz_tree *list,
                   unsigned indent, size_t width) {
  struct column columns[COLUMNS_MAX];
  size_t n = find_columns(list, columns);
  size_t most = width > 0 && width < CELL_MAX ? width : CELL_MAX;
  pad(out, indent);
  for (size_t c = 0; c < n; c++) {
    kz_buf_add_str(out, columns[c].name);
    pad(out, c + 1 < n ? columns[c].width - width_of(columns[c].name) + 2 : 0);
  }
  kz_buf_add_byte(out, '\n');
  for (const struct kz_tree *row = list->first; row; row = row->next) {
    pad(out, indent);
    for (size_t c = 0; c < n; c++) {
      const struct kz_tree *m = row->first;
      while (m && !kz_str_eq(m->name, columns[c].name)) {
        m = m->next;
      }
      size_t used = add_cell(out, m, most);
      pad(out, c + 1 < n && columns[c].width + 2 > used
                   ? columns[c].width + 2 - used
                   : 0);
    }
    kz_buf_add_byte(out, '\n');
  }
}

static bool is_table(const struct kz_tree *tree) {
  for (const struct kz_tree *t = tree->first; t; t = t->next) {
    if (t->kind != KZ_JSON_OBJECT) {
      return false;
    }
  }
  return tree->first != NULL;
}

/* Objects nest as deep as the reader of the tree allows, 64 levels. */
void kz_show_tree(struct kz_buf *out, const struct kz_tree *tree,
                  unsigned indent) {
  if (tree->kind == KZ_JSON_ARRAY && is_table(tree)) {
    kz_show_table(out, tree, indent, 0);
    return;
  }
  if (is_plain(tree) || tree->kind == KZ_JSON_ARRAY) {
    pad(out, indent);
    add_cell(out, tree, 0);
    kz_buf_add_byte(out, '\n');
    return;
  }
  for (const struct kz_tree *m = tree->first; m; m = m->next) {
    pad(out, indent);
    add_text(out, m->name, 0);
    if (fits_cell(m)) {
      kz_buf_add_str(out, KZ_STR(": "));
      add_cell(out, m, 0);
      kz_buf_add_byte(out, '\n');
    } else {
      kz_buf_add_str(out, KZ_STR(":\n"));
      kz_show_tree(out, m, indent + 2);
    }
  }
}
