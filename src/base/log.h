/* The program's log: one event, one line of key=value on stderr.
 *
 *   KZ_LOG(KZ_LOG_INFO, kz_log_event("serving"), kz_log_text("host", host),
 *          kz_log_count("port", 8642));
 *
 *   time=2026-02-03T04:05:06.000007Z level=info event=serving host=...
 * port=8642
 *
 * Under journald, which has the time itself, the line begins with its priority
 * ("<6>") instead. Values are quoted and escaped, so no byte from outside can
 * make a second line or move a terminal's cursor. Any thread; lines do not mix.
 * Folders below work/ do not log. Never log a secret. */
#ifndef KZ_BASE_LOG_H
#define KZ_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"

enum kz_log_level {
  KZ_LOG_DEBUG,
  KZ_LOG_INFO,
  KZ_LOG_WARNING,
  KZ_LOG_ERROR,
};

/* The level is the program's one global: what is below it is not written. */
void kz_log_set_level(enum kz_log_level level);
bool kz_log_is_on(enum kz_log_level level);
/* "debug", "info", "warning", "error"; KZ_E_INPUT for others. */
KZ_MUST_USE kz_rc kz_log_level_parse(kz_str name, enum kz_log_level *ret);

struct kz_log_field {
  const char *key; /* NULL ends a list */
  kz_str text;
  int64_t number;
  bool is_number;
};

/* Fields of a line; the text is borrowed until the call returns. */
static inline struct kz_log_field kz_log_text(const char *key, kz_str text) {
  return (struct kz_log_field){.key = key, .text = text};
}
static inline struct kz_log_field kz_log_count(const char *key,
                                               int64_t number) {
  return (struct kz_log_field){.key = key, .number = number, .is_number = true};
}
static inline struct kz_log_field kz_log_event(const char *name) {
  return kz_log_text("event", kz_str_of(name));
}
static inline struct kz_log_field kz_log_err(const struct kz_err *err) {
  return kz_log_text("error", kz_str_of(err->text));
}

/* Writes one line when the level is on. The event comes first. */
#define KZ_LOG(level, ...)                                                     \
  do {                                                                         \
    if (kz_log_is_on(level)) {                                                 \
      kz_log_write(level,                                                      \
                   (const struct kz_log_field[]){__VA_ARGS__, {.key = NULL}}); \
    }                                                                          \
  } while (0)

/* What KZ_LOG calls, with at least one field. Of a line longer than 8 KB only
 * the first field is told; what cannot be written is lost. */
void kz_log_write(enum kz_log_level level, const struct kz_log_field *fields);

/* Appends "key=value key=value" without an end of line; the pure part. Values
 * are cut after 1 KB. */
void kz_log_format(const struct kz_log_field *fields, struct kz_buf *out);

#endif
