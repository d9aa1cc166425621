/* "opendata": what a portal for open data asks about a set of data (DCAT 2 in
 * JSON-LD): what it holds, and where it is fetched. MISP sends such a
 * description to a portal itself; here it is made, and sent by whoever wants.
 */
#include "base/clock.h"
#include "format/exporting.h"

static void tally(struct kz_exporting *x, const struct kz_export_row *row) {
  kz_exporting_tally(x, row->event->id, kz_type_name(row->attribute->type));
}

static void write_keyword(struct kz_exporting *x, kz_str name, uint64_t count) {
  (void)count;
  kz_jsonw_str(&x->w, name);
}

static void write_distribution(struct kz_exporting *x, const char *format,
                               kz_str media) {
  KZ_BUF(url, 4096);
  kz_buf_add_str(&url, x->settings.base_url);
  kz_buf_add_format(&url, "/attributes/restSearch/%s", format);
  kz_jsonw_object(&x->w);
  kz_jsonw_member_str(&x->w, KZ_STR("@type"), KZ_STR("dcat:Distribution"));
  kz_jsonw_member_str(&x->w, KZ_STR("dct:title"), kz_str_of(format));
  kz_jsonw_member_str(&x->w, KZ_STR("dcat:mediaType"), media);
  kz_jsonw_member_str(&x->w, KZ_STR("dcat:accessURL"), kz_buf_str(&url));
  kz_jsonw_object_end(&x->w);
}

static void export_end(struct kz_exporting *x) {
  struct kz_jsonw *w = &x->w;
  char time[KZ_TIME_TEXT];
  KZ_BUF(about, 256);
  kz_buf_add_format(&about, "%llu attributes of %llu events",
                    (unsigned long long)x->rows, (unsigned long long)x->events);
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("@context"));
  kz_jsonw_object(w);
  kz_jsonw_member_str(w, KZ_STR("dcat"), KZ_STR("http://www.w3.org/ns/dcat#"));
  kz_jsonw_member_str(w, KZ_STR("dct"), KZ_STR("http://purl.org/dc/terms/"));
  kz_jsonw_object_end(w);
  kz_jsonw_member_str(w, KZ_STR("@type"), KZ_STR("dcat:Dataset"));
  kz_jsonw_member_str(w, KZ_STR("dct:title"), KZ_STR("Threat indicators"));
  kz_jsonw_member_str(w, KZ_STR("dct:description"), kz_buf_str(&about));
  kz_jsonw_member_str(w, KZ_STR("dct:modified"),
                      kz_clock_format_seconds(x->settings.now_us, time));
  kz_jsonw_key(w, KZ_STR("dcat:keyword"));
  kz_jsonw_array(w);
  kz_exporting_each(x, KZ_STR(""), write_keyword);
  kz_jsonw_array_end(w);
  kz_jsonw_key(w, KZ_STR("dcat:distribution"));
  kz_jsonw_array(w);
  write_distribution(x, "json", KZ_STR("application/json"));
  write_distribution(x, "csv", KZ_STR("text/csv"));
  kz_jsonw_array_end(w);
  kz_jsonw_object_end(w);
  kz_buf_add_byte(x->out, '\n');
}

const struct kz_exporter kz_exporter_opendata = {.name = "opendata",
                                                 .type = "application/ld+json",
                                                 .is_tally = true,
                                                 .row = tally,
                                                 .end = export_end};
