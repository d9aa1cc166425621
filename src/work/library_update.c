/* A folder or archive is gone through once for each pass, so that memory holds
 * one file at a time although clusters must wait for their galaxies. */
#include "work/library_update.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/log.h"
#include "format/bundle.h"
#include "work/catalog.h"
#include "work/fetching.h"
#include "work/galaxy.h"
#include "work/library.h"
#include "work/taxonomy.h"
#include "work/warninglist.h"

enum { PATH_BYTES = 8192, PASS_LAST = 2, FETCHED_BYTES = 1 << 30 };

static const uint64_t unpacked_max = (uint64_t)8 << 30;
static const size_t file_arena_max = (size_t)3 << 30;

typedef kz_rc take(struct kz_house *house, const struct kz_library_file *file,
                   struct kz_arena *arena, struct kz_library_taken *ret,
                   struct kz_err *err);

static kz_rc take_warninglist(struct kz_house *house,
                              const struct kz_library_file *file,
                              struct kz_arena *arena,
                              struct kz_library_taken *ret,
                              struct kz_err *err) {
  return kz_warninglists_take(house->warninglists, file, arena, ret, err);
}

static kz_rc take_noticelist(struct kz_house *house,
                             const struct kz_library_file *file,
                             struct kz_arena *arena,
                             struct kz_library_taken *ret, struct kz_err *err) {
  return kz_catalog_take(house->noticelists, file, arena, ret, err);
}

static kz_rc take_template(struct kz_house *house,
                           const struct kz_library_file *file,
                           struct kz_arena *arena, struct kz_library_taken *ret,
                           struct kz_err *err) {
  return kz_catalog_take(house->templates, file, arena, ret, err);
}

static kz_rc take_model(struct kz_house *house,
                        const struct kz_library_file *file,
                        struct kz_arena *arena, struct kz_library_taken *ret,
                        struct kz_err *err) {
  return kz_catalog_take(house->models, file, arena, ret, err);
}

static kz_rc take_taxonomy(struct kz_house *house,
                           const struct kz_library_file *file,
                           struct kz_arena *arena, struct kz_library_taken *ret,
                           struct kz_err *err) {
  return kz_taxonomy_take(house->taxonomies, file, arena, ret, err);
}

static kz_rc take_galaxy(struct kz_house *house,
                         const struct kz_library_file *file,
                         struct kz_arena *arena, struct kz_library_taken *ret,
                         struct kz_err *err) {
  return kz_galaxy_take(house->galaxies, file, arena, ret, err);
}

static kz_rc take_clusters(struct kz_house *house,
                           const struct kz_library_file *file,
                           struct kz_arena *arena, struct kz_library_taken *ret,
                           struct kz_err *err) {
  return kz_clusters_take(house->galaxies, file, arena, ret, err);
}

/* Whose what is; NULL: nobody's yet, such files are not looked at. */
static take *const takers[KZ_LIBRARY_KINDS] = {
    [KZ_LIBRARY_TAXONOMY] = take_taxonomy,
    [KZ_LIBRARY_GALAXY] = take_galaxy,
    [KZ_LIBRARY_CLUSTERS] = take_clusters,
    [KZ_LIBRARY_WARNINGLIST] = take_warninglist,
    [KZ_LIBRARY_NOTICELIST] = take_noticelist,
    [KZ_LIBRARY_TEMPLATE] = take_template,
    [KZ_LIBRARY_MODEL] = take_model,
};

/* One update. */
struct update {
  struct kz_house *house;
  struct kz_library *library;
  const char *source;
  unsigned kinds;
  unsigned pass;
  struct kz_arena *arena; /* of the report */
  struct kz_library_report *report;
  bool is_archive;
  struct kz_buf fetched;         /* the archive that a URL gave */
  struct kz_shelf_change *notes; /* of what was taken, put at the end */
  size_t note_count;
  size_t note_room;
};

/* --- files -----------------------------------------------------------------
 */

static kz_rc note_problem(struct update *u, const struct kz_library_file *file,
                          const struct kz_err *why, struct kz_err *err) {
  struct kz_library_report *r = u->report;
  r->counts[file->kind].broken++;
  KZ_LOG(KZ_LOG_WARNING, kz_log_event("library"),
         kz_log_text("file", file->path), kz_log_err(why));
  if (r->problem_count++ >= KZ_LIBRARY_PROBLEMS) {
    return KZ_OK;
  }
  if (!r->problems) {
    r->problems =
        kz_arena_array(u->arena, KZ_LIBRARY_PROBLEMS, sizeof *r->problems);
  }
  struct kz_library_problem *p =
      r->problems ? &r->problems[r->problem_count - 1] : NULL;
  if (!p || kz_arena_dup(u->arena, file->path, &p->file) != KZ_OK ||
      kz_arena_dup(u->arena, kz_str_of(why->text), &p->words) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "libraries: out of memory");
  }
  return KZ_OK;
}

/* Remembers that a file was taken. Should the notes never be put, it is taken
 * once more the next time. */
static kz_rc note_taken(struct update *u, const struct kz_library_file *file,
                        const char *digest,
                        const struct kz_library_taken *taken,
                        struct kz_err *err) {
  if (u->note_count == u->note_room) {
    size_t room = u->note_room ? u->note_room * 2 : 256;
    struct kz_shelf_change *more = kz_arena_array(u->arena, room, sizeof *more);
    if (!more) {
      return kz_err_set(err, KZ_E_MEMORY, "libraries: out of memory");
    }
    if (u->note_count > 0) {
      memcpy(more, u->notes, u->note_count * sizeof *more);
    }
    u->notes = more;
    u->note_room = room;
  }
  if (kz_library_note(u->library, file, digest, taken, u->arena,
                      &u->notes[u->note_count]) != KZ_OK) {
    return kz_err_set(err, KZ_E_MEMORY, "libraries: out of memory");
  }
  u->note_count++;
  return KZ_OK;
}

static kz_rc take_file(struct update *u, const struct kz_library_file *file,
                       struct kz_err *err) {
  struct kz_library_count *count = &u->report->counts[file->kind];
  struct kz_library_taken taken = {.version = 0};
  struct kz_err why = KZ_ERR_NONE;
  char digest[KZ_LIBRARY_DIGEST];
  KZ_ARENA(arena, file_arena_max);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "libraries: out of memory");
  }
  count->files++;
  kz_library_digest(file->text, digest);
  if (kz_library_is_known(u->library, file, digest)) {
    count->unchanged++;
    return KZ_OK;
  }
  kz_rc rc = takers[file->kind](u->house, file, arena, &taken, &why);
  if (rc == KZ_UNCHANGED) {
    count->unchanged++;
    return KZ_OK;
  }
  if (rc == KZ_E_INPUT || rc == KZ_E_LIMIT || rc == KZ_E_MEMORY) {
    return note_problem(u, file, &why, err);
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "%s", why.text);
  }
  count->taken++;
  return note_taken(u, file, digest, &taken, err);
}

/* Whether a file of that path is for this pass; a list.json, of which only the
 * content says what it is, is for all that want lists. */
static bool is_wanted(const struct update *u, kz_str path,
                      enum kz_library_kind *kind, kz_str *key) {
  if (!kz_library_sort(path, kind, key)) {
    return false;
  }
  unsigned pass = *kind == KZ_LIBRARY_CLUSTERS ? PASS_LAST : 1;
  unsigned bits = KZ_LIBRARY_BIT(*kind);
  if (*kind == KZ_LIBRARY_WARNINGLIST) {
    bits |= KZ_LIBRARY_BIT(KZ_LIBRARY_NOTICELIST);
  }
  return pass == u->pass && (bits & u->kinds) != 0;
}

static kz_rc take_text(struct update *u, kz_str path, kz_str text,
                       struct kz_err *err) {
  struct kz_library_file file = {.path = path, .text = text};
  if (!is_wanted(u, path, &file.kind, &file.key)) {
    return KZ_OK;
  }
  if (file.kind == KZ_LIBRARY_WARNINGLIST && kz_library_is_notice(text)) {
    file.kind = KZ_LIBRARY_NOTICELIST;
  }
  bool is_asked = u->kinds & KZ_LIBRARY_BIT(file.kind) && takers[file.kind];
  return is_asked ? take_file(u, &file, err) : KZ_OK;
}

static kz_rc visit_file(void *ctx, const char *path, struct kz_err *err) {
  struct update *u = ctx;
  struct kz_library_file file = {.path = kz_str_of(path)};
  struct kz_err why = KZ_ERR_NONE;
  if (!is_wanted(u, file.path, &file.kind, &file.key)) {
    return KZ_OK;
  }
  KZ_BUF(text, KZ_LIBRARY_FILE_MAX);
  kz_rc rc = kz_file_read(path, &text, &why);
  if (rc != KZ_OK) {
    u->report->counts[file.kind].files++;
    return note_problem(u, &file, &why, err);
  }
  return take_text(u, file.path, kz_buf_str(&text), err);
}

/* --- archives --------------------------------------------------------------
 */

static bool wants_entry(void *ctx, kz_str name) {
  enum kz_library_kind kind;
  kz_str key;
  return is_wanted(ctx, name, &kind, &key);
}

static kz_rc visit_entry(void *ctx, kz_str name, kz_str text,
                         struct kz_err *err) {
  struct update *u = ctx;
  KZ_BUF(path, PATH_BYTES);
  kz_buf_add_str(&path, kz_str_of(u->source));
  kz_buf_add_byte(&path, '/');
  kz_buf_add_str(&path, name);
  return kz_buf_failed(&path) ? KZ_OK
                              : take_text(u, kz_buf_str(&path), text, err);
}

static kz_rc walk(struct update *u, struct kz_err *err) {
  const struct kz_bundle_walk bundle = {.file_max = KZ_LIBRARY_FILE_MAX,
                                        .total_max = unpacked_max,
                                        .wants = wants_entry,
                                        .visit = visit_entry,
                                        .ctx = u};
  if (u->fetched.len > 0) {
    return kz_bundle_walk_bytes(kz_buf_str(&u->fetched), u->source, &bundle,
                                err);
  }
  return u->is_archive ? kz_bundle_walk(u->source, &bundle, err)
                       : kz_folder_walk(u->source, visit_file, u, err);
}

/* --- update ----------------------------------------------------------------
 */

static kz_rc look_at(struct update *u, struct kz_err *err) {
  enum kz_library_kind kind;
  kz_str key;
  struct stat st;
  if (stat(u->source, &st) != 0) {
    (void)kz_err_set(err, KZ_NOT_FOUND, "there is no file or folder %s",
                     u->source);
    return KZ_NOT_FOUND;
  }
  u->is_archive = S_ISREG(st.st_mode) &&
                  !kz_library_sort(kz_str_of(u->source), &kind, &key);
  return KZ_OK;
}

static kz_rc fetch(struct update *u, struct kz_err *err) {
  const struct kz_fetching how = {.parallel = 1};
  const struct kz_fetch_ask ask = {.method = KZ_METHOD_GET,
                                   .url = kz_str_of(u->source)};
  struct kz_fetch *fetch = NULL;
  unsigned status = 0;
  kz_rc rc = kz_fetching_new(u->house->settings, &how, &fetch, err);
  if (rc == KZ_OK) {
    rc = kz_fetch_one(fetch, &ask, NULL, NULL, &status, &u->fetched, NULL, NULL,
                      err);
  }
  kz_fetch_free(fetch);
  if (rc == KZ_OK && (status != 200 || u->fetched.len == 0)) {
    rc = kz_err_set(err, KZ_E_IO, "%s: answered %u", u->source, status);
  }
  return rc;
}

/* Makes what a path or URL names ready to be walked. */
static kz_rc open_source(struct update *u, struct kz_err *err) {
  kz_str source = kz_str_of(u->source);
  kz_buf_init(&u->fetched, FETCHED_BYTES);
  if (kz_str_starts(source, KZ_STR("http://")) ||
      kz_str_starts(source, KZ_STR("https://"))) {
    return fetch(u, err);
  }
  if (kz_str_starts(source, KZ_STR("file://"))) {
    u->source += KZ_STR("file://").len;
  }
  return look_at(u, err);
}

static void log_report(const struct update *u) {
  for (int k = 0; k < KZ_LIBRARY_KINDS; k++) {
    const struct kz_library_count *c = &u->report->counts[k];
    if (c->taken > 0 || c->broken > 0) {
      KZ_LOG(KZ_LOG_INFO, kz_log_event("library-updated"),
             kz_log_text("kind", kz_library_kind_name((enum kz_library_kind)k)),
             kz_log_count("taken", (int64_t)c->taken),
             kz_log_count("unchanged", (int64_t)c->unchanged),
             kz_log_count("broken", (int64_t)c->broken),
             kz_log_text("source", kz_str_of(u->source)));
    }
  }
}

kz_rc kz_library_update(struct kz_house *house, const char *path,
                        unsigned kinds, struct kz_arena *arena,
                        struct kz_library_report *ret, struct kz_err *err) {
  struct kz_library_report report = {.problem_count = 0};
  struct update u = {.house = house,
                     .library = house->library,
                     .source = path,
                     .kinds = kinds,
                     .arena = arena,
                     .report = &report};
  kz_rc rc = open_source(&u, err);
  if (rc != KZ_OK) {
    kz_buf_done(&u.fetched);
    return rc;
  }
  kz_library_lock(u.library);
  for (u.pass = 1; rc == KZ_OK && u.pass <= PASS_LAST; u.pass++) {
    rc = walk(&u, err);
  }
  kz_rc noted = kz_shelf_apply(u.notes, u.note_count, rc == KZ_OK ? err : NULL);
  rc = rc == KZ_OK ? noted : rc;
  kz_library_unlock(u.library);
  kz_buf_done(&u.fetched);
  log_report(&u);
  if (rc == KZ_OK) {
    *ret = report;
  }
  return rc;
}
