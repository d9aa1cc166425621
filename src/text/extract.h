/* Finds the values in any pasted text: articles, mails, lists, tables, JSON,
 * defanged or not, English or Japanese, UTF-8 or what is meant to be.
 *
 * Found are IP addresses and networks, names, URLs (with and without scheme),
 * e-mail addresses, hashes and ssdeep, CVEs, file names, paths and "name|hash",
 * registry keys, AS numbers and Bitcoin addresses. docs/user/ask.md says with
 * examples what is taken for what. */
#ifndef KZ_TEXT_EXTRACT_H
#define KZ_TEXT_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/kind.h"
#include "model/type.h"

enum {
  KZ_EXTRACT_BYTES_MAX = 64 << 20, /* of one text */
  KZ_EXTRACT_VALUES_MAX = 4 << 20, /* different ones of all texts */
  KZ_EXTRACT_LINE_MAX = 4096,      /* bytes of a line that is a text value */
};

/* A value and where it stood first. */
struct kz_mention {
  kz_str value;   /* normal form for `type`; lives as long as the extract */
  kz_str text;    /* as it stood, borrowed from the text */
  size_t offset;  /* of `text`, bytes from the start of its text */
  uint64_t count; /* how often it stands there in one form or another */
  enum kz_kind kind;
  kz_type type;  /* what MISP would call it; a composite for "name|hash" */
  uint16_t port; /* that stood behind it the first time; 0: none */
  bool is_line;  /* a line beside what was recognised in it */
};

struct kz_extract;

/* Makes an extract without values. The caller owns it; one thread at a time.
 * NULL when out of memory. */
struct kz_extract *kz_extract_new(void);

/* Frees the extract and its values. NULL is fine. */
void kz_extract_free(struct kz_extract *extract);

/* Adds the values of `text`, in order of first appearance, each once: what
 * differs only in letter case is one value. The text must outlive the extract.
 * KZ_E_LIMIT when the text or the number of values is too large (what was found
 * so far stays), KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_extract_values(struct kz_extract *extract, kz_str text,
                                    struct kz_err *err);

/* The same for a list or a single value: a line of at most
 * KZ_EXTRACT_LINE_MAX bytes of UTF-8 in which nothing is recognised (a mutex,
 * the name of a malware) is a value of kind and type text itself. A line that
 * is more than what was recognised in it is there as well and marked: only who
 * knows it wants to hear of it. Blank lines and those that begin with '#' are
 * no values, nor is any line of JSON. */
KZ_MUST_USE kz_rc kz_extract_whole(struct kz_extract *extract, kz_str text,
                                   struct kz_err *err);

/* How many values there are, and one of them; `index` is below the count, the
 * pointer good until more is added. */
size_t kz_extract_count(const struct kz_extract *extract);
const struct kz_mention *kz_extract_at(const struct kz_extract *extract,
                                       size_t index);

#endif
