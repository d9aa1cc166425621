#include "api/misp_sighting_as.h"

#include "api/misp_params.h"
#include "base/jsonv.h"
#include "format/csv.h"
#include "format/xml.h"

enum { ANSWER_MAX = 1 << 30 };

static void send_xml(struct kz_misp_call *call, kz_str json) {
  KZ_BUF(text, ANSWER_MAX);
  struct kz_xml xml;
  size_t list = kz_str_find_byte(json, '[');
  kz_xml_init(&xml, &text);
  kz_buf_add_str(&text, KZ_XML_BEGIN);
  kz_xml_feed(&xml, kz_str_from(json, list)); /* the list has no element */
  kz_buf_add_str(&text, KZ_XML_END);
  kz_reply_take(call->reply, KZ_STR("application/xml"), &text);
}

static void send_csv(struct kz_misp_call *call, kz_str json) {
  static const char *const columns[] = {"id",     "uuid",         "event_id",
                                        "org_id", "attribute_id", "type",
                                        "source", "date_sighting"};
  enum { COLUMNS = sizeof columns / sizeof columns[0] };
  KZ_BUF(text, ANSWER_MAX);
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *tree = NULL;
  struct kz_csv csv;
  kz_rc rc = kz_jsonv_parse(json, call->work, &tree, &err);
  if (rc != KZ_OK) {
    kz_misp_fail(call, "Sighting", rc, &err);
    return;
  }
  kz_csv_init(&csv, &text, KZ_CSV_MISP);
  for (size_t i = 0; i < COLUMNS; i++) {
    kz_csv_heading(&csv, kz_str_of(columns[i]));
  }
  kz_csv_line_end(&csv);
  const struct kz_jsonv *list = kz_jsonv_get(tree, KZ_STR("response"));
  for (const struct kz_jsonv *item = list ? list->first : NULL; item;
       item = item->next) {
    const struct kz_jsonv *sighting = kz_jsonv_get(item, KZ_STR("Sighting"));
    for (size_t i = 0; i < COLUMNS; i++) {
      kz_csv_field(&csv, kz_jsonv_text(sighting, kz_str_of(columns[i])));
    }
    kz_csv_line_end(&csv);
  }
  kz_buf_add_byte(&text, '\n');
  kz_reply_take(call->reply, KZ_STR("text/csv; charset=UTF-8"), &text);
}

void kz_misp_sightings_send(struct kz_misp_call *call,
                            struct kz_misp_out *out) {
  kz_str format = kz_misp_param_text(call, KZ_STR("returnFormat"));
  if (kz_buf_failed(&out->buf) || format.len == 0 ||
      kz_str_eq_nocase(format, KZ_STR("json"))) {
    kz_misp_send(call, out);
  } else if (kz_str_eq_nocase(format, KZ_STR("xml"))) {
    send_xml(call, kz_buf_str(&out->buf));
  } else if (kz_str_eq_nocase(format, KZ_STR("csv"))) {
    send_csv(call, kz_buf_str(&out->buf));
  } else {
    kz_misp_refuse(call, 400,
                   KZ_STR("Invalid export format: there are json, xml and "
                          "csv."));
  }
}
