/* The promise of insight/warner: 530,000 entries of all five ways, at least
 * 1,000,000 values checked a second on one core.
 *
 * The lists are made here, in the proportions of the published ones: networks
 * 140,000, strings 250,000, host names 130,000, pieces 8,400, a few
 * expressions. The values are of the types of feeds and reports (url 46 %,
 * domain 30 %, addresses 10 %, hashes 12 %, mail 2 %); one in ten is known.
 * Best of ROUNDS in processor time; prints one line of JSON. */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/jsonw.h"
#include "base/random.h"
#include "insight/warner.h"

enum {
  ROUNDS = 3,
  NETS = 140000,
  STRINGS = 250000,
  HOSTS = 130000,
  PIECES = 8400,
  VALUES = 1000 * 1000,
  KNOWN_IN = 10,
};

struct value {
  unsigned type;
  kz_str text;
};

static kz_str keep(struct kz_arena *arena, struct kz_buf *text) {
  kz_str kept = KZ_STR_NONE;
  if (kz_arena_dup(arena, kz_buf_str(text), &kept) != KZ_OK) {
    abort();
  }
  kz_buf_clear(text);
  return kept;
}

static void put_entry(struct kz_buf *out, enum kz_warn_way way, unsigned i) {
  switch (way) {
  case KZ_WARN_CIDR:
    (void)kz_buf_add_format(out, "%u.%u.%u.%u", 20 + i % 150, i >> 16 & 255,
                            i >> 8 & 255, i & 255);
    if (i % 3 == 0) {
      (void)kz_buf_add_format(out, "/%u", 20 + i % 9);
    }
    break;
  case KZ_WARN_STRING:
    if (i % 2) {
      (void)kz_buf_add_format(out, "%032" PRIx64,
                              UINT64_C(0x9E3779B97F4A7C15) * i);
    } else {
      (void)kz_buf_add_format(out, "top%u.example", i);
    }
    break;
  case KZ_WARN_HOSTNAME:
    (void)kz_buf_add_format(out, "known%u.example.net", i);
    break;
  case KZ_WARN_SUBSTRING:
    (void)kz_buf_add_format(out, "throwaway%u.example", i);
    break;
  case KZ_WARN_REGEX:
    (void)kz_buf_add_str(out,
                         KZ_STR("/^(security|noc|soc|abuse)\\@.*\\..*$/i"));
    break;
  case KZ_WARN_WAY_COUNT:
    break;
  }
}

static struct kz_warninglist make_list(struct kz_arena *arena,
                                       enum kz_warn_way way, unsigned from,
                                       unsigned count) {
  struct kz_warn_entry *entries = kz_arena_array(arena, count, sizeof *entries);
  KZ_BUF(text, 4096);
  for (unsigned i = 0; entries && i < count; i++) {
    put_entry(&text, way, from + i);
    entries[i].value = keep(arena, &text);
  }
  return (struct kz_warninglist){
      .way = way, .entries = entries, .entry_count = entries ? count : 0};
}

/* Ten lists of each way, so that lists and types are of use. */
static struct kz_warner *make_warner(struct kz_arena *arena) {
  static const kz_str addresses[] = {
      {"ip-src", 6}, {"ip-dst", 6}, {"domain|ip", 9}, {"ip-dst|port", 11}};
  static const kz_str names[] = {{"domain", 6}, {"hostname", 8}, {"url", 3}};
  static const kz_str strings[] = {{"domain", 6}, {"hostname", 8},
                                   {"url", 3},    {"md5", 3},
                                   {"sha1", 4},   {"sha256", 6}};
  static const kz_str mails[] = {{"email-src", 9}, {"email-dst", 9}};
  static const struct {
    enum kz_warn_way way;
    unsigned count;
    const kz_str *types;
    size_t type_count;
  } parts[] = {{KZ_WARN_CIDR, NETS, addresses, 4},
               {KZ_WARN_STRING, STRINGS, strings, 6},
               {KZ_WARN_HOSTNAME, HOSTS, names, 3},
               {KZ_WARN_SUBSTRING, PIECES, mails, 2},
               {KZ_WARN_REGEX, 10, mails, 2}};
  struct kz_warninglist lists[50];
  for (unsigned i = 0; i < 50; i++) {
    unsigned part = i / 10;
    unsigned count = parts[part].count / 10;
    lists[i] = make_list(arena, parts[part].way, i % 10 * count, count);
    kz_warninglist_set_types(&lists[i], parts[part].types,
                             parts[part].type_count);
  }
  struct kz_warner *warner = NULL;
  return kz_warner_new(lists, 50, &warner, NULL) == KZ_OK ? warner : NULL;
}

static struct value make_value(struct kz_arena *arena, struct kz_random *random,
                               struct kz_buf *text) {
  uint64_t r = kz_random_next(random);
  unsigned i = (unsigned)(r >> 40);
  bool is_known = r % KNOWN_IN == 0;
  unsigned share = (unsigned)(r >> 8) % 100;
  if (share < 46) {
    (void)kz_buf_add_format(text, "http://%s%u.example.net/%u/a.php?b=%u",
                            is_known ? "www.known" : "www.evil", i % HOSTS,
                            i % 99, i);
    return (struct value){KZ_TYPE_URL, keep(arena, text)};
  }
  if (share < 76) {
    (void)kz_buf_add_format(text, "%s%u.example", is_known ? "top" : "mail.bad",
                            i % STRINGS);
    return (struct value){KZ_TYPE_DOMAIN, keep(arena, text)};
  }
  if (share < 86) {
    (void)kz_buf_add_format(text, "%u.%u.%u.%u", is_known ? 20 + i % 150 : 200,
                            i >> 16 & 255, i >> 8 & 255, i & 255);
    return (struct value){KZ_TYPE_IP_DST, keep(arena, text)};
  }
  if (share < 98) {
    (void)kz_buf_add_format(text, "%016" PRIx64 "%016" PRIx64, r, r * 3);
    return (struct value){KZ_TYPE_MD5, keep(arena, text)};
  }
  (void)kz_buf_add_format(text, "someone@%s%u.example",
                          is_known ? "throwaway" : "mail", i % PIECES);
  return (struct value){KZ_TYPE_EMAIL_SRC, keep(arena, text)};
}

static double seconds_since(clock_t start) {
  return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static double measure(struct kz_warner_eye *eye, const struct value *values,
                      size_t *ret_known) {
  double best = -1;
  for (int round = 0; round < ROUNDS; round++) {
    size_t known = 0;
    clock_t start = clock();
    for (size_t i = 0; i < VALUES; i++) {
      const struct kz_warner_hit *hits = NULL;
      known += kz_warner_check(eye, values[i].type, values[i].text, &hits) > 0;
    }
    double s = seconds_since(start);
    best = best < 0 || s < best ? s : best;
    *ret_known = known;
  }
  return best;
}

int main(void) {
  KZ_ARENA(arena, (size_t)1 << 30);
  KZ_BUF(text, 4096);
  struct value *values = calloc(VALUES, sizeof *values);
  if (!arena || !values) {
    return 1;
  }
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  KZ_ARENA(entries, (size_t)1 << 30);
  clock_t start = clock();
  struct kz_warner *warner = make_warner(entries);
  double build_s = seconds_since(start);
  kz_arena_free(entries);
  entries = NULL;
  size_t held = mallinfo2().uordblks + mallinfo2().hblkhd - before;
  struct kz_warner_eye *eye = warner ? kz_warner_eye_new(warner) : NULL;
  struct kz_random random;
  kz_random_init(&random, 11);
  for (size_t i = 0; i < VALUES; i++) {
    values[i] = make_value(arena, &random, &text);
  }
  size_t known = 0;
  double s = eye ? measure(eye, values, &known) : -1;
  if (s <= 0 || known < VALUES / KNOWN_IN / 2) {
    (void)fprintf(stderr, "bench warner: %zu values known\n", known);
    return 1;
  }
  KZ_BUF(line, 4096);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &line);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("bench"), KZ_STR("warninglist"));
  kz_jsonw_member_u64(&w, KZ_STR("entries"), NETS + STRINGS + HOSTS + PIECES);
  kz_jsonw_member_u64(&w, KZ_STR("known"), known);
  kz_jsonw_member_u64(&w, KZ_STR("checks_per_s"), (uint64_t)(VALUES / s));
  kz_jsonw_member_u64(&w, KZ_STR("build_ms"), (uint64_t)(build_s * 1000));
  kz_jsonw_member_u64(&w, KZ_STR("held_mb"), held >> 20);
  kz_jsonw_object_end(&w);
  printf("%.*s\n", KZ_STR_ARG(kz_buf_str(&line)));
  kz_warner_eye_free(eye);
  kz_warner_unref(warner);
  free(values);
  return 0;
}
