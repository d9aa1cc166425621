#include "api/misp_community.h"

#include "api/misp_shape.h"
#include "base/uuid.h"

#define CIRCL_UUID "55f6ea5e-2c60-40e5-964f-47a8950d210f"
#define CIRCL_URL "https://www.circl.lu/misp/"

struct community {
  const char *uuid;
  const char *name;
  const char *sector;
  const char *description;
};

/* In the order of their numbers, from 1. Nothing here is contacted. */
static const struct community communities[] = {
    {"3ab3a65a-0171-401a-9895-8d42bc7bed7c",
     "CIRCL Private Sector Information Sharing Community - aka MISPPRIV",
     "Various",
     "Sharing among private organisations, run by the Computer Incident "
     "Response Center Luxembourg."},
    {"6201a65a-38fa-4b4a-bea7-cf1fb7bc1563",
     "CIRCL n/g CSIRT information sharing community - aka MISP",
     "n/g CSIRTs in EEA",
     "Sharing among national and governmental incident response teams of the "
     "European Economic Area."},
    {"79e28013-747a-4430-b7ba-ed92d053b221",
     "CIRCL financial information sharing community - aka Financial Sector "
     "MISP sharing groups",
     "Financial", "Sharing among banks and other financial institutions."},
};
enum { COUNT = sizeof communities / sizeof communities[0] };

static void write_community(struct kz_jsonw *w, size_t index) {
  const struct community *c = &communities[index];
  kz_jsonw_object(w);
  kz_jsonw_key(w, KZ_STR("Community"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), index + 1);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_str_of(c->uuid));
  kz_jsonw_member_str(w, KZ_STR("name"), kz_str_of(c->name));
  kz_jsonw_member_str(w, KZ_STR("org_uuid"), KZ_STR(CIRCL_UUID));
  kz_jsonw_member_str(w, KZ_STR("org_name"), KZ_STR("CIRCL"));
  kz_jsonw_member_str(w, KZ_STR("description"), kz_str_of(c->description));
  kz_jsonw_member_str(w, KZ_STR("url"), KZ_STR(CIRCL_URL));
  kz_jsonw_member_str(w, KZ_STR("sector"), kz_str_of(c->sector));
  kz_jsonw_member_str(w, KZ_STR("nationality"), KZ_STR("International"));
  kz_jsonw_member_str(w, KZ_STR("type"),
                      KZ_STR("Vetted Information Sharing Community"));
  kz_jsonw_member_bool(w, KZ_STR("misp_project_vetted"), true);
  kz_jsonw_object_end(w);
  kz_jsonw_object_end(w);
}

void kz_misp_community_index(struct kz_misp_call *call) {
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; i < COUNT; i++) {
    write_community(&out.w, i);
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

void kz_misp_community_view(struct kz_misp_call *call) {
  kz_str ref = kz_misp_arg(call, 0);
  uint64_t id = 0;
  for (size_t i = 0; i < COUNT && id == 0; i++) {
    id = kz_str_eq_nocase(ref, kz_str_of(communities[i].uuid)) ? i + 1 : 0;
  }
  if (id == 0 && (kz_str_u64(ref, &id) != KZ_OK || id < 1 || id > COUNT)) {
    kz_misp_refuse(call, 404, KZ_STR("Invalid community"));
    return;
  }
  KZ_MISP_OUT(out);
  write_community(&out.w, (size_t)id - 1);
  kz_misp_send(call, &out);
}
