/* What a value is comes from its form alone, so a hash may be of a file or of a
 * certificate: the alternatives are listed, as MISP does, for the user to
 * choose from. */
#include "work/freetext.h"

#include "insight/warner.h"
#include "text/extract.h"
#include "work/warninglist.h"

enum { PORT_TEXT = 32, LIST_BYTES = 256 << 20 };

/* A https page of such a host is a report to read, no indicator. */
#define VENDORS KZ_STR("List of known security providers/vendors blog domain")

/* Which types a value might have that text/extract says is of the first. */
struct choice {
  kz_type of;
  unsigned count;
  kz_type types[8];
};

static const struct choice choices[] = {
    {KZ_TYPE_IP_DST, 2, {KZ_TYPE_IP_DST, KZ_TYPE_IP_SRC}},
    {KZ_TYPE_IP_SRC, 2, {KZ_TYPE_IP_DST, KZ_TYPE_IP_SRC}},
    {KZ_TYPE_IP_DST_PORT, 2, {KZ_TYPE_IP_DST_PORT, KZ_TYPE_IP_SRC_PORT}},
    {KZ_TYPE_EMAIL,
     5,
     {KZ_TYPE_EMAIL_SRC, KZ_TYPE_EMAIL_DST, KZ_TYPE_EMAIL, KZ_TYPE_TARGET_EMAIL,
      KZ_TYPE_WHOIS_REGISTRANT_EMAIL}},
    {KZ_TYPE_EMAIL_SRC,
     5,
     {KZ_TYPE_EMAIL_SRC, KZ_TYPE_EMAIL_DST, KZ_TYPE_EMAIL, KZ_TYPE_TARGET_EMAIL,
      KZ_TYPE_WHOIS_REGISTRANT_EMAIL}},
    {KZ_TYPE_MD5,
     4,
     {KZ_TYPE_MD5, KZ_TYPE_IMPHASH, KZ_TYPE_X509_FINGERPRINT_MD5,
      KZ_TYPE_JA3_FINGERPRINT_MD5}},
    {KZ_TYPE_SHA1,
     4,
     {KZ_TYPE_SHA1, KZ_TYPE_PEHASH, KZ_TYPE_X509_FINGERPRINT_SHA1,
      KZ_TYPE_CDHASH}},
    {KZ_TYPE_SHA224, 2, {KZ_TYPE_SHA224, KZ_TYPE_SHA512_224}},
    {KZ_TYPE_SHA256,
     4,
     {KZ_TYPE_SHA256, KZ_TYPE_AUTHENTIHASH, KZ_TYPE_SHA512_256,
      KZ_TYPE_X509_FINGERPRINT_SHA256}},
    {KZ_TYPE_FILENAME_MD5, 2, {KZ_TYPE_FILENAME_MD5, KZ_TYPE_FILENAME_IMPHASH}},
    {KZ_TYPE_FILENAME_SHA1,
     2,
     {KZ_TYPE_FILENAME_SHA1, KZ_TYPE_FILENAME_PEHASH}},
    {KZ_TYPE_FILENAME_SHA224,
     2,
     {KZ_TYPE_FILENAME_SHA224, KZ_TYPE_FILENAME_SHA512_224}},
    {KZ_TYPE_FILENAME_SHA256,
     3,
     {KZ_TYPE_FILENAME_SHA256, KZ_TYPE_FILENAME_AUTHENTIHASH,
      KZ_TYPE_FILENAME_SHA512_256}},
    {KZ_TYPE_HOSTNAME,
     4,
     {KZ_TYPE_HOSTNAME, KZ_TYPE_DOMAIN, KZ_TYPE_URL, KZ_TYPE_FILENAME}},
    {KZ_TYPE_DOMAIN,
     4,
     {KZ_TYPE_DOMAIN, KZ_TYPE_HOSTNAME, KZ_TYPE_URL, KZ_TYPE_FILENAME}},
    {KZ_TYPE_URL, 2, {KZ_TYPE_URL, KZ_TYPE_LINK}},
    {KZ_TYPE_LINK, 2, {KZ_TYPE_LINK, KZ_TYPE_URL}},
};

/* One text. */
struct job {
  struct kz_house *house;
  struct kz_arena *arena;
  struct kz_warn_eye *warn;
  struct kz_warner_eye *vendors; /* NULL: there is no such list */
  bool asked_vendors;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "free text: out of memory");
}

/* --- links -----------------------------------------------------------------
 */

/* Makes the list of vendors ready, whether it is in force or not. */
static kz_rc open_vendors(struct job *job, struct kz_err *err) {
  KZ_ARENA(arena, LIST_BYTES);
  struct kz_warn_entry *entries = NULL;
  struct kz_warninglist list = {.way = KZ_WARN_HOSTNAME};
  struct kz_warninglists *lists = job->house->warninglists;
  uint64_t id = 0;
  job->asked_vendors = true;
  if (kz_shelf_by_name(kz_warninglists_shelf(lists), VENDORS, &id) != KZ_OK) {
    return KZ_OK;
  }
  kz_rc rc = arena ? kz_warninglists_entries(lists, id, arena, &entries,
                                             &list.entry_count, err)
                   : no_memory(err);
  struct kz_warner *warner = NULL;
  list.entries = entries;
  kz_warninglist_set_types(&list, NULL, 0);
  if (rc == KZ_OK) {
    rc = kz_warner_new(&list, 1, &warner, err);
  }
  if (rc == KZ_OK) {
    job->vendors = kz_warner_eye_new(warner);
    rc = job->vendors ? KZ_OK : no_memory(err);
  }
  kz_warner_unref(warner);
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

static kz_rc judge_url(struct job *job, struct kz_freetext_item *item,
                       struct kz_err *err) {
  const struct kz_warner_hit *hits = NULL;
  if (!kz_str_starts(item->value, KZ_STR("https://"))) {
    return KZ_OK;
  }
  kz_rc rc = job->asked_vendors ? KZ_OK : open_vendors(job, err);
  if (rc == KZ_OK && job->vendors &&
      kz_warner_check(job->vendors, KZ_TYPE_URL, item->value, &hits) > 0) {
    item->type = KZ_TYPE_LINK;
  }
  return rc;
}

/* --- values ----------------------------------------------------------------
 */

/* A port makes an address another type, and is told of any other value. */
static kz_rc add_port(struct job *job, uint16_t port,
                      struct kz_freetext_item *item) {
  bool is_address =
      (item->type == KZ_TYPE_IP_DST || item->type == KZ_TYPE_IP_SRC) &&
      kz_str_find_byte(item->value, '/') == SIZE_MAX;
  KZ_BUF(text, item->value.len + PORT_TEXT);
  if (port == 0) {
    return KZ_OK;
  }
  if (is_address) {
    kz_buf_add_str(&text, item->value);
    kz_buf_add_format(&text, "|%u", port);
    item->type = KZ_TYPE_IP_DST_PORT;
    return kz_arena_dup(job->arena, kz_buf_str(&text), &item->value);
  }
  kz_buf_add_format(&text, "On port %u", port);
  return kz_arena_dup(job->arena, kz_buf_str(&text), &item->comment);
}

static kz_rc list_types(struct job *job, struct kz_freetext_item *item) {
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    if (choices[i].of == item->type) {
      item->type = choices[i].types[0];
      item->types = choices[i].types;
      item->type_count = choices[i].count;
      return KZ_OK;
    }
  }
  kz_type *own = kz_arena_alloc(job->arena, sizeof *own);
  if (!own) {
    return KZ_E_MEMORY;
  }
  *own = item->type;
  item->types = own;
  item->type_count = 1;
  return KZ_OK;
}

static kz_rc make_item(struct job *job, const struct kz_mention *m,
                       enum kz_freetext_heed heed,
                       struct kz_freetext_item *item, struct kz_err *err) {
  *item = (struct kz_freetext_item){.type = m->type, .comment = KZ_STR("")};
  if (kz_arena_dup(job->arena, m->value, &item->value) != KZ_OK ||
      kz_arena_dup(job->arena, m->text, &item->original) != KZ_OK ||
      add_port(job, m->port, item) != KZ_OK) {
    return no_memory(err);
  }
  if (item->type == KZ_TYPE_URL) {
    kz_rc rc = judge_url(job, item, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  if (list_types(job, item) != KZ_OK) {
    return no_memory(err);
  }
  item->to_ids = kz_type_default_to_ids(item->type);
  if (heed != KZ_FREETEXT_ALL &&
      kz_warn_trips(job->warn, item->type, item->value)) {
    item->to_ids = false;
    item->is_dropped = heed == KZ_FREETEXT_DROP;
  }
  return KZ_OK;
}

static kz_rc make_items(struct job *job, const struct kz_extract *extract,
                        enum kz_freetext_heed heed,
                        struct kz_freetext_item **ret_items, size_t *ret_count,
                        struct kz_err *err) {
  size_t count = kz_extract_count(extract);
  if (count > KZ_FREETEXT_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "free text: more than %d values",
                      KZ_FREETEXT_MAX);
  }
  struct kz_freetext_item *items =
      kz_arena_array(job->arena, count + 1, sizeof *items);
  kz_rc rc = items ? KZ_OK : no_memory(err);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = make_item(job, kz_extract_at(extract, i), heed, &items[i], err);
  }
  if (rc == KZ_OK) {
    *ret_items = items;
    *ret_count = count;
  }
  return rc;
}

kz_rc kz_freetext(struct kz_house *house, kz_str text,
                  enum kz_freetext_heed heed, struct kz_arena *arena,
                  struct kz_freetext_item **ret_items, size_t *ret_count,
                  struct kz_err *err) {
  struct job job = {.house = house, .arena = arena};
  struct kz_extract *extract = kz_extract_new();
  kz_rc rc = extract ? kz_extract_values(extract, text, err) : no_memory(err);
  if (rc == KZ_OK && heed != KZ_FREETEXT_ALL) {
    rc = kz_warn_eye_new(house->warninglists, &job.warn, err);
  }
  if (rc == KZ_OK) {
    rc = make_items(&job, extract, heed, ret_items, ret_count, err);
  }
  kz_warner_eye_free(job.vendors);
  kz_warn_eye_free(job.warn);
  kz_extract_free(extract);
  return rc;
}
