#!/bin/sh
# tools/check-format names a file that is not formatted.
set -u
. "$(dirname "$0")/tap.sh"
check="$tools/check-format"
needs clang-format-14
mkdir -p "$scratch/src" "$scratch/tests" "$scratch/fuzz" "$scratch/bench"
cp "$tools/../.clang-format" "$scratch/"

printf 'int one(void) {\n  return 1;\n}\n' | put src/one.c
passes 'a formatted file passes' "$check" "$scratch"
printf 'int two(void) { return 2; }\n' | put bench/two.c
fails 'a short function on one line does not' 'bench/two.c' "$check" "$scratch"

done_testing
