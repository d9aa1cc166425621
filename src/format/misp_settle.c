/* MISP says only "options depend on the selected category"; ours says which. */
#include "format/misp_settle.h"

#include "model/type.h"
#include "model/value.h"

kz_rc kz_misp_settle(struct kz_attribute *attribute, struct kz_arena *arena,
                     kz_str *ret_field, struct kz_err *err) {
  if ((attribute->given & KZ_GAVE_CATEGORY) == 0) {
    attribute->category = kz_type_default_category(attribute->type);
  }
  if ((attribute->given & KZ_GAVE_TO_IDS) == 0) {
    attribute->to_ids = kz_type_default_to_ids(attribute->type);
  }
  if (!kz_type_fits(attribute->type, attribute->category)) {
    *ret_field = KZ_STR("type");
    kz_str category = kz_category_name(attribute->category);
    kz_str type = kz_type_name(attribute->type);
    return kz_err_set(err, KZ_E_INPUT,
                      "the category \"%.*s\" does not permit the type \"%.*s\"",
                      KZ_STR_ARG(category), KZ_STR_ARG(type));
  }
  kz_rc rc = kz_value_normalise(attribute->type, attribute->value, arena,
                                &attribute->value);
  if (rc == KZ_OK) {
    rc = kz_value_check(attribute->type, attribute->value, err);
  }
  if (rc == KZ_E_INPUT) {
    *ret_field = KZ_STR("value");
  }
  return rc;
}
