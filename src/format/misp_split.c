/* A state machine over the bytes around events; inside of one only its
 * brackets are watched (format/brackets.h). Whether a '{' begins an event or
 * the envelope {"response":...} is told by its first key.
 *
 * After bytes that make no sense it is "lost" and goes on at the next
 * {"Event", or, outside a list, at the next line that begins with '{'. Those
 * two marks also end an event whose own brackets do not match: the first
 * everywhere, the second once the stream has proven to have an event a line.
 * That takes a look at the bytes after a line end, hence the few bytes that may
 * be carried over from one piece to the next. */
#include "format/misp_split.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/brackets.h"

#define EVENT_MARK KZ_STR("{\"Event\"")

enum {
  KEY_MAX = 8 /* bytes: "response", the longest key that matters */,
  MARK_LENGTH = 8 /* of EVENT_MARK */
};

enum state {
  BETWEEN, /* an event, a list or an end may come */
  OPENED,  /* after the '{' of a candidate */
  KEY,     /* in its first key */
  VALUE,   /* after the key "response" */
  EVENT,   /* in an event, after its first key */
  TAIL,    /* in what follows the list in an envelope */
  LOST,    /* after bytes that make no sense */
};

struct kz_misp_split {
  struct kz_misp_split_sink sink;
  struct kz_brackets brackets;
  enum state state;
  bool in_list;
  bool in_envelope;
  bool is_search;              /* the candidate was found while lost */
  bool is_too_large;           /* the event is: passed over */
  bool is_line_proven;         /* two events on end had a line each */
  uint64_t offset;             /* of the bytes being fed */
  struct kz_json_place origin; /* of the candidate or event */
  uint64_t last_line; /* where the last event began and ended; 0: did not */
  const char *begin;  /* of its part in the bytes being fed; NULL: not in one */
  struct kz_buf pending; /* its parts in bytes fed before */
  char key[KEY_MAX];
  size_t key_len;
  char carry[MARK_LENGTH];
  size_t carry_len;
};

struct kz_misp_split *kz_misp_split_new(const struct kz_misp_split_sink *sink,
                                        size_t ceiling) {
  struct kz_misp_split *split = calloc(1, sizeof *split);
  if (!split) {
    return NULL;
  }
  split->sink = *sink;
  split->brackets.is_line_start = true;
  kz_buf_init(&split->pending, ceiling);
  return split;
}

void kz_misp_split_free(struct kz_misp_split *split) {
  if (split) {
    kz_buf_done(&split->pending);
    free(split);
  }
}

static struct kz_json_place place_at(const struct kz_misp_split *split,
                                     uint64_t byte) {
  return (struct kz_json_place){
      .line = split->brackets.lines + 1,
      .column = byte - split->brackets.line_start + 1,
      .byte = byte,
  };
}

static void report(struct kz_misp_split *split,
                   const struct kz_json_place *place, const char *message) {
  if (split->sink.problem) {
    split->sink.problem(split->sink.ctx, place, message);
  }
}

/* Bytes being fed and how far we are in them. */
struct piece {
  const char *start;
  const char *at;
  const char *end;
  bool is_last; /* nothing follows */
};

static uint64_t byte_of(const struct kz_misp_split *split,
                        const struct piece *piece) {
  return split->offset + (uint64_t)(piece->at - piece->start);
}

/* Passes a byte outside of events. */
static void pass(struct kz_misp_split *split, struct piece *piece) {
  struct kz_brackets *brackets = &split->brackets;
  brackets->is_line_start = *piece->at == '\n';
  piece->at++;
  if (brackets->is_line_start) {
    brackets->lines++;
    brackets->line_start = byte_of(split, piece);
  }
}

/* From here on the brackets are counted, one being open. */
static void count_brackets(struct kz_misp_split *split) {
  split->brackets.depth = 1;
  split->brackets.in_string = false;
  split->brackets.is_escaped = false;
  split->brackets.is_line_start = false;
}

/* Passes the '{' of what may be an event. */
static void begin_candidate(struct kz_misp_split *split, struct piece *piece,
                            bool is_search) {
  split->origin = place_at(split, byte_of(split, piece));
  split->begin = piece->at;
  split->is_search = is_search;
  split->is_too_large = false;
  split->key_len = 0;
  kz_buf_clear(&split->pending);
  count_brackets(split);
  piece->at++;
  split->state = OPENED;
}

static void drop_candidate(struct kz_misp_split *split, enum state next) {
  split->begin = NULL;
  kz_buf_clear(&split->pending);
  split->state = next;
}

/* Keeps the part up to `end` for when the event is whole. */
static kz_rc keep_part(struct kz_misp_split *split, const char *end) {
  size_t len = (size_t)(end - split->begin);
  if (split->is_too_large) {
    return KZ_OK;
  }
  if (len > split->pending.max - split->pending.len) {
    split->is_too_large = true;
    kz_buf_clear(&split->pending);
    return KZ_OK;
  }
  return kz_buf_add(&split->pending, split->begin, len) ? KZ_OK : KZ_E_MEMORY;
}

/* Hands out the event that ends at `end`. */
static kz_rc hand_out(struct kz_misp_split *split, const char *end) {
  kz_str text = {split->begin, (size_t)(end - split->begin)};
  if (split->pending.len > 0 || text.len > split->pending.max) {
    kz_rc rc = keep_part(split, end);
    if (rc != KZ_OK) {
      return rc;
    }
    text = kz_buf_str(&split->pending);
  }
  split->begin = NULL;
  if (split->is_too_large) {
    report(split, &split->origin, "the event is larger than allowed");
    return KZ_OK;
  }
  return split->sink.event(split->sink.ctx, text, &split->origin);
}

static bool is_in(const struct kz_misp_split *split) {
  return split->in_list || split->in_envelope;
}

static void enter_tail(struct kz_misp_split *split) {
  count_brackets(split);
  split->state = TAIL;
}

static bool is_mark_byte(uint64_t byte, char c) {
  static const char mark[] = "\xEF\xBB\xBF"; /* UTF-8's */
  return byte < sizeof mark - 1 && c == mark[byte];
}

static void look_between(struct kz_misp_split *split, struct piece *piece) {
  char c = *piece->at;
  if (c == '{') {
    begin_candidate(split, piece, false);
  } else if (kz_is_space(c) || (c == ',' && split->in_list) ||
             is_mark_byte(byte_of(split, piece), c)) {
    pass(split, piece);
  } else if (c == '[' && !is_in(split)) {
    split->in_list = true;
    pass(split, piece);
  } else if (c == ']' && split->in_list) {
    split->in_list = false;
    pass(split, piece);
    if (split->in_envelope) {
      enter_tail(split);
    }
  } else {
    struct kz_json_place place = place_at(split, byte_of(split, piece));
    report(split, &place, "neither an event nor what may stand around one");
    split->state = LOST;
  }
}

static void look_opened(struct kz_misp_split *split, struct piece *piece) {
  if (kz_is_space(*piece->at)) {
    pass(split, piece);
  } else if (*piece->at == '"') {
    pass(split, piece);
    split->state = KEY;
  } else if (split->is_search) {
    drop_candidate(split, LOST);
  } else {
    split->state = EVENT;
  }
}

/* The first key is read. */
static void judge_key(struct kz_misp_split *split) {
  kz_str key = {split->key, split->key_len};
  if (kz_str_eq(key, KZ_STR("response")) && !is_in(split) &&
      !split->is_search) {
    split->in_envelope = true;
    drop_candidate(split, VALUE);
  } else if (split->is_search && !kz_str_eq(key, KZ_STR("Event"))) {
    drop_candidate(split, LOST);
  } else {
    split->state = EVENT;
  }
}

static void look_key(struct kz_misp_split *split, struct piece *piece) {
  char c = *piece->at;
  if (c == '"') {
    pass(split, piece);
    judge_key(split);
  } else if (split->key_len < KEY_MAX && c != '\\' && c != '\n') {
    split->key[split->key_len++] = c;
    pass(split, piece);
  } else if (split->is_search) {
    drop_candidate(split, LOST);
  } else {
    split->brackets.in_string = true;
    split->state = EVENT;
  }
}

static void look_value(struct kz_misp_split *split, struct piece *piece) {
  char c = *piece->at;
  if (c == '{') {
    begin_candidate(split, piece, false);
  } else if (c == '[') {
    split->in_list = true;
    split->state = BETWEEN;
    pass(split, piece);
  } else if (c == ':' || kz_is_space(c)) {
    pass(split, piece);
  } else {
    struct kz_json_place place = place_at(split, byte_of(split, piece));
    report(split, &place, "the response is neither an event nor a list");
    enter_tail(split);
  }
}

static void look_lost(struct kz_misp_split *split, struct piece *piece) {
  if (*piece->at == '{') {
    bool is_line = split->brackets.is_line_start && !is_in(split);
    begin_candidate(split, piece, !is_line);
  } else {
    pass(split, piece);
  }
}

/* After an event: have two on end had a line each? */
static void watch_lines(struct kz_misp_split *split) {
  bool has_own_line = !is_in(split) && split->origin.column == 1 &&
                      split->origin.line == split->brackets.lines + 1;
  split->is_line_proven =
      has_own_line && split->last_line + 1 == split->origin.line;
  split->last_line = has_own_line ? split->origin.line : 0;
}

/* Whether the '{' at a line's start, inside an event, begins the next one.
 * `*ret_wants_more` when the bytes do not tell yet. */
static bool begins_next(const struct kz_misp_split *split,
                        const struct piece *piece, bool *ret_wants_more) {
  if (split->is_line_proven && !is_in(split)) {
    return true;
  }
  kz_str ahead = {piece->at, (size_t)(piece->end - piece->at)};
  *ret_wants_more = ahead.len < MARK_LENGTH && !piece->is_last;
  return kz_str_starts(ahead, EVENT_MARK);
}

static kz_rc look_event(struct kz_misp_split *split, struct piece *piece,
                        bool *ret_wants_more) {
  kz_rc rc = KZ_OK;
  switch (kz_brackets_scan(&split->brackets, &piece->at, piece->end,
                           byte_of(split, piece))) {
  case KZ_BRACKETS_END:
    break;
  case KZ_BRACKETS_CLOSED:
    rc = hand_out(split, piece->at);
    watch_lines(split);
    split->state = BETWEEN;
    if (split->in_envelope && !split->in_list) {
      enter_tail(split);
    }
    break;
  case KZ_BRACKETS_LINE:
    if (begins_next(split, piece, ret_wants_more)) {
      rc = hand_out(split, piece->at);
      split->in_envelope = split->in_envelope && split->in_list;
      split->state = BETWEEN;
    } else {
      split->brackets.is_line_start = *ret_wants_more;
    }
    break;
  }
  return rc;
}

static void look_tail(struct kz_misp_split *split, struct piece *piece) {
  if (kz_brackets_scan(&split->brackets, &piece->at, piece->end,
                       byte_of(split, piece)) == KZ_BRACKETS_CLOSED) {
    split->in_envelope = false;
    split->state = BETWEEN;
  }
  split->brackets.is_line_start = false;
}

static kz_rc look(struct kz_misp_split *split, struct piece *piece,
                  bool *ret_wants_more) {
  switch (split->state) {
  case BETWEEN:
    look_between(split, piece);
    break;
  case OPENED:
    look_opened(split, piece);
    break;
  case KEY:
    look_key(split, piece);
    break;
  case VALUE:
    look_value(split, piece);
    break;
  case EVENT:
    return look_event(split, piece, ret_wants_more);
  case TAIL:
    look_tail(split, piece);
    break;
  case LOST:
    look_lost(split, piece);
    break;
  }
  return KZ_OK;
}

static bool is_open(const struct kz_misp_split *split) {
  return split->state == OPENED || split->state == KEY || split->state == EVENT;
}

/* Goes through the bytes; a few at their end may be left in `carry`. */
static kz_rc go_through(struct kz_misp_split *split, kz_str bytes,
                        bool is_last) {
  struct piece piece = {bytes.ptr, bytes.ptr, bytes.ptr + bytes.len, is_last};
  split->begin = is_open(split) ? piece.at : NULL;
  bool wants_more = false;
  while (piece.at < piece.end && !wants_more) {
    kz_rc rc = look(split, &piece, &wants_more);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  split->offset = byte_of(split, &piece);
  split->carry_len = (size_t)(piece.end - piece.at);
  memcpy(split->carry, piece.at, split->carry_len);
  return is_open(split) ? keep_part(split, piece.at) : KZ_OK;
}

kz_rc kz_misp_split_feed(struct kz_misp_split *split, kz_str bytes) {
  while (bytes.len > 0) {
    char head[MARK_LENGTH];
    kz_str next = bytes;
    size_t more = bytes.len;
    if (split->carry_len > 0) {
      size_t room = MARK_LENGTH - split->carry_len;
      more = room < bytes.len ? room : bytes.len;
      memcpy(split->carry + split->carry_len, bytes.ptr, more);
      split->carry_len += more;
      memcpy(head, split->carry, split->carry_len);
      next = (kz_str){head, split->carry_len};
    }
    bytes = kz_str_from(bytes, more);
    if (next.len < MARK_LENGTH && split->carry_len > 0) {
      return KZ_OK;
    }
    kz_rc rc = go_through(split, next, false);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  return KZ_OK;
}

kz_rc kz_misp_split_end(struct kz_misp_split *split) {
  char head[MARK_LENGTH];
  kz_str rest = {head, split->carry_len};
  memcpy(head, split->carry, split->carry_len);
  kz_rc rc = go_through(split, rest, true);
  if (rc == KZ_OK && is_open(split) &&
      (split->state == EVENT || !split->is_search)) {
    split->begin = head;
    return hand_out(split, head);
  }
  if (rc == KZ_OK && is_in(split) && split->state != LOST) {
    struct kz_json_place place = place_at(split, split->offset);
    report(split, &place, "the list of events is not closed");
  }
  return rc;
}
