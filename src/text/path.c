#include "text/path.h"

#include <stdint.h>
#include <string.h>

#include "model/name.h"
#include "text/digest.h"
#include "text/host.h"

enum {
  EXTENSION_MAX = 11,
  NAME_MAX = 255,
  PATH_MAX_BYTES = 1024,
  HASH_MAX = 128,
};

/* By their first letters, so that a look-up is one search of a short text:
 * each extension between blanks. */
static const char extensions[] =
    " 7z ace apk app appx application arj asp aspx bat bin bz2 cab cgi chm "
    "class"
    " cmd cpl csv dat deb dex dll dmg doc docm docx dot dotm dotx dylib elf eml"
    " exe gadget gz hta htm html ico img inf ini ipa iso jar jnlp job jpg jpeg "
    "js"
    " jse json jsp jspx ko lnk log lua lzh mht mhtml mof msc msg msi msix msp "
    "nsi"
    " ocx odt one onepkg pcap pdb pdf php phtml pif pkg pl png pps ppsm ppsx "
    "ppt"
    " pptm pptx ps1 psd1 psm1 py pyc pyd pyw rar rb reg rpm rtf scr sct "
    "settingcontent"
    " sh slk so sql svg swf sys tar tgz theme tmp txt url vb vba vbe vbs vhd "
    "vhdx"
    " war wsc wsf wsh xhtml xla xlam xll xls xlsb xlsm xlsx xltm xml xps xsl xz"
    " yaml yar yml zip zipx zst ";

static size_t last_dot(kz_str name) {
  return kz_str_rfind_byte(name, '.');
}

bool kz_path_has_extension(kz_str name) {
  char word[EXTENSION_MAX + 4];
  size_t dot = last_dot(name);
  kz_str extension = kz_str_from(name, dot == SIZE_MAX ? name.len : dot + 1);
  if (extension.len == 0 || extension.len > EXTENSION_MAX) {
    return false;
  }
  word[0] = ' ';
  for (size_t i = 0; i < extension.len; i++) {
    if (!kz_is_alnum(extension.ptr[i])) {
      return false;
    }
    word[i + 1] = kz_to_lower(extension.ptr[i]);
  }
  word[extension.len + 1] = ' ';
  return kz_str_find((kz_str){extensions, sizeof extensions - 1},
                     (kz_str){word, extension.len + 2}) != SIZE_MAX;
}

static bool are_digits(kz_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (!kz_is_digit(text.ptr[i])) {
      return false;
    }
  }
  return text.len > 0;
}

/* Whether a name with a file's extension is a host all the same. */
static bool is_rather_host(kz_str name) {
  kz_str stem = kz_str_head(name, last_dot(name));
  size_t dot = last_dot(stem);
  if (dot == SIZE_MAX || !kz_host_is_well_formed(name) ||
      !kz_host_has_top(name)) {
    return false;
  }
  char folded[KZ_NAME_MAX];
  kz_str before_last = kz_str_from(stem, dot + 1);
  if (are_digits(before_last) || kz_path_has_extension(stem)) {
    return false;
  }
  if (!kz_host_has_top(stem)) {
    return true;
  }
  if (name.len > sizeof folded) {
    return false;
  }
  for (size_t i = 0; i < name.len; i++) {
    folded[i] = kz_to_lower(name.ptr[i]);
  }
  /* "a.com.pl" is registrable under "com.pl", "a.com.zip" under "zip". */
  kz_str whole = {folded, name.len};
  kz_str registrable = kz_name_registrable(whole);
  return kz_str_find_byte(kz_str_head(registrable, last_dot(registrable)),
                          '.') != SIZE_MAX;
}

/* Whether a stem is too little to be a name of its own. */
static bool is_weak_stem(kz_str stem) {
  return stem.len == 0 || stem.ptr[0] == '_' || stem.ptr[0] == '-' ||
         are_digits(stem);
}

/* Takes in "|hash" behind the file name. */
static void add_hash(const struct kz_plain *plain, struct kz_hit *hit) {
  size_t start = hit->end + 1;
  size_t end = start;
  kz_type type = 0;
  while (end - start <= HASH_MAX && kz_is_hex(plain->text[end])) {
    end++;
  }
  kz_str hash = {plain->text + start, end - start};
  if (plain->text[hit->end] == '|' && !kz_is_alnum(plain->text[end]) &&
      kz_digest_is_hash(hash, &type)) {
    kz_hit_set(hit, plain, hit->start, end, kz_digest_with_name(type),
               KZ_KIND_TEXT);
  }
}

/* Whether a port or path follows: what has one is a host. */
static bool is_used_as_host(const struct kz_plain *plain, size_t end) {
  char next = plain->text[end];
  char after = plain->text[end + 1];
  return (next == ':' && kz_is_digit(after)) ||
         (next == '/' && (kz_is_alnum(after) || after == '?'));
}

bool kz_path_find_file(const struct kz_plain *plain, const struct kz_run *run,
                       struct kz_hit *ret) {
  size_t start = run->start;
  size_t end = run->end;
  while (end > start &&
         (plain->text[end - 1] == '.' || plain->text[end - 1] == '-' ||
          plain->text[end - 1] == '_')) {
    end--;
  }
  kz_str name = {plain->text + start, end - start};
  if (name.len > NAME_MAX || !kz_path_has_extension(name)) {
    return false;
  }
  if (is_rather_host(name) ||
      (is_used_as_host(plain, end) && kz_host_has_top(name) &&
       kz_host_is_well_formed(name))) {
    return false;
  }
  kz_str stem = kz_str_head(name, last_dot(name));
  if (is_weak_stem(stem)) {
    size_t left = kz_host_dense_start(plain, start, run->floor);
    bool is_name = left < start || (stem.len > 0 && stem.ptr[0] != '-');
    start = left;
    if (!is_name) {
      return false;
    }
  }
  kz_hit_set(ret, plain, start, end, KZ_TYPE_FILENAME, KZ_KIND_TEXT);
  add_hash(plain, ret);
  return true;
}

/* What no path or key may hold, blanks aside. */
static bool ends_path(char c) {
  return (c > 0 && c < ' ') || c == 0x7F || strchr("<>\"|*?`", c);
}

/* Whether the word behind the blank at `at` goes on with a path: it has a
 * backslash, and is not the beginning of another one. */
static bool path_goes_on(const struct kz_plain *plain, size_t at) {
  enum { WORD_MAX = 64 };
  size_t first = at + 1;
  for (size_t i = first; i - first < WORD_MAX; i++) {
    char c = plain->text[i];
    if (c == '\\') {
      char before = plain->text[i - 1];
      return i > first && before != ':' && before != '%';
    }
    if (c == ' ' || ends_path(c) || c == ',' || c == ';') {
      return false;
    }
  }
  return false;
}

/* Dense letters belong to a path between a backslash, dash or dot and more of
 * it: "\\請求書.exe", but not "evil.exeを". Returns where they end, or `at`. */
static size_t dense_in_path(const struct kz_plain *plain, size_t at) {
  size_t end = kz_host_dense_end(plain, at);
  char before = plain->text[at - 1];
  bool begins = before == '\\' || before == '-' || before == '_';
  char c = plain->text[end];
  return begins && (kz_is_run_byte(c) || c == '\\') ? end : at;
}

/* Where the path whose first backslash is at `at` ends. `is_free`: blanks and
 * dense letters may stand anywhere in it. */
static size_t path_end(const struct kz_plain *plain, size_t at, bool is_free) {
  size_t end = at;
  size_t slash = at;
  while (end - at < PATH_MAX_BYTES && !ends_path(plain->text[end])) {
    char c = plain->text[end];
    kz_str last = {plain->text + slash, end - slash};
    slash = c == '\\' ? end : slash;
    if (c == ' ' && !is_free &&
        (kz_path_has_extension(last) || !path_goes_on(plain, end))) {
      break;
    }
    size_t dense = kz_dense_letter(plain->text + end);
    size_t next = dense > 0 && !is_free ? dense_in_path(plain, end)
                                        : end + (dense > 0 ? dense : 1);
    if (next == end) {
      break;
    }
    end = next;
  }
  while (end > at && strchr(".,;:!')]} \\", plain->text[end - 1])) {
    end--;
  }
  return end;
}

/* Writes the path with doubled backslashes made single, `skip` left out. */
static void set_path(struct kz_hit *ret, const struct kz_plain *plain,
                     size_t start, size_t end, size_t skip, kz_type type) {
  kz_hit_set(ret, plain, start, end, type, KZ_KIND_TEXT);
  size_t n = 0;
  for (size_t i = start; i < end; i++) {
    bool is_second =
        i > start && plain->text[i] == '\\' && plain->text[i - 1] == '\\';
    if (i != skip && !is_second) {
      ret->changed[n++] = plain->text[i];
    }
  }
  if (n < end - start) {
    ret->value = (kz_str){ret->changed, n};
  }
}

bool kz_path_find_windows(const struct kz_plain *plain,
                          const struct kz_run *run, bool whole_line,
                          size_t *ret_tried, struct kz_hit *ret) {
  size_t start = run->end - 1;
  size_t at = run->end + 1;
  if (plain->text[run->end] == '%') {
    start = run->start - 1;
  } else if (start > run->floor && start > 0 &&
             kz_is_alnum(plain->text[start - 1])) {
    return false;
  }
  bool is_quoted = kz_plain_before(plain, start) == '"';
  size_t end = path_end(plain, at, is_quoted || whole_line);
  *ret_tried = end;
  kz_str path = {plain->text + start, end - start};
  size_t slash = kz_str_rfind_byte(path, '\\');
  if (slash == SIZE_MAX || slash + 1 >= path.len ||
      !kz_path_has_extension(kz_str_from(path, slash + 1))) {
    return false;
  }
  set_path(ret, plain, start, end, SIZE_MAX, KZ_TYPE_FILENAME);
  /* The file's own name is a value too, unless blanks hide where it ends. */
  kz_str name = kz_str_from(path, slash + 1);
  if (kz_str_find_byte(name, ' ') == SIZE_MAX) {
    ret->next = start + slash + 1;
  }
  return true;
}

static bool is_hive(kz_str word) {
  static const kz_str hives[] = {
      {"HKLM", 4},
      {"HKCU", 4},
      {"HKCR", 4},
      {"HKU", 3},
      {"HKCC", 4},
      {"HKEY_LOCAL_MACHINE", 18},
      {"HKEY_CURRENT_USER", 17},
      {"HKEY_CLASSES_ROOT", 17},
      {"HKEY_USERS", 10},
      {"HKEY_CURRENT_CONFIG", 19},
  };
  for (size_t i = 0; i < sizeof hives / sizeof *hives; i++) {
    if (kz_str_eq_nocase(hives[i], word)) {
      return true;
    }
  }
  return false;
}

bool kz_path_find_registry(const struct kz_plain *plain,
                           const struct kz_run *run, bool whole_line,
                           struct kz_hit *ret) {
  kz_str word = {plain->text + run->start, run->end - run->start};
  bool has_colon = plain->text[run->end] == ':';
  size_t at = run->end + (has_colon ? 1 : 0);
  if (plain->text[at] != '\\' || !is_hive(word)) {
    return false;
  }
  bool is_quoted = kz_plain_before(plain, run->start) == '"';
  size_t end = path_end(plain, at, is_quoted || whole_line);
  if (end <= at + 1) {
    return false;
  }
  set_path(ret, plain, run->start, end, has_colon ? run->end : SIZE_MAX,
           KZ_TYPE_REGKEY);
  return true;
}
