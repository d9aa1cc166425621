#include "api/misp_like.h"

bool kz_misp_contains(kz_str text, kz_str part) {
  for (size_t i = 0; part.len <= text.len && i <= text.len - part.len; i++) {
    if (kz_str_eq_nocase(kz_str_head(kz_str_from(text, i), part.len), part)) {
      return true;
    }
  }
  return false;
}

bool kz_misp_like(kz_str text, kz_str pattern) {
  bool starts = kz_str_starts(pattern, KZ_STR("%"));
  bool ends = pattern.len > 1 && kz_str_ends(pattern, KZ_STR("%"));
  kz_str part = kz_str_from(pattern, starts ? 1 : 0);
  part = kz_str_head(part, part.len - (ends ? 1 : 0));
  if (starts && ends) {
    return kz_misp_contains(text, part);
  }
  if (part.len > text.len) {
    return false;
  }
  if (starts) {
    return kz_str_eq_nocase(kz_str_from(text, text.len - part.len), part);
  }
  return kz_str_eq_nocase(ends ? kz_str_head(text, part.len) : text, part);
}

kz_rc kz_misp_like_unescape(kz_str text, struct kz_arena *arena, kz_str *ret) {
  if (kz_str_find_byte(text, '\\') == SIZE_MAX) {
    *ret = text;
    return KZ_OK;
  }
  char *plain = kz_arena_text(arena, text.len);
  size_t len = 0;
  if (!plain) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < text.len; i++) {
    bool protects = text.ptr[i] == '\\' && i + 1 < text.len &&
                    (text.ptr[i + 1] == '\\' || text.ptr[i + 1] == '%' ||
                     text.ptr[i + 1] == '_');
    i += protects;
    plain[len++] = text.ptr[i];
  }
  *ret = (kz_str){plain, len};
  return KZ_OK;
}
