#include "work/template.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/type.h"

enum { WORDS_BYTES = 1024 };

static kz_rc check_relation(kz_str text, const struct kz_jsonv *relation,
                            struct kz_err *err) {
  if (relation->kind != KZ_JSON_OBJECT) {
    return kz_library_wrong(text, relation, err, "an object is due");
  }
  kz_str type;
  return kz_library_text(text, relation, "misp-attribute", &type, err);
}

static kz_rc check(kz_str text, const struct kz_jsonv *object,
                   uint64_t *ret_entries, struct kz_err *err) {
  static const char *const texts[] = {"uuid", "meta-category"};
  static const char *const lists[] = {"required", "requiredOneOf"};
  const struct kz_jsonv *relations = kz_jsonv_get(object, KZ_STR("attributes"));
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < 2; i++) {
    kz_str ignored;
    struct kz_jsonv *list = NULL;
    rc = kz_library_text(text, object, texts[i], &ignored, err);
    if (rc == KZ_OK) {
      rc = kz_library_array(text, object, lists[i], &list, err);
    }
  }
  if (rc == KZ_OK && (!relations || relations->kind != KZ_JSON_OBJECT)) {
    rc = kz_library_wrong(text, relations ? relations : object, err,
                          "\"attributes\": an object is due");
  }
  const struct kz_jsonv *r = rc == KZ_OK ? relations->first : NULL;
  for (; rc == KZ_OK && r; r = r->next) {
    rc = check_relation(text, r, err);
  }
  if (rc == KZ_OK) {
    *ret_entries = relations->count;
  }
  return rc;
}

const struct kz_catalog_form kz_template_form = {
    .shape = {.kind = KZ_SHELF_TEMPLATE,
              .noun = "object template",
              .name = "name"},
    .kind = KZ_LIBRARY_TEMPLATE,
    .check = check,
};

/* --- judging ---------------------------------------------------------------
 */

static size_t count_of(const struct kz_object *object, kz_str relation) {
  size_t count = 0;
  for (size_t i = 0; i < object->attribute_count; i++) {
    count += !object->attributes[i].deleted &&
             kz_str_eq(object->attributes[i].relation, relation);
  }
  return count;
}

struct judging {
  kz_template_tell *tell;
  void *ctx;
};

static void __attribute__((format(printf, 2, 3)))
tell(const struct judging *j, const char *format, ...) {
  char words[WORDS_BYTES];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(words, sizeof words, format, args);
  va_end(args);
  j->tell(j->ctx, kz_str_of(words));
}

static void judge_attribute(const struct judging *j,
                            const struct kz_jsonv *relations,
                            const struct kz_attribute *a) {
  const struct kz_jsonv *relation = kz_jsonv_get(relations, a->relation);
  kz_str type = kz_type_name(a->type);
  if (!relation) {
    tell(j, "the template has no \"%.*s\"", KZ_STR_ARG(a->relation));
    return;
  }
  kz_str due = kz_jsonv_text(relation, KZ_STR("misp-attribute"));
  if (!kz_str_eq(due, type)) {
    tell(j, "\"%.*s\" is of type %.*s, %.*s is due", KZ_STR_ARG(a->relation),
         KZ_STR_ARG(type), KZ_STR_ARG(due));
  }
}

static void judge_required(const struct judging *j,
                           const struct kz_jsonv *template,
                           const struct kz_object *object) {
  const struct kz_jsonv *all = kz_jsonv_get(template, KZ_STR("required"));
  const struct kz_jsonv *some = kz_jsonv_get(template, KZ_STR("requiredOneOf"));
  const struct kz_jsonv *one = all ? all->first : NULL;
  for (; one; one = one->next) {
    if (count_of(object, one->text) == 0) {
      tell(j, "the required \"%.*s\" is missing", KZ_STR_ARG(one->text));
    }
  }
  one = some ? some->first : NULL;
  while (one && count_of(object, one->text) == 0) {
    one = one->next;
  }
  if (!one && some && some->count > 0) {
    tell(j, "none of those of which one is required is there");
  }
}

void kz_template_judge(const struct kz_jsonv *template,
                       const struct kz_object *object,
                       kz_template_tell *tell_word, void *ctx) {
  const struct judging j = {tell_word, ctx};
  const struct kz_jsonv *relations =
      kz_jsonv_get(template, KZ_STR("attributes"));
  for (size_t i = 0; i < object->attribute_count; i++) {
    if (!object->attributes[i].deleted) {
      judge_attribute(&j, relations, &object->attributes[i]);
    }
  }
  const struct kz_jsonv *r = relations ? relations->first : NULL;
  for (; r; r = r->next) {
    if (!kz_jsonv_flag(r, KZ_STR("multiple"), false) &&
        count_of(object, r->name) > 1) {
      tell(&j, "\"%.*s\" is there more than once", KZ_STR_ARG(r->name));
    }
  }
  judge_required(&j, template, object);
}
