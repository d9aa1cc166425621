#!/bin/sh
# tools/check-globals sees writable data and nothing else.
set -u
. "$(dirname "$0")/tap.sh"
check="$tools/check-globals"
needs cc

# build SOURCE: makes it the one object of a library in src/base.
build() {
  put log.c
  mkdir -p "$scratch/src/base/libkz_base.a.p" "$scratch/src/app/kizashi.p"
  rm -f "$scratch/src/base/libkz_base.a"
  cc -fPIE -c -o "$scratch/src/base/libkz_base.a.p/log.c.o" "$scratch/log.c" &&
    (cd "$scratch" && ar csrT src/base/libkz_base.a src/base/libkz_base.a.p/log.c.o)
}

mkdir -p "$scratch/src"
fails 'a folder where nothing is built is no success' 'nothing is built' \
  "$check" "$scratch"

printf '# nothing\n' | put none
printf 'base/log level # how much is said\n' | put level

build <<'C'
static const char *const names[] = {"one", "two"};
const char *name(unsigned i) { return names[i % 2]; }
C
passes 'constants with pointers are no globals' "$check" "$scratch" "$scratch/none"

build <<'C'
static int level = 3;
int next(void) { return level++; }
C
fails 'initialised data is seen' 'writable global: base/log level' \
  "$check" "$scratch" "$scratch/none"
passes 'and passes when it is allowed' "$check" "$scratch" "$scratch/level"

build <<'C'
int next(void) { static int count; return count++; }
C
fails 'a static local is seen, without its number' \
  'writable global: base/log count$' "$check" "$scratch" "$scratch/none"
fails 'an allowance that is not used has to go' \
  'allowed, but not there: base/log level' "$check" "$scratch" "$scratch/level"

build <<'C'
_Thread_local int depth;
C
fails 'thread-local data is seen' 'writable global: base/log depth' \
  "$check" "$scratch" "$scratch/none"

printf 'int main(void) { static int runs; return runs++; }\n' | put main.c
cc -fPIE -c -o "$scratch/src/app/kizashi.p/main.c.o" "$scratch/main.c"
fails 'the program beside the libraries is seen' \
  'writable global: app/main runs' "$check" "$scratch" "$scratch/none"

done_testing
