#include "work/registration.h"

#include "base/clock.h"

enum { TEXT_MAX = 4096, EMAIL_MAX = 255 };

static const struct kz_shelf_shape shape = {
    .kind = KZ_SHELF_REGISTRATION, .noun = "registration", .name = "email"};

kz_rc kz_registrations_open(struct kz_store *store,
                            struct kz_shelf **ret_registrations,
                            struct kz_err *err) {
  return kz_shelf_open(store, &shape, ret_registrations, err);
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "registrations: out of memory");
}

/* Copies what was asked for, each a text or a flag of MISP's ("0", "1"). */
static kz_rc take(const struct kz_jsonv *from, struct kz_jsonv *data,
                  struct kz_arena *arena, struct kz_err *err) {
  static const char *const texts[] = {"email", "org_name", "org_uuid",
                                      "message", "custom_perms"};
  static const char *const flags[] = {"perm_sync", "perm_publish",
                                      "perm_admin"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    kz_str name = kz_str_of(texts[i]);
    kz_str text = kz_str_trim(kz_jsonv_text(from, name));
    if (text.len > TEXT_MAX) {
      return kz_err_set(err, KZ_E_INPUT, "%s: more than %d bytes", texts[i],
                        TEXT_MAX);
    }
    if (text.len > 0 && !kz_jsonv_set_str(data, name, text, arena)) {
      return no_memory(err);
    }
  }
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    kz_str name = kz_str_of(flags[i]);
    if (!kz_jsonv_set_str(data, name,
                          kz_jsonv_flag(from, name, false) ? KZ_STR("1")
                                                           : KZ_STR("0"),
                          arena)) {
      return no_memory(err);
    }
  }
  kz_str email = kz_jsonv_text(data, KZ_STR("email"));
  size_t at = kz_str_find_byte(email, '@');
  if (at == SIZE_MAX || at == 0 || at + 1 == email.len ||
      email.len > EMAIL_MAX) {
    return kz_err_set(err, KZ_E_INPUT, "email: an e-mail address is due");
  }
  return KZ_OK;
}

kz_rc kz_registration_add(struct kz_shelf *registrations,
                          const struct kz_jsonv *from, kz_str peer,
                          struct kz_arena *arena, uint64_t *ret_id,
                          struct kz_err *err) {
  struct kz_jsonv *document = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  struct kz_jsonv *data = kz_jsonv_new(arena, KZ_JSON_OBJECT);
  char room[KZ_UUID_TEXT];
  struct kz_uuid uuid;
  kz_str uuid_text;
  uint64_t id = 0;
  kz_rc rc = document && data ? take(from, data, arena, err) : no_memory(err);
  if (rc != KZ_OK) {
    return rc;
  }
  kz_str email = kz_jsonv_text(data, KZ_STR("email"));
  if (kz_shelf_by_name(registrations, email, &id) != KZ_OK &&
      kz_shelf_count(registrations) >= KZ_REGISTRATIONS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "too many registrations wait");
  }
  uint64_t now = (uint64_t)(kz_clock_now_us() / KZ_SECOND_US);
  if (kz_uuid_make(&uuid) != KZ_OK ||
      kz_arena_dup(arena, kz_uuid_format(&uuid, room), &uuid_text) != KZ_OK ||
      !kz_jsonv_set_str(document, KZ_STR("uuid"), uuid_text, arena) ||
      !kz_jsonv_set_str(document, KZ_STR("email"), email, arena) ||
      !kz_jsonv_set_str(document, KZ_STR("ip"), peer, arena) ||
      !kz_jsonv_set_u64(document, KZ_STR("timestamp"), now, arena) ||
      !kz_jsonv_set(document, KZ_STR("data"), data, arena)) {
    return no_memory(err);
  }
  rc = kz_shelf_put(registrations, &id, document, arena, err);
  if (rc == KZ_OK) {
    *ret_id = id;
  }
  return rc;
}
