/* bench-generate: MISP events as MISP prints them, of a given shape.
 *
 * The text that repeats (tags, organisations) is made once; the rest is
 * appended to one buffer that is written out by the megabyte. Every uuid is a
 * hash of the seed, the kind of thing and its number. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "gen/invent.h"
#include "gen/shape.h"

enum {
  OUT_FULL = 1 << 20, /* bytes; then they are written */
  OUT_MAX = 1 << 30,  /* an event of the largest size is half of this */
  OBJECT_ROWS = 4,    /* in one object, at most */
  LAST_MONTH = 2026 * 12 + 10, /* November 2026, counted from 0 */
};

enum format { FORMAT_NDJSON, FORMAT_RESPONSE, FORMAT_FEED };

/* What a uuid is of. */
enum thing { THING_EVENT = 1, THING_ROW, THING_OBJECT, THING_ORG };

struct text_list {
  struct kz_buf bytes;
  size_t *ends;
};

struct generator {
  struct kz_shape_params params;
  enum format format;
  const char *output; /* NULL: standard output */
  int fd;
  struct kz_buf out;
  struct kz_buf manifest;
  struct text_list tags;
  struct text_list orgs;
  uint64_t objects; /* written so far */
};

static void add(struct kz_buf *out, const char *literal) {
  kz_buf_add(out, literal, strlen(literal));
}

/* "member":"number", */
static void add_number(struct kz_buf *out, const char *member,
                       uint64_t number) {
  add(out, member);
  kz_buf_add_u64(out, number);
  add(out, "\",");
}

static struct kz_uuid uuid_of(const struct generator *g, enum thing thing,
                              uint64_t number) {
  uint64_t key = kz_hash_mix(g->params.seed * 8 + thing);
  uint64_t halves[2] = {kz_hash_mix(key + number * 2),
                        kz_hash_mix(key + number * 2 + 1)};
  uint8_t bytes[16];
  memcpy(bytes, halves, sizeof bytes);
  return kz_uuid_of_bytes(bytes);
}

static void add_uuid(struct generator *g, struct kz_buf *out, enum thing thing,
                     uint64_t number) {
  char text[KZ_UUID_TEXT];
  struct kz_uuid uuid = uuid_of(g, thing, number);
  kz_buf_add_str(out, kz_uuid_format(&uuid, text));
}

static kz_str text_at(const struct text_list *list, size_t i) {
  size_t from = i ? list->ends[i - 1] : 0;
  return (kz_str){list->bytes.ptr + from, list->ends[i] - from};
}

/* --- tags and organisations ------------------------------------------------
 */

static void add_tag_name(struct kz_buf *out, uint32_t tag) {
  static const char *const tlp[] = {"tlp:white", "tlp:green", "tlp:amber",
                                    "tlp:red", "tlp:clear"};
  static const char *const kinds[] = {
      "misp-galaxy:threat-actor=\\\"Invented Actor ",
      "misp-galaxy:tool=\\\"Invented Tool ",
      "misp-galaxy:sector=\\\"Invented Sector ",
      "admiralty-scale:bench=\\\"",
      "bench:family=\\\"",
  };
  if (tag < sizeof tlp / sizeof *tlp) {
    add(out, tlp[tag]);
    return;
  }
  add(out, kinds[tag % (sizeof kinds / sizeof *kinds)]);
  kz_buf_add_u64(out, tag);
  add(out, "\\\"");
}

static void add_tag(struct kz_buf *out, uint32_t tag) {
  add_number(out, "{\"id\":\"", tag + UINT64_C(1));
  add(out, "\"name\":\"");
  add_tag_name(out, tag);
  kz_buf_add_format(out, "\",\"colour\":\"#%06x\",",
                    (unsigned)(kz_hash_mix(tag) & 0xffffff));
  add(out, "\"exportable\":true,\"hide_tag\":false,\"local\":false,"
           "\"relationship_type\":null}");
}

static void add_org(struct generator *g, struct kz_buf *out, uint32_t org) {
  add_number(out, "{\"id\":\"", org + UINT64_C(1));
  kz_buf_add_format(out, "\"name\":\"Bench Organisation %04u\",\"uuid\":\"",
                    org);
  add_uuid(g, out, THING_ORG, org);
  add(out, "\",\"local\":false}");
}

static bool make_lists(struct generator *g) {
  g->tags.ends = calloc(g->params.tags, sizeof *g->tags.ends);
  g->orgs.ends = calloc(g->params.orgs, sizeof *g->orgs.ends);
  if (!g->tags.ends || !g->orgs.ends) {
    return false;
  }
  for (uint32_t i = 0; i < g->params.tags; i++) {
    add_tag(&g->tags.bytes, i);
    g->tags.ends[i] = g->tags.bytes.len;
  }
  for (uint32_t i = 0; i < g->params.orgs; i++) {
    add_org(g, &g->orgs.bytes, i);
    g->orgs.ends[i] = g->orgs.bytes.len;
  }
  return !kz_buf_failed(&g->tags.bytes) && !kz_buf_failed(&g->orgs.bytes);
}

/* `"Tag":[...]` */
static void add_tags(struct generator *g, struct kz_buf *out,
                     const uint32_t *tags, uint32_t count) {
  add(out, "\"Tag\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i) {
      kz_buf_add_byte(out, ',');
    }
    kz_buf_add_str(out, text_at(&g->tags, tags[i]));
  }
  kz_buf_add_byte(out, ']');
}

/* --- rows, objects, events -------------------------------------------------
 */

/* Values hold printable ASCII only. */
static void add_escaped(struct kz_buf *out, const char *text, size_t len) {
  const char *at = text;
  const char *stop;
  while ((stop = memchr(at, '\\', (size_t)(text + len - at)))) {
    kz_buf_add(out, at, (size_t)(stop - at));
    add(out, "\\\\");
    at = stop + 1;
  }
  kz_buf_add(out, at, (size_t)(text + len - at));
}

/* Where a row stands. */
struct place {
  uint64_t event_id;
  uint64_t object_id; /* 0: none */
  uint64_t timestamp;
};

static void add_row(struct generator *g, const struct place *place,
                    const struct kz_shape_row *row) {
  struct kz_buf *out = &g->out;
  kz_str type = kz_type_name(row->type);
  add_number(out, "{\"id\":\"", row->number + 1);
  add(out, "\"type\":\"");
  kz_buf_add_str(out, type);
  add(out, "\",\"category\":\"");
  kz_buf_add_str(out, kz_category_name(kz_type_default_category(row->type)));
  add(out, row->to_ids ? "\",\"to_ids\":true,\"uuid\":\""
                       : "\",\"to_ids\":false,\"uuid\":\"");
  add_uuid(g, out, THING_ROW, row->number);
  add_number(out, "\",\"event_id\":\"", place->event_id);
  add_number(out, "\"distribution\":\"5\",\"timestamp\":\"",
             place->timestamp + (row->key & 4095));
  add(out, row->key >> 61 ? "\"comment\":\"\","
                          : "\"comment\":\"seen by the bench sensor\",");
  add_number(out,
             "\"sharing_group_id\":\"0\",\"deleted\":false,"
             "\"disable_correlation\":false,\"object_id\":\"",
             place->object_id);
  add(out, "\"object_relation\":");
  if (place->object_id) {
    kz_buf_add_byte(out, '"');
    kz_buf_add_str(out, type);
    kz_buf_add_byte(out, '"');
  } else {
    add(out, "null");
  }
  add(out, ",\"first_seen\":null,\"last_seen\":null,\"value\":\"");
  char value[KZ_INVENT_MAX];
  add_escaped(out, value, kz_invent_value(row, value));
  add(out, "\",\"Galaxy\":[],\"ShadowAttribute\":[]");
  if (row->tag_count) {
    kz_buf_add_byte(out, ',');
    add_tags(g, out, row->tags, row->tag_count);
  }
  kz_buf_add_byte(out, '}');
}

/* The next `count` rows of the event, with commas between. */
static void add_rows(struct generator *g, struct kz_shape *shape,
                     const struct place *place, uint32_t count) {
  struct kz_shape_row row;
  for (uint32_t i = 0; i < count && kz_shape_next_row(shape, &row); i++) {
    if (i) {
      kz_buf_add_byte(&g->out, ',');
    }
    add_row(g, place, &row);
  }
}

static void add_object(struct generator *g, struct kz_shape *shape,
                       struct place place, uint32_t rows) {
  struct kz_buf *out = &g->out;
  place.object_id = ++g->objects;
  add_number(out, "{\"id\":\"", place.object_id);
  add(out,
      "\"name\":\"file\",\"meta-category\":\"file\",\"description\":\"File "
      "object describing a file with meta-information\","
      "\"template_uuid\":\"688c46fb-5edb-40a3-8273-1af7923e2215\","
      "\"template_version\":\"24\",");
  add_number(out, "\"event_id\":\"", place.event_id);
  add(out, "\"uuid\":\"");
  add_uuid(g, out, THING_OBJECT, place.object_id);
  add_number(out, "\",\"timestamp\":\"", place.timestamp);
  add(out, "\"distribution\":\"5\",\"sharing_group_id\":\"0\",\"comment\":\"\","
           "\"deleted\":false,\"first_seen\":null,\"last_seen\":null,"
           "\"ObjectReference\":[],\"Attribute\":[");
  add_rows(g, shape, &place, rows);
  add(out, "]}");
}

static void add_objects(struct generator *g, struct kz_shape *shape,
                        const struct place *place, uint32_t rows) {
  add(&g->out, ",\"Object\":[");
  for (uint32_t done = 0; done < rows; done += OBJECT_ROWS) {
    if (done) {
      kz_buf_add_byte(&g->out, ',');
    }
    add_object(g, shape, *place,
               rows - done < OBJECT_ROWS ? rows - done : OBJECT_ROWS);
  }
  kz_buf_add_byte(&g->out, ']');
}

static int32_t day_of(const struct generator *g,
                      const struct kz_shape_event *event) {
  uint32_t month = LAST_MONTH + 1 - g->params.months + event->month;
  int32_t days = 0;
  kz_rc rc = kz_clock_days((struct kz_date){.year = (int32_t)(month / 12),
                                            .month = month % 12 + 1,
                                            .day = event->day + 1},
                           &days);
  return rc == KZ_OK ? days : 0;
}

/* The members that an event and its line in a manifest have in common. */
static void add_summary(struct generator *g, struct kz_buf *out,
                        const struct kz_shape_event *event,
                        uint64_t timestamp) {
  char date[KZ_DATE_TEXT];
  kz_buf_add_format(out,
                    "\"info\":\"Bench report %llu: activity of cluster %u\",",
                    (unsigned long long)event->number, event->tags[0]);
  add(out, "\"date\":\"");
  kz_buf_add_str(out, kz_clock_format_date(day_of(g, event), date));
  add_number(out, "\",\"threat_level_id\":\"", 1 + event->number % 4);
  add_number(out, "\"analysis\":\"", event->number % 3);
  add_number(out, "\"timestamp\":\"", timestamp);
  add(out, "\"Orgc\":");
  kz_buf_add_str(out, text_at(&g->orgs, event->org));
  kz_buf_add_byte(out, ',');
  add_tags(g, out, event->tags, event->tag_count);
}

static void add_event(struct generator *g, struct kz_shape *shape,
                      const struct kz_shape_event *event) {
  struct kz_buf *out = &g->out;
  struct place place = {
      .event_id = event->number + 1,
      .timestamp = (uint64_t)day_of(g, event) * 86400 + 3600,
  };
  add_number(out, "{\"Event\":{\"id\":\"", place.event_id);
  add(out, "\"uuid\":\"");
  add_uuid(g, out, THING_EVENT, event->number);
  add_number(out, "\",\"org_id\":\"", event->org + UINT64_C(1));
  add_number(out, "\"orgc_id\":\"", event->org + UINT64_C(1));
  add(out, "\"published\":true,");
  add_number(out, "\"attribute_count\":\"", event->rows);
  add(out, event->number % 20 == 0 ? "\"distribution\":\"0\","
                                   : "\"distribution\":\"3\",");
  add_number(out,
             "\"proposal_email_lock\":false,\"locked\":false,"
             "\"publish_timestamp\":\"",
             place.timestamp + 4096);
  add(out, "\"sharing_group_id\":\"0\",\"disable_correlation\":false,"
           "\"extends_uuid\":\"\",\"Org\":");
  kz_buf_add_str(out, text_at(&g->orgs, event->org));
  kz_buf_add_byte(out, ',');
  add_summary(g, out, event, place.timestamp + 4096);
  add(out, ",\"Attribute\":[");
  add_rows(g, shape, &place, event->rows - event->rows_in_objects);
  kz_buf_add_byte(out, ']');
  if (event->rows_in_objects) {
    add_objects(g, shape, &place, event->rows_in_objects);
  }
  add(out, "}}");
}

/* --- output -----------------------------------------------------------------
 */

static kz_rc write_all(int fd, kz_str bytes, struct kz_err *err) {
  while (bytes.len > 0) {
    ssize_t n = write(fd, bytes.ptr, bytes.len);
    if (n < 0 && errno != EINTR) {
      return kz_err_set(err, KZ_E_IO, "write: %s", strerror(errno));
    }
    bytes = kz_str_from(bytes, n > 0 ? (size_t)n : 0);
  }
  return KZ_OK;
}

/* Writes what has gathered, and forgets it. */
static kz_rc drain(struct generator *g, struct kz_err *err) {
  if (kz_buf_failed(&g->out)) {
    return kz_err_set(err, KZ_E_LIMIT, "an event is too large");
  }
  kz_rc rc = write_all(g->fd, kz_buf_str(&g->out), err);
  kz_buf_clear(&g->out);
  return rc;
}

static kz_rc open_output(struct generator *g, const char *path,
                         struct kz_err *err) {
  g->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (g->fd < 0) {
    return kz_err_set(err, KZ_E_IO, "%s: %s", path, strerror(errno));
  }
  return KZ_OK;
}

/* Writes what has gathered as one file of the feed. */
static kz_rc write_feed_file(struct generator *g, const char *name,
                             struct kz_err *err) {
  char path[4096];
  int len = snprintf(path, sizeof path, "%s/%s.json", g->output, name);
  if (len < 0 || (size_t)len >= sizeof path) {
    return kz_err_set(err, KZ_E_INPUT, "the path is too long");
  }
  kz_rc rc = open_output(g, path, err);
  if (rc != KZ_OK) {
    return rc;
  }
  rc = drain(g, err);
  close(g->fd);
  return rc;
}

static kz_rc write_feed_event(struct generator *g,
                              const struct kz_shape_event *event,
                              struct kz_err *err) {
  char name[KZ_UUID_TEXT];
  struct kz_uuid uuid = uuid_of(g, THING_EVENT, event->number);
  kz_uuid_format(&uuid, name);
  kz_buf_add_byte(&g->manifest, event->number ? ',' : '{');
  kz_buf_add_format(&g->manifest, "\"%s\":{", name);
  add_summary(g, &g->manifest, event,
              (uint64_t)day_of(g, event) * 86400 + 3600 + 4096);
  kz_buf_add_byte(&g->manifest, '}');
  return write_feed_file(g, name, err);
}

static kz_rc begin(struct generator *g, struct kz_err *err) {
  g->fd = STDOUT_FILENO;
  if (g->format == FORMAT_FEED) {
    if (!g->output) {
      return kz_err_set(err, KZ_E_INPUT, "a feed needs --output FOLDER");
    }
    if (mkdir(g->output, 0755) != 0 && errno != EEXIST) {
      return kz_err_set(err, KZ_E_IO, "%s: %s", g->output, strerror(errno));
    }
    return KZ_OK;
  }
  if (g->format == FORMAT_RESPONSE) {
    add(&g->out, "{\"response\":[\n");
  }
  return g->output ? open_output(g, g->output, err) : KZ_OK;
}

static kz_rc end_event(struct generator *g, const struct kz_shape_event *event,
                       struct kz_err *err) {
  if (g->format == FORMAT_FEED) {
    return write_feed_event(g, event, err);
  }
  kz_buf_add_byte(&g->out, '\n');
  return g->out.len >= OUT_FULL ? drain(g, err) : KZ_OK;
}

static kz_rc end(struct generator *g, struct kz_err *err) {
  if (g->format == FORMAT_FEED) {
    kz_buf_add_str(&g->out, kz_buf_str(&g->manifest));
    kz_buf_add_byte(&g->out, '}');
    return kz_buf_failed(&g->manifest)
               ? kz_err_set(err, KZ_E_LIMIT, "the manifest is too large")
               : write_feed_file(g, "manifest", err);
  }
  if (g->format == FORMAT_RESPONSE) {
    add(&g->out, "]}\n");
  }
  return drain(g, err);
}

static kz_rc generate(struct generator *g, struct kz_err *err) {
  struct kz_shape *shape = NULL;
  kz_rc rc = kz_shape_new(&g->params, &shape, err);
  if (rc == KZ_OK && !make_lists(g)) {
    rc = kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  if (rc == KZ_OK) {
    rc = begin(g, err);
  }
  struct kz_shape_event event;
  while (rc == KZ_OK && kz_shape_next_event(shape, &event)) {
    if (g->format == FORMAT_RESPONSE && event.number > 0) {
      kz_buf_add_byte(&g->out, ',');
    }
    add_event(g, shape, &event);
    rc = end_event(g, &event, err);
  }
  if (rc == KZ_OK) {
    rc = end(g, err);
  }
  kz_shape_free(shape);
  return rc;
}
/* --- the command line -------------------------------------------------------
 */

/* Options that take a number, in the order of `number_options`. */
enum {
  OPT_SEED,
  OPT_ATTRIBUTES,
  OPT_EVENTS,
  OPT_MEAN,
  OPT_LARGEST,
  OPT_SHARE,
  OPT_TAGGED,
  OPT_OBJECTS,
  OPT_TYPES,
  OPT_TAGS,
  OPT_EVENT_TAGS,
  OPT_ORGS,
  OPT_MONTHS,
  OPT_NUMBERS,
  OPT_FORMAT = OPT_NUMBERS,
  OPT_OUTPUT,
  OPT_HELP,
};

struct number_option {
  double value; /* unless told */
  double max;   /* the shape checks the rest */
};

static const struct number_option number_options[OPT_NUMBERS] = {
    [OPT_SEED] = {1, 9007199254740992.0},
    [OPT_ATTRIBUTES] = {2000000, UINT32_MAX},
    [OPT_EVENTS] = {0, UINT32_MAX},
    [OPT_MEAN] = {43, KZ_SHAPE_EVENT_ROWS_MAX},
    [OPT_LARGEST] = {100000, KZ_SHAPE_EVENT_ROWS_MAX},
    [OPT_SHARE] = {0.30, 1},
    [OPT_TAGGED] = {0.15, 1},
    [OPT_OBJECTS] = {0, 1},
    [OPT_TYPES] = {KZ_SHAPE_TYPES, KZ_SHAPE_TYPES},
    [OPT_TAGS] = {10000, 1000000},
    [OPT_EVENT_TAGS] = {5, KZ_SHAPE_EVENT_TAGS_MAX},
    [OPT_ORGS] = {2000, 1000000},
    [OPT_MONTHS] = {60, 600},
};

static const struct option options[] = {
    {"seed", required_argument, NULL, OPT_SEED},
    {"attributes", required_argument, NULL, OPT_ATTRIBUTES},
    {"events", required_argument, NULL, OPT_EVENTS},
    {"mean", required_argument, NULL, OPT_MEAN},
    {"largest", required_argument, NULL, OPT_LARGEST},
    {"share", required_argument, NULL, OPT_SHARE},
    {"tagged", required_argument, NULL, OPT_TAGGED},
    {"objects", required_argument, NULL, OPT_OBJECTS},
    {"types", required_argument, NULL, OPT_TYPES},
    {"tags", required_argument, NULL, OPT_TAGS},
    {"event-tags", required_argument, NULL, OPT_EVENT_TAGS},
    {"orgs", required_argument, NULL, OPT_ORGS},
    {"months", required_argument, NULL, OPT_MONTHS},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: bench-generate [OPTION...]\n"
    "Writes MISP events, the same ones for the same options.\n\n"
    "  --attributes N   rows in all (2000000)\n"
    "  --events N       about so many events, instead of --mean\n"
    "  --mean X         rows an event on average, Pareto; 0: all --largest "
    "(43)\n"
    "  --largest N      rows in the largest event (100000)\n"
    "  --share P        part of the rows with a value from the pool (0.30)\n"
    "  --tagged P       part of the rows with tags of their own (0.15)\n"
    "  --objects P      part of the rows that lie in objects (0)\n"
    "  --types N        types that occur (190)\n"
    "  --tags N, --event-tags N    tags in all, on an event (10000, 5)\n"
    "  --orgs N, --months N        organisations, months up to November 2026\n"
    "                              (2000, 60)\n"
    "  --seed N         another seed, other data (1)\n"
    "  --format ndjson|response|feed   (ndjson; a feed is a folder)\n"
    "  --output PATH    instead of standard output\n";

static kz_rc read_number(const char *text, double max, const char *name,
                         double *ret, struct kz_err *err) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= 0 && value <= max)) {
    return kz_err_set(err, KZ_E_INPUT, "--%s: 0 to %.0f", name, max);
  }
  *ret = value;
  return KZ_OK;
}

static kz_rc read_format(const char *text, enum format *ret,
                         struct kz_err *err) {
  static const char *const names[] = {[FORMAT_NDJSON] = "ndjson",
                                      [FORMAT_RESPONSE] = "response",
                                      [FORMAT_FEED] = "feed"};
  for (enum format i = FORMAT_NDJSON; i <= FORMAT_FEED; i++) {
    if (strcmp(text, names[i]) == 0) {
      *ret = i;
      return KZ_OK;
    }
  }
  return kz_err_set(err, KZ_E_INPUT, "--format: ndjson, response or feed");
}

static struct kz_shape_params params_of(const double numbers[OPT_NUMBERS]) {
  double mean = numbers[OPT_MEAN];
  if (numbers[OPT_EVENTS] > 0) {
    mean = numbers[OPT_ATTRIBUTES] / numbers[OPT_EVENTS];
  }
  return (struct kz_shape_params){
      .seed = (uint64_t)numbers[OPT_SEED],
      .attributes = (uint64_t)numbers[OPT_ATTRIBUTES],
      .mean = mean,
      .largest = (uint32_t)numbers[OPT_LARGEST],
      .share = numbers[OPT_SHARE],
      .tagged = numbers[OPT_TAGGED],
      .objects = numbers[OPT_OBJECTS],
      .types = (uint32_t)numbers[OPT_TYPES],
      .tags = (uint32_t)numbers[OPT_TAGS],
      .event_tags = (uint32_t)numbers[OPT_EVENT_TAGS],
      .orgs = (uint32_t)numbers[OPT_ORGS],
      .months = (uint32_t)numbers[OPT_MONTHS],
  };
}

/* KZ_END: help was asked for, and given. */
static kz_rc read_options(int argc, char **argv, struct generator *g,
                          struct kz_err *err) {
  double numbers[OPT_NUMBERS];
  for (int i = 0; i < OPT_NUMBERS; i++) {
    numbers[i] = number_options[i].value;
  }
  kz_rc rc = KZ_OK;
  int option;
  while (rc == KZ_OK &&
         (option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
    if (option < OPT_NUMBERS) {
      rc = read_number(optarg, number_options[option].max, options[option].name,
                       &numbers[option], err);
    } else if (option == OPT_FORMAT) {
      rc = read_format(optarg, &g->format, err);
    } else if (option == OPT_OUTPUT) {
      g->output = optarg;
    } else if (option == OPT_HELP) {
      fputs(usage, stdout);
      return KZ_END;
    } else {
      return kz_err_set(err, KZ_E_INPUT, "try --help");
    }
  }
  if (rc == KZ_OK && optind < argc) {
    return kz_err_set(err, KZ_E_INPUT, "%s? try --help", argv[optind]);
  }
  g->params = params_of(numbers);
  return rc;
}

int main(int argc, char **argv) {
  struct generator g = {.fd = STDOUT_FILENO};
  kz_buf_init(&g.out, OUT_MAX);
  kz_buf_init(&g.manifest, OUT_MAX);
  kz_buf_init(&g.tags.bytes, OUT_MAX);
  kz_buf_init(&g.orgs.bytes, OUT_MAX);
  struct kz_err err = KZ_ERR_NONE;
  kz_rc rc = read_options(argc, argv, &g, &err);
  if (rc == KZ_OK) {
    rc = generate(&g, &err);
  }
  if (rc < 0) {
    fprintf(stderr, "bench-generate: %s\n", err.text);
  }
  kz_buf_done(&g.out);
  kz_buf_done(&g.manifest);
  kz_buf_done(&g.tags.bytes);
  kz_buf_done(&g.orgs.bytes);
  free(g.tags.ends);
  free(g.orgs.ends);
  return rc < 0;
}
