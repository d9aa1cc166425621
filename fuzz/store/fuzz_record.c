/* Any bytes as a record: the first byte chooses the noun, the rest is read as
 * one. What can be read can be written again, in no more bytes.
 *
 * Records refer to a dictionary, which lives in a store: that one is made once,
 * with a few names in it, and every input meets the same. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "store/record.h"

enum { NAMES = 8, ARENA = 64 << 20, RECORD = 16 << 20 };

static struct {
  char parent[200];
  char path[256];
  struct kz_kv *kv;
  struct kz_dict *dict;
} house;

static void must(bool holds) {
  if (!holds) {
    abort();
  }
}

static void leave_house(void) {
  kz_dict_close(house.dict);
  kz_kv_close(house.kv);
  must(kz_folder_remove(house.parent, strrchr(house.path, '/') + 1, NULL) ==
       KZ_OK);
}

/* The numbers 1 to NAMES of each table are taken, as in the test that makes the
 * corpus. */
static void fill_dictionary(void) {
  for (unsigned i = 1; i <= NAMES; i++) {
    char name[16];
    uint32_t id = 0;
    (void)snprintf(name, sizeof name, "name%u", i);
    struct kz_tag tag = {.name = kz_str_of(name)};
    struct kz_org org = {.name = kz_str_of(name)};
    must(kz_dict_tag(house.dict, &tag, &id, NULL) == KZ_OK);
    must(kz_dict_org(house.dict, &org, &id, NULL) == KZ_OK);
    must(kz_dict_word(house.dict, tag.name, &id, NULL) == KZ_OK);
  }
}

static void enter_house(void) {
  if (house.dict) {
    return;
  }
  const char *parent = getenv("TMPDIR");
  (void)snprintf(house.parent, sizeof house.parent, "%s",
                 parent ? parent : "/tmp");
  (void)snprintf(house.path, sizeof house.path, "%s/kizashi-fuzz-XXXXXX",
                 house.parent);
  must(mkdtemp(house.path) != NULL);
  must(kz_kv_open(house.path, true, &house.kv, NULL) == KZ_OK);
  must(kz_dict_open(house.kv, &house.dict, NULL) == KZ_OK);
  fill_dictionary();
  must(atexit(leave_house) == 0);
}

static void read_chunk(kz_str value, struct kz_arena *arena) {
  struct kz_chunk_walk walk;
  struct kz_attribute a;
  bool has_data = false;
  kz_rc rc = kz_chunk_walk_init(&walk, house.dict, arena, 1, value, NULL);
  while (rc == KZ_OK) {
    rc = kz_chunk_walk_next(&walk, &a, &has_data, NULL);
    if (rc == KZ_OK) {
      must(a.type < KZ_TYPE_COUNT && a.category < KZ_CATEGORY_COUNT);
      must(a.tag_count == 0 || a.tags[a.tag_count - 1].tag.name.len > 0);
    }
  }
  must(rc == KZ_END || rc == KZ_E_CORRUPT);
  if (kz_chunk_walk_init(&walk, house.dict, arena, 1, value, NULL) == KZ_OK) {
    rc = kz_chunk_walk_find(&walk, 5, &a, &has_data, NULL);
    must(rc == KZ_OK || rc == KZ_NOT_FOUND || rc == KZ_E_CORRUPT);
  }
}

static void check_length(kz_rc rc, const struct kz_buf *again, kz_str value) {
  must(rc == KZ_OK || kz_buf_failed(again));
  must(rc != KZ_OK || again->len <= value.len);
}

static void read_event(kz_str value, struct kz_arena *arena) {
  struct kz_event e;
  uint64_t count = 0;
  KZ_BUF(again, RECORD);
  if (kz_record_get_event(value, house.dict, arena, 1, &e, &count, NULL) ==
      KZ_OK) {
    check_length(kz_record_put_event(&again, house.dict, &e, count, NULL),
                 &again, value);
  }
}

static void read_object(kz_str value) {
  struct kz_object o;
  KZ_BUF(again, RECORD);
  if (kz_record_get_object(value, house.dict, 1, &o, NULL) == KZ_OK) {
    check_length(kz_record_put_object(&again, house.dict, &o, NULL), &again,
                 value);
  }
}

static void read_reference(kz_str value) {
  struct kz_reference r;
  uint64_t object = 0;
  KZ_BUF(again, RECORD);
  if (kz_record_get_reference(value, house.dict, 1, &r, &object, NULL) ==
      KZ_OK) {
    check_length(kz_record_put_reference(&again, house.dict, &r, object, NULL),
                 &again, value);
  }
}

static void read_report(kz_str value, struct kz_arena *arena) {
  struct kz_report r;
  KZ_BUF(again, RECORD);
  if (kz_record_get_report(value, house.dict, arena, 1, &r, NULL) == KZ_OK) {
    check_length(kz_record_put_report(&again, house.dict, &r, NULL), &again,
                 value);
  }
}

static void read_sighting(kz_str value) {
  struct kz_sighting s;
  KZ_BUF(again, RECORD);
  if (kz_record_get_sighting(value, house.dict, 1, &s, NULL) == KZ_OK) {
    check_length(kz_record_put_sighting(&again, house.dict, &s, NULL), &again,
                 value);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  enter_house();
  KZ_ARENA(arena, ARENA);
  kz_str value = {(const char *)data + 1, size - 1};
  switch (data[0] % 6) {
  case 0:
    read_chunk(value, arena);
    break;
  case 1:
    read_event(value, arena);
    break;
  case 2:
    read_object(value);
    break;
  case 3:
    read_reference(value);
    break;
  case 4:
    read_report(value, arena);
    break;
  default:
    read_sighting(value);
    break;
  }
  return 0;
}
