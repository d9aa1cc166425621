/* Events by their entries in the table: no index of attributes is asked unless
 * a filter is about attributes. */
#include "api/misp_match.h"

#include "api/misp_like.h"
#include "base/clock.h"
#include "model/event.h"
#include "store/sight.h"
#include "store/store.h"

/* The plan's numbers ascend. */
static bool has_number(const struct kz_cond *cond, uint64_t number) {
  size_t low = 0;
  size_t high = cond->number_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (cond->numbers[middle] < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < cond->number_count && cond->numbers[low] == number;
}

static bool is_within(const struct kz_cond *cond, int64_t at) {
  return cond->from <= at && at <= cond->to;
}

static bool has_tag(const struct kz_cond *cond,
                    const struct kz_event_entry *e) {
  for (uint32_t i = 0; i < e->tag_count; i++) {
    if (has_number(cond, e->tags[i])) {
      return true;
    }
  }
  return false;
}

/* Whether one leaf holds for the event itself. What only an attribute can be
 * holds for no event. */
static bool holds_leaf(const struct kz_cond *cond,
                       const struct kz_event_entry *e) {
  switch ((int)cond->kind) {
  case KZ_COND_ORG:
    return has_number(cond, e->orgc);
  case KZ_COND_EVENT:
    return has_number(cond, e->id);
  case KZ_COND_THREAT_LEVEL:
    return has_number(cond, e->threat_level);
  case KZ_COND_ANALYSIS:
    return has_number(cond, e->analysis);
  case KZ_COND_DISTRIBUTION:
    return has_number(cond, e->distribution);
  case KZ_COND_GROUP:
    return e->distribution == KZ_DIST_GROUP && has_number(cond, e->group);
  case KZ_COND_DATE:
    return is_within(cond, e->date_days);
  case KZ_COND_EVENT_TIME:
    return is_within(cond, e->time_s * KZ_SECOND_US);
  case KZ_COND_PUBLISH_TIME:
    return is_within(cond, e->publish_s * KZ_SECOND_US);
  case KZ_COND_PUBLISHED:
    return cond->flag == ((e->flags & KZ_EVENT_PUBLISHED) != 0);
  case KZ_COND_INFO:
    return kz_misp_contains(e->info, cond->text);
  case KZ_COND_TAG:
  case KZ_COND_TAG_EVENT:
    return has_tag(cond, e);
  case KZ_COND_UUID:
    return kz_uuid_eq(&cond->uuid, &e->uuid);
  default:
    return false;
  }
}

/* The trees of the plan are two deep at most: a NOT over an OR of leaves. */
static bool holds(const struct kz_cond *cond, const struct kz_event_entry *e,
                  unsigned depth) {
  bool is_not = cond->kind == KZ_COND_NOT;
  if (!is_not && cond->kind != KZ_COND_OR) {
    return holds_leaf(cond, e);
  }
  bool found = false;
  for (size_t i = 0; depth > 0 && !found && i < cond->child_count; i++) {
    found = holds(cond->children[i], e, depth - 1);
  }
  return found != is_not;
}

enum { TREE_DEPTH = 4 };

static bool all_hold(const struct kz_cond *const *conds, size_t count,
                     const struct kz_event_entry *e) {
  for (size_t i = 0; i < count; i++) {
    if (!holds(conds[i], e, TREE_DEPTH)) {
      return false;
    }
  }
  return true;
}

enum { IDS_AT_ONCE = 4096 };

/* Marks the events that hold an attribute which matches. */
static kz_rc mark_answer(const struct kz_misp_plan *plan, uint64_t *marks,
                         uint64_t end, struct kz_err *err) {
  struct kz_answer answer;
  uint64_t ids[IDS_AT_ONCE];
  uint64_t after = 0;
  size_t count = 0;
  kz_rc rc = kz_misp_plan_answer(plan, &answer, err);
  if (rc != KZ_OK) {
    return rc;
  }
  do {
    rc = kz_answer_events(&answer, after, IDS_AT_ONCE, ids, &count, err);
    for (size_t i = 0; rc == KZ_OK && i < count; i++) {
      if (ids[i] < end) {
        marks[ids[i] / 64] |= UINT64_C(1) << (ids[i] % 64);
      }
      after = ids[i];
    }
  } while (rc == KZ_OK && count == IDS_AT_ONCE);
  kz_answer_done(&answer);
  return rc;
}

static bool entry_holds(const struct kz_misp_plan *plan, uint64_t id,
                        const struct kz_cond *const *conds, size_t count) {
  struct kz_event_entry e;
  return kz_events_get(plan->call->eye.view->events, id, &e) == KZ_OK &&
         all_hold(conds, count, &e);
}

/* Of millions of events an index mostly asks nothing: an entry is only put
 * together when it is. */
static bool is_match(const struct kz_misp_plan *plan, const uint64_t *marks,
                     uint64_t id) {
  const struct kz_misp_eye *eye = &plan->call->eye;
  if (!kz_sight_event(eye->view, &eye->user->viewer, id) ||
      (plan->of_event_count > 0 &&
       !entry_holds(plan, id, plan->of_event, plan->of_event_count))) {
    return false;
  }
  if (marks && (marks[id / 64] >> (id % 64) & 1)) {
    return true;
  }
  return plan->of_attribute_count == 0 && !plan->sieve.is_needed &&
         (plan->of_either_count == 0 ||
          entry_holds(plan, id, plan->of_either, plan->of_either_count));
}

kz_rc kz_misp_plan_events(const struct kz_misp_plan *plan,
                          struct kz_arena *arena, uint64_t **ret_ids,
                          size_t *ret_count, struct kz_err *err) {
  const struct kz_events *events = plan->call->eye.view->events;
  uint64_t end = kz_events_end(events);
  bool asks_index = plan->sieve.is_needed ||
                    plan->of_attribute_count + plan->of_either_count > 0;
  uint64_t *marks = NULL;
  if (asks_index) {
    marks =
        kz_arena_array(plan->call->work, (size_t)(end / 64 + 1), sizeof *marks);
    if (!marks) {
      return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
    }
    kz_rc rc = mark_answer(plan, marks, end, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  uint64_t *ids = kz_arena_array(arena, (size_t)events->count + 1, sizeof *ids);
  size_t count = 0;
  if (!ids) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  for (uint64_t id = 0; id < end && count < events->count; id++) {
    if (is_match(plan, marks, id)) {
      ids[count++] = id;
    }
  }
  *ret_ids = ids;
  *ret_count = count;
  return KZ_OK;
}
