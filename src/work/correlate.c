#include "work/correlate.h"

#include "work/mark.h"
#include "work/show.h"

kz_rc kz_correlate_values(struct kz_house *house, const struct kz_view *view,
                          const struct kz_viewer *viewer, uint64_t event,
                          struct kz_arena *arena,
                          struct kz_shared_value **ret_values,
                          size_t *ret_count, struct kz_err *err) {
  struct kz_shared_value *values = NULL;
  size_t count = 0;
  kz_rc rc = kz_lookup_correlate(view, kz_store_dict(house->store), viewer,
                                 event, arena, &values, &count, err);
  if (rc != KZ_OK) {
    return rc;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!kz_marks_find(house->exclusions, values[i].value, NULL)) {
      values[kept++] = values[i];
    }
  }
  *ret_values = values;
  *ret_count = kept;
  return KZ_OK;
}

/* What is needed to describe events. */
struct describing {
  struct kz_house *house;
  const struct kz_view *view;
  struct kz_dict *dict;
  struct kz_arena *arena;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "correlate: the answer does not fit");
}

static kz_rc describe(const struct describing *d, uint64_t id,
                      struct kz_related *ret, struct kz_err *err) {
  struct kz_event_entry entry;
  struct kz_org org;
  *ret = (struct kz_related){.id = id};
  if (kz_events_get(d->view->events, id, &entry) != KZ_OK) {
    return KZ_OK; /* removed meanwhile: only its number is known */
  }
  ret->uuid = entry.uuid;
  ret->date_days = entry.date_days;
  if (kz_dict_org_get(d->dict, entry.orgc, &org) == KZ_OK) {
    ret->org = org.name;
  }
  return kz_arena_dup(d->arena, entry.info, &ret->info) == KZ_OK
             ? KZ_OK
             : no_memory(err);
}

static kz_str type_of(const struct kz_view *view, uint64_t event,
                      uint64_t attribute) {
  struct kz_place place;
  if (kz_view_row(view, event, attribute, &place) != KZ_OK) {
    return KZ_STR("");
  }
  unsigned code = view->parts[place.part].segment->code[place.row];
  return kz_type_name((kz_type)(code / 16));
}

static kz_rc describe_shared(const struct describing *d, uint64_t event,
                             const struct kz_shared_value *value, size_t listed,
                             struct kz_shared *ret, struct kz_err *err) {
  size_t count = value->event_count < listed ? value->event_count : listed;
  *ret = (struct kz_shared){
      .value = value->value,
      .type = type_of(d->view, event, value->attribute),
      .attribute = value->attribute,
      .total = value->event_count,
      .events = kz_arena_array(d->arena, count + 1, sizeof *ret->events),
      .event_count = count,
  };
  kz_rc rc = ret->events ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = describe(d, value->events[i], &ret->events[i], err);
  }
  return rc;
}

static kz_rc correlate(const struct describing *d,
                       const struct kz_viewer *viewer, kz_str ref,
                       size_t listed, struct kz_correlation *ret,
                       struct kz_err *err) {
  uint64_t event = 0;
  struct kz_shared_value *values = NULL;
  kz_rc rc = kz_show_find(d->view, viewer, ref, &event, err);
  if (rc == KZ_OK) {
    rc = describe(d, event, &ret->event, err);
  }
  if (rc == KZ_OK) {
    rc = kz_correlate_values(d->house, d->view, viewer, event, d->arena,
                             &values, &ret->count, err);
  }
  if (rc == KZ_OK) {
    ret->shared = kz_arena_array(d->arena, ret->count + 1, sizeof *ret->shared);
    rc = ret->shared ? KZ_OK : no_memory(err);
  }
  for (size_t i = 0; rc == KZ_OK && i < ret->count; i++) {
    rc = describe_shared(d, event, &values[i], listed, &ret->shared[i], err);
  }
  return rc;
}

kz_rc kz_correlate(struct kz_house *house, const struct kz_viewer *viewer,
                   kz_str ref, size_t listed, struct kz_arena *arena,
                   struct kz_correlation *ret_correlation, struct kz_err *err) {
  struct kz_view *view = kz_store_view(house->store);
  const struct describing d = {.house = house,
                               .view = view,
                               .dict = kz_store_dict(house->store),
                               .arena = arena};
  struct kz_correlation correlation = {.count = 0};
  kz_rc rc = correlate(&d, viewer, ref, listed, &correlation, err);
  kz_view_unref(view);
  if (rc == KZ_OK) {
    *ret_correlation = correlation;
  }
  return rc;
}
