/* "context" and "context-markdown": what the events found are about, as their
 * tags say it: taxonomies, galaxies and other tags, each with the number of
 * events that carry it. JSON for programs, Markdown for reports. */
#include "format/exporting.h"

#define GALAXY "misp-galaxy:"

static void tally_tags(struct kz_exporting *x, uint64_t event,
                       const struct kz_tag_use *tags, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (tags[i].tag.exportable) {
      kz_exporting_tally(x, event, tags[i].tag.name);
    }
  }
}

static void context_event(struct kz_exporting *x,
                          const struct kz_event *event) {
  tally_tags(x, event->id, event->tags, event->tag_count);
}

static void context_row(struct kz_exporting *x,
                        const struct kz_export_row *row) {
  tally_tags(x, row->event->id, row->attribute->tags,
             row->attribute->tag_count);
}

static bool is_galaxy(kz_str name) {
  return kz_str_starts(name, KZ_STR(GALAXY));
}

/* "tlp:amber" and `a:b="c"`: of a taxonomy. */
static bool is_machine_tag(kz_str name) {
  size_t colon = kz_str_find_byte(name, ':');
  return colon != SIZE_MAX && colon > 0 && colon + 1 < name.len &&
         !is_galaxy(name);
}

static void write_entry(struct kz_exporting *x, kz_str name, uint64_t count) {
  kz_jsonw_object(&x->w);
  kz_jsonw_member_str(&x->w, KZ_STR("tag"), name);
  kz_jsonw_member_u64(&x->w, KZ_STR("events"), count);
  kz_jsonw_object_end(&x->w);
}

static void write_galaxy(struct kz_exporting *x, kz_str name, uint64_t count) {
  if (is_galaxy(name)) {
    write_entry(x, name, count);
  }
}

static void write_taxonomy(struct kz_exporting *x, kz_str name,
                           uint64_t count) {
  if (is_machine_tag(name)) {
    write_entry(x, name, count);
  }
}

static void write_other(struct kz_exporting *x, kz_str name, uint64_t count) {
  if (!is_galaxy(name) && !is_machine_tag(name)) {
    write_entry(x, name, count);
  }
}

static void write_list(struct kz_exporting *x, kz_str key,
                       kz_exporting_visit *visit) {
  kz_jsonw_key(&x->w, key);
  kz_jsonw_array(&x->w);
  kz_exporting_each(x, KZ_STR(""), visit);
  kz_jsonw_array_end(&x->w);
}

static void context_end(struct kz_exporting *x) {
  kz_jsonw_object(&x->w);
  kz_jsonw_member_u64(&x->w, KZ_STR("events"), x->events);
  kz_jsonw_member_u64(&x->w, KZ_STR("attributes"), x->rows);
  write_list(x, KZ_STR("taxonomies"), write_taxonomy);
  write_list(x, KZ_STR("galaxies"), write_galaxy);
  write_list(x, KZ_STR("tags"), write_other);
  kz_jsonw_object_end(&x->w);
  kz_buf_add_byte(x->out, '\n');
}

const struct kz_exporter kz_exporter_context = {.name = "context",
                                                .type = "application/json",
                                                .is_tally = true,
                                                .event = context_event,
                                                .row = context_row,
                                                .end = context_end};

/* --- Markdown --------------------------------------------------------------
 */

/* Text that Markdown and HTML leave alone: marks get a backslash, '<' and '&'
 * are entities, line ends are spaces. */
static void add_markdown(struct kz_buf *out, kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '<') {
      kz_buf_add_str(out, KZ_STR("&lt;"));
    } else if (c == '&') {
      kz_buf_add_str(out, KZ_STR("&amp;"));
    } else if ((unsigned char)c < ' ') {
      kz_buf_add_byte(out, ' ');
    } else {
      if (strchr("\\`*_{}[]()#+-.!|>~", c)) {
        kz_buf_add_byte(out, '\\');
      }
      kz_buf_add_byte(out, c);
    }
  }
}

static void markdown_entry(struct kz_exporting *x, kz_str name,
                           uint64_t count) {
  kz_buf_add_str(x->out, KZ_STR("- "));
  add_markdown(x->out, name);
  kz_buf_add_format(x->out, " (%llu)\n", (unsigned long long)count);
}

static void markdown_galaxy(struct kz_exporting *x, kz_str name,
                            uint64_t count) {
  if (is_galaxy(name)) {
    markdown_entry(x, kz_str_from(name, sizeof GALAXY - 1), count);
  }
}

static void markdown_taxonomy(struct kz_exporting *x, kz_str name,
                              uint64_t count) {
  if (is_machine_tag(name)) {
    markdown_entry(x, name, count);
  }
}

static void markdown_other(struct kz_exporting *x, kz_str name,
                           uint64_t count) {
  if (!is_galaxy(name) && !is_machine_tag(name)) {
    markdown_entry(x, name, count);
  }
}

static void markdown_list(struct kz_exporting *x, const char *title,
                          kz_exporting_visit *visit) {
  kz_buf_add_format(x->out, "\n## %s\n\n", title);
  kz_exporting_each(x, KZ_STR(""), visit);
}

static void markdown_end(struct kz_exporting *x) {
  kz_buf_add_format(x->out, "# Context of %llu events with %llu attributes\n",
                    (unsigned long long)x->events, (unsigned long long)x->rows);
  markdown_list(x, "Taxonomies", markdown_taxonomy);
  markdown_list(x, "Galaxies", markdown_galaxy);
  markdown_list(x, "Tags", markdown_other);
}

const struct kz_exporter kz_exporter_context_markdown = {
    .name = "context-markdown",
    .type = "text/markdown; charset=UTF-8",
    .is_tally = true,
    .event = context_event,
    .row = context_row,
    .end = markdown_end};
