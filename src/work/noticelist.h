/* Noticelists: what to bear in mind when certain types or tags are used (law,
 * policy). They are shown, nothing follows from them. */
#ifndef KZ_WORK_NOTICELIST_H
#define KZ_WORK_NOTICELIST_H

#include "work/catalog.h"

/* Documents as the files have them, with the flag "enabled". */
extern const struct kz_catalog_form kz_noticelist_form;

#endif
