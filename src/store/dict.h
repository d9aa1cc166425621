/* The dictionaries: names that records refer to by number.
 *
 * All entries are in memory. Any thread may intern; a new name gets its
 * number at once and is written by the next commit (which is before any
 * record that uses the number is acknowledged). Entries are never removed;
 * what is handed out lives as long as the dictionary. */
#ifndef KZ_STORE_DICT_H
#define KZ_STORE_DICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rc.h"
#include "model/event.h"
#include "store/kv.h"

struct kz_dict;

KZ_MUST_USE kz_rc kz_dict_open(struct kz_kv *kv, struct kz_dict **ret_dict,
                               struct kz_err *err);
void kz_dict_close(struct kz_dict *dict);

/* The number of a tag (by name, bytes compared), organisation (by uuid when
 * it has one, else by name) or plain word (object relations, names of
 * templates, relationship types). New ones are added; a known tag or
 * organisation keeps what is stored. Numbers begin with 1. KZ_E_LIMIT past
 * 16 M entries. */
KZ_MUST_USE kz_rc kz_dict_tag(struct kz_dict *dict, const struct kz_tag *tag,
                              uint32_t *ret_id, struct kz_err *err);
KZ_MUST_USE kz_rc kz_dict_org(struct kz_dict *dict, const struct kz_org *org,
                              uint32_t *ret_id, struct kz_err *err);
KZ_MUST_USE kz_rc kz_dict_word(struct kz_dict *dict, kz_str word,
                               uint32_t *ret_id, struct kz_err *err);

/* The entry of a number; KZ_NOT_FOUND. Texts live as long as the dictionary.
 */
KZ_MUST_USE kz_rc kz_dict_tag_get(struct kz_dict *dict, uint32_t id,
                                  struct kz_tag *ret_tag);
KZ_MUST_USE kz_rc kz_dict_org_get(struct kz_dict *dict, uint32_t id,
                                  struct kz_org *ret_org);
KZ_MUST_USE kz_rc kz_dict_word_get(struct kz_dict *dict, uint32_t id,
                                   kz_str *ret_word);

/* The number of a name that is there; KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_dict_tag_find(struct kz_dict *dict, kz_str name,
                                   uint32_t *ret_id);
KZ_MUST_USE kz_rc kz_dict_org_find(struct kz_dict *dict, kz_str name_or_uuid,
                                   uint32_t *ret_id);

/* Replaces what is stored of a tag (its id is set). */
KZ_MUST_USE kz_rc kz_dict_tag_put(struct kz_dict *dict,
                                  const struct kz_tag *tag, struct kz_err *err);

/* Replaces what is stored of an organisation (its id is set), under its new
 * name and uuid. In a job of the writer, as its last step. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_dict_org_put(struct kz_dict *dict,
                                  const struct kz_org *org, struct kz_err *err);
/* Its name and uuid are free again; the number stays its own for what still
 * refers to it. In a job of the writer, as its last step. KZ_NOT_FOUND. */
KZ_MUST_USE kz_rc kz_dict_org_remove(struct kz_dict *dict, uint32_t id,
                                     struct kz_err *err);
/* Whether there is an organisation of that number which was not removed. */
bool kz_dict_org_lives(struct kz_dict *dict, uint32_t id);

/* How many there are; ids are 1 .. count. */
uint32_t kz_dict_tag_count(struct kz_dict *dict);
uint32_t kz_dict_org_count(struct kz_dict *dict);

/* For the writer: gives each entry that is not yet on disk to `put`, in
 * ascending key order; kz_dict_saved says that the commit succeeded. */
typedef kz_rc kz_dict_put(void *ctx, kz_str key, kz_str value,
                          struct kz_err *err);
KZ_MUST_USE kz_rc kz_dict_pending(struct kz_dict *dict, kz_dict_put *put,
                                  void *ctx, struct kz_err *err);
void kz_dict_saved(struct kz_dict *dict);

#endif
