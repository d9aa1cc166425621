/* Every event has a random sequence of its own, made of the seed and its
 * number, so that events do not depend on each other.
 *
 * A row costs one random number, cut into 16-bit pieces, and a table of 65,536
 * types in proportion to their weights: 67 M rows in about two seconds, so the
 * shape is not what a bench in memory measures. Pool values are drawn in
 * ascending order, one from each of as many equal slices as the event has
 * rows: that makes them different from each other without a set. */
#include "gen/shape.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

/* Of the rows whose type asks for it, so that 70 % of all have to_ids. */
#define IDS_SHARE 0.733

enum {
  PICKS = 1 << 16, /* entries in the table of types: one for 16 random bits */
  BIG_TYPES = 12,
  BIG_SHARE = 921, /* of a thousand rows are of the big types */
  POOL_SKEW = 4,   /* a pool value is number pool * u^4, u in [0, 1) */
};

struct kz_shape {
  struct kz_shape_params params;
  double alpha;    /* of the Pareto law; 0: events of one size */
  double tail;     /* (1 / largest)^alpha */
  uint64_t pool;   /* values in the pool */
  uint64_t events; /* given out */
  uint64_t rows;   /* in the events given out */
  uint32_t event_rows;
  uint32_t row; /* of the current event: the next */
  uint64_t next_pool_value;
  struct kz_random random;
  kz_type picks[PICKS];
};

struct weight {
  kz_type type;
  uint16_t per_thousand;
};

static const struct weight big[BIG_TYPES] = {
    {KZ_TYPE_SHA256, 160},
    {KZ_TYPE_IP_DST, 140},
    {KZ_TYPE_MD5, 130},
    {KZ_TYPE_DOMAIN, 120},
    {KZ_TYPE_URL, 100},
    {KZ_TYPE_SHA1, 80},
    {KZ_TYPE_HOSTNAME, 70},
    {KZ_TYPE_FILENAME, 60},
    {KZ_TYPE_IP_SRC, 25},
    {KZ_TYPE_EMAIL_SRC, 13},
    {KZ_TYPE_FILENAME_SHA256, 12},
    {KZ_TYPE_TEXT, 11},
};

static bool is_big(kz_type type) {
  for (unsigned i = 0; i < BIG_TYPES; i++) {
    if (big[i].type == type) {
      return true;
    }
  }
  return false;
}

/* Types that carry a file, or have too few values to be different within an
 * event, are left out; so is port, which is put last instead. */
static bool is_left_out(kz_type type) {
  return type == KZ_TYPE_BOOLEAN || type == KZ_TYPE_HTTP_METHOD ||
         kz_type_is_attachment(type);
}

/* The rarer types in the order of their weights, 1/1, 1/2, 1/3 ... */
static unsigned list_rare(kz_type ret[KZ_TYPE_COUNT]) {
  unsigned count = 0;
  for (kz_type type = 0; type < KZ_TYPE_COUNT; type++) {
    if (!is_big(type) && !is_left_out(type) && type != KZ_TYPE_PORT) {
      ret[count++] = type;
    }
  }
  ret[count++] = KZ_TYPE_PORT;
  return count;
}

/* Writes `type` up to where its share of the table ends. */
static unsigned fill_up_to(struct kz_shape *shape, unsigned at, double end,
                           kz_type type) {
  unsigned stop = end >= PICKS ? PICKS : (unsigned)end;
  while (at < stop) {
    shape->picks[at++] = type;
  }
  return at;
}

static void weigh_types(struct kz_shape *shape) {
  kz_type rare[KZ_TYPE_COUNT];
  unsigned rare_count = list_rare(rare);
  unsigned wanted = shape->params.types;
  unsigned big_count = wanted < BIG_TYPES ? wanted : BIG_TYPES;
  if (wanted - big_count < rare_count) {
    rare_count = wanted - big_count;
  }
  double big_sum = 0;
  for (unsigned i = 0; i < big_count; i++) {
    big_sum += big[i].per_thousand;
  }
  double rare_sum = 0;
  for (unsigned i = 0; i < rare_count; i++) {
    rare_sum += 1.0 / (i + 1);
  }
  double big_part = rare_count ? PICKS * (BIG_SHARE / 1000.0) : PICKS;
  unsigned at = 0;
  double end = 0;
  for (unsigned i = 0; i < big_count; i++) {
    end += big_part * big[i].per_thousand / big_sum;
    at = fill_up_to(shape, at, end, big[i].type);
  }
  for (unsigned i = 0; i < rare_count; i++) {
    end += (PICKS - big_part) / ((i + 1) * rare_sum);
    at = fill_up_to(shape, at, end, rare[i]);
  }
  fill_up_to(shape, at, PICKS, big[0].type);
}

/* The mean of a Pareto law cut off at `largest`, for alpha other than 1. */
static double mean_of(double alpha, double largest) {
  double grows = (pow(largest, 1 - alpha) - 1) / (1 - alpha);
  return alpha * grows / (1 - pow(largest, -alpha));
}

/* Sizes are rounded down, which takes half a row off the mean. */
static double find_alpha(double mean, double largest) {
  double flat = 1e-6;
  double steep = 64;
  for (int i = 0; i < 100; i++) {
    double middle = (flat + steep) / 2;
    if (mean_of(middle, largest) > mean + 0.5) {
      flat = middle;
    } else {
      steep = middle;
    }
  }
  return (flat + steep) / 2;
}

static kz_rc check_params(const struct kz_shape_params *p, struct kz_err *err) {
  if (p->attributes == 0 || p->attributes > UINT32_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "attributes: 1 to 4294967295");
  }
  if (p->largest == 0 || p->largest > KZ_SHAPE_EVENT_ROWS_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "largest event: 1 to %d rows",
                      KZ_SHAPE_EVENT_ROWS_MAX);
  }
  if (!(p->mean == 0 || (p->mean >= 1 && p->mean < p->largest / 4.0))) {
    return kz_err_set(err, KZ_E_INPUT,
                      "mean: 1 to a quarter of the largest event, or 0");
  }
  if (!(p->share >= 0 && p->share <= 1) ||
      !(p->tagged >= 0 && p->tagged <= 1) ||
      !(p->objects >= 0 && p->objects <= 1)) {
    return kz_err_set(err, KZ_E_INPUT, "share, tagged, objects: 0 to 1");
  }
  if (p->types == 0 || p->types > KZ_SHAPE_TYPES) {
    return kz_err_set(err, KZ_E_INPUT, "types: 1 to %d", KZ_SHAPE_TYPES);
  }
  if (p->event_tags > KZ_SHAPE_EVENT_TAGS_MAX || p->tags < 64) {
    return kz_err_set(err, KZ_E_INPUT,
                      "tags: at least 64 in all, at most %d an event",
                      KZ_SHAPE_EVENT_TAGS_MAX);
  }
  if (p->orgs == 0 || p->months == 0 || p->months > 600) {
    return kz_err_set(err, KZ_E_INPUT, "at least 1 organisation, 1-600 months");
  }
  return KZ_OK;
}

kz_rc kz_shape_new(const struct kz_shape_params *params, struct kz_shape **ret,
                   struct kz_err *err) {
  kz_rc rc = check_params(params, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_shape *shape = calloc(1, sizeof *shape);
  if (!shape) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  shape->params = *params;
  if (params->mean > 0) {
    shape->alpha = find_alpha(params->mean, params->largest);
    shape->tail = pow(params->largest, -shape->alpha);
  }
  /* Half as many pool values as draws: at 67 M rows about 400 values stand in
   * a thousand events or more, and 7 % of all values in two or more. */
  shape->pool = 1 + (uint64_t)((double)params->attributes * params->share / 2);
  weigh_types(shape);
  *ret = shape;
  return KZ_OK;
}

void kz_shape_free(struct kz_shape *shape) {
  free(shape);
}

static uint32_t draw_size(struct kz_shape *shape) {
  if (shape->params.mean == 0) {
    return shape->params.largest;
  }
  double u = kz_random_unit(&shape->random);
  double size = pow(1 - u * (1 - shape->tail), -1 / shape->alpha);
  uint32_t rows = (uint32_t)size;
  return rows < shape->params.largest ? rows : shape->params.largest;
}

/* 0 .. n-1, low numbers more often. */
static uint32_t draw_low(struct kz_random *random, uint32_t n, int skew) {
  double u = kz_random_unit(random);
  double x = u;
  for (int i = 1; i < skew; i++) {
    x *= u;
  }
  uint32_t number = (uint32_t)(x * n);
  return number < n ? number : n - 1;
}

static bool has_tag(const uint32_t *tags, uint32_t count, uint32_t tag) {
  for (uint32_t i = 0; i < count; i++) {
    if (tags[i] == tag) {
      return true;
    }
  }
  return false;
}

/* Adds a tag that is not there yet: the next free one, should the draw be. */
static void add_tag(struct kz_shape *shape, uint32_t *tags, uint32_t count) {
  uint32_t tag = draw_low(&shape->random, shape->params.tags, 2);
  while (has_tag(tags, count, tag)) {
    tag = (tag + 1) % shape->params.tags;
  }
  tags[count] = tag;
}

bool kz_shape_next_event(struct kz_shape *shape, struct kz_shape_event *ret) {
  const struct kz_shape_params *params = &shape->params;
  if (shape->rows >= params->attributes) {
    return false;
  }
  uint64_t number = shape->events++;
  kz_random_init(&shape->random, kz_hash_mix(params->seed) + number);
  uint64_t left = params->attributes - shape->rows;
  uint32_t size = draw_size(shape);
  shape->event_rows = size < left ? size : (uint32_t)left;
  shape->row = 0;
  shape->next_pool_value = 0;
  *ret = (struct kz_shape_event){
      .number = number,
      .rows = shape->event_rows,
      .rows_in_objects = (uint32_t)(shape->event_rows * params->objects),
      .org = draw_low(&shape->random, params->orgs, 2),
      .month = (uint32_t)kz_random_below(&shape->random, params->months),
      .day = (uint32_t)kz_random_below(&shape->random, 28),
  };
  while (ret->tag_count < params->event_tags) {
    add_tag(shape, ret->tags, ret->tag_count);
    ret->tag_count++;
  }
  shape->rows += shape->event_rows;
  return true;
}

/* Number 65,536 of 65,536 stands for "always". */
static bool is_below(uint64_t sixteen_bits, double part) {
  return (double)(sixteen_bits & (PICKS - 1)) < part * PICKS;
}

/* A value of the pool, each time one further on than the last. */
static bool draw_shared(struct kz_shape *shape, uint64_t *ret_value) {
  double u = (shape->row + kz_random_unit(&shape->random)) / shape->event_rows;
  uint64_t value = (uint64_t)((double)shape->pool * u * u * u * u);
  static_assert(POOL_SKEW == 4, "u is multiplied four times");
  if (value < shape->next_pool_value) {
    value = shape->next_pool_value;
  }
  if (value >= shape->pool) {
    return false;
  }
  shape->next_pool_value = value + 1;
  *ret_value = value;
  return true;
}

bool kz_shape_next_row(struct kz_shape *shape, struct kz_shape_row *ret) {
  if (shape->row >= shape->event_rows) {
    return false;
  }
  const struct kz_shape_params *params = &shape->params;
  uint64_t bits = kz_random_next(&shape->random);
  uint64_t number = shape->rows - shape->event_rows + shape->row;
  ret->number = number;
  ret->value = number;
  ret->shared =
      is_below(bits, params->share) && draw_shared(shape, &ret->value);
  ret->key = kz_hash_mix((params->seed << 34) + ret->value * 2 + ret->shared);
  ret->type = shape->picks[kz_hash_mix(ret->key) & (PICKS - 1)];
  ret->to_ids =
      kz_type_default_to_ids(ret->type) && is_below(bits >> 16, IDS_SHARE);
  ret->tag_count = 0;
  if (is_below(bits >> 32, params->tagged)) {
    uint8_t wanted = (uint8_t)(1 + (bits >> 63));
    while (ret->tag_count < wanted) {
      add_tag(shape, ret->tags, ret->tag_count);
      ret->tag_count++;
    }
  }
  shape->row++;
  return true;
}
