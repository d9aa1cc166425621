#include "work/feeds.h"

#include "work/peers.h"

enum { NAME_MAX_BYTES = 255, KNOWN_BYTES = 16 << 20 };

#define RULES                                                                  \
  "{\"tags\":{\"OR\":[],\"NOT\":[]},\"orgs\":{\"OR\":[],\"NOT\":[]}}"
#define SETTINGS                                                               \
  "{\"csv\":{\"value\":\"\",\"delimiter\":\"\"},\"common\":{\"excluderegex\":" \
  "\"\"}}"

static const struct kz_form_field fields[] = {
    {"name", KZ_FORM_TEXT, ""},
    {"provider", KZ_FORM_TEXT, ""},
    {"url", KZ_FORM_TEXT, ""},
    {"rules", KZ_FORM_PACKED, RULES},
    {"enabled", KZ_FORM_FLAG, "0"},
    {"distribution", KZ_FORM_NUMBER, "0"},
    {"sharing_group_id", KZ_FORM_NUMBER, "0"},
    {"tag_id", KZ_FORM_NUMBER, "0"},
    {"tag_collection_id", KZ_FORM_NUMBER, "0"},
    {"default", KZ_FORM_FLAG, "0"},
    {"source_format", KZ_FORM_TEXT, "misp"},
    {"fixed_event", KZ_FORM_FLAG, "0"},
    {"delta_merge", KZ_FORM_FLAG, "0"},
    {"event_id", KZ_FORM_NUMBER, "0"},
    {"publish", KZ_FORM_FLAG, "0"},
    {"override_ids", KZ_FORM_FLAG, "0"},
    {"force_to_ids", KZ_FORM_FLAG, "0"},
    {"settings", KZ_FORM_PACKED, SETTINGS},
    {"input_source", KZ_FORM_TEXT, "network"},
    {"delete_local_file", KZ_FORM_FLAG, "0"},
    {"lookup_visible", KZ_FORM_FLAG, "0"},
    {"headers", KZ_FORM_SECRET, ""},
    {"caching_enabled", KZ_FORM_FLAG, "0"},
    {"orgc_id", KZ_FORM_NUMBER, "0"},
    {"fetch_interval", KZ_FORM_NUMBER, "0"}, /* minutes; 0: when asked */
    {"cache_interval", KZ_FORM_NUMBER, "0"},
    {"cached_elements", KZ_FORM_NUMBER, "0"},
    {"cache_timestamp", KZ_FORM_NUMBER, "0"},
};

static bool is_one_of(kz_str text, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (kz_str_eq(text, kz_str_of(words[i]))) {
      return true;
    }
  }
  return false;
}

static kz_rc check(const struct kz_jsonv *document, struct kz_err *err) {
  static const char *const formats[] = {"misp", "csv", "freetext"};
  static const char *const sources[] = {"network", "local"};
  const struct kz_form *form = &kz_feed_form;
  kz_str name = kz_form_text(form, document, "name");
  kz_str url = kz_form_text(form, document, "url");
  kz_str source = kz_form_text(form, document, "input_source");
  if (name.len == 0 || name.len > NAME_MAX_BYTES) {
    return kz_err_set(err, KZ_E_INPUT, "name: Name field cannot be empty.");
  }
  if (!is_one_of(kz_form_text(form, document, "source_format"), formats, 3)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "source_format: misp, csv or freetext is due.");
  }
  if (!is_one_of(source, sources, 2)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "input_source: network or local is due.");
  }
  if (url.len == 0 ||
      (kz_str_eq(source, KZ_STR("network")) && !kz_peer_is_url(url))) {
    return kz_err_set(err, KZ_E_INPUT, "url: Please enter a valid URL.");
  }
  if (kz_str_eq(source, KZ_STR("local")) && url.ptr[0] != '/') {
    return kz_err_set(err, KZ_E_INPUT, "url: an absolute path is due.");
  }
  if (kz_form_number(form, document, "distribution") > 5) {
    return kz_err_set(err, KZ_E_INPUT, "distribution: 0 to 5 is due.");
  }
  return KZ_OK;
}

const struct kz_form kz_feed_form = {
    .shape = {.kind = KZ_SHELF_FEED, .noun = "feed", .name = "url"},
    .fields = fields,
    .count = sizeof fields / sizeof fields[0],
    .check = check,
};

/* --- well-known feeds ------------------------------------------------------
 */

struct known {
  const char *name;
  const char *provider;
  const char *url;
  const char *format;
  const char *column; /* of a csv feed */
};

static const struct known known[] = {
    {"CIRCL OSINT Feed", "CIRCL", "https://www.circl.lu/doc/misp/feed-osint/",
     "misp", ""},
    {"The Botvrij.eu Data", "Botvrij.eu",
     "https://www.botvrij.eu/data/feed-osint", "misp", ""},
    {"blockrules of rules.emergingthreats.net", "rules.emergingthreats.net",
     "https://rules.emergingthreats.net/blockrules/compromised-ips.txt", "csv",
     "1"},
    {"Feodo IP Blocklist", "abuse.ch",
     "https://feodotracker.abuse.ch/downloads/ipblocklist.csv", "csv", "2"},
    {"OpenPhish url list", "openphish.com", "https://openphish.com/feed.txt",
     "freetext", ""},
    {"ci-badguys.txt", "cinsscore.com",
     "https://cinsscore.com/list/ci-badguys.txt", "freetext", ""},
    {"blocklist.de/lists/all.txt", "blocklist.de",
     "https://lists.blocklist.de/lists/all.txt", "freetext", ""},
};

static bool fill_known(const struct known *k, struct kz_jsonv *from,
                       struct kz_arena *arena) {
  bool is_misp = strcmp(k->format, "misp") == 0;
  KZ_BUF(settings, 256);
  kz_str kept = KZ_STR("");
  kz_buf_add_format(&settings,
                    "{\"csv\":{\"value\":\"%s\",\"delimiter\":\",\"},"
                    "\"common\":{\"excluderegex\":\"\"}}",
                    k->column);
  const struct {
    const char *name;
    kz_str text;
  } texts[] = {
      {"name", kz_str_of(k->name)},
      {"provider", kz_str_of(k->provider)},
      {"url", kz_str_of(k->url)},
      {"source_format", kz_str_of(k->format)},
      {"settings", kz_buf_str(&settings)},
  };
  bool good = !kz_buf_failed(&settings);
  for (size_t i = 0; good && i < sizeof texts / sizeof texts[0]; i++) {
    good = kz_arena_dup(arena, texts[i].text, &kept) == KZ_OK &&
           kz_jsonv_set_str(from, kz_str_of(texts[i].name), kept, arena);
  }
  return good && kz_jsonv_set_u64(from, KZ_STR("distribution"), 3, arena) &&
         kz_jsonv_set_bool(from, KZ_STR("default"), is_misp, arena) &&
         kz_jsonv_set_bool(from, KZ_STR("fixed_event"), !is_misp, arena) &&
         kz_jsonv_set_bool(from, KZ_STR("delta_merge"), !is_misp, arena);
}

kz_rc kz_feeds_load_known(struct kz_binder *feeds, size_t *ret_added,
                          struct kz_err *err) {
  KZ_ARENA(arena, KNOWN_BYTES);
  size_t added = 0;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < sizeof known / sizeof known[0]; i++) {
    uint64_t id = 0;
    struct kz_jsonv *document = NULL;
    if (kz_shelf_by_name(kz_binder_shelf(feeds), kz_str_of(known[i].url),
                         &id) == KZ_OK) {
      continue;
    }
    struct kz_jsonv *from = arena ? kz_jsonv_new(arena, KZ_JSON_OBJECT) : NULL;
    if (!from || !fill_known(&known[i], from, arena)) {
      return kz_err_set(err, KZ_E_MEMORY, "feeds: out of memory");
    }
    rc = kz_binder_fill(feeds, 0, from, arena, &document, err);
    added++;
  }
  *ret_added = added;
  return rc;
}
