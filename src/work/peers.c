#include "work/peers.h"

enum { NAME_MAX_BYTES = 255, KEY_LEN = 40 };

#define RULES                                                                  \
  "{\"tags\":{\"OR\":[],\"NOT\":[]},\"orgs\":{\"OR\":[],\"NOT\":[]}}"

static const struct kz_form_field fields[] = {
    {"name", KZ_FORM_TEXT, ""},
    {"url", KZ_FORM_TEXT, ""},
    {"uuid", KZ_FORM_SECRET, ""},
    {"authkey", KZ_FORM_SECRET, ""},
    {"org_id", KZ_FORM_NUMBER, "0"},
    {"remote_org_id", KZ_FORM_NUMBER, "0"},
    {"push", KZ_FORM_FLAG, "0"},
    {"pull", KZ_FORM_FLAG, "0"},
    {"push_sightings", KZ_FORM_FLAG, "0"},
    {"push_galaxy_clusters", KZ_FORM_FLAG, "0"},
    {"pull_galaxy_clusters", KZ_FORM_FLAG, "0"},
    {"push_analyst_data", KZ_FORM_FLAG, "0"},
    {"pull_analyst_data", KZ_FORM_FLAG, "0"},
    {"lastpulledid", KZ_FORM_NUMBER, "0"},
    {"lastpushedid", KZ_FORM_NUMBER, "0"},
    {"organization", KZ_FORM_TEXT, ""},
    {"publish_without_email", KZ_FORM_FLAG, "0"},
    {"unpublish_event", KZ_FORM_FLAG, "0"},
    {"self_signed", KZ_FORM_FLAG, "0"},
    {"cert_file", KZ_FORM_TEXT, ""},
    {"client_cert_file", KZ_FORM_TEXT, ""},
    {"internal", KZ_FORM_FLAG, "0"},
    {"skip_proxy", KZ_FORM_FLAG, "0"},
    {"remove_missing_tags", KZ_FORM_FLAG, "0"},
    {"caching_enabled", KZ_FORM_FLAG, "0"},
    {"priority", KZ_FORM_NUMBER, "1"},
    {"pull_interval", KZ_FORM_NUMBER, "0"}, /* minutes; 0: when asked */
    {"push_rules", KZ_FORM_PACKED, RULES},
    {"pull_rules", KZ_FORM_PACKED, RULES},
};

bool kz_peer_is_url(kz_str url) {
  size_t from = kz_str_starts(url, KZ_STR("http://"))    ? 7
                : kz_str_starts(url, KZ_STR("https://")) ? 8
                                                         : 0;
  kz_str rest = kz_str_from(url, from);
  kz_str host = kz_str_head(rest, kz_str_find_byte(rest, '/'));
  for (size_t i = 0; i < url.len; i++) {
    if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f) {
      return false;
    }
  }
  return from > 0 && host.len > 0 && kz_str_find_byte(host, '@') == SIZE_MAX;
}

static kz_rc check(const struct kz_jsonv *document, struct kz_err *err) {
  kz_str name = kz_form_text(&kz_peer_form, document, "name");
  kz_str key = kz_form_text(&kz_peer_form, document, "authkey");
  if (name.len == 0 || name.len > NAME_MAX_BYTES) {
    return kz_err_set(err, KZ_E_INPUT, "name: Server name cannot be empty.");
  }
  if (!kz_peer_is_url(kz_form_text(&kz_peer_form, document, "url"))) {
    return kz_err_set(err, KZ_E_INPUT, "url: Please enter a valid base-url.");
  }
  for (size_t i = 0; i < key.len; i++) {
    if (!kz_is_alnum(key.ptr[i])) {
      key.len = 0;
    }
  }
  if (key.len != KEY_LEN) {
    return kz_err_set(err, KZ_E_INPUT,
                      "authkey: A authkey of a length of %d is required.",
                      KEY_LEN);
  }
  return KZ_OK;
}

const struct kz_form kz_peer_form = {
    .shape = {.kind = KZ_SHELF_SERVER, .noun = "server", .name = "name"},
    .fields = fields,
    .count = sizeof fields / sizeof fields[0],
    .check = check,
};
