#include "api/misp_call.h"

#include "store/store.h"

struct kz_reading kz_misp_reading(const struct kz_misp_eye *eye,
                                  struct kz_arena *arena) {
  return kz_store_reading(eye->house->store, eye->view, arena);
}

void kz_misp_renew(struct kz_misp_call *call) {
  kz_view_unref(call->eye.view);
  call->eye.view = kz_store_view(call->eye.house->store);
}
