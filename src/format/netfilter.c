/* "netfilter": commands of iptables and ip6tables. What stands in a command is
 * the canonical form of a parsed address, never text that somebody sent. */
#include "format/exporting.h"
#include "model/value.h"

static void add_command(struct kz_exporting *x, const struct kz_addr *addr,
                        bool is_source) {
  char text[KZ_ADDR_TEXT];
  kz_str shown = {text, kz_addr_format(addr, text)};
  KZ_BUF(line, 256);
  kz_buf_add_str(&line,
                 addr->length == 4 ? KZ_STR("iptables") : KZ_STR("ip6tables"));
  kz_buf_add_str(&line, is_source ? KZ_STR(" -A INPUT -s ")
                                  : KZ_STR(" -A OUTPUT -d "));
  kz_buf_add_str(&line, shown);
  kz_buf_add_str(&line, KZ_STR(" -j DROP\n"));
  if (kz_exporting_is_new(x, 'a', kz_buf_str(&line))) {
    kz_buf_add_str(x->out, kz_buf_str(&line));
  }
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  bool is_source = a->type == KZ_TYPE_IP_SRC || a->type == KZ_TYPE_IP_SRC_PORT;
  bool is_target = a->type == KZ_TYPE_IP_DST || a->type == KZ_TYPE_IP_DST_PORT;
  bool is_pair = a->type == KZ_TYPE_DOMAIN_IP;
  if (!is_source && !is_target && !is_pair) {
    return;
  }
  kz_str parts[2] = {{"", 0}, {"", 0}};
  (void)kz_value_parts(a->type, a->value, parts);
  struct kz_addr addr;
  if (kz_addr_parse(parts[is_pair ? 1 : 0], &addr) != KZ_OK) {
    x->left_out++;
    return;
  }
  add_command(x, &addr, is_source);
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "# ", "");
}

const struct kz_exporter kz_exporter_netfilter = {
    .name = "netfilter",
    .type = "text/plain; charset=UTF-8",
    .is_bare = true,
    .row = export_row,
    .end = end_export};
