/* Adding is one atomic addition; a thread that finds the next drawing due wins
 * it by compare-and-swap, so nobody waits for the terminal but the one. */
#include "base/progress.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

enum {
  DRAW_EVERY_US = 200000,
  LINE_BYTES = 512,
};

struct kz_progress {
  const char *title;
  const char *unit;
  bool is_drawn;
  int64_t start_us;
  _Atomic uint64_t done;
  _Atomic uint64_t total;
  _Atomic int64_t next_draw_us;
};

struct kz_progress *kz_progress_new(const char *title, const char *unit,
                                    uint64_t total) {
  struct kz_progress *progress = calloc(1, sizeof *progress);
  if (!progress) {
    return NULL;
  }
  progress->title = title;
  progress->unit = unit;
  progress->is_drawn = isatty(STDERR_FILENO) == 1;
  progress->start_us = kz_clock_monotonic_us();
  atomic_init(&progress->total, total);
  atomic_init(&progress->next_draw_us, progress->start_us + DRAW_EVERY_US);
  return progress;
}

static void add_grouped(struct kz_buf *out, uint64_t number) {
  char digits[32];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
  for (int i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) {
      kz_buf_add_byte(out, ',');
    }
    kz_buf_add_byte(out, digits[i]);
  }
}

/* For display only: what no job reaches is cut instead of overflowing. */
static uint64_t whole(double number) {
  return number < 1e15 ? (uint64_t)number : (uint64_t)1e15;
}

static void add_span(struct kz_buf *out, uint64_t seconds) {
  if (seconds >= 3600) {
    kz_buf_add_format(out, "%llu h %llu min",
                      (unsigned long long)seconds / 3600,
                      (unsigned long long)seconds / 60 % 60);
  } else if (seconds >= 60) {
    kz_buf_add_format(out, "%llu min %llu s", (unsigned long long)seconds / 60,
                      (unsigned long long)seconds % 60);
  } else {
    kz_buf_add_format(out, "%llu s", (unsigned long long)seconds);
  }
}

void kz_progress_format(const struct kz_progress_state *state,
                        struct kz_buf *out) {
  uint64_t done = state->done;
  uint64_t total = state->total;
  kz_buf_add_str(out, kz_str_of(state->title));
  if (total > 0) {
    double part = done < total ? (double)done / (double)total : 1;
    kz_buf_add_format(out, "  %d %%", (int)(100 * part));
  }
  kz_buf_add_str(out, KZ_STR("  "));
  add_grouped(out, done);
  if (total > 0) {
    kz_buf_add_str(out, KZ_STR(" of "));
    add_grouped(out, total);
  }
  kz_buf_add_byte(out, ' ');
  kz_buf_add_str(out, kz_str_of(state->unit));
  if (state->elapsed_us <= 0 || done == 0) {
    return;
  }
  double seconds = (double)state->elapsed_us / (double)KZ_SECOND_US;
  double rate = (double)done / seconds;
  kz_buf_add_str(out, KZ_STR("  "));
  add_grouped(out, whole(rate));
  kz_buf_add_str(out, KZ_STR("/s  "));
  if (total > done) {
    add_span(out, whole((double)(total - done) / rate) + 1);
    kz_buf_add_str(out, KZ_STR(" left"));
  } else {
    kz_buf_add_str(out, KZ_STR("in "));
    add_span(out, whole(seconds));
  }
}

static void draw(struct kz_progress *progress, const char *end) {
  KZ_BUF(line, LINE_BYTES);
  struct kz_progress_state state = {
      .title = progress->title,
      .unit = progress->unit,
      .done = atomic_load(&progress->done),
      .total = atomic_load(&progress->total),
      .elapsed_us = kz_clock_monotonic_us() - progress->start_us,
  };
  kz_buf_add_byte(&line, '\r');
  kz_progress_format(&state, &line);
  kz_buf_add_str(&line, KZ_STR("\x1b[K")); /* clear what was longer before */
  kz_buf_add_str(&line, kz_str_of(end));
  ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
  (void)written; /* a drawing that is lost is drawn again */
}

void kz_progress_free(struct kz_progress *progress) {
  if (!progress) {
    return;
  }
  if (progress->is_drawn) {
    draw(progress, "\n");
  }
  free(progress);
}

void kz_progress_add(struct kz_progress *progress, uint64_t count) {
  if (!progress) {
    return;
  }
  atomic_fetch_add_explicit(&progress->done, count, memory_order_relaxed);
  if (!progress->is_drawn) {
    return;
  }
  int64_t now_us = kz_clock_monotonic_us();
  int64_t due_us = atomic_load(&progress->next_draw_us);
  if (now_us >= due_us &&
      atomic_compare_exchange_strong(&progress->next_draw_us, &due_us,
                                     now_us + DRAW_EVERY_US)) {
    draw(progress, "");
  }
}

void kz_progress_set_total(struct kz_progress *progress, uint64_t total) {
  if (progress) {
    atomic_store(&progress->total, total);
  }
}
