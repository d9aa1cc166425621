#!/bin/sh
# tools/count-tests counts single checks and trusts no program blindly.
set -u
. "$(dirname "$0")/tap.sh"
count="$tools/count-tests"

# says NAME RESULT STDOUT EXPECTED: the closing line for one program.
says() {
  printf '{"name": "t", "result": "%s", "stdout": "%s"}\n' "$2" "$3" | put log
  said=$("$count" "$scratch/log" | tail -n 1)
  passes "$1" test "$said" = "$4"
}

says 'each line of TAP' OK '1..2\nok 1 - a\nok 2 - b\n' \
  '2 passed, 0 failed, 0 skipped'
says 'failures and skips, as cmocka prints them' FAIL \
  '1..3\nok 1 - a\nnot ok 2 # SKIP b\nnot ok 3 - c\n# no\n' \
  '1 passed, 1 failed, 1 skipped'
says 'a program without TAP is one check' OK 'hello\n' \
  '1 passed, 0 failed, 0 skipped'
says 'a program that ended in the middle of its plan' OK '1..3\nok 1 - a\n' \
  '1 passed, 1 failed, 0 skipped'
says 'a crash after the last line' FAIL '1..1\nok 1 - a\n' \
  '1 passed, 1 failed, 0 skipped'
says 'a crash before the first line' FAIL '' '0 passed, 1 failed, 0 skipped'
says 'a time-out' TIMEOUT '1..2\nok 1 - a\n' '1 passed, 1 failed, 0 skipped'
says 'a program that was skipped' SKIP 'skipped: no such tool\n' \
  '0 passed, 0 failed, 1 skipped'
says 'a plan of nothing' OK '1..0 # SKIP no network\n' \
  '0 passed, 0 failed, 1 skipped'
fails 'nothing at all is no success' '0 passed, 0 failed, 0 skipped' \
  "$count" /dev/null

done_testing
