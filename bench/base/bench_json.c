/* The promise of base/json: at least 1.2 GB/s of compact MISP event JSON on one
 * core, every string unescaped and all UTF-8 validated.
 *
 * The document is made here, deterministic, about 470 bytes an attribute, with
 * slashes escaped as PHP does and some Japanese comments. yajl reads the same
 * bytes in the same run and must find the same. Best of ROUNDS in processor
 * time; prints one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <yajl/yajl_parse.h>

#include "base/json.h"
#include "base/json_scan.h"
#include "base/jsonw.h"

enum {
  ROUNDS = 5,
  ATTRIBUTES_OF_EVENT = 43,
  DOCUMENT_BYTES = 100 * 1000 * 1000,
};

/* --- the document --- */

static uint64_t next_random(uint64_t *seed) {
  *seed += UINT64_C(0x9E3779B97F4A7C15);
  uint64_t z = *seed;
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static void put_uuid(struct kz_jsonw *w, uint64_t *seed) {
  uint64_t a = next_random(seed);
  uint64_t b = next_random(seed);
  char text[40];
  int len =
      snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012" PRIx64,
               (unsigned)(a & 0xFFFFFFFF), (unsigned)(a >> 48),
               (unsigned)(b & 0xFFF), (unsigned)((b >> 12) & 0xFFF), b >> 16);
  kz_jsonw_key(w, KZ_STR("uuid"));
  kz_jsonw_str(w, (kz_str){text, (size_t)len});
}

/* The type and value of one attribute, in shares like those of real feeds. */
static void put_value(struct kz_jsonw *w, uint64_t *seed) {
  uint64_t r = next_random(seed);
  unsigned share = (unsigned)(r % 100);
  const char *type = "sha256";
  char text[100];
  int len = 0;
  if (share < 30) {
    len =
        snprintf(text, sizeof text,
                 "\"%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\"",
                 r, next_random(seed), next_random(seed), next_random(seed));
  } else if (share < 60) {
    type = "ip-dst";
    len = snprintf(text, sizeof text, "\"198.51.%u.%u\"",
                   (unsigned)(r >> 8) & 0xFF, (unsigned)(r >> 16) & 0xFF);
  } else if (share < 85) {
    type = "domain";
    len = snprintf(text, sizeof text, "\"h%" PRIx64 ".example.test\"", r >> 32);
  } else {
    type = "url";
    len = snprintf(text, sizeof text,
                   "\"http:\\/\\/h%" PRIx64 ".example.test\\/a\\/%x.php\"",
                   r >> 40, (unsigned)(r >> 20) & 0xFFFFF);
  }
  kz_jsonw_member_str(w, KZ_STR("type"), kz_str_of(type));
  kz_jsonw_key(w, KZ_STR("value"));
  kz_jsonw_raw(w, (kz_str){text, (size_t)len});
}

static void put_comment(struct kz_jsonw *w, uint64_t *seed) {
  static const char *const comments[] = {
      "",
      "",
      "",
      "",
      "seen in the second wave",
      "C2, port 443; see the report",
      "",
      "標的型メールに添付された文書から接続",
  };
  kz_jsonw_member_str(w, KZ_STR("comment"),
                      kz_str_of(comments[next_random(seed) % 8]));
}

static void put_attribute(struct kz_jsonw *w, uint64_t id, uint64_t *seed) {
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), id);
  kz_jsonw_member_u64_str(w, KZ_STR("event_id"), id / ATTRIBUTES_OF_EVENT + 1);
  kz_jsonw_member_u64_str(w, KZ_STR("object_id"), 0);
  kz_jsonw_key(w, KZ_STR("object_relation"));
  kz_jsonw_null(w);
  kz_jsonw_member_str(w, KZ_STR("category"), KZ_STR("Network activity"));
  put_value(w, seed);
  kz_jsonw_member_bool(w, KZ_STR("to_ids"), true);
  put_uuid(w, seed);
  kz_jsonw_member_u64_str(w, KZ_STR("timestamp"), 1577836800 + id);
  kz_jsonw_member_str(w, KZ_STR("distribution"), KZ_STR("5"));
  kz_jsonw_member_str(w, KZ_STR("sharing_group_id"), KZ_STR("0"));
  put_comment(w, seed);
  kz_jsonw_member_bool(w, KZ_STR("deleted"), false);
  kz_jsonw_member_bool(w, KZ_STR("disable_correlation"), false);
  kz_jsonw_key(w, KZ_STR("first_seen"));
  kz_jsonw_null(w);
  kz_jsonw_key(w, KZ_STR("last_seen"));
  kz_jsonw_null(w);
  kz_jsonw_key(w, KZ_STR("Tag"));
  kz_jsonw_array(w);
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("name"), KZ_STR("tlp:green"));
  kz_jsonw_member_str(w, KZ_STR("colour"), KZ_STR("#339900"));
  kz_jsonw_object_end(w);
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
}

static void put_event(struct kz_jsonw *w, uint64_t first_id, uint64_t *seed) {
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("info"), KZ_STR("Invented campaign"));
  kz_jsonw_member_str(w, KZ_STR("date"), KZ_STR("2020-01-04"));
  put_uuid(w, seed);
  kz_jsonw_key(w, KZ_STR("Attribute"));
  kz_jsonw_array(w);
  for (uint64_t i = 0; i < ATTRIBUTES_OF_EVENT; i++) {
    put_attribute(w, first_id + i, seed);
  }
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

static void make_document(struct kz_buf *out) {
  uint64_t seed = 20;
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, KZ_STR("response"));
  kz_jsonw_array(&w);
  for (uint64_t id = 1; out->len < DOCUMENT_BYTES; id += ATTRIBUTES_OF_EVENT) {
    put_event(&w, id, &seed);
  }
  kz_jsonw_array_end(&w);
  kz_jsonw_object_end(&w);
}

/* --- readers --- */

struct tally {
  uint64_t attributes; /* keys named "to_ids" */
  uint64_t tokens;
  uint64_t bytes; /* of all strings, keys and numbers, unescaped */
  uint64_t sum;   /* of their last bytes, weighted */
};

static void count_token(struct tally *tally, const char *text, size_t len) {
  tally->tokens++;
  tally->bytes += len;
  tally->sum = tally->sum * 31 + (len > 0 ? (unsigned char)text[len - 1] : 0);
}

static void count_key(struct tally *tally, const char *text, size_t len) {
  count_token(tally, text, len);
  tally->attributes += kz_str_eq((kz_str){text, len}, KZ_STR("to_ids"));
}

static bool read_own(kz_str text, struct tally *tally) {
  KZ_ARENA(arena, (size_t)256 << 20);
  struct kz_json json;
  kz_json_init(&json, text, arena, KZ_JSON_LIMITS);
  struct kz_json_token token;
  kz_rc rc = kz_json_next(&json, &token);
  for (; rc == KZ_OK; rc = kz_json_next(&json, &token)) {
    if (token.kind == KZ_JSON_KEY) {
      count_key(tally, token.text.ptr, token.text.len);
    } else {
      count_token(tally, token.text.ptr, token.text.len);
    }
  }
  return rc == KZ_END;
}

static bool skip_own(kz_str text, struct tally *tally) {
  (void)tally;
  return kz_json_is_valid(text, KZ_JSON_LIMITS);
}

static int on_key(void *ctx, const unsigned char *text, size_t len) {
  count_key(ctx, (const char *)text, len);
  return 1;
}
static int on_text(void *ctx, const unsigned char *text, size_t len) {
  count_token(ctx, (const char *)text, len);
  return 1;
}
static int on_number(void *ctx, const char *text, size_t len) {
  count_token(ctx, text, len);
  return 1;
}
static int on_bool(void *ctx, int value) {
  (void)value;
  count_token(ctx, NULL, 0);
  return 1;
}
static int on_other(void *ctx) {
  count_token(ctx, NULL, 0);
  return 1;
}

static bool read_yajl(kz_str text, struct tally *tally) {
  const yajl_callbacks callbacks = {
      .yajl_null = on_other,
      .yajl_boolean = on_bool,
      .yajl_number = on_number,
      .yajl_string = on_text,
      .yajl_start_map = on_other,
      .yajl_map_key = on_key,
      .yajl_end_map = on_other,
      .yajl_start_array = on_other,
      .yajl_end_array = on_other,
  };
  yajl_handle yajl = yajl_alloc(&callbacks, NULL, tally);
  if (!yajl) {
    return false;
  }
  const unsigned char *bytes = (const unsigned char *)text.ptr;
  bool is_good = yajl_parse(yajl, bytes, text.len) == yajl_status_ok &&
                 yajl_complete_parse(yajl) == yajl_status_ok;
  yajl_free(yajl);
  return is_good;
}

/* --- measuring --- */

static double processor_seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The best time of `read`; negative when it refuses the document. */
static double measure(bool (*read)(kz_str, struct tally *), kz_str text,
                      struct tally *ret_tally) {
  double best = -1;
  for (int i = 0; i < ROUNDS; i++) {
    struct tally tally = {0};
    double start = processor_seconds();
    if (!read(text, &tally)) {
      return -1;
    }
    double took = processor_seconds() - start;
    best = best < 0 || took < best ? took : best;
    *ret_tally = tally;
  }
  return best;
}

static void put_rate(struct kz_jsonw *w, kz_str key, double rate) {
  kz_jsonw_key(w, key);
  kz_jsonw_double(w, (double)(int64_t)rate);
}

int main(void) {
  KZ_BUF(document, (size_t)2 * DOCUMENT_BYTES);
  make_document(&document);
  kz_str text = kz_buf_str(&document);
  struct tally own = {0};
  struct tally yajl = {0};
  struct tally skipped = {0};
  double own_s = measure(read_own, text, &own);
  double skip_s = measure(skip_own, text, &skipped);
  double yajl_s = measure(read_yajl, text, &yajl);
  bool is_same = own.attributes == yajl.attributes &&
                 own.tokens == yajl.tokens && own.bytes == yajl.bytes &&
                 own.sum == yajl.sum;
  if (kz_buf_failed(&document) || own_s < 0 || skip_s < 0 || yajl_s < 0 ||
      !is_same) {
    (void)fprintf(stderr, "bench json: the readers do not agree\n");
    return 1;
  }
  double megabytes = (double)text.len / 1e6;
  KZ_BUF(line, 4096);
  struct kz_jsonw w;
  kz_jsonw_init(&w, &line);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("bench"), KZ_STR("json"));
  kz_jsonw_member_str(&w, KZ_STR("scan"), kz_str_of(kz_json_scan(0)->name));
  kz_jsonw_member_u64(&w, KZ_STR("bytes"), text.len);
  kz_jsonw_member_u64(&w, KZ_STR("attributes"), own.attributes);
  put_rate(&w, KZ_STR("mb_per_s"), megabytes / own_s);
  put_rate(&w, KZ_STR("attributes_per_s"), (double)own.attributes / own_s);
  put_rate(&w, KZ_STR("skip_mb_per_s"), megabytes / skip_s);
  put_rate(&w, KZ_STR("yajl_mb_per_s"), megabytes / yajl_s);
  kz_jsonw_key(&w, KZ_STR("ratio_to_yajl"));
  kz_jsonw_double(&w, (double)(int64_t)(yajl_s / own_s * 100) / 100);
  kz_jsonw_object_end(&w);
  printf("%.*s\n", KZ_STR_ARG(kz_buf_str(&line)));
  return 0;
}
