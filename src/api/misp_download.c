/* A path becomes the parameters of a search, and the search answers. A place
 * that holds "false", "null", "all" or "0" says nothing. */
#include "api/misp_download.h"

#include "api/misp_params.h"
#include "api/misp_search.h"
#include "api/misp_shape.h"

/* Names of parameters by their place behind "download"; "" is passed over. */
enum { PLACES_MAX = 16 };
typedef const char *const places[PLACES_MAX];

static bool says_nothing(kz_str text) {
  static const char *const words[] = {"", "0", "false", "null", "all"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (kz_str_eq_nocase(text, kz_str_of(words[i]))) {
      return true;
    }
  }
  return false;
}

static kz_rc add_text(struct kz_misp_call *call, const char *name,
                      kz_str text) {
  return kz_misp_params_add(
      call, (struct kz_misp_param){.name = kz_str_of(name), .text = text});
}

/* A list, as JSON. */
static kz_rc add_list(struct kz_misp_call *call, const char *name,
                      kz_str json) {
  return kz_misp_params_add(
      call, (struct kz_misp_param){.name = kz_str_of(name), .raw = json});
}

/* A ':' in a path would begin a named parameter, so MISP has "tlp;green". */
static kz_rc with_colons(struct kz_misp_call *call, kz_str *text) {
  char *copy = kz_arena_text(call->work, text->len);
  if (!copy) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < text->len; i++) {
    copy[i] = text->ptr[i] == ';' ? ':' : text->ptr[i];
  }
  text->ptr = copy;
  return KZ_OK;
}

static kz_rc add_places(struct kz_misp_call *call, size_t first,
                        const char *const *names) {
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < PLACES_MAX && names[i]; i++) {
    kz_str text = kz_misp_arg(call, first + i);
    if (says_nothing(text) || names[i][0] == '\0') {
      continue;
    }
    if (kz_str_eq(kz_str_of(names[i]), KZ_STR("tags"))) {
      rc = with_colons(call, &text);
    }
    rc = rc == KZ_OK ? add_text(call, names[i], text) : rc;
  }
  return rc;
}

/* Asks, when the parameters could be added. The arguments are used up. */
static void ask(struct kz_misp_call *call, kz_rc rc, const char *format,
                kz_misp_action *search) {
  if (rc == KZ_OK) {
    rc = add_text(call, "returnFormat", kz_str_of(format));
  }
  if (rc != KZ_OK) {
    const struct kz_err err = {.rc = rc, .text = "too many parameters"};
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  call->arg_count = 0;
  search(call);
}

/* Unless the place says otherwise, only what is for detection. */
static kz_rc restrict_to_ids(struct kz_misp_call *call, size_t place) {
  if (!says_nothing(kz_misp_arg(call, place))) {
    return KZ_OK;
  }
  kz_rc rc = add_text(call, "to_ids", KZ_STR("1"));
  return rc == KZ_OK ? add_text(call, "published", KZ_STR("1")) : rc;
}

void kz_misp_download_csv(struct kz_misp_call *call) {
  static places names = {"eventid",        "",     "tags", "category", "type",
                         "includeContext", "from", "to",   "last",     NULL};
  kz_rc rc = add_places(call, 1, names);
  ask(call, rc == KZ_OK ? restrict_to_ids(call, 2) : rc, "csv",
      kz_misp_attribute_search);
}

void kz_misp_download_xml(struct kz_misp_call *call) {
  static places names = {
      "eventid", "withAttachments", "tags", "from", "to", "last", NULL};
  ask(call, add_places(call, 1, names), "xml", kz_misp_event_search);
}

void kz_misp_download_nids(struct kz_misp_call *call) {
  static places names = {"eventid", "", "tags", "from", "to", "last", NULL};
  bool is_snort = kz_str_eq_nocase(kz_misp_arg(call, 0), KZ_STR("snort"));
  if (!is_snort &&
      !kz_str_eq_nocase(kz_misp_arg(call, 0), KZ_STR("suricata"))) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid export format."));
    return;
  }
  ask(call, add_places(call, 2, names), is_snort ? "snort" : "suricata",
      kz_misp_attribute_search);
}

void kz_misp_download_hids(struct kz_misp_call *call) {
  static const struct {
    const char *name;
    const char *types;
  } rows[] = {
      {"md5", "[\"md5\",\"filename|md5\",\"malware-sample\"]"},
      {"sha1", "[\"sha1\",\"filename|sha1\"]"},
      {"sha256", "[\"sha256\",\"filename|sha256\"]"},
  };
  static places names = {"tags", "from", "to", "last", NULL};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (kz_str_eq_nocase(kz_misp_arg(call, 0), kz_str_of(rows[i].name))) {
      kz_rc rc = add_list(call, "type", kz_str_of(rows[i].types));
      ask(call, rc == KZ_OK ? add_places(call, 2, names) : rc, "hashes",
          kz_misp_attribute_search);
      return;
    }
  }
  kz_misp_refuse(call, 404, KZ_STR("Invalid hash type."));
}

void kz_misp_download_rpz(struct kz_misp_call *call) {
  static places names = {"tags",        "eventid",       "from",  "to",
                         "policy",      "walled_garden", "ns",    "email",
                         "serial",      "refresh",       "retry", "expiry",
                         "minimum_ttl", "ttl",           NULL};
  ask(call, add_places(call, 1, names), "rpz", kz_misp_attribute_search);
}

/* "all" is every type here, which says_nothing knows. */
void kz_misp_download_text(struct kz_misp_call *call) {
  static places names = {"type", "tags", "eventid", "",
                         "from", "to",   "last",    NULL};
  kz_rc rc = add_places(call, 1, names);
  if (rc == KZ_OK && !says_nothing(kz_misp_arg(call, 4))) {
    rc = add_list(call, "to_ids", KZ_STR("[0,1]"));
  }
  ask(call, rc, "text", kz_misp_attribute_search);
}

void kz_misp_download_openioc(struct kz_misp_call *call) {
  static places names = {"eventid", NULL};
  bool has_key = kz_str_eq_nocase(kz_misp_arg(call, 0), KZ_STR("download"));
  kz_rc rc = add_places(call, has_key ? 1 : 0, names);
  if (rc == KZ_OK) { /* one event, whether it is published or not */
    rc = add_list(call, "published", KZ_STR("[0,1]"));
  }
  ask(call, rc, "openioc", kz_misp_attribute_search);
}

void kz_misp_download_event(struct kz_misp_call *call) {
  static places names = {"eventid", "returnFormat", NULL};
  kz_rc rc = add_places(call, 0, names);
  ask(call, rc, "json", kz_misp_event_search);
}
