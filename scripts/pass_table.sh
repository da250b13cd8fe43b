#!/usr/bin/env bash
# What each optimizer pass is worth: installs what is missing, builds release, and runs every workload of weld-bench with all passes and
# without each of them (bench/README.md). Arguments go to weld-pass-table.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install.sh" build
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-pass-table || fail "could not build"
exec "$root/build/release/bench/micro/weld-pass-table" --sf="${WELD_BENCH_SF:-1}" "$@"
