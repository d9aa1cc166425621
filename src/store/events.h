/* The table of events in memory: what search, facets and lists need of an
 * event without reading its record.
 *
 * Ids are dense, so the table is pages of columns indexed by id. A table is
 * immutable: a commit makes a new one that shares all untouched pages, so a
 * view keeps the moment it was taken. Reading is safe from any thread. */
#ifndef KZ_STORE_EVENTS_H
#define KZ_STORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"
#include "base/uuid.h"

enum { KZ_PAGE_BITS = 7, KZ_PAGE_EVENTS = 1 << KZ_PAGE_BITS };

enum {
  KZ_EVENT_EXISTS = 1u << 0,
  KZ_EVENT_PUBLISHED = 1u << 1,
  KZ_EVENT_LOCKED = 1u << 2,
  KZ_EVENT_SILENT = 1u << 3, /* disable_correlation */
  KZ_EVENT_PROPOSAL_LOCK = 1u << 4,
};

/* One event as the table knows it. Texts and tags are borrowed. */
struct kz_event_entry {
  uint64_t id;
  struct kz_uuid uuid;
  uint32_t flags; /* KZ_EVENT_... */
  uint32_t org;   /* owner here */
  uint32_t orgc;  /* creator */
  int32_t date_days;
  uint32_t time_s;
  uint32_t publish_s;
  uint32_t known_s;
  uint8_t threat_level;
  uint8_t analysis;
  uint8_t distribution;
  uint64_t group;
  kz_str info;
  const uint32_t *tags;
  uint32_t tag_count;
};

/* Columns of KZ_PAGE_EVENTS events; index with id % KZ_PAGE_EVENTS. */
struct kz_event_page {
  uint8_t flags[KZ_PAGE_EVENTS];
  uint8_t threat_level[KZ_PAGE_EVENTS];
  uint8_t analysis[KZ_PAGE_EVENTS];
  uint8_t distribution[KZ_PAGE_EVENTS];
  int32_t date_days[KZ_PAGE_EVENTS];
  uint32_t org[KZ_PAGE_EVENTS];
  uint32_t orgc[KZ_PAGE_EVENTS];
  uint32_t time_s[KZ_PAGE_EVENTS];
  uint32_t publish_s[KZ_PAGE_EVENTS];
  uint32_t known_s[KZ_PAGE_EVENTS];
  uint64_t group[KZ_PAGE_EVENTS];
  uint64_t tag_mask[KZ_PAGE_EVENTS]; /* bit (id % 64) of each tag */
  struct kz_uuid uuid[KZ_PAGE_EVENTS];
  uint32_t info_at[KZ_PAGE_EVENTS + 1];
  uint32_t tag_at[KZ_PAGE_EVENTS + 1];
  const char *info;
  const uint32_t *tags;
};

struct kz_events {
  size_t page_count;
  uint64_t count;                     /* events that exist */
  const struct kz_event_page **pages; /* NULL: none of its events exists */
};

/* An empty table. The caller owns a reference. NULL when out of memory. */
struct kz_events *kz_events_new(void);
struct kz_events *kz_events_ref(struct kz_events *events);
void kz_events_unref(struct kz_events *events);

/* A new table in which the given events (ascending ids, no duplicates) are as
 * said; flags without KZ_EVENT_EXISTS removes. NULL when out of memory. */
struct kz_events *kz_events_with(const struct kz_events *events,
                                 const struct kz_event_entry *entries,
                                 size_t count);

/* The page of an id, NULL when there is none. */
static inline const struct kz_event_page *
kz_events_page(const struct kz_events *events, uint64_t id) {
  size_t page = (size_t)(id >> KZ_PAGE_BITS);
  return page < events->page_count ? events->pages[page] : NULL;
}

/* The event's entry, borrowed from the table; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_events_get(const struct kz_events *events, uint64_t id,
                                struct kz_event_entry *ret_entry);

/* One past the highest id that may exist. */
static inline uint64_t kz_events_end(const struct kz_events *events) {
  return (uint64_t)events->page_count << KZ_PAGE_BITS;
}

#endif
