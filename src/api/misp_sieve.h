/* Filters on what the index does not know - comments, relations and objects of
 * attributes, when they were seen - are tried on the records of what the other
 * filters found. */
#ifndef KZ_API_MISP_SIEVE_H
#define KZ_API_MISP_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/misp_call.h"
#include "api/misp_params.h"
#include "base/err.h"
#include "base/rc.h"
#include "store/query.h"

struct kz_misp_seen {
  bool is_given;
  int64_t from;
  int64_t to;
};

struct kz_misp_sieve {
  bool is_needed;
  bool reads_objects;
  struct kz_misp_terms comment;
  struct kz_misp_terms relation;    /* of the attribute to its object */
  struct kz_misp_terms object_name; /* these of the object it is in */
  struct kz_misp_terms template_uuid;
  struct kz_misp_terms template_version;
  struct kz_misp_seen first_seen;
  struct kz_misp_seen last_seen;
};

/* Reads the parameters. */
KZ_MUST_USE kz_rc kz_misp_sieve_make(struct kz_misp_call *call, int64_t now_us,
                                     struct kz_misp_sieve *ret,
                                     struct kz_err *err);

/* The ids of the sharing groups that the parameter "sharinggroup" names, by
 * number, uuid or name; `*ret_given` is false when it is not there. */
KZ_MUST_USE kz_rc kz_misp_sieve_groups(struct kz_misp_call *call,
                                       bool *ret_given, uint64_t **ret_ids,
                                       size_t *ret_count, struct kz_err *err);

/* Takes out of the answer what does not pass. */
KZ_MUST_USE kz_rc kz_misp_sieve_run(const struct kz_misp_sieve *sieve,
                                    const struct kz_misp_eye *eye,
                                    struct kz_answer *answer,
                                    struct kz_err *err);

#endif
