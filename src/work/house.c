#include "work/house.h"

#include <stdlib.h>
#include <unistd.h>

#include "work/analyst.h"
#include "work/blocks.h"
#include "work/decay.h"
#include "work/delegations.h"
#include "work/errands.h"
#include "work/feeds.h"
#include "work/galaxy.h"
#include "work/groups.h"
#include "work/library.h"
#include "work/mark.h"
#include "work/noticelist.h"
#include "work/org.h"
#include "work/peers.h"
#include "work/people.h"
#include "work/proposals.h"
#include "work/registration.h"
#include "work/role.h"
#include "work/saved.h"
#include "work/settings.h"
#include "work/taxonomy.h"
#include "work/template.h"
#include "work/warninglist.h"

enum { THREADS_MAX = 8 };

static kz_rc open_catalogs(struct kz_house *house, struct kz_err *err) {
  struct kz_store *store = house->store;
  kz_rc rc =
      kz_catalog_open(store, &kz_noticelist_form, &house->noticelists, err);
  if (rc == KZ_OK) {
    rc = kz_catalog_open(store, &kz_template_form, &house->templates, err);
  }
  if (rc == KZ_OK) {
    rc = kz_catalog_open(store, &kz_model_form, &house->models, err);
  }
  if (rc == KZ_OK) {
    rc = kz_marks_open(store, &kz_exclusion_form, &house->exclusions, err);
  }
  return rc == KZ_OK ? kz_marks_open(store, &kz_false_positive_form,
                                     &house->false_positives, err)
                     : rc;
}

/* Who asks and what he may see. */
static kz_rc open_people(struct kz_house *house, char *first_key,
                         struct kz_err *err) {
  struct kz_store *store = house->store;
  kz_rc rc = kz_groups_open(store, &house->groups, err);
  if (rc == KZ_OK) {
    rc = kz_delegations_open(store, &house->delegations, err);
  }
  if (rc == KZ_OK) {
    rc = kz_blocks_open(store, &house->blocks, err);
  }
  if (rc == KZ_OK) {
    rc = kz_roles_open(store, &house->roles, err);
  }
  if (rc == KZ_OK) {
    rc = kz_people_open(store, house->roles, first_key, &house->people, err);
  }
  if (rc == KZ_OK) {
    rc = kz_orgs_open(store, house->people, &house->orgs, err);
  }
  return rc == KZ_OK ? kz_registrations_open(store, &house->registrations, err)
                     : rc;
}

/* What hangs on events, and the libraries they are described with. */
static kz_rc open_knowledge(struct kz_house *house, struct kz_err *err) {
  struct kz_store *store = house->store;
  kz_rc rc = kz_analyst_open(store, &house->analyst, err);
  if (rc == KZ_OK) {
    rc = kz_proposals_open(store, &house->proposals, err);
  }
  if (rc == KZ_OK) {
    rc = kz_library_open(store, &house->library, err);
  }
  if (rc == KZ_OK) {
    rc = kz_warninglists_open(store, &house->warninglists, err);
  }
  if (rc == KZ_OK) {
    rc = kz_taxonomies_open(store, &house->taxonomies, err);
  }
  if (rc == KZ_OK) {
    rc = kz_galaxies_open(store, &house->galaxies, err);
  }
  return rc == KZ_OK ? open_catalogs(house, err) : rc;
}

/* Settings, and what works in the background or with others by them. */
static kz_rc open_services(struct kz_house *house, struct kz_err *err) {
  struct kz_store *store = house->store;
  kz_rc rc = kz_settings_open(store, &house->settings, err);
  if (rc == KZ_OK) {
    rc = kz_errands_open(
        store,
        (size_t)kz_settings_number(house->settings, KZ_SETTING_jobs_kept),
        &house->errands, err);
  }
  if (rc == KZ_OK) {
    rc = kz_binder_open(store, &kz_feed_form, &house->feeds, err);
  }
  if (rc == KZ_OK) {
    rc = kz_binder_open(store, &kz_peer_form, &house->peers, err);
  }
  if (rc == KZ_OK) {
    house->eyes = (struct kz_eyes){.groups = house->groups,
                                   .delegations = house->delegations,
                                   .settings = house->settings};
    rc = kz_people_use_eyes(house->people, &house->eyes, err);
  }
  if (rc == KZ_OK) {
    rc = kz_saved_open(store, &house->saved, err);
  }
  return rc;
}

kz_rc kz_house_open(const char *path, bool create, char *first_key,
                    struct kz_house **ret_house, struct kz_err *err) {
  struct kz_house *house = calloc(1, sizeof *house);
  if (!house) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  house->threads = cores < 1             ? 1
                   : cores > THREADS_MAX ? THREADS_MAX
                                         : (unsigned)cores;
  kz_rc rc = kz_store_open(path, create, &house->store, err);
  if (rc == KZ_OK) {
    rc = open_people(house, first_key, err);
  }
  if (rc == KZ_OK) {
    rc = open_knowledge(house, err);
  }
  if (rc == KZ_OK) {
    rc = open_services(house, err);
  }
  if (rc != KZ_OK) {
    kz_house_close(house);
    return rc;
  }
  *ret_house = house;
  return KZ_OK;
}

void kz_house_close(struct kz_house *house) {
  if (house) {
    kz_analyst_close(house->analyst);
    kz_errands_close(house->errands); /* they use all the rest */
    kz_saved_close(house->saved);
    kz_proposals_close(house->proposals);
    kz_marks_close(house->false_positives);
    kz_marks_close(house->exclusions);
    kz_catalog_close(house->models);
    kz_catalog_close(house->templates);
    kz_catalog_close(house->noticelists);
    kz_warninglists_close(house->warninglists);
    kz_galaxies_close(house->galaxies);
    kz_taxonomies_close(house->taxonomies);
    kz_library_close(house->library);
    kz_binder_close(house->peers);
    kz_binder_close(house->feeds);
    kz_settings_close(house->settings);
    kz_shelf_close(house->registrations);
    kz_orgs_close(house->orgs);
    kz_people_close(house->people);
    kz_groups_close(house->groups);
    kz_shelf_close(house->roles);
    kz_delegations_close(house->delegations);
    kz_blocks_close(house->blocks);
    kz_store_close(house->store);
    free(house);
  }
}
