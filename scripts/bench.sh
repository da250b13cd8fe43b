#!/usr/bin/env bash
# Weld beside hand-written C++: installs what is missing, builds release, measures, prints a table of times and ratios, and writes all
# measurements to build/release/bench.json.
#   scripts/bench.sh --quick                      small data, few repetitions
#   scripts/bench.sh --benchmark_filter=tpch_q6   some of it
# Further arguments go to weld-bench, after the defaults that they replace; weld-bench --help lists them. Repetitions of all
# benchmarks are many, short and interleaved: what disturbs the machine for a while disturbs both sides, and each gets quiet moments.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=(--sf="${WELD_BENCH_SF:-1}" --benchmark_repetitions=40 --benchmark_min_time=0.001)
if [ "${1:-}" = --quick ]; then
  shift
  options=(--sf=0.05 --rows=1000000 --benchmark_repetitions=20 --benchmark_min_time=0.001)
fi
json=$root/build/release/bench.json

"$root/scripts/install.sh" build
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-bench || fail "could not build"
"$root/build/release/bench/micro/weld-bench" "${options[@]}" --benchmark_enable_random_interleaving=true \
  --benchmark_out="$json" --benchmark_out_format=json "$@"
say "all measurements: $json"
