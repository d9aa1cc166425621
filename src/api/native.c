#include "api/native.h"

#include "api/misp_sample.h"
#include "api/native_ask.h"
#include "api/native_audit.h"
#include "api/native_errand.h"
#include "api/native_export.h"
#include "api/native_false_positive.h"
#include "api/native_find.h"
#include "api/native_hook.h"
#include "api/native_job.h"
#include "api/native_keep.h"
#include "api/native_library.h"
#include "api/native_people.h"
#include "api/native_saved.h"
#include "work/filter.h"

const struct kz_route_param kz_native_search_params;

static const struct kz_route_param ask_params[] = {
    {"text", KZ_ROUTE_IN_BODY, "string", true,
     "any text; or send the text itself as text/plain"},
    {"whole", KZ_ROUTE_IN_QUERY, "boolean", false,
     "a line in which nothing is recognised is a value itself"},
    {"full", KZ_ROUTE_IN_QUERY, "boolean", false,
     "types, tags and sightings of all found values, not of the first 10000"},
};

static const struct kz_route_param event_params[] = {
    {"deleted", KZ_ROUTE_IN_QUERY, "string", false, "no (default), only, both"},
};

static const struct kz_route_param correlate_params[] = {
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false,
     "events described for each value, 20 unless given"},
};

static const struct kz_route_param import_params[] = {
    {"paths", KZ_ROUTE_IN_BODY, "array", true,
     "absolute paths of files and folders on the server"},
    {"known_at", KZ_ROUTE_IN_BODY, "string", false,
     "since when it shall be known: now (default), publish or date"},
};

static const struct kz_route_param library_params[] = {
    {"path", KZ_ROUTE_IN_BODY, "string", false,
     "folder or archive on the server, or a URL; the configured folder unless "
     "given"},
};

static const struct kz_route_param false_positive_params[] = {
    {"value", KZ_ROUTE_IN_BODY, "string", true, "the value"},
    {"why", KZ_ROUTE_IN_BODY, "string", true, "what makes it harmless"},
    {"until", KZ_ROUTE_IN_BODY, "string", false,
     "a day, or seconds since 1970; for ever unless given"},
};

static const struct kz_route_param saved_params[] = {
    {"name", KZ_ROUTE_IN_BODY, "string", true, "how it is called"},
    {"query", KZ_ROUTE_IN_BODY, "object", true, "as POST /api/search takes it"},
    {"share", KZ_ROUTE_IN_BODY, "string", false, "none (default), org or all"},
    {"watch", KZ_ROUTE_IN_BODY, "object", false,
     "enabled, mail, interval, per_hour (docs/user/watches.md)"},
};

static const struct kz_route_param run_params[] = {
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false, "rows of a page"},
    {"offset", KZ_ROUTE_IN_QUERY, "integer", false, "rows passed over"},
};

static const struct kz_route_param changes_params[] = {
    {"since", KZ_ROUTE_IN_QUERY, "string", false,
     "a time, a date or a span; the caller's mark unless given"},
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false, "rows of a page (60)"},
    {"offset", KZ_ROUTE_IN_QUERY, "integer", false, "rows passed over"},
};

static const struct kz_route_param seen_params[] = {
    {"mark", KZ_ROUTE_IN_BODY, "integer", false,
     "as GET gave it; all there is unless given"},
};

static const struct kz_route_param errand_params[] = {
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false,
     "jobs listed, 100 unless "
     "given"},
};

static const struct kz_route_param backup_params[] = {
    {"path", KZ_ROUTE_IN_BODY, "string", true, "a new folder on the server"},
};

static const struct kz_route_param login_params[] = {
    {"email", KZ_ROUTE_IN_BODY, "string", true, "of the user"},
    {"password", KZ_ROUTE_IN_BODY, "string", true, "his"},
    {"code", KZ_ROUTE_IN_BODY, "string", false,
     "one-time code, where he has set them up"},
};

static const struct kz_route_param password_params[] = {
    {"old", KZ_ROUTE_IN_BODY, "string", true, "the password so far"},
    {"new", KZ_ROUTE_IN_BODY, "string", true, "the new one"},
};

static const struct kz_route_param totp_params[] = {
    {"code", KZ_ROUTE_IN_BODY, "string", true, "six digits"},
};

static const struct kz_route_param audit_params[] = {
    {"from", KZ_ROUTE_IN_QUERY, "string", false, "a time, a date or a span"},
    {"to", KZ_ROUTE_IN_QUERY, "string", false, "likewise"},
    {"about", KZ_ROUTE_IN_QUERY, "string", false,
     "event, user, role, key, organisation, setting, feed ..."},
    {"id", KZ_ROUTE_IN_QUERY, "integer", false, "of one of those"},
    {"action", KZ_ROUTE_IN_QUERY, "string", false,
     "add, edit, delete, publish, unpublish, login, login_failed, logout"},
    {"user", KZ_ROUTE_IN_QUERY, "string", false, "by id or e-mail address"},
    {"org", KZ_ROUTE_IN_QUERY, "string", false,
     "of who acted: id, uuid or name"},
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false, "entries of a page (100)"},
    {"cursor", KZ_ROUTE_IN_QUERY, "string", false,
     "where the page before ended"},
};

static const struct kz_route_param settings[] = {
    {"sort", KZ_ROUTE_IN_QUERY, "string", false,
     "id (default), -id, timestamp or -timestamp"},
    {"limit", KZ_ROUTE_IN_QUERY, "integer", false,
     "rows of a page (60), listed tags and organisations of facets (100)"},
    {"page", KZ_ROUTE_IN_QUERY, "integer", false, "from 1"},
    {"offset", KZ_ROUTE_IN_QUERY, "integer", false, "rows passed over"},
    {"deleted", KZ_ROUTE_IN_QUERY, "string", false, "no (default), only, both"},
    {"format", KZ_ROUTE_IN_QUERY, "string", false,
     "of an export: misp (default), ndjson, csv, rpz ... "
     "(docs/user/export.md)"},
};

enum { SETTINGS = sizeof settings / sizeof *settings };

#define PARAMS(list) (list), sizeof(list) / sizeof *(list)
#define FILTERS &kz_native_search_params, 0

static const struct kz_route routes[] = {
    {KZ_METHOD_POST, "/api/ask", kz_native_ask, true, false, "questions",
     "Which values of a text are known, and what is known of them",
     PARAMS(ask_params)},
    {KZ_METHOD_GET, "/api/search", kz_native_search, true, false, "questions",
     "Attributes that match filters, a page at a time", FILTERS},
    {KZ_METHOD_POST, "/api/search", kz_native_search, true, false, "questions",
     "The same with filters as JSON, also nested (and, or, not)", NULL, 0},
    {KZ_METHOD_GET, "/api/searches", kz_native_saved_list, true, false,
     "questions", "Saved searches: one's own and those that are shared", NULL,
     0},
    {KZ_METHOD_POST, "/api/searches", kz_native_saved_add, true, false,
     "questions", "Saves a search, and watches it if asked to",
     PARAMS(saved_params)},
    {KZ_METHOD_GET, "/api/searches/{id}", kz_native_saved_view, true, false,
     "questions", "One saved search", NULL, 0},
    {KZ_METHOD_PUT, "/api/searches/{id}", kz_native_saved_edit, true, false,
     "questions", "Changes what is given of one", PARAMS(saved_params)},
    {KZ_METHOD_DELETE, "/api/searches/{id}", kz_native_saved_remove, true,
     false, "questions", "Removes one and its watch", NULL, 0},
    {KZ_METHOD_GET, "/api/searches/{id}/run", kz_native_saved_run, true, false,
     "questions", "Its answer now, with the eyes of who asks",
     PARAMS(run_params)},
    {KZ_METHOD_GET, "/api/changes", kz_native_changes, true, false, "questions",
     "What was added since the caller last looked, or since a time",
     PARAMS(changes_params)},
    {KZ_METHOD_POST, "/api/changes/seen", kz_native_changes_seen, true, false,
     "questions", "Moves the caller's mark", PARAMS(seen_params)},
    {KZ_METHOD_GET, "/api/facets", kz_native_facets, true, false, "questions",
     "Exact counts of what matches, by type, category, tag, organisation, "
     "month and to_ids",
     FILTERS},
    {KZ_METHOD_POST, "/api/facets", kz_native_facets, true, false, "questions",
     "The same with filters as JSON", NULL, 0},
    {KZ_METHOD_GET, "/api/events/{id}", kz_native_event, true, false,
     "questions", "One event whole, by id or uuid", PARAMS(event_params)},
    {KZ_METHOD_GET, "/api/attributes/{id}/file", kz_native_file, true, false,
     "questions", "The file of an attachment, in a zip with a password", NULL,
     0},
    {KZ_METHOD_GET, "/api/correlate/{id}", kz_native_correlate, true, false,
     "questions", "What an event shares with others, rarest first",
     PARAMS(correlate_params)},
    {KZ_METHOD_GET, "/api/export", kz_native_export, true, false, "questions",
     "All that matches, in a format for other programs", FILTERS},
    {KZ_METHOD_POST, "/api/export", kz_native_export, true, false, "questions",
     "The same with filters as JSON", NULL, 0},
    {KZ_METHOD_GET, "/api/exports", kz_native_export_list, true, false,
     "questions", "The formats, and which of them lie ready for the caller",
     NULL, 0},
    {KZ_METHOD_GET, "/api/exports/{format}", kz_native_export_saved, true,
     false, "questions",
     "All that the caller sees in a format, kept until something changes", NULL,
     0},
    {KZ_METHOD_POST, "/api/login", kz_native_login, false, false, "people",
     "Begins a session: a cookie, and the token that each change repeats in "
     "the header X-CSRF-Token",
     PARAMS(login_params)},
    {KZ_METHOD_POST, "/api/logout", kz_native_logout, true, false, "people",
     "Ends the session", NULL, 0},
    {KZ_METHOD_GET, "/api/me", kz_native_me, true, false, "people",
     "Who asks, and what he may do", NULL, 0},
    {KZ_METHOD_POST, "/api/password", kz_native_password, true, false, "people",
     "Changes the caller's password; all his sessions end",
     PARAMS(password_params)},
    {KZ_METHOD_POST, "/api/totp", kz_native_totp, true, false, "people",
     "A secret for one-time codes, which counts once it is confirmed", NULL, 0},
    {KZ_METHOD_POST, "/api/totp/confirm", kz_native_totp_confirm, true, false,
     "people", "Confirms it with a code; from now on each login needs one",
     PARAMS(totp_params)},
    {KZ_METHOD_DELETE, "/api/totp/{user}", kz_native_totp_remove, true, false,
     "people", "Takes it away; another's only an administrator may", NULL, 0},
    {KZ_METHOD_GET, "/api/audit", kz_native_audit, true, false, "people",
     "Who changed what, newest first, a page at a time", PARAMS(audit_params)},
    {KZ_METHOD_GET, "/api/audit/export", kz_native_audit_export, true, false,
     "people", "The same as lines of JSON, all of it", PARAMS(audit_params)},
    {KZ_METHOD_GET, "/api/history/{id}", kz_native_history, true, false,
     "people", "What an attribute was before, and who changed it", NULL, 0},
    {KZ_METHOD_POST, "/api/import", kz_native_import, true, false, "keeping",
     "Takes in files of the server; administrators only. Lines of progress, "
     "then a summary",
     PARAMS(import_params)},
    {KZ_METHOD_GET, "/api/hooks", kz_native_hook_list, true, false, "keeping",
     "Webhooks and mail on changes; administrators only", NULL, 0},
    {KZ_METHOD_POST, "/api/hooks", kz_native_hook_add, true, false, "keeping",
     "A new one: name, kind, on, url or to, template ...", NULL, 0},
    {KZ_METHOD_PUT, "/api/hooks/{id}", kz_native_hook_edit, true, false,
     "keeping", "Replaces one; without a secret it keeps its own", NULL, 0},
    {KZ_METHOD_DELETE, "/api/hooks/{id}", kz_native_hook_remove, true, false,
     "keeping", "Removes one; what it was due is forgotten", NULL, 0},
    {KZ_METHOD_POST, "/api/hooks/{id}/test", kz_native_hook_test, true, false,
     "keeping", "Sends a test by one", NULL, 0},
    {KZ_METHOD_GET, "/api/hooks/{id}/deliveries", kz_native_hook_deliveries,
     true, false, "keeping", "What waits to be delivered, and what failed",
     NULL, 0},
    {KZ_METHOD_GET, "/api/libraries", kz_native_library_list, true, false,
     "keeping", "The files that libraries were taken from", NULL, 0},
    {KZ_METHOD_POST, "/api/libraries/update", kz_native_library_update, true,
     false, "keeping",
     "Loads taxonomies, galaxies and other libraries; administrators only",
     PARAMS(library_params)},
    {KZ_METHOD_GET, "/api/false-positives", kz_native_false_positive_list, true,
     false, "keeping",
     "Values that one's own organisation called harmless; all for "
     "administrators",
     NULL, 0},
    {KZ_METHOD_POST, "/api/false-positives", kz_native_false_positive_add, true,
     false, "keeping",
     "Calls a value harmless: it is told of wherever the value is asked about, "
     "and formats that block things leave it out",
     PARAMS(false_positive_params)},
    {KZ_METHOD_DELETE, "/api/false-positives/{id}",
     kz_native_false_positive_remove, true, false, "keeping", "Takes that back",
     NULL, 0},
    {KZ_METHOD_GET, "/api/jobs", kz_native_errand_list, true, false, "keeping",
     "Background jobs, the newest first, with progress, rate and what is left",
     PARAMS(errand_params)},
    {KZ_METHOD_GET, "/api/jobs/{id}", kz_native_errand_view, true, false,
     "keeping", "One background job with its log", NULL, 0},
    {KZ_METHOD_POST, "/api/jobs/{id}/cancel", kz_native_errand_cancel, true,
     false, "keeping", "Ends a background job", NULL, 0},
    {KZ_METHOD_GET, "/api/feeds", kz_native_feed_list, true, false, "keeping",
     "Feeds with how their fetches went", NULL, 0},
    {KZ_METHOD_GET, "/api/health", kz_native_health, false, true, "keeping",
     "Whether the server answers", NULL, 0},
    {KZ_METHOD_GET, "/api/stats", kz_native_stats, true, false, "keeping",
     "What is in the store and what the program takes", NULL, 0},
    {KZ_METHOD_GET, "/api/metrics", kz_native_metrics, true, false, "keeping",
     "The same and the server's own counts, for Prometheus", NULL, 0},
    {KZ_METHOD_GET, "/api/openapi.json", kz_native_openapi, true, false,
     "keeping", "This document", NULL, 0},
    {KZ_METHOD_POST, "/api/backup", kz_native_backup, true, false, "keeping",
     "A consistent copy of the store; owner of the machine only",
     PARAMS(backup_params)},
    {KZ_METHOD_POST, "/api/verify", kz_native_verify, true, false, "keeping",
     "Checks all records and all that is derived; owner of the machine only",
     NULL, 0},
    {KZ_METHOD_POST, "/api/key/reset", kz_native_key_reset, true, false,
     "keeping", "A new key for the administrator; owner of the machine only",
     NULL, 0},
    {KZ_METHOD_POST, "/api/settle", kz_native_settle, true, false, "keeping",
     "Merges and saves the index now; owner of the machine only", NULL, 0},
};

const struct kz_route_table *kz_native_routes(void) {
  static const struct kz_route_table table = {routes,
                                              sizeof routes / sizeof *routes};
  return &table;
}

size_t kz_native_filters(struct kz_route_param *params, size_t room) {
  size_t count = 0;
  const struct kz_filter_info *info = kz_filter_list(0);
  for (; info; info = kz_filter_list(count)) {
    if (count < room) {
      params[count] = (struct kz_route_param){.name = info->name,
                                              .in = KZ_ROUTE_IN_QUERY,
                                              .type = "string",
                                              .summary = info->summary};
    }
    count++;
  }
  for (size_t i = 0; i < SETTINGS; i++, count++) {
    if (count < room) {
      params[count] = settings[i];
    }
  }
  return count;
}
