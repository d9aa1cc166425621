#include "work/noticelist.h"

static const char *const flags[] = {"enabled"};

/* A list in our own words, so that there is one before a library was loaded;
 * the published one of that name replaces it. */
static const char gdpr[] =
    "{\"name\":\"gdpr\",\"version\":1,"
    "\"expanded_name\":\"General Data Protection Regulation\","
    "\"ref\":[\"https://eur-lex.europa.eu/eli/reg/2016/679/oj\"],"
    "\"geographical_area\":[\"EU\"],"
    "\"notice\":["
    "{\"scope\":[\"attribute\"],\"field\":[\"type\"],"
    "\"value\":[\"first-name\",\"middle-name\",\"last-name\",\"full-name\","
    "\"date-of-birth\",\"place-of-birth\",\"passport-number\",\"phone-number\","
    "\"email\",\"email-src\",\"email-dst\",\"target-email\",\"target-user\"],"
    "\"tags\":[],"
    "\"message\":{\"en\":\"This is personal data: share only what the "
    "recipients need, and delete it when it has served its purpose.\"}},"
    "{\"scope\":[\"attribute\"],\"field\":[\"type\"],"
    "\"value\":[\"ip-src\",\"ip-dst\",\"ip-src|port\",\"ip-dst|port\"],"
    "\"tags\":[],"
    "\"message\":{\"en\":\"An address may lead to a person, and then it is "
    "personal data.\"}}]}";
static const char *const own[] = {gdpr};

static kz_rc check(kz_str text, const struct kz_jsonv *object,
                   uint64_t *ret_entries, struct kz_err *err) {
  struct kz_jsonv *notices = NULL;
  kz_rc rc = kz_library_array(text, object, "notice", &notices, err);
  if (rc != KZ_OK) {
    return rc;
  }
  if (!notices) {
    return kz_library_wrong(text, object, err, "\"notice\" is missing");
  }
  for (const struct kz_jsonv *n = notices->first; n; n = n->next) {
    if (n->kind != KZ_JSON_OBJECT) {
      return kz_library_wrong(text, n, err, "\"notice\": an object is due");
    }
  }
  *ret_entries = notices->count;
  return KZ_OK;
}

const struct kz_catalog_form kz_noticelist_form = {
    .shape = {.kind = KZ_SHELF_NOTICELIST,
              .noun = "noticelist",
              .name = "name"},
    .kind = KZ_LIBRARY_NOTICELIST,
    .flags = flags,
    .flag_count = 1,
    .check = check,
    .own = own,
    .own_count = 1,
};
