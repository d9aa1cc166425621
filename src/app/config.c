#include "app/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

enum { FILE_BYTES_MAX = 1 << 20, NAME_BYTES = 64 };

static const char default_file[] = "/etc/kizashi/kizashi.conf";

static const struct row {
  const char *name;
  const char *fallback;
  const char *help;
} rows[KZ_SET_COUNT] = {
    [KZ_SET_STORE] = {"store", NULL,
                      "folder of the store (default: "
                      "$XDG_DATA_HOME/kizashi)"},
    [KZ_SET_LISTEN] = {"listen", "127.0.0.1:8642",
                       "HOST:PORT to serve on, or none"},
    [KZ_SET_SOCKET] = {"socket", NULL,
                       "Unix socket for the command line (default: socket in "
                       "the store's folder)"},
    [KZ_SET_TLS_CERT] = {"tls-cert", "", "certificate chain, a PEM file"},
    [KZ_SET_TLS_KEY] = {"tls-key", "", "its key, a PEM file"},
    [KZ_SET_BODY_MAX] = {"body-max", "268435456",
                         "bytes of one request's body"},
    [KZ_SET_WORKERS] = {"workers", "16", "threads that answer requests"},
    [KZ_SET_LOG_LEVEL] = {"log-level", "info", "debug, info, warning or error"},
    [KZ_SET_GRACE] = {"grace", "10",
                      "seconds for requests to finish when it stops"},
    [KZ_SET_LIBRARIES] = {"libraries", "",
                          "folder or archive that taxonomies, galaxies and "
                          "other libraries are loaded from"},
};

kz_str kz_config_name(enum kz_setting setting) {
  return kz_str_of(rows[setting].name);
}

const char *kz_config_help(enum kz_setting setting) {
  return rows[setting].help;
}

/* A copy that ends with a NUL. */
static kz_rc keep(struct kz_arena *arena, kz_str text, kz_str *ret,
                  struct kz_err *err) {
  char *copy = kz_arena_text(arena, text.len + 1);
  if (!copy) {
    return kz_err_set(err, KZ_E_MEMORY, "configuration: out of memory");
  }
  if (text.len > 0) {
    memcpy(copy, text.ptr, text.len);
  }
  copy[text.len] = '\0';
  *ret = (kz_str){copy, text.len};
  return KZ_OK;
}

static kz_str from_environment(const char *name) {
  char variable[NAME_BYTES];
  int n = snprintf(variable, sizeof variable, "KIZASHI_%s", name);
  for (int i = 8; i < n && i < NAME_BYTES; i++) {
    variable[i] = variable[i] == '-' ? '_' : kz_to_upper(variable[i]);
  }
  const char *value = getenv(variable);
  return value ? kz_str_of(value) : KZ_STR_NONE;
}

static int find_setting(kz_str name) {
  for (int i = 0; i < KZ_SET_COUNT; i++) {
    if (kz_str_eq(name, kz_str_of(rows[i].name))) {
      return i;
    }
  }
  return -1;
}

static kz_rc read_lines(kz_str text, const char *path, kz_str *values,
                        struct kz_err *err) {
  kz_str line;
  for (unsigned number = 1; kz_str_next_line(&text, &line); number++) {
    size_t hash = kz_str_find_byte(line, '#');
    line = kz_str_trim(hash == SIZE_MAX ? line : kz_str_head(line, hash));
    if (line.len == 0) {
      continue;
    }
    size_t equal = kz_str_find_byte(line, '=');
    int setting = equal == SIZE_MAX
                      ? -1
                      : find_setting(kz_str_trim(kz_str_head(line, equal)));
    if (setting < 0) {
      return kz_err_set(err, KZ_E_INPUT,
                        "%s, line %u: \"%.*s\" is not \"name = value\" with a "
                        "name that is known (kizashi help lists them)",
                        path, number, KZ_STR_ARG(line));
    }
    values[setting] = kz_str_trim(kz_str_from(line, equal + 1));
  }
  return KZ_OK;
}

static kz_rc read_file(kz_str flag, struct kz_arena *arena, kz_str *values,
                       struct kz_err *err) {
  const char *named = flag.ptr ? flag.ptr : getenv("KIZASHI_CONFIG");
  const char *path = named ? named : default_file;
  if (!named && access(path, R_OK) != 0) {
    return KZ_OK;
  }
  KZ_BUF(bytes, FILE_BYTES_MAX);
  kz_str text;
  kz_rc rc = kz_file_read(path, &bytes, err);
  if (rc == KZ_OK) {
    rc = keep(arena, kz_buf_str(&bytes), &text, err);
  }
  return rc == KZ_OK ? read_lines(text, path, values, err) : rc;
}

/* $XDG_DATA_HOME/kizashi or ~/.local/share/kizashi. */
static kz_rc default_store(struct kz_arena *arena, kz_str *ret,
                           struct kz_err *err) {
  const char *data = getenv("XDG_DATA_HOME");
  const char *home = getenv("HOME");
  KZ_BUF(path, FILE_BYTES_MAX);
  if (data && data[0] == '/') {
    kz_buf_add_format(&path, "%s/kizashi", data);
  } else if (home) {
    kz_buf_add_format(&path, "%s/.local/share/kizashi", home);
  } else {
    return kz_err_set(err, KZ_E_INPUT, "say which store with --store DIR");
  }
  return keep(arena, kz_buf_str(&path), ret, err);
}

static kz_rc resolve(enum kz_setting setting, kz_str flag, kz_str in_file,
                     struct kz_arena *arena, struct kz_config *config,
                     struct kz_err *err) {
  kz_str environment = from_environment(rows[setting].name);
  kz_str *ret = &config->values[setting];
  if (flag.ptr || environment.ptr || in_file.ptr) {
    return keep(arena,
                flag.ptr          ? flag
                : environment.ptr ? environment
                                  : in_file,
                ret, err);
  }
  if (setting == KZ_SET_STORE) {
    return default_store(arena, ret, err);
  }
  if (setting == KZ_SET_SOCKET) {
    KZ_BUF(path, FILE_BYTES_MAX);
    kz_buf_add_format(&path, "%s/socket", config->values[KZ_SET_STORE].ptr);
    return keep(arena, kz_buf_str(&path), ret, err);
  }
  return keep(arena, kz_str_of(rows[setting].fallback), ret, err);
}

kz_rc kz_config_load(const struct kz_config_flags *flags,
                     struct kz_arena *arena, struct kz_config *ret_config,
                     struct kz_err *err) {
  kz_str in_file[KZ_SET_COUNT] = {{NULL, 0}};
  kz_rc rc = read_file(flags->file, arena, in_file, err);
  for (int i = 0; rc == KZ_OK && i < KZ_SET_COUNT; i++) {
    rc = resolve((enum kz_setting)i, flags->values[i], in_file[i], arena,
                 ret_config, err);
  }
  return rc;
}
