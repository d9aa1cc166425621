#include "work/rules.h"

#include "base/jsonv.h"

/* A number is the tag's or organisation's here: its name is what is compared.
 */
static kz_str name_of(kz_str entry, bool is_tag, struct kz_dict *dict) {
  struct kz_tag tag;
  struct kz_org org;
  uint64_t id = 0;
  if (kz_str_u64(entry, &id) != KZ_OK || id > UINT32_MAX) {
    return entry;
  }
  if (is_tag) {
    return kz_dict_tag_get(dict, (uint32_t)id, &tag) == KZ_OK ? tag.name
                                                              : entry;
  }
  return kz_dict_org_get(dict, (uint32_t)id, &org) == KZ_OK ? org.name : entry;
}

static kz_rc read_side(const struct kz_jsonv *list, bool is_tag,
                       struct kz_dict *dict, struct kz_arena *arena,
                       kz_str **ret, size_t *ret_count) {
  size_t count = list && list->kind == KZ_JSON_ARRAY ? list->count : 0;
  kz_str *entries = kz_arena_array(arena, count + 1, sizeof *entries);
  size_t taken = 0;
  if (!entries) {
    return KZ_E_MEMORY;
  }
  for (const struct kz_jsonv *v = count > 0 ? list->first : NULL; v;
       v = v->next) {
    if (v->text.len > 0) {
      entries[taken++] = name_of(v->text, is_tag, dict);
    }
  }
  *ret = entries;
  *ret_count = taken;
  return KZ_OK;
}

static kz_rc read_list(const struct kz_jsonv *sides, bool is_tag,
                       struct kz_dict *dict, struct kz_arena *arena,
                       struct kz_rule_list *ret) {
  kz_rc rc = read_side(kz_jsonv_get(sides, KZ_STR("OR")), is_tag, dict, arena,
                       &ret->any, &ret->any_count);
  return rc == KZ_OK ? read_side(kz_jsonv_get(sides, KZ_STR("NOT")), is_tag,
                                 dict, arena, &ret->none, &ret->none_count)
                     : rc;
}

kz_rc kz_rules_read(kz_str json, struct kz_dict *dict, struct kz_arena *arena,
                    struct kz_rules *ret_rules, struct kz_err *err) {
  struct kz_jsonv *root = NULL;
  struct kz_rules rules = {.tags = {.any_count = 0}};
  if (kz_str_trim(json).len > 0) {
    kz_rc rc = kz_jsonv_parse(json, arena, &root, err);
    if (rc != KZ_OK) {
      kz_err_prefix(err, "rules");
      return rc;
    }
  }
  kz_rc rc = read_list(kz_jsonv_get(root, KZ_STR("tags")), true, dict, arena,
                       &rules.tags);
  if (rc == KZ_OK) {
    rc = read_list(kz_jsonv_get(root, KZ_STR("orgs")), false, dict, arena,
                   &rules.orgs);
  }
  if (rc != KZ_OK) {
    return kz_err_set(err, rc, "rules: out of memory");
  }
  *ret_rules = rules;
  return KZ_OK;
}

static bool names_org(kz_str entry, const struct kz_org *org) {
  char text[KZ_UUID_TEXT];
  return kz_str_eq_nocase(entry, org->name) ||
         (org->has_uuid &&
          kz_str_eq_nocase(entry, kz_uuid_format(&org->uuid, text)));
}

static bool org_is_in(const kz_str *entries, size_t count,
                      const struct kz_org *org) {
  for (size_t i = 0; i < count; i++) {
    if (names_org(entries[i], org)) {
      return true;
    }
  }
  return false;
}

static bool tag_is_in(const kz_str *entries, size_t count,
                      const struct kz_tag_use *tags, size_t tag_count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t t = 0; t < tag_count; t++) {
      if (kz_str_eq_nocase(entries[i], tags[t].tag.name)) {
        return true;
      }
    }
  }
  return false;
}

bool kz_rules_allow(const struct kz_rules *rules, const struct kz_tag_use *tags,
                    size_t tag_count, const struct kz_org *orgc) {
  const struct kz_rule_list *t = &rules->tags;
  const struct kz_rule_list *o = &rules->orgs;
  return (t->any_count == 0 ||
          tag_is_in(t->any, t->any_count, tags, tag_count)) &&
         !tag_is_in(t->none, t->none_count, tags, tag_count) &&
         (o->any_count == 0 || org_is_in(o->any, o->any_count, orgc)) &&
         !org_is_in(o->none, o->none_count, orgc);
}
