/* The promise of model/value: normalising and checking a value of a common type
 * costs less than 150 ns, finding a type by its name about 10.
 *
 * Per type VALUES different values, most of them normal already, as in real
 * feeds: every eighth is not ("upper case" where case folds, defanged where
 * MISP undoes that). Best of ROUNDS in processor time; prints one line of JSON.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "model/kind.h"
#include "model/type.h"
#include "model/value.h"

enum { VALUES = 20000, ROUNDS = 9, TEXT_BYTES = 160 };

struct set {
  char text[VALUES][TEXT_BYTES];
  kz_str values[VALUES];
};

static double now_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void put_hex(char *out, size_t digits, struct kz_random *random,
                    bool upper) {
  for (size_t i = 0; i < digits; i++) {
    out[i] = (upper ? "0123456789ABCDEF"
                    : "0123456789abcdef")[kz_random_below(random, 16)];
  }
  out[digits] = '\0';
}

/* One value of the type; `odd` asks for one that is not normal. */
static void put_value(kz_type type, bool odd, struct kz_random *random,
                      char *out) {
  unsigned a = (unsigned)kz_random_below(random, 256);
  unsigned b = (unsigned)kz_random_below(random, 65536);
  const char *dot = odd ? "[.]" : ".";
  switch ((int)type) {
  case KZ_TYPE_MD5:
    put_hex(out, 32, random, odd);
    break;
  case KZ_TYPE_SHA1:
    put_hex(out, 40, random, odd);
    break;
  case KZ_TYPE_SHA256:
    put_hex(out, 64, random, odd);
    break;
  case KZ_TYPE_IP_DST:
    if (a % 4 == 0) {
      (void)snprintf(out, TEXT_BYTES, "2001:%s:%x::%x", odd ? "0DB8" : "db8",
                     b | 1, a | 1);
    } else {
      (void)snprintf(out, TEXT_BYTES, "198.51.%u%s%u", b % 256, dot, a);
    }
    break;
  case KZ_TYPE_FILENAME:
    (void)snprintf(out, TEXT_BYTES, "%sinvoice-%u-%u.exe", odd ? " " : "", a,
                   b);
    break;
  case KZ_TYPE_URL:
    (void)snprintf(out, TEXT_BYTES, "%s://h%u.example.test/a%u/gate.php?id=%u",
                   odd ? "hxxp" : "http", b, a, b);
    break;
  default:
    (void)snprintf(out, TEXT_BYTES, "%sail%u.h%u.example.test", odd ? "M" : "m",
                   a, b);
  }
}

static void fill(struct set *set, kz_type type) {
  struct kz_random random;
  kz_random_init(&random, type);
  for (size_t i = 0; i < VALUES; i++) {
    put_value(type, i % 8 == 0, &random, set->text[i]);
    set->values[i] = kz_str_of(set->text[i]);
  }
}

/* Nanoseconds a value; negative when one is refused. */
static double measure_values(const struct set *set, kz_type type) {
  struct kz_arena *arena = kz_arena_new((size_t)64 << 20);
  double best = 1e18;
  for (int round = 0; arena && round < ROUNDS; round++) {
    kz_arena_reset(arena);
    double start = now_ns();
    for (size_t i = 0; i < VALUES; i++) {
      kz_str normal;
      if (kz_value_normalise(type, set->values[i], arena, &normal) != KZ_OK ||
          kz_value_check(type, normal, NULL) != KZ_OK) {
        kz_arena_free(arena);
        return -1;
      }
    }
    double took = (now_ns() - start) / VALUES;
    best = took < best ? took : best;
  }
  kz_arena_free(arena);
  return best;
}

static double measure_kinds(const struct set *set) {
  double best = 1e18;
  unsigned sum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_ns();
    for (size_t i = 0; i < VALUES; i++) {
      sum += (unsigned)kz_kind_of(set->values[i]);
    }
    double took = (now_ns() - start) / VALUES;
    best = took < best ? took : best;
  }
  return sum > 0 ? best : -1;
}

static double measure_names(void) {
  static kz_str names[VALUES];
  struct kz_random random;
  kz_random_init(&random, 1);
  for (size_t i = 0; i < VALUES; i++) {
    names[i] = kz_type_name((kz_type)kz_random_below(&random, KZ_TYPE_COUNT));
  }
  double best = 1e18;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_ns();
    for (size_t i = 0; i < VALUES; i++) {
      kz_type type = 0;
      if (kz_type_by_name(names[i], &type) != KZ_OK) {
        return -1;
      }
    }
    double took = (now_ns() - start) / VALUES;
    best = took < best ? took : best;
  }
  return best;
}

int main(void) {
  static const kz_type types[] = {
      KZ_TYPE_IP_DST, KZ_TYPE_DOMAIN, KZ_TYPE_HOSTNAME, KZ_TYPE_URL,
      KZ_TYPE_MD5,    KZ_TYPE_SHA1,   KZ_TYPE_SHA256,   KZ_TYPE_FILENAME,
  };
  static struct set set;
  double slowest = 0;
  double slowest_kind = 0;
  bool good = true;
  (void)printf("{\"bench\":\"value\",\"ns\":{");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    fill(&set, types[i]);
    double ns = measure_values(&set, types[i]);
    double kind_ns = measure_kinds(&set);
    good = good && ns >= 0;
    slowest = ns > slowest ? ns : slowest;
    slowest_kind = kind_ns > slowest_kind ? kind_ns : slowest_kind;
    (void)printf("%s\"%.*s\":%.1f", i > 0 ? "," : "",
                 KZ_STR_ARG(kz_type_name(types[i])), ns);
  }
  double names = measure_names();
  (void)printf("},\"slowest_ns\":%.1f,\"slowest_kind_ns\":%.1f,"
               "\"type_by_name_ns\":%.1f}\n",
               slowest, slowest_kind, names);
  return good && names >= 0 ? 0 : 1;
}
