#include "text/url.h"

#include <string.h>

#include "model/addr.h"
#include "text/address.h"
#include "text/host.h"

enum {
  USER_MAX = 256, /* bytes of "user:password@" */
  LOCAL_MAX = 64, /* bytes before the '@' of an e-mail address */
};

struct scheme {
  kz_str written; /* lower case */
  kz_str plain;
};

#define TEXT(literal)                                                          \
  { "" literal, sizeof(literal) - 1 }
#define SAME(literal)                                                          \
  { TEXT(literal), TEXT(literal) }

static const struct scheme schemes[] = {
    SAME("http"),
    SAME("https"),
    {TEXT("hxxp"), TEXT("http")},
    {TEXT("hxxps"), TEXT("https")},
    {TEXT("hxtp"), TEXT("http")},
    {TEXT("hxtps"), TEXT("https")},
    {TEXT("htxp"), TEXT("http")},
    {TEXT("htxps"), TEXT("https")},
    {TEXT("hzzp"), TEXT("http")},
    {TEXT("hzzps"), TEXT("https")},
    {TEXT("hxp"), TEXT("http")},
    {TEXT("hxps"), TEXT("https")},
    {TEXT("meow"), TEXT("http")},
    {TEXT("meows"), TEXT("https")},
    SAME("ftp"),
    SAME("ftps"),
    {TEXT("fxp"), TEXT("ftp")},
    {TEXT("fxps"), TEXT("ftps")},
    SAME("sftp"),
    SAME("tftp"),
    SAME("tcp"),
    SAME("udp"),
    SAME("tls"),
    SAME("ssl"),
    SAME("ws"),
    SAME("wss"),
    SAME("ssh"),
    SAME("telnet"),
    SAME("smb"),
    SAME("ldap"),
    SAME("ldaps"),
    SAME("rmi"),
    SAME("dns"),
    SAME("rdp"),
    SAME("vnc"),
    SAME("irc"),
    SAME("ircs"),
    SAME("git"),
    SAME("svn"),
    SAME("socks4"),
    SAME("socks5"),
    SAME("mqtt"),
    SAME("rtsp"),
    SAME("redis"),
    SAME("mongodb"),
};

/* The scheme that ends the run; where it begins. */
static const struct scheme *find_scheme(const struct kz_plain *plain,
                                        const struct kz_run *run,
                                        size_t *ret_start) {
  size_t start = run->end;
  while (start > run->start && run->end - start < 8 &&
         kz_is_alnum(plain->text[start - 1])) {
    start--;
  }
  kz_str word = {plain->text + start, run->end - start};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (kz_str_eq_nocase(schemes[i].written, word)) {
      *ret_start = start;
      return &schemes[i];
    }
  }
  return NULL;
}

void kz_url_settle_stops(struct kz_plain *plain, size_t at) {
  bool has_dot = false;
  size_t end = at;
  for (;; end++) {
    char c = plain->text[end];
    if (!kz_is_run_byte(c) && c != KZ_PLAIN_SOFT_DOT) {
      break;
    }
    has_dot |= c == '.';
  }
  for (size_t i = at; i < end; i++) {
    if (plain->text[i] == KZ_PLAIN_SOFT_DOT) {
      plain->text[i] = has_dot ? KZ_PLAIN_BREAK : '.';
    }
  }
}

/* Where "user:password@" ends; `at` when there is none. */
static size_t skip_user(const struct kz_plain *plain, size_t at) {
  for (size_t i = at; i - at < USER_MAX; i++) {
    char c = plain->text[i];
    if (c == '@') {
      return i + 1;
    }
    if (c <= ' ' || strchr("/?#<>\"\\[]{}|", c)) {
      break;
    }
  }
  return at;
}

/* Labels of digits alone make an address or nothing. */
static bool is_numeric(kz_str host) {
  for (size_t i = 0; i < host.len; i++) {
    if (!kz_is_digit(host.ptr[i]) && host.ptr[i] != '.') {
      return false;
    }
  }
  return true;
}

static bool is_good_host(kz_str host, bool something_follows) {
  struct kz_addr addr;
  if (host.len == 0 || is_numeric(host)) {
    return host.len > 0 && kz_addr_parse(host, &addr) == KZ_OK;
  }
  bool is_single = kz_str_find_byte(host, '.') == SIZE_MAX;
  return kz_host_is_well_formed(host) && (!is_single || something_follows);
}

/* "[2001:db8::1]" at `at`: where it ends, or `at`. */
static size_t skip_v6_host(const struct kz_plain *plain, size_t at) {
  struct kz_addr addr;
  size_t end = at + 1;
  while (end - at < 48 &&
         (kz_is_hex(plain->text[end]) || plain->text[end] == ':' ||
          plain->text[end] == '.')) {
    end++;
  }
  kz_str text = {plain->text + at + 1, end - at - 1};
  return plain->text[at] == '[' && plain->text[end] == ']' &&
                 kz_addr_parse(text, &addr) == KZ_OK
             ? end + 1
             : at;
}

/* Where the host and port at `at` end; `at` when they are none. */
static size_t read_host(const struct kz_plain *plain, size_t at) {
  size_t end = skip_v6_host(plain, at);
  size_t host_end = end > at ? end : kz_host_read(plain, at);
  size_t port_end = host_end;
  (void)kz_address_port(plain, host_end, &port_end);
  char after = plain->text[port_end];
  bool something_follows =
      port_end > host_end || (after == '/' && plain->text[port_end + 1] > ' ' &&
                              plain->text[port_end + 1] != '/');
  if (end == at && !is_good_host((kz_str){plain->text + at, host_end - at},
                                 something_follows)) {
    return at;
  }
  return port_end;
}

/* What a URL's path may not hold, besides brackets, which depend on whether
 * they close. */
static bool ends_url(char c) {
  return (c >= 0 && c <= ' ') || c == 0x7F || strchr("<>\"`{}|\\^", c);
}

/* Dense letters go on only between '/', '=', '-' or '_' and more ASCII:
 * "/日本語/a.php", but not "/a.phpに". Returns where they end, or `at`. */
static size_t dense_in_path(const struct kz_plain *plain, size_t at) {
  size_t end = kz_host_dense_end(plain, at);
  char c = plain->text[end];
  bool goes_on = strchr("/=-_", plain->text[at - 1]) && c > ' ' &&
                 strchr("/.?&-_", c) && kz_is_alnum(plain->text[end + 1]);
  return goes_on ? end : at;
}

/* Whether the comma or semicolon at `at` parts values rather than standing in
 * one: in a list that began before the URL, or before a blank, a quote, another
 * URL or a dense letter. */
static bool parts_values(const struct kz_plain *plain, size_t at, bool listed) {
  const char *next = plain->text + at + 1;
  return listed || ends_url(*next) || *next == '\'' ||
         kz_dense_letter(next) > 0 ||
         kz_str_eq_nocase((kz_str){next, 4}, KZ_STR("http")) ||
         kz_str_eq_nocase((kz_str){next, 4}, KZ_STR("hxxp"));
}

struct brackets {
  size_t round;
  size_t square;
};

/* Whether the bracket `c` closes one that stands outside the URL. */
static bool closes_outside(struct brackets *open, char c) {
  size_t *count = c == '(' || c == ')' ? &open->round : &open->square;
  if (c == '(' || c == '[') {
    *count += 1;
    return false;
  }
  if (*count == 0) {
    return true;
  }
  *count -= 1;
  return false;
}

/* Where the path, query and fragment at `at` end. */
static size_t read_tail(const struct kz_plain *plain, size_t start, size_t at) {
  struct brackets open = {0};
  char before = kz_plain_before(plain, start);
  bool listed = before == ',' || before == ';' || before == '\n';
  size_t end = at;
  while (end - start < KZ_HIT_BYTES) {
    char c = plain->text[end];
    if (kz_is_alnum(c) || c == '/') { /* most of it */
      end++;
      continue;
    }
    if (ends_url(c) || (c == '\'' && before == '\'') ||
        ((c == ',' || c == ';') && parts_values(plain, end, listed)) ||
        (strchr("()[]", c) && closes_outside(&open, c))) {
      break;
    }
    size_t dense = kz_dense_letter(plain->text + end);
    size_t next = dense > 0 ? dense_in_path(plain, end) : end + 1;
    if (next == end) {
      break;
    }
    end = next;
  }
  while (end > at && strchr(".,;:!?'*([", plain->text[end - 1])) {
    end--;
  }
  return end;
}

static void set_url(struct kz_hit *ret, const struct kz_plain *plain,
                    const struct scheme *scheme, size_t start, size_t rest,
                    size_t end) {
  kz_hit_set(ret, plain, start, end, KZ_TYPE_URL, KZ_KIND_URL);
  kz_str tail = {plain->text + rest, end - rest};
  if (kz_str_eq(kz_str_head(ret->value, rest - start), scheme->plain)) {
    return;
  }
  memcpy(ret->changed, scheme->plain.ptr, scheme->plain.len);
  memcpy(ret->changed + scheme->plain.len, tail.ptr, tail.len);
  ret->value = (kz_str){ret->changed, scheme->plain.len + tail.len};
}

bool kz_url_find(struct kz_plain *plain, const struct kz_run *run,
                 struct kz_hit *ret) {
  size_t start = 0;
  const struct scheme *scheme = find_scheme(plain, run, &start);
  if (!scheme) {
    return false;
  }
  size_t authority = run->end + 3;
  size_t host = skip_user(plain, authority);
  kz_url_settle_stops(plain, host);
  size_t host_end = read_host(plain, host);
  if (host_end == host) {
    return false;
  }
  size_t end = host_end;
  if (strchr("/?#", plain->text[end])) {
    end = read_tail(plain, start, host_end);
  }
  if (end - start > KZ_HIT_BYTES - 8) {
    ret->next = end;
    return false;
  }
  set_url(ret, plain, scheme, start, run->end, end);
  return true;
}

/* Whether what stands behind the '/' at `at` is a value of its own, as in
 * "evil.example/192.0.2.1": two values, not a path. */
static bool is_value(const struct kz_plain *plain, size_t at, size_t end) {
  struct kz_addr addr;
  kz_str text = {plain->text + at, end - at};
  if (text.len > 253 || kz_str_find_byte(text, '/') != SIZE_MAX) {
    return false;
  }
  if (kz_addr_parse(text, &addr) == KZ_OK) {
    return true;
  }
  static const kz_str tops[] = {
      {".com", 4}, {".net", 4}, {".org", 4}, {".jp", 3}, {".example", 8}};
  for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
    if (kz_str_ends(text, tops[i])) {
      return kz_host_is_well_formed(text);
    }
  }
  return false;
}

/* "443/tcp" names a port, no path. */
static bool is_protocol(kz_str path) {
  return kz_str_eq_nocase(path, KZ_STR("/tcp")) ||
         kz_str_eq_nocase(path, KZ_STR("/udp"));
}

/* Whether a path could begin at the '/' at `at`. */
static bool begins_path(const struct kz_plain *plain, size_t at) {
  char c = plain->text[at + 1];
  return plain->text[at] == '/' &&
         (kz_is_alnum(c) || (c > ' ' && strchr("%~_-.?=&#+", c)));
}

void kz_url_extend(const struct kz_plain *plain, struct kz_hit *hit) {
  size_t at = hit->end;
  hit->port = kz_address_port(plain, at, &at);
  hit->next = at;
  if (!begins_path(plain, at)) {
    return;
  }
  size_t end = read_tail(plain, hit->start, at);
  kz_str path = {plain->text + at, end - at};
  if (end - hit->start > KZ_HIT_BYTES - 8 ||
      (hit->port > 0 && is_protocol(path))) {
    hit->next = end;
    return;
  }
  /* "192.0.2.1/33" is a network that does not exist. */
  bool is_network = hit->kind == KZ_KIND_IPV4 && hit->port == 0 &&
                    is_numeric(kz_str_from(path, 1));
  if (path.len > 1 && !is_network && !is_value(plain, at + 1, end)) {
    kz_hit_set(hit, plain, hit->start, end, KZ_TYPE_URL, KZ_KIND_URL);
  }
}

static bool is_local_byte(char c) {
  return kz_is_alnum(c) || (c != '\0' && strchr("._%+-", c));
}

bool kz_url_find_email(const struct kz_plain *plain, const struct kz_run *run,
                       struct kz_hit *ret) {
  size_t at = run->end;
  size_t start = at;
  while (start > run->floor && at - start <= LOCAL_MAX &&
         is_local_byte(plain->text[start - 1])) {
    start--;
  }
  while (start < at && strchr(".-+%", plain->text[start])) {
    start++;
  }
  size_t domain = at + 1;
  size_t end = kz_host_read(plain, domain);
  size_t from = domain;
  if (start == at || at - start > LOCAL_MAX || end == domain ||
      !kz_host_settle(plain, &from, &end) || from != domain) {
    return false;
  }
  kz_hit_set(ret, plain, start, end, KZ_TYPE_EMAIL_SRC, KZ_KIND_EMAIL);
  return true;
}
