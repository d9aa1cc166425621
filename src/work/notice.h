/* A notice: something in the store changed, in few words; and the message that
 * is made of it for others, in the shape of MISP's ZeroMQ topics.
 *
 * The message shows the thing as it is when it is written, whole and to
 * everybody who listens: who listens is the administrator's choice. */
#ifndef KZ_WORK_NOTICE_H
#define KZ_WORK_NOTICE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"
#include "base/uuid.h"
#include "work/house.h"

enum kz_notice_kind {
  KZ_NOTICE_EVENT,
  KZ_NOTICE_ATTRIBUTE,
  KZ_NOTICE_OBJECT,
  KZ_NOTICE_SIGHTING,
  KZ_NOTICE_TAG, /* attached to or taken from what `attribute` says */
};

enum kz_notice_action {
  KZ_NOTICE_ADD,
  KZ_NOTICE_EDIT,
  KZ_NOTICE_DELETE,
  KZ_NOTICE_PUBLISH, /* of an event: it went out, or somebody pushed it */
};

struct kz_notice {
  enum kz_notice_kind kind;
  enum kz_notice_action action;
  uint64_t event;
  uint64_t id;        /* of the thing, or of the tag */
  uint64_t attribute; /* of a tag: where it is; 0: on the event */
};

/* "misp_json" of a published event, "misp_json_event" ...; static. */
const char *kz_notice_topic(const struct kz_notice *notice);
/* "event.publish", "attribute.add" ...; static. */
const char *kz_notice_name(const struct kz_notice *notice);

/* The message as JSON. KZ_NOT_FOUND: the event is gone since. */
KZ_MUST_USE kz_rc kz_notice_write(struct kz_house *house,
                                  const struct kz_notice *notice,
                                  struct kz_buf *out, struct kz_err *err);

#endif
