#include "insight/decay.h"

#include <math.h>

double kz_decay_score(const struct kz_decay *decay, double base,
                      double age_days) {
  if (!(decay->lifetime_days > 0) || !(decay->speed > 0) || !(age_days > 0)) {
    return base;
  }
  double share = pow(age_days / decay->lifetime_days, 1 / decay->speed);
  return share >= 1 ? 0 : base * (1 - share);
}

double kz_decay_base(const struct kz_decay_part *parts, unsigned count,
                     double otherwise) {
  double sum = 0;
  double weights = 0;
  for (unsigned i = 0; i < count; i++) {
    sum += parts[i].value * parts[i].weight;
    weights += parts[i].weight;
  }
  return weights > 0 ? sum / weights : otherwise;
}
