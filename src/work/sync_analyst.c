/* Both sides compare names and times first; what one lacks is asked for, or
 * sent, some at a time. */
#include <stdio.h>

#include "store/store.h"
#include "work/analyst.h"
#include "work/sync_hop.h"
#include "work/sync_more.h"

enum { TEXT_BYTES = 64 << 20, PATH_BYTES = 8 << 10, AT_ONCE = 50 };

static const struct kz_jsonv *type_of(const struct kz_jsonv *root, int type) {
  return kz_jsonv_get(root, kz_analyst_type_name((enum kz_analyst_type)type));
}

static void lessen(struct kz_link *link, struct kz_jsonv *document) {
  uint64_t distribution =
      kz_jsonv_u64(document, KZ_STR("distribution"), KZ_DIST_ORG);
  if (!link->is_internal && (distribution == KZ_DIST_CONNECTED ||
                             distribution == KZ_DIST_COMMUNITY)) {
    (void)kz_jsonv_set_u64(document, KZ_STR("distribution"), distribution - 1,
                           link->arena);
  }
}

static kz_rc save(struct kz_link *link, enum kz_analyst_type type,
                  struct kz_jsonv *document, uint64_t *taken,
                  struct kz_err *err) {
  struct kz_analyst_author author = {.org = link->org.uuid, .for_others = true};
  kz_str field = KZ_STR_NONE;
  uint64_t id = 0;
  lessen(link, document);
  if (!kz_jsonv_set_bool(document, KZ_STR("locked"), true, link->arena)) {
    return KZ_E_MEMORY;
  }
  const struct kz_analyst_piece piece = {.type = type, .sent = document};
  kz_rc rc = kz_analyst_add(link->house->analyst, &author, &piece, 1,
                            KZ_ANALYST_ANY, link->arena, &id, &field, err);
  *taken += rc == KZ_OK && id > 0;
  return rc == KZ_E_INPUT || rc == KZ_E_CONFLICT || rc == KZ_E_DENIED ? KZ_OK
                                                                      : rc;
}

/* Asks for some of one type by their uuids and keeps them. */
static kz_rc take_some(struct kz_link *link, enum kz_analyst_type type,
                       const struct kz_buf *path, uint64_t *taken,
                       struct kz_err *err) {
  struct kz_jsonv *list = NULL;
  kz_rc rc = kz_link_tree(link, path->ptr, KZ_STR_NONE, &list, err);
  for (struct kz_jsonv *v = rc == KZ_OK ? list->first : NULL; rc == KZ_OK && v;
       v = v->next) {
    struct kz_jsonv *inner = kz_jsonv_get(v, kz_analyst_type_name(type));
    rc = save(link, type, inner ? inner : v, taken, err);
  }
  return rc;
}

static bool is_lacking(struct kz_link *link, kz_str uuid, kz_str modified) {
  struct kz_jsonv *known = NULL;
  kz_rc rc =
      kz_analyst_get(link->house->analyst, uuid, link->arena, &known, NULL);
  return rc == KZ_NOT_FOUND ||
         (rc == KZ_OK && kz_jsonv_flag(known, KZ_STR("locked"), false) &&
          kz_analyst_is_newer(modified,
                              kz_jsonv_text(known, KZ_STR("modified"))));
}

static kz_rc take_type(struct kz_link *link, enum kz_analyst_type type,
                       const struct kz_jsonv *offered, uint64_t *taken,
                       struct kz_err *err) {
  kz_str name = kz_analyst_type_name(type);
  const struct kz_jsonv *v = offered ? offered->first : NULL;
  kz_rc rc = KZ_OK;
  while (rc == KZ_OK && v) {
    KZ_BUF(path, PATH_BYTES);
    size_t count = 0;
    (void)kz_buf_add_format(&path, "analyst_data/index/%.*s", KZ_STR_ARG(name));
    for (; v && count < AT_ONCE; v = v->next) {
      struct kz_uuid uuid;
      if (kz_uuid_parse(v->name, &uuid) == KZ_OK &&
          is_lacking(link, v->name, v->text)) {
        (void)kz_buf_add_format(&path, "/uuid%%5B%%5D:%.*s",
                                KZ_STR_ARG(v->name));
        count++;
      }
    }
    (void)kz_buf_add_str(&path, KZ_STR(".json"));
    if (!kz_buf_add_byte(&path, '\0')) {
      return KZ_E_LIMIT;
    }
    rc = count > 0 ? take_some(link, type, &path, taken, err) : KZ_OK;
  }
  return rc;
}

static kz_rc end(struct kz_link *link, kz_rc rc, uint64_t count,
                 const char *what, const struct kz_err *said,
                 struct kz_err *err) {
  if (link->errand && count > 0) {
    kz_errand_log(link->errand, "%llu notes, opinions and relationships %s",
                  (unsigned long long)count, what);
  }
  if (rc == KZ_E_STOPPED || rc == KZ_E_MEMORY) {
    return kz_err_set(err, rc, "analyst data: %s", said->text);
  }
  if (rc < 0 && link->errand) {
    kz_errand_log(link->errand, "analyst data: %s", said->text);
  }
  return KZ_OK;
}

kz_rc kz_sync_take_analyst(struct kz_link *link, struct kz_err *err) {
  struct kz_jsonv *offered = NULL;
  struct kz_err said = KZ_ERR_NONE;
  uint64_t taken = 0;
  kz_rc rc = kz_link_tree(link, "analyst_data/indexMinimal", KZ_STR("{}"),
                          &offered, &said);
  for (int type = 0; rc == KZ_OK && type < KZ_ANALYST_TYPES; type++) {
    rc = take_type(link, (enum kz_analyst_type)type, type_of(offered, type),
                   &taken, &said);
  }
  return end(link, rc, taken, "new", &said, err);
}

/* --- out -------------------------------------------------------------------
 */

/* Whether a document may leave: as an event of that distribution. */
static bool leaves(struct kz_link *link, const struct kz_jsonv *document) {
  uint64_t distribution =
      kz_jsonv_u64(document, KZ_STR("distribution"), KZ_DIST_ORG);
  return distribution == KZ_DIST_CONNECTED || distribution == KZ_DIST_ALL ||
         (link->is_internal && distribution == KZ_DIST_COMMUNITY);
}

static void write_offer(struct kz_link *link, struct kz_jsonv **documents,
                        size_t count, struct kz_jsonw *w) {
  kz_jsonw_object(w);
  for (int type = 0; type < KZ_ANALYST_TYPES; type++) {
    kz_jsonw_key(w, kz_analyst_type_name((enum kz_analyst_type)type));
    kz_jsonw_object(w);
    for (size_t i = 0; i < count; i++) {
      if ((int)kz_analyst_type_of(documents[i]) == type &&
          leaves(link, documents[i])) {
        kz_jsonw_member_str(w, kz_jsonv_text(documents[i], KZ_STR("uuid")),
                            kz_jsonv_text(documents[i], KZ_STR("modified")));
      }
    }
    kz_jsonw_object_end(w);
  }
  kz_jsonw_object_end(w);
}

static kz_rc send(struct kz_link *link, struct kz_jsonv *document,
                  struct kz_err *err) {
  KZ_BUF(body, TEXT_BYTES);
  struct kz_jsonw w;
  struct kz_jsonv *answer = NULL;
  if (!link->is_internal &&
      kz_jsonv_u64(document, KZ_STR("distribution"), 0) == KZ_DIST_CONNECTED &&
      !kz_jsonv_set_u64(document, KZ_STR("distribution"), KZ_DIST_COMMUNITY,
                        link->arena)) {
    return KZ_E_MEMORY;
  }
  if (!kz_jsonv_set_bool(document, KZ_STR("locked"), true, link->arena)) {
    return KZ_E_MEMORY;
  }
  kz_jsonv_drop(document, KZ_STR("id"));
  kz_jsonw_init(&w, &body);
  kz_jsonw_object(&w);
  kz_jsonw_key(&w, kz_analyst_type_name(kz_analyst_type_of(document)));
  kz_jsonv_write(document, &w);
  kz_jsonw_object_end(&w);
  return kz_buf_failed(&body)
             ? KZ_E_MEMORY
             : kz_link_tree(link, "analyst_data/pushAnalystData",
                            kz_buf_str(&body), &answer, err);
}

kz_rc kz_sync_give_analyst(struct kz_link *link, struct kz_err *err) {
  KZ_BUF(offer, TEXT_BYTES);
  struct kz_jsonv **documents = NULL;
  struct kz_jsonv *wanted = NULL;
  struct kz_err said = KZ_ERR_NONE;
  struct kz_jsonw w;
  size_t count = 0;
  uint64_t sent = 0;
  kz_rc rc = kz_analyst_of(link->house->analyst, KZ_STR_NONE, link->arena,
                           &documents, &count, &said);
  if (rc == KZ_OK && count == 0) {
    return KZ_OK;
  }
  kz_jsonw_init(&w, &offer);
  if (rc == KZ_OK) {
    write_offer(link, documents, count, &w);
    rc = kz_link_tree(link, "analyst_data/filterAnalystDataForPush",
                      kz_buf_str(&offer), &wanted, &said);
  }
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    const struct kz_jsonv *list =
        type_of(wanted, (int)kz_analyst_type_of(documents[i]));
    if (kz_jsonv_get(list, kz_jsonv_text(documents[i], KZ_STR("uuid")))) {
      rc = send(link, documents[i], &said);
      sent += rc == KZ_OK;
      rc = rc == KZ_E_DENIED || rc == KZ_E_IO ? KZ_OK : rc;
    }
  }
  return end(link, rc, sent, "sent", &said, err);
}
