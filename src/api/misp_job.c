/* An administrator sees all jobs, others those that they asked for. */
#include "api/misp_job.h"

#include "api/misp_shape.h"
#include "base/clock.h"
#include "work/errands.h"

enum { LISTED = 100 };

static bool may_see(const struct kz_misp_call *call,
                    const struct kz_errand_view *v) {
  return kz_misp_is_admin(call->eye.user) || v->user == call->eye.user->id;
}

/* MISP's numbers of states. */
static unsigned status_of(enum kz_errand_state state) {
  switch (state) {
  case KZ_ERRAND_WAITING:
    return 1;
  case KZ_ERRAND_RUNNING:
    return 2;
  case KZ_ERRAND_FAILED:
  case KZ_ERRAND_CANCELLED:
    return 3;
  case KZ_ERRAND_DONE:
    break;
  }
  return 4;
}

static uint64_t percent_of(const struct kz_errand_view *v) {
  if (v->state > KZ_ERRAND_RUNNING) {
    return 100;
  }
  return v->total > 0 && v->done <= v->total ? v->done * 100 / v->total : 0;
}

static void write_when(struct kz_jsonw *w, kz_str key, int64_t us) {
  KZ_BUF(text, 64);
  int64_t s = us / KZ_SECOND_US;
  (void)kz_buf_add_format(&text, "%lld", (long long)s);
  kz_jsonw_member_str(w, key, kz_buf_str(&text));
}

static void write_job(struct kz_jsonw *w, const struct kz_errand_view *v) {
  KZ_BUF(input, 64);
  (void)kz_buf_add_format(&input, "%llu", (unsigned long long)v->subject);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Job"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), v->id);
  kz_jsonw_member_str(w, KZ_STR("worker"), KZ_STR("default"));
  kz_jsonw_member_str(w, KZ_STR("job_type"), v->kind);
  kz_jsonw_member_str(w, KZ_STR("job_input"),
                      v->detail.len > 0 ? v->detail : kz_buf_str(&input));
  kz_jsonw_member_u64_str(w, KZ_STR("status"), status_of(v->state));
  kz_jsonw_member_str(w, KZ_STR("job_status"),
                      kz_str_of(kz_errand_state_name(v->state)));
  kz_jsonw_member_str(w, KZ_STR("retries"), KZ_STR("0"));
  kz_jsonw_member_str(w, KZ_STR("message"), v->message);
  kz_jsonw_member_u64_str(w, KZ_STR("progress"), percent_of(v));
  kz_jsonw_member_u64_str(w, KZ_STR("user_id"), v->user);
  write_when(w, KZ_STR("date_created"), v->asked_us);
  write_when(w, KZ_STR("date_modified"),
             v->ended_us > 0 ? v->ended_us : v->asked_us);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_job_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_errand_view *views = NULL;
  size_t count = 0;
  kz_rc rc = kz_errands_list(call->eye.house->errands, LISTED, call->work,
                             &views, &count, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Job", rc, &err);
    return;
  }
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < count; i++) {
    if (may_see(call, &views[i])) {
      write_job(&out.w, &views[i]);
    }
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* The job that the path names; otherwise the refusal is sent. */
static bool find(struct kz_misp_call *call, struct kz_errand_view *ret) {
  struct kz_err err = KZ_ERR_NONE;
  uint64_t id = 0;
  kz_rc rc =
      kz_str_u64(kz_misp_arg(call, 0), &id) == KZ_OK ? KZ_OK : KZ_NOT_FOUND;
  if (rc == KZ_OK) {
    rc = kz_errands_view(call->eye.house->errands, id, call->work, ret, &err);
  }
  if (rc == KZ_OK && !may_see(call, ret)) {
    rc = KZ_NOT_FOUND;
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Job", rc, &err);
  }
  return rc == KZ_OK;
}

void kz_misp_job_view(struct kz_misp_call *call) {
  struct kz_errand_view view;
  if (find(call, &view)) {
    KZ_MISP_OUT(out);
    write_job(&out.w, &view);
    kz_misp_send(call, &out);
  }
}

void kz_misp_job_progress(struct kz_misp_call *call) {
  struct kz_errand_view view;
  if (find(call, &view)) {
    KZ_MISP_OUT(out);
    kz_jsonw_u64(&out.w, percent_of(&view));
    kz_misp_send(call, &out);
  }
}
