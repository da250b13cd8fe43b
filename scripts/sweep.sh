#!/usr/bin/env bash
# How well the strategies chosen at run time do beside the fixed ones, over data of every kind: installs what is missing, builds
# release, measures for some minutes, prints the tables, and writes numbers (CSV) and plots (PNG) to build/release/sweep
# (bench/README.md). Arguments go to weld-sweep.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install.sh" plot
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-sweep || fail "could not build"
folder=$root/build/release/sweep
"$root/build/release/bench/sweep/weld-sweep" --out="$folder" "$@"
[ -f "$folder/plot.gp" ] || exit 0
(cd "$folder" && quietly "$folder/gnuplot.log" gnuplot plot.gp) || fail "could not draw"
say "numbers and plots: $folder"
