/* Libraries: taxonomies, galaxies, warninglists and the like, taken from files
 * in the layouts of their public repositories (format/library_file.h).
 *
 * What a kind of file means is its subject's; here is what they share: one file
 * on its way to its subject, and the record that is kept of each file that was
 * taken, with the digest of its bytes. work/library_update.h finds the files.
 * Any thread. */
#ifndef KZ_WORK_LIBRARY_H
#define KZ_WORK_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "format/library_file.h"
#include "work/shelf.h"

struct kz_library;

enum { KZ_LIBRARY_DIGEST = 33 /* bytes of a digest's text with its NUL */ };

/* One file; all is borrowed for the time of the call. */
struct kz_library_file {
  enum kz_library_kind kind;
  kz_str key;  /* its name among its kind: "tlp" */
  kz_str path; /* for words */
  kz_str text;
};

/* What a subject says of a file that it took. Texts live in the arena.
 *
 * A subject takes a file by a function
 *
 *   kz_rc kz_X_take(struct kz_X *x, const struct kz_library_file *file,
 *                   struct kz_arena *arena, struct kz_library_taken *ret,
 *                   struct kz_err *err);
 *
 * which reads it into `arena` and puts it in the store in one commit, so that a
 * failure leaves what was before. KZ_OK: in force. KZ_UNCHANGED: what is there
 * is newer. KZ_E_INPUT, KZ_E_LIMIT: the file is broken, and the words begin
 * with the place ("line 3, column 1 (byte 9): ...", kz_library_wrong). */
struct kz_library_taken {
  kz_str name;
  uint64_t version;
  uint64_t entries;
};

KZ_MUST_USE kz_rc kz_library_open(struct kz_store *store,
                                  struct kz_library **ret_library,
                                  struct kz_err *err);
void kz_library_close(struct kz_library *library); /* NULL is fine */

/* Between them no other update runs. */
void kz_library_lock(struct kz_library *library);
void kz_library_unlock(struct kz_library *library);

/* The digest that a file's record would have. */
void kz_library_digest(kz_str text, char ret[KZ_LIBRARY_DIGEST]);
/* Whether the file was taken with this digest the last time. */
bool kz_library_is_known(struct kz_library *library,
                         const struct kz_library_file *file,
                         const char *digest);
/* Makes the record that says that it was taken, to be applied with others
 * (kz_shelf_apply); it lives in `arena`. */
KZ_MUST_USE kz_rc kz_library_note(struct kz_library *library,
                                  const struct kz_library_file *file,
                                  const char *digest,
                                  const struct kz_library_taken *taken,
                                  struct kz_arena *arena,
                                  struct kz_shelf_change *ret);

/* The records, for lists: {"file","kind","key","name","version","entries",
 * "digest","source","taken"}. Read only. */
struct kz_shelf *kz_library_records(struct kz_library *library);

/* Makes the next update take the file in even when it is as it was: after its
 * content was deleted by other ways. */
KZ_MUST_USE kz_rc kz_library_forget(struct kz_library *library,
                                    enum kz_library_kind kind, kz_str key,
                                    struct kz_err *err);

#endif
