/* events/freeTextImport: pasted text to attributes. */
#ifndef KZ_API_MISP_FREETEXT_H
#define KZ_API_MISP_FREETEXT_H

#include "api/misp_call.h"

kz_misp_action kz_misp_freetext_import;

#endif
