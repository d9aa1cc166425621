/* The house: what the whole program shares, opened and closed in one place.
 *
 * Passed as `struct kz_house *` to every verb; there is no other global state.
 * All members are safe to use from any thread by their own contracts. */
#ifndef KZ_WORK_HOUSE_H
#define KZ_WORK_HOUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rc.h"
#include "store/store.h"
#include "work/eyes.h"

struct kz_analyst;
struct kz_binder;
struct kz_blocks;
struct kz_delegations;
struct kz_errands;
struct kz_galaxies;
struct kz_groups;
struct kz_hooks;
struct kz_library;
struct kz_orgs;
struct kz_people;
struct kz_proposals;
struct kz_saved;
struct kz_warninglists;
struct kz_catalog;
struct kz_marks;
struct kz_settings;
struct kz_taxonomies;
struct kz_shelf;

struct kz_house {
  struct kz_store *store;
  struct kz_groups *groups; /* sharing groups */
  struct kz_shelf *roles;   /* work/role.h */
  struct kz_delegations *delegations;
  struct kz_blocks *blocks;
  struct kz_eyes eyes;
  struct kz_people *people;
  struct kz_orgs *orgs;
  struct kz_analyst *analyst;
  struct kz_shelf *registrations; /* work/registration.h */
  struct kz_proposals *proposals;
  struct kz_library *library;
  struct kz_warninglists *warninglists;
  struct kz_catalog *noticelists;
  struct kz_catalog *templates; /* of objects */
  struct kz_catalog *models;    /* of decay */
  struct kz_marks *exclusions;  /* from correlation */
  struct kz_marks *false_positives;
  struct kz_saved *saved; /* searches */
  struct kz_taxonomies *taxonomies;
  struct kz_galaxies *galaxies;
  const char *libraries; /* folder that updates load from, set by whoever opens
                            and borrowed; NULL or "": none */
  struct kz_settings *settings;
  struct kz_hooks *hooks;     /* set and closed by who serves; NULL: none */
  struct kz_errands *errands; /* long work in the background */
  struct kz_binder *feeds;
  struct kz_binder *peers; /* other servers */
  unsigned threads;        /* for one question or import: cores, at most 8 */
};

/* Opens the house over the store in `path` (made when missing and `create`).
 * When the store has no administrator yet, one is made with an organisation,
 * and `first_key` (room for KZ_KEY_TEXT bytes) gets the API key, which is
 * shown once and not stored; otherwise `first_key[0]` is '\0'. */
KZ_MUST_USE kz_rc kz_house_open(const char *path, bool create, char *first_key,
                                struct kz_house **ret_house,
                                struct kz_err *err);
void kz_house_close(struct kz_house *house);

#endif
