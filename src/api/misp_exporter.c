#include "api/misp_exporter.h"

#include "api/misp_params.h"
#include "base/clock.h"
#include "work/export.h"

static kz_rc read_columns(struct kz_misp_call *call, uint32_t *ret,
                          struct kz_err *err) {
  struct kz_misp_terms t;
  kz_rc rc = kz_misp_param_terms(call, KZ_STR("requested_attributes"), &t, err);
  *ret = kz_misp_param_flag(call, KZ_STR("includeContext"), false)
             ? KZ_CSV_ALL_COLUMNS
             : KZ_CSV_PLAIN_COLUMNS;
  if (kz_misp_param_flag(call, KZ_STR("includeDecayScore"), false)) {
    *ret |= KZ_CSV_DECAY_COLUMNS;
  }
  if (rc != KZ_OK || t.any_count == 0) {
    return rc;
  }
  uint32_t columns = 0;
  for (size_t i = 0; i < t.any_count; i++) {
    enum kz_csv_column column;
    if (kz_csv_column_by_name(t.any[i], &column) == KZ_OK) {
      columns |= UINT32_C(1) << column;
    }
  }
  *ret = columns ? columns : KZ_CSV_PLAIN_COLUMNS;
  return KZ_OK;
}

static kz_rc read_rpz(const struct kz_misp_call *call, struct kz_arena *arena,
                      struct kz_rpz_settings *ret, struct kz_err *err) {
  const struct {
    const char *name;
    kz_str *to;
  } texts[] = {
      {"walled_garden", &ret->walled_garden},
      {"ns", &ret->ns},
      {"ns_alt", &ret->ns_alt},
      {"email", &ret->email},
      {"serial", &ret->serial},
      {"refresh", &ret->refresh},
      {"retry", &ret->retry},
      {"expiry", &ret->expiry},
      {"minimum_ttl", &ret->minimum_ttl},
      {"ttl", &ret->ttl},
  };
  kz_str policy = kz_misp_param_text(call, KZ_STR("policy"));
  if (policy.len > 0 && kz_rpz_policy_by_name(policy, &ret->policy) != KZ_OK) {
    return kz_err_set(err, KZ_E_INPUT,
                      "policy: one of DROP, NODATA, NXDOMAIN, PASSTHRU, "
                      "TCP-only, Local-Data");
  }
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof texts / sizeof *texts; i++) {
    kz_str text = kz_misp_param_text(call, kz_str_of(texts[i].name));
    rc = text.len > 0 ? kz_arena_dup(arena, text, texts[i].to) : KZ_OK;
  }
  return rc;
}

/* As the client knows this server, where no setting says it. */
static kz_rc read_base_url(const struct kz_misp_call *call,
                           struct kz_arena *arena, kz_str *ret) {
  KZ_BUF(url, 1024);
  if (ret->len > 0) {
    return KZ_OK;
  }
  kz_str host = kz_request_header(call->request, KZ_STR("Host"));
  if (host.len > 0 && host.len < 512) {
    kz_buf_add_str(&url, KZ_STR("http://"));
    kz_buf_add_str(&url, host);
  }
  return kz_arena_dup(arena, kz_buf_str(&url), ret);
}

kz_rc kz_misp_open_exporter(struct kz_misp_call *call,
                            const struct kz_exporter *exporter,
                            struct kz_arena *arena, struct kz_exporting **ret,
                            struct kz_err *err) {
  struct kz_exporter_settings settings = KZ_EXPORTER_SETTINGS;
  settings.now_us = kz_clock_now_us();
  settings.manner = KZ_CSV_MISP;
  kz_export_settings(call->eye.house, arena, &settings);
  settings.is_distinct = true;
  settings.headerless = kz_misp_param_flag(call, KZ_STR("headerless"), false);
  settings.event_uuid =
      kz_misp_param_flag(call, KZ_STR("includeEventUuid"), false);
  kz_rc rc = read_columns(call, &settings.columns, err);
  if (rc == KZ_OK) {
    rc = read_rpz(call, arena, &settings.rpz, err);
  }
  if (rc == KZ_OK) {
    rc = read_base_url(call, arena, &settings.base_url);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  *ret = kz_exporter_open(exporter, &settings);
  return *ret ? KZ_OK : kz_err_set(err, KZ_E_MEMORY, "search: out of memory");
}
