/* Text is always formatted aside and copied over at the end: an argument may
 * point into the very text that is being replaced. */
#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool continues_character(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

/* Takes a character that the cut went through off the end of full text, so
 * that what is shown stays UTF-8. */
static void drop_cut_character(char *text) {
  size_t at = KZ_ERR_TEXT - 1;
  while (at > 0 && continues_character(text[at - 1])) {
    at--;
  }
  if (at > 0 && ((unsigned char)text[at - 1] & 0x80) != 0) {
    text[at - 1] = '\0';
  }
}

__attribute__((format(printf, 2, 0))) static void
write_text(char *out, const char *format, va_list args) {
  int len = vsnprintf(out, KZ_ERR_TEXT, format, args);
  if (len < 0) {
    out[0] = '\0';
  } else if (len >= KZ_ERR_TEXT) {
    drop_cut_character(out);
  }
}

kz_rc kz_err_set(struct kz_err *err, kz_rc rc, const char *format, ...) {
  if (!err) {
    return rc;
  }
  char text[KZ_ERR_TEXT];
  va_list args;
  va_start(args, format);
  write_text(text, format, args);
  va_end(args);
  err->rc = rc;
  memcpy(err->text, text, sizeof text);
  return rc;
}

kz_rc kz_err_prefix(struct kz_err *err, const char *format, ...) {
  if (!err) {
    return KZ_E_INTERNAL;
  }
  char context[KZ_ERR_TEXT];
  va_list args;
  va_start(args, format);
  write_text(context, format, args);
  va_end(args);
  return kz_err_set(err, err->rc, "%s: %s", context, err->text);
}
