#!/usr/bin/env bash
# Prints a line for each construct of the language: how many text cases have it, how many of the first 600 generated programs (or of
# as many as the argument says), and how many text cases in which it is what goes wrong. Exit code 1 when a cell is empty without a
# reason.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build release weld_construct_table || fail "could not build"
exec "$root/build/release/tests/constructs/weld_construct_table" "$root/tests/cases" "${1:-600}"
