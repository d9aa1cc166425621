/* Decay: what an indicator is still worth after some time, by MISP's polynomial
 * formula. Pure. */
#ifndef KZ_INSIGHT_DECAY_H
#define KZ_INSIGHT_DECAY_H

#include <stdint.h>

struct kz_decay {
  double lifetime_days;
  double speed; /* decay_speed: above 1 slow at first, below fast */
  double threshold;
};

/* base * (1 - (age / lifetime) ^ (1 / speed)), from 0 to `base`. An age below 0
 * counts as 0; with a lifetime or speed that is not above 0 nothing decays. */
double kz_decay_score(const struct kz_decay *decay, double base,
                      double age_days);

/* The base score: the mean of `values`, weighted; `otherwise` without any
 * weight. */
struct kz_decay_part {
  double value;
  double weight;
};
double kz_decay_base(const struct kz_decay_part *parts, unsigned count,
                     double otherwise);

#endif
