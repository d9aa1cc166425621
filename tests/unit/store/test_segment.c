#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/wire.h"
#include "model/addr.h"
#include "model/kind.h"
#include "model/value.h"
#include "rows.h"
#include "store/order.h"
#include "store/segment.h"
#include "temp.h"

static struct kz_segment *build(const struct invented *in) {
  struct kz_segment *segment = NULL;
  struct kz_err err = KZ_ERR_NONE;
  if (kz_segment_build(in->rows, in->count, in->others, in->other_count, NULL,
                       &segment, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
  return segment;
}

static void assert_sound(const struct kz_segment *segment) {
  struct kz_err err = KZ_ERR_NONE;
  if (kz_segment_verify(segment, &err) != KZ_OK) {
    fail_msg("%s", err.text);
  }
}

static bool has_bit(const uint64_t *words, size_t i) {
  return (words[i / 64] >> (i % 64) & 1) != 0;
}

static void rows_read_back_as_they_were_built(void **state) {
  (void)state;
  struct invented in = invent(11, 100, 3000);
  struct kz_segment *s = build(&in);
  size_t tag = 0;
  size_t limited = 0;
  assert_int_equal(s->rows, in.count);
  for (uint32_t i = 0; i < in.count; i++) {
    const struct kz_row *row = &in.rows[i];
    uint32_t slice = kz_segment_slice_of(s, i);
    assert_true(s->slice_event[slice] == row->event);
    assert_true(kz_segment_attribute(s, slice, i) == row->attribute);
    assert_int_equal(s->time[i], row->time_s);
    assert_int_equal(s->known[i], row->known_s);
    assert_int_equal(s->code[i], row->code);
    for (unsigned f = 0; f < KZ_FLAG_COUNT; f++) {
      assert_int_equal(has_bit(s->flags[f], i), row->flags >> f & 1);
    }
    for (uint32_t t = 0; t < row->tag_count; t++, tag++) {
      assert_int_equal(s->tag_row[tag], i);
      assert_int_equal(s->tag_id[tag], row->tags[t]);
    }
    if (row->flags >> KZ_FLAG_LIMITED & 1) {
      assert_int_equal(s->limited[limited].row, i);
      assert_int_equal(s->limited[limited].distribution, row->distribution);
      assert_true(s->limited[limited].group == row->group);
      assert_int_equal(s->limited[limited].object_distribution,
                       row->object_distribution);
      assert_true(s->limited[limited].object_group == row->object_group);
      limited++;
    }
  }
  assert_int_equal(tag, s->tag_uses);
  assert_int_equal(limited, s->limited_count);
  kz_segment_unref(s);
  forget(&in);
}

static void an_attribute_is_found_by_event_and_id(void **state) {
  (void)state;
  struct invented in = invent(12, 100, 3000);
  struct kz_segment *s = build(&in);
  uint32_t row = 0;
  for (uint32_t i = 0; i < in.count; i++) {
    const struct kz_row *r = &in.rows[i];
    assert_int_equal(kz_segment_row(s, r->event, r->attribute, &row), KZ_OK);
    assert_int_equal(row, i);
    bool next_is_there = i + 1 < in.count && r[1].event == r->event &&
                         r[1].attribute == r->attribute + 1;
    assert_int_equal(kz_segment_row(s, r->event, r->attribute + 1, &row),
                     next_is_there ? KZ_OK : KZ_NOT_FOUND);
    assert_int_equal(kz_segment_row(s, r->event + 1000, r->attribute, &row),
                     KZ_NOT_FOUND);
  }
  assert_int_equal(kz_segment_row(s, 0, 0, &row), KZ_NOT_FOUND);
  assert_int_equal(kz_segment_row(s, UINT64_MAX, UINT64_MAX, &row),
                   KZ_NOT_FOUND);
  kz_segment_unref(s);
  forget(&in);
}

static void the_first_slice_of_an_event_is_found(void **state) {
  (void)state;
  struct invented in = invent(13, 100, 3000);
  struct kz_segment *s = build(&in);
  for (uint64_t event = 0; event < s->head->last_event + 3; event++) {
    uint32_t expected = 0;
    while (expected < s->slices && s->slice_event[expected] < event) {
      expected++;
    }
    assert_int_equal(kz_segment_slice_at(s, event), expected);
  }
  kz_segment_unref(s);
  forget(&in);
}

/* Compares the postings of a value with a walk over all rows. */
static void assert_postings(const struct kz_segment *s,
                            const struct invented *in, uint32_t value,
                            kz_str text) {
  uint32_t at = s->value_post_at[value];
  for (uint32_t i = 0; i < in->count; i++) {
    const struct kz_row *row = &in->rows[i];
    bool has = false;
    bool silent = true;
    for (unsigned p = 0; p < row->part_count; p++) {
      if (kz_str_eq(row->part[p], text)) {
        has = true;
        silent = silent && row->silent[p];
      }
    }
    if (has) {
      assert_int_equal(s->posting[at], i | (silent ? KZ_POSTING_SILENT : 0));
      at++;
    }
  }
  assert_int_equal(at, s->value_post_at[value + 1]);
}

static void every_value_is_found_with_its_postings(void **state) {
  (void)state;
  struct invented in = invent(14, 60, 1500);
  struct kz_segment *s = build(&in);
  uint32_t seen = 0;
  for (size_t i = 0; i < in.count; i++) {
    for (unsigned p = 0; p < in.rows[i].part_count; p++) {
      kz_str text = in.rows[i].part[p];
      uint32_t value = 0;
      char hex[KZ_HEX_TEXT];
      assert_int_equal(kz_segment_value(s, text, kz_value_hash(text), &value),
                       KZ_OK);
      assert_true(kz_str_eq(kz_segment_folded(s, value, hex), text));
      assert_int_equal(kz_segment_class(s, value), kz_value_class_of(text));
      if ((s->posting[s->value_post_at[value]] & ~KZ_POSTING_SILENT) == i) {
        assert_postings(s, &in, value, text);
        seen++;
      }
    }
  }
  assert_true(seen >= s->values); /* twins in a row are seen twice */
  kz_segment_unref(s);
  forget(&in);
}

static void values_that_are_not_there_are_not_found(void **state) {
  (void)state;
  struct invented in = invent(15, 60, 1500);
  struct kz_segment *s = build(&in);
  const char *const strangers[] = {
      "203.0.113.1",
      "stranger.example",
      "https://stranger.example/",
      "ffffffffffffffffffffffffffffffff",
      "stranger",
      "203.0.113.0/24",
      "2001:db8:ffff::1",
  };
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
    kz_str text = kz_str_of(strangers[i]);
    uint32_t value = 77;
    assert_int_equal(kz_segment_value(s, text, kz_value_hash(text), &value),
                     KZ_NOT_FOUND);
    assert_int_equal(value, 77);
  }
  kz_segment_unref(s);
  forget(&in);
}

static struct kz_row plain_row(uint64_t attribute, const char *text,
                               uint64_t hash) {
  return (struct kz_row){
      .event = 1,
      .attribute = attribute,
      .part_count = 1,
      .part = {kz_str_of(text)},
      .hash = {hash},
  };
}

static void texts_of_one_hash_are_kept_apart(void **state) {
  (void)state;
  const char *const texts[] = {"mm", "b", "zz", "b", "a", "mm", "ba", "b"};
  enum { COUNT = sizeof texts / sizeof *texts };
  struct kz_row rows[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    rows[i] = plain_row(i, texts[i], 42);
  }
  struct kz_segment *s = NULL;
  assert_int_equal(kz_segment_build(rows, COUNT, NULL, 0, NULL, &s, NULL),
                   KZ_OK);
  const char *const order[] = {"a", "b", "ba", "mm", "zz"};
  const uint32_t posts[] = {1, 3, 1, 2, 1};
  assert_int_equal(s->values, 5);
  for (uint32_t i = 0; i < 5; i++) {
    uint32_t value = 99;
    assert_int_equal(kz_segment_value(s, kz_str_of(order[i]), 42, &value),
                     KZ_OK);
    assert_int_equal(value, i);
    assert_int_equal(s->value_post_at[i + 1] - s->value_post_at[i], posts[i]);
  }
  uint32_t none = 0;
  assert_int_equal(kz_segment_value(s, KZ_STR("bb"), 42, &none), KZ_NOT_FOUND);
  assert_int_equal(kz_segment_value(s, KZ_STR("b"), 43, &none), KZ_NOT_FOUND);
  kz_segment_unref(s);
}

/* Somebody who looks for collisions must not make us slow: the test would not
 * end if runs were sorted or searched one by one. */
static void many_texts_of_one_hash_are_still_sorted_and_found(void **state) {
  (void)state;
  enum { COUNT = 60000 };
  KZ_ARENA(arena, 64 << 20);
  struct kz_row *rows = kz_arena_array(arena, COUNT, sizeof *rows);
  for (uint32_t i = 0; i < COUNT; i++) {
    char *text = kz_arena_text(arena, 16);
    (void)snprintf(text, 16, "v%08x", i * 2654435761u);
    rows[i] = plain_row(i, text, UINT64_MAX);
  }
  struct kz_row_other *others = kz_arena_array(arena, COUNT, sizeof *others);
  for (uint32_t i = 0; i < COUNT; i++) {
    others[i] = (struct kz_row_other){.event = 1, .id = (i * 7919u) % COUNT};
  }
  struct kz_segment *s = NULL;
  assert_int_equal(kz_segment_build(rows, COUNT, others, COUNT, NULL, &s, NULL),
                   KZ_OK);
  assert_int_equal(s->values, COUNT);
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t value = 0;
    assert_int_equal(kz_segment_value(s, rows[i].part[0], UINT64_MAX, &value),
                     KZ_OK);
    assert_int_equal(s->posting[s->value_post_at[value]], i);
    assert_true(s->others[i].id == i);
  }
  kz_segment_unref(s);
}

static void digests_take_half_their_text(void **state) {
  (void)state;
  const char *md5 = "00112233445566778899aabbccddeeff";
  struct kz_row row = plain_row(1, md5, kz_value_hash(kz_str_of(md5)));
  struct kz_segment *s = NULL;
  assert_int_equal(kz_segment_build(&row, 1, NULL, 0, NULL, &s, NULL), KZ_OK);
  assert_int_equal(kz_segment_class(s, 0), KZ_CLASS_HEX);
  kz_str raw = kz_segment_text(s, 0);
  assert_int_equal(raw.len, 16);
  assert_int_equal((unsigned char)raw.ptr[15], 0xff);
  kz_segment_unref(s);
}

static void uuids_lead_to_their_rows_and_others(void **state) {
  (void)state;
  struct invented in = invent(16, 60, 1500);
  struct kz_segment *s = build(&in);
  size_t from = 0;
  size_t to = 0;
  for (uint32_t i = 0; i < in.count; i++) {
    kz_segment_uuids(s, in.rows[i].uuid_hash, &from, &to);
    size_t hits = 0;
    for (size_t e = from; e < to; e++) {
      assert_true(s->uuid_hash[e] == in.rows[i].uuid_hash);
      hits += s->uuid_ref[e] == i;
    }
    assert_int_equal(hits, 1);
  }
  for (size_t i = 0; i < in.other_count; i++) {
    const struct kz_row_other *o = &in.others[i];
    kz_segment_uuids(s, o->uuid_hash, &from, &to);
    size_t hits = 0;
    for (size_t e = from; e < to; e++) {
      if (s->uuid_ref[e] & KZ_UUID_OTHER) {
        const struct kz_other_entry *x =
            &s->others[s->uuid_ref[e] & ~KZ_UUID_OTHER];
        hits += x->event == o->event && x->id == o->id &&
                x->thing == (uint32_t)o->thing;
      }
    }
    assert_int_equal(hits, 1); /* also for those that were given twice */
  }
  kz_segment_uuids(s, 12345, &from, &to);
  assert_int_equal(from, to);
  kz_segment_unref(s);
  forget(&in);
}

static void codes_have_all_their_rows_and_no_other(void **state) {
  (void)state;
  struct invented in = invent(17, 60, 5000);
  struct kz_segment *s = build(&in);
  size_t dense = 0;
  size_t rows = 0;
  for (size_t c = 0; c < s->code_count; c++) {
    const struct kz_code_entry *e = &s->codes[c];
    uint32_t at = 0;
    for (uint32_t i = 0; i < in.count; i++) {
      bool has = e->dense ? has_bit(s->code_bits + e->at, i)
                          : at < e->count && s->code_rows[e->at + at] == i;
      assert_int_equal(has, in.rows[i].code == e->code);
      at += has;
    }
    assert_int_equal(at, e->count);
    rows += at;
    dense += e->dense;
  }
  assert_int_equal(rows, in.count);
  assert_true(dense > 0 && dense < s->code_count);
  kz_segment_unref(s);
  forget(&in);
}

/* One address or name and the value it belongs to, for the naive orders. */
struct keyed {
  uint8_t bytes[256];
  size_t len;
  uint32_t value;
};

static int compare_keyed(const void *a, const void *b) {
  const struct keyed *x = a;
  const struct keyed *y = b;
  int order = kz_str_cmp((kz_str){(const char *)x->bytes, x->len},
                         (kz_str){(const char *)y->bytes, y->len});
  return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

/* All addresses of `length` bytes (0: networks) by a naive walk. */
static size_t naive_addresses(const struct kz_segment *s, unsigned length,
                              struct keyed *out) {
  size_t n = 0;
  for (uint32_t v = 0; v < s->values; v++) {
    struct kz_addr addr;
    char hex[KZ_HEX_TEXT];
    if (kz_addr_parse(kz_segment_folded(s, v, hex), &addr) != KZ_OK) {
      continue;
    }
    bool single = addr.prefix == addr.length * 8;
    struct keyed key = {.value = v};
    if (length == 0 && !single) {
      uint32_t bits = 0;
      key.len = 17;
      kz_segment_net_key(&addr, key.bytes + 1, &bits);
      key.bytes[0] = (uint8_t)bits;
      out[n++] = key;
    } else if (length == addr.length && single) {
      key.len = length;
      memcpy(key.bytes, addr.bytes, length);
      out[n++] = key;
    }
  }
  qsort(out, n, sizeof *out, compare_keyed);
  return n;
}

static void addresses_and_networks_are_in_numeric_order(void **state) {
  (void)state;
  struct invented in = invent(18, 300, 6000);
  struct kz_segment *s = build(&in);
  struct keyed *keys = calloc(s->values, sizeof *keys);
  assert_non_null(keys);
  size_t n = naive_addresses(s, 4, keys);
  assert_true(n > 100);
  assert_int_equal(s->ip4_count, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(s->ip4_addr[i], kz_get_be32(keys[i].bytes));
    assert_int_equal(s->ip4_value[i], keys[i].value);
  }
  n = naive_addresses(s, 16, keys);
  assert_true(n > 100);
  assert_int_equal(s->ip6_count, n);
  for (size_t i = 0; i < n; i++) {
    assert_memory_equal(s->ip6_addr[i].bytes, keys[i].bytes, 16);
    assert_int_equal(s->ip6_value[i], keys[i].value);
  }
  n = naive_addresses(s, 0, keys);
  assert_true(n > 100);
  assert_int_equal(s->net_count, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(s->nets[i].bits, keys[i].bytes[0]);
    assert_memory_equal(s->nets[i].base, keys[i].bytes + 1, 16);
    assert_int_equal(s->nets[i].value, keys[i].value);
  }
  free(keys);
  kz_segment_unref(s);
  forget(&in);
}

static void names_and_hosts_of_urls_are_in_reversed_order(void **state) {
  (void)state;
  struct invented in = invent(19, 300, 6000);
  struct kz_segment *s = build(&in);
  struct keyed *keys = calloc(s->values, sizeof *keys);
  assert_non_null(keys);
  size_t n = 0;
  for (uint32_t v = 0; v < s->values; v++) {
    char hex[KZ_HEX_TEXT];
    kz_str text = kz_segment_folded(s, v, hex);
    enum kz_kind kind = kz_kind_of(text);
    kz_str host = kz_value_host(text);
    if ((kind == KZ_KIND_NAME || kind == KZ_KIND_URL) &&
        kz_kind_of(host) == KZ_KIND_NAME) {
      keys[n].len = kz_order_reverse_name(host, (char *)keys[n].bytes);
      keys[n++].value = v;
    }
  }
  qsort(keys, n, sizeof *keys, compare_keyed);
  assert_true(n > 300);
  assert_int_equal(s->name_count, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(s->name_value[i], keys[i].value);
    assert_true(s->name_key[i] ==
                kz_order_prefix((const char *)keys[i].bytes, keys[i].len));
  }
  free(keys);
  kz_segment_unref(s);
  forget(&in);
}

static void a_network_is_keyed_by_its_masked_base(void **state) {
  (void)state;
  struct kz_addr addr;
  uint8_t base[16];
  uint32_t bits = 0;
  assert_int_equal(kz_addr_parse(KZ_STR("198.51.100.77/22"), &addr), KZ_OK);
  kz_segment_net_key(&addr, base, &bits);
  assert_int_equal(bits, 96 + 22);
  const uint8_t expected[16] = {0, 0, 0,    0,    0,   0,  0,   0,
                                0, 0, 0xff, 0xff, 198, 51, 100, 0};
  assert_memory_equal(base, expected, 16);
  assert_int_equal(kz_addr_parse(KZ_STR("2001:db8::ffff/127"), &addr), KZ_OK);
  kz_segment_net_key(&addr, base, &bits);
  assert_int_equal(bits, 127);
  assert_int_equal(base[15], 0xfe);
}

static void random_segments_are_sound(void **state) {
  (void)state;
  for (uint64_t seed = 200; seed < 260; seed++) {
    struct invented in =
        invent(seed, (uint32_t)(seed - 198) * 3, (seed - 200) * 40);
    struct kz_segment *s = build(&in);
    assert_sound(s);
    kz_segment_unref(s);
    forget(&in);
  }
}

static void a_file_is_the_same_bytes_as_memory(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct invented in = invent(20, 100, 2000);
  struct kz_segment *memory = build(&in);
  struct kz_segment *file = NULL;
  temp_path(&temp, "segment", path);
  assert_int_equal(kz_segment_build(in.rows, in.count, in.others,
                                    in.other_count, path, &file, NULL),
                   KZ_OK);
  assert_string_equal(file->path, path);
  assert_null(memory->path);
  assert_true(file->head->bytes == memory->head->bytes);
  assert_memory_equal(file->head, memory->head, (size_t)file->head->bytes);
  kz_segment_unref(file);
  assert_int_equal(kz_segment_open(path, &file, NULL), KZ_OK);
  assert_sound(file);
  kz_segment_unref(kz_segment_ref(file));
  assert_int_equal(file->rows, in.count);
  kz_segment_unref(file);
  kz_segment_unref(memory);
  forget(&in);
}

static void write_file(const char *path, const void *bytes, size_t len) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static void files_that_are_no_segments_are_refused(void **state) {
  (void)state;
  TEMP(temp);
  char path[512];
  struct invented in = invent(21, 20, 100);
  struct kz_segment *s = build(&in);
  struct kz_segment *opened = NULL;
  struct kz_err err = KZ_ERR_NONE;
  temp_path(&temp, "segment", path);
  assert_int_equal(kz_segment_open(path, &opened, &err), KZ_E_IO);
  write_file(path, "short", 5);
  assert_int_equal(kz_segment_open(path, &opened, &err), KZ_E_CORRUPT);
  size_t len = (size_t)s->head->bytes;
  for (size_t cut = 0; cut < len; cut += 1 + len / 97) {
    write_file(path, s->head, cut);
    assert_int_equal(kz_segment_open(path, &opened, &err), KZ_E_CORRUPT);
  }
  char *copy = malloc(len);
  assert_non_null(copy);
  memcpy(copy, s->head, len);
  copy[8] = KZ_SEGMENT_VERSION + 1;
  write_file(path, copy, len);
  assert_int_equal(kz_segment_open(path, &opened, &err), KZ_E_UNSUPPORTED);
  assert_non_null(strstr(err.text, path));
  free(copy);
  assert_null(opened);
  kz_segment_unref(s);
  forget(&in);
}

static void any_byte_that_has_changed_is_noticed(void **state) {
  (void)state;
  struct invented in = invent(22, 30, 150);
  struct kz_segment *s = build(&in);
  size_t len = (size_t)s->head->bytes;
  for (size_t at = 0; at < len; at += at < 2000 ? 1 : 7) {
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, s->head, len);
    copy[at] = (char)(copy[at] ^ (1 << at % 8));
    struct kz_segment *damaged = NULL;
    kz_rc rc = kz_segment_from_memory(copy, len, &damaged, NULL);
    if (rc == KZ_OK) {
      rc = kz_segment_verify(damaged, NULL);
      kz_segment_unref(damaged);
    }
    if (rc != KZ_E_CORRUPT && rc != KZ_E_UNSUPPORTED) {
      fail_msg("byte %zu of %zu: %s", at, len, kz_rc_name(rc));
    }
  }
  kz_segment_unref(s);
  forget(&in);
}

static void too_many_rows_are_refused_before_anything_is_read(void **state) {
  (void)state;
  struct kz_segment *s = NULL;
  assert_int_equal(kz_segment_build(NULL, (size_t)KZ_SEGMENT_ROWS_MAX, NULL, 0,
                                    NULL, &s, NULL),
                   KZ_E_LIMIT);
  assert_null(s);
}

static void a_directory_has_about_eight_entries_a_bucket(void **state) {
  (void)state;
  assert_int_equal(kz_segment_dir_bits(0), 0);
  assert_int_equal(kz_segment_dir_bits(8), 0);
  assert_int_equal(kz_segment_dir_bits(9), 1);
  assert_int_equal(kz_segment_dir_bits(1 << 20), 17);
  assert_int_equal(kz_segment_dir_bits(SIZE_MAX), 28);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_read_back_as_they_were_built),
      cmocka_unit_test(an_attribute_is_found_by_event_and_id),
      cmocka_unit_test(the_first_slice_of_an_event_is_found),
      cmocka_unit_test(every_value_is_found_with_its_postings),
      cmocka_unit_test(values_that_are_not_there_are_not_found),
      cmocka_unit_test(texts_of_one_hash_are_kept_apart),
      cmocka_unit_test(many_texts_of_one_hash_are_still_sorted_and_found),
      cmocka_unit_test(digests_take_half_their_text),
      cmocka_unit_test(uuids_lead_to_their_rows_and_others),
      cmocka_unit_test(codes_have_all_their_rows_and_no_other),
      cmocka_unit_test(addresses_and_networks_are_in_numeric_order),
      cmocka_unit_test(names_and_hosts_of_urls_are_in_reversed_order),
      cmocka_unit_test(a_network_is_keyed_by_its_masked_base),
      cmocka_unit_test(random_segments_are_sound),
      cmocka_unit_test(a_file_is_the_same_bytes_as_memory),
      cmocka_unit_test(files_that_are_no_segments_are_refused),
      cmocka_unit_test(any_byte_that_has_changed_is_noticed),
      cmocka_unit_test(too_many_rows_are_refused_before_anything_is_read),
      cmocka_unit_test(a_directory_has_about_eight_entries_a_bucket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
