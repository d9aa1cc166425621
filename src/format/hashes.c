/* "hashes": the hashes of files, one a line, each once. */
#include "format/exporting.h"

static bool is_hash_text(kz_str hash) {
  for (size_t i = 0; i < hash.len; i++) {
    char c = hash.ptr[i];
    if (!kz_is_alnum(c) && c != ':' && c != '+' && c != '/') {
      return false;
    }
  }
  return hash.len > 0;
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_type kind;
  kz_str hash;
  if (!kz_exporting_hash(a->type, a->value, &kind, &hash)) {
    return;
  }
  if (!is_hash_text(hash)) {
    x->left_out++;
  } else if (kz_exporting_is_new(x, 'h', hash)) {
    kz_buf_add_str(x->out, hash);
    kz_buf_add_byte(x->out, '\n');
  }
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "# ", "");
}

const struct kz_exporter kz_exporter_hashes = {.name = "hashes",
                                               .type =
                                                   "text/plain; charset=UTF-8",
                                               .is_restrictive = true,
                                               .is_bare = true,
                                               .row = export_row,
                                               .end = end_export};
