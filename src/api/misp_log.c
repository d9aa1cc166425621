#include "api/misp_log.h"

#include "api/misp_shape.h"

void kz_misp_log_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}
