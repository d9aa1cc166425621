#include "api/misp_counts.h"

#include <stdlib.h>

#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "model/type.h"
#include "store/sight.h"
#include "store/store.h"
#include "work/result.h"
#include "work/taxonomy.h"

enum { PERCENT_DIGITS = 1000 /* three after the point */ };

struct count {
  kz_str name;
  uint64_t count;
};

static int by_name(const void *a, const void *b) {
  const struct count *x = a;
  const struct count *y = b;
  return kz_str_cmp(x->name, y->name);
}

static int by_count(const void *a, const void *b) {
  const struct count *x = a;
  const struct count *y = b;
  return x->count != y->count ? (x->count > y->count ? -1 : 1) : by_name(a, b);
}

/* "12.5%": rounded to three digits, without zeros at the end. */
static void add_percent(struct kz_buf *out, uint64_t count, uint64_t total) {
  uint64_t share =
      total == 0 ? 0 : (count * 100 * PERCENT_DIGITS + total / 2) / total;
  uint64_t rest = share % PERCENT_DIGITS;
  kz_buf_add_format(out, "%llu", (unsigned long long)(share / PERCENT_DIGITS));
  if (rest > 0) {
    unsigned digits = 3;
    for (; rest % 10 == 0; rest /= 10) {
      digits--;
    }
    kz_buf_add_format(out, ".%0*llu", (int)digits, (unsigned long long)rest);
  }
  kz_buf_add_byte(out, '%');
}

/* {"name":"count", ...}; what there is none of is left out, and nothing at all
 * is MISP's []. */
static void write_counts(struct kz_jsonw *w, const struct count *counts,
                         size_t count, bool percent) {
  uint64_t total = 0;
  for (size_t i = 0; i < count; i++) {
    total += counts[i].count;
  }
  if (total == 0) {
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
    return;
  }
  kz_jsonw_object(w);
  for (size_t i = 0; i < count; i++) {
    KZ_BUF(text, 64);
    if (counts[i].count == 0) {
      continue;
    }
    if (percent) {
      add_percent(&text, counts[i].count, total);
    } else {
      kz_buf_add_format(&text, "%llu", (unsigned long long)counts[i].count);
    }
    kz_jsonw_member_str(w, counts[i].name, kz_buf_str(&text));
  }
  kz_jsonw_object_end(w);
}

static bool is_true(kz_str text) {
  return kz_str_eq(text, KZ_STR("1")) || kz_str_eq_nocase(text, KZ_STR("true"));
}

void kz_misp_attribute_counts(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_search all = {.where = NULL};
  struct kz_facets facets;
  struct count counts[KZ_TYPE_COUNT];
  size_t count = 0;
  kz_rc rc = kz_result_facets(call->eye.house, &call->eye.user->viewer, &all,
                              call->work, &facets, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  if (kz_str_eq(kz_misp_arg(call, 0), KZ_STR("category"))) {
    for (unsigned i = 0; i < KZ_CATEGORY_COUNT; i++) {
      counts[count++] = (struct count){kz_category_name((kz_category)i),
                                       facets.categories[i]};
    }
  } else {
    for (unsigned i = 0; i < KZ_TYPE_COUNT; i++) {
      counts[count++] =
          (struct count){kz_type_name((kz_type)i), facets.types[i]};
    }
  }
  qsort(counts, count, sizeof *counts, by_name);
  write_counts(&out.w, counts, count, is_true(kz_misp_arg(call, 1)));
  kz_misp_send(call, &out);
}

/* In how many events that he sees the caller finds each tag. */
static struct count *count_tags(struct kz_misp_call *call, size_t *ret_count) {
  const struct kz_misp_eye *eye = &call->eye;
  struct kz_dict *dict = kz_store_dict(eye->house->store);
  uint32_t tags = kz_dict_tag_count(dict);
  struct count *counts =
      kz_arena_array(call->work, (size_t)tags + 1, sizeof *counts);
  uint64_t end = kz_events_end(eye->view->events);
  for (uint32_t id = 1; counts && id <= tags; id++) {
    struct kz_tag tag;
    if (kz_dict_tag_get(dict, id, &tag) == KZ_OK) {
      counts[id].name = tag.name;
    }
  }
  for (uint64_t id = 0; counts && id < end; id++) {
    struct kz_event_entry e;
    if (kz_events_get(eye->view->events, id, &e) != KZ_OK ||
        !kz_sight_event(eye->view, &eye->user->viewer, id)) {
      continue;
    }
    for (uint32_t i = 0; i < e.tag_count; i++) {
      counts[e.tags[i] <= tags ? e.tags[i] : 0].count++;
    }
  }
  *ret_count = counts ? (size_t)tags + 1 : 0;
  return counts;
}

/* The same, added up by enabled taxonomies. */
static struct count *count_taxonomies(struct kz_misp_call *call,
                                      const struct count *tags, size_t count,
                                      size_t *ret_count) {
  struct kz_taxonomies *taxonomies = call->eye.house->taxonomies;
  struct count *spaces = kz_arena_array(call->work, count + 1, sizeof *spaces);
  size_t found = 0;
  for (size_t i = 0; spaces && i < count; i++) {
    struct kz_taxonomy_tag known;
    if (tags[i].count == 0 ||
        kz_taxonomy_tag(taxonomies, tags[i].name, &known) != KZ_OK ||
        !known.is_enabled) {
      continue;
    }
    size_t colon = kz_str_find_byte(tags[i].name, ':');
    kz_str space =
        kz_str_head(tags[i].name, colon < tags[i].name.len ? colon : 0);
    size_t at = 0;
    while (at < found && !kz_str_eq(spaces[at].name, space)) {
      at++;
    }
    found += at == found;
    spaces[at].name = space;
    spaces[at].count += tags[i].count;
  }
  *ret_count = found;
  return spaces;
}

void kz_misp_tag_counts(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  size_t count = 0;
  size_t space_count = 0;
  bool percent = is_true(kz_misp_arg(call, 0));
  struct count *tags = count_tags(call, &count);
  struct count *spaces =
      tags ? count_taxonomies(call, tags, count, &space_count) : NULL;
  if (!spaces) {
    const struct kz_err err = {.rc = KZ_E_MEMORY, .text = "out of memory"};
    kz_misp_fail(call, "Request", KZ_E_MEMORY, &err);
    return;
  }
  bool named = is_true(kz_misp_arg(call, 1));
  qsort(tags, count, sizeof *tags, named ? by_name : by_count);
  kz_jsonw_object(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("tags"));
  write_counts(&out.w, tags, count, percent);
  kz_jsonw_key(&out.w, KZ_STR("taxonomies"));
  write_counts(&out.w, spaces, space_count, percent);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}
