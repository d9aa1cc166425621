/* What a condition means, as slowly and plainly as can be: the model that the
 * index is held to. Regular expressions are POSIX's here, in what both
 * libraries agree on. */
#ifndef KZ_TESTS_UNIT_STORE_PLAIN_MATCH_H
#define KZ_TESTS_UNIT_STORE_PLAIN_MATCH_H

#include <regex.h>

#include "base/clock.h"
#include "model/addr.h"
#include "model/kind.h"
#include "store/order.h"
#include "store/query.h"
#include "world.h"

static inline bool listed(const struct kz_cond *cond, uint64_t number) {
  for (size_t i = 0; i < cond->number_count; i++) {
    if (cond->numbers[i] == number) {
      return true;
    }
  }
  return false;
}

static inline bool any_listed(const struct kz_cond *cond, const uint32_t *tags,
                              uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (listed(cond, tags[i])) {
      return true;
    }
  }
  return false;
}

static inline bool in_range(const struct kz_cond *cond, uint32_t seconds) {
  int64_t us = (int64_t)seconds * KZ_SECOND_US;
  return us >= cond->from && us <= cond->to;
}

static inline bool has_anywhere(kz_str text, kz_str needle) {
  for (size_t i = 0; i + needle.len <= text.len; i++) {
    if (kz_str_eq_nocase((kz_str){text.ptr + i, needle.len}, needle)) {
      return true;
    }
  }
  return false;
}

/* An expression stays compiled until another is asked for. */
static inline bool matches_regex(kz_str text, kz_str pattern) {
  static char expression[512];
  static regex_t regex;
  static bool compiled;
  char buffer[512];
  (void)snprintf(buffer, sizeof buffer, "%.*s", KZ_STR_ARG(text));
  if (!compiled || !kz_str_eq(kz_str_of(expression), pattern)) {
    if (compiled) {
      regfree(&regex);
    }
    (void)snprintf(expression, sizeof expression, "%.*s", KZ_STR_ARG(pattern));
    compiled =
        regcomp(&regex, expression, REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
    if (!compiled) {
      abort();
    }
  }
  return regexec(&regex, buffer, 0, NULL, 0) == 0;
}

static inline unsigned address_bit(const struct kz_addr *a, unsigned bit) {
  return a->bytes[bit / 8] >> (7 - bit % 8) & 1u;
}

/* Whether `inner` lies in `outer`; both are of one family. */
static inline bool lies_in(const struct kz_addr *inner,
                           const struct kz_addr *outer) {
  if (inner->length != outer->length || inner->prefix < outer->prefix) {
    return false;
  }
  for (unsigned bit = 0; bit < outer->prefix; bit++) {
    if (address_bit(inner, bit) != address_bit(outer, bit)) {
      return false;
    }
  }
  return true;
}

static inline bool matches_net(const struct kz_cond *cond, kz_str part) {
  struct kz_addr asked;
  struct kz_addr found;
  enum kz_kind kind = kz_kind_of(part);
  bool net = kind == KZ_KIND_CIDR4 || kind == KZ_KIND_CIDR6;
  bool single = kind == KZ_KIND_IPV4 || kind == KZ_KIND_IPV6;
  if (!(net || single) || kz_addr_parse(part, &found) != KZ_OK ||
      kz_addr_parse(cond->text, &asked) != KZ_OK) {
    return false;
  }
  return cond->kind == KZ_COND_WITHIN ? lies_in(&found, &asked)
                                      : net && lies_in(&asked, &found);
}

static inline bool matches_name(kz_str name, kz_str part) {
  kz_str host = kz_order_host(part);
  if (name.len > 0 && name.ptr[0] == '.') {
    name = kz_str_from(name, 1);
  }
  if (host.len == name.len) {
    return host.len > 0 && kz_str_eq_nocase(host, name);
  }
  if (host.len < name.len + 1) {
    return false;
  }
  kz_str tail = kz_str_from(host, host.len - name.len);
  return kz_str_eq_nocase(tail, name) &&
         host.ptr[host.len - name.len - 1] == '.';
}

static inline bool part_matches(const struct kz_cond *cond, kz_str part) {
  kz_str text = cond->text;
  switch ((int)cond->kind) {
  case KZ_COND_VALUE:
    return kz_str_eq_nocase(part, text);
  case KZ_COND_PREFIX:
    return part.len >= text.len &&
           kz_str_eq_nocase(kz_str_head(part, text.len), text);
  case KZ_COND_SUFFIX:
    return part.len >= text.len &&
           kz_str_eq_nocase(kz_str_from(part, part.len - text.len), text);
  case KZ_COND_SUBSTRING:
    return has_anywhere(part, text);
  case KZ_COND_REGEX:
    return matches_regex(part, text);
  case KZ_COND_WITHIN:
  case KZ_COND_AROUND:
    return matches_net(cond, part);
  case KZ_COND_UNDER:
    return matches_name(text, part);
  default:
    return false;
  }
}

static inline bool event_matches(const struct kz_cond *cond,
                                 const struct kz_event_entry *e) {
  switch ((int)cond->kind) {
  case KZ_COND_TAG:
  case KZ_COND_TAG_EVENT:
    return any_listed(cond, e->tags, e->tag_count);
  case KZ_COND_ORG:
    return listed(cond, e->orgc);
  case KZ_COND_OWNER:
    return listed(cond, e->org);
  case KZ_COND_THREAT_LEVEL:
    return listed(cond, e->threat_level);
  case KZ_COND_ANALYSIS:
    return listed(cond, e->analysis);
  case KZ_COND_DISTRIBUTION:
    return listed(cond, e->distribution);
  case KZ_COND_GROUP:
    return e->distribution == 4 && listed(cond, e->group);
  case KZ_COND_DATE:
    return e->date_days >= cond->from && e->date_days <= cond->to;
  case KZ_COND_EVENT_TIME:
    return in_range(cond, e->time_s);
  case KZ_COND_PUBLISH_TIME:
    return in_range(cond, e->publish_s);
  case KZ_COND_PUBLISHED:
    return ((e->flags & KZ_EVENT_PUBLISHED) != 0) == cond->flag;
  case KZ_COND_INFO:
    return has_anywhere(e->info, cond->text);
  case KZ_COND_UUID:
    return kz_uuid_eq(&e->uuid, &cond->uuid);
  default:
    return false;
  }
}

static inline bool row_matches(const struct kz_cond *cond,
                               const struct kz_row *row) {
  switch ((int)cond->kind) {
  case KZ_COND_ALL:
    return true;
  case KZ_COND_TYPE:
    return listed(cond, row->code / 16u);
  case KZ_COND_CATEGORY:
    return listed(cond, row->code % 16u);
  case KZ_COND_TAG:
  case KZ_COND_TAG_OWN:
    return any_listed(cond, row->tags, row->tag_count);
  case KZ_COND_EVENT:
    return listed(cond, row->event);
  case KZ_COND_ATTRIBUTE:
    return listed(cond, row->attribute);
  case KZ_COND_TIME:
    return in_range(cond, row->time_s);
  case KZ_COND_KNOWN:
    return in_range(cond, row->known_s);
  case KZ_COND_TO_IDS:
    return ((row->flags >> KZ_FLAG_TO_IDS & 1) != 0) == cond->flag;
  case KZ_COND_IN_OBJECT:
    return ((row->flags >> KZ_FLAG_OBJECT & 1) != 0) == cond->flag;
  case KZ_COND_SIGHTED:
    return ((row->flags >> KZ_FLAG_SIGHTED & 1) != 0) == cond->flag;
  case KZ_COND_GROUP:
    return (row->distribution == 4 && listed(cond, row->group)) ||
           (row->object_distribution == 4 && listed(cond, row->object_group));
  case KZ_COND_UUID:
    return row->uuid_hash == kz_uuid_hash(&cond->uuid);
  default:
    return false;
  }
}

static inline bool plain_match(const struct kz_cond *cond,
                               const struct fact *f) {
  bool any = false;
  switch ((int)cond->kind) {
  case KZ_COND_AND:
    for (size_t i = 0; i < cond->child_count; i++) {
      if (!plain_match(cond->children[i], f)) {
        return false;
      }
    }
    return true;
  case KZ_COND_OR:
    for (size_t i = 0; i < cond->child_count; i++) {
      any = any || plain_match(cond->children[i], f);
    }
    return any;
  case KZ_COND_NOT:
    return !plain_match(cond->children[0], f);
  default:
    break;
  }
  for (unsigned p = 0; p < f->row.part_count; p++) {
    any = any || part_matches(cond, f->row.part[p]);
  }
  return any || row_matches(cond, &f->row) ||
         (f->event && event_matches(cond, f->event));
}

static inline bool plain_hit(const struct kz_query *query,
                             const struct kz_viewer *viewer,
                             const struct fact *f) {
  bool deleted = (f->row.flags >> KZ_FLAG_DELETED & 1) != 0;
  if (!world_sees(f, viewer) || (query->deleted == KZ_DELETED_NO && deleted) ||
      (query->deleted == KZ_DELETED_ONLY && !deleted)) {
    return false;
  }
  return !query->where || plain_match(query->where, f);
}

#endif
