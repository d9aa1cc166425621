/* A file of misp-warninglists: lists/X/list.json. Pure, any thread. */
#ifndef KZ_FORMAT_LIBRARY_WARNINGLIST_H
#define KZ_FORMAT_LIBRARY_WARNINGLIST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/str.h"
#include "model/warninglist.h"

/* Reads the list into `arena`. Entries are texts, or objects with "value" and
 * "comment"; a type that is absent is "string", no matching attributes are all.
 * `*ret_entries`, when asked for, is the array that they stand in, one for one,
 * for words about places (kz_library_wrong). KZ_E_INPUT with the place,
 * KZ_E_LIMIT, KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_library_warninglist(kz_str text, struct kz_arena *arena,
                                         struct kz_warninglist *ret,
                                         const struct kz_jsonv **ret_entries,
                                         struct kz_err *err);

#endif
