/* A page is made whole from entries; its info texts and tags lie behind it in
 * the same allocation. Making one costs some microseconds, which a commit pays
 * for each page it touches. */
#include "store/events.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct owned_page {
  struct kz_event_page page; /* first: the public part */
  atomic_uint references;
};

struct owned_events {
  struct kz_events events; /* first: the public part */
  atomic_uint references;
};

static void unref_page(const struct kz_event_page *page) {
  struct owned_page *o = (struct owned_page *)(uintptr_t)page;
  if (o && atomic_fetch_sub(&o->references, 1) == 1) {
    free(o);
  }
}

static struct owned_events *make_table(size_t page_count) {
  struct owned_events *o = calloc(1, sizeof *o);
  const struct kz_event_page **pages =
      calloc(page_count + 1, sizeof(const struct kz_event_page *));
  if (!o || !pages) {
    free(o);
    free(pages);
    return NULL;
  }
  atomic_init(&o->references, 1);
  o->events.pages = pages;
  o->events.page_count = page_count;
  return o;
}

struct kz_events *kz_events_new(void) {
  struct owned_events *o = make_table(0);
  return o ? &o->events : NULL;
}

struct kz_events *kz_events_ref(struct kz_events *events) {
  atomic_fetch_add(&((struct owned_events *)events)->references, 1);
  return events;
}

void kz_events_unref(struct kz_events *events) {
  struct owned_events *o = (struct owned_events *)events;
  if (!o || atomic_fetch_sub(&o->references, 1) != 1) {
    return;
  }
  for (size_t i = 0; i < events->page_count; i++) {
    unref_page(events->pages[i]);
  }
  free(events->pages);
  free(o);
}

static void read_entry(const struct kz_event_page *page, size_t slot,
                       uint64_t id, struct kz_event_entry *entry) {
  *entry = (struct kz_event_entry){
      .id = id,
      .uuid = page->uuid[slot],
      .flags = page->flags[slot],
      .org = page->org[slot],
      .orgc = page->orgc[slot],
      .date_days = page->date_days[slot],
      .time_s = page->time_s[slot],
      .publish_s = page->publish_s[slot],
      .known_s = page->known_s[slot],
      .threat_level = page->threat_level[slot],
      .analysis = page->analysis[slot],
      .distribution = page->distribution[slot],
      .group = page->group[slot],
      .info = {page->info + page->info_at[slot],
               page->info_at[slot + 1] - page->info_at[slot]},
      .tags = page->tags + page->tag_at[slot],
      .tag_count = page->tag_at[slot + 1] - page->tag_at[slot],
  };
}

kz_rc kz_events_get(const struct kz_events *events, uint64_t id,
                    struct kz_event_entry *ret_entry) {
  const struct kz_event_page *page = kz_events_page(events, id);
  size_t slot = (size_t)(id % KZ_PAGE_EVENTS);
  if (!page || !(page->flags[slot] & KZ_EVENT_EXISTS)) {
    return KZ_NOT_FOUND;
  }
  read_entry(page, slot, id, ret_entry);
  return KZ_OK;
}

static void write_entry(struct kz_event_page *page, size_t slot,
                        const struct kz_event_entry *entry) {
  page->flags[slot] = (uint8_t)entry->flags;
  page->threat_level[slot] = entry->threat_level;
  page->analysis[slot] = entry->analysis;
  page->distribution[slot] = entry->distribution;
  page->date_days[slot] = entry->date_days;
  page->org[slot] = entry->org;
  page->orgc[slot] = entry->orgc;
  page->time_s[slot] = entry->time_s;
  page->publish_s[slot] = entry->publish_s;
  page->known_s[slot] = entry->known_s;
  page->group[slot] = entry->group;
  page->uuid[slot] = entry->uuid;
  for (uint32_t t = 0; t < entry->tag_count; t++) {
    page->tag_mask[slot] |= 1ull << (entry->tags[t] % 64);
  }
}

static struct kz_event_page *
make_page(const struct kz_event_entry entries[KZ_PAGE_EVENTS]) {
  size_t tags = 0;
  size_t text = 0;
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    tags += entries[i].tag_count;
    text += entries[i].info.len;
  }
  struct owned_page *o = calloc(1, sizeof *o + tags * sizeof(uint32_t) + text);
  if (!o) {
    return NULL;
  }
  atomic_init(&o->references, 1);
  uint32_t *tag_pool = (uint32_t *)(void *)(o + 1);
  char *info_pool = (char *)(tag_pool + tags);
  struct kz_event_page *page = &o->page;
  page->tags = tag_pool;
  page->info = info_pool;
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    const struct kz_event_entry *e = &entries[i];
    uint32_t tag_at = page->tag_at[i];
    uint32_t info_at = page->info_at[i];
    if (e->flags & KZ_EVENT_EXISTS) {
      write_entry(page, i, e);
      if (e->tag_count > 0) {
        memcpy(tag_pool + tag_at, e->tags, e->tag_count * sizeof *e->tags);
      }
      if (e->info.len > 0) {
        memcpy(info_pool + info_at, e->info.ptr, e->info.len);
      }
      tag_at += e->tag_count;
      info_at += (uint32_t)e->info.len;
    }
    page->tag_at[i + 1] = tag_at;
    page->info_at[i + 1] = info_at;
  }
  return page;
}

/* The page with the first entries of `entries` that belong to it; tells how
 * many it took. */
static struct kz_event_page *renew_page(const struct kz_event_page *old,
                                        uint64_t first_id,
                                        const struct kz_event_entry *entries,
                                        size_t count, size_t *ret_taken) {
  struct kz_event_entry all[KZ_PAGE_EVENTS];
  memset(all, 0, sizeof all);
  for (size_t i = 0; old && i < KZ_PAGE_EVENTS; i++) {
    read_entry(old, i, first_id + i, &all[i]);
  }
  size_t taken = 0;
  while (taken < count && entries[taken].id - first_id < KZ_PAGE_EVENTS) {
    all[entries[taken].id - first_id] = entries[taken];
    taken++;
  }
  *ret_taken = taken;
  return make_page(all);
}

static uint64_t count_existing(const struct kz_event_page *page) {
  uint64_t n = 0;
  for (size_t i = 0; page && i < KZ_PAGE_EVENTS; i++) {
    n += page->flags[i] & KZ_EVENT_EXISTS;
  }
  return n;
}

struct kz_events *kz_events_with(const struct kz_events *events,
                                 const struct kz_event_entry *entries,
                                 size_t count) {
  size_t pages = events->page_count;
  if (count > 0 && (entries[count - 1].id >> KZ_PAGE_BITS) >= pages) {
    pages = (size_t)(entries[count - 1].id >> KZ_PAGE_BITS) + 1;
  }
  struct owned_events *o = make_table(pages);
  if (!o) {
    return NULL;
  }
  o->events.count = events->count;
  for (size_t i = 0; i < events->page_count; i++) {
    o->events.pages[i] = events->pages[i];
    if (events->pages[i]) {
      atomic_fetch_add(
          &((struct owned_page *)(uintptr_t)events->pages[i])->references, 1);
    }
  }
  for (size_t at = 0; at < count;) {
    size_t p = (size_t)(entries[at].id >> KZ_PAGE_BITS);
    const struct kz_event_page *old = o->events.pages[p];
    size_t taken = 0;
    struct kz_event_page *page = renew_page(old, (uint64_t)p << KZ_PAGE_BITS,
                                            entries + at, count - at, &taken);
    if (!page) {
      kz_events_unref(&o->events);
      return NULL;
    }
    o->events.count += count_existing(page);
    o->events.count -= count_existing(old);
    o->events.pages[p] = page;
    unref_page(old);
    at += taken;
  }
  return &o->events;
}
