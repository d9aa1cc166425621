/* Identifiers of vulnerabilities: CVE, GHSA, JVNDB and the others that MISP
 * takes for the type vulnerability. */
#ifndef KZ_MODEL_ADVISORY_H
#define KZ_MODEL_ADVISORY_H

#include <stdbool.h>

#include "base/str.h"

/* Whether `text` is such an identifier, in upper or lower case. */
bool kz_advisory_is_id(kz_str text);

#endif
