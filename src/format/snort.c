/* "snort": rules for Snort 2.9, which Snort's converter takes to version 3. A
 * name is looked for in questions to the DNS as it stands there: each label
 * behind its length. */
#include "format/nids.h"
#include "model/value.h"

static void begin_export(struct kz_exporting *x) {
  kz_buf_add_str(x->out, KZ_STR("# Rules for Snort, exported by kizashi.\n"));
}

/* |07|example|03|com|00| */
static void add_labels(struct kz_buf *out, kz_str name) {
  kz_str rest = name;
  kz_str label = KZ_STR_NONE;
  while (kz_str_next(&rest, '.', &label)) {
    kz_buf_add_format(out, "|%02zx|", label.len);
    kz_nids_bytes(out, label);
  }
  kz_buf_add_str(out, KZ_STR("|00|"));
}

static void add_host(struct kz_exporting *x, const struct kz_export_row *row,
                     kz_str name, const char *what) {
  static const struct {
    const char *head;
    unsigned depth; /* TCP has the length of the question before it */
  } ways[] = {{"udp $HOME_NET any -> any 53", 2},
              {"tcp $HOME_NET any -> any 53", 4}};
  if (!kz_exporting_is_name(name)) {
    x->left_out++;
    return;
  }
  for (unsigned i = 0; i < 2; i++) {
    const struct kz_nids_rule rule = {.row = row, .number = i};
    kz_nids_begin(x, &rule, ways[i].head, what);
    kz_buf_add_format(x->out,
                      "content:\"|01 00 00 01 00 00 00 00 00 00|\"; depth:10; "
                      "offset:%u; content:\"",
                      ways[i].depth);
    add_labels(x->out, name);
    kz_buf_add_str(x->out, KZ_STR("\"; nocase; fast_pattern; "));
    kz_nids_end(x, &rule);
  }
}

static void add_text(struct kz_exporting *x, const struct kz_export_row *row,
                     kz_str value, const char *head, const char *options) {
  if (value.len == 0 || value.len > KZ_NIDS_CONTENT_MAX) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  KZ_BUF(what, 64);
  kz_exporting_plain(&what, kz_type_name(row->attribute->type));
  kz_buf_add_byte(&what, '\0');
  kz_nids_begin(x, &rule, head, what.ptr);
  kz_buf_add_str(x->out, KZ_STR("flow:to_server,established; "));
  kz_nids_content(x, value, options);
  kz_nids_end(x, &rule);
}

/* The path of a URL, or what is behind its scheme when it has none. */
static kz_str path_of(kz_str url) {
  size_t scheme = kz_str_find(url, KZ_STR("://"));
  kz_str rest = scheme == SIZE_MAX ? url : kz_str_from(url, scheme + 3);
  size_t slash = kz_str_find_byte(rest, '/');
  return slash == SIZE_MAX ? KZ_STR_NONE : kz_str_from(rest, slash);
}

static void add_url(struct kz_exporting *x, const struct kz_export_row *row) {
  kz_str url = row->attribute->value;
  kz_str path = path_of(url);
  kz_str host = kz_value_host(url);
  if (!kz_str_starts(url, KZ_STR("http://")) || !kz_exporting_is_name(host) ||
      path.len == 0 || path.len > KZ_NIDS_CONTENT_MAX) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  kz_nids_begin(x, &rule, "tcp $HOME_NET any -> any $HTTP_PORTS", "URL");
  kz_buf_add_str(x->out,
                 KZ_STR("flow:to_server,established; content:\"Host|3a| "));
  kz_nids_bytes(x->out, host);
  kz_buf_add_str(x->out, KZ_STR("\"; nocase; http_header; "));
  kz_nids_content(x, path, "http_raw_uri;");
  kz_nids_end(x, &rule);
}

#define WEB "tcp $HOME_NET any -> any $HTTP_PORTS"
#define MAIL "tcp $EXTERNAL_NET any -> $SMTP_SERVERS 25"

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_str parts[2] = {{"", 0}, {"", 0}};
  if (!kz_nids_has_sid(x, a)) {
    x->left_out++;
    return;
  }
  if (kz_nids_network(x, row)) {
    return;
  }
  (void)kz_value_parts(a->type, a->value, parts);
  switch (a->type) {
  case KZ_TYPE_DOMAIN:
  case KZ_TYPE_DOMAIN_IP:
    add_host(x, row, parts[0], "Domain");
    return;
  case KZ_TYPE_HOSTNAME:
  case KZ_TYPE_HOSTNAME_PORT:
    add_host(x, row, parts[0], "Hostname");
    return;
  case KZ_TYPE_URL:
    add_url(x, row);
    return;
  case KZ_TYPE_URI:
    add_text(x, row, parts[0], WEB, "http_raw_uri;");
    return;
  case KZ_TYPE_USER_AGENT:
    add_text(x, row, parts[0], WEB, "http_header;");
    return;
  case KZ_TYPE_EMAIL_SRC:
  case KZ_TYPE_EMAIL_DST:
  case KZ_TYPE_EMAIL_SUBJECT:
    add_text(x, row, parts[0], MAIL, "nocase;");
    return;
  case KZ_TYPE_SNORT:
    kz_nids_as_is(x, row);
    return;
  }
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "# ", "");
}

const struct kz_exporter kz_exporter_snort = {.name = "snort",
                                              .type =
                                                  "text/plain; charset=UTF-8",
                                              .is_restrictive = true,
                                              .begin = begin_export,
                                              .row = export_row,
                                              .end = end_export};
