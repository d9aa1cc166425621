/* A request line's target, a form and a header block as a client may write
 * them: whatever is accepted must keep its promises. */
#include "target.h"

#include <assert.h>

#include "base/utf8.h"
#include "net/coding.h"
#include "net/request.h"
#include "net/route.h"

static void handle(void *ctx, const struct kz_request *request,
                   const struct kz_route_match *match, struct kz_reply *reply) {
  (void)ctx;
  (void)request;
  (void)match;
  (void)reply;
}

static const struct kz_route rows[] = {
    {.method = KZ_METHOD_GET, .pattern = "/", .handle = handle},
    {.method = KZ_METHOD_GET, .pattern = "/a/{b}", .handle = handle},
    {.method = KZ_METHOD_GET, .pattern = "/{a}/{b}/c", .handle = handle},
    {.method = KZ_METHOD_POST, .pattern = "/f/{rest*}", .handle = handle},
};

/* No dots, no emptiness, no control bytes, nothing but UTF-8. */
static void check_segment(kz_str segment) {
  assert(segment.len > 0);
  assert(!kz_str_eq(segment, KZ_STR(".")));
  assert(!kz_str_eq(segment, KZ_STR("..")));
  assert(kz_utf8_is_valid(segment));
  for (size_t i = 0; i < segment.len; i++) {
    unsigned char byte = (unsigned char)segment.ptr[i];
    assert(byte >= 0x20 && byte != 0x7f);
  }
}

static void try_target(kz_str target) {
  KZ_ARENA(arena, 1 << 20);
  struct kz_request request = {.arena = arena, .method = KZ_METHOD_GET};
  if (kz_target_parse(target, &request, NULL) != KZ_OK) {
    assert(request.segment_count == 0 && request.query_count == 0);
    return;
  }
  assert(kz_str_starts(request.path, KZ_STR("/")));
  for (size_t i = 0; i < request.segment_count; i++) {
    check_segment(request.segments[i]);
  }
  for (size_t i = 0; i < request.query_count; i++) {
    assert(kz_utf8_is_valid(request.query[i].name));
    assert(kz_utf8_is_valid(request.query[i].value));
  }
  struct kz_route_table table = {rows, sizeof rows / sizeof rows[0]};
  struct kz_route_match match;
  if (kz_route_find(&table, &request, &match) == KZ_ROUTE_FOUND) {
    assert(match.capture_count <= 2);
  }
  struct kz_reply reply;
  kz_reply_init(&reply, arena);
  kz_route_refuse(&table, &request, &reply);
  kz_reply_done(&reply, KZ_END);
}

static void try_headers(kz_str text) {
  struct kz_param headers[16];
  size_t count = 0;
  kz_str line = KZ_STR_NONE;
  while (count < 16 && kz_str_next_line(&text, &line)) {
    size_t colon = kz_str_find_byte(line, ':');
    headers[count++] = (struct kz_param){kz_str_head(line, colon),
                                         kz_str_trim(kz_str_from(line, colon))};
    enum kz_coding coding = KZ_CODING_IDENTITY;
    (void)!kz_coding_of(line, &coding, NULL);
    (void)kz_accepts_gzip(line);
  }
  (void)!kz_headers_check(headers, count, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  kz_str text = {(const char *)data, size};
  size_t end = kz_str_find_byte(text, '\n');
  try_target(kz_str_head(text, end));
  if (end != SIZE_MAX) {
    try_headers(kz_str_from(text, end + 1));
  }
  KZ_ARENA(arena, 1 << 20);
  const struct kz_param *params = NULL;
  size_t count = 0;
  (void)!kz_query_parse(text, arena, &params, &count, NULL);
  return 0;
}
