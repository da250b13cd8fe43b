#!/usr/bin/env bash
# How long the optimizer takes for long programs, as a table (bench/README.md). Arguments: lengths of the chains, parts of the names of their kinds.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install.sh" build
build release weld_chains || fail "could not build"
"$root/build/release/tests/chains/weld_chains" "$@"
