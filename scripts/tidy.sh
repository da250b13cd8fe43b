#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over weld/, bindings/ and tools/, or over the files named. A file is looked at again only when it, a
# header or the configuration changed since it last passed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v clang-tidy-22 >/dev/null || fail "clang-tidy-22 is missing: run scripts/install.sh check"
cd "$root"
folder=build/clang  # where each file is compiled by itself
build clang build.ninja  # configures, when that is needed

headers=$(echo $folder | cat - .clang-tidy $(find weld bindings tools \( -name '*.h' -o -name '*.def' \) 2>/dev/null | LC_ALL=C sort) | sha256sum | cut -d' ' -f1)
passed=build/tidy
mkdir -p $passed
export headers passed folder

tidy_one() {
  local key
  key=$passed/$({ echo "$headers"; cat "$1"; } | sha256sum | cut -d' ' -f1)
  [ -e "$key" ] && return 0
  clang-tidy-22 -p $folder --quiet "$1" 2>"$key.log" || { cat "$key.log" >&2; rm -f "$key.log"; return 1; }
  rm -f "$key.log"
  : >"$key"
}
export -f tidy_one

if [ $# -gt 0 ]; then
  printf '%s\n' "$@"
else
  sources | grep -E '^(weld|bindings|tools)/.*\.cc$'
fi | xargs -r -n 1 -P "$jobs" bash -c 'tidy_one "$1"' tidy || fail "clang-tidy has something to say"
