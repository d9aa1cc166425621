/* Background jobs over MISP's API. */
#ifndef KZ_API_MISP_JOB_H
#define KZ_API_MISP_JOB_H

#include "api/misp_call.h"

kz_misp_action kz_misp_job_index;
kz_misp_action kz_misp_job_view;
kz_misp_action kz_misp_job_progress;

#endif
