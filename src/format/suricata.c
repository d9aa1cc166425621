/* "suricata": rules for Suricata 6 and later. A domain is looked for in
 * questions to the DNS, in the Host of HTTP and in the server name of TLS. */
#include "format/nids.h"
#include "model/value.h"

static void begin_export(struct kz_exporting *x) {
  kz_buf_add_str(x->out,
                 KZ_STR("# Rules for Suricata, exported by kizashi.\n"));
}

/* The three places where a name shows. A domain also stands for what is below
 * it: the transform puts a '.' before the name, so its end is compared. */
static void add_host(struct kz_exporting *x, const struct kz_export_row *row,
                     kz_str name, bool with_below) {
  static const struct {
    const char *head;
    const char *buffer;
    const char *nocase;
  } places[] = {
      {"dns $HOME_NET any -> any any", "dns.query;", "nocase;"},
      {"http $HOME_NET any -> any any", "flow:to_server; http.host;", ""},
      {"tls $HOME_NET any -> any any", "flow:to_server; tls.sni;", "nocase;"},
  };
  if (!kz_exporting_is_name(name)) {
    x->left_out++;
    return;
  }
  KZ_BUF(content, 512);
  if (with_below) {
    kz_buf_add_byte(&content, '.');
  }
  for (size_t i = 0; i < name.len; i++) {
    kz_buf_add_byte(&content, kz_to_lower(name.ptr[i]));
  }
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    const struct kz_nids_rule rule = {.row = row, .number = i};
    kz_nids_begin(x, &rule, places[i].head, with_below ? "Domain" : "Hostname");
    kz_buf_add_str(x->out, kz_str_of(places[i].buffer));
    kz_buf_add_str(x->out, with_below ? KZ_STR(" dotprefix; ") : KZ_STR(" "));
    kz_nids_content(x, kz_buf_str(&content), places[i].nocase);
    if (with_below) {
      kz_buf_add_str(x->out, KZ_STR("endswith; "));
    } else {
      kz_buf_add_format(x->out, "bsize:%zu; ", content.len);
    }
    kz_nids_end(x, &rule);
  }
}

/* http: the host and the raw rest. What TLS hides cannot be seen. */
static void add_url(struct kz_exporting *x, const struct kz_export_row *row) {
  kz_str url = row->attribute->value;
  size_t start = kz_str_starts(url, KZ_STR("http://")) ? 7 : SIZE_MAX;
  kz_str rest = start == SIZE_MAX ? KZ_STR_NONE : kz_str_from(url, start);
  size_t slash = kz_str_find_byte(rest, '/');
  kz_str authority = slash == SIZE_MAX ? rest : kz_str_head(rest, slash);
  kz_str path = slash == SIZE_MAX ? KZ_STR("/") : kz_str_from(rest, slash);
  size_t fragment = kz_str_find_byte(path, '#');
  path = fragment == SIZE_MAX ? path : kz_str_head(path, fragment);
  size_t colon = kz_str_find_byte(authority, ':');
  kz_str host = colon == SIZE_MAX ? authority : kz_str_head(authority, colon);
  KZ_BUF(lower, 512);
  for (size_t i = 0; i < host.len; i++) {
    kz_buf_add_byte(&lower, kz_to_lower(host.ptr[i]));
  }
  struct kz_addr addr;
  bool is_good = (kz_exporting_is_name(host) ||
                  (kz_addr_parse(host, &addr) == KZ_OK && addr.length == 4)) &&
                 path.len <= KZ_NIDS_CONTENT_MAX && !kz_buf_failed(&lower);
  if (!is_good) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  kz_nids_begin(x, &rule, "http $HOME_NET any -> any any", "URL");
  kz_buf_add_str(x->out, KZ_STR("flow:to_server; http.host; "));
  kz_nids_content(x, kz_buf_str(&lower), "");
  kz_buf_add_format(x->out, "bsize:%zu; http.uri.raw; ", host.len);
  kz_nids_content(x, path, "startswith;");
  kz_nids_end(x, &rule);
}

/* Text that a buffer must hold. */
static void add_text(struct kz_exporting *x, const struct kz_export_row *row,
                     const char *head, const char *before,
                     const char *options) {
  kz_str value = row->attribute->value;
  if (value.len == 0 || value.len > KZ_NIDS_CONTENT_MAX) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  KZ_BUF(what, 64);
  kz_exporting_plain(&what, kz_type_name(row->attribute->type));
  kz_buf_add_byte(&what, '\0');
  kz_nids_begin(x, &rule, head, what.ptr);
  kz_buf_add_str(x->out, kz_str_of(before));
  kz_nids_content(x, value, options);
  kz_nids_end(x, &rule);
}

/* 40 digits of a certificate's SHA-1, as "aa:bb:..". */
static void add_certificate(struct kz_exporting *x,
                            const struct kz_export_row *row) {
  kz_str value = row->attribute->value;
  KZ_BUF(text, 64);
  for (size_t i = 0; i < value.len && value.len == 40; i++) {
    if (i > 0 && i % 2 == 0) {
      kz_buf_add_byte(&text, ':');
    }
    kz_buf_add_byte(&text, kz_is_hex(value.ptr[i]) ? value.ptr[i] : '0');
  }
  if (text.len == 0) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  kz_nids_begin(x, &rule, "tls any any -> any any", "Certificate");
  kz_buf_add_str(x->out, KZ_STR("tls.cert_fingerprint; "));
  kz_nids_content(x, kz_buf_str(&text), "");
  kz_nids_end(x, &rule);
}

#define MAIL "smtp $EXTERNAL_NET any -> any any"

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
    add_host(x, row, parts[0], true);
    return;
  case KZ_TYPE_HOSTNAME:
  case KZ_TYPE_HOSTNAME_PORT:
    add_host(x, row, parts[0], false);
    return;
  case KZ_TYPE_URL:
    add_url(x, row);
    return;
  case KZ_TYPE_URI:
    add_text(x, row, "http $HOME_NET any -> any any",
             "flow:to_server; http.uri.raw; ", "");
    return;
  case KZ_TYPE_USER_AGENT:
    add_text(x, row, "http $HOME_NET any -> any any",
             "flow:to_server; http.user_agent; ", "");
    return;
  case KZ_TYPE_JA3_FINGERPRINT_MD5:
    add_text(x, row, "tls any any -> any any", "ja3.hash; ", "");
    return;
  case KZ_TYPE_EMAIL_SRC:
    add_text(x, row, MAIL,
             "flow:to_server; content:\"MAIL FROM|3a|\"; nocase; ",
             "nocase; fast_pattern;");
    return;
  case KZ_TYPE_EMAIL_DST:
    add_text(x, row, MAIL, "flow:to_server; content:\"RCPT TO|3a|\"; nocase; ",
             "nocase; fast_pattern;");
    return;
  case KZ_TYPE_EMAIL_SUBJECT:
    add_text(x, row, MAIL, "flow:to_server; content:\"Subject|3a|\"; nocase; ",
             "nocase; fast_pattern;");
    return;
  case KZ_TYPE_X509_FINGERPRINT_SHA1:
    add_certificate(x, row);
    return;
  case KZ_TYPE_SURICATA:
    kz_nids_as_is(x, row);
    return;
  }
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "# ", "");
}

const struct kz_exporter kz_exporter_suricata = {
    .name = "suricata",
    .type = "text/plain; charset=UTF-8",
    .is_restrictive = true,
    .begin = begin_export,
    .row = export_row,
    .end = end_export};
