/* Reads lines "type\tvalue" and answers each with one line: "ok\tnormal form",
 * "bad\tnormal form\twords", or "type" for a type we do not know. In values,
 * \n, \r, \t and \\ stand for those bytes. For validate_peer.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/type.h"
#include "model/value.h"

/* Turns escapes into bytes in place; returns the new length. */
static size_t unescape(char *text, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (c == '\\' && i + 1 < len) {
      i++;
      c = text[i] == 'n'   ? '\n'
          : text[i] == 'r' ? '\r'
          : text[i] == 't' ? '\t'
                           : text[i];
    }
    text[n++] = c;
  }
  return n;
}

static void print_escaped(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    switch (text.ptr[i]) {
    case '\n':
      (void)fputs("\\n", stdout);
      break;
    case '\r':
      (void)fputs("\\r", stdout);
      break;
    case '\t':
      (void)fputs("\\t", stdout);
      break;
    case '\\':
      (void)fputs("\\\\", stdout);
      break;
    default:
      (void)putchar(text.ptr[i]);
    }
  }
}

static void answer(kz_str name, kz_str value) {
  KZ_ARENA(arena, (size_t)1 << 24);
  struct kz_err err = KZ_ERR_NONE;
  kz_type type = 0;
  kz_str normal;
  if (kz_type_by_name(name, &type) != KZ_OK) {
    (void)puts("type");
    return;
  }
  if (kz_value_normalise(type, value, arena, &normal) != KZ_OK) {
    (void)puts("memory");
    return;
  }
  bool good = kz_value_check(type, normal, &err) == KZ_OK;
  (void)fputs(good ? "ok\t" : "bad\t", stdout);
  print_escaped(normal);
  (void)printf("%s%s\n", good ? "" : "\t", err.text);
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  ssize_t len = 0;
  while ((len = getline(&line, &room, stdin)) > 0) {
    size_t size = (size_t)len - (line[len - 1] == '\n');
    kz_str text = {line, size};
    size_t tab = kz_str_find_byte(text, '\t');
    if (tab == SIZE_MAX) {
      (void)puts("line");
      continue;
    }
    char *value = line + tab + 1;
    answer(kz_str_head(text, tab),
           (kz_str){value, unescape(value, size - tab - 1)});
  }
  free(line);
  return 0;
}
