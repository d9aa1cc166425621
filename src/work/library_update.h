/* Takes libraries in from a folder or an archive: finds the files, passes over
 * those that are as they were, tells which are broken. Any thread; two updates
 * wait for each other. */
#ifndef KZ_WORK_LIBRARY_UPDATE_H
#define KZ_WORK_LIBRARY_UPDATE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "format/library_file.h"
#include "work/house.h"

enum {
  KZ_LIBRARY_FILE_MAX = 256 << 20, /* bytes of one file */
  KZ_LIBRARY_PROBLEMS = 1000,      /* how many are listed */
};

#define KZ_LIBRARY_BIT(kind) (1u << (kind))
#define KZ_LIBRARY_ALL (KZ_LIBRARY_BIT(KZ_LIBRARY_KINDS) - 1)

struct kz_library_count {
  size_t files;
  size_t taken;
  size_t unchanged;
  size_t broken;
};

struct kz_library_problem {
  kz_str file;
  kz_str words;
};

struct kz_library_report {
  struct kz_library_count counts[KZ_LIBRARY_KINDS];
  struct kz_library_problem *problems; /* the first KZ_LIBRARY_PROBLEMS */
  size_t problem_count;                /* all */
};

/* Takes in the files of `kinds` (a set of KZ_LIBRARY_BIT) that are in the
 * folder or archive `path`, or is it itself; file:// is a path too, http:// and
 * https:// an archive that is fetched as the settings have it. A broken file is
 * reported and the others are taken. The report lives in `arena`. KZ_NOT_FOUND
 * when there is no `path`; KZ_E_INPUT when it is neither folder nor archive nor
 * a file of ours; failures of the store end the update. */
KZ_MUST_USE kz_rc kz_library_update(struct kz_house *house, const char *path,
                                    unsigned kinds, struct kz_arena *arena,
                                    struct kz_library_report *ret,
                                    struct kz_err *err);

#endif
