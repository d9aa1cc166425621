/* Every kind has a function of one shape; the tables of misp_noun.c choose it
 * by number. */
#include "format/misp_field.h"

#include <assert.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "model/event.h"
#include "model/type.h"

/* The text of a token as MISP's own loose typing sees it. */
static kz_str text_of(const struct kz_json_token *token) {
  switch (token->kind) {
  case KZ_JSON_STRING:
  case KZ_JSON_NUMBER:
    return token->text;
  case KZ_JSON_TRUE:
    return KZ_STR("1");
  case KZ_JSON_FALSE:
    return KZ_STR("0");
  case KZ_JSON_NULL:
    return KZ_STR_NONE;
  case KZ_JSON_OBJECT:
  case KZ_JSON_OBJECT_END:
  case KZ_JSON_ARRAY:
  case KZ_JSON_ARRAY_END:
  case KZ_JSON_KEY:
    break;
  }
  assert(false); /* only single values come here */
  return KZ_STR_NONE;
}

static const char *put_flag(kz_str text, bool *to) {
  if (kz_str_eq(text, KZ_STR("1")) || kz_str_eq(text, KZ_STR("true"))) {
    *to = true;
    return NULL;
  }
  if (kz_str_eq(text, KZ_STR("0")) || kz_str_eq(text, KZ_STR("false"))) {
    *to = false;
    return NULL;
  }
  return "is neither true nor false";
}

static const char *put_level(kz_str text, uint8_t most, uint8_t *to) {
  uint64_t number = 0;
  if (kz_str_u64(text, &number) != KZ_OK || number > most) {
    return "is not one of the permitted levels";
  }
  *to = (uint8_t)number;
  return NULL;
}

static const char *put_id(kz_str text, uint64_t *to) {
  return kz_str_u64(text, to) == KZ_OK ? NULL : "is not a number";
}

/* MISP's timestamps are whole seconds that fit 32 bits without a sign. */
static const char *put_seconds(kz_str text, int64_t *to) {
  uint64_t seconds = 0;
  int64_t us = 0;
  if (kz_str_u64(text, &seconds) != KZ_OK) {
    if (kz_clock_parse_epoch(text, &us) != KZ_OK || us < 0) {
      return "is not a time in seconds since 1970";
    }
    seconds = (uint64_t)(us / KZ_SECOND_US);
  }
  if (seconds > UINT32_MAX) {
    return "is a time past the year 2106";
  }
  *to = (int64_t)seconds * KZ_SECOND_US;
  return NULL;
}

static const char *put_moment(kz_str text, int64_t *to) {
  if (kz_clock_parse_time(text, to) == KZ_OK ||
      kz_clock_parse_epoch(text, to) == KZ_OK) {
    return NULL;
  }
  return "is not a time of the form 2020-01-04T04:30:34.000000+00:00";
}

/* Some senders put a whole time where only its date is meant. */
static const char *put_date(kz_str text, int32_t *to) {
  enum { DATE_LENGTH = 10 };
  kz_str date = text;
  if (text.len > DATE_LENGTH &&
      (text.ptr[DATE_LENGTH] == 'T' || text.ptr[DATE_LENGTH] == ' ')) {
    date = kz_str_head(text, DATE_LENGTH);
  }
  return kz_clock_parse_date(date, to) == KZ_OK
             ? NULL
             : "is not a date of the form 2020-01-04";
}

static const char *put_uuid(kz_str text, struct kz_uuid *to) {
  return kz_uuid_parse(text, to) == KZ_OK ? NULL : "is not a uuid";
}

static const char *put_type(kz_str text, kz_type *to) {
  return kz_type_by_name(text, to) == KZ_OK ? NULL : "is not an attribute type";
}

static const char *put_category(kz_str text, kz_category *to) {
  return kz_category_by_name(text, to) == KZ_OK ? NULL : "is not a category";
}

static const char *put_sighting_kind(kz_str text, enum kz_sighting_kind *to) {
  uint8_t number = 0;
  const char *problem = put_level(text, KZ_SIGHTING_EXPIRATION, &number);
  if (!problem) {
    *to = (enum kz_sighting_kind)number;
  }
  return problem;
}

/* For the kinds whose empty text says nothing. */
static const char *put_typed(const struct kz_field *field, kz_str text,
                             void *part) {
  switch (field->kind) {
  case KZ_FIELD_FLAG:
    return put_flag(text, part);
  case KZ_FIELD_LEVEL:
    return put_level(text, field->most, part);
  case KZ_FIELD_ID:
  case KZ_FIELD_LOCAL_ID:
    return put_id(text, part);
  case KZ_FIELD_SECONDS:
    return put_seconds(text, part);
  case KZ_FIELD_MOMENT:
    return put_moment(text, part);
  case KZ_FIELD_DATE:
    return put_date(text, part);
  case KZ_FIELD_UUID:
  case KZ_FIELD_UUID_OR_NONE:
  case KZ_FIELD_UUID_OR_JUNK:
    return put_uuid(text, part);
  case KZ_FIELD_TYPE:
    return put_type(text, part);
  case KZ_FIELD_CATEGORY:
    return put_category(text, part);
  case KZ_FIELD_SIGHTING_KIND:
    return put_sighting_kind(text, part);
  case KZ_FIELD_EXTRA:
  case KZ_FIELD_DROP:
  case KZ_FIELD_TEXT:
  case KZ_FIELD_TEXT_OR_NULL:
  case KZ_FIELD_THING:
  case KZ_FIELD_LIST:
    break;
  }
  assert(false); /* only kinds of single values come here */
  return NULL;
}

const char *kz_misp_field_put(const struct kz_field *field,
                              const struct kz_json_token *token, void *thing,
                              bool *ret_given) {
  char *part = (char *)thing + field->offset;
  if (field->kind == KZ_FIELD_FLAG &&
      (token->kind == KZ_JSON_TRUE || token->kind == KZ_JSON_FALSE)) {
    *part = token->kind == KZ_JSON_TRUE; /* nearly always so */
    *ret_given = true;
    return NULL;
  }
  kz_str text = text_of(token);
  bool is_text =
      field->kind == KZ_FIELD_TEXT || field->kind == KZ_FIELD_TEXT_OR_NULL;
  bool is_said = token->kind != KZ_JSON_NULL && (is_text || text.len > 0);
  /* To say "none" is something said where a part may be none. */
  *ret_given = is_said || field->kind == KZ_FIELD_TEXT_OR_NULL ||
               field->kind == KZ_FIELD_MOMENT ||
               field->kind == KZ_FIELD_UUID_OR_NONE;
  if (!is_said) {
    return NULL;
  }
  if (is_text) {
    memcpy(part, &text, sizeof text);
    return NULL;
  }
  const char *problem = put_typed(field, text, part);
  if (field->kind == KZ_FIELD_UUID_OR_JUNK ||
      field->kind == KZ_FIELD_UUID_OR_NONE) {
    *((char *)thing + field->second) = problem == NULL;
    return field->kind == KZ_FIELD_UUID_OR_JUNK ? NULL : problem;
  }
  return problem;
}
