#include "work/fetching.h"

#include <stdlib.h>

enum { TEXTS_BYTES = 1 << 20 };

static kz_str proxy_of(struct kz_settings *settings, struct kz_arena *arena) {
  kz_str host = kz_settings_text(settings, KZ_SETTING_proxy_url, arena);
  int64_t port = kz_settings_number(settings, KZ_SETTING_proxy_port);
  KZ_BUF(text, 1024);
  kz_str kept = KZ_STR("");
  if (host.len == 0) {
    return host;
  }
  (void)kz_buf_add_str(&text, host);
  (void)kz_buf_add_format(&text, ":%lld", (long long)port);
  return !kz_buf_failed(&text) &&
                 kz_arena_dup(arena, kz_buf_str(&text), &kept) == KZ_OK
             ? kept
             : KZ_STR("");
}

static bool is_offline(void) {
  const char *word = getenv("KIZASHI_OFFLINE");
  return word && word[0] != '\0' && strcmp(word, "0") != 0;
}

kz_rc kz_fetching_new(struct kz_settings *settings,
                      const struct kz_fetching *how,
                      struct kz_fetch **ret_fetch, struct kz_err *err) {
  KZ_ARENA(arena, TEXTS_BYTES);
  if (!arena) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  const struct kz_fetch_config config = {
      .body_max =
          (size_t)kz_settings_number(settings, KZ_SETTING_fetch_max_bytes),
      .timeout_s =
          (unsigned)kz_settings_number(settings, KZ_SETTING_fetch_timeout),
      .redirects =
          (unsigned)kz_settings_number(settings, KZ_SETTING_fetch_redirects),
      .parallel = how->parallel,
      .ca_file = kz_settings_text(settings, KZ_SETTING_fetch_ca_file, arena),
      .proxy = how->skips_proxy ? KZ_STR("") : proxy_of(settings, arena),
      .is_insecure = how->takes_any_cert,
      .only_loopback = is_offline(),
      .no_private = !kz_settings_flag(settings, KZ_SETTING_fetch_private),
  };
  return kz_fetch_new(&config, ret_fetch, err);
}
