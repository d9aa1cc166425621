/* "hosts": lines for /etc/hosts that lead names to nowhere. A hosts file has
 * no wildcards: a domain blocks itself, not what is below it. */
#include "format/exporting.h"
#include "model/value.h"

static void begin_export(struct kz_exporting *x) {
  kz_buf_add_str(x->out,
                 KZ_STR("# Names to block, exported by kizashi.\n"
                        "# For /etc/hosts; each name leads to 0.0.0.0.\n"));
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  if (a->type != KZ_TYPE_DOMAIN && a->type != KZ_TYPE_HOSTNAME &&
      a->type != KZ_TYPE_DOMAIN_IP && a->type != KZ_TYPE_HOSTNAME_PORT) {
    return;
  }
  kz_str parts[2] = {{"", 0}, {"", 0}};
  (void)kz_value_parts(a->type, a->value, parts);
  if (!kz_exporting_is_name(parts[0])) {
    x->left_out++;
  } else if (kz_exporting_is_new(x, 'n', parts[0])) {
    kz_buf_add_str(x->out, KZ_STR("0.0.0.0 "));
    kz_buf_add_str(x->out, parts[0]);
    kz_buf_add_byte(x->out, '\n');
  }
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "# ", "");
}

const struct kz_exporter kz_exporter_hosts = {.name = "hosts",
                                              .type =
                                                  "text/plain; charset=UTF-8",
                                              .is_restrictive = true,
                                              .begin = begin_export,
                                              .is_bare = true,
                                              .row = export_row,
                                              .end = end_export};
