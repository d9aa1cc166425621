/* Nothing that a browser would show: the type is of bytes, whatever the name
 * says, and the file is for saving. */
#include "api/misp_sample.h"

#include "api/call.h"
#include "api/misp_find.h"
#include "api/misp_params.h"
#include "api/misp_shape.h"
#include "api/misp_view.h"
#include "api/shape.h"
#include "format/sample.h"

enum { FILE_BYTES = 1 << 30 };

/* Characters of a name that every client takes in quotes. */
static void add_plain(struct kz_buf *out, kz_str name) {
  kz_str head = kz_str_head(name, 100);
  for (size_t i = 0; i < head.len; i++) {
    char c = head.ptr[i];
    bool is_plain = kz_is_alnum(c) || c == '.' || c == '-' || c == '_';
    kz_buf_add_byte(out, is_plain ? c : '_');
  }
}

static void send_file(struct kz_reply *reply, kz_str name, bool is_zip,
                      struct kz_buf *bytes) {
  KZ_BUF(header, 512);
  kz_buf_add_str(&header, KZ_STR("attachment; filename=\""));
  add_plain(&header, name);
  kz_buf_add_str(&header, is_zip ? KZ_STR(".zip\"") : KZ_STR("\""));
  kz_reply_header(reply, KZ_STR("Content-Disposition"), kz_buf_str(&header));
  kz_reply_header(reply, KZ_STR("X-Content-Type-Options"), KZ_STR("nosniff"));
  kz_reply_take(reply,
                is_zip ? KZ_STR("application/zip")
                       : KZ_STR("application/octet-stream"),
                bytes);
}

/* Finds the attribute that the call's viewer sees, reads and sends its file. */
static kz_rc download(struct kz_misp_call *call, kz_str ref, bool zip,
                      struct kz_err *err) {
  struct kz_misp_place place;
  struct kz_attribute a;
  struct kz_misp_look look = KZ_MISP_LOOK;
  kz_rc rc = kz_misp_find(call, KZ_THING_ATTRIBUTE, ref, &place, err);
  if (rc == KZ_OK) {
    rc = kz_misp_read_one(&call->eye, place.event, place.id, &look, call->work,
                          &a, err);
  }
  KZ_BUF(bytes, FILE_BYTES);
  if (rc == KZ_OK) {
    rc =
        zip ? kz_sample_zip(&a, &bytes, err) : kz_sample_bytes(&a, &bytes, err);
  }
  if (rc == KZ_OK) {
    send_file(call->reply, kz_sample_name(&a),
              zip || a.type == KZ_TYPE_MALWARE_SAMPLE, &bytes);
  }
  return rc;
}

void kz_misp_attribute_download(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  bool zip = kz_misp_param_flag(call, KZ_STR("zip"), false);
  kz_rc rc = download(call, kz_misp_arg(call, 0), zip, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Attribute", rc, &err);
  }
}

void kz_native_file(void *ctx, const struct kz_request *request,
                    const struct kz_route_match *match,
                    struct kz_reply *reply) {
  const struct kz_call *asked = ctx;
  struct kz_err err = KZ_ERR_NONE;
  KZ_ARENA(work, KZ_MISP_WORK_BYTES);
  struct kz_misp_call call = {
      .eye = {.house = asked->house, .user = asked->user},
      .request = request,
      .reply = reply,
      .arena = request->arena,
      .work = work,
  };
  if (!work) {
    kz_reply_error(reply, 503, KZ_STR("out of memory"));
    return;
  }
  call.eye.view = kz_store_view(asked->house->store);
  kz_rc rc = download(&call, kz_route_capture(match, KZ_STR("id")), true, &err);
  kz_view_unref(call.eye.view);
  if (rc == KZ_NOT_FOUND) {
    kz_err_set(&err, rc, "there is no such attachment");
  }
  if (rc != KZ_OK) {
    kz_shape_fail(reply, rc, &err);
  }
}
