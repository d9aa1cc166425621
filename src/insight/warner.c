/* Each way of comparing has its structure over the entries of all its lists:
 * strings and host names a table of words, networks a tree, pieces an
 * automaton, regular expressions a set of patterns. A value goes only through
 * those that any list of its type needs. */
#include "insight/warner.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "insight/net_tree.h"
#include "insight/pattern_set.h"
#include "insight/piece_set.h"
#include "insight/word_set.h"
#include "model/addr.h"
#include "model/value.h"

enum {
  VALUE_MAX = 64 << 10,
  LISTS_MAX = 1 << 16,
  PIECES_BYTES = 1 << 28,
  TYPES = KZ_TYPE_COUNT + 1, /* and that of no type */
};

/* Lists of pieces that look at the same types: a long one for mail addresses
 * does not slow the short one for URLs down. */
struct group {
  const uint64_t *types; /* of its first list */
  struct kz_piece_set *pieces;
};

struct kz_warner {
  atomic_size_t refs;
  struct kz_word_set *strings;
  struct kz_word_set *hosts;
  struct kz_net_tree *nets;
  struct group *groups; /* of lists of pieces */
  size_t group_count;
  struct kz_pattern_set *patterns;
  uint64_t *types; /* of each list, KZ_TYPE_WORDS words */
  size_t list_count;
  size_t left_out;
  uint8_t ways[TYPES]; /* a bit for each enum kz_warn_way */
};

struct kz_warner_eye {
  struct kz_warner *warner;
  struct kz_pattern_scratch *scratch;
  struct kz_warner_hit *hits; /* as many as lists */
  size_t count;
  unsigned type;
  kz_str part;                /* of the value, being compared */
  char (*nets)[KZ_ADDR_TEXT]; /* texts of networks, one a hit */
  char folded[VALUE_MAX];
};

/* --- building --------------------------------------------------------------
 */

static kz_rc no_memory(struct kz_err *err) {
  return kz_err_set(err, KZ_E_MEMORY, "warninglists: out of memory");
}

/* An entry of a list of names as it is compared: without dots around it. */
static kz_str strip_dots(kz_str name) {
  while (name.len > 0 && name.ptr[0] == '.') {
    name = kz_str_from(name, 1);
  }
  while (name.len > 0 && name.ptr[name.len - 1] == '.') {
    name.len--;
  }
  return name;
}

static kz_rc make_words(struct kz_warner *warner,
                        const struct kz_warninglist *lists,
                        enum kz_warn_way way, struct kz_word_set **ret_set) {
  size_t count = 0;
  size_t bytes = 0;
  for (size_t i = 0; i < warner->list_count; i++) {
    for (size_t k = 0; lists[i].way == way && k < lists[i].entry_count; k++) {
      count++;
      bytes += lists[i].entries[k].value.len;
    }
  }
  struct kz_word_set *set = kz_word_set_new(count, bytes);
  char *folded = malloc(KZ_WORD_MAX);
  if (!set || !folded) {
    kz_word_set_free(set);
    free(folded);
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < warner->list_count; i++) {
    for (size_t k = 0; lists[i].way == way && k < lists[i].entry_count; k++) {
      kz_str word = lists[i].entries[k].value;
      if (way == KZ_WARN_HOSTNAME) {
        word = strip_dots(word);
      }
      if (word.len == 0 || word.len > KZ_WORD_MAX) {
        warner->left_out++;
        continue;
      }
      kz_value_fold(word, folded);
      kz_rc rc = kz_word_set_add(set, (kz_str){folded, word.len}, (uint32_t)i);
      warner->left_out += rc != KZ_OK; /* counted above: it cannot be */
    }
  }
  free(folded);
  *ret_set = set;
  return KZ_OK;
}

static size_t count_entries(const struct kz_warner *warner,
                            const struct kz_warninglist *lists, unsigned ways) {
  size_t count = 0;
  for (size_t i = 0; i < warner->list_count; i++) {
    count += 1u << lists[i].way & ways ? lists[i].entry_count : 0;
  }
  return count;
}

static kz_rc make_nets(struct kz_warner *warner,
                       const struct kz_warninglist *lists) {
  size_t room = count_entries(warner, lists, 1u << KZ_WARN_CIDR);
  struct kz_net_item *items = calloc(room + 1, sizeof *items);
  if (!items) {
    return KZ_E_MEMORY;
  }
  size_t count = 0;
  for (size_t i = 0; i < warner->list_count; i++) {
    for (size_t k = 0; lists[i].way == KZ_WARN_CIDR && k < lists[i].entry_count;
         k++) {
      struct kz_net_item item = {.list = (uint32_t)i};
      if (kz_addr_parse(lists[i].entries[k].value, &item.addr) == KZ_OK) {
        items[count++] = item;
      } else {
        warner->left_out++;
      }
    }
  }
  kz_rc rc = kz_net_tree_new(items, count, &warner->nets);
  free(items);
  return rc;
}

static const uint64_t *types_of(const struct kz_warner *warner, size_t list) {
  return warner->types + list * KZ_TYPE_WORDS;
}

static bool is_in_group(const struct kz_warner *warner,
                        const struct kz_warninglist *lists, size_t i,
                        const struct group *group) {
  return lists[i].way == KZ_WARN_SUBSTRING &&
         memcmp(types_of(warner, i), group->types,
                KZ_TYPE_WORDS * sizeof *group->types) == 0;
}

/* Folded in `arena`; those that are nothing are left out. */
static kz_rc add_pieces(struct kz_warner *warner,
                        const struct kz_warninglist *lists, size_t i,
                        struct kz_arena *arena, struct kz_piece *pieces,
                        size_t *count) {
  for (size_t k = 0; k < lists[i].entry_count; k++) {
    kz_str entry = lists[i].entries[k].value;
    if (entry.len == 0 || entry.len > KZ_WORD_MAX) {
      warner->left_out++;
      continue;
    }
    char *text = kz_arena_text(arena, entry.len);
    if (!text) {
      return KZ_E_MEMORY;
    }
    kz_value_fold(entry, text);
    pieces[(*count)++] = (struct kz_piece){{text, entry.len}, (uint32_t)i};
  }
  return KZ_OK;
}

static kz_rc make_group(struct kz_warner *warner,
                        const struct kz_warninglist *lists,
                        struct kz_piece *pieces, struct group *group) {
  KZ_ARENA(folded, PIECES_BYTES);
  size_t count = 0;
  kz_rc rc = folded ? KZ_OK : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < warner->list_count; i++) {
    if (is_in_group(warner, lists, i, group)) {
      rc = add_pieces(warner, lists, i, folded, pieces, &count);
    }
  }
  return rc == KZ_OK ? kz_piece_set_new(pieces, count, &group->pieces) : rc;
}

static bool is_grouped(const struct kz_warner *warner,
                       const struct kz_warninglist *lists, size_t i) {
  for (size_t g = 0; g < warner->group_count; g++) {
    if (is_in_group(warner, lists, i, &warner->groups[g])) {
      return true;
    }
  }
  return false;
}

static kz_rc make_pieces(struct kz_warner *warner,
                         const struct kz_warninglist *lists) {
  size_t room = count_entries(warner, lists, 1u << KZ_WARN_SUBSTRING);
  struct kz_piece *pieces = calloc(room + 1, sizeof *pieces);
  warner->groups = calloc(warner->list_count + 1, sizeof *warner->groups);
  kz_rc rc = pieces && warner->groups ? KZ_OK : KZ_E_MEMORY;
  for (size_t i = 0; rc == KZ_OK && i < warner->list_count; i++) {
    if (lists[i].way == KZ_WARN_SUBSTRING && !is_grouped(warner, lists, i)) {
      struct group *group = &warner->groups[warner->group_count++];
      group->types = types_of(warner, i);
      rc = make_group(warner, lists, pieces, group);
    }
  }
  free(pieces);
  return rc;
}

static kz_rc make_patterns(struct kz_warner *warner,
                           const struct kz_warninglist *lists) {
  size_t room = count_entries(warner, lists, 1u << KZ_WARN_REGEX);
  struct kz_pattern *patterns = calloc(room + 1, sizeof *patterns);
  if (!patterns) {
    return KZ_E_MEMORY;
  }
  size_t count = 0;
  for (size_t i = 0; i < warner->list_count; i++) {
    for (size_t k = 0;
         lists[i].way == KZ_WARN_REGEX && k < lists[i].entry_count; k++) {
      patterns[count++] =
          (struct kz_pattern){lists[i].entries[k].value, (uint32_t)i};
    }
  }
  size_t left_out = 0;
  kz_rc rc = kz_pattern_set_new(patterns, count, &warner->patterns, &left_out);
  warner->left_out += left_out;
  free(patterns);
  return rc;
}

static kz_rc note_types(struct kz_warner *warner,
                        const struct kz_warninglist *lists) {
  warner->types =
      calloc(warner->list_count * KZ_TYPE_WORDS + 1, sizeof *warner->types);
  if (!warner->types) {
    return KZ_E_MEMORY;
  }
  for (size_t i = 0; i < warner->list_count; i++) {
    uint8_t way = (uint8_t)(1u << lists[i].way);
    warner->ways[KZ_WARNER_ANY] |= way;
    for (unsigned type = 0; type < KZ_TYPE_COUNT; type++) {
      if (kz_warninglist_has_type(&lists[i], (kz_type)type)) {
        warner->ways[type] |= way;
        warner->types[i * KZ_TYPE_WORDS + type / 64] |= UINT64_C(1)
                                                        << (type % 64);
      }
    }
  }
  return KZ_OK;
}

kz_rc kz_warner_new(const struct kz_warninglist *lists, size_t count,
                    struct kz_warner **ret_warner, struct kz_err *err) {
  if (count > LISTS_MAX) {
    return kz_err_set(err, KZ_E_LIMIT, "more than %d warninglists", LISTS_MAX);
  }
  struct kz_warner *warner = calloc(1, sizeof *warner);
  if (!warner) {
    return no_memory(err);
  }
  atomic_init(&warner->refs, 1);
  warner->list_count = count;
  kz_rc rc = note_types(warner, lists);
  if (rc == KZ_OK) {
    rc = make_words(warner, lists, KZ_WARN_STRING, &warner->strings);
  }
  if (rc == KZ_OK) {
    rc = make_words(warner, lists, KZ_WARN_HOSTNAME, &warner->hosts);
  }
  if (rc == KZ_OK) {
    rc = make_nets(warner, lists);
  }
  if (rc == KZ_OK) {
    rc = make_pieces(warner, lists);
  }
  if (rc == KZ_OK) {
    rc = make_patterns(warner, lists);
  }
  if (rc != KZ_OK) {
    kz_warner_unref(warner);
    return no_memory(err);
  }
  *ret_warner = warner;
  return KZ_OK;
}

struct kz_warner *kz_warner_ref(struct kz_warner *warner) {
  atomic_fetch_add_explicit(&warner->refs, 1, memory_order_relaxed);
  return warner;
}

void kz_warner_unref(struct kz_warner *warner) {
  if (!warner ||
      atomic_fetch_sub_explicit(&warner->refs, 1, memory_order_acq_rel) != 1) {
    return;
  }
  kz_word_set_free(warner->strings);
  kz_word_set_free(warner->hosts);
  kz_net_tree_free(warner->nets);
  for (size_t i = 0; i < warner->group_count; i++) {
    kz_piece_set_free(warner->groups[i].pieces);
  }
  free(warner->groups);
  kz_pattern_set_free(warner->patterns);
  free(warner->types);
  free(warner);
}

size_t kz_warner_left_out(const struct kz_warner *warner) {
  return warner->left_out;
}

/* --- asking ----------------------------------------------------------------
 */

struct kz_warner_eye *kz_warner_eye_new(struct kz_warner *warner) {
  struct kz_warner_eye *eye = malloc(sizeof *eye);
  if (!eye) {
    return NULL;
  }
  eye->warner = kz_warner_ref(warner);
  eye->count = 0;
  eye->scratch = kz_pattern_scratch_new(warner->patterns);
  eye->hits = calloc(warner->list_count + 1, sizeof *eye->hits);
  eye->nets = calloc(warner->list_count + 1, sizeof *eye->nets);
  if (!eye->scratch || !eye->hits || !eye->nets) {
    kz_warner_eye_free(eye);
    return NULL;
  }
  return eye;
}

void kz_warner_eye_free(struct kz_warner_eye *eye) {
  if (eye) {
    kz_pattern_scratch_free(eye->scratch);
    kz_warner_unref(eye->warner);
    free(eye->hits);
    free(eye->nets);
    free(eye);
  }
}

/* Adds the hit; NULL when the list does not look at the type or is there. */
static struct kz_warner_hit *note(struct kz_warner_eye *eye, uint32_t list,
                                  kz_str match) {
  const uint64_t *types = eye->warner->types + (size_t)list * KZ_TYPE_WORDS;
  if (eye->type != KZ_WARNER_ANY &&
      !(types[eye->type / 64] >> (eye->type % 64) & 1)) {
    return NULL;
  }
  for (size_t i = 0; i < eye->count; i++) {
    if (eye->hits[i].list == list) {
      return NULL;
    }
  }
  struct kz_warner_hit *hit = &eye->hits[eye->count++];
  *hit = (struct kz_warner_hit){list, match, eye->part};
  return hit;
}

static void on_word(void *ctx, uint32_t list, kz_str word) {
  note(ctx, list, word);
}

static void on_net(void *ctx, uint32_t list, const struct kz_addr *net) {
  struct kz_warner_eye *eye = ctx;
  struct kz_warner_hit *hit = note(eye, list, KZ_STR_NONE);
  if (hit) {
    char *text = eye->nets[eye->count - 1];
    hit->match = (kz_str){text, kz_addr_format(net, text)};
  }
}

/* The host and each domain above it. */
static void check_host(struct kz_warner_eye *eye, kz_str folded) {
  kz_str host = kz_value_host(folded);
  if (host.len == 0) {
    host = folded;
  }
  host = strip_dots(kz_str_head(host, kz_str_find_byte(host, '/')));
  while (host.len > 0) {
    kz_word_set_find(eye->warner->hosts, host, on_word, eye);
    size_t dot = kz_str_find_byte(host, '.');
    host = dot == SIZE_MAX ? KZ_STR_NONE : kz_str_from(host, dot + 1);
  }
}

static bool has_type(const uint64_t *types, unsigned type) {
  return type == KZ_WARNER_ANY || (types[type / 64] >> (type % 64) & 1);
}

static void check_pieces(struct kz_warner_eye *eye, kz_str folded) {
  for (size_t i = 0; i < eye->warner->group_count; i++) {
    const struct group *group = &eye->warner->groups[i];
    if (has_type(group->types, eye->type)) {
      kz_piece_set_find(group->pieces, folded, on_word, eye);
    }
  }
}

static void check_part(struct kz_warner_eye *eye, unsigned ways) {
  const struct kz_warner *warner = eye->warner;
  kz_str part = eye->part;
  kz_str folded = {eye->folded, part.len};
  struct kz_addr addr;
  if (ways & (1u << KZ_WARN_STRING | 1u << KZ_WARN_HOSTNAME |
              1u << KZ_WARN_SUBSTRING)) {
    kz_value_fold(part, eye->folded);
  }
  if (ways & 1u << KZ_WARN_STRING) {
    kz_word_set_find(warner->strings, folded, on_word, eye);
  }
  if (ways & 1u << KZ_WARN_HOSTNAME) {
    check_host(eye, folded);
  }
  if (ways & 1u << KZ_WARN_CIDR && part.len < KZ_ADDR_TEXT &&
      kz_addr_parse(part, &addr) == KZ_OK) {
    kz_net_tree_find(warner->nets, &addr, on_net, eye);
  }
  if (ways & 1u << KZ_WARN_SUBSTRING) {
    check_pieces(eye, folded);
  }
  if (ways & 1u << KZ_WARN_REGEX) {
    kz_pattern_set_find(warner->patterns, eye->scratch, part, on_word, eye);
  }
}

size_t kz_warner_check(struct kz_warner_eye *eye, unsigned type, kz_str value,
                       const struct kz_warner_hit **ret_hits) {
  eye->count = 0;
  eye->type = type > KZ_TYPE_COUNT ? KZ_WARNER_ANY : type;
  *ret_hits = eye->hits;
  unsigned ways = eye->warner->ways[eye->type];
  if (ways == 0 || value.len == 0 || value.len > VALUE_MAX) {
    return 0;
  }
  kz_str parts[2] = {value};
  unsigned count = eye->type == KZ_WARNER_ANY
                       ? 1
                       : kz_value_parts((kz_type)eye->type, value, parts);
  for (unsigned i = 0; i < count; i++) {
    eye->part = parts[i];
    check_part(eye, ways);
  }
  return eye->count;
}
