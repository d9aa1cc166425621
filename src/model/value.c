/* What the types share: white space around a value, MISP's own refanging, the
 * bar between two parts. What they do not share stands in type.def, one word
 * for the way of normalising and one for the look. */
#include "model/value.h"

#include <assert.h>
#include <stdbool.h>

#include "model/check.h"
#include "model/defang.h"
#include "model/normalise.h"

struct rule {
  enum kz_normal normal;
  struct kz_check check;
};

static const struct rule rules[KZ_TYPE_COUNT] = {
#define KZ_TYPE(number, name, category, ids, traits, normal, look, size, fits) \
  {KZ_NORMAL_##normal, {KZ_LOOK_##look, (size)}},
#include "model/type.def"
#undef KZ_TYPE
};

kz_rc kz_value_normalise(kz_type type, kz_str value, struct kz_arena *arena,
                         kz_str *ret) {
  assert(type < KZ_TYPE_COUNT);
  kz_str text = kz_normalise_trim(value);
  unsigned refang = kz_type_refang(type);
  if (refang != 0) {
    kz_rc rc = kz_refang_value(text, refang, arena, &text);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  kz_rc rc = kz_normalise(rules[type].normal, text, arena, &text);
  if (rc == KZ_OK) {
    /* A blank inside, ": AA" of a fingerprint, may now be outside. */
    *ret = kz_normalise_trim(text);
  }
  return rc;
}

/* A value of white space and control characters alone says nothing. */
static bool is_void(kz_str value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.ptr[i];
    if (c > ' ' && c != 0x7f) {
      return false;
    }
  }
  return true;
}

static bool has_one_bar(kz_str value) {
  size_t bar = kz_str_find_byte(value, '|');
  return bar != SIZE_MAX &&
         kz_str_find_byte(kz_str_from(value, bar + 1), '|') == SIZE_MAX;
}

kz_rc kz_value_check(kz_type type, kz_str value, struct kz_err *err) {
  assert(type < KZ_TYPE_COUNT);
  if (is_void(value)) {
    return kz_err_set(err, KZ_E_INPUT, "Value must not be empty.");
  }
  if (kz_type_is_composite(type) && !has_one_bar(value)) {
    return kz_err_set(err, KZ_E_INPUT,
                      "Composite type found but the value not in the composite "
                      "(value1|value2) format.");
  }
  return kz_check_value(rules[type].check, value, err);
}

unsigned kz_value_parts(kz_type type, kz_str value, kz_str ret_parts[2]) {
  size_t bar =
      kz_type_is_composite(type) ? kz_str_find_byte(value, '|') : SIZE_MAX;
  if (bar == SIZE_MAX) {
    ret_parts[0] = value;
    return 1;
  }
  ret_parts[0] = kz_str_trim(kz_str_head(value, bar));
  ret_parts[1] = kz_str_trim(kz_str_from(value, bar + 1));
  return 2;
}

void kz_value_fold(kz_str value, char *out) {
  for (size_t i = 0; i < value.len; i++) {
    out[i] = kz_to_lower(value.ptr[i]);
  }
}

/* Between "://" and the path, or empty when there is no scheme. */
static kz_str authority_of(kz_str text) {
  size_t start = kz_str_find(text, KZ_STR("://"));
  if (start == SIZE_MAX) {
    return KZ_STR_NONE;
  }
  kz_str rest = kz_str_from(text, start + 3);
  size_t n = 0;
  while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' &&
         rest.ptr[n] != '#' && rest.ptr[n] != '\\') {
    n++;
  }
  return kz_str_head(rest, n);
}

static kz_str without_port(kz_str host) {
  if (host.len > 0 && host.ptr[0] == '[') {
    size_t close = kz_str_find_byte(host, ']');
    return close == SIZE_MAX ? KZ_STR_NONE
                             : kz_str_from(kz_str_head(host, close), 1);
  }
  return kz_str_head(host, kz_str_find_byte(host, ':'));
}

kz_str kz_value_host(kz_str folded) {
  if (kz_kind_of(folded) == KZ_KIND_URL) {
    kz_str authority = authority_of(folded);
    size_t at = kz_str_rfind_byte(authority, '@');
    return without_port(at == SIZE_MAX ? authority
                                       : kz_str_from(authority, at + 1));
  }
  struct kz_addr addr;
  kz_str host = folded;
  if (kz_addr_parse(host, &addr) != KZ_OK) {
    host = without_port(folded);
  }
  bool is_host = kz_kind_is_name(host) || kz_addr_parse(host, &addr) == KZ_OK;
  return is_host ? host : KZ_STR_NONE;
}
