/* "openioc": one OpenIOC 1.0 document with an item for each attribute, any of
 * which is a hit; a file's name and hash must both be there. */
#include <string.h>

#include "base/clock.h"
#include "base/md5.h"
#include "format/exporting.h"
#include "format/xml.h"
#include "model/value.h"

struct term {
  const char *document;
  const char *search;
  const char *content;
};

static const struct term term_file_name = {"FileItem", "FileItem/FileName",
                                           "string"};

/* Where OpenIOC looks for a value of the type; NULL: nowhere. */
static const struct term *term_of(kz_type type) {
  static const struct {
    kz_type type;
    struct term term;
  } rows[] = {
      {KZ_TYPE_MD5, {"FileItem", "FileItem/Md5sum", "md5"}},
      {KZ_TYPE_SHA1, {"FileItem", "FileItem/Sha1sum", "sha1"}},
      {KZ_TYPE_SHA256, {"FileItem", "FileItem/Sha256sum", "sha256"}},
      {KZ_TYPE_FILENAME, {"FileItem", "FileItem/FileName", "string"}},
      {KZ_TYPE_PDB, {"FileItem", "FileItem/PEInfo/PDB", "string"}},
      {KZ_TYPE_IP_SRC, {"PortItem", "PortItem/remoteIP", "IP"}},
      {KZ_TYPE_IP_DST, {"PortItem", "PortItem/remoteIP", "IP"}},
      {KZ_TYPE_HOSTNAME, {"Network", "Network/DNS", "string"}},
      {KZ_TYPE_DOMAIN, {"Network", "Network/DNS", "string"}},
      {KZ_TYPE_URL, {"UrlHistoryItem", "UrlHistoryItem/URL", "string"}},
      {KZ_TYPE_URI, {"Network", "Network/URI", "string"}},
      {KZ_TYPE_USER_AGENT, {"Network", "Network/UserAgent", "string"}},
      {KZ_TYPE_EMAIL_SRC, {"Email", "Email/From", "string"}},
      {KZ_TYPE_EMAIL_DST, {"Email", "Email/To", "string"}},
      {KZ_TYPE_EMAIL_SUBJECT, {"Email", "Email/Subject", "string"}},
      {KZ_TYPE_EMAIL_ATTACHMENT, {"Email", "Email/Attachment/Name", "string"}},
      {KZ_TYPE_REGKEY, {"RegistryItem", "RegistryItem/KeyPath", "string"}},
      {KZ_TYPE_MUTEX,
       {"ProcessItem", "ProcessItem/HandleList/Handle/Name", "string"}},
      {KZ_TYPE_NAMED_PIPE, {"PipeItem", "PipeItem/Name", "string"}},
      {KZ_TYPE_WINDOWS_SERVICE_NAME,
       {"ServiceItem", "ServiceItem/name", "string"}},
      {KZ_TYPE_COOKIE,
       {"CookieHistoryItem", "CookieHistoryItem/CookieValue", "string"}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i].type == type) {
      return &rows[i].term;
    }
  }
  return NULL;
}

static void add_uuid(struct kz_buf *out, const struct kz_uuid *uuid) {
  char text[KZ_UUID_TEXT];
  kz_buf_add_str(out, kz_uuid_format(uuid, text));
}

/* Ids of one document differ: one more, made of an id and a letter. */
static struct kz_uuid derive(const struct kz_uuid *id, char letter) {
  char bytes[17];
  uint8_t sum[KZ_MD5_BYTES];
  memcpy(bytes, id->bytes, 16);
  bytes[16] = letter;
  kz_md5((kz_str){bytes, sizeof bytes}, sum);
  return kz_uuid_of_bytes(sum);
}

static void add_head(struct kz_exporting *x, const struct kz_event *event) {
  char time[KZ_TIME_TEXT];
  const struct kz_uuid id = event ? event->uuid : KZ_UUID_NIL;
  (void)kz_clock_format_seconds(x->settings.now_us, time);
  time[strlen(time) - 1] = '\0'; /* OpenIOC has no zone */
  kz_buf_add_str(
      x->out,
      KZ_STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
             "<ioc xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
             "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
             "xmlns=\"http://schemas.mandiant.com/2010/ioc\" id=\""));
  add_uuid(x->out, &id);
  kz_buf_add_format(x->out, "\" last-modified=\"%s\">\n", time);
  kz_buf_add_str(x->out, KZ_STR("  <short_description>"));
  kz_xml_text(x->out, event ? event->info : KZ_STR(""));
  kz_buf_add_str(x->out, KZ_STR("</short_description>\n  <authored_by>"));
  kz_xml_text(x->out, event ? event->orgc.name : KZ_STR(""));
  kz_buf_add_format(x->out,
                    "</authored_by>\n  <authored_date>%s</authored_date>\n"
                    "  <links/>\n  <definition>\n"
                    "    <Indicator operator=\"OR\" id=\"",
                    time);
  const struct kz_uuid list = derive(&id, 'l');
  add_uuid(x->out, &list);
  kz_buf_add_str(x->out, KZ_STR("\">\n"));
  x->is_open = true;
}

static void export_event(struct kz_exporting *x, const struct kz_event *event) {
  if (!x->is_open) {
    add_head(x, event);
  }
}

static void add_item(struct kz_exporting *x, const struct kz_uuid *id,
                     const struct term *term, kz_str value) {
  kz_buf_add_str(x->out, KZ_STR("      <IndicatorItem id=\""));
  add_uuid(x->out, id);
  kz_buf_add_format(x->out,
                    "\" condition=\"is\"><Context document=\"%s\" "
                    "search=\"%s\" type=\"mir\"/><Content type=\"%s\">",
                    term->document, term->search, term->content);
  kz_xml_text(x->out, value);
  kz_buf_add_str(x->out, KZ_STR("</Content></IndicatorItem>\n"));
}

/* Both of the file's name and its hash. */
static void add_pair(struct kz_exporting *x, const struct kz_attribute *a,
                     const struct term *hash_term, kz_str hash) {
  const struct kz_uuid name_id = derive(&a->uuid, 'n');
  const struct kz_uuid hash_id = derive(&a->uuid, 'h');
  kz_str name = kz_str_head(a->value, a->value.len - hash.len - 1);
  kz_buf_add_str(x->out, KZ_STR("      <Indicator operator=\"AND\" id=\""));
  add_uuid(x->out, &a->uuid);
  kz_buf_add_str(x->out, KZ_STR("\">\n"));
  add_item(x, &name_id, &term_file_name, name);
  add_item(x, &hash_id, hash_term, hash);
  kz_buf_add_str(x->out, KZ_STR("      </Indicator>\n"));
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_type kind;
  kz_str hash;
  if (kz_exporting_hash(a->type, a->value, &kind, &hash)) {
    const struct term *term = term_of(kind);
    if (!term) {
      x->left_out++;
    } else if (kind == a->type || hash.len == a->value.len) {
      add_item(x, &a->uuid, term, hash);
    } else {
      add_pair(x, a, term, hash);
    }
    return;
  }
  kz_str parts[2] = {{"", 0}, {"", 0}};
  (void)kz_value_parts(a->type, a->value, parts);
  kz_type type = a->type == KZ_TYPE_DOMAIN_IP       ? KZ_TYPE_DOMAIN
                 : a->type == KZ_TYPE_REGKEY_VALUE  ? KZ_TYPE_REGKEY
                 : a->type == KZ_TYPE_IP_SRC_PORT   ? KZ_TYPE_IP_SRC
                 : a->type == KZ_TYPE_IP_DST_PORT   ? KZ_TYPE_IP_DST
                 : a->type == KZ_TYPE_HOSTNAME_PORT ? KZ_TYPE_HOSTNAME
                                                    : a->type;
  const struct term *term = term_of(type);
  if (term) {
    add_item(x, &a->uuid, term, parts[0]);
  } else {
    x->left_out++;
  }
}

static void end_export(struct kz_exporting *x) {
  if (!x->is_open) {
    add_head(x, NULL);
  }
  kz_exporting_end_comment(x, "      <!-- ", " -->");
  kz_buf_add_str(x->out, KZ_STR("    </Indicator>\n  </definition>\n</ioc>\n"));
}

const struct kz_exporter kz_exporter_openioc = {.name = "openioc",
                                                .type = "application/xml",
                                                .is_restrictive = true,
                                                .event = export_event,
                                                .row = export_row,
                                                .end = end_export};
