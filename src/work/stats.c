#include "work/stats.h"

#include "base/file.h"

enum { STATUS_BYTES = 64 << 10 };

/* "RssAnon:     1234 kB" of /proc/self/status. */
static uint64_t read_kib(kz_str status, kz_str name) {
  kz_str line = KZ_STR_NONE;
  uint64_t kib = 0;
  while (kz_str_next_line(&status, &line)) {
    if (!kz_str_starts(line, name)) {
      continue;
    }
    kz_str number = kz_str_trim(kz_str_from(line, name.len));
    if (kz_str_ends(number, KZ_STR(" kB"))) {
      number.len -= 3;
    }
    return kz_str_u64(number, &kib) == KZ_OK ? kib * 1024 : 0;
  }
  return 0;
}

void kz_stats_read(struct kz_house *house, struct kz_stats *ret_stats) {
  KZ_BUF(status, STATUS_BYTES);
  *ret_stats = (struct kz_stats){.resident_bytes = 0};
  kz_store_stats(house->store, &ret_stats->store);
  if (kz_file_read("/proc/self/status", &status, NULL) == KZ_OK) {
    ret_stats->resident_bytes = read_kib(kz_buf_str(&status), KZ_STR("VmRSS:"));
    ret_stats->private_bytes =
        read_kib(kz_buf_str(&status), KZ_STR("RssAnon:"));
  }
}
