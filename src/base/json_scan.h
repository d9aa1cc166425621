/* The inner loops of reading and writing JSON: which bytes of a string need
 * thought, and how far white space goes.
 *
 * There are several ways to do it, each for one kind of processor, which give
 * the same results; a reader or writer takes the fastest at its start. Pure
 * functions. No byte outside of the text is read. */
#ifndef KZ_BASE_JSON_SCAN_H
#define KZ_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KZ_JSON_BLOCK = 64 /* bytes of text, one for each bit of a word */ };

struct kz_json_run {
  const char *end; /* the first byte that is not part of it */
  bool is_ascii;   /* no byte of it is above 0x7F */
};

struct kz_json_scan {
  const char *name;
  bool (*is_supported)(void); /* by the machine we run on */
  /* For each of `count` blocks a word of two maps, the first byte the lowest
   * bit: bytes that end a run of text, and bytes above 0x7F. */
  void (*mark)(const char *blocks, size_t count, uint64_t *ret_ends,
               uint64_t *ret_high);
  /* From `at` the run of bytes other than '"', '\\' and those below 0x20. */
  struct kz_json_run (*text)(const char *at, const char *end);
  /* The first byte from `at` that is not space, \t, \n or \r. */
  const char *(*space)(const char *at, const char *end);
};

/* The ways this machine supports, fastest first, counted by `rank` from 0; the
 * last is plain C and always there. NULL when there are not so many. */
const struct kz_json_scan *kz_json_scan(size_t rank);

#endif
