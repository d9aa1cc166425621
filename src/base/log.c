/* A line is put together in memory and handed over by one write, which the
 * system does not interleave with others. */
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 8192, VALUE_MAX_BYTES = 1024 };

/* The lowest level that is written. */
static _Atomic int lowest = KZ_LOG_INFO;

static const struct {
  const char *name;
  int priority; /* of syslog */
} levels[] = {
    [KZ_LOG_DEBUG] = {"debug", 7},
    [KZ_LOG_INFO] = {"info", 6},
    [KZ_LOG_WARNING] = {"warning", 4},
    [KZ_LOG_ERROR] = {"error", 3},
};

void kz_log_set_level(enum kz_log_level level) {
  atomic_store_explicit(&lowest, (int)level, memory_order_relaxed);
}

bool kz_log_is_on(enum kz_log_level level) {
  return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

kz_rc kz_log_level_parse(kz_str name, enum kz_log_level *ret) {
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    if (kz_str_eq(name, kz_str_of(levels[i].name))) {
      *ret = (enum kz_log_level)i;
      return KZ_OK;
    }
  }
  return KZ_E_INPUT;
}

/* Whether it needs no quotes. */
static bool is_bare(kz_str value) {
  for (size_t i = 0; i < value.len; i++) {
    char c = value.ptr[i];
    if (!kz_is_alnum(c) && (c == '\0' || !strchr("._:/+@%,-", c))) {
      return false;
    }
  }
  return value.len > 0;
}

static void add_escaped_byte(struct kz_buf *out, char c) {
  switch (c) {
  case '"':
  case '\\':
    kz_buf_add_byte(out, '\\');
    kz_buf_add_byte(out, c);
    break;
  case '\n':
    kz_buf_add_str(out, KZ_STR("\\n"));
    break;
  case '\r':
    kz_buf_add_str(out, KZ_STR("\\r"));
    break;
  case '\t':
    kz_buf_add_str(out, KZ_STR("\\t"));
    break;
  default:
    kz_buf_add_format(out, "\\x%02x", (unsigned)(unsigned char)c);
  }
}

/* Whether a terminal shows it and does nothing else: no controls of either
 * kind, no line or paragraph separator, nothing that turns the direction. */
static bool is_shown(uint32_t point) {
  bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
  bool is_separator = point == 0x2028 || point == 0x2029;
  bool is_turn = point == 0x061C || point == 0x200E || point == 0x200F ||
                 (point >= 0x202A && point <= 0x202E) ||
                 (point >= 0x2066 && point <= 0x2069);
  return !is_control && !is_separator && !is_turn;
}

static void add_quoted(struct kz_buf *out, kz_str value) {
  kz_buf_add_byte(out, '"');
  while (value.len > 0) {
    uint32_t point = 0;
    size_t len = kz_utf8_decode(value, &point);
    bool is_plain = len > 0 && is_shown(point) && point != '"' && point != '\\';
    if (is_plain) {
      kz_buf_add(out, value.ptr, len);
    }
    for (size_t i = 0; !is_plain && i < (len ? len : 1); i++) {
      add_escaped_byte(out, value.ptr[i]);
    }
    value = kz_str_from(value, len ? len : 1);
  }
  kz_buf_add_byte(out, '"');
}

static void add_text(struct kz_buf *out, kz_str value) {
  kz_str shown = kz_str_head(value, VALUE_MAX_BYTES);
  if (is_bare(shown)) {
    kz_buf_add_str(out, shown);
  } else {
    add_quoted(out, shown);
  }
  if (shown.len < value.len) {
    kz_buf_add_str(out, KZ_STR("..."));
  }
}

void kz_log_format(const struct kz_log_field *fields, struct kz_buf *out) {
  for (const struct kz_log_field *f = fields; f->key; f++) {
    if (f != fields) {
      kz_buf_add_byte(out, ' ');
    }
    kz_buf_add_str(out, kz_str_of(f->key));
    kz_buf_add_byte(out, '=');
    if (f->is_number) {
      kz_buf_add_format(out, "%lld", (long long)f->number);
    } else {
      add_text(out, f->text);
    }
  }
}

/* systemd names the device and inode of the pipe it reads, so that a program
 * whose stderr was redirected can tell. */
static bool is_journal(void) {
  const char *named = getenv("JOURNAL_STREAM");
  struct stat st;
  if (!named || fstat(STDERR_FILENO, &st) != 0) {
    return false;
  }
  char own[64];
  (void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino);
  return strcmp(named, own) == 0;
}

static void add_head(struct kz_buf *out, enum kz_log_level level) {
  if (is_journal()) {
    kz_buf_add_format(out, "<%d>", levels[level].priority);
  } else {
    char time[KZ_TIME_TEXT];
    kz_str text = kz_clock_format_time(kz_clock_now_us(), time);
    kz_buf_add_str(out, KZ_STR("time="));
    kz_buf_add_str(out, kz_str_head(text, text.len - strlen("+00:00")));
    kz_buf_add_str(out, KZ_STR("Z "));
  }
  kz_buf_add_format(out, "level=%s ", levels[level].name);
}

void kz_log_write(enum kz_log_level level, const struct kz_log_field *fields) {
  KZ_BUF(line, LINE_MAX_BYTES);
  add_head(&line, level);
  kz_log_format(fields, &line);
  if (!kz_buf_add_byte(&line, '\n')) {
    kz_buf_clear(&line);
    add_head(&line, level);
    kz_buf_add_str(&line, KZ_STR("event=\"a line too long to log\" of="));
    add_text(&line, fields[0].text);
    kz_buf_add_byte(&line, '\n');
  }
  ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
  (void)written; /* there is nobody left to tell */
}
