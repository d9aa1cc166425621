/* decayingModel/... and what searches say of decay. */
#ifndef KZ_API_MISP_DECAY_H
#define KZ_API_MISP_DECAY_H

#include "api/misp_call.h"
#include "base/err.h"
#include "model/event.h"
#include "work/decay.h"

kz_misp_action kz_misp_model_index;
kz_misp_action kz_misp_model_view;
kz_misp_action kz_misp_model_enable;
kz_misp_action kz_misp_model_disable;
kz_misp_action kz_misp_model_update;

/* What a search asks of decay. */
struct kz_misp_decay {
  struct kz_decaying *models; /* NULL: nothing */
  bool tells;                 /* members "decay_score" */
  bool excludes;              /* what all its models call decayed is left out */
};

/* Reads includeDecayScore, excludeDecayed, decayingModel, score and
 * modelOverrides; what is made lives in `arena`. */
KZ_MUST_USE kz_rc kz_misp_decay_read(struct kz_misp_call *call,
                                     struct kz_arena *arena,
                                     struct kz_misp_decay *ret,
                                     struct kz_err *err);

/* Judges the attribute, whose sightings must have been read, and adds its
 * member; whether it stays. */
bool kz_misp_decay_attribute(const struct kz_misp_decay *decay,
                             const struct kz_event *event,
                             struct kz_attribute *attribute,
                             struct kz_arena *arena);
/* The same for all attributes of an event. */
void kz_misp_decay_event(const struct kz_misp_decay *decay,
                         struct kz_event *event, struct kz_arena *arena);

#endif
