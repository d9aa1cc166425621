/* A file, plain or compressed, read from front to end as plain bytes.
 *
 * gzip and Zstandard are known by their first bytes, whatever the name says;
 * several members or frames on end are one stream. One thread at a time.
 * Memory is constant: about 300 KB, with Zstandard up to its window (at most
 * 128 MB). */
#ifndef KZ_BASE_STREAM_H
#define KZ_BASE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"

struct kz_stream;

/* Opens a file. More than `ceiling` plain bytes is KZ_E_LIMIT when they are
 * read. KZ_NOT_FOUND when there is no such file. The caller owns the stream. */
KZ_MUST_USE kz_rc kz_stream_open(const char *path, uint64_t ceiling,
                                 struct kz_stream **ret, struct kz_err *err);

/* The same over an open descriptor, which stays the caller's and is not
 * closed; `name` (copied) stands for the path in errors. */
KZ_MUST_USE kz_rc kz_stream_of_fd(int fd, const char *name, uint64_t ceiling,
                                  struct kz_stream **ret, struct kz_err *err);

/* Frees; closes what kz_stream_open opened. NULL is fine. */
void kz_stream_close(struct kz_stream *stream);

/* Reads 1 to `size` bytes; KZ_END when there are no more. KZ_E_INPUT when the
 * compressed bytes are damaged or end too soon. A failure repeats. */
KZ_MUST_USE kz_rc kz_stream_read(struct kz_stream *stream, void *to,
                                 size_t size, size_t *ret_len,
                                 struct kz_err *err);

/* Appends all that is left to `out`, whose maximum is a second ceiling. */
KZ_MUST_USE kz_rc kz_stream_read_all(struct kz_stream *stream,
                                     struct kz_buf *out, struct kz_err *err);

/* Bytes taken from the file so far, compressed ones if it is compressed. */
uint64_t kz_stream_taken(const struct kz_stream *stream);
/* Bytes of the file; 0 when it is a pipe. */
uint64_t kz_stream_size(const struct kz_stream *stream);

#endif
