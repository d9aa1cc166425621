#include "work/result.h"

#include <stdlib.h>

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "search: the answer does not fit");
}

static kz_rc add_event_tags(struct kz_dict *dict,
                            const struct kz_event_entry *entry,
                            struct kz_arena *arena, struct kz_result_row *row) {
  kz_str *names = kz_arena_array(arena, entry->tag_count + 1, sizeof *names);
  if (!names) {
    return KZ_E_MEMORY;
  }
  for (uint32_t i = 0; i < entry->tag_count; i++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict, entry->tags[i], &tag) == KZ_OK) {
      names[row->event_tag_count++] = tag.name;
    }
  }
  row->event_tags = names;
  return KZ_OK;
}

/* Reads the record of a hit and describes its event. */
static kz_rc read_row(const struct kz_reading *reading,
                      const struct kz_view *view, const struct kz_hit *hit,
                      struct kz_result_row *ret, struct kz_err *err) {
  const struct kz_read_options options = {.with_sightings = false};
  struct kz_event_entry entry;
  struct kz_org org;
  struct kz_result_row row = {.event = hit->event};
  kz_rc rc = kz_read_attribute(reading, hit->event, hit->attribute, options,
                               &row.attribute, err);
  if (rc != KZ_OK || kz_events_get(view->events, hit->event, &entry) != KZ_OK) {
    return rc < 0 ? rc
                  : kz_err_set(err, KZ_E_CORRUPT,
                               "attribute %llu of event %llu stands in the "
                               "index but not in the records",
                               (unsigned long long)hit->attribute,
                               (unsigned long long)hit->event);
  }
  row.event_uuid = entry.uuid;
  row.event_date_days = entry.date_days;
  if (kz_dict_org_get(reading->dict, entry.orgc, &org) == KZ_OK) {
    row.event_org = org.name;
  }
  if (kz_arena_dup(reading->arena, entry.info, &row.event_info) != KZ_OK ||
      add_event_tags(reading->dict, &entry, reading->arena, &row) != KZ_OK) {
    return no_memory(err);
  }
  *ret = row;
  return KZ_OK;
}

kz_rc kz_result_rows(struct kz_house *house, const struct kz_view *view,
                     const struct kz_hit *hits, size_t count,
                     struct kz_arena *arena, struct kz_result_row **ret_rows,
                     struct kz_err *err) {
  struct kz_result_row *rows = kz_arena_array(arena, count + 1, sizeof *rows);
  struct kz_reading reading = kz_store_reading(house->store, view, arena);
  kz_rc rc = rows ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = read_row(&reading, view, &hits[i], &rows[i], err);
  }
  *ret_rows = rows;
  return rc;
}

static kz_rc read_rows(struct kz_house *house, const struct kz_answer *answer,
                       const struct kz_search *search, struct kz_arena *arena,
                       struct kz_result *result, struct kz_err *err) {
  size_t limit = (size_t)search->limit;
  struct kz_hit *hits = kz_arena_array(arena, limit + 1, sizeof *hits);
  size_t count = 0;
  if (!hits) {
    return no_memory(err);
  }
  kz_rc rc = kz_answer_page(answer, search->sort, search->offset, limit, hits,
                            &count, err);
  if (rc == KZ_OK) {
    rc = kz_result_rows(house, answer->view, hits, count, arena, &result->rows,
                        err);
  }
  result->count = count;
  return rc;
}

kz_rc kz_result_page(struct kz_house *house, const struct kz_viewer *viewer,
                     const struct kz_search *search, struct kz_arena *arena,
                     struct kz_result *ret_result, struct kz_err *err) {
  if (search->limit > KZ_SEARCH_ROWS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT,
                      "limit: at most %d rows a page; export gives all",
                      KZ_SEARCH_ROWS_MAX);
  }
  struct kz_view *view = kz_store_view(house->store);
  const struct kz_query query = {.where = search->where,
                                 .deleted = search->deleted};
  struct kz_answer answer;
  struct kz_result result = {.total = 0};
  kz_rc rc = kz_query_run(view, kz_store_dict(house->store), viewer, &query,
                          &answer, err);
  if (rc == KZ_OK) {
    result.total = answer.total;
    if (search->limit > 0) {
      rc = read_rows(house, &answer, search, arena, &result, err);
    }
    kz_answer_done(&answer);
  }
  kz_view_unref(view);
  if (rc == KZ_OK) {
    *ret_result = result;
  }
  return rc;
}

kz_rc kz_result_facets(struct kz_house *house, const struct kz_viewer *viewer,
                       const struct kz_search *search, struct kz_arena *arena,
                       struct kz_facets *ret_facets, struct kz_err *err) {
  struct kz_view *view = kz_store_view(house->store);
  struct kz_dict *dict = kz_store_dict(house->store);
  const struct kz_query query = {.where = search->where,
                                 .deleted = search->deleted};
  struct kz_answer answer;
  kz_rc rc = kz_query_run(view, dict, viewer, &query, &answer, err);
  if (rc == KZ_OK) {
    rc = kz_facets_count(&answer, dict, house->threads, arena, ret_facets, err);
    kz_answer_done(&answer);
  }
  kz_view_unref(view);
  return rc;
}
