/* "yara" and "yara-json": rules that somebody wrote, as they stand, and a rule
 * of ours for each value that can be looked for in a file.
 *
 * A file of rules is compiled as one, so a single bad rule spoils all of them.
 * A rule that somebody wrote is therefore read to its end (format/yara_rule.h)
 * and left out when it is not whole, when a rule of its name is there already,
 * or when it reaches beyond itself. What only the compiler can know (an
 * undefined name) is left to "yara-json", where each rule stands alone. */
#include "base/uuid.h"
#include "format/exporting.h"
#include "format/yara_rule.h"

enum {
  TEXT_MIN = 4, /* shorter strings are in every file */
  TEXT_MAX = 2048,
  RULE_MAX = 1 << 20,
};

static bool is_json(const struct kz_exporting *x) {
  return x->is_open;
}

static void begin_yara(struct kz_exporting *x) {
  kz_buf_add_str(x->out, KZ_STR("// Rules for YARA, exported by kizashi.\n"
                                "import \"hash\"\nimport \"pe\"\n"));
}

static void begin_json(struct kz_exporting *x) {
  x->is_open = true;
  kz_jsonw_object(&x->w);
  kz_jsonw_key(&x->w, KZ_STR("rules"));
  kz_jsonw_array(&x->w);
}

static void add_rule(struct kz_exporting *x, const struct kz_export_row *row,
                     kz_str rule, bool is_generated) {
  if (!is_json(x)) {
    kz_buf_add_byte(x->out, '\n');
    kz_buf_add_str(x->out, rule);
    kz_buf_add_byte(x->out, '\n');
    return;
  }
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_object(&x->w);
  kz_jsonw_member_bool(&x->w, KZ_STR("generated"), is_generated);
  kz_jsonw_member_str(&x->w, KZ_STR("value"), rule);
  kz_jsonw_member_u64_str(&x->w, KZ_STR("event_id"), row->event->id);
  kz_jsonw_member_str(&x->w, KZ_STR("attribute_uuid"),
                      kz_uuid_format(&row->attribute->uuid, uuid));
  kz_jsonw_object_end(&x->w);
}

/* Inside of quotes: what is not plain is written as \xHH. */
static void add_quoted(struct kz_buf *out, kz_str text) {
  kz_buf_add_byte(out, '"');
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c == '"' || c == '\\') {
      kz_buf_add_byte(out, '\\');
      kz_buf_add_byte(out, (char)c);
    } else if (c >= ' ' && c < 0x7f) {
      kz_buf_add_byte(out, (char)c);
    } else {
      kz_buf_add_format(out, "\\x%02x", c);
    }
  }
  kz_buf_add_byte(out, '"');
}

static void add_meta(struct kz_buf *out, const struct kz_export_row *row) {
  char uuid[KZ_UUID_TEXT];
  kz_buf_add_format(out, "rule MISP_e%llu_a%llu\n{\n  meta:\n    event = \"",
                    (unsigned long long)row->event->id,
                    (unsigned long long)row->attribute->id);
  kz_exporting_plain(out, row->event->info);
  kz_buf_add_str(out, KZ_STR("\"\n    event_uuid = \""));
  kz_buf_add_str(out, kz_uuid_format(&row->event->uuid, uuid));
  kz_buf_add_str(out, KZ_STR("\"\n    type = \""));
  kz_exporting_plain(out, kz_type_name(row->attribute->type));
  kz_buf_add_str(out, KZ_STR("\"\n"));
}

static const char *function_of(kz_type kind) {
  switch (kind) {
  case KZ_TYPE_MD5:
    return "hash.md5(0, filesize)";
  case KZ_TYPE_SHA1:
    return "hash.sha1(0, filesize)";
  case KZ_TYPE_SHA256:
    return "hash.sha256(0, filesize)";
  case KZ_TYPE_IMPHASH:
    return "pe.imphash()";
  }
  return NULL;
}

static void add_hash(struct kz_exporting *x, const struct kz_export_row *row,
                     const char *function, kz_str hash) {
  KZ_BUF(rule, RULE_MAX);
  add_meta(&rule, row);
  kz_buf_add_format(&rule, "  condition:\n    %s == ", function);
  add_quoted(&rule, hash);
  kz_buf_add_str(&rule, KZ_STR("\n}"));
  add_rule(x, row, kz_buf_str(&rule), true);
}

static void add_text(struct kz_exporting *x, const struct kz_export_row *row,
                     kz_str text, const char *modifiers) {
  if (text.len < TEXT_MIN || text.len > TEXT_MAX) {
    x->left_out++;
    return;
  }
  KZ_BUF(rule, RULE_MAX);
  add_meta(&rule, row);
  kz_buf_add_str(&rule, KZ_STR("  strings:\n    $s = "));
  if (kz_yara_is_hex(text)) {
    kz_buf_add_str(&rule, text);
  } else {
    add_quoted(&rule, text);
    kz_buf_add_str(&rule, kz_str_of(modifiers));
  }
  kz_buf_add_str(&rule, KZ_STR("\n  condition:\n    $s\n}"));
  add_rule(x, row, kz_buf_str(&rule), true);
}

static void add_as_is(struct kz_exporting *x, const struct kz_export_row *row) {
  struct kz_yara_names names;
  kz_str text = kz_str_trim(row->attribute->value);
  bool is_good = kz_yara_read(text, &names);
  for (size_t i = 0; is_good && i < names.count; i++) {
    is_good = !kz_exporting_has(x, 'y', names.names[i]);
  }
  if (!is_good) {
    x->left_out++;
    return;
  }
  for (size_t i = 0; i < names.count; i++) {
    (void)kz_exporting_is_new(x, 'y', names.names[i]);
  }
  add_rule(x, row, text, false);
}

static void export_row(struct kz_exporting *x,
                       const struct kz_export_row *row) {
  const struct kz_attribute *a = row->attribute;
  kz_type kind;
  kz_str hash;
  if (kz_exporting_hash(a->type, a->value, &kind, &hash)) {
    const char *function = function_of(kind);
    if (function) {
      add_hash(x, row, function, hash);
    }
    return;
  }
  switch (a->type) {
  case KZ_TYPE_YARA:
    add_as_is(x, row);
    return;
  case KZ_TYPE_DOMAIN:
  case KZ_TYPE_HOSTNAME:
  case KZ_TYPE_FILENAME:
  case KZ_TYPE_EMAIL:
  case KZ_TYPE_EMAIL_SRC:
  case KZ_TYPE_EMAIL_DST:
  case KZ_TYPE_REGKEY:
  case KZ_TYPE_MUTEX:
  case KZ_TYPE_NAMED_PIPE:
  case KZ_TYPE_PDB:
    add_text(x, row, a->value, " ascii wide nocase");
    return;
  case KZ_TYPE_IP_SRC:
  case KZ_TYPE_IP_DST:
  case KZ_TYPE_URL:
  case KZ_TYPE_URI:
  case KZ_TYPE_USER_AGENT:
  case KZ_TYPE_PATTERN_IN_FILE:
  case KZ_TYPE_PATTERN_IN_MEMORY:
    add_text(x, row, a->value, " ascii wide");
    return;
  }
}

static void end_yara(struct kz_exporting *x) {
  kz_exporting_end_comment(x, "// ", "");
}

static void end_json(struct kz_exporting *x) {
  kz_jsonw_array_end(&x->w);
  kz_jsonw_member_u64(&x->w, KZ_STR("left_out"), x->left_out);
  kz_jsonw_object_end(&x->w);
  kz_buf_add_byte(x->out, '\n');
}

const struct kz_exporter kz_exporter_yara = {.name = "yara",
                                             .type =
                                                 "text/plain; charset=UTF-8",
                                             .begin = begin_yara,
                                             .row = export_row,
                                             .end = end_yara};
const struct kz_exporter kz_exporter_yara_json = {.name = "yara-json",
                                                  .type = "application/json",
                                                  .begin = begin_json,
                                                  .row = export_row,
                                                  .end = end_json};
