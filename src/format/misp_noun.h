/* What MISP's JSON says about each noun, as tables: which member goes into
 * which part of the struct, what is local to the sender and dropped, and what
 * a noun must have.
 *
 * Inside format/ only. */
#ifndef KZ_FORMAT_MISP_NOUN_H
#define KZ_FORMAT_MISP_NOUN_H

#include "format/misp_reader.h"

/* The tables by enum kz_noun_name, for a reader to go by. Static. */
const struct kz_noun *kz_misp_nouns(void);

#endif
