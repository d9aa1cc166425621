/* A site administrator reaches all keys, an administrator of an organisation
 * those of its users, everybody his own. */
#include "api/misp_key.h"

#include <sodium.h>

#include "api/misp_fields.h"
#include "api/misp_reach.h"
#include "api/misp_shape.h"

enum { DOCUMENT_BYTES = 16 << 20 };

static const struct kz_misp_field fields[] = {
    {"id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, NULL},
    {"uuid", KZ_MISP_FORM_TEXT, KZ_MISP_OURS, NULL},
    {"created", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"expiration", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"read_only", KZ_MISP_FORM_FLAG, KZ_MISP_THEIRS, NULL},
    {"user_id", KZ_MISP_FORM_DIGITS, KZ_MISP_OURS, "0"},
    {"comment", KZ_MISP_FORM_TEXT, KZ_MISP_THEIRS, NULL},
    {"allowed_ips", KZ_MISP_FORM_LIST, KZ_MISP_THEIRS, NULL},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static struct kz_keyring *keys_of(const struct kz_misp_call *call) {
  return kz_people_keys(call->eye.house->people);
}

/* --- showing ---------------------------------------------------------------
 */

/* `raw` is the key itself, told once; NULL otherwise. */
static void write_key(struct kz_jsonw *w, const struct kz_jsonv *document,
                      const char *raw) {
  kz_jsonw_key(w, KZ_STR("AuthKey"));
  kz_jsonw_object(w);
  kz_misp_fields_write(w, document, fields, FIELD_COUNT);
  kz_jsonw_member_str(w, KZ_STR("authkey_start"),
                      kz_jsonv_text(document, KZ_STR("start")));
  kz_jsonw_member_str(w, KZ_STR("authkey_end"),
                      kz_jsonv_text(document, KZ_STR("end")));
  if (raw) {
    kz_jsonw_member_str(w, KZ_STR("authkey_raw"), kz_str_of(raw));
  }
  kz_jsonw_object_end(w);
}

static void write_owner(struct kz_jsonw *w, const struct kz_user *user) {
  kz_jsonw_key(w, KZ_STR("User"));
  kz_jsonw_object(w);
  kz_jsonw_member_u64_str(w, KZ_STR("id"), user->id);
  kz_jsonw_member_str(w, KZ_STR("email"), user->email);
  kz_jsonw_object_end(w);
}

static void reply_key(struct kz_misp_call *call,
                      const struct kz_jsonv *document,
                      const struct kz_user *owner, const char *raw) {
  KZ_MISP_OUT(out);
  kz_jsonw_object(&out.w);
  write_key(&out.w, document, raw);
  write_owner(&out.w, owner);
  kz_jsonw_object_end(&out.w);
  kz_misp_send(call, &out);
}

/* The key of the first argument, its document and a reference to its owner; the
 * refusal is sent otherwise. */
static bool find(struct kz_misp_call *call, uint64_t *ret_id,
                 struct kz_jsonv **ret_document,
                 const struct kz_user **ret_owner) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_shelf *shelf = kz_keyring_shelf(keys_of(call));
  struct kz_jsonv *document = NULL;
  kz_rc rc = kz_shelf_by_ref(shelf, kz_misp_arg(call, 0), ret_id);
  if (rc == KZ_OK) {
    rc = kz_shelf_get(shelf, *ret_id, call->work, &document, &err);
  }
  if (rc == KZ_OK) {
    rc = kz_misp_reach_user(call, kz_jsonv_text(document, KZ_STR("user_id")),
                            ret_owner);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "auth key", rc, &err);
    return false;
  }
  *ret_document = document;
  return true;
}

void kz_misp_key_view(struct kz_misp_call *call) {
  struct kz_jsonv *document = NULL;
  const struct kz_user *owner = NULL;
  uint64_t id = 0;
  if (find(call, &id, &document, &owner)) {
    reply_key(call, document, owner, NULL);
    kz_user_unref(owner);
  }
}

static kz_rc list_key(struct kz_misp_call *call, const struct kz_card *card,
                      struct kz_arena *arena, struct kz_jsonw *w,
                      struct kz_err *err) {
  const struct kz_user *owner = NULL;
  struct kz_jsonv *document = NULL;
  kz_arena_reset(arena);
  kz_rc rc = kz_shelf_get(kz_keyring_shelf(keys_of(call)), card->id, arena,
                          &document, err);
  if (rc == KZ_OK) {
    rc = kz_misp_reach_user(call, kz_jsonv_text(document, KZ_STR("user_id")),
                            &owner);
  }
  if (rc == KZ_OK) {
    kz_jsonw_object(w);
    write_key(w, document, NULL);
    write_owner(w, owner);
    kz_jsonw_object_end(w);
    kz_user_unref(owner);
  }
  return rc == KZ_NOT_FOUND ? KZ_OK : rc;
}

/* auth_keys/index[/user]: all that may be reached, or those of one user. */
void kz_misp_key_index(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *of = NULL;
  struct kz_card *cards = NULL;
  size_t count = 0;
  uint64_t user = 0;
  kz_rc rc = KZ_OK;
  KZ_ARENA(arena, DOCUMENT_BYTES);
  if (call->arg_count > 0) {
    rc = kz_misp_reach_user(call, kz_misp_arg(call, 0), &of);
    user = rc == KZ_OK ? of->id : 0;
    kz_user_unref(of);
  } else if (!kz_user_may(call->eye.user, KZ_PERM_ADMIN)) {
    user = call->eye.user->id;
  }
  rc = rc == KZ_OK && !arena ? KZ_E_MEMORY : rc;
  if (rc == KZ_OK) {
    rc = kz_shelf_cards(kz_keyring_shelf(keys_of(call)), user, call->work,
                        &cards, &count);
  }
  KZ_MISP_OUT(out);
  kz_jsonw_array(&out.w);
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    rc = list_key(call, &cards[i], arena, &out.w, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fail(call, "User", rc, &err);
    return;
  }
  kz_jsonw_array_end(&out.w);
  kz_misp_send(call, &out);
}

/* --- changes ---------------------------------------------------------------
 */

static kz_rc take(struct kz_misp_call *call, struct kz_jsonv *document,
                  const struct kz_jsonv *from, struct kz_err *err) {
  kz_rc rc =
      kz_misp_fields_take(document, from, fields, FIELD_COUNT, call->work);
  return rc == KZ_OK
             ? kz_misp_take_time(document, from, "expiration", call->work, err)
             : kz_err_set(err, rc, "out of memory");
}

/* Whether the caller may change keys of that user: an administrator of an
 * organisation none of a site administrator. The refusal is sent otherwise. */
static bool may_change(struct kz_misp_call *call, const struct kz_user *owner) {
  if (!kz_misp_is_admin(call->eye.user) &&
      kz_user_may(owner, KZ_PERM_SITE_ADMIN)) {
    kz_misp_not_yours(call);
    return false;
  }
  return true;
}

static void add_for(struct kz_misp_call *call, const struct kz_user *owner,
                    const struct kz_jsonv *from) {
  struct kz_err err = KZ_ERR_NONE;
  char raw[KZ_KEY_TEXT];
  uint64_t id = 0;
  struct kz_jsonv *document = kz_jsonv_new(call->work, KZ_JSON_OBJECT);
  kz_rc rc = document ? take(call, document, from, &err) : KZ_E_MEMORY;
  if (rc == KZ_OK) {
    rc = kz_keyring_add(keys_of(call), owner->id, false, document, call->work,
                        raw, &id, &err);
  }
  if (rc != KZ_OK) {
    kz_misp_fields_refuse(call, "add", "AuthKey", rc, &err);
    return;
  }
  reply_key(call, document, owner, raw);
  sodium_memzero(raw, sizeof raw);
}

void kz_misp_key_add(struct kz_misp_call *call) {
  const struct kz_err err = KZ_ERR_NONE;
  const struct kz_user *owner = NULL;
  struct kz_jsonv *from = NULL;
  if (!kz_misp_body_tree(call, "AuthKey", &from)) {
    return;
  }
  kz_str ref = kz_misp_arg(call, 0);
  if (ref.len == 0) {
    ref = kz_jsonv_text(from, KZ_STR("user_id"));
  }
  if (kz_misp_reach_user(call, ref, &owner) != KZ_OK) {
    kz_misp_fail(call, "User", KZ_NOT_FOUND, &err);
    return;
  }
  if (may_change(call, owner)) {
    add_for(call, owner, from);
  }
  kz_user_unref(owner);
}

void kz_misp_key_edit(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *from = NULL;
  struct kz_jsonv *document = NULL;
  const struct kz_user *owner = NULL;
  uint64_t id = 0;
  if (!kz_misp_body_tree(call, "AuthKey", &from) ||
      !find(call, &id, &document, &owner)) {
    return;
  }
  if (may_change(call, owner)) {
    kz_rc rc = take(call, document, from, &err);
    if (rc == KZ_OK) {
      rc = kz_keyring_edit(keys_of(call), id, document, call->work, &err);
    }
    if (rc == KZ_OK) {
      reply_key(call, document, owner, NULL);
    } else {
      kz_misp_fields_refuse(call, "edit", "AuthKey", rc, &err);
    }
  }
  kz_user_unref(owner);
}

void kz_misp_key_delete(struct kz_misp_call *call) {
  struct kz_err err = KZ_ERR_NONE;
  struct kz_jsonv *document = NULL;
  const struct kz_user *owner = NULL;
  uint64_t id = 0;
  if (!find(call, &id, &document, &owner)) {
    return;
  }
  if (may_change(call, owner)) {
    kz_rc rc = kz_keyring_remove(keys_of(call), id, &err);
    if (rc == KZ_OK) {
      kz_misp_done(call, KZ_STR("AuthKey deleted."), id);
    } else {
      kz_misp_fail(call, "auth key", rc, &err);
    }
  }
  kz_user_unref(owner);
}
