/* What the recognisers of this folder share: a run of bytes to look at, and
 * what one of them found there.
 *
 * A run is as long as letters, digits, '.', '-' and '_' follow each other;
 * letters are those of scripts that put blanks between words. Japanese,
 * Chinese, Korean and Thai do not: there a particle follows a value without a
 * blank, so their letters end a run ("dense" letters below). */
#ifndef KZ_TEXT_HIT_H
#define KZ_TEXT_HIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "model/kind.h"
#include "model/type.h"
#include "text/plain.h"

enum { KZ_HIT_BYTES = 8192 /* the longest value */ };

/* What a run has; several at once. */
enum {
  KZ_RUN_DOT = 1u << 0,
  KZ_RUN_SOFT_DOT = 1u << 1,
  KZ_RUN_DASH = 1u << 2, /* '-' or '_' */
  KZ_RUN_DIGIT = 1u << 3,
  KZ_RUN_HEX = 1u << 4,    /* a-f, A-F */
  KZ_RUN_LETTER = 1u << 5, /* other ASCII letters */
  KZ_RUN_WIDE = 1u << 6,   /* letters outside ASCII */
};

struct kz_run {
  size_t start; /* bytes of the plain text */
  size_t end;
  unsigned has;
  size_t floor; /* a value may not begin before this: others end here */
};

struct kz_hit {
  size_t start; /* bytes of the plain text */
  size_t end;
  size_t next; /* where to look on */
  kz_type type;
  enum kz_kind kind;
  uint16_t port; /* that stood behind the value; 0: none */
  kz_str value;  /* in the plain text or in `changed` */
  char changed[KZ_HIT_BYTES];
};

/* Fills `hit` with the bytes from start to end as they stand. */
static inline void kz_hit_set(struct kz_hit *hit, const struct kz_plain *plain,
                              size_t start, size_t end, kz_type type,
                              enum kz_kind kind) {
  hit->start = start;
  hit->end = end;
  hit->next = end;
  hit->type = type;
  hit->kind = kind;
  hit->port = 0;
  hit->value = (kz_str){plain->text + start, end - start};
}

/* The length of a letter outside ASCII: of a spaced script, or a dense one; 0
 * when there is none of the sort. Plain text is valid UTF-8. */
static inline size_t kz_spaced_letter(const char *at) {
  unsigned char c = (unsigned char)*at;
  if (c >= 0xC2 && c <= 0xDF) {
    return 2;
  }
  return c == 0xE1 || c == 0xE2 ? 3 : 0;
}
static inline size_t kz_dense_letter(const char *at) {
  unsigned char c = (unsigned char)*at;
  if (c == 0xE0 || (c >= 0xE3 && c <= 0xEF)) {
    return 3;
  }
  return c >= 0xF0 && c <= 0xF4 ? 4 : 0;
}

static inline bool kz_is_run_byte(char c) {
  return kz_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

#endif
