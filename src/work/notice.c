#include "work/notice.h"

#include <assert.h>

#include "format/misp_write.h"
#include "store/read.h"
#include "work/whole.h"

enum { READ_BYTES = 1 << 30 };

static const struct kz_misp_style style = {.ids = true};

static const struct {
  const char *topic;
  const char *noun;
} kinds[] = {
    [KZ_NOTICE_EVENT] = {"misp_json_event", "event"},
    [KZ_NOTICE_ATTRIBUTE] = {"misp_json_attribute", "attribute"},
    [KZ_NOTICE_OBJECT] = {"misp_json_object", "object"},
    [KZ_NOTICE_SIGHTING] = {"misp_json_sighting", "sighting"},
    [KZ_NOTICE_TAG] = {"misp_json_tag", "tag"},
};

static const char *const actions[] = {
    [KZ_NOTICE_ADD] = "add",
    [KZ_NOTICE_EDIT] = "edit",
    [KZ_NOTICE_DELETE] = "delete",
    [KZ_NOTICE_PUBLISH] = "publish",
};

const char *kz_notice_topic(const struct kz_notice *notice) {
  return notice->action == KZ_NOTICE_PUBLISH ? "misp_json"
                                             : kinds[notice->kind].topic;
}

const char *kz_notice_name(const struct kz_notice *notice) {
  static const char *const names[][4] = {
      [KZ_NOTICE_EVENT] = {"event.add", "event.edit", "event.delete",
                           "event.publish"},
      [KZ_NOTICE_ATTRIBUTE] = {"attribute.add", "attribute.edit",
                               "attribute.delete", "attribute.publish"},
      [KZ_NOTICE_OBJECT] = {"object.add", "object.edit", "object.delete",
                            "object.publish"},
      [KZ_NOTICE_SIGHTING] = {"sighting.add", "sighting.edit",
                              "sighting.delete", "sighting.publish"},
      [KZ_NOTICE_TAG] = {"tag.add", "tag.edit", "tag.delete", "tag.publish"},
  };
  assert(notice->action <= KZ_NOTICE_PUBLISH);
  return names[notice->kind][notice->action];
}

/* The event in short. */
static void write_event(struct kz_jsonw *w, const struct kz_event *event) {
  char uuid[KZ_UUID_TEXT];
  kz_jsonw_key(w, KZ_STR("Event"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), event->id);
  kz_jsonw_member_str(w, KZ_STR("uuid"), kz_uuid_format(&event->uuid, uuid));
  kz_jsonw_member_str(w, KZ_STR("info"),
                      event->info.ptr ? event->info : KZ_STR(""));
  kz_jsonw_member_bool(w, KZ_STR("published"), event->published);
  kz_jsonw_member_u64_str(w, KZ_STR("threat_level_id"), event->threat_level);
  kz_jsonw_member_u64_str(w, KZ_STR("org_id"), event->org.id);
  kz_jsonw_member_u64_str(w, KZ_STR("orgc_id"), event->orgc.id);
  kz_jsonw_object_end(w);
}

/* What is gone has its ids left. */
static void write_gone(struct kz_jsonw *w, kz_str noun,
                       const struct kz_notice *notice) {
  kz_jsonw_key(w, noun);
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), notice->id);
  if (notice->kind != KZ_NOTICE_EVENT) {
    kz_jsonw_member_u64_str(w, KZ_STR("event_id"), notice->event);
  }
  kz_jsonw_object_end(w);
}

static kz_rc write_attribute(struct kz_jsonw *w, const struct kz_reading *r,
                             const struct kz_notice *notice,
                             struct kz_err *err) {
  struct kz_attribute a;
  kz_rc rc = kz_read_attribute(r, notice->event, notice->id,
                               (struct kz_read_options){.from = 0}, &a, err);
  if (rc == KZ_OK) {
    kz_jsonw_key(w, KZ_STR("Attribute"));
    kz_misp_write_attribute(w, &a, notice->event, style);
  } else if (rc == KZ_NOT_FOUND) {
    write_gone(w, KZ_STR("Attribute"), notice);
  }
  return rc;
}

static kz_rc write_object(struct kz_jsonw *w, const struct kz_reading *r,
                          const struct kz_notice *notice, struct kz_err *err) {
  struct kz_object o;
  kz_rc rc = kz_read_object(r, notice->event, notice->id, &o, err);
  if (rc == KZ_OK) {
    kz_jsonw_key(w, KZ_STR("Object"));
    kz_misp_write_object(w, &o, notice->event, style);
  } else if (rc == KZ_NOT_FOUND) {
    write_gone(w, KZ_STR("Object"), notice);
  }
  return rc;
}

static kz_rc write_sighting(struct kz_jsonw *w, const struct kz_reading *r,
                            const struct kz_notice *notice,
                            struct kz_err *err) {
  struct kz_sighting s;
  struct kz_attribute a;
  uint64_t attribute = 0;
  kz_rc rc =
      kz_read_sighting(r, notice->event, notice->id, &s, &attribute, err);
  if (rc == KZ_OK) {
    rc = kz_read_attribute(r, notice->event, attribute,
                           (struct kz_read_options){.from = 0}, &a, err);
  }
  if (rc == KZ_OK) {
    kz_jsonw_key(w, KZ_STR("Sighting"));
    kz_misp_write_sighting(w, &s, &a, notice->event, style);
  } else if (rc == KZ_NOT_FOUND) {
    write_gone(w, KZ_STR("Sighting"), notice);
  }
  return rc;
}

static kz_rc write_tag(struct kz_jsonw *w, struct kz_house *house,
                       const struct kz_notice *notice) {
  struct kz_tag tag;
  bool is_of_attribute = notice->attribute != 0;
  kz_rc rc =
      kz_dict_tag_get(kz_store_dict(house->store), (uint32_t)notice->id, &tag);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_jsonw_key(w, KZ_STR("Tag"));
  kz_misp_write_tag(w, &tag, style);
  kz_jsonw_key(w,
               is_of_attribute ? KZ_STR("AttributeTag") : KZ_STR("EventTag"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("tag_id"), notice->id);
  kz_jsonw_member_u64_str(w, KZ_STR("event_id"), notice->event);
  if (is_of_attribute) {
    kz_jsonw_member_u64_str(w, KZ_STR("attribute_id"), notice->attribute);
  }
  kz_jsonw_object_end(w);
  return KZ_OK;
}

/* Members of the message but "Event" and "action". */
static kz_rc write_thing(struct kz_house *house, const struct kz_reading *r,
                         const struct kz_notice *notice, struct kz_jsonw *w,
                         struct kz_err *err) {
  switch (notice->kind) {
  case KZ_NOTICE_EVENT:
    write_gone(w, KZ_STR("Event"), notice);
    return KZ_OK;
  case KZ_NOTICE_ATTRIBUTE:
    return write_attribute(w, r, notice, err);
  case KZ_NOTICE_OBJECT:
    return write_object(w, r, notice, err);
  case KZ_NOTICE_SIGHTING:
    return write_sighting(w, r, notice, err);
  case KZ_NOTICE_TAG:
    break;
  }
  return write_tag(w, house, notice);
}

static kz_rc write_small(struct kz_house *house, const struct kz_view *view,
                         const struct kz_notice *notice, struct kz_buf *out,
                         struct kz_err *err) {
  KZ_ARENA(arena, READ_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "notice: out of memory");
  }
  struct kz_reading r = kz_store_reading(house->store, view, arena);
  struct kz_event event;
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_jsonw_object(&w);
  kz_rc rc = write_thing(house, &r, notice, &w, err);
  if (rc >= 0 && notice->kind != KZ_NOTICE_EVENT) {
    rc = kz_read_header(&r, notice->event, &event, NULL, err);
    if (rc == KZ_OK) {
      write_event(&w, &event);
    }
  }
  kz_jsonw_member_str(&w, KZ_STR("action"), kz_str_of(actions[notice->action]));
  kz_jsonw_object_end(&w);
  return rc < 0 ? rc : KZ_OK;
}

/* {"Event":{..}} whole; the action goes in before the last brace. */
static kz_rc write_whole(struct kz_house *house, const struct kz_view *view,
                         const struct kz_notice *notice, struct kz_buf *out,
                         struct kz_err *err) {
  static const struct kz_viewer owner = {.sees_all = true};
  struct kz_whole *whole = kz_whole_new(house, view, &owner, KZ_DELETED_NO);
  struct kz_jsonw w;
  kz_jsonw_init(&w, out);
  kz_rc rc = whole ? kz_whole_begin(whole, notice->event, &w, err)
                   : kz_err_set(err, KZ_E_MEMORY, "notice: out of memory");
  while (rc == KZ_OK) {
    rc = kz_whole_next(whole, &w, err);
  }
  kz_whole_free(whole);
  if (rc != KZ_END) {
    return rc;
  }
  if (notice->action != KZ_NOTICE_PUBLISH && out->len > 0) {
    out->len--;
    kz_buf_add_format(out, ",\"action\":\"%s\"}", actions[notice->action]);
  }
  return KZ_OK;
}

kz_rc kz_notice_write(struct kz_house *house, const struct kz_notice *notice,
                      struct kz_buf *out, struct kz_err *err) {
  struct kz_view *view = kz_store_view(house->store);
  bool is_whole =
      notice->kind == KZ_NOTICE_EVENT && notice->action != KZ_NOTICE_DELETE;
  kz_rc rc = is_whole ? write_whole(house, view, notice, out, err)
                      : write_small(house, view, notice, out, err);
  kz_view_unref(view);
  if (rc == KZ_OK && kz_buf_failed(out)) {
    return kz_err_set(err, KZ_E_LIMIT, "notice: the message is too large");
  }
  return rc;
}
