#!/usr/bin/env bash
# TPC-H queries, written in Weld: installs what is missing, builds release, makes data, runs the queries, prints answers and times.
# Further arguments go to the driver, after the defaults that they replace:
#   scripts/tpch.sh --sf 10 --query 6 --threads 1
# Scale factor 1 by default (about 1 GB of memory), all cores. weld-tpch --help lists the rest.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install.sh" build
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-tpch || fail "could not build"
exec "$root/build/release/bench/tpch/weld-tpch" --sf 1 --query 1,3,6 --threads "$(nproc)" "$@"
