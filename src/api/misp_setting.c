/* What MISP keeps in PHP's configuration is here a table (work/settings.h).
 * MISP runs its jobs in processes that can be started and stopped; here they
 * are threads of the server, which is what the lists of workers say. */
#include "api/misp_setting.h"

#include <unistd.h>

#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "base/log.h"
#include "work/settings.h"

/* The version of MISP's tables that our answers are shaped after. */
#define SCHEMA_VERSION KZ_STR("130")

/* Whether an administrator asks; otherwise the refusal is sent. */
static bool is_admin(struct kz_misp_call *call) {
  if (!kz_misp_is_admin(call->eye.user)) {
    kz_misp_not_allowed(call);
    return false;
  }
  return true;
}

/* MISP's queues, each served by this process. */
static void write_workers(struct kz_jsonw *w) {
  static const char *const queues[] = {"cache", "default", "email",
                                       "prio",  "update",  "scheduler"};
  kz_jsonw_object(w);
  for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++) {
    kz_jsonw_key(w, kz_str_of(queues[i]));
    kz_jsonw_object(w);
    kz_jsonw_member_bool(w, KZ_STR("ok"), true);
    kz_jsonw_key(w, KZ_STR("workers"));
    kz_jsonw_array(w);
    kz_jsonw_object(w);
    kz_jsonw_member_u64(w, KZ_STR("pid"), (uint64_t)getpid());
    kz_jsonw_member_str(w, KZ_STR("type"), KZ_STR("regular"));
    kz_jsonw_member_bool(w, KZ_STR("alive"), true);
    kz_jsonw_member_bool(w, KZ_STR("correct_user"), true);
    kz_jsonw_member_bool(w, KZ_STR("ok"), true);
    kz_jsonw_object_end(w);
    kz_jsonw_array_end(w);
    kz_jsonw_member_u64(w, KZ_STR("jobCount"), 0);
    kz_jsonw_object_end(w);
  }
  kz_jsonw_member_bool(w, KZ_STR("proc_accessible"), true);
  kz_jsonw_object_end(w);
}

/* --- settings --------------------------------------------------------------
 */

static const char *type_name(enum kz_setting_type type) {
  switch (type) {
  case KZ_SETTING_FLAG:
    return "boolean";
  case KZ_SETTING_NUMBER:
    return "numeric";
  case KZ_SETTING_TEXT:
    break;
  }
  return "string";
}

static void write_value(struct kz_jsonw *w, struct kz_misp_call *call,
                        enum kz_setting which) {
  struct kz_settings *settings = call->eye.house->settings;
  kz_jsonw_key(w, KZ_STR("value"));
  switch (kz_setting_info(which)->type) {
  case KZ_SETTING_FLAG:
    kz_jsonw_bool(w, kz_settings_flag(settings, which));
    break;
  case KZ_SETTING_NUMBER:
    kz_jsonw_i64(w, kz_settings_number(settings, which));
    break;
  case KZ_SETTING_TEXT:
    kz_jsonw_str(w, kz_settings_text(settings, which, call->work));
    break;
  }
}

/* MISP's tab is the first part of the name, "MISP" where there is none. */
static kz_str tab_of(kz_str name) {
  size_t dot = kz_str_find_byte(name, '.');
  return dot == SIZE_MAX ? KZ_STR("MISP") : kz_str_head(name, dot);
}

static void write_setting(struct kz_jsonw *w, struct kz_misp_call *call,
                          enum kz_setting which) {
  const struct kz_setting_info *info = kz_setting_info(which);
  kz_jsonw_object(w);
  kz_jsonw_member_u64(w, KZ_STR("level"), 1);
  kz_jsonw_member_str(w, KZ_STR("description"), kz_str_of(info->words));
  write_value(w, call, which);
  kz_jsonw_member_str(w, KZ_STR("errorMessage"), KZ_STR(""));
  kz_jsonw_member_str(w, KZ_STR("type"), kz_str_of(type_name(info->type)));
  kz_jsonw_member_str(w, KZ_STR("setting"), kz_str_of(info->name));
  kz_jsonw_member_str(w, KZ_STR("tab"), tab_of(kz_str_of(info->name)));
  kz_jsonw_member_u64(w, KZ_STR("error"), 0);
  kz_jsonw_object_end(w);
}

void kz_misp_setting_list(struct kz_misp_call *call) {
  if (!is_admin(call)) {
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  kz_jsonw_member_str(&out.w, KZ_STR("version"), KZ_STR(KZ_VERSION));
  kz_jsonw_key(&out.w, KZ_STR("finalSettings"));
  kz_jsonw_array(&out.w);
  for (int i = 0; i < KZ_SETTING_COUNT; i++) {
    write_setting(&out.w, call, (enum kz_setting)i);
  }
  kz_jsonw_array_end(&out.w);
  kz_jsonw_key(&out.w, KZ_STR("workers"));
  write_workers(&out.w);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* The setting that the path names; otherwise the refusal is sent. */
static bool find_setting(struct kz_misp_call *call, enum kz_setting *ret) {
  if (!is_admin(call)) {
    return false;
  }
  if (kz_setting_find(kz_misp_arg(call, 0), ret) != KZ_OK) {
    KZ_BUF(words, KZ_ERR_TEXT);
    kz_buf_add_str(&words, KZ_STR("Setting "));
    kz_buf_add_str(&words, kz_str_head(kz_misp_arg(call, 0), 100));
    kz_buf_add_str(&words, KZ_STR(" is invalid."));
    kz_misp_refuse(call, 404, kz_buf_str(&words));
    return false;
  }
  return true;
}

void kz_misp_setting_view(struct kz_misp_call *call) {
  enum kz_setting which;
  if (!find_setting(call, &which)) {
    return;
  }
  KZ_MISP_OUT(out);
  write_setting(&out.w, call, which);
  kz_misp_send(call, &out);
}

/* The member "value" of the body, bare or below {"Server":...}. */
static kz_rc read_value(struct kz_misp_call *call, struct kz_jsonv **ret,
                        struct kz_err *err) {
  struct kz_jsonv *body = NULL;
  kz_rc rc = kz_jsonv_parse(call->request->body, call->work, &body, err);
  if (rc != KZ_OK) {
    return rc;
  }
  struct kz_jsonv *inner = kz_jsonv_get(body, KZ_STR("Server"));
  struct kz_jsonv *value = kz_jsonv_get(inner ? inner : body, KZ_STR("value"));
  if (!value) {
    return kz_err_set(err, KZ_E_INPUT, "Invalid value: none was given.");
  }
  *ret = value;
  return KZ_OK;
}

void kz_misp_setting_edit(struct kz_misp_call *call) {
  enum kz_setting which;
  struct kz_jsonv *value = NULL;
  struct kz_err err = KZ_ERR_NONE;
  if (!find_setting(call, &which)) {
    return;
  }
  kz_rc rc = read_value(call, &value, &err);
  if (rc == KZ_OK) {
    rc = kz_settings_set(call->eye.house->settings, which, value, &err);
  }
  if (rc == KZ_OK && which == KZ_SETTING_unpublishedprivate) {
    rc = kz_people_refresh(call->eye.house->people, &err);
  }
  if (rc == KZ_E_INPUT) {
    kz_misp_not_saved(call, KZ_STR("Could not edit setting."), KZ_STR_NONE,
                      kz_str_of(err.text));
    return;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Setting", rc, &err);
    return;
  }
  KZ_LOG(KZ_LOG_INFO, kz_log_event("setting"),
         kz_log_text("name", kz_str_of(kz_setting_info(which)->name)),
         kz_log_text("by", call->eye.user->email));
  kz_misp_done(call, KZ_STR("Field updated"), 0);
}

/* --- the server itself -----------------------------------------------------
 */

void kz_misp_server_update(struct kz_misp_call *call) {
  if (is_admin(call)) {
    kz_misp_done(call,
                 KZ_STR("Nothing to do: this server is updated by installing "
                        "a newer program."),
                 0);
  }
}

/* There are no tables that could differ from what the program expects: the
 * store refuses to open one of another version. */
void kz_misp_server_schema(struct kz_misp_call *call) {
  static const char *const lists[] = {"checked_table_column", "diagnostic",
                                      "diagnostic_index", "indexes",
                                      "expected_indexes"};
  if (!is_admin(call)) {
    return;
  }
  KZ_MISP_OUT(out);
  struct kz_jsonw *w = &out.w;
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("dataSource"), KZ_STR("kizashi"));
  kz_jsonw_member_str(w, KZ_STR("actual_db_version"), SCHEMA_VERSION);
  kz_jsonw_member_str(w, KZ_STR("expected_db_version"), SCHEMA_VERSION);
  kz_jsonw_member_str(w, KZ_STR("error"), KZ_STR(""));
  kz_jsonw_member_bool(w, KZ_STR("update_locked"), false);
  kz_jsonw_member_u64(w, KZ_STR("remaining_lock_time"), 0);
  kz_jsonw_member_bool(w, KZ_STR("update_fail_number_reached"), false);
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    kz_jsonw_key(w, kz_str_of(lists[i]));
    kz_jsonw_array(w);
    kz_jsonw_array_end(w);
  }
  kz_jsonw_object_end(w);
  kz_misp_send(call, &out);
}

/* Actions without a rule who may call them: the table of actions has none. */
void kz_misp_server_acl(struct kz_misp_call *call) {
  if (!is_admin(call)) {
    return;
  }
  if (!kz_str_eq(kz_misp_arg(call, 0), KZ_STR("findMissingFunctionNames"))) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid function."));
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_worker_list(struct kz_misp_call *call) {
  if (!is_admin(call)) {
    return;
  }
  KZ_MISP_OUT(out);
  write_workers(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_worker_signal(struct kz_misp_call *call) {
  if (is_admin(call)) {
    kz_misp_done(call,
                 KZ_STR("Nothing to do: background jobs are threads of the "
                        "server."),
                 0);
  }
}
