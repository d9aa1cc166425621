/* Terms become sets of numbers as early as possible (types, tags,
 * organisations): what nobody knows is an empty set and finds nothing. */
#include "api/misp_plan.h"

#include <stdlib.h>
#include <string.h>

#include "api/misp_cluster_view.h"
#include "api/misp_find.h"
#include "api/misp_like.h"
#include "api/misp_params.h"
#include "base/clock.h"
#include "model/value.h"
#include "store/store.h"
#include "work/proposals.h"

/* --- conditions ------------------------------------------------------------
 */

static struct kz_cond *new_cond(struct kz_misp_plan *plan,
                                enum kz_cond_kind kind) {
  struct kz_cond *cond = kz_arena_alloc(plan->call->work, sizeof *cond);
  if (cond) {
    cond->kind = kind;
  }
  return cond;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
}

/* Where a condition of that kind belongs. */
static kz_rc put(struct kz_misp_plan *plan, const struct kz_cond *cond,
                 enum kz_cond_kind kind, struct kz_err *err) {
  bool is_of_event =
      kind == KZ_COND_ORG || kind == KZ_COND_EVENT || kind == KZ_COND_DATE ||
      kind == KZ_COND_THREAT_LEVEL || kind == KZ_COND_ANALYSIS ||
      kind == KZ_COND_DISTRIBUTION || kind == KZ_COND_EVENT_TIME ||
      kind == KZ_COND_PUBLISH_TIME || kind == KZ_COND_PUBLISHED ||
      kind == KZ_COND_INFO || kind == KZ_COND_TAG_EVENT;
  bool is_of_either =
      kind == KZ_COND_TAG || kind == KZ_COND_UUID || kind == KZ_COND_GROUP;
  const struct kz_cond **list = is_of_event    ? plan->of_event
                                : is_of_either ? plan->of_either
                                               : plan->of_attribute;
  size_t *count = is_of_event    ? &plan->of_event_count
                  : is_of_either ? &plan->of_either_count
                                 : &plan->of_attribute_count;
  if (!cond) {
    return no_memory(err);
  }
  if (*count == KZ_MISP_CONDS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "search: too many filters");
  }
  list[(*count)++] = cond;
  return KZ_OK;
}

static struct kz_cond *negate(struct kz_misp_plan *plan,
                              const struct kz_cond *cond) {
  struct kz_cond *not = new_cond(plan, KZ_COND_NOT);
  const struct kz_cond **child =
      kz_arena_array(plan->call->work, 1, sizeof(struct kz_cond *));
  if (!not || !child || !cond) {
    return NULL;
  }
  child[0] = cond;
  not ->children = child;
  not ->child_count = 1;
  return not ;
}

/* --- terms to numbers ------------------------------------------------------
 */

struct numbers {
  uint64_t *items;
  size_t count;
  size_t room;
};

static kz_rc add_number(struct kz_misp_plan *plan, struct numbers *list,
                        uint64_t number) {
  if (list->count == list->room) {
    size_t room = list->room ? list->room * 2 : 8;
    uint64_t *items = kz_arena_array(plan->call->work, room, sizeof *items);
    if (!items) {
      return KZ_E_MEMORY;
    }
    if (list->count > 0) {
      memcpy(items, list->items, list->count * sizeof *items);
    }
    list->items = items;
    list->room = room;
  }
  list->items[list->count++] = number;
  return KZ_OK;
}

/* Adds the numbers that a term stands for. */
typedef kz_rc add_term(struct kz_misp_plan *plan, kz_str term,
                       struct numbers *list, struct kz_err *err);

static kz_rc add_types(struct kz_misp_plan *plan, kz_str term,
                       struct numbers *list, struct kz_err *err) {
  (void)err;
  bool is_mail = kz_str_eq(term, KZ_STR("email-src")) ||
                 kz_str_eq(term, KZ_STR("email-dst"));
  kz_rc rc = is_mail ? add_number(plan, list, KZ_TYPE_EMAIL) : KZ_OK;
  for (unsigned i = 0; rc == KZ_OK && i < KZ_TYPE_COUNT; i++) {
    if (kz_misp_like(kz_type_name((kz_type)i), term)) {
      rc = add_number(plan, list, i);
    }
  }
  return rc;
}

static kz_rc add_categories(struct kz_misp_plan *plan, kz_str term,
                            struct numbers *list, struct kz_err *err) {
  (void)err;
  kz_rc rc = KZ_OK;
  for (unsigned i = 0; rc == KZ_OK && i < KZ_CATEGORY_COUNT; i++) {
    if (kz_misp_like(kz_category_name((kz_category)i), term)) {
      rc = add_number(plan, list, i);
    }
  }
  return rc;
}

static kz_rc add_tags(struct kz_misp_plan *plan, kz_str term,
                      struct numbers *list, struct kz_err *err) {
  (void)err;
  struct kz_dict *dict = kz_store_dict(plan->call->eye.house->store);
  uint64_t number = 0;
  uint32_t count = kz_dict_tag_count(dict);
  kz_rc rc = KZ_OK;
  bool is_id = kz_str_u64(term, &number) == KZ_OK;
  for (uint32_t id = 1; rc == KZ_OK && id <= count; id++) {
    struct kz_tag tag;
    if ((is_id && number == id) || (kz_dict_tag_get(dict, id, &tag) == KZ_OK &&
                                    kz_misp_like(tag.name, term))) {
      rc = add_number(plan, list, id);
    }
  }
  return rc;
}

static kz_rc add_orgs(struct kz_misp_plan *plan, kz_str term,
                      struct numbers *list, struct kz_err *err) {
  (void)err;
  struct kz_dict *dict = kz_store_dict(plan->call->eye.house->store);
  uint64_t number = 0;
  uint32_t id = 0;
  if (kz_str_u64(term, &number) == KZ_OK) {
    return add_number(plan, list, number);
  }
  return kz_dict_org_find(dict, term, &id) == KZ_OK ? add_number(plan, list, id)
                                                    : KZ_OK;
}

static kz_rc add_events(struct kz_misp_plan *plan, kz_str term,
                        struct numbers *list, struct kz_err *err) {
  uint64_t id = 0;
  kz_rc rc = kz_misp_find_event(plan->call, term, &id, err);
  if (rc == KZ_OK) {
    return add_number(plan, list, id);
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static kz_rc add_plain(struct kz_misp_plan *plan, kz_str term,
                       struct numbers *list, struct kz_err *err) {
  (void)err;
  uint64_t number = 0;
  return kz_str_u64(term, &number) == KZ_OK ? add_number(plan, list, number)
                                            : KZ_OK;
}

static int compare_numbers(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static kz_rc number_cond(struct kz_misp_plan *plan, enum kz_cond_kind kind,
                         const kz_str *terms, size_t count, add_term *add,
                         struct kz_cond **ret, struct kz_err *err) {
  struct numbers list = {.items = NULL};
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = add(plan, terms[i], &list, err);
  }
  struct kz_cond *cond = new_cond(plan, kind);
  if (rc != KZ_OK || !cond) {
    return rc < 0 && rc != KZ_E_MEMORY ? rc : no_memory(err);
  }
  if (list.count > 0) {
    qsort(list.items, list.count, sizeof *list.items, compare_numbers);
  }
  cond->numbers = list.items; /* ascending */
  cond->number_count = list.count;
  *ret = cond;
  return KZ_OK;
}

/* Tags that are not wanted: MISP leaves the events out that carry one, and of
 * other events the attributes that do. */
static kz_rc put_unwanted(struct kz_misp_plan *plan, enum kz_cond_kind kind,
                          const struct kz_cond *cond, struct kz_err *err) {
  bool is_tag = kind == KZ_COND_TAG;
  if (is_tag) {
    uint32_t *ids =
        kz_arena_array(plan->call->work, cond->number_count + 1, sizeof *ids);
    if (!ids) {
      return no_memory(err);
    }
    for (size_t i = 0; i < cond->number_count; i++) {
      ids[i] = (uint32_t)cond->numbers[i];
    }
    plan->unwanted = ids;
    plan->unwanted_count = cond->number_count;
  }
  if (is_tag && plan->scope == KZ_MISP_OF_EVENTS) {
    struct kz_cond *of_event = new_cond(plan, KZ_COND_TAG_EVENT);
    if (!of_event) {
      return no_memory(err);
    }
    of_event->numbers = cond->numbers;
    of_event->number_count = cond->number_count;
    return put(plan, negate(plan, of_event), KZ_COND_TAG_EVENT, err);
  }
  return put(plan, negate(plan, cond), is_tag ? KZ_COND_TAG_OWN : kind, err);
}

/* A filter whose terms stand for numbers. All of several tags must be there; of
 * what a thing has one of, "all" can only mean any. */
static kz_rc put_numbers(struct kz_misp_plan *plan, const char *name,
                         enum kz_cond_kind kind, add_term *add,
                         struct kz_err *err) {
  struct kz_misp_terms t;
  struct kz_cond *cond = NULL;
  bool is_tag = kind == KZ_COND_TAG || kind == KZ_COND_TAG_EVENT;
  kz_rc rc = kz_misp_param_terms(plan->call, kz_str_of(name), &t, err);
  if (rc != KZ_OK || !t.is_given) {
    return rc;
  }
  if (t.any_count > 0) {
    rc = number_cond(plan, kind, t.any, t.any_count, add, &cond, err);
    rc = rc == KZ_OK ? put(plan, cond, kind, err) : rc;
  }
  size_t step = is_tag ? 1 : t.all_count;
  for (size_t i = 0; rc == KZ_OK && i < t.all_count; i += step) {
    rc = number_cond(plan, kind, t.all + i, step, add, &cond, err);
    rc = rc == KZ_OK ? put(plan, cond, kind, err) : rc;
  }
  if (rc == KZ_OK && t.none_count > 0) {
    rc = number_cond(plan, kind, t.none, t.none_count, add, &cond, err);
    rc = rc == KZ_OK ? put_unwanted(plan, kind, cond, err) : rc;
  }
  return rc;
}

/* --- texts -----------------------------------------------------------------
 */

static struct kz_cond *text_cond(struct kz_misp_plan *plan,
                                 enum kz_cond_kind kind, kz_str text) {
  struct kz_cond *cond = new_cond(plan, kind);
  if (cond) {
    cond->text = text;
  }
  return cond;
}

/* "a|b" is found by its two parts. */
static struct kz_cond *composite_cond(struct kz_misp_plan *plan, kz_str term,
                                      size_t bar) {
  const struct kz_cond **parts =
      kz_arena_array(plan->call->work, 2, sizeof(struct kz_cond *));
  struct kz_cond *both = new_cond(plan, KZ_COND_AND);
  if (!parts || !both) {
    return NULL;
  }
  parts[0] = text_cond(plan, KZ_COND_VALUE, kz_str_head(term, bar));
  parts[1] = text_cond(plan, KZ_COND_VALUE, kz_str_from(term, bar + 1));
  both->children = parts;
  both->child_count = 2;
  return parts[0] && parts[1] ? both : NULL;
}

/* A value: exact, or with '%' at one or both ends. */
static struct kz_cond *value_cond(struct kz_misp_plan *plan, kz_str term) {
  bool starts = kz_str_starts(term, KZ_STR("%"));
  bool ends = term.len > 1 && kz_str_ends(term, KZ_STR("%"));
  if (starts || ends) {
    kz_str inner = kz_str_from(term, starts ? 1 : 0);
    inner = kz_str_head(inner, inner.len - (ends ? 1 : 0));
    enum kz_cond_kind kind = starts && ends ? KZ_COND_SUBSTRING
                             : starts       ? KZ_COND_SUFFIX
                                            : KZ_COND_PREFIX;
    return inner.len > 0 ? text_cond(plan, kind, inner)
                         : new_cond(plan, KZ_COND_ALL);
  }
  kz_str normal = term;
  if (kz_str_find_byte(term, ':') != SIZE_MAX &&
      kz_value_normalise(KZ_TYPE_IP_DST, term, plan->call->work, &normal) ==
          KZ_OK &&
      kz_value_check(KZ_TYPE_IP_DST, normal, NULL) != KZ_OK) {
    normal = term;
  }
  size_t bar = kz_str_find_byte(normal, '|');
  return bar != SIZE_MAX && bar > 0 && bar + 1 < normal.len
             ? composite_cond(plan, normal, bar)
             : text_cond(plan, KZ_COND_VALUE, normal);
}

/* The event's info contains it, however it is written. */
static struct kz_cond *info_cond(struct kz_misp_plan *plan, kz_str term) {
  kz_str text = term;
  while (text.len > 0 && text.ptr[0] == '%') {
    text = kz_str_from(text, 1);
  }
  while (text.len > 0 && text.ptr[text.len - 1] == '%') {
    text = kz_str_head(text, text.len - 1);
  }
  kz_str plain;
  return kz_misp_like_unescape(text, plan->call->work, &plain) == KZ_OK
             ? text_cond(plan, KZ_COND_INFO, plain)
             : NULL;
}

typedef struct kz_cond *make_cond(struct kz_misp_plan *plan, kz_str term);

static kz_rc either_of(struct kz_misp_plan *plan, const kz_str *terms,
                       size_t count, make_cond *make, struct kz_cond **ret,
                       struct kz_err *err) {
  const struct kz_cond **children =
      kz_arena_array(plan->call->work, count + 1, sizeof(struct kz_cond *));
  struct kz_cond *any = new_cond(plan, KZ_COND_OR);
  if (!children || !any) {
    return no_memory(err);
  }
  for (size_t i = 0; i < count; i++) {
    children[i] = make(plan, terms[i]);
    if (!children[i]) {
      return no_memory(err);
    }
  }
  any->children = children;
  any->child_count = count;
  *ret = any;
  return KZ_OK;
}

static kz_rc put_texts(struct kz_misp_plan *plan, const char *name,
                       enum kz_cond_kind kind, make_cond *make,
                       struct kz_err *err) {
  struct kz_misp_terms t;
  struct kz_cond *cond = NULL;
  kz_rc rc = kz_misp_param_terms(plan->call, kz_str_of(name), &t, err);
  if (rc == KZ_OK && t.any_count > 0) {
    rc = either_of(plan, t.any, t.any_count, make, &cond, err);
    rc = rc == KZ_OK ? put(plan, cond, kind, err) : rc;
  }
  if (rc == KZ_OK && t.all_count > 0) {
    rc = either_of(plan, t.all, t.all_count, make, &cond, err);
    rc = rc == KZ_OK ? put(plan, cond, kind, err) : rc;
  }
  if (rc == KZ_OK && t.none_count > 0) {
    rc = either_of(plan, t.none, t.none_count, make, &cond, err);
    rc = rc == KZ_OK ? put(plan, negate(plan, cond), kind, err) : rc;
  }
  return rc;
}

static struct kz_cond *uuid_cond(struct kz_misp_plan *plan, kz_str term) {
  struct kz_cond *cond = new_cond(plan, KZ_COND_UUID);
  if (cond && kz_uuid_parse(term, &cond->uuid) != KZ_OK) {
    cond->kind = KZ_COND_ATTRIBUTE; /* of none: nothing has such a uuid */
  }
  return cond;
}

/* searchall: in values, in the event's info, in the names of tags. */
static kz_rc put_anywhere(struct kz_misp_plan *plan, kz_str term,
                          struct kz_err *err) {
  kz_str text = term;
  struct kz_cond *any = new_cond(plan, KZ_COND_OR);
  const struct kz_cond **children =
      kz_arena_array(plan->call->work, 3, sizeof(struct kz_cond *));
  struct kz_cond *tags = NULL;
  KZ_BUF(like, 1 << 20);
  while (text.len > 0 && text.ptr[0] == '%') {
    text = kz_str_from(text, 1);
  }
  while (text.len > 0 && text.ptr[text.len - 1] == '%') {
    text = kz_str_head(text, text.len - 1);
  }
  if (!any || !children || !kz_buf_add_byte(&like, '%') ||
      !kz_buf_add_str(&like, text) || !kz_buf_add_byte(&like, '%')) {
    return no_memory(err);
  }
  kz_str pattern = kz_buf_str(&like);
  kz_rc rc = number_cond(plan, KZ_COND_TAG, &pattern, 1, add_tags, &tags, err);
  children[0] = text_cond(plan, KZ_COND_SUBSTRING, text);
  children[1] = text_cond(plan, KZ_COND_INFO, text);
  children[2] = tags;
  if (rc != KZ_OK || !children[0] || !children[1]) {
    return rc != KZ_OK ? rc : no_memory(err);
  }
  any->children = children;
  any->child_count = 3;
  return put(plan, any, KZ_COND_SUBSTRING, err);
}

static bool is_switch(kz_str text) {
  return kz_str_eq(text, KZ_STR("0")) || kz_str_eq(text, KZ_STR("1")) ||
         kz_str_eq_nocase(text, KZ_STR("true")) ||
         kz_str_eq_nocase(text, KZ_STR("false"));
}

/* The value goes everywhere when "searchall" is a switch that is on; else
 * "searchall", "all" and "quickFilter" hold the text themselves. */
static kz_rc put_values(struct kz_misp_plan *plan, struct kz_err *err) {
  static const char *const names[] = {"searchall", "quickFilter", "all"};
  struct kz_misp_call *call = plan->call;
  bool everywhere = false;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < 3; i++) {
    kz_str text = kz_misp_param_text(call, kz_str_of(names[i]));
    if (text.len == 0) {
      continue;
    }
    if (!is_switch(text)) {
      rc = put_anywhere(plan, text, err);
    } else {
      everywhere =
          everywhere || kz_misp_param_flag(call, kz_str_of(names[i]), false);
    }
  }
  kz_str value = kz_misp_param_text(call, KZ_STR("value"));
  if (rc == KZ_OK && everywhere && value.len > 0) {
    return put_anywhere(plan, value, err);
  }
  return rc == KZ_OK ? put_texts(plan, "value", KZ_COND_VALUE, value_cond, err)
                     : rc;
}

/* --- times and flags -------------------------------------------------------
 */

/* A range of times; what is no time finds nothing. */
static kz_rc put_times(struct kz_misp_plan *plan, const char *name,
                       enum kz_cond_kind kind, struct kz_err *err) {
  struct kz_misp_terms t;
  kz_rc rc = kz_misp_param_terms(plan->call, kz_str_of(name), &t, err);
  if (rc != KZ_OK || t.any_count == 0) {
    return rc;
  }
  struct kz_cond *cond = new_cond(plan, kind);
  if (!cond) {
    return no_memory(err);
  }
  cond->to = INT64_MAX;
  if (kz_clock_parse_when(t.any[0], plan->now_us, &cond->from) != KZ_OK ||
      (t.any_count > 1 &&
       kz_clock_parse_when(t.any[1], plan->now_us, &cond->to) != KZ_OK)) {
    cond->from = INT64_MAX;
    cond->to = INT64_MIN;
    return put(plan, cond, kind, err);
  }
  if (cond->from > cond->to) {
    int64_t from = cond->from;
    cond->from = cond->to;
    cond->to = from;
  }
  cond->from -= cond->from % KZ_SECOND_US; /* MISP keeps whole seconds */
  return put(plan, cond, kind, err);
}

static kz_rc put_dates(struct kz_misp_plan *plan, const char *from_name,
                       const char *to_name, struct kz_err *err) {
  kz_str from = kz_misp_param_text(plan->call, kz_str_of(from_name));
  kz_str to = kz_misp_param_text(plan->call, kz_str_of(to_name));
  int64_t us = 0;
  if (from.len == 0 && to.len == 0) {
    return KZ_OK;
  }
  struct kz_cond *cond = new_cond(plan, KZ_COND_DATE);
  if (!cond) {
    return no_memory(err);
  }
  cond->from = INT64_MIN;
  cond->to = INT64_MAX;
  bool is_good = true;
  if (from.len > 0) {
    is_good = kz_clock_parse_when(from, plan->now_us, &us) == KZ_OK;
    cond->from = kz_clock_day_of(us);
  }
  if (is_good && to.len > 0) {
    is_good = kz_clock_parse_when(to, plan->now_us, &us) == KZ_OK;
    cond->to = kz_clock_day_of(us);
  }
  if (!is_good) {
    cond->from = INT64_MAX;
    cond->to = INT64_MIN;
  }
  return put(plan, cond, KZ_COND_DATE, err);
}

static kz_rc put_flag(struct kz_misp_plan *plan, enum kz_cond_kind kind,
                      bool flag, struct kz_err *err) {
  struct kz_cond *cond = new_cond(plan, kind);
  if (cond) {
    cond->flag = flag;
  }
  return put(plan, cond, kind, err);
}

static kz_rc put_flags(struct kz_misp_plan *plan, bool restrictive,
                       struct kz_err *err) {
  struct kz_misp_terms published;
  struct kz_misp_terms to_ids;
  kz_rc rc =
      kz_misp_param_terms(plan->call, KZ_STR("published"), &published, err);
  if (rc == KZ_OK) {
    rc = kz_misp_param_terms(plan->call, KZ_STR("to_ids"), &to_ids, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  bool has_published = published.any_count == 1;
  bool has_to_ids = to_ids.any_count == 1;
  plan->to_ids = -1;
  if (has_published || (restrictive && published.any_count == 0)) {
    bool flag = has_published
                    ? kz_misp_param_flag(plan->call, KZ_STR("published"), false)
                    : true;
    rc = put_flag(plan, KZ_COND_PUBLISHED, flag, err);
  }
  if (rc == KZ_OK && (has_to_ids || (restrictive && to_ids.any_count == 0))) {
    kz_str text = has_to_ids ? to_ids.any[0] : KZ_STR("1");
    bool flag =
        kz_str_eq(text, KZ_STR("1")) || kz_str_eq_nocase(text, KZ_STR("true"));
    plan->to_ids = flag;
    rc = put_flag(plan, KZ_COND_TO_IDS, flag, err);
  }
  return rc;
}

/* Attributes by their own sharing group, their object's or their event's. */
static kz_rc put_own_groups(struct kz_misp_plan *plan, const uint64_t *groups,
                            size_t count, struct kz_err *err) {
  struct kz_cond *cond = new_cond(plan, KZ_COND_GROUP);
  if (cond) {
    cond->numbers = groups;
    cond->number_count = count;
  }
  return put(plan, cond, KZ_COND_GROUP, err);
}

/* Of events those whose sharing group is one of those named. */
static kz_rc put_groups(struct kz_misp_plan *plan, struct kz_err *err) {
  const struct kz_events *events = plan->call->eye.view->events;
  struct numbers list = {.items = NULL};
  uint64_t *groups = NULL;
  size_t count = 0;
  bool is_given = false;
  kz_rc rc = kz_misp_sieve_groups(plan->call, &is_given, &groups, &count, err);
  if (rc != KZ_OK || !is_given) {
    return rc;
  }
  if (plan->scope == KZ_MISP_OF_ATTRIBUTES) {
    return put_own_groups(plan, groups, count, err);
  }
  for (uint64_t id = 0; rc == KZ_OK && id < kz_events_end(events); id++) {
    struct kz_event_entry e;
    if (kz_events_get(events, id, &e) != KZ_OK ||
        e.distribution != KZ_DIST_GROUP) {
      continue;
    }
    for (size_t i = 0; rc == KZ_OK && i < count; i++) {
      rc = groups[i] == e.group ? add_number(plan, &list, id) : KZ_OK;
    }
  }
  struct kz_cond *cond = new_cond(plan, KZ_COND_EVENT);
  if (rc != KZ_OK || !cond) {
    return no_memory(err);
  }
  cond->numbers = list.items;
  cond->number_count = list.count;
  return put(plan, cond, KZ_COND_EVENT, err);
}

/* hasproposal: the events with one that waits, or the others. */
static kz_rc put_proposals(struct kz_misp_plan *plan, struct kz_err *err) {
  kz_str text = kz_misp_param_text(plan->call, KZ_STR("hasproposal"));
  uint64_t *ids = NULL;
  if (text.len == 0) {
    return KZ_OK;
  }
  struct kz_cond *cond = new_cond(plan, KZ_COND_EVENT);
  if (!cond) {
    return no_memory(err);
  }
  kz_rc rc =
      kz_proposals_events(plan->call->eye.house->proposals, plan->call->work,
                          &ids, &cond->number_count, err);
  cond->numbers = ids;
  if (rc != KZ_OK) {
    return rc;
  }
  bool wants = kz_misp_param_flag(plan->call, KZ_STR("hasproposal"), false);
  return put(plan, wants ? cond : negate(plan, cond), KZ_COND_EVENT, err);
}

/* Absent: live ones. 1, true, "only": the others. Both: both. */
static kz_rc set_deleted(struct kz_misp_plan *plan, struct kz_err *err) {
  struct kz_misp_terms t;
  kz_rc rc = kz_misp_param_terms(plan->call, KZ_STR("deleted"), &t, err);
  plan->deleted = KZ_DELETED_NO;
  if (rc == KZ_OK && t.any_count > 1) {
    plan->deleted = KZ_DELETED_BOTH;
  } else if (rc == KZ_OK && t.any_count == 1 &&
             !kz_str_eq(t.any[0], KZ_STR("0")) &&
             !kz_str_eq_nocase(t.any[0], KZ_STR("false"))) {
    plan->deleted = KZ_DELETED_ONLY;
  }
  return rc;
}

/* --- the whole -------------------------------------------------------------
 */

static kz_rc put_all_numbers(struct kz_misp_plan *plan, struct kz_err *err) {
  static const struct {
    const char *name;
    enum kz_cond_kind kind;
    add_term *add;
  } rows[] = {
      {"type", KZ_COND_TYPE, add_types},
      {"category", KZ_COND_CATEGORY, add_categories},
      {"tags", KZ_COND_TAG, add_tags},
      {"tag", KZ_COND_TAG, add_tags},
      {"event_tags", KZ_COND_TAG_EVENT, add_tags},
      {"org", KZ_COND_ORG, add_orgs},
      {"orgc_id", KZ_COND_ORG, add_orgs},
      {"eventid", KZ_COND_EVENT, add_events},
      {"event_id", KZ_COND_EVENT, add_events},
      {"threat_level_id", KZ_COND_THREAT_LEVEL, add_plain},
      {"threatlevel", KZ_COND_THREAT_LEVEL, add_plain},
      {"analysis", KZ_COND_ANALYSIS, add_plain},
      {"distribution", KZ_COND_DISTRIBUTION, add_plain},
  };
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof rows / sizeof rows[0]; i++) {
    rc = put_numbers(plan, rows[i].name, rows[i].kind, rows[i].add, err);
  }
  return rc;
}

static kz_rc add_clusters(struct kz_misp_plan *plan, kz_str term,
                          struct numbers *list, struct kz_err *err) {
  uint32_t *ids = NULL;
  size_t count = 0;
  kz_rc rc = kz_misp_cluster_tags(&plan->call->eye, plan->galaxy_key, term,
                                  plan->call->work, &ids, &count);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = add_number(plan, list, ids[i]);
  }
  return rc == KZ_OK ? rc : no_memory(err);
}

/* Filters galaxy.synonyms, galaxy.country ...: things with a tag of such a
 * cluster. */
static kz_rc put_galaxies(struct kz_misp_plan *plan, struct kz_err *err) {
  const kz_str head = KZ_STR("galaxy.");
  const struct kz_misp_call *call = plan->call;
  char name[128];
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < call->param_count; i++) {
    kz_str param = call->params[i].name;
    if (!kz_str_starts(param, head) || param.len >= sizeof name) {
      continue;
    }
    memcpy(name, param.ptr, param.len);
    name[param.len] = '\0';
    plan->galaxy_key = kz_str_from(param, head.len);
    rc = put_numbers(plan, name, KZ_COND_TAG, add_clusters, err);
  }
  return rc;
}

static kz_rc put_all_times(struct kz_misp_plan *plan, struct kz_err *err) {
  const struct {
    const char *name;
    enum kz_cond_kind kind;
  } rows[] = {
      {"timestamp",
       plan->scope == KZ_MISP_OF_EVENTS ? KZ_COND_EVENT_TIME : KZ_COND_TIME},
      {"event_timestamp", KZ_COND_EVENT_TIME},
      {"attribute_timestamp", KZ_COND_TIME},
      {"publish_timestamp", KZ_COND_PUBLISH_TIME},
      {"last", KZ_COND_PUBLISH_TIME},
  };
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof rows / sizeof rows[0]; i++) {
    rc = put_times(plan, rows[i].name, rows[i].kind, err);
  }
  if (rc == KZ_OK) {
    rc = put_dates(plan, "from", "to", err);
  }
  return rc == KZ_OK ? put_dates(plan, "datefrom", "dateuntil", err) : rc;
}

kz_rc kz_misp_plan_make(struct kz_misp_call *call, enum kz_misp_scope_of scope,
                        bool restrictive, struct kz_misp_plan *ret,
                        struct kz_err *err) {
  *ret = (struct kz_misp_plan){
      .call = call, .scope = scope, .now_us = kz_clock_now_us()};
  kz_rc rc = put_all_numbers(ret, err);
  if (rc == KZ_OK) {
    rc = put_galaxies(ret, err);
  }
  if (rc == KZ_OK) {
    rc = put_all_times(ret, err);
  }
  if (rc == KZ_OK) {
    rc = put_values(ret, err);
  }
  if (rc == KZ_OK) {
    rc = put_texts(ret, "attribute", KZ_COND_VALUE, value_cond, err);
  }
  if (rc == KZ_OK) {
    rc = put_texts(ret, "eventinfo", KZ_COND_INFO, info_cond, err);
  }
  if (rc == KZ_OK) {
    rc = put_texts(ret, "uuid", KZ_COND_UUID, uuid_cond, err);
  }
  if (rc == KZ_OK) {
    rc = put_flags(ret, restrictive, err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_sieve_make(call, ret->now_us, &ret->sieve, err);
  }
  if (rc == KZ_OK) {
    rc = put_groups(ret, err);
  }
  if (rc == KZ_OK) {
    rc = put_proposals(ret, err);
  }
  if (rc == KZ_OK && scope == KZ_MISP_OF_OBJECTS) {
    rc = put_flag(ret, KZ_COND_IN_OBJECT, true, err);
  }
  return rc == KZ_OK ? set_deleted(ret, err) : rc;
}

kz_rc kz_misp_plan_answer(const struct kz_misp_plan *plan,
                          struct kz_answer *ret_answer, struct kz_err *err) {
  const struct kz_cond *all[KZ_MISP_CONDS_MAX * 3];
  size_t count = 0;
  for (size_t i = 0; i < plan->of_event_count; i++) {
    all[count++] = plan->of_event[i];
  }
  for (size_t i = 0; i < plan->of_attribute_count; i++) {
    all[count++] = plan->of_attribute[i];
  }
  for (size_t i = 0; i < plan->of_either_count; i++) {
    all[count++] = plan->of_either[i];
  }
  const struct kz_cond where = {
      .kind = KZ_COND_AND, .children = all, .child_count = count};
  const struct kz_query query = {.where = count ? &where : NULL,
                                 .deleted = plan->deleted};
  const struct kz_misp_eye *eye = &plan->call->eye;
  kz_rc rc = kz_query_run(eye->view, kz_store_dict(eye->house->store),
                          &eye->user->viewer, &query, ret_answer, err);
  if (rc == KZ_OK && plan->sieve.is_needed) {
    rc = kz_misp_sieve_run(&plan->sieve, eye, ret_answer, err);
    if (rc != KZ_OK) {
      kz_answer_done(ret_answer);
    }
  }
  return rc;
}
