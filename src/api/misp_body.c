#include "api/misp_body.h"

#include "api/misp_shape.h"
#include "work/settings.h"

enum { WRONG_MAX = 1000 };

static bool make_room(struct kz_misp_body *body) {
  if (!body->wrong) {
    body->wrong = kz_arena_array(body->arena, WRONG_MAX, sizeof *body->wrong);
  }
  return body->wrong && body->wrong_count < WRONG_MAX;
}

static void note(void *ctx, const struct kz_misp_problem *problem) {
  struct kz_misp_body *body = ctx;
  if (!make_room(body)) {
    return;
  }
  struct kz_misp_wrong *wrong = &body->wrong[body->wrong_count];
  wrong->index = problem->index;
  wrong->skipped = problem->skipped;
  if (kz_arena_dup(body->arena, problem->field, &wrong->field) == KZ_OK &&
      kz_arena_dup(body->arena, kz_str_of(problem->message), &wrong->words) ==
          KZ_OK) {
    body->wrong_count++;
  }
}

size_t kz_misp_body_sent_index(const struct kz_misp_body *body, size_t kept) {
  for (size_t i = 0; i < body->wrong_count; i++) {
    kept += body->wrong[i].index <= kept;
  }
  return kept;
}

kz_rc kz_misp_body_add_wrong(struct kz_misp_body *body, size_t index,
                             kz_str words) {
  if (!make_room(body)) {
    return body->wrong ? KZ_OK : KZ_E_MEMORY;
  }
  size_t at = body->wrong_count++;
  for (; at > 0 && body->wrong[at - 1].index > index; at--) {
    body->wrong[at] = body->wrong[at - 1];
  }
  body->wrong[at] = (struct kz_misp_wrong){.index = index, .words = words};
  return KZ_OK;
}

void kz_misp_body_init(struct kz_misp_body *body, struct kz_misp_call *call,
                       bool partial) {
  struct kz_settings *settings = call->eye.house->settings;
  int64_t file_max = kz_settings_number(settings, KZ_SETTING_attachment_max);
  *body = (struct kz_misp_body){
      .reader = kz_misp_reader_new(KZ_MISP_WORK_BYTES),
      .arena = call->work,
      .input = {.text = call->request->body,
                .arena = call->work,
                .partial = partial,
                .file_max = file_max > 0 ? (size_t)file_max : 0,
                .ctx = body,
                .report = note},
  };
}

void kz_misp_body_done(struct kz_misp_body *body) {
  kz_misp_reader_free(body->reader);
}

void kz_misp_body_refuse(struct kz_misp_call *call,
                         const struct kz_misp_body *body, kz_str what, kz_rc rc,
                         const struct kz_err *err) {
  if (rc != KZ_E_INPUT && rc != KZ_E_CONFLICT) {
    kz_misp_fail(call, "Request", rc, err);
    return;
  }
  if (body && body->wrong_count > 0) {
    kz_misp_not_saved(call, what, body->wrong[0].field, body->wrong[0].words);
  } else {
    kz_misp_not_saved(call, what, KZ_STR_NONE, kz_str_of(err->text));
  }
}
