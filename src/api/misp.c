/* MISP spells its paths loosely: CamelCase or snake_case, with or without
 * ".json", with parameters among the segments. So the router knows one row for
 * all of them, and this table the controllers and actions, spelt in lower case
 * without '_'. */
#include "api/misp.h"

#include "api/call.h"
#include "api/misp_analyst.h"
#include "api/misp_attribute.h"
#include "api/misp_block.h"
#include "api/misp_call.h"
#include "api/misp_cluster.h"
#include "api/misp_community.h"
#include "api/misp_contact.h"
#include "api/misp_counts.h"
#include "api/misp_decay.h"
#include "api/misp_delegation.h"
#include "api/misp_download.h"
#include "api/misp_event.h"
#include "api/misp_exclusion.h"
#include "api/misp_feed.h"
#include "api/misp_freetext.h"
#include "api/misp_galaxy.h"
#include "api/misp_group.h"
#include "api/misp_hook.h"
#include "api/misp_index.h"
#include "api/misp_job.h"
#include "api/misp_key.h"
#include "api/misp_log.h"
#include "api/misp_noticelist.h"
#include "api/misp_object.h"
#include "api/misp_org.h"
#include "api/misp_params.h"
#include "api/misp_peer.h"
#include "api/misp_proposal.h"
#include "api/misp_registration.h"
#include "api/misp_relation.h"
#include "api/misp_report.h"
#include "api/misp_role.h"
#include "api/misp_sample.h"
#include "api/misp_search.h"
#include "api/misp_server.h"
#include "api/misp_setting.h"
#include "api/misp_shape.h"
#include "api/misp_sighting.h"
#include "api/misp_statistics.h"
#include "api/misp_sync.h"
#include "api/misp_tag.h"
#include "api/misp_taxonomy.h"
#include "api/misp_template.h"
#include "api/misp_user.h"
#include "api/misp_user_setting.h"
#include "api/misp_warninglist.h"
#include "store/store.h"

enum { NAME_BYTES = 64 /* of a controller or action */ };

enum {
  READ = 1u << 0,   /* GET and HEAD */
  WRITE = 1u << 1,  /* POST and PUT */
  REMOVE = 1u << 2, /* DELETE */
  OPEN = 1u << 3,   /* needs no key: has a route of its own below */
};

/* What the caller's role has to have (KZ_PERM_...), above the methods. What
 * depends on the thing itself (whose event it is ...) is asked by the action.
 */
#define MAY(perm) ((uint64_t)KZ_PERM_##perm << 8)

struct row {
  const char *controller; /* with "admin/" before it where MISP has that */
  const char *action;
  uint64_t methods; /* and permissions */
  kz_misp_action *answer;
};

static const struct row rows[] = {
    {"servers", "getversion", READ, kz_misp_server_version},
    {"servers", "getpymispversion", READ, kz_misp_server_pymisp_version},
    {"servers", "serversettings", READ, kz_misp_setting_list},
    {"servers", "getsetting", READ, kz_misp_setting_view},
    {"servers", "serversettingsedit", WRITE, kz_misp_setting_edit},
    {"servers", "update", WRITE, kz_misp_server_update},
    {"servers", "updatejson", WRITE, kz_misp_server_update},
    {"servers", "dbschemadiagnostic", READ, kz_misp_server_schema},
    {"servers", "getworkers", READ, kz_misp_worker_list},
    {"servers", "startworker", WRITE, kz_misp_worker_signal},
    {"servers", "stopworker", WRITE, kz_misp_worker_signal},
    {"servers", "restartworkers", WRITE, kz_misp_worker_signal},
    {"servers", "restartdeadworkers", WRITE, kz_misp_worker_signal},
    {"servers", "killallworkers", WRITE, kz_misp_worker_signal},
    {"servers", "startzeromqserver", WRITE | MAY(SITE_ADMIN),
     kz_misp_zmq_switch},
    {"servers", "stopzeromqserver", WRITE | MAY(SITE_ADMIN),
     kz_misp_zmq_switch},
    {"servers", "statuszeromqserver", READ | MAY(SITE_ADMIN),
     kz_misp_zmq_status},
    {"servers", "index", READ, kz_misp_peer_index},
    {"servers", "", READ, kz_misp_peer_index},
    {"servers", "view", READ, kz_misp_peer_view},
    {"servers", "add", WRITE, kz_misp_peer_add},
    {"servers", "edit", WRITE, kz_misp_peer_edit},
    {"servers", "delete", WRITE | REMOVE, kz_misp_peer_delete},
    {"servers", "createsync", READ, kz_misp_peer_config},
    {"servers", "import", WRITE, kz_misp_peer_import},
    {"servers", "posttest", WRITE, kz_misp_peer_echo},
    {"sharinggroups", "index", READ, kz_misp_group_index},
    {"sharinggroups", "", READ, kz_misp_group_index},
    {"sharinggroups", "view", READ, kz_misp_group_view},
    {"sharinggroups", "add", WRITE | MAY(SHARING_GROUP), kz_misp_group_add},
    {"sharinggroups", "edit", WRITE | MAY(SHARING_GROUP), kz_misp_group_edit},
    {"sharinggroups", "delete", WRITE | REMOVE | MAY(SHARING_GROUP),
     kz_misp_group_delete},
    {"sharinggroups", "addorg", WRITE | MAY(SHARING_GROUP),
     kz_misp_group_add_org},
    {"sharinggroups", "removeorg", WRITE | MAY(SHARING_GROUP),
     kz_misp_group_remove_org},
    {"sharinggroups", "addserver", WRITE | MAY(SHARING_GROUP),
     kz_misp_group_add_server},
    {"sharinggroups", "removeserver", WRITE | MAY(SHARING_GROUP),
     kz_misp_group_remove_server},
    {"eventdelegations", "index", READ, kz_misp_delegation_index},
    {"eventdelegations", "", READ, kz_misp_delegation_index},
    {"eventdelegations", "view", READ, kz_misp_delegation_view},
    {"eventdelegations", "delegateevent", WRITE | MAY(DELEGATE),
     kz_misp_delegation_ask},
    {"eventdelegations", "acceptdelegation", WRITE | MAY(ADD),
     kz_misp_delegation_accept},
    {"eventdelegations", "deletedelegation", WRITE | REMOVE | MAY(ADD),
     kz_misp_delegation_discard},
    {"eventblocklists", "index", READ | MAY(SITE_ADMIN),
     kz_misp_event_block_index},
    {"eventblocklists", "", READ | MAY(SITE_ADMIN), kz_misp_event_block_index},
    {"eventblocklists", "add", WRITE | MAY(SITE_ADMIN),
     kz_misp_event_block_add},
    {"eventblocklists", "edit", WRITE | MAY(SITE_ADMIN),
     kz_misp_event_block_edit},
    {"eventblocklists", "delete", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_event_block_delete},
    {"orgblocklists", "index", READ | MAY(SITE_ADMIN), kz_misp_org_block_index},
    {"orgblocklists", "", READ | MAY(SITE_ADMIN), kz_misp_org_block_index},
    {"orgblocklists", "add", WRITE | MAY(SITE_ADMIN), kz_misp_org_block_add},
    {"orgblocklists", "edit", WRITE | MAY(SITE_ADMIN), kz_misp_org_block_edit},
    {"orgblocklists", "delete", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_org_block_delete},
    {"servers", "pull", READ | WRITE, kz_misp_sync_pull},
    {"servers", "push", READ | WRITE, kz_misp_sync_push},
    {"servers", "testconnection", READ | WRITE, kz_misp_sync_test},
    {"servers", "getavailablesyncfilteringrules", READ, kz_misp_sync_rules},
    {"events", "filtereventidsforpush", WRITE, kz_misp_sync_filter},
    {"events", "queryacl", READ, kz_misp_server_acl},
    {"users", "statistics", READ, kz_misp_statistics},
    {"communities", "index", READ, kz_misp_community_index},
    {"communities", "", READ, kz_misp_community_index},
    {"communities", "view", READ, kz_misp_community_view},
    {"feeds", "index", READ, kz_misp_feed_index},
    {"feeds", "", READ, kz_misp_feed_index},
    {"feeds", "view", READ, kz_misp_feed_view},
    {"feeds", "add", WRITE, kz_misp_feed_add},
    {"feeds", "edit", WRITE, kz_misp_feed_edit},
    {"feeds", "delete", WRITE | REMOVE, kz_misp_feed_delete},
    {"feeds", "enable", WRITE, kz_misp_feed_enable},
    {"feeds", "disable", WRITE, kz_misp_feed_disable},
    {"feeds", "loaddefaultfeeds", WRITE, kz_misp_feed_load},
    {"organisations", "index", READ | WRITE, kz_misp_org_index},
    {"organisations", "", READ, kz_misp_org_index},
    {"organisations", "view", READ, kz_misp_org_view},
    {"admin/organisations", "add", WRITE | MAY(SITE_ADMIN), kz_misp_org_add},
    {"admin/organisations", "edit", WRITE | MAY(SITE_ADMIN), kz_misp_org_edit},
    {"admin/organisations", "delete", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_org_delete},
    {"roles", "index", READ, kz_misp_role_index},
    {"roles", "", READ, kz_misp_role_index},
    {"roles", "view", READ, kz_misp_role_view},
    {"admin/roles", "add", WRITE | MAY(SITE_ADMIN), kz_misp_role_add},
    {"admin/roles", "edit", WRITE | MAY(SITE_ADMIN), kz_misp_role_edit},
    {"admin/roles", "delete", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_role_delete},
    {"admin/roles", "setdefault", WRITE | MAY(SITE_ADMIN),
     kz_misp_role_set_default},
    {"users", "edit", WRITE, kz_misp_user_edit_self},
    {"users", "register", WRITE | OPEN, kz_misp_register},
    {"users", "registrations", READ | MAY(SITE_ADMIN),
     kz_misp_registration_index},
    {"users", "acceptregistrations", WRITE | MAY(SITE_ADMIN),
     kz_misp_registration_accept},
    {"users", "discardregistrations", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_registration_discard},
    {"authkeys", "index", READ, kz_misp_key_index},
    {"authkeys", "", READ, kz_misp_key_index},
    {"authkeys", "view", READ, kz_misp_key_view},
    {"authkeys", "add", WRITE | MAY(AUTH), kz_misp_key_add},
    {"authkeys", "edit", WRITE | MAY(AUTH), kz_misp_key_edit},
    {"authkeys", "delete", WRITE | REMOVE | MAY(AUTH), kz_misp_key_delete},
    {"admin/logs", "index", READ | WRITE | MAY(AUDIT), kz_misp_log_index},
    {"admin/logs", "", READ | MAY(AUDIT), kz_misp_log_index},
    {"auditlogs", "index", READ | WRITE | MAY(AUDIT), kz_misp_audit_log_index},
    {"usersettings", "index", READ, kz_misp_user_setting_index},
    {"usersettings", "", READ, kz_misp_user_setting_index},
    {"usersettings", "view", READ, kz_misp_user_setting_view},
    {"usersettings", "getsetting", READ | WRITE, kz_misp_user_setting_get},
    {"usersettings", "setsetting", WRITE, kz_misp_user_setting_set},
    {"usersettings", "delete", WRITE | REMOVE, kz_misp_user_setting_delete},
    {"users", "changepw", WRITE, kz_misp_user_change_pw},
    {"users", "resetauthkey", WRITE | MAY(AUTH), kz_misp_user_reset_key},
    {"admin/users", "index", READ | WRITE | MAY(ADMIN), kz_misp_user_index},
    {"admin/users", "view", READ | MAY(ADMIN), kz_misp_user_view},
    {"admin/users", "add", WRITE | MAY(ADMIN), kz_misp_user_add},
    {"admin/users", "edit", WRITE | MAY(ADMIN), kz_misp_user_edit},
    {"admin/users", "delete", WRITE | REMOVE | MAY(ADMIN), kz_misp_user_delete},
    {"feeds", "fetchfromfeed", READ | WRITE, kz_misp_feed_fetch},
    {"feeds", "fetchfromallfeeds", READ | WRITE, kz_misp_feed_fetch_all},
    {"feeds", "cachefeeds", READ | WRITE, kz_misp_feed_cache},
    {"feeds", "searchcaches", READ | WRITE, kz_misp_feed_search},
    {"feeds", "comparefeeds", READ, kz_misp_feed_compare},
    {"feeds", "previewindex", READ, kz_misp_feed_preview},
    {"jobs", "index", READ, kz_misp_job_index},
    {"jobs", "", READ, kz_misp_job_index},
    {"jobs", "view", READ, kz_misp_job_view},
    {"jobs", "getprogress", READ, kz_misp_job_progress},
    {"users", "view", READ, kz_misp_user_view},
    {"attributes", "describetypes", READ, kz_misp_describe_types},
    {"events", "view", READ | WRITE, kz_misp_event_view},
    {"events", "add", WRITE | MAY(ADD), kz_misp_event_add},
    {"events", "edit", WRITE | MAY(ADD), kz_misp_event_edit},
    {"events", "delete", WRITE | REMOVE | MAY(ADD), kz_misp_event_delete},
    {"events", "publish", WRITE | MAY(PUBLISH), kz_misp_event_publish},
    {"events", "alert", WRITE | MAY(PUBLISH), kz_misp_event_publish},
    {"events", "unpublish", WRITE | MAY(PUBLISH), kz_misp_event_unpublish},
    {"events", "freetextimport", WRITE, kz_misp_freetext_import},
    {"events", "pusheventtozmq", WRITE | MAY(PUBLISH_ZMQ),
     kz_misp_event_push_zmq},
    {"events", "index", READ | WRITE, kz_misp_event_index},
    {"events", "", READ, kz_misp_event_index},
    {"events", "restsearch", READ | WRITE, kz_misp_event_search},
    {"events", "restsearchexport", READ | WRITE, kz_misp_download_event},
    {"events", "csv", READ | WRITE, kz_misp_download_csv},
    {"events", "xml", READ | WRITE, kz_misp_download_xml},
    {"events", "nids", READ | WRITE, kz_misp_download_nids},
    {"events", "hids", READ | WRITE, kz_misp_download_hids},
    {"events", "rpz", READ | WRITE, kz_misp_download_rpz},
    {"events", "downloadopeniocevent", READ, kz_misp_download_openioc},
    {"events", "contact", WRITE, kz_misp_event_contact},
    {"attributes", "attributestatistics", READ, kz_misp_attribute_counts},
    {"tags", "tagstatistics", READ, kz_misp_tag_counts},
    {"attributes", "view", READ, kz_misp_attribute_view},
    {"attributes", "add", WRITE | MAY(ADD), kz_misp_attribute_add},
    {"attributes", "edit", WRITE | MAY(ADD), kz_misp_attribute_edit},
    {"attributes", "delete", WRITE | REMOVE | MAY(ADD),
     kz_misp_attribute_delete},
    {"attributes", "restore", WRITE | MAY(ADD), kz_misp_attribute_restore},
    {"attributes", "index", READ | WRITE, kz_misp_attribute_index},
    {"attributes", "", READ, kz_misp_attribute_index},
    {"attributes", "restsearch", READ | WRITE, kz_misp_attribute_search},
    {"attributes", "downloadattachment", READ, kz_misp_attribute_download},
    {"attributes", "download", READ, kz_misp_attribute_download},
    {"attributes", "text", READ | WRITE, kz_misp_download_text},
    {"attributes", "rpz", READ | WRITE, kz_misp_download_rpz},
    {"objects", "view", READ, kz_misp_object_view},
    {"objects", "add", WRITE | MAY(ADD), kz_misp_object_add},
    {"objects", "edit", WRITE | MAY(ADD), kz_misp_object_edit},
    {"objects", "delete", WRITE | REMOVE | MAY(ADD), kz_misp_object_delete},
    {"objects", "restsearch", READ | WRITE, kz_misp_object_search},
    {"objectreferences", "add", WRITE | MAY(ADD), kz_misp_reference_add},
    {"objectreferences", "delete", WRITE | REMOVE | MAY(ADD),
     kz_misp_reference_delete},
    {"tags", "attachtagtoobject", WRITE | MAY(TAGGER), kz_misp_tag_attach},
    {"tags", "removetagfromobject", WRITE | MAY(TAGGER), kz_misp_tag_detach},
    {"tags", "index", READ, kz_misp_tag_index},
    {"tags", "", READ, kz_misp_tag_index},
    {"tags", "view", READ, kz_misp_tag_view},
    {"tags", "add", WRITE | MAY(TAG_EDITOR), kz_misp_tag_add},
    {"tags", "edit", WRITE | MAY(TAG_EDITOR), kz_misp_tag_edit},
    {"tags", "delete", WRITE | REMOVE | MAY(TAG_EDITOR), kz_misp_tag_delete},
    {"tags", "search", WRITE, kz_misp_tag_search},
    {"sightings", "add", WRITE | MAY(SIGHTING), kz_misp_sighting_add},
    {"sightings", "listsightings", READ | WRITE, kz_misp_sighting_list},
    {"sightings", "delete", WRITE | REMOVE | MAY(SIGHTING),
     kz_misp_sighting_delete},
    {"sightings", "index", READ | WRITE, kz_misp_sighting_list},
    {"sightings", "filtersightinguuidsforpush", WRITE | MAY(SYNC),
     kz_misp_sighting_filter},
    {"sightings", "bulksavesightings", WRITE | MAY(SIGHTING),
     kz_misp_sighting_bulk},
    {"sightings", "restsearch", READ | WRITE, kz_misp_sighting_search},
    {"shadowattributes", "add", WRITE, kz_misp_proposal_add},
    {"shadowattributes", "edit", WRITE, kz_misp_proposal_edit},
    {"shadowattributes", "delete", WRITE | REMOVE, kz_misp_proposal_delete},
    {"shadowattributes", "view", READ, kz_misp_proposal_view},
    {"shadowattributes", "index", READ | WRITE, kz_misp_proposal_index},
    {"shadowattributes", "", READ, kz_misp_proposal_index},
    {"shadowattributes", "accept", WRITE, kz_misp_proposal_accept},
    {"shadowattributes", "discard", WRITE | REMOVE, kz_misp_proposal_discard},
    {"analystdata", "add", WRITE, kz_misp_analyst_add},
    {"analystdata", "view", READ, kz_misp_analyst_view},
    {"analystdata", "edit", WRITE, kz_misp_analyst_edit},
    {"analystdata", "delete", WRITE | REMOVE, kz_misp_analyst_delete},
    {"analystdata", "index", READ | WRITE, kz_misp_analyst_index},
    {"analystdata", "indexminimal", READ | WRITE,
     kz_misp_analyst_index_minimal},
    {"analystdata", "filteranalystdataforpush", WRITE, kz_misp_analyst_filter},
    {"analystdata", "pushanalystdata", WRITE, kz_misp_analyst_push},
    {"eventreports", "view", READ, kz_misp_report_view},
    {"eventreports", "index", READ, kz_misp_report_index},
    {"eventreports", "add", READ, kz_misp_report_form},
    {"eventreports", "add", WRITE | MAY(ADD), kz_misp_report_add},
    {"eventreports", "edit", WRITE | MAY(ADD), kz_misp_report_edit},
    {"eventreports", "delete", WRITE | REMOVE | MAY(ADD),
     kz_misp_report_delete},
    {"noticelists", "index", READ, kz_misp_noticelist_index},
    {"noticelists", "", READ, kz_misp_noticelist_index},
    {"noticelists", "view", READ, kz_misp_noticelist_view},
    {"noticelists", "enablenoticelist", WRITE, kz_misp_noticelist_enable},
    {"noticelists", "update", WRITE, kz_misp_noticelist_update},
    {"objecttemplates", "index", READ, kz_misp_template_index},
    {"objecttemplates", "", READ, kz_misp_template_index},
    {"objecttemplates", "view", READ, kz_misp_template_view},
    {"objecttemplates", "getraw", READ, kz_misp_template_raw},
    {"objecttemplates", "update", WRITE, kz_misp_template_update},
    {"correlationexclusions", "index", READ, kz_misp_exclusion_index},
    {"correlationexclusions", "", READ, kz_misp_exclusion_index},
    {"correlationexclusions", "view", READ, kz_misp_exclusion_view},
    {"correlationexclusions", "add", WRITE, kz_misp_exclusion_add},
    {"correlationexclusions", "edit", WRITE, kz_misp_exclusion_edit},
    {"correlationexclusions", "delete", WRITE | REMOVE,
     kz_misp_exclusion_delete},
    {"correlationexclusions", "clean", WRITE, kz_misp_exclusion_clean},
    {"decayingmodel", "index", READ, kz_misp_model_index},
    {"decayingmodel", "", READ, kz_misp_model_index},
    {"decayingmodel", "view", READ, kz_misp_model_view},
    {"decayingmodel", "enable", WRITE, kz_misp_model_enable},
    {"decayingmodel", "disable", WRITE, kz_misp_model_disable},
    {"decayingmodel", "update", WRITE, kz_misp_model_update},
    {"warninglists", "index", READ | WRITE, kz_misp_warninglist_index},
    {"warninglists", "", READ, kz_misp_warninglist_index},
    {"warninglists", "view", READ, kz_misp_warninglist_view},
    {"warninglists", "toggleenable", WRITE, kz_misp_warninglist_switch},
    {"warninglists", "checkvalue", WRITE, kz_misp_warninglist_check},
    {"warninglists", "update", WRITE, kz_misp_warninglist_update},
    {"galaxies", "index", READ | WRITE, kz_misp_galaxy_index},
    {"galaxies", "", READ | WRITE, kz_misp_galaxy_index},
    {"galaxies", "view", READ, kz_misp_galaxy_view},
    {"galaxies", "update", WRITE, kz_misp_galaxy_update},
    {"galaxies", "enable", WRITE | MAY(SITE_ADMIN), kz_misp_galaxy_enable},
    {"galaxies", "disable", WRITE | MAY(SITE_ADMIN), kz_misp_galaxy_disable},
    {"galaxies", "delete", WRITE | REMOVE | MAY(SITE_ADMIN),
     kz_misp_galaxy_delete},
    {"galaxies", "attachcluster", WRITE | MAY(TAGGER), kz_misp_galaxy_attach},
    {"galaxies", "pushcluster", WRITE | MAY(SYNC) | MAY(GALAXY_EDITOR),
     kz_misp_cluster_push},
    {"galaxyclusters", "index", READ | WRITE, kz_misp_cluster_index},
    {"galaxyclusters", "view", READ, kz_misp_cluster_view},
    {"galaxyclusters", "restsearch", READ | WRITE, kz_misp_cluster_search},
    {"galaxyclusters", "add", WRITE | MAY(GALAXY_EDITOR), kz_misp_cluster_add},
    {"galaxyclusters", "edit", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_cluster_edit},
    {"galaxyclusters", "delete", WRITE | REMOVE | MAY(GALAXY_EDITOR),
     kz_misp_cluster_delete},
    {"galaxyclusters", "restore", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_cluster_restore},
    {"galaxyclusters", "publish", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_cluster_publish},
    {"galaxyclusters", "unpublish", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_cluster_unpublish},
    {"galaxyclusters", "detach", WRITE | MAY(TAGGER), kz_misp_cluster_detach},
    {"galaxyclusterrelations", "view", READ, kz_misp_relation_view},
    {"galaxyclusterrelations", "add", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_relation_add},
    {"galaxyclusterrelations", "edit", WRITE | MAY(GALAXY_EDITOR),
     kz_misp_relation_edit},
    {"galaxyclusterrelations", "delete", WRITE | REMOVE | MAY(GALAXY_EDITOR),
     kz_misp_relation_delete},
    {"taxonomies", "index", READ, kz_misp_taxonomy_index},
    {"taxonomies", "", READ, kz_misp_taxonomy_index},
    {"taxonomies", "view", READ, kz_misp_taxonomy_view},
    {"taxonomies", "export", READ, kz_misp_taxonomy_export},
    {"taxonomies", "enable", WRITE, kz_misp_taxonomy_enable},
    {"taxonomies", "disable", WRITE, kz_misp_taxonomy_disable},
    {"taxonomies", "addtag", WRITE, kz_misp_taxonomy_add_tags},
    {"taxonomies", "disabletag", WRITE, kz_misp_taxonomy_hide_tags},
    {"taxonomies", "hidetag", WRITE, kz_misp_taxonomy_hide_tags},
    {"taxonomies", "unhidetag", WRITE, kz_misp_taxonomy_show_tags},
    {"taxonomies", "update", WRITE, kz_misp_taxonomy_update},
    {"taxonomies", "togglerequired", WRITE, kz_misp_taxonomy_require},
    {"taxonomies", "togglehighlighted", WRITE, kz_misp_taxonomy_highlight},
    {"taxonomies", "delete", WRITE | REMOVE, kz_misp_taxonomy_delete},
};

/* Writes the one spelling of a segment behind `len` bytes that are there; false
 * when it is no name of ours. */
static bool spell(kz_str segment, char out[NAME_BYTES], size_t len) {
  if (kz_str_ends(segment, KZ_STR(".json"))) {
    segment = kz_str_head(segment, segment.len - 5);
  }
  if (segment.len >= NAME_BYTES - len) {
    return false;
  }
  for (size_t i = 0; i < segment.len; i++) {
    if (segment.ptr[i] != '_') {
      out[len++] = kz_to_lower(segment.ptr[i]);
    }
  }
  out[len] = '\0';
  return true;
}

/* Spells the first two segments, three where the first is "admin"; `*ret_used`
 * is how many there were. */
static bool spell_path(const struct kz_request *request,
                       char controller[NAME_BYTES], char action[NAME_BYTES],
                       size_t *ret_used) {
  static const char admin[] = "admin/";
  size_t at = 0;
  size_t len = 0;
  action[0] = '\0';
  if (request->segment_count > 1 &&
      kz_str_eq(request->segments[0], KZ_STR("admin"))) {
    len = sizeof admin - 1;
    memcpy(controller, admin, len);
    at++;
  }
  if (at >= request->segment_count ||
      !spell(request->segments[at++], controller, len)) {
    return false;
  }
  *ret_used = at < request->segment_count ? at + 1 : at;
  return at >= request->segment_count ||
         spell(request->segments[at], action, 0);
}

static unsigned kind_of(enum kz_method method) {
  switch (method) {
  case KZ_METHOD_GET:
  case KZ_METHOD_HEAD:
    return READ;
  case KZ_METHOD_POST:
  case KZ_METHOD_PUT:
    return WRITE;
  case KZ_METHOD_DELETE:
    return REMOVE;
  case KZ_METHOD_PATCH:
  case KZ_METHOD_OPTIONS:
  case KZ_METHOD_OTHER:
    break;
  }
  return 0;
}

/* The row for a request and how many segments named it; NULL when there is
 * none, then `*ret_is_path` says whether another method would do. */
static const struct row *find_row(const struct kz_request *request,
                                  size_t *ret_used, bool *ret_is_path) {
  char controller[NAME_BYTES];
  char action[NAME_BYTES];
  *ret_is_path = false;
  if (!spell_path(request, controller, action, ret_used)) {
    return NULL;
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (kz_str_eq(kz_str_of(rows[i].controller), kz_str_of(controller)) &&
        kz_str_eq(kz_str_of(rows[i].action), kz_str_of(action))) {
      if (rows[i].methods & kind_of(request->method)) {
        return &rows[i];
      }
      *ret_is_path = true;
    }
  }
  return NULL;
}

/* Who asks without a key: sees nothing, may do nothing. */
static const struct kz_user nobody = {.read_only = true};

static void answer(struct kz_misp_call *call) {
  bool is_path = false;
  size_t used = 0;
  const struct row *row = find_row(call->request, &used, &is_path);
  if (!row) {
    kz_misp_refuse(call, is_path ? 405 : 404,
                   is_path ? KZ_STR("This path does not take that method.")
                           : KZ_STR("Not Found"));
    return;
  }
  if (!call->eye.user && !(row->methods & OPEN)) {
    kz_misp_refuse(call, 403, KZ_STR("Authentication failed."));
    return;
  }
  call->eye.user = call->eye.user ? call->eye.user : &nobody;
  if (!kz_user_may(call->eye.user, (uint32_t)(row->methods >> 8))) {
    kz_misp_not_allowed(call);
    return;
  }
  kz_rc rc = kz_misp_params_path(call, used);
  if (rc != KZ_OK) {
    const struct kz_err err = {.rc = rc, .text = "too many parameters"};
    kz_misp_fail(call, "Request", rc, &err);
    return;
  }
  row->answer(call);
}

void kz_misp_answer(struct kz_house *house, const struct kz_user *user,
                    const struct kz_request *request, struct kz_reply *reply) {
  KZ_ARENA(work, KZ_MISP_WORK_BYTES);
  struct kz_misp_call call = {
      .eye = {.house = house, .user = user},
      .request = request,
      .reply = reply,
      .arena = request->arena,
      .work = work,
  };
  if (!work) {
    kz_reply_error(reply, 503, KZ_STR("out of memory"));
    return;
  }
  call.eye.view = kz_store_view(house->store);
  answer(&call);
  kz_view_unref(call.eye.view);
}

static void handle(void *ctx, const struct kz_request *request,
                   const struct kz_route_match *match, struct kz_reply *reply) {
  (void)match;
  const struct kz_call *call = ctx;
  kz_misp_answer(call->house, call->user, request, reply);
}

const struct kz_route_table *kz_misp_routes(void) {
  static const struct kz_route routes[] = {
      {.method = KZ_METHOD_POST,
       .pattern = "/users/register",
       .handle = handle},
      {.method = KZ_METHOD_GET,
       .pattern = "/{controller}/{rest*}",
       .handle = handle,
       .needs_key = true},
      {.method = KZ_METHOD_POST,
       .pattern = "/{controller}/{rest*}",
       .handle = handle,
       .needs_key = true},
      {.method = KZ_METHOD_PUT,
       .pattern = "/{controller}/{rest*}",
       .handle = handle,
       .needs_key = true},
      {.method = KZ_METHOD_DELETE,
       .pattern = "/{controller}/{rest*}",
       .handle = handle,
       .needs_key = true},
  };
  static const struct kz_route_table table = {
      .routes = routes, .count = sizeof routes / sizeof routes[0]};
  return &table;
}
