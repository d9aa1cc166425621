/* The file: "KZFEEDC1", counts of events and sums (u32 each, little end first),
 * the uuids, the sums in order, and the index of the event of each. */
#include "work/feed_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/md5.h"

enum {
  PATH_BYTES = 4096,
  HEAD_BYTES = 16,
  SUMS_MAX = 1 << 27,
  EVENTS_MAX = 1 << 24,
};
#define MAGIC "KZFEEDC1"
#define FILE_MAX ((size_t)1 << 32)

void kz_feed_sums_done(struct kz_feed_sums *sums) {
  free(sums->sums);
  free(sums->events);
  *sums = (struct kz_feed_sums){.sums = NULL};
}

static kz_rc add_sum(struct kz_feed_sums *sums, const uint8_t *sum,
                     uint32_t event) {
  if (sums->count == sums->room) {
    size_t room = sums->room ? sums->room * 2 : 1024;
    struct kz_feed_sum *grown =
        room <= SUMS_MAX ? reallocarray(sums->sums, room, sizeof *grown) : NULL;
    if (!grown) {
      return KZ_E_MEMORY;
    }
    sums->sums = grown;
    sums->room = room;
  }
  struct kz_feed_sum *s = &sums->sums[sums->count++];
  memcpy(s->sum, sum, KZ_FEED_SUM);
  s->event = event;
  return KZ_OK;
}

kz_rc kz_feed_sums_add_value(struct kz_feed_sums *sums, kz_str value) {
  uint8_t sum[KZ_MD5_BYTES];
  size_t bar = kz_str_find_byte(value, '|');
  kz_md5(value, sum);
  kz_rc rc = add_sum(sums, sum, 0);
  if (rc == KZ_OK && bar != SIZE_MAX) {
    kz_md5(kz_str_head(value, bar), sum);
    rc = add_sum(sums, sum, 0);
  }
  if (rc == KZ_OK && bar != SIZE_MAX) {
    kz_md5(kz_str_from(value, bar + 1), sum);
    rc = add_sum(sums, sum, 0);
  }
  return rc;
}

static int digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

static bool read_sum(kz_str text, uint8_t ret[KZ_FEED_SUM]) {
  for (size_t i = 0; i < KZ_FEED_SUM && text.len == 2 * KZ_FEED_SUM; i++) {
    int high = digit(text.ptr[2 * i]);
    int low = digit(text.ptr[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    ret[i] = (uint8_t)(high << 4 | low);
  }
  return text.len == 2 * KZ_FEED_SUM;
}

/* The index of an event's uuid. Lines of one event stand together. */
static kz_rc event_index(struct kz_feed_sums *sums, kz_str text,
                         uint32_t *ret) {
  struct kz_uuid uuid;
  *ret = 0;
  if (kz_uuid_parse(text, &uuid) != KZ_OK) {
    return KZ_OK;
  }
  if (sums->event_count > 0 &&
      kz_uuid_eq(&sums->events[sums->event_count - 1], &uuid)) {
    *ret = (uint32_t)sums->event_count;
    return KZ_OK;
  }
  if (sums->event_count == sums->event_room) {
    size_t room = sums->event_room ? sums->event_room * 2 : 64;
    struct kz_uuid *grown =
        room <= EVENTS_MAX ? reallocarray(sums->events, room, sizeof *grown)
                           : NULL;
    if (!grown) {
      return KZ_E_MEMORY;
    }
    sums->events = grown;
    sums->event_room = room;
  }
  sums->events[sums->event_count++] = uuid;
  *ret = (uint32_t)sums->event_count;
  return KZ_OK;
}

kz_rc kz_feed_sums_add_csv(struct kz_feed_sums *sums, kz_str text) {
  kz_str line;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && kz_str_next_line(&text, &line)) {
    uint8_t sum[KZ_FEED_SUM];
    uint32_t event = 0;
    size_t comma = kz_str_find_byte(line, ',');
    if (comma == SIZE_MAX || !read_sum(kz_str_head(line, comma), sum)) {
      continue;
    }
    rc = event_index(sums, kz_str_trim(kz_str_from(line, comma + 1)), &event);
    if (rc == KZ_OK) {
      rc = add_sum(sums, sum, event);
    }
  }
  return rc;
}

/* --- the file --------------------------------------------------------------
 */

static const char *path_of(const char *store, uint64_t feed,
                           char out[PATH_BYTES]) {
  (void)snprintf(out, PATH_BYTES, "%s/feeds/%llu.sums", store,
                 (unsigned long long)feed);
  return out;
}

static int compare_sums(const void *a, const void *b) {
  return memcmp(a, b, KZ_FEED_SUM);
}

static void put_u32(struct kz_buf *out, uint32_t n) {
  const uint8_t bytes[] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
                           (uint8_t)(n >> 24)};
  (void)kz_buf_add(out, bytes, sizeof bytes);
}

static uint32_t get_u32(const char *at) {
  const uint8_t *b = (const uint8_t *)at;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
         (uint32_t)b[3] << 24;
}

static void sort_once(struct kz_feed_sums *sums) {
  size_t kept = 0;
  if (sums->count > 0) {
    qsort(sums->sums, sums->count, sizeof *sums->sums, compare_sums);
  }
  for (size_t i = 0; i < sums->count; i++) {
    if (kept == 0 || compare_sums(&sums->sums[kept - 1], &sums->sums[i]) != 0) {
      sums->sums[kept++] = sums->sums[i];
    }
  }
  sums->count = kept;
}

kz_rc kz_feed_cache_write(const char *store, uint64_t feed,
                          struct kz_feed_sums *sums, struct kz_err *err) {
  char path[PATH_BYTES];
  KZ_BUF(bytes, FILE_MAX);
  sort_once(sums);
  (void)kz_buf_add_str(&bytes, KZ_STR(MAGIC));
  put_u32(&bytes, (uint32_t)sums->event_count);
  put_u32(&bytes, (uint32_t)sums->count);
  (void)kz_buf_add(&bytes, sums->events ? (const void *)sums->events : "",
                   sums->event_count * sizeof *sums->events);
  for (size_t i = 0; i < sums->count; i++) {
    (void)kz_buf_add(&bytes, sums->sums[i].sum, KZ_FEED_SUM);
  }
  for (size_t i = 0; i < sums->count; i++) {
    put_u32(&bytes, sums->sums[i].event);
  }
  if (kz_buf_failed(&bytes)) {
    return kz_err_set(err, KZ_E_MEMORY, "feed's cache: out of memory");
  }
  (void)snprintf(path, sizeof path, "%s/feeds", store);
  kz_rc rc = kz_folder_make(path, 0700, err);
  return rc < 0 ? rc
                : kz_file_write(path_of(store, feed, path), kz_buf_str(&bytes),
                                0600, err);
}

void kz_feed_cache_remove(const char *store, uint64_t feed) {
  char path[PATH_BYTES];
  (void)unlink(path_of(store, feed, path));
}

/* A file that is looked into. */
struct cache {
  struct kz_file_map map;
  const char *events;
  const char *sums;
  const char *owners;
  size_t event_count;
  size_t count;
};

/* Maps a file; false when there is none or it is damaged. */
static bool open_cache(const char *store, uint64_t feed, struct cache *c) {
  char path[PATH_BYTES];
  if (kz_file_map(path_of(store, feed, path), &c->map, NULL) != KZ_OK) {
    return false;
  }
  kz_str bytes = c->map.bytes;
  if (bytes.len < HEAD_BYTES || !kz_str_starts(bytes, KZ_STR(MAGIC))) {
    kz_file_unmap(&c->map);
    return false;
  }
  c->event_count = get_u32(bytes.ptr + 8);
  c->count = get_u32(bytes.ptr + 12);
  if (bytes.len != HEAD_BYTES + c->event_count * sizeof(struct kz_uuid) +
                       c->count * (KZ_FEED_SUM + 4)) {
    kz_file_unmap(&c->map);
    return false;
  }
  c->events = bytes.ptr + HEAD_BYTES;
  c->sums = c->events + c->event_count * sizeof(struct kz_uuid);
  c->owners = c->sums + c->count * KZ_FEED_SUM;
  return true;
}

kz_rc kz_feed_cache_find(const char *store, uint64_t feed, kz_str value,
                         struct kz_uuid *ret_event) {
  struct cache c;
  uint8_t sum[KZ_MD5_BYTES];
  kz_rc rc = KZ_NOT_FOUND;
  if (!open_cache(store, feed, &c)) {
    return rc;
  }
  kz_md5(value, sum);
  const char *hit =
      c.count > 0 ? bsearch(sum, c.sums, c.count, KZ_FEED_SUM, compare_sums)
                  : NULL;
  if (hit) {
    size_t index = (size_t)(hit - c.sums) / KZ_FEED_SUM;
    uint32_t event = get_u32(c.owners + index * 4);
    *ret_event = KZ_UUID_NIL;
    if (event > 0 && event <= c.event_count) {
      memcpy(ret_event, c.events + (event - 1) * sizeof *ret_event,
             sizeof *ret_event);
    }
    rc = KZ_OK;
  }
  kz_file_unmap(&c.map);
  return rc;
}

size_t kz_feed_cache_count(const char *store, uint64_t feed) {
  struct cache c;
  if (!open_cache(store, feed, &c)) {
    return 0;
  }
  size_t count = c.count;
  kz_file_unmap(&c.map);
  return count;
}

size_t kz_feed_cache_overlap(const char *store, uint64_t a, uint64_t b) {
  struct cache x;
  struct cache y;
  size_t shared = 0;
  if (!open_cache(store, a, &x)) {
    return 0;
  }
  if (!open_cache(store, b, &y)) {
    kz_file_unmap(&x.map);
    return 0;
  }
  size_t i = 0;
  size_t j = 0;
  while (i < x.count && j < y.count) {
    int order =
        memcmp(x.sums + i * KZ_FEED_SUM, y.sums + j * KZ_FEED_SUM, KZ_FEED_SUM);
    shared += order == 0;
    i += order <= 0;
    j += order >= 0;
  }
  kz_file_unmap(&x.map);
  kz_file_unmap(&y.map);
  return shared;
}
