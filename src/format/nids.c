/* Numbers of rules are base + 10 * the attribute's id + n: the same attribute
 * has the same numbers in every export, so a suppression stays valid. */
#include "format/nids.h"

#include "model/value.h"

enum { TAGS_SHOWN = 8 };

bool kz_nids_has_sid(const struct kz_exporting *x,
                     const struct kz_attribute *a) {
  return a->id <= (UINT32_MAX - x->settings.sid_base - 9) / 10;
}

static uint64_t sid_of(const struct kz_exporting *x,
                       const struct kz_nids_rule *rule) {
  return x->settings.sid_base + rule->row->attribute->id * 10 + rule->number;
}

/* MISP e1 [tlp:green,type:osint] */
static void add_msg(struct kz_exporting *x, const struct kz_event *event,
                    const char *what) {
  kz_buf_add_format(x->out, "msg:\"MISP e%llu [",
                    (unsigned long long)event->id);
  size_t shown = 0;
  for (size_t i = 0; i < event->tag_count && shown < TAGS_SHOWN; i++) {
    if (!event->tags[i].tag.exportable) {
      continue;
    }
    if (shown++ > 0) {
      kz_buf_add_byte(x->out, ',');
    }
    kz_exporting_plain(x->out, event->tags[i].tag.name);
  }
  kz_buf_add_str(x->out, KZ_STR("] "));
  kz_buf_add_str(x->out, kz_str_of(what));
  kz_buf_add_str(x->out, KZ_STR("\"; "));
}

void kz_nids_begin(struct kz_exporting *x, const struct kz_nids_rule *rule,
                   const char *head, const char *what) {
  kz_buf_add_format(x->out, "alert %s (", head);
  add_msg(x, rule->row->event, what);
}

/* A reference goes on to the next ';', so a URL that has one is none. */
static bool is_plain_url(kz_str url) {
  for (size_t i = 0; i < url.len; i++) {
    if (!kz_is_alnum(url.ptr[i]) && !strchr(".:/_-[]", url.ptr[i])) {
      return false;
    }
  }
  return url.len > 0;
}

void kz_nids_end(struct kz_exporting *x, const struct kz_nids_rule *rule) {
  kz_buf_add_format(
      x->out, "classtype:trojan-activity; sid:%llu; rev:1; priority:%u;",
      (unsigned long long)sid_of(x, rule), rule->row->event->threat_level);
  kz_str url = x->settings.base_url;
  size_t scheme = kz_str_find(url, KZ_STR("://"));
  url = scheme == SIZE_MAX ? url : kz_str_from(url, scheme + 3);
  if (is_plain_url(url)) {
    kz_buf_add_str(x->out, KZ_STR(" reference:url,"));
    kz_buf_add_str(x->out, url);
    kz_buf_add_format(x->out, "/events/view/%llu;",
                      (unsigned long long)rule->row->event->id);
  }
  kz_buf_add_str(x->out, KZ_STR(")\n"));
}

void kz_nids_bytes(struct kz_buf *out, kz_str text) {
  bool is_hex = false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    bool is_plain = kz_is_alnum(c) || (c && strchr(" .-_/", c));
    if (is_plain == is_hex) {
      kz_buf_add_byte(out, '|');
      is_hex = !is_hex;
    } else if (is_hex) {
      kz_buf_add_byte(out, ' ');
    }
    if (is_plain) {
      kz_buf_add_byte(out, c);
    } else {
      kz_buf_add_format(out, "%02x", (unsigned char)c);
    }
  }
  if (is_hex) {
    kz_buf_add_byte(out, '|');
  }
}

void kz_nids_content(struct kz_exporting *x, kz_str text, const char *options) {
  kz_buf_add_str(x->out, KZ_STR("content:\""));
  kz_nids_bytes(x->out, text);
  kz_buf_add_format(x->out, "\"; %s%s", options, *options ? " " : "");
}

void kz_nids_address(struct kz_buf *out, const struct kz_addr *addr) {
  char text[KZ_ADDR_TEXT];
  kz_str shown = {text, kz_addr_format(addr, text)};
  if (addr->length == 4) {
    kz_buf_add_str(out, shown);
    return;
  }
  kz_buf_add_byte(out, '[');
  kz_buf_add_str(out, shown);
  kz_buf_add_byte(out, ']');
}

bool kz_nids_is_port(kz_str text) {
  uint64_t port = 0;
  return text.len <= 5 && kz_str_u64(text, &port) == KZ_OK && port > 0 &&
         port <= 65535;
}

static void add_network(struct kz_exporting *x, struct kz_nids_rule rule,
                        const char *protocol, kz_str target, bool is_source) {
  KZ_BUF(head, 256);
  kz_buf_add_str(&head, kz_str_of(protocol));
  if (is_source) {
    kz_buf_add_byte(&head, ' ');
    kz_buf_add_str(&head, target);
    kz_buf_add_str(&head, KZ_STR(" -> $HOME_NET any"));
  } else {
    kz_buf_add_str(&head, KZ_STR(" $HOME_NET any -> "));
    kz_buf_add_str(&head, target);
  }
  kz_buf_add_byte(&head, '\0');
  kz_nids_begin(x, &rule, head.ptr,
                is_source ? "Incoming From IP" : "Outgoing To IP");
  kz_nids_end(x, &rule);
}

bool kz_nids_network(struct kz_exporting *x, const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  bool is_source = a->type == KZ_TYPE_IP_SRC || a->type == KZ_TYPE_IP_SRC_PORT;
  bool has_port =
      a->type == KZ_TYPE_IP_SRC_PORT || a->type == KZ_TYPE_IP_DST_PORT;
  if (!is_source && !has_port && a->type != KZ_TYPE_IP_DST) {
    return false;
  }
  kz_str parts[2] = {{"", 0}, {"", 0}};
  struct kz_addr addr;
  (void)kz_value_parts(a->type, a->value, parts);
  if (kz_addr_parse(parts[0], &addr) != KZ_OK ||
      (has_port && !kz_nids_is_port(parts[1]))) {
    x->left_out++;
    return true;
  }
  KZ_BUF(target, 128);
  kz_nids_address(&target, &addr);
  kz_buf_add_byte(&target, ' ');
  kz_buf_add_str(&target, has_port ? parts[1] : KZ_STR("any"));
  struct kz_nids_rule rule = {.row = row};
  if (!has_port) {
    add_network(x, rule, "ip", kz_buf_str(&target), is_source);
    return true;
  }
  add_network(x, rule, "tcp", kz_buf_str(&target), is_source);
  rule.number = 1;
  add_network(x, rule, "udp", kz_buf_str(&target), is_source);
  return true;
}

/* --- rules that somebody wrote ---------------------------------------------
 */

/* Where the option that begins at `at` ends: behind its ';'. SIZE_MAX: nowhere,
 * or two readers would not agree: one knows quotes, one only a '\' before. */
static size_t end_of_option(kz_str body, size_t at) {
  bool is_quoted = false;
  for (; at < body.len; at++) {
    char c = body.ptr[at];
    if (c == '\\') {
      at++;
      if (kz_str_starts(kz_str_from(body, at), KZ_STR("\\;"))) {
        return SIZE_MAX;
      }
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ';') {
      return is_quoted ? SIZE_MAX : at + 1;
    }
  }
  return SIZE_MAX;
}

static kz_str name_of_option(kz_str option) {
  size_t end = 0;
  while (end < option.len && option.ptr[end] != ':' && option.ptr[end] != ';') {
    end++;
  }
  return kz_str_trim(kz_str_head(option, end));
}

/* What we say ourselves. */
static bool is_ours(kz_str name) {
  return kz_str_eq(name, KZ_STR("sid")) || kz_str_eq(name, KZ_STR("msg")) ||
         kz_str_eq(name, KZ_STR("rev")) || kz_str_eq(name, KZ_STR("gid")) ||
         kz_str_eq(name, KZ_STR("priority")) ||
         kz_str_eq(name, KZ_STR("classtype")) ||
         kz_str_eq(name, KZ_STR("reference"));
}

/* Options that read files or run code beside the rule. */
static bool is_refused(kz_str name) {
  return name.len == 0 || kz_str_eq(name, KZ_STR("lua")) ||
         kz_str_eq(name, KZ_STR("luajit")) ||
         kz_str_eq(name, KZ_STR("dataset")) ||
         kz_str_eq(name, KZ_STR("datarep")) ||
         kz_str_eq(name, KZ_STR("iprep")) ||
         kz_str_eq(name, KZ_STR("filestore"));
}

/* The options but ours; false: one is refused or unfinished. */
static bool copy_options(kz_str body, struct kz_buf *out) {
  size_t at = 0;
  while (kz_str_trim(kz_str_from(body, at)).len > 0) {
    size_t end = end_of_option(body, at);
    if (end == SIZE_MAX) {
      return false;
    }
    kz_str option = kz_str_trim(kz_str_head(kz_str_from(body, at), end - at));
    kz_str name = name_of_option(option);
    if (is_refused(name)) {
      return false;
    }
    if (!is_ours(name)) {
      kz_buf_add_str(out, option);
      kz_buf_add_byte(out, ' ');
    }
    at = end;
  }
  return true;
}

static bool is_one_line(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < ' ' || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/* "tcp $HOME_NET any -> [192.0.2.0/24,!192.0.2.1] any" and nothing else. */
static bool is_plain_head(kz_str head) {
  for (size_t i = 0; i < head.len; i++) {
    char c = head.ptr[i];
    if (!kz_is_alnum(c) && !(c && strchr(" $_.:,/!<>-[]", c))) {
      return false;
    }
  }
  return true;
}

void kz_nids_as_is(struct kz_exporting *x, const struct kz_export_row *row) {
  kz_str text = kz_str_trim(row->attribute->value);
  size_t open = kz_str_find_byte(text, '(');
  KZ_BUF(options, KZ_NIDS_RULE_MAX);
  kz_str head = kz_str_head(text, open == SIZE_MAX ? 0 : open);
  bool is_good = open != SIZE_MAX && is_one_line(text) &&
                 text.len < KZ_NIDS_RULE_MAX / 2 &&
                 kz_str_starts(head, KZ_STR("alert ")) && is_plain_head(head) &&
                 kz_str_ends(text, KZ_STR(")"));
  if (is_good) {
    kz_str body = kz_str_from(text, open + 1);
    is_good = copy_options(kz_str_head(body, body.len - 1), &options);
  }
  if (!is_good || kz_buf_failed(&options)) {
    x->left_out++;
    return;
  }
  const struct kz_nids_rule rule = {.row = row};
  kz_buf_add_str(x->out, kz_str_trim(head));
  kz_buf_add_str(x->out, KZ_STR(" ("));
  add_msg(x, row->event, "Rule");
  kz_buf_add_str(x->out, kz_buf_str(&options));
  kz_nids_end(x, &rule);
}
