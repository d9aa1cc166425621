/* A value is looked for as it is written and, where that differs, as it would
 * be stored: refanged, an address in its one spelling, a name in ASCII. So
 * hxxp://evil[.]example finds what it means, and a text that really holds
 * "[.]" is found too. */
#include "work/filter.h"

#include "base/clock.h"
#include "model/defang.h"
#include "model/name.h"
#include "model/type.h"
#include "model/value.h"

enum {
  NAMES_MAX = 4096, /* values of one filter */
  WAYS_MAX = 4,     /* spellings that one value is looked for in */
};

enum reading {
  READ_TYPE,
  READ_CATEGORY,
  READ_TAG,
  READ_ORG,
  READ_EVENT, /* an id or a uuid */
  READ_NUMBER,
  READ_LEVEL, /* a word or its number */
  READ_FLAG,
  READ_DAY, /* the day itself */
  READ_DAY_FROM,
  READ_DAY_TO,
  READ_TIME_FROM,
  READ_TIME_TO,
  READ_VALUE,   /* in all its spellings */
  READ_PART,    /* refanged or as it is */
  READ_NETWORK, /* refanged */
  READ_NAME,    /* a domain name */
  READ_TEXT,    /* as it is */
  READ_UUID,
};

struct row {
  struct kz_filter_info info;
  enum reading reading;
  enum kz_cond_kind kind;
};

static const struct row rows[] = {
    {{"type", "attribute type, % for any text"}, READ_TYPE, KZ_COND_TYPE},
    {{"category", "attribute category"}, READ_CATEGORY, KZ_COND_CATEGORY},
    {{"tag", "tag on the attribute or its event, % for any text"},
     READ_TAG,
     KZ_COND_TAG},
    {{"tag_own", "tag on the attribute itself"}, READ_TAG, KZ_COND_TAG_OWN},
    {{"tag_event", "tag on the event"}, READ_TAG, KZ_COND_TAG_EVENT},
    {{"org", "creator of the event, by name or uuid"}, READ_ORG, KZ_COND_ORG},
    {{"owner", "owner of the event, by name or uuid"}, READ_ORG, KZ_COND_OWNER},
    {{"event", "event, by id or uuid"}, READ_EVENT, KZ_COND_EVENT},
    {{"attribute", "attribute, by id"}, READ_NUMBER, KZ_COND_ATTRIBUTE},
    {{"uuid", "of an attribute or event"}, READ_UUID, KZ_COND_UUID},
    {{"value", "the value itself, defanged or not"}, READ_VALUE, KZ_COND_VALUE},
    {{"prefix", "the value begins with it"}, READ_PART, KZ_COND_PREFIX},
    {{"suffix", "the value ends with it"}, READ_PART, KZ_COND_SUFFIX},
    {{"substring", "the value contains it"}, READ_PART, KZ_COND_SUBSTRING},
    {{"regex", "the value matches it"}, READ_TEXT, KZ_COND_REGEX},
    {{"within", "addresses and networks in this network"},
     READ_NETWORK,
     KZ_COND_WITHIN},
    {{"around", "networks that contain this address or network"},
     READ_NETWORK,
     KZ_COND_AROUND},
    {{"under", "this domain, its subdomains, URLs on them"},
     READ_NAME,
     KZ_COND_UNDER},
    {{"info", "the event's info contains it"}, READ_TEXT, KZ_COND_INFO},
    {{"date", "the event's date"}, READ_DAY, KZ_COND_DATE},
    {{"date_from", "event dates from this day on"},
     READ_DAY_FROM,
     KZ_COND_DATE},
    {{"date_to", "event dates up to this day"}, READ_DAY_TO, KZ_COND_DATE},
    {{"timestamp", "attribute timestamps since then (5d, a date, a time)"},
     READ_TIME_FROM,
     KZ_COND_TIME},
    {{"timestamp_from", "the same"}, READ_TIME_FROM, KZ_COND_TIME},
    {{"timestamp_to", "attribute timestamps until then"},
     READ_TIME_TO,
     KZ_COND_TIME},
    {{"event_timestamp_from", "event timestamps since then"},
     READ_TIME_FROM,
     KZ_COND_EVENT_TIME},
    {{"event_timestamp_to", "event timestamps until then"},
     READ_TIME_TO,
     KZ_COND_EVENT_TIME},
    {{"published_from", "published since then"},
     READ_TIME_FROM,
     KZ_COND_PUBLISH_TIME},
    {{"published_to", "published until then"},
     READ_TIME_TO,
     KZ_COND_PUBLISH_TIME},
    {{"known_at", "what this store knew then"}, READ_TIME_TO, KZ_COND_KNOWN},
    {{"known_from", "what this store learnt since then"},
     READ_TIME_FROM,
     KZ_COND_KNOWN},
    {{"to_ids", "true or false"}, READ_FLAG, KZ_COND_TO_IDS},
    {{"published", "whether the event is published"},
     READ_FLAG,
     KZ_COND_PUBLISHED},
    {{"in_object", "whether it is part of an object"},
     READ_FLAG,
     KZ_COND_IN_OBJECT},
    {{"sighted", "whether it has sightings"}, READ_FLAG, KZ_COND_SIGHTED},
    {{"threat_level", "high, medium, low, undefined or 1 to 4"},
     READ_LEVEL,
     KZ_COND_THREAT_LEVEL},
    {{"analysis", "initial, ongoing, completed or 0 to 2"},
     READ_LEVEL,
     KZ_COND_ANALYSIS},
    {{"distribution", "of the event, 0 to 4"},
     READ_NUMBER,
     KZ_COND_DISTRIBUTION},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

/* One filter being read. */
struct filter {
  const struct kz_filter_scope *scope;
  const struct row *row;
  struct kz_err *err;
};

const struct kz_filter_info *kz_filter_list(size_t index) {
  return index < ROW_COUNT ? &rows[index].info : NULL;
}

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "search: the question is too large");
}

static kz_rc bad(const struct filter *f, kz_str value, const char *why) {
  return kz_err_set(f->err, KZ_E_INPUT, "%s: \"%.*s\" %s", f->row->info.name,
                    KZ_STR_ARG(kz_str_head(value, 200)), why);
}

const struct kz_cond *kz_filter_join(struct kz_arena *arena,
                                     enum kz_cond_kind kind,
                                     const struct kz_cond *const *conds,
                                     size_t count) {
  if (count == 1) {
    return conds[0];
  }
  struct kz_cond *cond = kz_arena_alloc(arena, sizeof *cond);
  const struct kz_cond **list =
      kz_arena_array(arena, count + 1, sizeof(const struct kz_cond *));
  if (!cond || !list) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    list[i] = conds[i];
  }
  cond->kind = kind;
  if (count == 0) {
    cond->kind = kind == KZ_COND_AND ? KZ_COND_ALL : KZ_COND_ATTRIBUTE;
  }
  cond->children = list;
  cond->child_count = count;
  return cond;
}

const struct kz_cond *kz_filter_not(struct kz_arena *arena,
                                    const struct kz_cond *cond) {
  struct kz_cond *ret = kz_arena_alloc(arena, sizeof *ret);
  const struct kz_cond **list =
      kz_arena_array(arena, 1, sizeof(const struct kz_cond *));
  if (!ret || !list) {
    return NULL;
  }
  list[0] = cond;
  *ret =
      (struct kz_cond){.kind = KZ_COND_NOT, .children = list, .child_count = 1};
  return ret;
}

kz_rc kz_filter_flag(kz_str text, bool *ret) {
  if (text.len == 0 || kz_str_eq_nocase(text, KZ_STR("true")) ||
      kz_str_eq_nocase(text, KZ_STR("yes")) || kz_str_eq(text, KZ_STR("1"))) {
    *ret = true;
    return KZ_OK;
  }
  if (kz_str_eq_nocase(text, KZ_STR("false")) ||
      kz_str_eq_nocase(text, KZ_STR("no")) || kz_str_eq(text, KZ_STR("0"))) {
    *ret = false;
    return KZ_OK;
  }
  return KZ_E_INPUT;
}

static kz_rc make(const struct filter *f, struct kz_cond cond,
                  const struct kz_cond **ret) {
  struct kz_cond *made = kz_arena_alloc(f->scope->arena, sizeof *made);
  if (!made) {
    return no_memory(f->err);
  }
  *made = cond;
  *ret = made;
  return KZ_OK;
}

static kz_rc make_text(const struct filter *f, enum kz_cond_kind kind,
                       kz_str text, const struct kz_cond **ret) {
  return make(f, (struct kz_cond){.kind = kind, .text = text}, ret);
}

/* --- names -----------------------------------------------------------------
 */

/* Whether `text` is `pattern`, in which % stands for any text, in any case. */
static bool is_like(kz_str pattern, kz_str text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = SIZE_MAX;
  size_t mark = 0;
  while (t < text.len) {
    if (p < pattern.len && pattern.ptr[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.len &&
               kz_to_lower(pattern.ptr[p]) == kz_to_lower(text.ptr[t])) {
      p++;
      t++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.ptr[p] == '%') {
    p++;
  }
  return p == pattern.len;
}

/* A growing list of numbers in the arena. */
struct numbers {
  struct kz_arena *arena;
  uint64_t *items;
  size_t count;
  size_t room;
};

static bool add_number(struct numbers *n, uint64_t number) {
  if (n->count == n->room) {
    size_t room = n->room ? n->room * 2 : 8;
    uint64_t *items = kz_arena_array(n->arena, room, sizeof *items);
    if (!items) {
      return false;
    }
    if (n->count > 0) {
      memcpy(items, n->items, n->count * sizeof *items);
    }
    n->items = items;
    n->room = room;
  }
  n->items[n->count++] = number;
  return true;
}

/* How many there are of what a filter names, from `first` on, and the name of
 * one of them; empty when it has none. */
static uint32_t end_of(const struct filter *f) {
  struct kz_dict *dict = f->scope->dict;
  switch ((int)f->row->reading) {
  case READ_TYPE:
    return KZ_TYPE_COUNT;
  case READ_CATEGORY:
    return KZ_CATEGORY_COUNT;
  case READ_TAG:
    return dict ? kz_dict_tag_count(dict) + 1 : 0;
  default:
    return dict ? kz_dict_org_count(dict) + 1 : 0;
  }
}

static kz_str name_at(const struct filter *f, uint32_t id) {
  struct kz_tag tag;
  struct kz_org org;
  switch ((int)f->row->reading) {
  case READ_TYPE:
    return kz_type_name((kz_type)id);
  case READ_CATEGORY:
    return kz_category_name((kz_category)id);
  case READ_TAG:
    return kz_dict_tag_get(f->scope->dict, id, &tag) == KZ_OK ? tag.name
                                                              : KZ_STR_NONE;
  default:
    return kz_dict_org_get(f->scope->dict, id, &org) == KZ_OK ? org.name
                                                              : KZ_STR_NONE;
  }
}

/* The exact entry, without looking at all of them. */
static bool find_exact(const struct filter *f, kz_str name, uint32_t *ret) {
  struct kz_dict *dict = f->scope->dict;
  struct kz_uuid uuid;
  if (f->row->reading == READ_TAG) {
    return dict && kz_dict_tag_find(dict, name, ret) == KZ_OK;
  }
  return f->row->reading == READ_ORG && dict &&
         kz_uuid_parse(name, &uuid) == KZ_OK &&
         kz_dict_org_find(dict, name, ret) == KZ_OK;
}

/* Adds all that a name means: several organisations may share one. */
static kz_rc add_name(const struct filter *f, kz_str name,
                      struct numbers *numbers) {
  uint32_t exact = 0;
  if (find_exact(f, name, &exact)) {
    return add_number(numbers, exact) ? KZ_OK : no_memory(f->err);
  }
  size_t before = numbers->count;
  uint32_t end = end_of(f);
  for (uint32_t id = 0; id < end; id++) {
    kz_str known = name_at(f, id);
    if (known.len > 0 && is_like(name, known) && !add_number(numbers, id)) {
      return no_memory(f->err);
    }
  }
  bool must_be =
      f->row->reading == READ_TYPE || f->row->reading == READ_CATEGORY;
  return must_be && numbers->count == before
             ? bad(f, name, "is none that there is")
             : KZ_OK;
}

static kz_rc make_numbers(const struct filter *f, const struct numbers *n,
                          const struct kz_cond **ret) {
  return make(f,
              (struct kz_cond){.kind = f->row->kind,
                               .numbers = n->items,
                               .number_count = n->count},
              ret);
}

/* Names: any of those without, and none of those with '!'. */
static kz_rc read_names(const struct filter *f, const kz_str *values,
                        size_t count, const struct kz_cond **ret) {
  struct numbers wanted = {.arena = f->scope->arena};
  struct numbers unwanted = {.arena = f->scope->arena};
  bool has_wanted = false;
  bool has_unwanted = false;
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < count; i++) {
    bool is_not = values[i].len > 0 && values[i].ptr[0] == '!';
    has_wanted |= !is_not;
    has_unwanted |= is_not;
    rc = add_name(f, kz_str_from(values[i], is_not),
                  is_not ? &unwanted : &wanted);
  }
  const struct kz_cond *conds[2];
  size_t n = 0;
  if (rc == KZ_OK && has_wanted) {
    rc = make_numbers(f, &wanted, &conds[n++]);
  }
  if (rc == KZ_OK && has_unwanted) {
    rc = make_numbers(f, &unwanted, &conds[n]);
    conds[n] = rc == KZ_OK ? kz_filter_not(f->scope->arena, conds[n]) : NULL;
    rc = rc == KZ_OK && !conds[n] ? no_memory(f->err) : rc;
    n++;
  }
  if (rc != KZ_OK) {
    return rc;
  }
  *ret = kz_filter_join(f->scope->arena, KZ_COND_AND, conds, n);
  return *ret ? KZ_OK : no_memory(f->err);
}

/* --- numbers, flags, times -------------------------------------------------
 */

static kz_rc read_level(const struct filter *f, kz_str text, uint64_t *ret) {
  static const char *const levels[] = {"high", "medium", "low", "undefined"};
  static const char *const stages[] = {"initial", "ongoing", "completed"};
  bool is_threat = f->row->kind == KZ_COND_THREAT_LEVEL;
  size_t count = is_threat ? 4 : 3;
  for (size_t i = 0; i < count; i++) {
    const char *word = is_threat ? levels[i] : stages[i];
    if (kz_str_eq_nocase(text, kz_str_of(word))) {
      *ret = i + is_threat;
      return KZ_OK;
    }
  }
  return kz_str_u64(text, ret);
}

static kz_rc read_numbers(const struct filter *f, const kz_str *values,
                          size_t count, const struct kz_cond **ret) {
  struct numbers numbers = {.arena = f->scope->arena};
  for (size_t i = 0; i < count; i++) {
    uint64_t number = 0;
    kz_rc rc = f->row->reading == READ_LEVEL ? read_level(f, values[i], &number)
                                             : kz_str_u64(values[i], &number);
    if (rc != KZ_OK) {
      return bad(f, values[i], "is not a number that fits");
    }
    if (!add_number(&numbers, number)) {
      return no_memory(f->err);
    }
  }
  return make_numbers(f, &numbers, ret);
}

static kz_rc read_uuid(const struct filter *f, kz_str value,
                       const struct kz_cond **ret) {
  struct kz_cond cond = {.kind = KZ_COND_UUID};
  return kz_uuid_parse(value, &cond.uuid) == KZ_OK
             ? make(f, cond, ret)
             : bad(f, value, "is not a uuid");
}

/* A number is an id, anything else has to be a uuid. */
static kz_rc read_event(const struct filter *f, kz_str value,
                        const struct kz_cond **ret) {
  uint64_t *id = kz_arena_alloc(f->scope->arena, sizeof *id);
  if (!id) {
    return no_memory(f->err);
  }
  return kz_str_u64(value, id) == KZ_OK
             ? make(f,
                    (struct kz_cond){.kind = KZ_COND_EVENT,
                                     .numbers = id,
                                     .number_count = 1},
                    ret)
             : read_uuid(f, value, ret);
}

static kz_rc read_day(const struct filter *f, kz_str value,
                      const struct kz_cond **ret) {
  int32_t day = 0;
  int64_t us = 0;
  if (kz_clock_parse_date(value, &day) != KZ_OK) {
    if (kz_clock_parse_when(value, f->scope->now_us, &us) != KZ_OK) {
      return bad(f, value, "is not a date (2026-01-31) or a span (5d)");
    }
    day = kz_clock_day_of(us);
  }
  return make(f,
              (struct kz_cond){
                  .kind = f->row->kind,
                  .from = f->row->reading == READ_DAY_TO ? INT64_MIN : day,
                  .to = f->row->reading == READ_DAY_FROM ? INT64_MAX : day},
              ret);
}

/* Up to a day means up to its end. */
static kz_rc read_time(const struct filter *f, kz_str value,
                       const struct kz_cond **ret) {
  int64_t us = 0;
  int32_t day = 0;
  bool is_to = f->row->reading == READ_TIME_TO;
  if (kz_clock_parse_date(value, &day) == KZ_OK) {
    us = (day + (int64_t)is_to) * KZ_DAY_US - is_to;
  } else if (kz_clock_parse_when(value, f->scope->now_us, &us) != KZ_OK) {
    return bad(f, value, "is not a time (2026-01-31T12:00:00Z) or a span (5d)");
  }
  return make(f,
              (struct kz_cond){.kind = f->row->kind,
                               .from = is_to ? INT64_MIN : us,
                               .to = is_to ? us : INT64_MAX},
              ret);
}

static kz_rc read_flag(const struct filter *f, kz_str value,
                       const struct kz_cond **ret) {
  struct kz_cond cond = {.kind = f->row->kind};
  return kz_filter_flag(value, &cond.flag) == KZ_OK
             ? make(f, cond, ret)
             : bad(f, value, "is neither true nor false");
}

/* --- values ----------------------------------------------------------------
 */

static bool is_ascii(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.ptr[i] >= 0x80) {
      return false;
    }
  }
  return true;
}

/* The value as an attribute of its kind would store it. */
static kz_rc normal_of(kz_str value, struct kz_arena *arena, kz_str *ret) {
  char *folded = kz_arena_text(arena, value.len + 1);
  if (!folded) {
    return KZ_E_MEMORY;
  }
  kz_value_fold(value, folded);
  switch (kz_kind_of((kz_str){folded, value.len})) {
  case KZ_KIND_IPV4:
  case KZ_KIND_IPV6:
  case KZ_KIND_CIDR4:
  case KZ_KIND_CIDR6:
    return kz_value_normalise(KZ_TYPE_IP_DST, value, arena, ret);
  case KZ_KIND_TEXT:
    if (!is_ascii(value) && kz_name_to_ascii(value, arena, ret) == KZ_OK) {
      return KZ_OK;
    }
    break;
  case KZ_KIND_NAME:
  case KZ_KIND_URL:
  case KZ_KIND_EMAIL:
  case KZ_KIND_HASH:
  case KZ_KIND_CVE:
  case KZ_KIND_COUNT:
    break;
  }
  *ret = value;
  return KZ_OK;
}

static size_t add_way(kz_str *ways, size_t count, kz_str way) {
  for (size_t i = 0; i < count; i++) {
    if (kz_str_eq(ways[i], way)) {
      return count;
    }
  }
  ways[count] = way;
  return count + 1;
}

/* One spelling; "a|b" may be a text with a bar or the two parts of a value. */
static kz_rc make_way(const struct filter *f, kz_str way,
                      const struct kz_cond **ret) {
  size_t bar = kz_str_find_byte(way, '|');
  kz_rc rc = make_text(f, f->row->kind, way, ret);
  if (rc != KZ_OK || f->row->kind != KZ_COND_VALUE || bar == SIZE_MAX ||
      bar == 0 || bar + 1 == way.len) {
    return rc;
  }
  const struct kz_cond *parts[2];
  const struct kz_cond *either[2] = {*ret, NULL};
  rc = make_text(f, KZ_COND_VALUE, kz_str_head(way, bar), &parts[0]);
  if (rc == KZ_OK) {
    rc = make_text(f, KZ_COND_VALUE, kz_str_from(way, bar + 1), &parts[1]);
  }
  if (rc != KZ_OK) {
    return rc;
  }
  either[1] = kz_filter_join(f->scope->arena, KZ_COND_AND, parts, 2);
  *ret =
      either[1] ? kz_filter_join(f->scope->arena, KZ_COND_OR, either, 2) : NULL;
  return *ret ? KZ_OK : no_memory(f->err);
}

static kz_rc read_value(const struct filter *f, kz_str value,
                        const struct kz_cond **ret) {
  kz_str ways[WAYS_MAX] = {kz_str_trim(value)};
  size_t count = 1;
  kz_str plain = KZ_STR_NONE;
  kz_str normal = KZ_STR_NONE;
  if (ways[0].len == 0) {
    return bad(f, value, "is no value");
  }
  kz_rc rc = kz_refang(ways[0], f->scope->arena, &plain);
  if (rc == KZ_OK) {
    count = add_way(ways, count, plain);
    rc = f->row->reading == READ_VALUE
             ? normal_of(plain, f->scope->arena, &normal)
             : KZ_OK;
  }
  if (rc == KZ_OK && normal.ptr) {
    count = add_way(ways, count, normal);
  }
  if (rc != KZ_OK) {
    return no_memory(f->err);
  }
  const struct kz_cond *conds[WAYS_MAX];
  for (size_t i = 0; i < count; i++) {
    rc = make_way(f, ways[i], &conds[i]);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  *ret = kz_filter_join(f->scope->arena, KZ_COND_OR, conds, count);
  return *ret ? KZ_OK : no_memory(f->err);
}

static kz_rc read_network(const struct filter *f, kz_str value,
                          const struct kz_cond **ret) {
  kz_str plain = KZ_STR_NONE;
  struct kz_addr addr;
  if (kz_refang(kz_str_trim(value), f->scope->arena, &plain) != KZ_OK) {
    return no_memory(f->err);
  }
  return kz_addr_parse(plain, &addr) == KZ_OK
             ? make_text(f, f->row->kind, plain, ret)
             : bad(f, value, "is not an address or network");
}

/* "*.evil[.]example." means evil.example. */
static kz_rc read_domain(const struct filter *f, kz_str value,
                         const struct kz_cond **ret) {
  kz_str plain = KZ_STR_NONE;
  if (kz_refang(kz_str_trim(value), f->scope->arena, &plain) != KZ_OK) {
    return no_memory(f->err);
  }
  if (kz_str_starts(plain, KZ_STR("*."))) {
    plain = kz_str_from(plain, 2);
  }
  while (plain.len > 0 && plain.ptr[0] == '.') {
    plain = kz_str_from(plain, 1);
  }
  while (plain.len > 0 && plain.ptr[plain.len - 1] == '.') {
    plain.len--;
  }
  if (plain.len == 0 ||
      (!is_ascii(plain) &&
       kz_name_to_ascii(plain, f->scope->arena, &plain) != KZ_OK)) {
    return bad(f, value, "is not a domain name");
  }
  return make_text(f, f->row->kind, plain, ret);
}

static kz_rc read_one(const struct filter *f, kz_str value,
                      const struct kz_cond **ret) {
  switch ((int)f->row->reading) {
  case READ_EVENT:
    return read_event(f, value, ret);
  case READ_FLAG:
    return read_flag(f, value, ret);
  case READ_DAY:
  case READ_DAY_FROM:
  case READ_DAY_TO:
    return read_day(f, value, ret);
  case READ_TIME_FROM:
  case READ_TIME_TO:
    return read_time(f, value, ret);
  case READ_VALUE:
  case READ_PART:
    return read_value(f, value, ret);
  case READ_NETWORK:
    return read_network(f, value, ret);
  case READ_NAME:
    return read_domain(f, value, ret);
  case READ_UUID:
    return read_uuid(f, value, ret);
  default:
    return value.len > 0 ? make_text(f, f->row->kind, value, ret)
                         : bad(f, value, "is empty");
  }
}

static kz_rc read_each(const struct filter *f, const kz_str *values,
                       size_t count, const struct kz_cond **ret) {
  const struct kz_cond **conds =
      kz_arena_array(f->scope->arena, count, sizeof(const struct kz_cond *));
  if (!conds) {
    return no_memory(f->err);
  }
  for (size_t i = 0; i < count; i++) {
    kz_rc rc = read_one(f, values[i], &conds[i]);
    if (rc != KZ_OK) {
      return rc;
    }
  }
  *ret = kz_filter_join(f->scope->arena, KZ_COND_OR, conds, count);
  return *ret ? KZ_OK : no_memory(f->err);
}

kz_rc kz_filter_cond(const struct kz_filter_scope *scope, kz_str name,
                     const kz_str *values, size_t count,
                     const struct kz_cond **ret_cond, struct kz_err *err) {
  struct filter f = {.scope = scope, .err = err};
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (kz_str_eq(name, kz_str_of(rows[i].info.name))) {
      f.row = &rows[i];
    }
  }
  if (!f.row) {
    return KZ_NOT_FOUND;
  }
  if (count > NAMES_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "%s: more than %d values",
                      f.row->info.name, NAMES_MAX);
  }
  switch ((int)f.row->reading) {
  case READ_TYPE:
  case READ_CATEGORY:
  case READ_TAG:
  case READ_ORG:
    return read_names(&f, values, count, ret_cond);
  case READ_NUMBER:
  case READ_LEVEL:
    return read_numbers(&f, values, count, ret_cond);
  default:
    return read_each(&f, values, count, ret_cond);
  }
}
