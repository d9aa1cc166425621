#include "work/decay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "insight/decay.h"
#include "model/warninglist.h"

enum { PARTS_MAX = 64, NUMBER_TEXT = 64 };

#define DAY_US ((double)KZ_SECOND_US * 86400)

/* --- the documents ---------------------------------------------------------
 */

static const char *const flags[] = {"enabled"};

/* Our own, so that there are some before a library was loaded. */
static const char *const own[] = {
    "{\"name\":\"NIDS Simple Decaying Model\","
    "\"uuid\":\"b2f83b5e-1d6b-4d0f-9a5e-0c2d6e1c7a11\",\"version\":1,"
    "\"description\":\"For network indicators: they lose their worth within "
    "four months.\",\"ref\":[],\"formula\":\"polynomial\","
    "\"parameters\":{\"lifetime\":120,\"decay_speed\":2,\"threshold\":30,"
    "\"default_base_score\":80,\"base_score_config\":{"
    "\"estimative-language:confidence-in-analytic-judgment\":0.5,"
    "\"estimative-language:likelihood-probability\":0.5}},"
    "\"attribute_types\":[\"ip-src\",\"ip-dst\",\"ip-src|port\","
    "\"ip-dst|port\",\"hostname\",\"hostname|port\",\"domain\",\"domain|ip\","
    "\"url\",\"uri\",\"user-agent\",\"ja3-fingerprint-md5\",\"AS\","
    "\"mac-address\"]}",
    "{\"name\":\"Phishing model\","
    "\"uuid\":\"5f0f3d6e-8a0e-4c7c-8d07-6f8f2b3c9d22\",\"version\":1,"
    "\"description\":\"For phishing pages: most are gone within days.\","
    "\"ref\":[],\"formula\":\"polynomial\","
    "\"parameters\":{\"lifetime\":3,\"decay_speed\":2.3,\"threshold\":30,"
    "\"default_base_score\":80,\"base_score_config\":{"
    "\"phishing:state\":0.5,\"phishing:psychological-acceptability\":0.5}},"
    "\"attribute_types\":[\"url\",\"link\",\"uri\",\"domain\",\"hostname\"]}",
};

static kz_rc check(kz_str text, const struct kz_jsonv *object,
                   uint64_t *ret_entries, struct kz_err *err) {
  const struct kz_jsonv *parameters =
      kz_jsonv_get(object, KZ_STR("parameters"));
  struct kz_jsonv *types = NULL;
  if (!parameters || parameters->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(text, parameters ? parameters : object, err,
                            "\"parameters\": an object is due");
  }
  kz_rc rc = kz_library_array(text, object, "attribute_types", &types, err);
  *ret_entries = types ? types->count : 0;
  return rc;
}

const struct kz_catalog_form kz_model_form = {
    .shape = {.kind = KZ_SHELF_MODEL, .noun = "decaying model", .name = "name"},
    .kind = KZ_LIBRARY_MODEL,
    .flags = flags,
    .flag_count = 1,
    .check = check,
    .own = own,
    .own_count = 2,
};

/* --- reading models --------------------------------------------------------
 */

struct weight {
  kz_str taxonomy; /* "namespace" or "namespace:predicate" */
  double weight;
};

struct model {
  struct kz_decay decay;
  double base;
  struct weight *weights;
  size_t weight_count;
  struct kz_warninglist types; /* only its types */
  bool is_extended;
  struct kz_decay_result result;
};

struct kz_decaying {
  struct kz_taxonomies *taxonomies;
  struct model *models;
  size_t count;
  struct kz_decay_result *results;
  int64_t now_us;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "decaying models: out of memory");
}

/* The number that a text is; `otherwise` when it is none. */
static double read_number(kz_str value, double otherwise) {
  char text[NUMBER_TEXT];
  char *end = NULL;
  if (value.len == 0 || value.len >= sizeof text) {
    return otherwise;
  }
  for (size_t i = 0; i < value.len; i++) {
    text[i] = value.ptr[i];
  }
  text[value.len] = '\0';
  double number = strtod(text, &end);
  return end == text + value.len ? number : otherwise;
}

static double number_of(const struct kz_jsonv *object, const char *name,
                        double otherwise) {
  return read_number(kz_jsonv_text(object, kz_str_of(name)), otherwise);
}

static kz_rc read_weights(struct model *m, const struct kz_jsonv *parameters,
                          struct kz_arena *arena) {
  kz_str name = KZ_STR("base_score_config");
  const struct kz_jsonv *config = kz_jsonv_get(parameters, name);
  if (!config || config->kind != KZ_JSON_OBJECT) {
    return KZ_OK;
  }
  m->weights = kz_arena_array(arena, config->count + 1, sizeof *m->weights);
  if (!m->weights) {
    return KZ_E_MEMORY;
  }
  m->weight_count = 0;
  for (const struct kz_jsonv *c = config->first; c; c = c->next) {
    double weight = read_number(c->text, 0);
    if (weight > 0) {
      m->weights[m->weight_count++] = (struct weight){c->name, weight};
    }
  }
  return KZ_OK;
}

static kz_rc read_parameters(struct model *m, const struct kz_jsonv *parameters,
                             struct kz_arena *arena) {
  m->decay.lifetime_days =
      number_of(parameters, "lifetime", m->decay.lifetime_days);
  m->decay.speed = number_of(parameters, "decay_speed", m->decay.speed);
  m->decay.threshold = number_of(parameters, "threshold", m->decay.threshold);
  m->base = number_of(parameters, "default_base_score", m->base);
  return read_weights(m, parameters, arena);
}

static kz_rc read_model(uint64_t id, const struct kz_jsonv *document,
                        const struct kz_decay_question *q,
                        struct kz_arena *arena, struct model *m) {
  kz_str formula = kz_jsonv_text(document, KZ_STR("formula"));
  const struct kz_jsonv *types =
      kz_jsonv_get(document, KZ_STR("attribute_types"));
  size_t count = types ? types->count : 0;
  kz_str *names = kz_arena_array(arena, count + 1, sizeof *names);
  if (!names) {
    return KZ_E_MEMORY;
  }
  *m = (struct model){
      .is_extended = kz_str_eq_nocase(formula, KZ_STR("polynomialextended"))};
  m->result =
      (struct kz_decay_result){.model = id,
                               .uuid = kz_jsonv_text(document, KZ_STR("uuid")),
                               .name = kz_jsonv_text(document, KZ_STR("name"))};
  const struct kz_jsonv *type = types ? types->first : NULL;
  for (size_t i = 0; type; type = type->next, i++) {
    names[i] = type->text;
  }
  kz_warninglist_set_types(&m->types, names, count);
  kz_rc rc =
      read_parameters(m, kz_jsonv_get(document, KZ_STR("parameters")), arena);
  if (rc == KZ_OK && q->overrides) {
    rc = read_parameters(m, q->overrides, arena);
  }
  if (q->has_threshold) {
    m->decay.threshold = q->threshold;
  }
  return rc;
}

/* Whether the question means the model. */
static bool is_meant(const struct kz_decay_question *q, uint64_t id,
                     const struct kz_jsonv *document) {
  KZ_BUF(number, NUMBER_TEXT);
  kz_buf_add_u64(&number, id);
  for (size_t i = 0; i < q->model_count; i++) {
    if (kz_str_eq(q->models[i], kz_buf_str(&number)) ||
        kz_str_eq_nocase(q->models[i],
                         kz_jsonv_text(document, KZ_STR("uuid"))) ||
        kz_str_eq(q->models[i], kz_jsonv_text(document, KZ_STR("name")))) {
      return true;
    }
  }
  return q->model_count == 0 &&
         kz_jsonv_flag(document, KZ_STR("enabled"), false);
}

kz_rc kz_decaying_open(const struct kz_decay_question *question,
                       struct kz_arena *arena, struct kz_decaying **ret,
                       struct kz_err *err) {
  struct kz_shelf *shelf = kz_catalog_shelf(question->catalog);
  struct kz_card *cards = NULL;
  size_t count = 0;
  kz_rc rc = kz_shelf_cards(shelf, 0, arena, &cards, &count);
  struct kz_decaying *d = kz_arena_alloc(arena, sizeof *d);
  if (rc != KZ_OK || !d) {
    return no_memory(err);
  }
  d->taxonomies = question->taxonomies;
  d->now_us = question->now_us;
  d->models = kz_arena_array(arena, count + 1, sizeof *d->models);
  d->results = kz_arena_array(arena, count + 1, sizeof *d->results);
  rc = d->models && d->results ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    struct kz_jsonv *document = NULL;
    rc = kz_shelf_get(shelf, cards[i].id, arena, &document, err);
    if (rc == KZ_NOT_FOUND) {
      rc = KZ_OK;
    } else if (rc == KZ_OK && is_meant(question, cards[i].id, document)) {
      rc = read_model(cards[i].id, document, question, arena,
                      &d->models[d->count]);
      d->count += rc == KZ_OK;
      rc = rc == KZ_OK ? KZ_OK : no_memory(err);
    }
  }
  if (rc == KZ_OK) {
    *ret = d;
  }
  return rc;
}

/* --- scoring ---------------------------------------------------------------
 */

/* Whether the tag is of the taxonomy, or of its predicate. */
static bool is_of(kz_str tag, kz_str taxonomy) {
  if (tag.len <= taxonomy.len ||
      !kz_str_eq_nocase(kz_str_head(tag, taxonomy.len), taxonomy)) {
    return false;
  }
  char next = tag.ptr[taxonomy.len];
  return next == ':' || next == '=';
}

/* Adds the numbers of the tags of a taxonomy; whether there were any. */
static bool add_parts(const struct kz_decaying *d, const struct weight *w,
                      const struct kz_tag_use *tags, size_t count,
                      struct kz_decay_part *parts, unsigned *part_count) {
  unsigned before = *part_count;
  for (size_t i = 0; i < count && *part_count < PARTS_MAX; i++) {
    struct kz_taxonomy_tag tag;
    if (is_of(tags[i].tag.name, w->taxonomy) &&
        kz_taxonomy_tag(d->taxonomies, tags[i].tag.name, &tag) == KZ_OK &&
        tag.has_number) {
      parts[(*part_count)++] =
          (struct kz_decay_part){(double)tag.number, w->weight};
    }
  }
  return *part_count > before;
}

/* Days that "retention:2w" names; negative: none. */
static double retention_of(kz_str tag) {
  static const double days[] = {1, 7, 30, 365};
  static const char units[] = "dwmy";
  kz_str prefix = KZ_STR("retention:");
  uint64_t number = 0;
  if (!kz_str_starts(tag, prefix) || tag.len < prefix.len + 2) {
    return -1;
  }
  kz_str text = kz_str_from(tag, prefix.len);
  for (size_t i = 0; i < 4; i++) {
    if (text.ptr[text.len - 1] == units[i] &&
        kz_str_u64(kz_str_head(text, text.len - 1), &number) == KZ_OK) {
      return (double)number * days[i];
    }
  }
  return -1;
}

static bool is_expired(const struct kz_tag_use *tags, size_t count,
                       double age_days) {
  for (size_t i = 0; i < count; i++) {
    double days = retention_of(tags[i].tag.name);
    if (days >= 0 && age_days > days) {
      return true;
    }
  }
  return false;
}

static double age_days(const struct kz_decaying *d,
                       const struct kz_attribute *a) {
  int64_t since = INT64_MIN;
  for (size_t i = 0; i < a->sighting_count; i++) {
    if (a->sightings[i].kind == KZ_SIGHTING_SEEN &&
        a->sightings[i].seen_us > since) {
      since = a->sightings[i].seen_us;
    }
  }
  if (since == INT64_MIN) {
    since = a->last_seen_us != KZ_TIME_NONE ? a->last_seen_us : a->timestamp_us;
  }
  return ((double)d->now_us - (double)since) / DAY_US;
}

size_t kz_decaying_score(struct kz_decaying *d,
                         const struct kz_attribute *attribute,
                         const struct kz_tag_use *event_tags,
                         size_t event_tag_count,
                         const struct kz_decay_result **ret_results) {
  double age = age_days(d, attribute);
  size_t count = 0;
  for (size_t i = 0; i < d->count; i++) {
    const struct model *m = &d->models[i];
    struct kz_decay_part parts[PARTS_MAX];
    unsigned part_count = 0;
    if (!kz_warninglist_has_type(&m->types, attribute->type)) {
      continue;
    }
    for (size_t k = 0; k < m->weight_count; k++) {
      /* The attribute's own tags count before those of its event. */
      if (!add_parts(d, &m->weights[k], attribute->tags, attribute->tag_count,
                     parts, &part_count)) {
        (void)add_parts(d, &m->weights[k], event_tags, event_tag_count, parts,
                        &part_count);
      }
    }
    struct kz_decay_result r = m->result;
    r.base_score = kz_decay_base(parts, part_count, m->base);
    r.score = kz_decay_score(&m->decay, r.base_score, age);
    if (m->is_extended &&
        (is_expired(attribute->tags, attribute->tag_count, age) ||
         is_expired(event_tags, event_tag_count, age))) {
      r.score = 0;
    }
    r.is_decayed = r.score < m->decay.threshold;
    d->results[count++] = r;
  }
  *ret_results = d->results;
  return count;
}
