/* Answers for people: the JSON of an answer as tables and lines.
 *
 * Values are shown with control bytes replaced, so that hostile text cannot
 * drive a terminal. */
#ifndef KZ_APP_SHOW_H
#define KZ_APP_SHOW_H

#include "app/tree.h"
#include "base/buf.h"

/* Any tree: "name: value" lines, nested by two spaces; lists of objects whose
 * members are plain become tables. */
void kz_show_tree(struct kz_buf *out, const struct kz_tree *tree,
                  unsigned indent);

/* A text, with control bytes replaced. */
void kz_show_text(struct kz_buf *out, kz_str text);

/* A list of objects as a table of its plain members. Cells are cut to fit
 * `width` columns of a terminal (0: not cut). */
void kz_show_table(struct kz_buf *out, const struct kz_tree *list,
                   unsigned indent, size_t width);

#endif
