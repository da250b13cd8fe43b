#!/usr/bin/env bash
# Measures what the optimizer's cost model asks about this machine and writes it to a file, FILE or build/release/cost_table, which
# programs use under WELD_COST_TABLE=FILE (bench/README.md). Installs what is missing and builds release.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=${1:-$root/build/release/cost_table}
"$root/scripts/install.sh"
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-calibrate || fail "could not build"
"$root/build/release/bench/calibrate/weld-calibrate" >"$file.new" || fail "could not measure"
mv "$file.new" "$file"
cat "$file"
say "to use it: WELD_COST_TABLE=$file"
