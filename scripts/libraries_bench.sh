#!/usr/bin/env bash
# Two libraries together, evaluated as a whole, call by call, and as one loop in C++ (bench/README.md): installs what is missing, builds
# release and measures. Arguments go to weld-libraries-bench.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install.sh" build
[ -d "$root/build/release" ] || say "building; the first time takes some minutes"
build release weld-libraries-bench || fail "could not build"
exec "$root/build/release/bench/libraries/weld-libraries-bench" "$@"
