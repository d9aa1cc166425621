/* Decaying models: what an attribute is still worth, by its age and its tags,
 * worked out when it is asked for.
 *
 * A model is a document as the files have it, with the flag "enabled":
 * "parameters" are lifetime (days), decay_speed, threshold, default_base_score
 * and base_score_config (a weight for each taxonomy or predicate whose tags
 * carry a number), "attribute_types" what it is for. */
#ifndef KZ_WORK_DECAY_H
#define KZ_WORK_DECAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/event.h"
#include "work/catalog.h"
#include "work/taxonomy.h"

extern const struct kz_catalog_form kz_model_form;

/* Where models and the numbers of tags come from, and which models a question
 * means. */
struct kz_decay_question {
  struct kz_catalog *catalog;
  struct kz_taxonomies *taxonomies;
  const kz_str *models; /* numbers, uuids or names; none: all enabled ones */
  size_t model_count;
  const struct kz_jsonv *overrides; /* parameters; NULL: none */
  bool has_threshold;
  double threshold;
  int64_t now_us;
};

struct kz_decaying;

/* Reads the models into `arena`, where the answers live as well; one thread at
 * a time. Models that are not there are passed over. */
KZ_MUST_USE kz_rc kz_decaying_open(const struct kz_decay_question *question,
                                   struct kz_arena *arena,
                                   struct kz_decaying **ret,
                                   struct kz_err *err);

struct kz_decay_result {
  uint64_t model;
  kz_str uuid;
  kz_str name;
  double score;
  double base_score;
  bool is_decayed; /* the score is below the model's threshold */
};

/* The scores by the models that are for the attribute's type; its sightings
 * must have been read. The results live until the next question. Returns how
 * many. */
size_t kz_decaying_score(struct kz_decaying *decaying,
                         const struct kz_attribute *attribute,
                         const struct kz_tag_use *event_tags,
                         size_t event_tag_count,
                         const struct kz_decay_result **ret_results);

#endif
