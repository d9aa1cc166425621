/* All three forms go through one input block of fixed size. A compressed stream
 * may end between members (gzip) or frames (Zstandard) only, which is how a cut
 * file is told from a whole one. */
#include "base/stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/file.h"

enum {
  INPUT_SIZE = 256 << 10, /* bytes */
  MAGIC_LEN = 4,
  GZIP_ONLY = 15 + 16, /* zlib's word for: largest window, gzip header */
  WINDOW_LOG_MAX = 27, /* of Zstandard: 128 MB */
  ALL_STEP = 256 << 10 /* bytes asked for at a time by read_all */
};

enum form { FORM_PLAIN, FORM_GZIP, FORM_ZSTD };

struct kz_stream {
  char *name;
  int fd;
  bool owns_fd;
  enum form form;
  bool is_between; /* members or frames: here the stream may end */
  bool at_end;     /* of the file */
  uint64_t ceiling;
  uint64_t given; /* plain bytes */
  uint64_t taken; /* bytes of the file */
  uint64_t size;
  z_stream gzip;
  ZSTD_DStream *zstd;
  struct kz_err failure; /* rc is KZ_OK while there is none */
  size_t in_at;
  size_t in_len;
  uint8_t in[INPUT_SIZE];
};

/* Reads once behind what is in the input block; sets at_end. */
static kz_rc read_more(struct kz_stream *s) {
  if (s->in_at == s->in_len) {
    s->in_at = 0;
    s->in_len = 0;
  }
  ssize_t got = -1;
  do {
    got = read(s->fd, s->in + s->in_len, sizeof s->in - s->in_len);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return kz_file_explain(s->name, "read", errno, &s->failure);
  }
  s->at_end = got == 0;
  s->in_len += (size_t)got;
  s->taken += (uint64_t)got;
  return KZ_OK;
}

static enum form form_of(const uint8_t *in, size_t len) {
  if (len >= 2 && in[0] == 0x1F && in[1] == 0x8B) {
    return FORM_GZIP;
  }
  if (len < MAGIC_LEN) {
    return FORM_PLAIN;
  }
  bool is_frame = memcmp(in, "\x28\xB5\x2F\xFD", MAGIC_LEN) == 0;
  bool is_skippable =
      (in[0] & 0xF0) == 0x50 && memcmp(in + 1, "\x2A\x4D\x18", 3) == 0;
  return is_frame || is_skippable ? FORM_ZSTD : FORM_PLAIN;
}

static kz_rc start_gzip(struct kz_stream *s) {
  if (inflateInit2(&s->gzip, GZIP_ONLY) != Z_OK) {
    return kz_err_set(&s->failure, KZ_E_MEMORY, "%s: out of memory", s->name);
  }
  return KZ_OK;
}

static kz_rc start_zstd(struct kz_stream *s) {
  s->zstd = ZSTD_createDStream();
  if (!s->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(
                      s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
    return kz_err_set(&s->failure, KZ_E_MEMORY, "%s: out of memory", s->name);
  }
  return KZ_OK;
}

/* Looks at the first bytes, which may come in small pieces from a pipe. */
static kz_rc start(struct kz_stream *s) {
  while (s->in_len < MAGIC_LEN && !s->at_end) {
    kz_rc rc = read_more(s);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  s->form = form_of(s->in, s->in_len);
  switch (s->form) {
  case FORM_PLAIN:
    return KZ_OK;
  case FORM_GZIP:
    return start_gzip(s);
  case FORM_ZSTD:
    return start_zstd(s);
  }
  return KZ_OK;
}

static kz_rc open_stream(struct kz_stream *s, const char *name,
                         uint64_t ceiling) {
  s->ceiling = ceiling;
  s->is_between = true;
  s->name = strdup(name);
  if (!s->name) {
    return kz_err_set(&s->failure, KZ_E_MEMORY, "%s: out of memory", name);
  }
  struct stat st;
  if (fstat(s->fd, &st) != 0) {
    return kz_file_explain(name, "open", errno, &s->failure);
  }
  s->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
  return start(s);
}

/* Over `fd`, which may be negative with errno set by open. */
static kz_rc make_stream(int fd, bool owns_fd, const char *name,
                         uint64_t ceiling, struct kz_stream **ret,
                         struct kz_err *err) {
  struct kz_stream *s = calloc(1, sizeof *s);
  if (!s) {
    if (owns_fd) {
      (void)close(fd);
    }
    return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", name);
  }
  s->fd = fd;
  s->owns_fd = owns_fd;
  kz_rc rc = open_stream(s, name, ceiling);
  if (rc != KZ_OK) {
    (void)kz_err_set(err, rc, "%s", s->failure.text);
    kz_stream_close(s);
    return rc;
  }
  *ret = s;
  return KZ_OK;
}

kz_rc kz_stream_open(const char *path, uint64_t ceiling, struct kz_stream **ret,
                     struct kz_err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return kz_file_explain(path, "open", errno, err);
  }
  return make_stream(fd, true, path, ceiling, ret, err);
}

kz_rc kz_stream_of_fd(int fd, const char *name, uint64_t ceiling,
                      struct kz_stream **ret, struct kz_err *err) {
  return make_stream(fd, false, name, ceiling, ret, err);
}

void kz_stream_close(struct kz_stream *stream) {
  if (!stream) {
    return;
  }
  if (stream->form == FORM_GZIP) {
    (void)inflateEnd(&stream->gzip);
  }
  (void)ZSTD_freeDStream(stream->zstd);
  if (stream->owns_fd) {
    (void)close(stream->fd);
  }
  free(stream->name);
  free(stream);
}

/* Each of these three moves what it can from the input block to `to`, which
 * may be nothing when the block is empty. */
static kz_rc copy_plain(struct kz_stream *s, void *to, size_t size,
                        size_t *ret_len) {
  size_t left = s->in_len - s->in_at;
  size_t len = left < size ? left : size;
  memcpy(to, s->in + s->in_at, len);
  s->in_at += len;
  *ret_len = len;
  return KZ_OK;
}

static kz_rc expand_gzip(struct kz_stream *s, void *to, size_t size,
                         size_t *ret_len) {
  if (s->is_between) {
    if (s->in_at == s->in_len) {
      return KZ_OK;
    }
    (void)inflateReset(&s->gzip); /* fails for no stream that was started */
    s->is_between = false;
  }
  uInt room = size < UINT32_MAX ? (uInt)size : UINT32_MAX;
  s->gzip.next_in = s->in + s->in_at;
  s->gzip.avail_in = (uInt)(s->in_len - s->in_at);
  s->gzip.next_out = to;
  s->gzip.avail_out = room;
  int code = inflate(&s->gzip, Z_NO_FLUSH);
  s->in_at = s->in_len - s->gzip.avail_in;
  *ret_len = room - s->gzip.avail_out;
  if (code == Z_MEM_ERROR) {
    return kz_err_set(&s->failure, KZ_E_MEMORY, "%s: out of memory", s->name);
  }
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
    return kz_err_set(&s->failure, KZ_E_INPUT, "%s: damaged gzip data: %s",
                      s->name, s->gzip.msg ? s->gzip.msg : "unknown form");
  }
  s->is_between = code == Z_STREAM_END;
  return KZ_OK;
}

static kz_rc expand_zstd(struct kz_stream *s, void *to, size_t size,
                         size_t *ret_len) {
  if (s->is_between && s->in_at == s->in_len) {
    return KZ_OK;
  }
  ZSTD_inBuffer in = {s->in, s->in_len, s->in_at};
  ZSTD_outBuffer out = {to, size, 0};
  size_t code = ZSTD_decompressStream(s->zstd, &out, &in);
  s->in_at = in.pos;
  *ret_len = out.pos;
  if (!ZSTD_isError(code)) {
    s->is_between = code == 0;
    return KZ_OK;
  }
  ZSTD_ErrorCode error = ZSTD_getErrorCode(code);
  kz_rc rc = error == ZSTD_error_frameParameter_windowTooLarge ? KZ_E_LIMIT
             : error == ZSTD_error_memory_allocation           ? KZ_E_MEMORY
                                                               : KZ_E_INPUT;
  return kz_err_set(&s->failure, rc, "%s: damaged zstd data: %s", s->name,
                    ZSTD_getErrorName(code));
}

static kz_rc move_some(struct kz_stream *s, void *to, size_t size,
                       size_t *ret_len) {
  *ret_len = 0;
  switch (s->form) {
  case FORM_PLAIN:
    return copy_plain(s, to, size, ret_len);
  case FORM_GZIP:
    return expand_gzip(s, to, size, ret_len);
  case FORM_ZSTD:
    return expand_zstd(s, to, size, ret_len);
  }
  return KZ_E_INTERNAL;
}

/* Moves at least one byte, or says why there is none. */
static kz_rc move_any(struct kz_stream *s, void *to, size_t size,
                      size_t *ret_len) {
  for (;;) {
    kz_rc rc = move_some(s, to, size, ret_len);
    if (rc != KZ_OK || *ret_len > 0) {
      return rc;
    }
    if (s->in_at < s->in_len) {
      continue; /* a header or an empty member was passed */
    }
    if (s->at_end) {
      break;
    }
    rc = read_more(s);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  if (!s->is_between) {
    return kz_err_set(&s->failure, KZ_E_INPUT,
                      "%s: the compressed data ends too soon", s->name);
  }
  return KZ_END;
}

kz_rc kz_stream_read(struct kz_stream *stream, void *to, size_t size,
                     size_t *ret_len, struct kz_err *err) {
  assert(size > 0);
  kz_rc rc = stream->failure.rc;
  size_t len = 0;
  if (rc == KZ_OK) {
    /* One byte past the ceiling tells "more" from "just as much". */
    uint64_t left = stream->ceiling - stream->given;
    size_t wanted = size - 1 < left ? size : (size_t)left + 1;
    rc = move_any(stream, to, wanted, &len);
    if (rc == KZ_OK && len > left) {
      rc = kz_err_set(&stream->failure, KZ_E_LIMIT,
                      "%s: more than %llu bytes when read", stream->name,
                      (unsigned long long)stream->ceiling);
    }
  }
  if (rc != KZ_OK) {
    return rc == KZ_END ? rc : kz_err_set(err, rc, "%s", stream->failure.text);
  }
  stream->given += len;
  *ret_len = len;
  return KZ_OK;
}

kz_rc kz_stream_read_all(struct kz_stream *stream, struct kz_buf *out,
                         struct kz_err *err) {
  for (;;) {
    size_t left = out->max - out->len;
    char spare = 0;
    size_t wanted = left < ALL_STEP ? left : ALL_STEP;
    char *to = wanted > 0 ? kz_buf_room(out, wanted) : &spare;
    if (!to) {
      return kz_err_set(err, KZ_E_MEMORY, "%s: out of memory", stream->name);
    }
    size_t len = 0;
    kz_rc rc = kz_stream_read(stream, to, wanted > 0 ? wanted : 1, &len, err);
    if (rc != KZ_OK) {
      return rc == KZ_END ? KZ_OK : rc;
    }
    if (to == &spare) {
      return kz_err_set(err, KZ_E_LIMIT, "%s: more than %zu bytes when read",
                        stream->name, out->max);
    }
    out->len += len;
  }
}

uint64_t kz_stream_taken(const struct kz_stream *stream) {
  return stream->taken;
}

uint64_t kz_stream_size(const struct kz_stream *stream) {
  return stream->size;
}
