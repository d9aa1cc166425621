/* "rpz": a response policy zone (draft-vixie-dnsop-dns-rpz) as BIND, unbound
 * and others load it. Triggers are names in the zone: a domain blocks itself
 * and all below, a hostname itself, an address the answers that hold it
 * ("32.1.2.0.192.rpz-ip"). Nothing of a value goes in but labels and digits
 * that were checked here. */
#include <stdio.h>

#include "base/clock.h"
#include "format/exporting.h"
#include "model/value.h"

enum { TRIGGER_BYTES = 160, OWNER_MAX = 180 /* leaves room for the origin */ };

/* A name for the zone's head without a last dot; the default when it is none.
 * "localhost" is one, "a@b" is written as the DNS writes mail addresses. */
static void add_name(struct kz_buf *out, kz_str text, kz_str otherwise) {
  KZ_BUF(name, 256);
  for (size_t i = 0; i < text.len && i < 250; i++) {
    kz_buf_add_byte(&name, text.ptr[i] == '@' ? '.' : text.ptr[i]);
  }
  kz_str shown = kz_buf_str(&name);
  if (kz_str_ends(shown, KZ_STR("."))) {
    shown = kz_str_head(shown, shown.len - 1);
  }
  bool is_good =
      kz_str_eq(shown, KZ_STR("localhost")) || kz_exporting_is_name(shown);
  kz_buf_add_str(out, is_good ? shown : otherwise);
  kz_buf_add_byte(out, '.');
}

/* "1w", "2h", "3600". */
static void add_time(struct kz_buf *out, kz_str text, kz_str otherwise) {
  kz_str digits = text;
  uint64_t number = 0;
  if (text.len > 1 && strchr("smhdwSMHDW", text.ptr[text.len - 1])) {
    digits = kz_str_head(text, text.len - 1);
  }
  bool is_good = text.len < 11 && kz_str_u64(digits, &number) == KZ_OK;
  kz_buf_add_str(out, is_good ? text : otherwise);
}

/* "$date" and "$time" of the settings are of now; 32 bits are what a zone's
 * serial has. */
static void add_serial(struct kz_exporting *x) {
  kz_str serial = x->settings.rpz.serial;
  struct kz_date date = kz_clock_date(kz_clock_day_of(x->settings.now_us));
  KZ_BUF(text, 64);
  kz_str rest = serial;
  if (kz_str_starts(serial, KZ_STR("$date"))) {
    kz_buf_add_format(&text, "%04u%02u%02u", (unsigned)date.year % 4000,
                      (unsigned)date.month, (unsigned)date.day);
    rest = kz_str_from(serial, 5);
  } else if (kz_str_eq(serial, KZ_STR("$time"))) {
    kz_buf_add_u64(&text, (uint64_t)(x->settings.now_us / KZ_SECOND_US));
    rest = KZ_STR_NONE;
  }
  kz_buf_add_str(&text, kz_str_head(rest, 32));
  uint64_t number = 0;
  if (kz_str_u64(kz_buf_str(&text), &number) != KZ_OK || number > UINT32_MAX) {
    number = (uint64_t)(date.year % 4000) * 1000000 + date.month * 10000u +
             date.day * 100u;
  }
  kz_buf_add_u64(x->out, number);
}

static kz_str words_of(enum kz_rpz_policy policy) {
  switch (policy) {
  case KZ_RPZ_NXDOMAIN:
    return KZ_STR("NXDOMAIN");
  case KZ_RPZ_NODATA:
    return KZ_STR("NODATA");
  case KZ_RPZ_DROP:
    return KZ_STR("no answer");
  case KZ_RPZ_PASSTHRU:
    return KZ_STR("the true answer");
  case KZ_RPZ_TCP_ONLY:
    return KZ_STR("a truncated answer over UDP");
  case KZ_RPZ_LOCAL_DATA:
    break;
  }
  return KZ_STR("the walled garden");
}

static void begin_export(struct kz_exporting *x) {
  const struct kz_rpz_settings *s = &x->settings.rpz;
  struct kz_buf *out = x->out;
  kz_buf_add_str(out, KZ_STR("$TTL "));
  add_time(out, s->ttl, KZ_STR("1w"));
  kz_buf_add_str(out, KZ_STR("\n@ IN SOA "));
  add_name(out, s->ns, KZ_STR("localhost"));
  kz_buf_add_byte(out, ' ');
  add_name(out, s->email, KZ_STR("root.localhost"));
  kz_buf_add_str(out, KZ_STR(" ("));
  add_serial(x);
  kz_buf_add_byte(out, ' ');
  add_time(out, s->refresh, KZ_STR("2h"));
  kz_buf_add_byte(out, ' ');
  add_time(out, s->retry, KZ_STR("30m"));
  kz_buf_add_byte(out, ' ');
  add_time(out, s->expiry, KZ_STR("30d"));
  kz_buf_add_byte(out, ' ');
  add_time(out, s->minimum_ttl, KZ_STR("1h"));
  kz_buf_add_str(out, KZ_STR(")\n  IN NS "));
  add_name(out, s->ns, KZ_STR("localhost"));
  kz_buf_add_byte(out, '\n');
  if (s->ns_alt.len > 0) {
    kz_buf_add_str(out, KZ_STR("  IN NS "));
    add_name(out, s->ns_alt, KZ_STR("localhost"));
    kz_buf_add_byte(out, '\n');
  }
  kz_buf_add_str(out, KZ_STR("; What is named below gets: "));
  kz_buf_add_str(out, words_of(s->policy));
  kz_buf_add_byte(out, '\n');
}

static void add_action(struct kz_exporting *x) {
  switch (x->settings.rpz.policy) {
  case KZ_RPZ_NXDOMAIN:
    kz_buf_add_str(x->out, KZ_STR(" CNAME .\n"));
    return;
  case KZ_RPZ_NODATA:
    kz_buf_add_str(x->out, KZ_STR(" CNAME *.\n"));
    return;
  case KZ_RPZ_DROP:
    kz_buf_add_str(x->out, KZ_STR(" CNAME rpz-drop.\n"));
    return;
  case KZ_RPZ_PASSTHRU:
    kz_buf_add_str(x->out, KZ_STR(" CNAME rpz-passthru.\n"));
    return;
  case KZ_RPZ_TCP_ONLY:
    kz_buf_add_str(x->out, KZ_STR(" CNAME rpz-tcp-only.\n"));
    return;
  case KZ_RPZ_LOCAL_DATA:
    break;
  }
  struct kz_addr addr;
  kz_str garden = x->settings.rpz.walled_garden;
  if (kz_addr_parse(garden, &addr) == KZ_OK && addr.prefix == addr.length * 8) {
    char text[KZ_ADDR_TEXT];
    kz_buf_add_str(x->out, addr.length == 4 ? KZ_STR(" A ") : KZ_STR(" AAAA "));
    kz_buf_add(x->out, text, kz_addr_format(&addr, text));
    kz_buf_add_byte(x->out, '\n');
    return;
  }
  kz_buf_add_str(x->out, KZ_STR(" CNAME "));
  add_name(x->out, x->settings.rpz.walled_garden, KZ_STR("localhost"));
  kz_buf_add_byte(x->out, '\n');
}

static void add_owner(struct kz_exporting *x, kz_str before, kz_str owner) {
  kz_buf_add_str(x->out, before);
  kz_buf_add_str(x->out, owner);
  add_action(x);
}

/* An address with its host bits off, and as one only when it is one. */
static bool read_network(kz_str text, struct kz_addr *ret) {
  if (kz_addr_parse(text, ret) != KZ_OK || ret->prefix == 0) {
    return false;
  }
  for (unsigned i = 0; i < ret->length; i++) {
    unsigned kept = ret->prefix <= 8 * i ? 0 : ret->prefix - 8 * i;
    ret->bytes[i] &= (uint8_t)(kept >= 8 ? 0xff : 0xff00 >> kept);
  }
  return true;
}

/* "24.0.2.0.192.rpz-ip"; of IPv6 the words from the last, with the longest run
 * of zeros as "zz". */
static kz_str format_trigger(const struct kz_addr *addr,
                             char text[TRIGGER_BYTES]) {
  KZ_BUF(out, TRIGGER_BYTES);
  kz_buf_add_u64(&out, addr->prefix);
  if (addr->length == 4) {
    for (int i = 3; i >= 0; i--) {
      kz_buf_add_format(&out, ".%u", addr->bytes[i]);
    }
  } else {
    int best = -1;
    int best_len = 1;
    for (int i = 0, run = 0; i < 8; i++) {
      bool is_zero = !addr->bytes[2 * i] && !addr->bytes[2 * i + 1];
      run = is_zero ? run + 1 : 0;
      if (run > best_len) {
        best_len = run;
        best = i;
      }
    }
    for (int i = 7; i >= 0; i--) {
      if (i == best) {
        kz_buf_add_str(&out, KZ_STR(".zz"));
        i -= best_len - 1;
      } else {
        kz_buf_add_format(&out, ".%x",
                          (unsigned)addr->bytes[2 * i] << 8 |
                              addr->bytes[2 * i + 1]);
      }
    }
  }
  kz_buf_add_str(&out, KZ_STR(".rpz-ip"));
  memcpy(text, out.ptr, out.len);
  return (kz_str){text, out.len};
}

static void add_address(struct kz_exporting *x, kz_str text) {
  struct kz_addr addr;
  if (!read_network(text, &addr)) {
    x->left_out++;
    return;
  }
  char trigger[TRIGGER_BYTES];
  kz_str owner = format_trigger(&addr, trigger);
  if (kz_exporting_is_new(x, 'a', owner)) {
    add_owner(x, KZ_STR(""), owner);
  }
}

static void add_host(struct kz_exporting *x, kz_str name, bool with_below) {
  if (!kz_exporting_is_name(name) || name.len > OWNER_MAX) {
    x->left_out++;
    return;
  }
  if (kz_exporting_is_new(x, 'n', name)) {
    add_owner(x, KZ_STR(""), name);
  }
  if (with_below && kz_exporting_is_new(x, 'w', name)) {
    add_owner(x, KZ_STR("*."), name);
  }
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_str parts[2] = {{"", 0}, {"", 0}};
  (void)kz_value_parts(a->type, a->value, parts);
  switch (a->type) {
  case KZ_TYPE_DOMAIN:
    add_host(x, parts[0], true);
    return;
  case KZ_TYPE_HOSTNAME:
  case KZ_TYPE_HOSTNAME_PORT:
    add_host(x, parts[0], false);
    return;
  case KZ_TYPE_DOMAIN_IP:
    add_host(x, parts[0], true);
    add_address(x, parts[1]);
    return;
  case KZ_TYPE_IP_SRC:
  case KZ_TYPE_IP_DST:
  case KZ_TYPE_IP_SRC_PORT:
  case KZ_TYPE_IP_DST_PORT:
    add_address(x, parts[0]);
    return;
  }
}

static void end_export(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "; ", "");
}

const struct kz_exporter kz_exporter_rpz = {.name = "rpz",
                                            .type = "text/plain; charset=UTF-8",
                                            .is_restrictive = true,
                                            .begin = begin_export,
                                            .is_bare = true,
                                            .row = export_row,
                                            .end = end_export};
