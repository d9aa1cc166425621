#include "app/verb.h"

#include "app/verb_ask.h"
#include "app/verb_false_positive.h"
#include "app/verb_import.h"
#include "app/verb_keep.h"
#include "app/verb_library.h"
#include "app/verb_saved.h"
#include "app/verb_search.h"
#include "app/verb_user.h"
#include "app/verb_warninglist.h"

#define NO_FLAGS ((const char *const[]){NULL})

static const struct kz_verb verbs[] = {
    {"import", "PATH... | --misp-db DUMP|ADDRESS",
     "takes in MISP events from files and folders, or a whole MISP database",
     "PATH is MISP event JSON in any wrapping, NDJSON, a MISP feed's folder or "
     "any folder\nof such files; each also .gz or .zst. What is known and not "
     "newer is skipped, so\nan interrupted import is resumed by running it "
     "again.\n\n"
     "  --known-at now|publish|date   since when the store shall say it knew "
     "it\n"
     "  --misp-db DUMP.sql[.gz|.zst]  moves a MISP in, with organisations, "
     "users and\n"
     "                                sharing groups; or the address of its "
     "database:\n"
     "                                mysql://user:password@host:port/misp\n\n"
     "examples:\n"
     "  kizashi import feed/\n"
     "  kizashi import 2019.ndjson.zst --known-at date\n"
     "  kizashi import --misp-db misp.sql.gz --known-at publish\n",
     NO_FLAGS, kz_verb_import},
    {"ask", "[TEXT|-|FILE]", "finds the values in any text and what is known",
     "TEXT is anything pasted: a list, a mail, an article, defanged or not, "
     "Japanese or\nEnglish. FILE is read when it exists; without words, or "
     "with -, standard input is.\n\n"
     "  --whole   each line is one value, whatever it looks like\n\n"
     "examples:\n"
     "  kizashi ask 'hxxp://glass-relay[.]test/eel and 192.0.2[.]10'\n"
     "  kizashi ask report.txt --json\n"
     "  pbpaste | kizashi ask\n",
     (const char *const[]){"whole", NULL}, kz_verb_ask},
    {"search", "[FILTERS]", "finds attributes by filters, exactly counted",
     "filters (several of one: any; several kinds: all; !x: not x):\n"
     "  --type T --category C --tag NAME --org NAME --event ID|UUID --uuid U\n"
     "  --value V --prefix P --suffix S --substring S --regex R\n"
     "  --cidr NET (inside it) --around ADDR (networks that hold it)\n"
     "  --subdomains-of NAME --info TEXT\n"
     "  --from DATE --to DATE (event date) --timestamp SPAN (5d, 12h, DATE)\n"
     "  --as-of TIME (what was known then)\n"
     "  --to-ids 0|1 --published 0|1 --deleted 0|only|both\n"
     "  --where JSON (and, or, not: docs/user/search.md)\n"
     "answer:\n"
     "  --count, --facets, --format json|csv|text\n"
     "  --sort id|-id|timestamp|-timestamp --limit N --page N\n\n"
     "examples:\n"
     "  kizashi search --type ip-dst --tag tlp:clear --timestamp 30d\n"
     "  kizashi search --subdomains-of example.test --count\n"
     "  kizashi search --to-ids 1 --facets\n",
     (const char *const[]){"count", "facets", NULL}, kz_verb_search},
    {"event", "ID|UUID", "shows an event with all that is in it",
     "--json prints it as MISP sends it.\n\nexample:\n  kizashi event 17\n",
     NO_FLAGS, kz_verb_event},
    {"correlate", "ID|UUID", "what an event shares with others, rarest first",
     "example:\n  kizashi correlate 17\n", NO_FLAGS, kz_verb_correlate},
    {"export", "[FILTERS]", "writes what a search finds, of any size",
     "Filters are those of search.\n\n"
     "  --format misp|ndjson|xml       whole events\n"
     "           attributes|csv|text|hashes|cache|count\n"
     "           hosts|rpz|netfilter|suricata|snort|openioc|yara|yara-json\n"
     "           attack|attack-sightings|context|context-markdown|opendata\n\n"
     "What blocks takes what is to_ids and published, unless filters say\n"
     "something else.\n\n"
     "examples:\n"
     "  kizashi export --format ndjson > all.ndjson\n"
     "  kizashi export --format rpz --tag tlp:green > kizashi.rpz\n"
     "  kizashi export --format text --type ip-dst --to-ids 1\n",
     NO_FLAGS, kz_verb_export},
    {"false-positive", "add VALUE --why TEXT | list | remove ID",
     "values that were called harmless",
     "Such a value stays so however often it comes in again. ask tells of it, "
     "and what is\nfor blocking or detecting leaves it out.\n\n"
     "  --until DATE   of add: for ever unless given\n\n"
     "examples:\n"
     "  kizashi false-positive add cdn.example.test --why 'our own'\n"
     "  kizashi false-positive list\n",
     NO_FLAGS, kz_verb_false_positive},
    {"saved", "list | add NAME --query JSON | show ID | run ID | remove ID",
     "searches that are kept, and watched",
     "The query is what POST /api/search takes.\n\n"
     "  --share WITH   of add: none (unless given), org or all\n"
     "  --watch JSON   of add: tell what is new, for instance "
     "'{\"interval\":3600}'\n\n"
     "examples:\n"
     "  kizashi saved add domains --query '{\"type\":\"domain\"}'\n"
     "  kizashi saved run 1\n",
     NO_FLAGS, kz_verb_saved},
    {"library", "update [PATH|URL] | list",
     "loads taxonomies, galaxies, warninglists and the like",
     "PATH is a folder, a .zip or .tar.gz in the layouts of the public "
     "repositories\n(misp-taxonomies, misp-galaxy ...), a URL the address of "
     "such an archive; without\nboth it is the configured folder (libraries). "
     "What is as it was is passed over; of\na broken file the old version "
     "stays in force.\n\n"
     "examples:\n"
     "  kizashi library update data/library\n"
     "  kizashi library list\n",
     NO_FLAGS, kz_verb_library},
    {"warninglist", "list | enable NAME... | disable NAME...",
     "lists of values that are known to be harmless",
     "A list that was loaded (kizashi library update) is not in force until it "
     "is enabled.\nIn NAME, % stands for anything.\n\n"
     "examples:\n"
     "  kizashi warninglist list\n"
     "  kizashi warninglist enable '%dns resolv%' '%microsoft%'\n",
     NO_FLAGS, kz_verb_warninglist},
    {"user", "list | add|edit|disable|enable|password|key|remove EMAIL",
     "accounts of the people who use the server",
     "  --org ID|UUID|NAME    of add (1 unless given) and edit\n"
     "  --role ID|NAME        of add (the default role unless given) and edit\n"
     "  --expires DATE, --email NEW\n\n"
     "add shows the new user's API key, once; key makes a new one and ends the "
     "others.\npassword reads a line from standard input.\n\n"
     "examples:\n"
     "  kizashi user add analyst@example.test --role Publisher\n"
     "  kizashi user password analyst@example.test\n"
     "  kizashi user disable analyst@example.test\n",
     NO_FLAGS, kz_verb_user},
    {"audit", "[FILTERS]", "who changed what, newest first",
     "  --from TIME --to TIME --about event|user|role|key|... --id N\n"
     "  --action add|edit|delete|publish|login|login_failed ...\n"
     "  --user ID|EMAIL --org ID|UUID|NAME --limit N --cursor ENTRY\n"
     "  --all   every entry as a line of JSON\n"
     "With --id the oldest come first.\n\n"
     "examples:\n"
     "  kizashi audit --about event --id 17\n"
     "  kizashi audit --action login_failed --from 1d\n",
     (const char *const[]){"all", NULL}, kz_verb_audit},
    {"stats", "", "how much is in the store", "example:\n  kizashi stats\n",
     NO_FLAGS, kz_verb_stats},
    {"serve", "", "serves the store over HTTP",
     "Settings by flag, environment (KIZASHI_LISTEN) or file, in this order; "
     "kizashi help\nlists them.\n\n"
     "example:\n  kizashi serve --store /var/lib/kizashi\n",
     NO_FLAGS, kz_verb_serve},
    {"backup", "DIR", "copies the store to a new folder, while it is used",
     "example:\n  kizashi backup /backup/2026-11-24\n", NO_FLAGS,
     kz_verb_backup},
    {"restore", "DIR", "makes a backup the store; there must be none yet",
     "example:\n  kizashi restore /backup/2026-11-24 --store "
     "/var/lib/kizashi\n",
     NO_FLAGS, kz_verb_restore},
    {"verify", "", "checks records and index against each other",
     "Ends with an error when anything is wrong.\n\nexample:\n"
     "  kizashi verify\n",
     NO_FLAGS, kz_verb_verify},
    {"repair", "", "builds the derived index anew from the records",
     "The store must not be in use.\n\nexample:\n  kizashi repair\n", NO_FLAGS,
     kz_verb_repair},
    {"settle", "", "merges and saves the index now",
     "This happens by itself in the background; the verb waits for it.\n\n"
     "example:\n  kizashi settle\n",
     NO_FLAGS, kz_verb_settle},
    {"key", "reset", "makes a new API key for the administrator",
     "The old key ends at once. The new one is shown once.\n\n"
     "example:\n  kizashi key reset\n",
     NO_FLAGS, kz_verb_key},
};

const struct kz_verb *kz_verb_list(size_t *ret_count) {
  *ret_count = sizeof verbs / sizeof *verbs;
  return verbs;
}

const struct kz_verb *kz_verb_find(kz_str name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (kz_str_eq(name, kz_str_of(verbs[i].name))) {
      return &verbs[i];
    }
  }
  return NULL;
}
