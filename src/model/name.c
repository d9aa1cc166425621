/* libpsl compiles the Public Suffix List into itself (psl_builtin): no file,
 * no global of ours, and the same answers everywhere. It wants NUL-terminated
 * text, so names are copied to the stack, which their maximum allows. */
#include "model/name.h"

#include <idn2.h>
#include <libpsl.h>
#include <string.h>

/* Copies `name` with a NUL; false when it is no name in length. */
static bool copy_name(kz_str name, char out[KZ_NAME_MAX + 1]) {
  if (name.len == 0 || name.len > KZ_NAME_MAX ||
      memchr(name.ptr, '\0', name.len)) {
    return false;
  }
  memcpy(out, name.ptr, name.len);
  out[name.len] = '\0';
  return true;
}

bool kz_name_tld_known(kz_str name) {
  char text[KZ_NAME_MAX + 1];
  size_t dot = kz_str_rfind_byte(name, '.');
  kz_str top = dot == SIZE_MAX ? name : kz_str_from(name, dot + 1);
  return copy_name(top, text) &&
         psl_is_public_suffix2(psl_builtin(), text,
                               PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

static bool is_address(kz_str name) {
  size_t dot = kz_str_rfind_byte(name, '.');
  kz_str top = dot == SIZE_MAX ? name : kz_str_from(name, dot + 1);
  for (size_t i = 0; i < top.len; i++) {
    if (!kz_is_digit(top.ptr[i])) {
      return kz_str_find_byte(name, ':') != SIZE_MAX;
    }
  }
  return true;
}

kz_str kz_name_registrable(kz_str name) {
  char text[KZ_NAME_MAX + 1];
  if (is_address(name) || !copy_name(name, text)) {
    return KZ_STR_NONE;
  }
  const char *found = psl_registrable_domain(psl_builtin(), text);
  return found ? kz_str_from(name, (size_t)(found - text)) : KZ_STR_NONE;
}

static bool is_ascii(kz_str text) {
  unsigned char all = 0;
  for (size_t i = 0; i < text.len; i++) {
    all |= (unsigned char)text.ptr[i];
  }
  return all < 0x80;
}

kz_rc kz_name_to_ascii(kz_str name, struct kz_arena *arena, kz_str *ret) {
  enum { UTF8_MAX = 4 * KZ_NAME_MAX };
  char text[UTF8_MAX + 1];
  if (is_ascii(name)) {
    *ret = name;
    return KZ_OK;
  }
  if (name.len > UTF8_MAX || memchr(name.ptr, '\0', name.len)) {
    return KZ_E_INPUT;
  }
  memcpy(text, name.ptr, name.len);
  text[name.len] = '\0';
  uint8_t *ascii = NULL;
  if (idn2_lookup_u8((const uint8_t *)text, &ascii,
                     IDN2_NFC_INPUT | IDN2_TRANSITIONAL) != IDN2_OK) {
    return KZ_E_INPUT;
  }
  kz_rc rc = kz_arena_dup(arena, kz_str_of((const char *)ascii), ret);
  idn2_free(ascii);
  return rc;
}
