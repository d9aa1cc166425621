/* What an export may be told: settings of single formats. Texts are borrowed
 * for the time of the export. */
#ifndef KZ_FORMAT_EXPORT_SETTINGS_H
#define KZ_FORMAT_EXPORT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/str.h"
#include "format/csv.h"

/* What a resolver answers for what the zone blocks. */
enum kz_rpz_policy {
  KZ_RPZ_NXDOMAIN,
  KZ_RPZ_NODATA,
  KZ_RPZ_DROP,
  KZ_RPZ_PASSTHRU,
  KZ_RPZ_TCP_ONLY,
  KZ_RPZ_LOCAL_DATA, /* the walled garden */
};

/* A response policy zone's head. Names that are none and times that are no
 * numbers with an optional unit are replaced by the default. */
struct kz_rpz_settings {
  enum kz_rpz_policy policy;
  kz_str walled_garden; /* a name or an address */
  kz_str ns;
  kz_str ns_alt; /* empty: none */
  kz_str email;
  kz_str serial; /* "$date": YYYYMMDD, "$time": seconds; empty: "$date00" */
  kz_str refresh;
  kz_str retry;
  kz_str expiry;
  kz_str minimum_ttl;
  kz_str ttl;
};

/* NXDOMAIN, NODATA, DROP, PASSTHRU, TCP-only, Local-Data, or MISP's numbers 0
 * to 5 for DROP, NXDOMAIN, NODATA, Local-Data, PASSTHRU, TCP-only; KZ_E_INPUT.
 */
KZ_MUST_USE kz_rc kz_rpz_policy_by_name(kz_str name, enum kz_rpz_policy *ret);

struct kz_exporter_settings {
  int64_t now_us;
  kz_str base_url;  /* of this server, for references; empty: none */
  uint32_t columns; /* csv */
  enum kz_csv_manner manner;
  bool headerless;
  bool is_distinct;  /* text: each value once */
  bool event_uuid;   /* cache: a second column */
  uint32_t sid_base; /* suricata, snort */
  struct kz_rpz_settings rpz;
};
#define KZ_EXPORTER_SETTINGS                                                   \
  ((struct kz_exporter_settings){.columns = KZ_CSV_PLAIN_COLUMNS,              \
                                 .sid_base = 4000000,                          \
                                 .rpz = {.policy = KZ_RPZ_NXDOMAIN}})

#endif
