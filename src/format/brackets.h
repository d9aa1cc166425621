/* How deep in JSON's brackets a stream of bytes stands, at memory speed: finds
 * where a value ends without reading it. Knows strings and escapes; does not
 * ask whether a bracket is closed by its own kind, nor anything else that a
 * parser asks.
 *
 * A raw line end inside a string, which no JSON has, ends the string: so one
 * forgotten quote does not turn the rest of a file inside out.
 *
 * The struct is the caller's; one thread at a time. */
#ifndef KZ_FORMAT_BRACKETS_H
#define KZ_FORMAT_BRACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kz_brackets {
  size_t depth; /* open brackets */
  bool in_string;
  bool is_escaped; /* a backslash stands before the next byte */
  bool is_line_start;
  uint64_t lines;      /* line ends passed */
  uint64_t line_start; /* byte of the stream where the line begins */
};

enum kz_brackets_stop {
  KZ_BRACKETS_END,    /* of the bytes given */
  KZ_BRACKETS_CLOSED, /* the depth is 0; the closing bracket is passed */
  KZ_BRACKETS_LINE,   /* a '{' begins a line; it is not passed */
};

/* Goes on from `*at` (byte number `offset` of the stream) to the first reason
 * to stop and moves `*at` there. To pass a '{' that it stopped at, clear
 * is_line_start and call again. */
enum kz_brackets_stop kz_brackets_scan(struct kz_brackets *brackets,
                                       const char **at, const char *end,
                                       uint64_t offset);

/* The ways to do it that this machine supports, fastest first, counted by
 * `rank` from 0; the last goes byte by byte and is always there. NULL when
 * there are not so many. All tell the same: for tests. */
typedef enum kz_brackets_stop kz_brackets_way(struct kz_brackets *brackets,
                                              const char **at, const char *end,
                                              uint64_t offset);
kz_brackets_way *kz_brackets_way_of_rank(size_t rank);

#endif
