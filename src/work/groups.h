/* Sharing groups: organisations, perhaps of several servers, among whom
 * something is shared that is for nobody else.
 *
 * A group is a document on a shelf with MISP's members: name, uuid,
 * releasability, description, organisation_uuid and org_id (whose it is),
 * active, local, roaming, created, modified, SharingGroupOrg [{org_id, extend}]
 * and SharingGroupServer [{server_id, all_orgs}]; server 0 is this one.
 * Numbers of organisations are the dictionary's. Who is in which group is in
 * memory. Any thread. */
#ifndef KZ_WORK_GROUPS_H
#define KZ_WORK_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonv.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/store.h"
#include "work/shelf.h"

struct kz_groups;

KZ_MUST_USE kz_rc kz_groups_open(struct kz_store *store,
                                 struct kz_groups **ret_groups,
                                 struct kz_err *err);
void kz_groups_close(struct kz_groups *groups); /* NULL is fine */

/* The documents, for reading. */
struct kz_shelf *kz_groups_shelf(struct kz_groups *groups);

/* Grows whenever a group was changed: what was worked out before is old. */
uint64_t kz_groups_version(struct kz_groups *groups);

/* The groups an organisation is in, by name or because a group takes all
 * organisations of this server: ids, ascending, in `arena`. KZ_E_MEMORY. */
KZ_MUST_USE kz_rc kz_groups_of(struct kz_groups *groups, uint32_t org,
                               struct kz_arena *arena, const uint64_t **ret_ids,
                               size_t *ret_count);
/* Whether it is in that group. */
bool kz_groups_has(struct kz_groups *groups, uint64_t group, uint32_t org);
/* Whether it may add others: it owns the group or is in it with "extend". */
bool kz_groups_may_extend(struct kz_groups *groups, uint64_t group,
                          uint32_t org);

/* The document of a number or uuid; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_groups_get(struct kz_groups *groups, kz_str ref,
                                struct kz_arena *arena,
                                struct kz_jsonv **ret_document,
                                struct kz_err *err);

/* Adds (`*id` 0) or replaces. Completes what is not given: uuid, created,
 * modified, lists. KZ_E_INPUT with words that begin with a member: no name, a
 * wrong uuid, an organisation that is not known. KZ_E_CONFLICT likewise: the
 * name or uuid is another's. */
KZ_MUST_USE kz_rc kz_groups_save(struct kz_groups *groups, uint64_t *id,
                                 struct kz_jsonv *document,
                                 struct kz_arena *arena, struct kz_err *err);
KZ_MUST_USE kz_rc kz_groups_remove(struct kz_groups *groups, uint64_t id,
                                   struct kz_err *err);

/* Adds a member or changes whether it may extend; takes it out. KZ_NOT_FOUND:
 * no such group, not in it; KZ_UNCHANGED: it was so already. */
KZ_MUST_USE kz_rc kz_groups_add_org(struct kz_groups *groups, uint64_t id,
                                    uint32_t org, bool extend,
                                    struct kz_err *err);
KZ_MUST_USE kz_rc kz_groups_remove_org(struct kz_groups *groups, uint64_t id,
                                       uint32_t org, struct kz_err *err);
/* The same for servers. */
KZ_MUST_USE kz_rc kz_groups_add_server(struct kz_groups *groups, uint64_t id,
                                       uint64_t server, bool all_orgs,
                                       struct kz_err *err);
KZ_MUST_USE kz_rc kz_groups_remove_server(struct kz_groups *groups, uint64_t id,
                                          uint64_t server, struct kz_err *err);

/* The group as another server sent it with what it shares: {uuid, name,
 * SharingGroupOrg [{extend, Organisation {uuid, name}}] ...}. One that is
 * known by its uuid is taken as it is here. Otherwise, when `may_add`, it is
 * made with its organisations, which the dictionary learns; it must have
 * `org`, the receiver's, among them (0: that is not asked). KZ_NOT_FOUND: not
 * known and not made. */
KZ_MUST_USE kz_rc kz_groups_take(struct kz_groups *groups,
                                 const struct kz_jsonv *sent, uint32_t org,
                                 bool may_add, struct kz_arena *arena,
                                 uint64_t *ret_id, struct kz_err *err);

#endif
