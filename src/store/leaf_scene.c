#include "store/leaf_scene.h"

#include "model/value.h"

kz_rc kz_leaf_fold(const struct kz_cond *cond, char room[KZ_LEAF_TEXT],
                   kz_str *ret_text, struct kz_err *err) {
  if (cond->text.len > KZ_LEAF_TEXT) {
    return kz_err_set(err, KZ_E_LIMIT, "a text of more than %d bytes",
                      KZ_LEAF_TEXT);
  }
  kz_value_fold(cond->text, room);
  *ret_text = (kz_str){room, cond->text.len};
  return KZ_OK;
}
