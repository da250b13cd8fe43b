#!/usr/bin/env bash
# How long the optimizer takes for long programs, as a table (bench/README.md). Arguments: lengths of the chains, names of
# their kinds or parts of these. With --instructions first: how many instructions it takes, by valgrind, which are the same in every run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

chains=$root/build/release/tests/chains/weld_chains

# instructions LENGTH KIND: that the optimizer takes.
instructions() {
  local log
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='weld::optimize(*' "$chains" --once "$1" "$2" 2>&1 >/dev/null) ||
    { printf '%s\n' "$log" >&2; return 1; }
  awk '/Collected/ { print $NF; found = 1 } END { exit !found }' <<<"$log"
}

count_instructions() {
  local lengths=() parts=() argument kinds kind length count
  for argument in "$@"; do
    if [[ $argument =~ ^[1-9][0-9]*$ ]]; then lengths+=("$argument"); else parts+=("$argument"); fi
  done
  [ ${#lengths[@]} -gt 0 ] || lengths=(1000 10000)
  kinds=$("$chains" --kinds "${parts[@]}")
  [ -n "$kinds" ] || fail "no kind of chains has a name with: ${parts[*]}"
  printf '%-27s %10s %12s %23s\n' "chain of" operations instructions instructions/operation
  while read -r kind; do
    for length in "${lengths[@]}"; do
      count=$(instructions "$length" "$kind" </dev/null) || fail "valgrind failed for $length $kind"
      printf '%-27s %10d %12d %23d\n' "$kind" "$length" "$count" $((count / length))
    done
  done <<<"$kinds"
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
