#!/bin/sh
# tools/check-floors sees what it is there to see.
set -u
. "$(dirname "$0")/tap.sh"
check="$tools/check-floors"

# A clean little house; each case breaks one thing and is put right again.
clean() {
  rm -rf "$scratch/src"
  printf '1 base\n2 model net\n5 plug\n8 app\n' | put src/FLOORS
  printf '#include <stddef.h>\n' | put src/base/str.h
  printf '#include "base/str.h"\n\n#include <string.h>\n' | put src/base/str.c
  printf '#include "base/str.h"\n' | put src/base/buf.h
  printf '#include "base/buf.h"\n' | put src/base/buf.c
  printf '#include "base/str.h"\n' | put src/model/tag.h
  printf '#include "base/str.h"\n' | put src/plug/feed/feed.h
  printf '#include "plug/feed/feed.h"\n' | put src/plug/feed/lines/lines.c
  printf '#include "model/tag.h"\n' | put src/app/main.c
}

clean
passes 'a clean tree is clean' "$check" "$scratch"

printf '#include "app/main.h"\n' | put src/base/str.h
fails 'base may not look up' 'base may not see app' "$check" "$scratch"

clean
printf '#include "net/serve.h"\n' | put src/model/tag.h
fails 'folders on one floor do not see each other' 'model may not see net' \
  "$check" "$scratch"

clean
printf '#include "str.h"\n' | put src/base/buf.h
fails 'includes are written from src/' 'unknown folder str.h' "$check" "$scratch"

clean
printf 'int one;\n' | put src/util/util.c
fails 'a folder has a floor' 'folder util is not in src/FLOORS' \
  "$check" "$scratch"

clean
printf '#include "base/buf.h"\n' | put src/base/str.h
fails 'headers in a circle' 'circle: base/buf -> base/str' "$check" "$scratch"

clean
printf '#include "base/str.h"\n#include "base/buf.h"\n' | put src/base/str.c
fails 'modules in a circle by way of a .c' 'circle: base/str -> base/buf' \
  "$check" "$scratch"

clean
printf '#include <string.h>\n\n#include "base/str.h"\n' | put src/base/str.c
fails 'the own header comes first' 'str.c:1: include your own header first' \
  "$check" "$scratch"

clean
printf '#include "plug/feed/lines/lines.h"\n' | put src/plug/feed/table/table.c
fails 'a plug does not see another' 'a plug sees only its kind' \
  "$check" "$scratch"

done_testing
