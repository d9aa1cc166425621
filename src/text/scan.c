/* Every value either is a run of letters, digits, dots and dashes, or begins
 * or ends with one, so the scanner goes from run to run and asks, by what the
 * run has and what stands behind it, the few recognisers that it could concern;
 * the first that answers wins. Each looks a bounded number of bytes to either
 * side, which makes the whole linear whatever the text. A regular expression
 * for each kind (Hyperscan) was rejected: it finds candidates, but where a
 * value ends in Japanese, or which of two readings holds, needs this code
 * anyway. */
#include "text/scan.h"

#include "text/address.h"
#include "text/coin.h"
#include "text/digest.h"
#include "text/host.h"
#include "text/path.h"
#include "text/url.h"

struct scan {
  struct kz_plain *plain;
  const struct kz_hit_sink *sink;
  struct kz_hit *hit;
  bool whole_line;
  size_t floor;      /* where the last value ended */
  size_t tried_v6;   /* no IPv6 address begins before this */
  size_t tried_path; /* and no path before this */
};

static unsigned trait_of(char c) {
  char lower = (char)(c | 0x20);
  if (lower >= 'a' && lower <= 'z') {
    return lower <= 'f' ? KZ_RUN_HEX : KZ_RUN_LETTER;
  }
  if (kz_is_digit(c)) {
    return KZ_RUN_DIGIT;
  }
  switch (c) {
  case '.':
    return KZ_RUN_DOT;
  case '-':
  case '_':
    return KZ_RUN_DASH;
  case KZ_PLAIN_SOFT_DOT:
    return KZ_RUN_SOFT_DOT;
  default:
    return 0;
  }
}

static struct kz_run read_run(const struct scan *scan, size_t at) {
  const char *text = scan->plain->text;
  struct kz_run run = {.start = at, .floor = scan->floor};
  for (;;) {
    unsigned trait = trait_of(text[at]);
    size_t len = trait != 0 ? 1 : kz_spaced_letter(text + at);
    bool is_ellipsis = text[at] == '.' && text[at + 1] == '.';
    if (len == 0 || is_ellipsis) {
      break;
    }
    run.has |= trait != 0 ? trait : (unsigned)KZ_RUN_WIDE;
    at += len;
  }
  run.end = at;
  return run;
}

static kz_rc put(struct scan *scan) {
  const struct kz_hit *hit = scan->hit;
  scan->floor = hit->next < hit->end ? hit->next : hit->end;
  return scan->sink->put(scan->sink->ctx, scan->plain, hit);
}

/* "CVE-2024-12345" at `at`: where it ends, or `at`. */
static size_t cve_end(const char *text, size_t at, size_t limit) {
  enum { YEAR_END = 8, NUMBER_MAX = 10 };
  if (limit - at < YEAR_END + 2 ||
      !kz_str_eq_nocase((kz_str){text + at, 4}, KZ_STR("cve-")) ||
      text[at + YEAR_END] != '-') {
    return at;
  }
  for (size_t i = at + 4; i < at + YEAR_END; i++) {
    if (!kz_is_digit(text[i])) {
      return at;
    }
  }
  size_t number = at + YEAR_END + 1;
  size_t end = number;
  while (end < limit && kz_is_digit(text[end]) && end - number <= NUMBER_MAX) {
    end++;
  }
  bool is_good = end - number >= 4 && end - number <= NUMBER_MAX &&
                 !kz_is_alpha(text[end]);
  return is_good ? end : at;
}

/* Looks at the piece of a run from start to end, which dots and dashes part
 * from others; *ret_end is where the value ends. */
static bool find_in_piece(struct scan *scan, const struct kz_run *run,
                          size_t start, size_t end) {
  const char *text = scan->plain->text;
  kz_str piece = {text + start, end - start};
  kz_type type = 0;
  if (kz_digest_is_hash(piece, &type)) {
    kz_hit_set(scan->hit, scan->plain, start, end, type, KZ_KIND_HASH);
    return true;
  }
  if (piece.len == 3 && cve_end(text, start, run->end) > start) {
    kz_hit_set(scan->hit, scan->plain, start, cve_end(text, start, run->end),
               KZ_TYPE_VULNERABILITY, KZ_KIND_CVE);
    return true;
  }
  return piece.len <= 3 && kz_is_digit(text[start]) &&
         (start == run->start || text[start - 1] != '.') &&
         kz_address_find_v4(scan->plain, start, run->end, scan->hit);
}

/* A run that is nothing as a whole: "192.0.2.1-192.0.2.9", "md5_<hash>". */
static kz_rc scan_pieces(struct scan *scan, const struct kz_run *run) {
  const char *text = scan->plain->text;
  size_t at = run->start;
  while (at < run->end) {
    size_t end = at;
    while (end < run->end && kz_is_alnum(text[end])) {
      end++;
    }
    if (end > at && find_in_piece(scan, run, at, end)) {
      kz_rc rc = put(scan);
      if (rc != KZ_OK) {
        return rc;
      }
      end = scan->hit->end > end ? scan->hit->end : end;
    }
    at = end + 1;
  }
  return KZ_OK;
}

/* "AS64500": three digits or more, so that AS2 and AS/400 are not meant. */
static bool find_as(struct scan *scan, const struct kz_run *run) {
  enum { DIGITS_MIN = 3 };
  kz_str word = {scan->plain->text + run->start, run->end - run->start};
  size_t skip = kz_str_starts(word, KZ_STR("ASN")) ? 3 : 2;
  uint64_t number = 0;
  kz_str digits = kz_str_from(word, skip);
  if (!kz_str_starts(word, KZ_STR("AS")) || digits.len < DIGITS_MIN ||
      kz_str_u64(digits, &number) != KZ_OK || number == 0 ||
      number > UINT32_MAX || digits.ptr[0] == '0') {
    return false;
  }
  kz_hit_set(scan->hit, scan->plain, run->start, run->end, KZ_TYPE_AS,
             KZ_KIND_TEXT);
  scan->hit->value = digits;
  return true;
}

static bool find_word(struct scan *scan, const struct kz_run *run) {
  kz_str word = {scan->plain->text + run->start, run->end - run->start};
  if (word.ptr[0] == 'A' && find_as(scan, run)) {
    return true;
  }
  if (!kz_coin_is_btc(word)) {
    return false;
  }
  kz_hit_set(scan->hit, scan->plain, run->start, run->end, KZ_TYPE_BTC,
             KZ_KIND_TEXT);
  return true;
}

/* An IPv6 address from a run of at most four hex digits before a colon, or
 * from two colons at `at`. */
static bool find_v6(struct scan *scan, size_t at) {
  return at >= scan->tried_v6 &&
         kz_address_find_v6(scan->plain, at, &scan->tried_v6, scan->hit);
}

/* A path from the drive or variable that the run is. */
static bool find_path(struct scan *scan, const struct kz_run *run) {
  return run->start >= scan->tried_path &&
         kz_path_find_windows(scan->plain, run, scan->whole_line,
                              &scan->tried_path, scan->hit);
}

/* What a colon behind the run makes of it. */
static bool find_before_colon(struct scan *scan, const struct kz_run *run) {
  const char *text = scan->plain->text;
  if (text[run->end + 1] == '/' && text[run->end + 2] == '/') {
    return kz_url_find(scan->plain, run, scan->hit);
  }
  if (text[run->end + 1] == '\\') {
    return kz_path_find_registry(scan->plain, run, scan->whole_line,
                                 scan->hit) ||
           (kz_is_alpha(text[run->end - 1]) && find_path(scan, run));
  }
  unsigned others = KZ_RUN_DOT | KZ_RUN_DASH | KZ_RUN_LETTER | KZ_RUN_WIDE;
  if ((run->has & others) != 0) {
    return false;
  }
  return (run->end - run->start <= 4 && find_v6(scan, run->start)) ||
         ((run->has & KZ_RUN_HEX) == 0 &&
          kz_digest_find_ssdeep(scan->plain, run, scan->hit));
}

/* What the sign behind the run makes of it. */
static bool find_by_next(struct scan *scan, const struct kz_run *run) {
  const char *text = scan->plain->text;
  switch (text[run->end]) {
  case ':':
    return find_before_colon(scan, run);
  case '@':
    return kz_url_find_email(scan->plain, run, scan->hit);
  case '\\':
    return kz_path_find_registry(scan->plain, run, scan->whole_line, scan->hit);
  case '%':
    return text[run->end + 1] == '\\' &&
           kz_plain_before(scan->plain, run->start) == '%' &&
           find_path(scan, run);
  default:
    return false;
  }
}

/* "first.last+tag@host": the run before a '+' belongs to the address. */
static bool is_local_part(const struct kz_plain *plain, size_t at) {
  enum { TAG_MAX = 64 };
  size_t end = at + 1;
  while (kz_is_run_byte(plain->text[end]) && end - at < TAG_MAX) {
    end++;
  }
  return plain->text[at] == '+' && plain->text[end] == '@';
}

/* A run with a dot, or beside a dense letter: address, file, name. */
static bool find_dotted(struct scan *scan, const struct kz_run *run) {
  unsigned letters = KZ_RUN_HEX | KZ_RUN_LETTER | KZ_RUN_WIDE | KZ_RUN_DASH;
  if ((run->has & letters) == 0) {
    size_t start = run->start;
    while (scan->plain->text[start] == '.') {
      start++;
    }
    if (kz_address_find_v4(scan->plain, start, run->end, scan->hit)) {
      if (scan->hit->kind == KZ_KIND_IPV4) {
        kz_url_extend(scan->plain, scan->hit);
      }
      return true;
    }
  }
  if (is_local_part(scan->plain, run->end)) {
    return false;
  }
  if (kz_path_find_file(scan->plain, run, scan->hit)) {
    return true;
  }
  if (!kz_host_find(scan->plain, run, scan->hit)) {
    return false;
  }
  kz_url_extend(scan->plain, scan->hit);
  return true;
}

static bool find_whole(struct scan *scan, const struct kz_run *run) {
  if (find_by_next(scan, run)) {
    return true;
  }
  if ((run->has & KZ_RUN_DOT) != 0) {
    return find_dotted(scan, run);
  }
  return (run->has & (KZ_RUN_DASH | KZ_RUN_WIDE)) == 0 && find_word(scan, run);
}

/* Looks at one run; *ret_next is where the next may begin. */
static kz_rc scan_run(struct scan *scan, struct kz_run *run, size_t *ret_next) {
  scan->hit->next = run->end;
  bool is_found = find_whole(scan, run);
  size_t next = scan->hit->next;
  *ret_next = is_found || next > run->end ? next : run->end;
  if (is_found) {
    kz_rc rc = put(scan);
    /* Files are often named after their hash, exploits after their CVE. */
    if (rc != KZ_OK || scan->hit->type != KZ_TYPE_FILENAME || next < run->end) {
      return rc;
    }
  }
  return (run->has & KZ_RUN_DIGIT) != 0 ? scan_pieces(scan, run) : KZ_OK;
}

kz_rc kz_scan(struct kz_plain *plain, size_t start, size_t end, bool whole_line,
              struct kz_hit *scratch, const struct kz_hit_sink *sink) {
  struct scan scan = {.plain = plain,
                      .sink = sink,
                      .hit = scratch,
                      .whole_line = whole_line,
                      .floor = start};
  size_t at = start;
  while (at < end) {
    const char *text = plain->text;
    if (text[at] == ':' && text[at + 1] == ':' && kz_is_hex(text[at + 2])) {
      if (find_v6(&scan, at)) {
        kz_rc rc = put(&scan);
        if (rc != KZ_OK) {
          return rc;
        }
        at = scan.hit->next;
        continue;
      }
    }
    struct kz_run run = read_run(&scan, at);
    if (run.end == at) {
      size_t dense = kz_dense_letter(text + at);
      at += dense > 0 ? dense : 1;
      continue;
    }
    if ((run.has & KZ_RUN_SOFT_DOT) != 0) {
      kz_url_settle_stops(plain, at);
      run = read_run(&scan, at);
    }
    kz_rc rc = scan_run(&scan, &run, &at);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return KZ_OK;
}
