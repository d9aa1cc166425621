#include "work/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "store/store.h"

enum { PATH_BYTES = 4096, TOLD = 20 /* errors of one import */ };

struct kz_spool {
  struct kz_house *house;
  char path[PATH_BYTES];
  int fd;
  uint64_t bytes;
  struct kz_spool_counts counts;
};

kz_rc kz_spool_open(struct kz_house *house, const char *what, uint64_t number,
                    struct kz_spool **ret_spool, struct kz_err *err) {
  struct kz_spool *spool = calloc(1, sizeof *spool);
  const char *store = kz_store_path(house->store);
  if (!spool) {
    return kz_err_set(err, KZ_E_MEMORY, "out of memory");
  }
  spool->house = house;
  spool->fd = -1;
  (void)snprintf(spool->path, PATH_BYTES, "%s/spool", store);
  kz_rc rc = kz_folder_make(spool->path, 0700, err);
  (void)snprintf(spool->path, PATH_BYTES, "%s/spool/%s-%llu.json", store, what,
                 (unsigned long long)number);
  if (rc >= 0) {
    spool->fd = open(spool->path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    rc = spool->fd >= 0 ? KZ_OK
                        : kz_file_explain(spool->path, "open", errno, err);
  }
  if (rc != KZ_OK) {
    kz_spool_close(spool);
    return rc;
  }
  *ret_spool = spool;
  return KZ_OK;
}

void kz_spool_close(struct kz_spool *spool) {
  if (spool) {
    if (spool->fd >= 0) {
      (void)close(spool->fd);
      (void)unlink(spool->path);
    }
    free(spool);
  }
}

static kz_rc write_all(struct kz_spool *spool, kz_str text,
                       struct kz_err *err) {
  while (text.len > 0) {
    ssize_t wrote = write(spool->fd, text.ptr, text.len);
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote <= 0) {
      return kz_file_explain(spool->path, "write", errno, err);
    }
    text = kz_str_from(text, (size_t)wrote);
    spool->bytes += (uint64_t)wrote;
  }
  return KZ_OK;
}

kz_rc kz_spool_add(struct kz_spool *spool, kz_str text, struct kz_err *err) {
  kz_rc rc = write_all(spool, text, err);
  return rc == KZ_OK ? write_all(spool, KZ_STR("\n"), err) : rc;
}

uint64_t kz_spool_bytes(const struct kz_spool *spool) {
  return spool->bytes;
}

const struct kz_spool_counts *kz_spool_counts(const struct kz_spool *spool) {
  return &spool->counts;
}

static void count(struct kz_spool *spool, const struct kz_ingest_report *report,
                  struct kz_errand *errand) {
  struct kz_spool_counts *c = &spool->counts;
  c->events += report->events;
  c->updated += report->updated;
  c->skipped += report->skipped;
  c->left_out += report->left_out;
  c->attributes += report->attributes;
  c->repeated += report->repeated;
  c->errors += report->error_count;
  for (size_t i = 0; errand && i < report->listed && i < TOLD; i++) {
    kz_errand_log(errand, "%.*s", KZ_STR_ARG(report->errors[i].message));
  }
  if (errand && report->error_count > TOLD) {
    kz_errand_log(errand, "and %llu errors more",
                  (unsigned long long)(report->error_count - TOLD));
  }
}

kz_rc kz_spool_import_paths(struct kz_spool *spool, const kz_str *paths,
                            size_t path_count,
                            const struct kz_ingest_options *options,
                            struct kz_errand *errand, struct kz_err *err) {
  struct kz_ingest_progress progress = {.bytes = 0};
  struct kz_ingest_report *report = NULL;
  kz_rc rc = kz_ingest(spool->house, paths, path_count, options, &progress,
                       &report, err);
  if (rc == KZ_OK) {
    count(spool, report, errand);
    kz_ingest_report_done(report);
  }
  return rc;
}

kz_rc kz_spool_import(struct kz_spool *spool,
                      const struct kz_ingest_options *options,
                      struct kz_errand *errand, struct kz_err *err) {
  const kz_str path = kz_str_of(spool->path);
  kz_rc rc = KZ_OK;
  if (spool->bytes > 0) {
    rc = kz_spool_import_paths(spool, &path, 1, options, errand, err);
  }
  if (rc == KZ_OK &&
      (ftruncate(spool->fd, 0) != 0 || lseek(spool->fd, 0, SEEK_SET) != 0)) {
    rc = kz_file_explain(spool->path, "empty", errno, err);
  }
  spool->bytes = 0;
  return rc;
}
