/* Two passes. The first reads all rows once: those of events go to the sorter
 * as parts of MISP's JSON, the small tables are kept. Then organisations, users
 * and groups are made, because events refer to them; and the second pass makes
 * each event of its sorted rows and hands it to the import. Proposals come
 * last: they refer to what is in the store by then.
 *
 * Rejected: ORDER BY event_id on the server. It would spare our sorting, but
 * reads every row through an index, in an order in which they do not lie. */
#include "work/move_in.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/sorter.h"
#include "base/stream.h"
#include "format/misp_read.h"
#include "format/sql_dump.h"
#include "net/sql_client.h"
#include "work/move_clusters.h"
#include "work/move_event.h"
#include "work/move_lists.h"
#include "work/move_names.h"
#include "work/move_proposals.h"
#include "work/move_table.h"

enum {
  ROW_BYTES = 64 << 20, /* one row, as it stands in a dump */
  SORT_MEMORY = 64 << 20,
  PROPOSAL_MEMORY = 16 << 20,
  PIECE = 1 << 20,
  TAG_BYTES = 1 << 20,
};
#define DUMP_BYTES_MAX ((uint64_t)1 << 46)

struct moving {
  struct kz_house *house;
  struct kz_ingest_progress *progress;
  struct kz_ingest_run *run;
  struct kz_arena *arena;
  kz_str from; /* as it was given, NUL-terminated */
  kz_str file; /* as people see it */
  struct kz_sorter *rows;
  struct kz_sorter *proposals;
  struct kz_move_names names;
  struct kz_move_lists lists;
  struct kz_move_made made;
  struct kz_misp_reader *reader; /* of tags */
  struct kz_arena *tag_arena;
  struct kz_buf record;
  /* The table whose rows come: */
  struct kz_move_table table;
  bool is_list;
  enum kz_move_list list;
  const kz_str *columns;
  bool has_events;
  uint64_t size; /* about the bytes of the first pass */
  uint64_t read;
  kz_rc rc; /* of the store or the sorter, while rows come */
  struct kz_err err;
};

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "moving in: out of memory");
}

static void tell(void *ctx, const struct kz_json_place *place,
                 const char *message) {
  struct moving *m = ctx;
  kz_ingest_tell(m->run, place, message);
}

/* --- the first pass --------------------------------------------------------
 */

static bool begin_table(void *ctx, kz_str name, const kz_str *columns,
                        size_t count) {
  struct moving *m = ctx;
  char words[KZ_ERR_TEXT];
  m->columns = columns;
  m->is_list = kz_move_list_find(name, &m->list) == KZ_OK;
  if (m->is_list) {
    return true;
  }
  kz_rc rc = kz_move_table_bind(name, columns, count, &m->table);
  if (rc == KZ_E_INPUT) {
    snprintf(words, sizeof words,
             "the table %.*s lacks columns that it has in MISP",
             KZ_STR_ARG(kz_str_head(name, 64)));
    tell(m, NULL, words);
  }
  m->has_events =
      m->has_events || (rc == KZ_OK && m->table.kind == KZ_MOVE_EVENT);
  return rc == KZ_OK;
}

/* The dictionary takes the tag whole; from then on its name says all. */
static kz_rc take_tag(struct moving *m, uint64_t number, kz_str members,
                      const struct kz_json_place *place) {
  struct kz_tag_use use;
  uint32_t id = 0;
  KZ_BUF(text, TAG_BYTES);
  struct kz_jsonw w;
  kz_arena_reset(m->tag_arena);
  kz_buf_add_byte(&text, '{');
  kz_buf_add_str(&text, members);
  kz_buf_add_byte(&text, '}');
  const struct kz_misp_input input = {.text = kz_buf_str(&text),
                                      .arena = m->tag_arena};
  if (kz_buf_failed(&text) ||
      kz_misp_read_tag(m->reader, &input, &use, &m->err) != KZ_OK) {
    tell(m, place, m->err.text);
    return KZ_OK;
  }
  kz_rc rc =
      kz_dict_tag(kz_store_dict(m->house->store), &use.tag, &id, &m->err);
  KZ_BUF(name, TAG_BYTES);
  kz_jsonw_init(&w, &name);
  kz_jsonw_object(&w);
  kz_jsonw_member_str(&w, KZ_STR("name"), use.tag.name);
  return rc == KZ_OK ? kz_move_names_add_text(&m->names, m->names.tags, number,
                                              kz_str_from(kz_buf_str(&name), 1))
                     : rc;
}

static kz_rc take_record(struct moving *m, const kz_str *values,
                         const struct kz_json_place *place) {
  struct kz_sort_key key;
  const char *problem =
      kz_move_table_record(&m->table, values, place, &key, &m->record);
  if (problem) {
    tell(m, place, problem);
    return KZ_OK;
  }
  kz_str record = kz_buf_str(&m->record);
  if (m->table.kind == KZ_MOVE_TAG) {
    return take_tag(m, key.c, kz_str_from(record, sizeof(struct kz_move_head)),
                    place);
  }
  struct kz_sorter *to =
      m->table.kind == KZ_MOVE_PROPOSAL ? m->proposals : m->rows;
  kz_rc rc = kz_sorter_add(to, &key, record, &m->err);
  if (rc == KZ_E_LIMIT) {
    tell(m, place, m->err.text);
    return KZ_OK;
  }
  return rc;
}

static kz_rc take_row(void *ctx, const kz_str *values, size_t count,
                      const struct kz_json_place *place) {
  struct moving *m = ctx;
  if (atomic_load(&m->progress->stop)) {
    return KZ_E_STOPPED;
  }
  m->rc = m->is_list ? kz_move_lists_add(&m->lists, m->list, m->columns, values,
                                         count, place)
                     : take_record(m, values, place);
  return m->rc;
}

static void show_read(struct moving *m, uint64_t bytes) {
  m->read = bytes < m->size ? bytes : m->size;
  atomic_store(&m->progress->bytes, m->read);
}

static kz_rc read_stream(struct moving *m, struct kz_stream *stream,
                         struct kz_sql_dump *dump, struct kz_err *err) {
  char *piece = malloc(PIECE);
  kz_rc rc = piece ? KZ_OK : KZ_E_MEMORY;
  while (rc == KZ_OK) {
    size_t len = 0;
    rc = kz_stream_read(stream, piece, PIECE, &len, err);
    if (rc == KZ_OK) {
      rc = kz_sql_dump_feed(dump, (kz_str){piece, len});
      show_read(m, kz_stream_taken(stream));
    }
  }
  free(piece);
  if (rc == KZ_END) {
    return kz_sql_dump_end(dump);
  }
  if (rc == KZ_E_INPUT || rc == KZ_E_IO) { /* what came before it counts */
    tell(m, NULL, err->text);
    rc = kz_sql_dump_end(dump);
  }
  return rc;
}

static kz_rc read_dump(struct moving *m, struct kz_err *err) {
  struct kz_stream *stream = NULL;
  kz_rc rc = kz_stream_open(m->from.ptr, DUMP_BYTES_MAX, &stream, err);
  if (rc != KZ_OK) {
    return rc == KZ_NOT_FOUND ? KZ_E_INPUT : rc;
  }
  const struct kz_sql_sink sink = {
      .ctx = m, .table = begin_table, .row = take_row, .problem = tell};
  struct kz_sql_dump *dump = kz_sql_dump_new(&sink, ROW_BYTES);
  m->size = kz_stream_size(stream);
  atomic_store(&m->progress->total_bytes, m->size * 2);
  rc = dump ? read_stream(m, stream, dump, err) : no_memory(err);
  kz_sql_dump_free(dump);
  kz_stream_close(stream);
  return rc;
}

static kz_rc take_server_row(void *ctx, const kz_str *values, size_t count) {
  struct moving *m = ctx;
  const struct kz_json_place place = {0}; /* the row's number stands for it */
  uint64_t bytes = m->read;
  for (size_t i = 0; i < count; i++) {
    bytes += values[i].len;
  }
  show_read(m, bytes);
  return take_row(m, values, count, &place);
}

/* Clusters before their elements. */
static const char *const wanted[] = {
    "organisations",
    "roles",
    "users",
    "sharing_groups",
    "sharing_group_orgs",
    "sharing_group_servers",
    "galaxies",
    "galaxy_clusters",
    "galaxy_elements",
    "galaxy_cluster_relations",
    "tags",
    "events",
    "event_tags",
    "event_reports",
    "objects",
    "object_references",
    "attributes",
    "attribute_tags",
    "sightings",
    "shadow_attributes",
};
enum { WANTED = sizeof wanted / sizeof wanted[0] };

static kz_rc read_tables(struct moving *m, struct kz_sql_client *client,
                         struct kz_err *err) {
  const struct kz_sql_visitor visitor = {
      .ctx = m, .table = begin_table, .row = take_server_row};
  kz_rc rc = KZ_OK;
  for (size_t i = 0; rc == KZ_OK && i < WANTED; i++) {
    uint64_t bytes = 0;
    rc = kz_sql_size(client, wanted[i], &bytes, err);
    m->size += bytes;
  }
  atomic_store(&m->progress->total_bytes, m->size * 2);
  for (size_t i = 0; rc == KZ_OK && i < WANTED; i++) {
    rc = kz_sql_rows(client, wanted[i], &visitor, err);
    rc = rc == KZ_NOT_FOUND ? KZ_OK : rc; /* an older MISP */
  }
  return rc;
}

static kz_rc read_server(struct moving *m, struct kz_err *err) {
  struct kz_sql_address address;
  struct kz_sql_client *client = NULL;
  kz_rc rc = kz_sql_parse(m->from, &address, err);
  rc = rc == KZ_OK ? kz_sql_connect(&address, &client, err) : rc;
  rc = rc == KZ_OK ? read_tables(m, client, err) : rc;
  kz_sql_close(client);
  return rc;
}

/* --- the second pass -------------------------------------------------------
 */

static kz_rc make_events(struct moving *m, struct kz_err *err) {
  struct kz_move_event *event = kz_move_event_new(&m->names, m->run);
  uint64_t count = kz_sorter_count(m->rows);
  uint64_t done = 0;
  struct kz_sort_key key;
  kz_str record = KZ_STR_NONE;
  kz_rc rc = event ? kz_sorter_sort(m->rows, err) : no_memory(err);
  while (rc == KZ_OK) {
    rc = kz_sorter_next(m->rows, &key, &record, err);
    rc = rc == KZ_OK ? kz_move_event_row(event, &key, record) : rc;
    if (++done % 4096 == 0) {
      double share = (double)done / (double)count;
      atomic_store(&m->progress->bytes,
                   m->size + (uint64_t)(share * (double)m->size));
    }
  }
  rc = rc == KZ_END ? kz_move_event_end(event) : rc;
  kz_move_event_free(event);
  if (rc == KZ_E_MEMORY && err->text[0] == '\0') {
    return no_memory(err);
  }
  return rc;
}

static kz_rc feed(void *ctx, struct kz_ingest_run *run, struct kz_err *err) {
  struct moving *m = ctx;
  m->run = run;
  kz_rc rc =
      kz_sql_is_address(m->from) ? read_server(m, err) : read_dump(m, err);
  if (m->rc != KZ_OK && m->rc != KZ_E_STOPPED) {
    *err = m->err;
    return m->rc == KZ_E_MEMORY ? no_memory(err) : m->rc;
  }
  if (rc == KZ_OK && !m->has_events) {
    return kz_err_set(err, KZ_E_INPUT, "%.*s has no events of a MISP in it",
                      KZ_STR_ARG(m->file));
  }
  if (rc == KZ_OK) {
    m->made.ctx = m;
    m->made.problem = tell;
    rc = kz_move_lists_make(&m->lists, m->house, &m->names, &m->made, err);
  }
  if (rc == KZ_OK) {
    rc = kz_move_clusters(&m->lists, m->house, &m->names, &m->made, err);
  }
  return rc == KZ_OK ? make_events(m, err) : rc;
}

/* --- the verb --------------------------------------------------------------
 */

static void done(struct moving *m) {
  kz_sorter_free(m->rows);
  kz_sorter_free(m->proposals);
  kz_move_names_done(&m->names);
  kz_move_lists_done(&m->lists);
  kz_misp_reader_free(m->reader);
  kz_arena_free(m->tag_arena);
  kz_buf_done(&m->record);
  kz_arena_free(m->arena);
}

/* What stands for the source in errors: never its password. */
static kz_rc name_source(struct moving *m, kz_str from, struct kz_err *err) {
  KZ_BUF(path, PIECE);
  struct kz_sql_address address;
  kz_buf_add_str(&path, from);
  kz_buf_add_byte(&path, '\0');
  if (kz_buf_failed(&path) ||
      kz_arena_dup(m->arena, kz_buf_str(&path), &m->from) != KZ_OK) {
    return no_memory(err);
  }
  m->from.len--;
  m->file = m->from;
  if (!kz_sql_is_address(from)) {
    return KZ_OK;
  }
  kz_rc rc = kz_sql_parse(from, &address, err);
  if (rc == KZ_OK && kz_sql_show(&address, m->arena, &m->file) != KZ_OK) {
    rc = no_memory(err);
  }
  return rc;
}

static kz_rc init(struct moving *m, kz_str from, struct kz_err *err) {
  const char *folder = kz_store_path(m->house->store);
  m->arena = kz_arena_new(PIECE * 4);
  m->tag_arena = kz_arena_new(TAG_BYTES * 4);
  m->reader = kz_misp_reader_new(TAG_BYTES * 4);
  kz_buf_init(&m->record, (size_t)ROW_BYTES * 7);
  kz_rc rc = kz_move_names_init(&m->names);
  kz_rc lists = kz_move_lists_init(&m->lists);
  if (!m->arena || !m->tag_arena || !m->reader || rc != KZ_OK ||
      lists != KZ_OK) {
    return no_memory(err);
  }
  rc = name_source(m, from, err);
  if (rc == KZ_OK) {
    rc = kz_sorter_new(folder, SORT_MEMORY, &m->rows, err);
  }
  if (rc == KZ_OK) {
    rc = kz_sorter_new(folder, PROPOSAL_MEMORY, &m->proposals, err);
  }
  return rc;
}

static kz_rc run(struct moving *m, const struct kz_ingest_options *options,
                 struct kz_ingest_report **ret_report, struct kz_err *err) {
  struct kz_ingest_options own = *options;
  const struct kz_ingest_source source = {
      .file = m->file, .feed = feed, .ctx = m};
  struct kz_ingest_report *report = NULL;
  own.is_ours = true;
  kz_rc rc = kz_ingest_from(m->house, &source, &own, m->progress, &report, err);
  if (rc != KZ_OK) {
    return rc;
  }
  report->orgs = m->made.orgs;
  report->users = m->made.users;
  report->groups = m->made.groups;
  report->clusters = m->made.clusters;
  rc = kz_sorter_sort(m->proposals, err);
  if (rc == KZ_OK) {
    rc = kz_move_proposals(m->house, m->proposals, &m->names, m->file, report,
                           err);
  }
  if (rc != KZ_OK) {
    kz_ingest_report_done(report);
    return rc;
  }
  *ret_report = report;
  return KZ_OK;
}

kz_rc kz_move_in(struct kz_house *house, kz_str from,
                 const struct kz_ingest_options *options,
                 struct kz_ingest_progress *progress,
                 struct kz_ingest_report **ret_report, struct kz_err *err) {
  struct moving m;
  memset(&m, 0, sizeof m);
  m.house = house;
  m.progress = progress;
  kz_rc rc = init(&m, from, err);
  if (rc == KZ_OK) {
    rc = run(&m, options, ret_report, err);
  }
  done(&m);
  return rc;
}
