/* Who asks, and therefore what may be seen.
 *
 * Every query of the store takes a viewer. The machine's owner (the command
 * line on the store itself) and a site administrator see everything; any other
 * viewer belongs to one organisation and some sharing groups. */
#ifndef KZ_MODEL_VIEWER_H
#define KZ_MODEL_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kz_viewer {
  bool sees_all;
  bool sees_deleted;      /* what others have softly deleted: for sync */
  bool published_only;    /* of others' events */
  bool sees_sightings;    /* of all organisations, by the server\'s policy */
  uint32_t org;           /* id of the viewer's organisation; 0: none */
  const uint64_t *groups; /* ids of sharing groups, ascending; borrowed */
  size_t group_count;
  const uint64_t
      *events; /* others' that are shown to him, ascending; borrowed */
  size_t event_count;
};

/* The machine's owner. */
#define KZ_VIEWER_OWNER ((struct kz_viewer){.sees_all = true})

/* MISP's rule for an event (distribution 0..4) that `owner` holds, and for a
 * child of an event that the viewer may see (distribution 0..5). */
bool kz_viewer_sees_event(const struct kz_viewer *viewer, uint32_t owner,
                          uint8_t distribution, uint64_t sharing_group);
/* Whether an event, by its id, is one of those that are shown to him. */
bool kz_viewer_is_shown(const struct kz_viewer *viewer, uint64_t event);

/* Whether he sees unpublished events of that owner, as far as their
 * distribution goes. */
bool kz_viewer_sees_unpublished(const struct kz_viewer *viewer, uint32_t owner);

/* Softly deleted children are their owner's alone. */
bool kz_viewer_sees_deleted(const struct kz_viewer *viewer,
                            uint32_t event_owner);
bool kz_viewer_sees_child(const struct kz_viewer *viewer, uint32_t event_owner,
                          uint8_t distribution, uint64_t sharing_group);

#endif
