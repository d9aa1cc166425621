/* The promise of text/extract: a list of 1,000,000 pasted values, one a line
 * and all different, in at most 2 s on one core.
 *
 * Besides the list, of the kinds that real lists are made of, 20 MB of prose,
 * English and Japanese with a value in each third sentence or so, are read.
 * Both are made here, deterministic. Best of ROUNDS in processor time; prints
 * one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/jsonw.h"
#include "text/extract.h"

enum {
  ROUNDS = 3,
  VALUES = 1000 * 1000,
  LIST_BYTES = 100 * 1000 * 1000,
  PROSE_BYTES = 20 * 1000 * 1000,
};

static uint64_t next_random(uint64_t *seed) {
  *seed += UINT64_C(0x9E3779B97F4A7C15);
  uint64_t z = *seed;
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static void put_value(struct kz_buf *out, unsigned i, uint64_t *seed) {
  uint64_t r = next_random(seed);
  uint64_t s = next_random(seed);
  switch (r % 5) {
  case 0:
    (void)kz_buf_add_format(out, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255,
                            i & 255);
    break;
  case 1:
    (void)kz_buf_add_format(out, "%016" PRIx64 "%016" PRIx64, r, s);
    break;
  case 2:
    (void)kz_buf_add_format(
        out, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, r, s, ~r,
        ~s);
    break;
  case 3:
    (void)kz_buf_add_format(out, "host%u.evil%u.example.com",
                            (unsigned)(s & 255), i);
    break;
  default:
    (void)kz_buf_add_format(out, "http://evil%u.example.net/%u/a.php?b=%u", i,
                            (unsigned)(s & 255), i);
    break;
  }
}

static void make_list(struct kz_buf *out) {
  uint64_t seed = 1;
  for (unsigned i = 0; i < VALUES; i++) {
    put_value(out, i, &seed);
    (void)kz_buf_add_byte(out, '\n');
  }
}

static void make_prose(struct kz_buf *out) {
  uint64_t seed = 2;
  for (unsigned i = 0; out->len < PROSE_BYTES; i++) {
    (void)kz_buf_add_str(
        out, KZ_STR("The loader was delivered by mail in early spring, and it "
                    "asked its server for a second stage (see the table). "
                    "攻撃者は標的型メールを送信し、添付ファイルを開かせた。"));
    (void)kz_buf_add_format(out, "通信先はhxxp://evil%u[.]example/a.phpで、",
                            i % 1000);
    put_value(out, i, &seed);
    (void)kz_buf_add_str(out, KZ_STR("からの通信も確認された。\n"));
  }
}

/* Best processor seconds of ROUNDS; negative on failure. */
static double measure(kz_str text, size_t *ret_values) {
  double best = -1;
  for (int i = 0; i < ROUNDS; i++) {
    struct kz_extract *extract = kz_extract_new();
    clock_t start = clock();
    if (!extract || kz_extract_values(extract, text, NULL) != KZ_OK) {
      kz_extract_free(extract);
      return -1;
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    best = best < 0 || seconds < best ? seconds : best;
    *ret_values = kz_extract_count(extract);
    kz_extract_free(extract);
  }
  return best;
}

static double rounded(double figure) {
  return (double)(int64_t)(figure * 1000) / 1000;
}

int main(void) {
  KZ_BUF(list, LIST_BYTES);
  KZ_BUF(prose, 2 * (size_t)PROSE_BYTES);
  make_list(&list);
  make_prose(&prose);
  size_t values = 0;
  size_t prose_values = 0;
  double list_s = measure(kz_buf_str(&list), &values);
  double prose_s = measure(kz_buf_str(&prose), &prose_values);
  if (kz_buf_failed(&list) || kz_buf_failed(&prose) || list_s <= 0 ||
      prose_s <= 0 || values != VALUES) {
    (void)fprintf(stderr, "bench extract: %zu of %d values found\n", values,
                  VALUES);
    return 1;
  }
  KZ_BUF(line, 4096);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &line);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("bench"), KZ_STR("extract"));
  kz_jsonw_member_u64(&w, KZ_STR("list_values"), values);
  kz_jsonw_key(&w, KZ_STR("list_s"));
  kz_jsonw_double(&w, rounded(list_s));
  kz_jsonw_key(&w, KZ_STR("list_values_per_s"));
  kz_jsonw_double(&w, rounded((double)values / list_s));
  kz_jsonw_member_u64(&w, KZ_STR("prose_bytes"), prose.len);
  kz_jsonw_member_u64(&w, KZ_STR("prose_values"), prose_values);
  kz_jsonw_key(&w, KZ_STR("prose_mb_per_s"));
  kz_jsonw_double(&w, rounded((double)prose.len / 1e6 / prose_s));
  kz_jsonw_object_end(&w);
  printf("%.*s\n", KZ_STR_ARG(kz_buf_str(&line)));
  return 0;
}
