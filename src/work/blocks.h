/* Blocklists: events by uuid and organisations that create events by uuid,
 * which an administrator does not want here, from wherever they come.
 *
 * Entries are documents on two shelves: uuid (of the event or organisation),
 * event_info, event_orgc or org_name, comment, created. Any thread. */
#ifndef KZ_WORK_BLOCKS_H
#define KZ_WORK_BLOCKS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "base/uuid.h"
#include "model/event.h"
#include "store/store.h"
#include "work/shelf.h"

struct kz_blocks;

enum kz_block { KZ_BLOCK_EVENT, KZ_BLOCK_ORG };

KZ_MUST_USE kz_rc kz_blocks_open(struct kz_store *store,
                                 struct kz_blocks **ret_blocks,
                                 struct kz_err *err);
void kz_blocks_close(struct kz_blocks *blocks); /* NULL is fine */

/* The entries of a list, for reading and removing. */
struct kz_shelf *kz_blocks_shelf(struct kz_blocks *blocks, enum kz_block which);

/* Adds an entry for a uuid with the members of `about` (NULL: none), or
 * replaces them. */
KZ_MUST_USE kz_rc kz_blocks_put(struct kz_blocks *blocks, enum kz_block which,
                                const struct kz_uuid *uuid,
                                const struct kz_jsonv *about,
                                struct kz_arena *arena, struct kz_err *err);

/* KZ_E_DENIED with words when an event may not come in: its uuid or its
 * creator's is on a list. */
KZ_MUST_USE kz_rc kz_blocks_check(struct kz_blocks *blocks,
                                  const struct kz_uuid *event,
                                  const struct kz_org *creator,
                                  struct kz_err *err);

#endif
