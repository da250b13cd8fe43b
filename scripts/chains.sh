#!/usr/bin/env bash
# How long the optimizer takes for long programs, as a table (bench/README.md). Arguments: lengths of the chains, parts of the names of
# their kinds. With --instructions first: how many instructions it takes, by valgrind, which are the same in every run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

chains=$root/build/release/tests/chains/weld_chains

# instructions LENGTH KIND: that the optimizer takes.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='weld::optimize(*' "$chains" --once "$1" "$2" 2>&1 >/dev/null |
    awk '/Collected/ { print $NF }'
}

count_instructions() {
  local lengths=() parts=() argument kind length count
  for argument in "$@"; do
    if [[ $argument =~ ^[0-9]+$ ]]; then lengths+=("$argument"); else parts+=("$argument"); fi
  done
  [ ${#lengths[@]} -gt 0 ] || lengths=(1000 10000)
  printf '%-27s %10s %12s %23s\n' "chain of" operations instructions instructions/operation
  "$chains" --kinds "${parts[@]}" | while read -r kind; do
    for length in "${lengths[@]}"; do
      count=$(instructions "$length" "$kind" </dev/null)
      [ -n "$count" ] || fail "valgrind counted nothing"
      printf '%-27s %10d %12d %23d\n' "$kind" "$length" "$count" $((count / length))
    done
  done
}

"$root/scripts/install.sh" build
build release weld_chains || fail "could not build"
if [ "${1:-}" = --instructions ]; then
  shift
  "$root/scripts/install.sh" count
  count_instructions "$@"
else
  "$chains" "$@"
fi
