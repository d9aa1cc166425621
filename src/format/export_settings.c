#include "format/export_settings.h"

kz_rc kz_rpz_policy_by_name(kz_str name, enum kz_rpz_policy *ret) {
  static const struct {
    const char *name;
    const char *number;
    enum kz_rpz_policy policy;
  } rows[] = {
      {"DROP", "0", KZ_RPZ_DROP},
      {"NODATA", "2", KZ_RPZ_NODATA},
      {"NXDOMAIN", "1", KZ_RPZ_NXDOMAIN},
      {"PASSTHRU", "4", KZ_RPZ_PASSTHRU},
      {"TCP-only", "5", KZ_RPZ_TCP_ONLY},
      {"Local-Data", "3", KZ_RPZ_LOCAL_DATA},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (kz_str_eq_nocase(name, kz_str_of(rows[i].name)) ||
        kz_str_eq(name, kz_str_of(rows[i].number))) {
      *ret = rows[i].policy;
      return KZ_OK;
    }
  }
  return KZ_E_INPUT;
}
