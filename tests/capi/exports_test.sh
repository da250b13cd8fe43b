#!/bin/sh
# exports_test.sh LIBRARY HEADER: the library exports exactly the functions that the header declares.
set -eu
library=$1
header=$2
declared=$(grep -o '\bweld_[a-z_]*(' "$header" | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u)
# shellcheck disable=SC2086
[ "$(echo $declared | wc -w)" -ge 20 ] || { echo "found too few declarations in $header" >&2; exit 1; }
if [ "$declared" != "$exported" ]; then
  printf 'declared in the header:\n%s\n\nexported by the library:\n%s\n' "$declared" "$exported" >&2
  exit 1
fi
