#include "api/misp.h"

const struct kz_route_table *kz_misp_routes(void) {
  static const struct kz_route_table table = {NULL, 0};
  return &table;
}

void kz_misp_answer(struct kz_house *house, const struct kz_user *user,
                    const struct kz_request *request, struct kz_reply *reply) {
  (void)house;
  (void)user;
  (void)request;
  kz_reply_error(reply, 404, KZ_STR("there is nothing at this path"));
}
