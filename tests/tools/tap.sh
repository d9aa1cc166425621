# Sourced by the self-tests: a scratch folder, and TAP.
# shellcheck shell=sh
tools=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tests_run=0
tests_failed=0

# put FILE: writes standard input there, making its folders.
put() {
  mkdir -p "$scratch/$(dirname "$1")"
  cat >"$scratch/$1"
}

# passes NAME COMMAND...: the command ends well.
passes() {
  name=$1
  shift
  if "$@" >"$scratch/.out" 2>&1; then report ok "$name"; else report 'not ok' "$name"; fi
}

# fails NAME PATTERN COMMAND...: the command ends badly and says PATTERN.
fails() {
  name=$1 pattern=$2
  shift 2
  if ! "$@" >"$scratch/.out" 2>&1 && grep -q -e "$pattern" "$scratch/.out"; then
    report ok "$name"
  else
    report 'not ok' "$name"
  fi
}

report() {
  tests_run=$((tests_run + 1))
  echo "$1 $tests_run - $2"
  if [ "$1" != ok ]; then
    tests_failed=$((tests_failed + 1))
    sed 's/^/# /' "$scratch/.out"
  fi
}

# Ends the test; the plan comes last, so a test that stops early has none.
done_testing() {
  echo "1..$tests_run"
  exit $((tests_failed > 0))
}

# needs TOOL: skips the whole test when it is not installed.
needs() {
  command -v "$1" >/dev/null && return
  echo "1..0 # SKIP $1 is not installed"
  exit 77
}
