#include "work/feed_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "work/fetching.h"

enum { PARALLEL = 8, STAMP_BYTES = 1 << 10, PATH_BYTES = 8 << 10 };

static kz_str text_of(const struct kz_jsonv *document, const char *name) {
  return kz_form_text(&kz_feed_form, document, name);
}

static bool flag_of(const struct kz_jsonv *document, const char *name) {
  return kz_form_flag(&kz_feed_form, document, name);
}

/* "1,3" */
static void read_columns(kz_str text, struct kz_feed_options *options) {
  kz_str piece;
  uint64_t column = 0;
  while (kz_str_next(&text, ',', &piece)) {
    if (kz_str_u64(kz_str_trim(piece), &column) == KZ_OK && column > 0 &&
        column < UINT16_MAX && options->column_count < KZ_FEED_COLUMNS_MAX) {
      options->columns[options->column_count++] = (unsigned)column;
    }
  }
}

/* A regular expression as PHP writes it, /.../i, or bare. */
static kz_rc read_exclude(struct kz_feed *feed, kz_str text,
                          struct kz_err *err) {
  int flags = REG_EXTENDED | REG_NOSUB;
  KZ_BUF(pattern, PATH_BYTES);
  if (text.len == 0) {
    return KZ_OK;
  }
  size_t last = kz_str_rfind_byte(text, text.ptr[0]);
  if (!kz_is_alnum(text.ptr[0]) && text.ptr[0] != '^' && last > 0 &&
      last != SIZE_MAX) {
    flags |= kz_str_find_byte(kz_str_from(text, last), 'i') != SIZE_MAX
                 ? REG_ICASE
                 : 0;
    text = (kz_str){text.ptr + 1, last - 1};
  }
  (void)kz_buf_add_str(&pattern, text);
  if (!kz_buf_add_byte(&pattern, '\0') ||
      regcomp(&feed->exclude, pattern.ptr, flags) != 0) {
    return kz_err_set(err, KZ_E_INPUT,
                      "settings: the expression of what is left out cannot be "
                      "read");
  }
  feed->has_exclude = true;
  return KZ_OK;
}

static kz_rc read_settings(struct kz_feed *feed, kz_str text,
                           struct kz_err *err) {
  struct kz_jsonv *root = NULL;
  if (kz_str_trim(text).len > 0) {
    kz_rc rc = kz_jsonv_parse(text, feed->arena, &root, err);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  const struct kz_jsonv *csv = kz_jsonv_get(root, KZ_STR("csv"));
  const struct kz_jsonv *common = kz_jsonv_get(root, KZ_STR("common"));
  kz_str delimiter = kz_jsonv_text(csv, KZ_STR("delimiter"));
  read_columns(kz_jsonv_text(csv, KZ_STR("value")), &feed->options);
  if (kz_str_eq(delimiter, KZ_STR("\\t"))) {
    feed->options.delimiter = '\t';
  } else if (delimiter.len > 0) {
    feed->options.delimiter = delimiter.ptr[0];
  }
  feed->is_silent = kz_jsonv_flag(root, KZ_STR("disable_correlation"), false);
  feed->unpublishes = kz_jsonv_flag(root, KZ_STR("unpublish_event"), false);
  return read_exclude(feed, kz_jsonv_text(common, KZ_STR("excluderegex")), err);
}

/* Lines "Name: value". */
static void read_headers(struct kz_feed *feed, kz_str text) {
  kz_str line;
  while (kz_str_next_line(&text, &line) &&
         feed->header_count < KZ_FEED_HEADERS_MAX) {
    size_t colon = kz_str_find_byte(line, ':');
    if (colon != SIZE_MAX && colon > 0) {
      feed->headers[feed->header_count++] =
          (struct kz_param){.name = kz_str_trim(kz_str_head(line, colon)),
                            .value = kz_str_trim(kz_str_from(line, colon + 1))};
    }
  }
}

static void read_flags(struct kz_feed *feed, const struct kz_jsonv *d) {
  feed->is_local = kz_str_eq(text_of(d, "input_source"), KZ_STR("local"));
  feed->is_fixed = flag_of(d, "fixed_event");
  feed->is_delta = flag_of(d, "delta_merge");
  feed->publishes = flag_of(d, "publish");
  feed->overrides_ids = flag_of(d, "override_ids");
  feed->forces_ids = flag_of(d, "force_to_ids");
  feed->is_cached = flag_of(d, "caching_enabled");
  feed->is_enabled = flag_of(d, "enabled");
  feed->distribution =
      (uint8_t)kz_form_number(&kz_feed_form, d, "distribution");
  feed->group = kz_form_number(&kz_feed_form, d, "sharing_group_id");
  feed->event = kz_form_number(&kz_feed_form, d, "event_id");
  feed->etag = kz_jsonv_text(d, KZ_STR("etag"));
  feed->modified = kz_jsonv_text(d, KZ_STR("modified"));
}

/* The tag it puts on what it brings and the organisation that it belongs to. */
static void read_names(struct kz_feed *feed, const struct kz_jsonv *d) {
  struct kz_dict *dict = kz_store_dict(feed->house->store);
  uint64_t tag = kz_form_number(&kz_feed_form, d, "tag_id");
  uint64_t org = kz_form_number(&kz_feed_form, d, "orgc_id");
  if (org == 0) {
    org = (uint64_t)kz_settings_number(feed->house->settings,
                                       KZ_SETTING_host_org_id);
  }
  feed->has_tag = tag > 0 && tag <= UINT32_MAX &&
                  kz_dict_tag_get(dict, (uint32_t)tag, &feed->tag) == KZ_OK;
  if (org > UINT32_MAX ||
      kz_dict_org_get(dict, (uint32_t)org, &feed->org) != KZ_OK) {
    feed->org = (struct kz_org){.id = 0}; /* none: nobody's */
  }
}

kz_rc kz_feed_open(struct kz_house *house, uint64_t id, struct kz_arena *arena,
                   struct kz_errand *errand, struct kz_feed *ret,
                   struct kz_err *err) {
  struct kz_jsonv *d = NULL;
  struct kz_feed feed = {
      .house = house, .arena = arena, .errand = errand, .id = id};
  kz_rc rc = kz_shelf_get(kz_binder_shelf(house->feeds), id, arena, &d, err);
  if (rc != KZ_OK) {
    return rc;
  }
  feed.name = text_of(d, "name");
  feed.url = text_of(d, "url");
  feed.plug = kz_feed_plug_find(text_of(d, "source_format"));
  if (!feed.plug) {
    return kz_err_set(err, KZ_E_UNSUPPORTED, "no feed has this format");
  }
  read_flags(&feed, d);
  read_names(&feed, d);
  read_headers(&feed, text_of(d, "headers"));
  rc = kz_rules_read(text_of(d, "rules"), kz_store_dict(house->store), arena,
                     &feed.rules, err);
  if (rc == KZ_OK) {
    rc = read_settings(&feed, text_of(d, "settings"), err);
  }
  if (rc == KZ_OK) {
    *ret = feed;
  }
  return rc;
}

void kz_feed_done(struct kz_feed *feed) {
  kz_fetch_free(feed->fetch);
  if (feed->has_exclude) {
    regfree(&feed->exclude);
  }
}

kz_rc kz_feed_file(const struct kz_feed *feed, kz_str name, kz_str *ret_path,
                   struct kz_err *err) {
  KZ_BUF(path, PATH_BYTES);
  (void)kz_buf_add_str(&path, feed->url);
  if (!kz_str_ends(feed->url, KZ_STR("/"))) {
    (void)kz_buf_add_byte(&path, '/');
  }
  (void)kz_buf_add_str(&path, name);
  return kz_buf_failed(&path) ||
                 kz_arena_dup(feed->arena, kz_buf_str(&path), ret_path) != KZ_OK
             ? kz_err_set(err, KZ_E_MEMORY, "out of memory")
             : KZ_OK;
}

/* --- from disk -------------------------------------------------------------
 */

/* Whether a path lies below the folder that the settings name, if they do. */
static kz_rc check_folder(struct kz_feed *feed, const char *path,
                          struct kz_err *err) {
  kz_str folder = kz_settings_text(feed->house->settings,
                                   KZ_SETTING_feed_folder, feed->arena);
  KZ_BUF(name, PATH_BYTES);
  if (folder.len == 0) {
    return KZ_OK;
  }
  (void)kz_buf_add_str(&name, folder);
  (void)kz_buf_add_byte(&name, '\0');
  char *real = realpath(path, NULL);
  char *root = kz_buf_failed(&name) ? NULL : realpath(name.ptr, NULL);
  size_t len = root ? strlen(root) : 0;
  bool inside = real && root && strncmp(real, root, len) == 0 &&
                (real[len] == '/' || real[len] == '\0');
  free(real);
  free(root);
  return inside
             ? KZ_OK
             : kz_err_set(err, KZ_E_DENIED,
                          "%s: it does not lie in the folder for feeds", path);
}

static kz_rc read_local(struct kz_feed *feed, kz_str path, struct kz_buf *out,
                        struct kz_feed_stamp *stamp, struct kz_err *err) {
  KZ_BUF(name, PATH_BYTES);
  struct stat st;
  (void)kz_buf_add_str(&name, path);
  if (!kz_buf_add_byte(&name, '\0')) {
    return kz_err_set(err, KZ_E_LIMIT, "the path is too long");
  }
  kz_rc rc = check_folder(feed, name.ptr, err);
  if (rc != KZ_OK) {
    return rc;
  }
  bool is_there = stat(name.ptr, &st) == 0;
  if (is_there && !S_ISREG(st.st_mode)) { /* a pipe would never end */
    return kz_err_set(err, KZ_E_INPUT, "%s is not a file", name.ptr);
  }
  if (stamp && is_there) {
    (void)kz_buf_add_format(&stamp->etag, "%lld.%09ld-%lld",
                            (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                            (long long)st.st_size);
    if (kz_str_eq(kz_buf_str(&stamp->etag), feed->etag)) {
      return KZ_UNCHANGED;
    }
  }
  rc = kz_file_read(name.ptr, out, err);
  return rc == KZ_NOT_FOUND
             ? kz_err_set(err, KZ_E_IO, "%s: there is no such file", name.ptr)
             : rc;
}

/* --- over HTTP -------------------------------------------------------------
 */

kz_rc kz_feed_fetch(struct kz_feed *feed, struct kz_fetch **ret_fetch,
                    struct kz_err *err) {
  const struct kz_fetching how = {.parallel = PARALLEL};
  kz_rc rc = KZ_OK;
  if (!feed->fetch) {
    rc = kz_fetching_new(feed->house->settings, &how, &feed->fetch, err);
  }
  *ret_fetch = feed->fetch;
  return rc;
}

static kz_rc read_remote(struct kz_feed *feed, kz_str path, struct kz_buf *out,
                         struct kz_feed_stamp *stamp, struct kz_err *err) {
  struct kz_fetch *fetch = NULL;
  unsigned status = 0;
  const struct kz_fetch_ask ask = {
      .method = KZ_METHOD_GET,
      .url = path,
      .headers = feed->headers,
      .header_count = feed->header_count,
      .etag = stamp ? feed->etag : KZ_STR_NONE,
      .modified = stamp ? feed->modified : KZ_STR_NONE,
  };
  kz_rc rc = kz_feed_fetch(feed, &fetch, err);
  if (rc == KZ_OK) {
    rc = kz_fetch_one(fetch, &ask, feed->errand ? kz_errand_is_stopped : NULL,
                      feed->errand, &status, out, stamp ? &stamp->etag : NULL,
                      stamp ? &stamp->modified : NULL, err);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  if (status == 304) {
    return KZ_UNCHANGED;
  }
  return status == 200 ? KZ_OK
                       : kz_err_set(err, KZ_E_IO, "%.*s: answered %u",
                                    KZ_STR_ARG(kz_str_head(path, 200)), status);
}

kz_rc kz_feed_read(struct kz_feed *feed, kz_str path, struct kz_buf *out,
                   struct kz_feed_stamp *stamp, struct kz_err *err) {
  if (stamp) {
    kz_buf_init(&stamp->etag, STAMP_BYTES);
    kz_buf_init(&stamp->modified, STAMP_BYTES);
  }
  return feed->is_local ? read_local(feed, path, out, stamp, err)
                        : read_remote(feed, path, out, stamp, err);
}
