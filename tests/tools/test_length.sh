#!/bin/sh
# tools/check-length counts the lines of files and functions.
set -u
. "$(dirname "$0")/tap.sh"
check="$tools/check-length"
needs ctags-universal
mkdir -p "$scratch/src" "$scratch/tests" "$scratch/fuzz" "$scratch/bench"

# function LINES: one of that length.
function_of() {
  echo 'int work(int n) {'
  i=3
  while [ $i -lt "$1" ]; do
    echo '  n++;'
    i=$((i + 1))
  done
  printf '  return n;\n}\n'
}

function_of 100 | put src/work.c
passes 'a function of 100 lines passes' "$check" "$scratch"
"$check" "$scratch" >"$scratch/said"
passes 'with a word about it' grep -q 'work has 100 lines, think of 60' \
  "$scratch/said"
function_of 101 | put src/work.c
fails 'one of 101 does not' 'work.c:1: work has 101 lines (at most 100)' \
  "$check" "$scratch"
rm "$scratch/src/work.c"
function_of 101 | sed 's/^int/static inline int/' | put src/work.h
fails 'nor in a header' 'work.h:1: work has 101' "$check" "$scratch"

yes 'extern int one;' | head -n 800 | put src/work.h
passes 'a file of 800 lines passes' "$check" "$scratch"
yes 'extern int one;' | head -n 801 | put src/work.h
fails 'one of 801 does not' 'src/work.h: 801 lines' "$check" "$scratch"

done_testing
