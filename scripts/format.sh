#!/usr/bin/env bash
# Formats every C and C++ file in place; --check only names the files that are not formatted, and fails.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v clang-format-22 >/dev/null || fail "clang-format-22 is missing: run scripts/install.sh check"
options=(-i)
if [ "${1:-}" = --check ]; then
  options=(--dry-run --Werror)
fi
cd "$root"
mkdir -p build
if ! sources | xargs -r -n 16 -P "$jobs" clang-format-22 --style=file "${options[@]}" 2>build/format.log; then
  awk -F: '/\[-Wclang-format-violations\]/ && !seen[$1]++ { print "not formatted: " $1 }' build/format.log >&2
  fail "run scripts/format.sh"
fi
