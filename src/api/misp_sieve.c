/* Hits come in the order of events and attributes, and so do the records: one
 * walk over both. */
#include "api/misp_sieve.h"

#include "api/misp_like.h"
#include "base/clock.h"
#include "store/store.h"
#include "work/groups.h"

/* --- parameters ------------------------------------------------------------
 */

static bool has_terms(const struct kz_misp_terms *t) {
  return t->any_count + t->all_count + t->none_count > 0;
}

/* One time is the earliest, two are both ends. What is no time finds nothing.
 */
static kz_rc read_seen(struct kz_misp_call *call, kz_str name, int64_t now_us,
                       struct kz_misp_seen *ret, struct kz_err *err) {
  struct kz_misp_terms t;
  kz_rc rc = kz_misp_param_terms(call, name, &t, err);
  if (rc != KZ_OK || t.any_count == 0) {
    return rc;
  }
  int64_t from = INT64_MIN;
  int64_t to = INT64_MAX;
  bool is_good =
      kz_clock_parse_when(t.any[0], now_us, &from) == KZ_OK &&
      (t.any_count < 2 || kz_clock_parse_when(t.any[1], now_us, &to) == KZ_OK);
  *ret = (struct kz_misp_seen){.is_given = true,
                               .from = from < to ? from : to,
                               .to = from < to ? to : from};
  if (!is_good) {
    ret->from = INT64_MAX;
    ret->to = INT64_MIN;
  }
  return KZ_OK;
}

kz_rc kz_misp_sieve_groups(struct kz_misp_call *call, bool *ret_given,
                           uint64_t **ret_ids, size_t *ret_count,
                           struct kz_err *err) {
  struct kz_misp_terms t;
  kz_rc rc = kz_misp_param_terms(call, KZ_STR("sharinggroup"), &t, err);
  uint64_t *ids =
      kz_arena_array(call->work, t.any_count + t.all_count + 1, sizeof *ids);
  size_t count = 0;
  if (rc != KZ_OK || !ids) {
    return rc != KZ_OK ? rc : KZ_E_MEMORY;
  }
  struct kz_shelf *shelf = kz_groups_shelf(call->eye.house->groups);
  for (size_t i = 0; i < t.any_count + t.all_count; i++) {
    kz_str ref = i < t.any_count ? t.any[i] : t.all[i - t.any_count];
    if (kz_shelf_by_ref(shelf, ref, &ids[count]) == KZ_OK ||
        kz_shelf_by_name(shelf, ref, &ids[count]) == KZ_OK) {
      count++;
    }
  }
  *ret_given = t.any_count + t.all_count > 0;
  *ret_ids = ids;
  *ret_count = count;
  return KZ_OK;
}

kz_rc kz_misp_sieve_make(struct kz_misp_call *call, int64_t now_us,
                         struct kz_misp_sieve *ret, struct kz_err *err) {
  const struct {
    const char *name;
    struct kz_misp_terms *terms;
  } rows[] = {
      {"comment", &ret->comment},
      {"object_relation", &ret->relation},
      {"object_name", &ret->object_name},
      {"object_template_uuid", &ret->template_uuid},
      {"object_template_version", &ret->template_version},
  };
  kz_rc rc = KZ_OK;
  *ret = (struct kz_misp_sieve){.is_needed = false};
  for (size_t i = 0; rc == KZ_OK && i < sizeof rows / sizeof rows[0]; i++) {
    rc = kz_misp_param_terms(call, kz_str_of(rows[i].name), rows[i].terms, err);
    ret->is_needed = ret->is_needed || has_terms(rows[i].terms);
  }
  if (rc == KZ_OK) {
    rc = read_seen(call, KZ_STR("first_seen"), now_us, &ret->first_seen, err);
  }
  if (rc == KZ_OK) {
    rc = read_seen(call, KZ_STR("last_seen"), now_us, &ret->last_seen, err);
  }
  ret->reads_objects = has_terms(&ret->object_name) ||
                       has_terms(&ret->template_uuid) ||
                       has_terms(&ret->template_version);
  ret->is_needed =
      ret->is_needed || ret->first_seen.is_given || ret->last_seen.is_given;
  return rc;
}

/* --- trying ----------------------------------------------------------------
 */

/* A walk over the hits. */
struct pass {
  const struct kz_misp_sieve *sieve;
  const struct kz_misp_eye *eye;
  struct kz_answer *answer;
  struct kz_answer_walk walk;
  struct kz_hit hit; /* the next to be tried */
  bool has_hit;
  uint64_t event;         /* whose records are read */
  struct kz_arena *apart; /* of the object below */
  struct kz_object object;
  uint64_t object_id; /* which that is; 0: none was read */
};

static bool fits(const struct kz_misp_terms *t, kz_str text) {
  bool found = t->any_count + t->all_count == 0;
  for (size_t i = 0; !found && i < t->any_count; i++) {
    found = kz_misp_like(text, t->any[i]);
  }
  for (size_t i = 0; !found && i < t->all_count; i++) {
    found = kz_misp_like(text, t->all[i]);
  }
  for (size_t i = 0; found && i < t->none_count; i++) {
    found = !kz_misp_like(text, t->none[i]);
  }
  return found;
}

static bool is_seen(const struct kz_misp_seen *seen, int64_t us) {
  return !seen->is_given ||
         (us != KZ_TIME_NONE && seen->from <= us && us <= seen->to);
}

/* The object that the attribute is in; an empty one when it is in none. */
static kz_rc read_object(struct pass *p, uint64_t id, struct kz_err *err) {
  static const struct kz_object none = {.id = 0};
  if (id == 0 || !p->sieve->reads_objects) {
    p->object = none;
    p->object_id = 0;
    return KZ_OK;
  }
  if (id == p->object_id) {
    return KZ_OK;
  }
  kz_arena_reset(p->apart);
  struct kz_reading r = kz_misp_reading(p->eye, p->apart);
  kz_rc rc = kz_read_object(&r, p->event, id, &p->object, err);
  p->object_id = rc == KZ_OK ? id : 0;
  if (rc == KZ_NOT_FOUND) {
    p->object = none;
    rc = KZ_OK;
  }
  return rc;
}

static bool passes(const struct pass *p, const struct kz_attribute *a) {
  const struct kz_misp_sieve *s = p->sieve;
  const struct kz_object *o = &p->object;
  return fits(&s->comment, a->comment) && fits(&s->relation, a->relation) &&
         fits(&s->object_name, o->name) &&
         fits(&s->template_uuid, o->template_uuid) &&
         fits(&s->template_version, o->template_version) &&
         is_seen(&s->first_seen, a->first_seen_us) &&
         is_seen(&s->last_seen, a->last_seen_us);
}

static kz_rc step(struct pass *p) {
  kz_rc rc = kz_answer_walk_next(&p->walk, &p->hit);
  p->has_hit = rc == KZ_OK;
  return rc == KZ_END ? KZ_OK : rc;
}

static void take_out(struct pass *p) {
  struct kz_answer *answer = p->answer;
  answer->bits[p->hit.part][p->hit.row / 64] &=
      ~(UINT64_C(1) << (p->hit.row % 64));
  answer->counts[p->hit.part]--;
  answer->total--;
}

static bool is_here(const struct pass *p) {
  return p->has_hit && p->hit.event == p->event;
}

static kz_rc visit(void *ctx, const struct kz_attribute *a,
                   struct kz_err *err) {
  struct pass *p = ctx;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && is_here(p) && p->hit.attribute < a->id) {
    take_out(p);
    rc = step(p);
  }
  if (rc == KZ_OK && is_here(p) && p->hit.attribute == a->id) {
    rc = read_object(p, a->object_id, err);
    if (rc == KZ_OK && !passes(p, a)) {
      take_out(p);
    }
    rc = rc == KZ_OK ? step(p) : rc;
  }
  return rc != KZ_OK ? rc : is_here(p) ? KZ_OK : KZ_UNCHANGED;
}

/* Tries the hits of one event. */
static kz_rc try_event(struct pass *p, struct kz_arena *walk,
                       struct kz_err *err) {
  p->event = p->hit.event;
  p->object_id = 0;
  struct kz_reading r = kz_misp_reading(p->eye, walk);
  kz_rc rc = kz_read_attributes(
      &r, p->event, (struct kz_read_options){.from = p->hit.attribute}, visit,
      p, err);
  rc = rc == KZ_UNCHANGED || rc == KZ_NOT_FOUND ? KZ_OK : rc;
  while (rc == KZ_OK && is_here(p)) {
    take_out(p);
    rc = step(p);
  }
  return rc;
}

kz_rc kz_misp_sieve_run(const struct kz_misp_sieve *sieve,
                        const struct kz_misp_eye *eye, struct kz_answer *answer,
                        struct kz_err *err) {
  KZ_ARENA(walk, KZ_MISP_WORK_BYTES);
  KZ_ARENA(apart, KZ_MISP_WORK_BYTES);
  struct pass p = {
      .sieve = sieve, .eye = eye, .answer = answer, .apart = apart};
  if (!walk || !apart) {
    return kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
  }
  kz_rc rc = kz_answer_walk_init(&p.walk, answer);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = step(&p);
  while (rc == KZ_OK && p.has_hit) {
    rc = try_event(&p, walk, err);
  }
  kz_answer_walk_done(&p.walk);
  return rc;
}
