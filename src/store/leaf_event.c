#include "store/leaf_event.h"

#include <string.h>

#include "base/clock.h"
#include "model/event.h"
#include "store/bitset.h"
#include "store/event_filter.h"
#include "store/row.h"

/* A range of a column; matches nothing when `none`. */
struct range {
  uint32_t from;
  uint32_t span;
  bool none;
};

bool kz_leaf_is_of_event(const struct kz_cond *cond) {
  switch ((int)cond->kind) {
  case KZ_COND_TAG_EVENT:
  case KZ_COND_ORG:
  case KZ_COND_OWNER:
  case KZ_COND_THREAT_LEVEL:
  case KZ_COND_ANALYSIS:
  case KZ_COND_DISTRIBUTION:
  case KZ_COND_DATE:
  case KZ_COND_EVENT_TIME:
  case KZ_COND_PUBLISH_TIME:
  case KZ_COND_PUBLISHED:
  case KZ_COND_INFO:
    return true;
  default:
    return false;
  }
}

bool kz_leaf_seconds(const struct kz_cond *cond, uint32_t *ret_from,
                     uint32_t *ret_to) {
  if (cond->to < 0 || cond->from > cond->to) {
    return false;
  }
  int64_t from = cond->from <= 0 ? 0 : cond->from;
  int64_t up = from / KZ_SECOND_US + (from % KZ_SECOND_US != 0);
  *ret_from = up > UINT32_MAX ? UINT32_MAX : (uint32_t)up;
  *ret_to = kz_row_seconds(cond->to);
  return *ret_from <= *ret_to;
}

static struct range seconds_of(const struct kz_cond *cond) {
  uint32_t from = 0;
  uint32_t to = 0;
  if (!kz_leaf_seconds(cond, &from, &to)) {
    return (struct range){.none = true};
  }
  return (struct range){.from = from, .span = to - from};
}

/* Days may be negative: the comparison wraps, so it works on their bits. */
static struct range days_of(const struct kz_cond *cond) {
  int64_t from = cond->from > INT32_MIN ? cond->from : INT32_MIN;
  int64_t to = cond->to < INT32_MAX ? cond->to : INT32_MAX;
  if (from > to) {
    return (struct range){.none = true};
  }
  return (struct range){.from = (uint32_t)from, .span = (uint32_t)(to - from)};
}

static void match_range(const void *column, struct range range,
                        struct kz_page_bits *ret) {
  if (!range.none) {
    kz_bitset_way()->set_in_range(column, KZ_PAGE_EVENTS, range.from,
                                  range.span, ret->words);
  }
}

static void match_numbers(const uint32_t *column, const struct kz_cond *cond,
                          struct kz_page_bits *ret) {
  for (size_t i = 0; i < cond->number_count; i++) {
    if (cond->numbers[i] <= UINT32_MAX) {
      match_range(column, (struct range){.from = (uint32_t)cond->numbers[i]},
                  ret);
    }
  }
}

static void match_bytes(const uint8_t *column, const struct kz_cond *cond,
                        struct kz_page_bits *ret) {
  bool wanted[UINT8_MAX + 1] = {false};
  for (size_t i = 0; i < cond->number_count; i++) {
    if (cond->numbers[i] <= UINT8_MAX) {
      wanted[cond->numbers[i]] = true;
    }
  }
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    ret->words[i / 64] |= (uint64_t)wanted[column[i]] << (i % 64);
  }
}

static void match_groups(const struct kz_event_page *page,
                         const struct kz_cond *cond, struct kz_page_bits *ret) {
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    bool is_of = false;
    for (size_t k = 0; page->distribution[i] == KZ_DIST_GROUP && !is_of &&
                       k < cond->number_count;
         k++) {
      is_of = page->group[i] == cond->numbers[k];
    }
    ret->words[i / 64] |= (uint64_t)is_of << (i % 64);
  }
}

static void match_published(const uint8_t *flags, bool wanted,
                            struct kz_page_bits *ret) {
  kz_event_filter_flag(flags, KZ_EVENT_PUBLISHED, ret);
  for (size_t w = 0; !wanted && w < KZ_PAGE_WORDS; w++) {
    ret->words[w] = ~ret->words[w];
  }
}

static bool has_tag(const struct kz_event_page *page, size_t slot,
                    uint64_t tag) {
  for (uint32_t t = page->tag_at[slot]; t < page->tag_at[slot + 1]; t++) {
    if (page->tags[t] == tag) {
      return true;
    }
  }
  return false;
}

static void match_tags(const struct kz_event_page *page,
                       const struct kz_cond *cond, struct kz_page_bits *ret) {
  uint64_t mask = 0;
  for (size_t k = 0; k < cond->number_count; k++) {
    mask |= UINT64_C(1) << (cond->numbers[k] % 64);
  }
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    if (!(page->tag_mask[i] & mask)) {
      continue;
    }
    bool has = false;
    for (size_t k = 0; !has && k < cond->number_count; k++) {
      has = (page->tag_mask[i] >> (cond->numbers[k] % 64) & 1) != 0 &&
            has_tag(page, i, cond->numbers[k]);
    }
    ret->words[i / 64] |= (uint64_t)has << (i % 64);
  }
}

/* Whether `text` contains `needle`, A-Z equal to a-z. */
static bool contains(kz_str text, kz_str needle) {
  if (needle.len == 0) {
    return true;
  }
  char low = kz_to_lower(needle.ptr[0]);
  char high = kz_to_upper(needle.ptr[0]);
  for (size_t i = 0; i < text.len && text.len - i >= needle.len; i++) {
    if ((text.ptr[i] == low || text.ptr[i] == high) &&
        kz_str_eq_nocase((kz_str){text.ptr + i, needle.len}, needle)) {
      return true;
    }
  }
  return false;
}

static void match_info(const struct kz_event_page *page, kz_str needle,
                       const struct kz_page_bits *candidates,
                       struct kz_page_bits *ret) {
  for (size_t i = 0; i < KZ_PAGE_EVENTS; i++) {
    if (candidates->words[i / 64] >> (i % 64) & 1) {
      kz_str info = {page->info + page->info_at[i],
                     page->info_at[i + 1] - page->info_at[i]};
      ret->words[i / 64] |= (uint64_t)contains(info, needle) << (i % 64);
    }
  }
}

/* Those of the candidates that match. */
static struct kz_page_bits match(const struct kz_event_page *page,
                                 const struct kz_cond *cond,
                                 const struct kz_page_bits *candidates) {
  struct kz_page_bits found = {{0}};
  switch ((int)cond->kind) {
  case KZ_COND_TAG:
  case KZ_COND_TAG_EVENT:
    match_tags(page, cond, &found);
    break;
  case KZ_COND_ORG:
    match_numbers(page->orgc, cond, &found);
    break;
  case KZ_COND_OWNER:
    match_numbers(page->org, cond, &found);
    break;
  case KZ_COND_THREAT_LEVEL:
    match_bytes(page->threat_level, cond, &found);
    break;
  case KZ_COND_ANALYSIS:
    match_bytes(page->analysis, cond, &found);
    break;
  case KZ_COND_DISTRIBUTION:
    match_bytes(page->distribution, cond, &found);
    break;
  case KZ_COND_GROUP:
    match_groups(page, cond, &found);
    break;
  case KZ_COND_DATE:
    match_range(page->date_days, days_of(cond), &found);
    break;
  case KZ_COND_EVENT_TIME:
    match_range(page->time_s, seconds_of(cond), &found);
    break;
  case KZ_COND_PUBLISH_TIME:
    match_range(page->publish_s, seconds_of(cond), &found);
    break;
  case KZ_COND_PUBLISHED:
    match_published(page->flags, cond->flag, &found);
    break;
  case KZ_COND_INFO:
    match_info(page, cond->text, candidates, &found);
    break;
  default:
    break;
  }
  for (size_t w = 0; w < KZ_PAGE_WORDS; w++) {
    found.words[w] &= candidates->words[w];
  }
  return found;
}

/* Conditions that an event must all match. */
struct conds {
  const struct kz_cond *const *at;
  size_t count;
};

static void match_all(const void *ctx, const struct kz_event_page *page,
                      struct kz_page_bits *ret) {
  const struct conds *conds = ctx;
  memset(ret, 0xff, sizeof *ret);
  for (size_t i = 0; i < conds->count; i++) {
    *ret = match(page, conds->at[i], ret);
  }
}

void kz_leaf_fill_events(const struct kz_leaf *leaf, const struct kz_cond *cond,
                         uint64_t *bits) {
  const struct conds conds = {.at = &cond, .count = 1};
  kz_event_filter_add(leaf->segment, leaf->view->events, match_all, &conds,
                      bits);
}

void kz_leaf_keep_events(const struct kz_leaf *leaf,
                         const struct kz_cond *const *conds, size_t count,
                         uint64_t *bits) {
  const struct conds all = {.at = conds, .count = count};
  kz_event_filter_keep(leaf->segment, leaf->view->events, match_all, &all,
                       bits);
}
