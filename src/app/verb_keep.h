/* The verbs that keep a store: stats, serve, backup, restore, verify, repair,
 * settle, key. */
#ifndef KZ_APP_VERB_KEEP_H
#define KZ_APP_VERB_KEEP_H

#include "app/args.h"
#include "app/config.h"
#include "base/err.h"
#include "base/rc.h"

KZ_MUST_USE kz_rc kz_verb_stats(const struct kz_args *args,
                                const struct kz_config *config,
                                struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_serve(const struct kz_args *args,
                                const struct kz_config *config,
                                struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_backup(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_restore(const struct kz_args *args,
                                  const struct kz_config *config,
                                  struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_verify(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_repair(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_settle(const struct kz_args *args,
                                 const struct kz_config *config,
                                 struct kz_err *err);
KZ_MUST_USE kz_rc kz_verb_key(const struct kz_args *args,
                              const struct kz_config *config,
                              struct kz_err *err);

#endif
