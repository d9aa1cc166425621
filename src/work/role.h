/* Roles: what a user may do. MISP's permissions, its six roles from the first
 * start on, and whatever others an administrator makes of the same flags.
 *
 * Roles are documents on a shelf, whose members have MISP's names. */
#ifndef KZ_WORK_ROLE_H
#define KZ_WORK_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "work/shelf.h"

/* X(name of the flag, MISP's name). */
#define KZ_PERM_LIST(X)                                                        \
  X(ADD, "perm_add")                                                           \
  X(MODIFY, "perm_modify")                                                     \
  X(MODIFY_ORG, "perm_modify_org")                                             \
  X(PUBLISH, "perm_publish")                                                   \
  X(DELEGATE, "perm_delegate")                                                 \
  X(SYNC, "perm_sync")                                                         \
  X(ADMIN, "perm_admin") /* of his organisation */                             \
  X(AUDIT, "perm_audit")                                                       \
  X(AUTH, "perm_auth")                                                         \
  X(SITE_ADMIN, "perm_site_admin")                                             \
  X(REGEXP, "perm_regexp_access")                                              \
  X(TAGGER, "perm_tagger")                                                     \
  X(TEMPLATE, "perm_template")                                                 \
  X(SHARING_GROUP, "perm_sharing_group")                                       \
  X(TAG_EDITOR, "perm_tag_editor")                                             \
  X(SIGHTING, "perm_sighting")                                                 \
  X(OBJECT_TEMPLATE, "perm_object_template")                                   \
  X(PUBLISH_ZMQ, "perm_publish_zmq")                                           \
  X(PUBLISH_KAFKA, "perm_publish_kafka")                                       \
  X(DECAYING, "perm_decaying")                                                 \
  X(GALAXY_EDITOR, "perm_galaxy_editor")                                       \
  X(WARNINGLIST, "perm_warninglist")                                           \
  X(VIEW_FEED_CORRELATIONS, "perm_view_feed_correlations")                     \
  X(ANALYST_DATA, "perm_analyst_data")                                         \
  X(SKIP_OTP, "perm_skip_otp")                                                 \
  X(FULL, "perm_full")

enum kz_perm_number {
#define KZ_PERM_NUMBER(name, text) KZ_PERM_NUMBER_##name,
  KZ_PERM_LIST(KZ_PERM_NUMBER)
#undef KZ_PERM_NUMBER
      KZ_PERM_COUNT
};

/* Bits of struct kz_role.perms. */
enum kz_perm {
#define KZ_PERM_BIT(name, text) KZ_PERM_##name = 1 << KZ_PERM_NUMBER_##name,
  KZ_PERM_LIST(KZ_PERM_BIT)
#undef KZ_PERM_BIT
};

enum { KZ_PERM_ALL = (1 << KZ_PERM_COUNT) - 1 };

struct kz_role {
  uint64_t id;
  kz_str name;
  uint32_t perms;
  bool restricted_to_site_admin; /* only one may give it */
  uint32_t rate_limit;           /* requests in 15 minutes; 0: none */
};

/* MISP's names of the flags, by kz_perm_number. */
kz_str kz_perm_name(unsigned number);

/* Opens the shelf, with MISP's six roles when it is empty. */
KZ_MUST_USE kz_rc kz_roles_open(struct kz_store *store,
                                struct kz_shelf **ret_roles,
                                struct kz_err *err);

/* Reads a role's document; the name is borrowed from it. */
struct kz_role kz_role_read(const struct kz_jsonv *document);

/* The role of an id in `arena`; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_role_get(struct kz_shelf *roles, uint64_t id,
                              struct kz_arena *arena, struct kz_role *ret,
                              struct kz_err *err);

/* The role that new users get; KZ_NOT_FOUND when there is none. */
KZ_MUST_USE kz_rc kz_role_default(struct kz_shelf *roles, uint64_t *ret_id,
                                  struct kz_err *err);
/* Makes it the one. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_role_set_default(struct kz_shelf *roles, uint64_t id,
                                      struct kz_err *err);

#endif
