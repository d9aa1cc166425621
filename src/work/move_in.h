/* Moving in: a whole MISP database, from its dump or from the running server,
 * into the store. Events with all that is in them, organisations, roles, users
 * without their secrets, sharing groups, tags, sightings, reports and
 * proposals.
 *
 * A database keeps attributes by their own numbers, not by event, and is larger
 * than memory: the rows are sorted on disk first (base/sorter.h,
 * docs/decisions/0007-moving-in-sorts-on-disk.md). From there on it is an
 * import like others, so doing it again skips what is in. No host is contacted
 * but the one that is named. */
#ifndef KZ_WORK_MOVE_IN_H
#define KZ_WORK_MOVE_IN_H

#include "base/err.h"
#include "base/rc.h"
#include "base/str.h"
#include "work/house.h"
#include "work/ingest.h"

/* `from` is the path of a dump (plain, .gz, .zst) or
 * mysql://user:password@host:port/database (net/sql_client.h). The report as
 * of kz_ingest; an error's line is the dump's, or the row's number in its
 * table. Failures: the store, or the database that cannot be read at all. */
KZ_MUST_USE kz_rc kz_move_in(struct kz_house *house, kz_str from,
                             const struct kz_ingest_options *options,
                             struct kz_ingest_progress *progress,
                             struct kz_ingest_report **ret_report,
                             struct kz_err *err);

#endif
