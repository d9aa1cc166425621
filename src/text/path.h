/* File names, Windows paths and registry keys in plain text. */
#ifndef KZ_TEXT_PATH_H
#define KZ_TEXT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "text/hit.h"
#include "text/plain.h"

/* Whether `name` ends with the extension of a file that turns up in reports
 * (programs, scripts, documents, archives, images of disks ...), any case. */
bool kz_path_has_extension(kz_str name);

/* The file name that the run is, by its extension. Dense letters before it
 * belong to it when the run alone would be no name (".exe", "_1.exe",
 * "2024.exe"). "name|hash" becomes one value. Where a name could be a domain
 * too (a.zip, install.sh) it is a file, unless it has three labels and the one
 * before the last says otherwise (www.evil.sh, www.onet.com.pl). */
bool kz_path_find_file(const struct kz_plain *plain, const struct kz_run *run,
                       struct kz_hit *ret);

/* The path to a file of known extension that begins with the drive ("C:\") or
 * variable ("%TEMP%\") in the run. It may hold a blank where a backslash
 * follows in the next word, or anywhere if `whole_line`. `*ret_tried`
 * is where its bytes end, found or not: no other path begins before. */
bool kz_path_find_windows(const struct kz_plain *plain,
                          const struct kz_run *run, bool whole_line,
                          size_t *ret_tried, struct kz_hit *ret);

/* The registry key whose hive the run is ("HKLM\...", also PowerShell's
 * "HKCU:\..."); blanks as above. */
bool kz_path_find_registry(const struct kz_plain *plain,
                           const struct kz_run *run, bool whole_line,
                           struct kz_hit *ret);

#endif
