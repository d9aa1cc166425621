/* What a type's values look like follows from the check in model/type.def, so a
 * type that is added there gets valid values here by itself; only a few types
 * whose check says little have a form of their own (form_of).
 *
 * Text is made of the 64 bits of the row's key, more of them by mixing the key
 * again. Addresses and numbers are made of the value's number instead: they
 * have fewer bits, and by a permutation they differ all the same. */
#include "gen/invent.h"

#include <string.h>

#include "base/hash.h"

static const char words[64][8] = {
    "amber",   "anchor",  "arrow",   "autumn", "badger",  "bamboo", "beacon",
    "birch",   "breeze",  "canyon",  "cedar",  "cinder",  "cobalt", "comet",
    "copper",  "coral",   "crane",   "dapple", "delta",   "ember",  "falcon",
    "fennel",  "fjord",   "garnet",  "ginkgo", "glacier", "harbor", "hazel",
    "heron",   "indigo",  "ivory",   "jasper", "juniper", "kelp",   "kestrel",
    "lantern", "larch",   "lichen",  "maple",  "marble",  "meadow", "mellow",
    "mizzen",  "nectar",  "nimbus",  "onyx",   "orchid",  "osprey", "pebble",
    "pepper",  "quartz",  "raven",   "reed",   "saffron", "sierra", "sorrel",
    "summit",  "tamarin", "thistle", "umber",  "velvet",  "walnut", "willow",
    "zephyr"};

static const char digits36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* Where text goes, whose value it is, and the bits it is made of. */
struct pen {
  char *at;
  uint64_t bits;
  const struct kz_shape_row *row;
  unsigned size; /* of the form: hex digits, or pairs of them */
};

static void put(struct pen *pen, const char *text) {
  size_t len = strlen(text);
  memcpy(pen->at, text, len);
  pen->at += len;
}

static void put_number(struct pen *pen, uint64_t number) {
  char digits[20];
  unsigned n = 0;
  do {
    digits[n++] = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  while (n) {
    *pen->at++ = digits[--n];
  }
}

static void put_word(struct pen *pen, unsigned shift) {
  put(pen, words[pen->bits >> shift & 63]);
}

static void put_base36(struct pen *pen, uint64_t bits, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    *pen->at++ = digits36[bits % 36];
    bits /= 36;
  }
}

static void put_hex(struct pen *pen, unsigned count, const char *digits) {
  uint64_t bits = pen->bits;
  for (unsigned i = 0; i < count; i++) {
    if (i % 16 == 0 && i > 0) {
      bits = kz_hash_mix(bits + i);
    }
    *pen->at++ = digits[bits >> (i % 16 * 4) & 15];
  }
}

/* A registrable name: 6 + 41 bits, enough for an event's names to differ. */
static void put_domain(struct pen *pen, uint64_t bits) {
  static const char *const suffixes[4] = {".example", ".test", ".invalid",
                                          ".example"};
  put(pen, words[bits & 63]);
  put_base36(pen, bits >> 6, 8);
  put(pen, suffixes[bits >> 62]);
}

/* One-to-one on `width` bits: neighbours end up far apart. */
static uint32_t scatter(uint32_t n, unsigned width) {
  uint32_t mask = (1u << width) - 1;
  n = n * 0x9e3779b1u & mask;
  n ^= n >> (width / 2);
  n = n * 0x85ebca6bu & mask;
  return n ^ n >> (width / 2);
}

static uint32_t address4_of(const struct kz_shape_row *row) {
  uint32_t n = (uint32_t)row->value;
  if (!row->shared) {
    return 0xf0000000u | scatter(n & 0x0fffffff, 28); /* 240.0.0.0/4 */
  }
  if (n < 1u << 24) {
    return 0x0a000000u | scatter(n, 24); /* 10.0.0.0/8 */
  }
  return 0x64400000u | scatter(n & 0x003fffff, 22); /* 100.64.0.0/10 */
}

static void put_address4(struct pen *pen) {
  uint32_t address = address4_of(pen->row);
  put_number(pen, address >> 24);
  for (unsigned i = 1; i < 4; i++) {
    *pen->at++ = '.';
    put_number(pen, address >> (24 - i * 8) & 255);
  }
}

/* No group begins with 0, so this is the canonical form. */
static void put_address6(struct pen *pen) {
  put(pen, "2001:db8");
  for (unsigned i = 0; i < 6; i++) {
    *pen->at++ = ':';
    *pen->at++ = digits36[1 + (pen->bits & 7)];
    pen->bits >>= 3;
    put_hex(pen, 3, digits36);
    pen->bits = i == 3 ? kz_hash_mix(pen->row->key + 1) : pen->bits >> 12;
  }
}

/* A number of the value's own. */
static uint64_t serial_of(const struct pen *pen) {
  return pen->row->value * 2 + pen->row->shared;
}

/* --- the forms ------------------------------------------------------------ */

static void write_address(struct pen *pen) {
  if (!pen->row->shared && pen->row->key % 10 == 0) {
    put_address6(pen);
  } else {
    put_address4(pen);
  }
}

static void write_port(struct pen *pen) {
  put_number(pen, 1 + pen->row->value % 65535);
}

static void write_address_port(struct pen *pen) {
  write_address(pen);
  *pen->at++ = '|';
  write_port(pen);
}

static void write_domain(struct pen *pen) {
  put_domain(pen, pen->bits);
}

/* A host below one of 65,536 registrable names, so that names have company. */
static void write_host(struct pen *pen) {
  static const char *const roles[8] = {"mail-", "www-", "cdn-", "api-",
                                       "vpn-",  "img-", "ns-",  "login-"};
  put(pen, roles[pen->bits & 7]);
  put_base36(pen, pen->bits >> 3, 8);
  *pen->at++ = '.';
  put_domain(pen, kz_hash_mix(pen->bits >> 48));
}

static void write_host_port(struct pen *pen) {
  write_host(pen);
  *pen->at++ = '|';
  write_port(pen);
}

static void write_domain_address(struct pen *pen) {
  write_domain(pen);
  *pen->at++ = '|';
  write_address(pen);
}

static void write_email(struct pen *pen) {
  put_word(pen, 1);
  *pen->at++ = '.';
  put_base36(pen, pen->bits >> 7, 7);
  *pen->at++ = '@';
  put_domain(pen, kz_hash_mix(pen->bits >> 44));
}

static void write_url(struct pen *pen) {
  put(pen, pen->bits & 1 ? "https://" : "http://");
  if (pen->row->key % 8 == 0) {
    put_address4(pen);
  } else {
    put_domain(pen, kz_hash_mix(pen->bits >> 44));
  }
  *pen->at++ = '/';
  put_word(pen, 1);
  *pen->at++ = '/';
  put_word(pen, 7);
  put(pen, pen->bits >> 63 ? ".php?id=" : "/?session=");
  put_hex(pen, 12, digits36);
}

static void write_filename(struct pen *pen) {
  static const char *const endings[8] = {".exe", ".dll",  ".docx", ".js",
                                         ".zip", ".html", ".ps1",  ".bin"};
  put_word(pen, 0);
  *pen->at++ = '_';
  put_base36(pen, pen->bits >> 6, 9);
  put(pen, endings[pen->bits >> 61]);
}

static void write_regkey(struct pen *pen) {
  put(pen, "HKLM\\Software\\");
  put_word(pen, 0);
  *pen->at++ = '\\';
  put_word(pen, 6);
  put_base36(pen, pen->bits >> 12, 9);
}

static void write_regkey_value(struct pen *pen) {
  write_regkey(pen);
  *pen->at++ = '|';
  put_word(pen, 18);
}

static void write_words(struct pen *pen) {
  for (unsigned i = 0; i < 3; i++) {
    put_word(pen, i * 6);
    *pen->at++ = ' ';
  }
  put_base36(pen, pen->bits >> 18, 8);
}

static void write_hex(struct pen *pen) {
  put_hex(pen, pen->size, digits36);
}

/* For hashes without one length: 70 digits do for all of them. */
static void write_long_hex(struct pen *pen) {
  put_hex(pen, 70, digits36);
}

static void write_hex_upper(struct pen *pen) {
  put_hex(pen, 24, "0123456789ABCDEF");
}

static void put_pairs(struct pen *pen, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) {
      *pen->at++ = ':';
    }
    put_hex(pen, 2, digits36);
    pen->bits = i % 8 == 7 ? kz_hash_mix(pen->row->key + i) : pen->bits >> 8;
  }
}

static void write_pairs(struct pen *pen) {
  put_pairs(pen, pen->size);
}

static void write_ssh(struct pen *pen) {
  put_pairs(pen, 16);
}

static void write_ssdeep(struct pen *pen) {
  put(pen, "384:");
  put_hex(pen, 48, "ABCDEFGHijklmnop");
  *pen->at++ = ':';
  put_hex(pen, 24, "QRSTUVWXyz012345");
}

static void write_impfuzzy(struct pen *pen) {
  put(pen, "48:");
  put_hex(pen, 32, "ABCDEFGHijklmnop");
  *pen->at++ = ':';
  put_hex(pen, 16, "QRSTUVWXyz012345");
}

static void write_tlsh(struct pen *pen) {
  put(pen, "t1");
  write_long_hex(pen);
}

static void write_alnum(struct pen *pen) {
  put_hex(pen, 24, "ABCDEFGHJK234567");
}

static void write_number(struct pen *pen) {
  put_number(pen, 1000 + serial_of(pen));
}

static void write_cve(struct pen *pen) {
  put(pen, "CVE-2026-");
  write_number(pen);
}

static void write_cwe(struct pen *pen) {
  put(pen, "CWE-");
  write_number(pen);
}

/* A second of its own for each value, in months of 28 days. */
static void write_moment(struct pen *pen) {
  static const char *const ends[6] = {"-", "-", "T", ":", ":", ".000000+0000"};
  uint64_t second = serial_of(pen) % 86400;
  uint64_t day = serial_of(pen) / 86400;
  uint64_t fields[6] = {2000 + day / 336, 1 + day / 28 % 12, 1 + day % 28,
                        second / 3600,    second / 60 % 60,  second % 60};
  for (unsigned i = 0; i < 6; i++) {
    if (fields[i] < 10) {
      *pen->at++ = '0';
    }
    put_number(pen, fields[i]);
    put(pen, ends[i]);
  }
}

static void write_uuid(struct pen *pen) {
  char digits[32];
  struct pen hex = {.at = digits, .bits = pen->bits};
  put_hex(&hex, sizeof digits, digits36);
  digits[12] = '4';
  digits[16] = 'a';
  for (unsigned i = 0; i < sizeof digits; i++) {
    if (i == 8 || i == 12 || i == 16 || i == 20) {
      *pen->at++ = '-';
    }
    *pen->at++ = digits[i];
  }
}

static void write_onion(struct pen *pen) {
  for (unsigned i = 0; i < 56; i++) {
    *pen->at++ = "abcdefghijklmnopqrstuvwxyz234567"[pen->bits & 31];
    pen->bits = i % 12 == 11 ? kz_hash_mix(pen->row->key + i) : pen->bits >> 5;
  }
  put(pen, ".onion");
}

/* --- which type has which ------------------------------------------------- */

struct form {
  void (*write)(struct pen *pen);
  bool after_file; /* "filename|" stands before it */
};

struct sized_form {
  struct form form;
  uint8_t size;
};

/* One for each check of model/type.def. */
#define FORM(write)                                                            \
  { write, false }
#define FORM_AFTER_FILE(write)                                                 \
  { write, true }
#define FORM_ALNUM FORM(write_alnum)
#define FORM_ANY FORM(write_words)
#define FORM_AS FORM(write_number)
#define FORM_BOOLEAN FORM(write_number) /* the shape leaves it out */
#define FORM_CDHASH FORM(write_hex)
#define FORM_DOMAIN FORM(write_domain)
#define FORM_EMAIL FORM(write_email)
#define FORM_FILE_HEX FORM_AFTER_FILE(write_hex)
#define FORM_FILE_IMPFUZZY FORM_AFTER_FILE(write_impfuzzy)
#define FORM_FILE_PEHASH FORM_AFTER_FILE(write_hex)
#define FORM_FILE_SSDEEP FORM_AFTER_FILE(write_ssdeep)
#define FORM_FILE_TLSH FORM_AFTER_FILE(write_tlsh)
#define FORM_FILE_VHASH FORM_AFTER_FILE(write_long_hex)
#define FORM_HEX FORM(write_hex)
#define FORM_HEX_DIGITS FORM(write_hex_upper)
#define FORM_HOSTNAME FORM(write_host)
#define FORM_HTTP_METHOD FORM(write_words) /* the shape leaves it out */
#define FORM_IMPFUZZY FORM(write_impfuzzy)
#define FORM_INTEGER FORM(write_number)
#define FORM_IP FORM(write_address)
#define FORM_IP_PORT FORM(write_address_port)
#define FORM_JSON FORM(write_number)
#define FORM_LINE FORM(write_words)
#define FORM_LINK FORM(write_url)
#define FORM_MOMENT FORM(write_moment)
#define FORM_NAME_IP FORM(write_domain_address)
#define FORM_NAME_PORT FORM(write_host_port)
#define FORM_NUMBER FORM(write_number)
#define FORM_ONION FORM(write_onion)
#define FORM_PAIRS FORM(write_pairs)
#define FORM_PEHASH FORM(write_hex)
#define FORM_PORT FORM(write_port)
#define FORM_SERVICE FORM(write_words)
#define FORM_SSDEEP FORM(write_ssdeep)
#define FORM_SSH FORM(write_ssh)
#define FORM_TELFHASH FORM(write_long_hex)
#define FORM_TLSH FORM(write_tlsh)
#define FORM_UUID FORM(write_uuid)
#define FORM_VULNERABILITY FORM(write_cve)
#define FORM_WEAKNESS FORM(write_cwe)
#define FORM_WHOLE FORM(write_number)

static const struct sized_form forms[KZ_TYPE_COUNT] = {
#define KZ_TYPE(number, name, category, ids, traits, normal, check, size,      \
                fits)                                                          \
  {FORM_##check, size},
#include "model/type.def"
#undef KZ_TYPE
};

/* The form of the check, but where the check says little. */
static struct form form_of(kz_type type) {
  switch (type) {
  case KZ_TYPE_FILENAME:
  case KZ_TYPE_EMAIL_ATTACHMENT:
    return (struct form)FORM(write_filename);
  case KZ_TYPE_REGKEY:
    return (struct form)FORM(write_regkey);
  case KZ_TYPE_REGKEY_VALUE:
    return (struct form)FORM(write_regkey_value);
  case KZ_TYPE_URL:
    return (struct form)FORM(write_url);
  default:
    return forms[type].form;
  }
}

size_t kz_invent_value(const struct kz_shape_row *row, char *out) {
  struct form form = form_of(row->type);
  struct pen pen = {
      .at = out, .bits = row->key, .row = row, .size = forms[row->type].size};
  if (form.after_file) {
    write_filename(&pen);
    *pen.at++ = '|';
  }
  form.write(&pen);
  return (size_t)(pen.at - out);
}
