#!/usr/bin/env bash
# Builds everything with counters (preset coverage), runs all tests, and prints the lines of weld/ that they ran, for each folder and
# file, and the numbers of those that none ran. --report-only prints for the tests that ran last.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder=$root/build/coverage
if [ "${1:-}" != --report-only ]; then
  build coverage || fail "could not build"
  find "$folder" -name '*.gcda' -delete
  ctest --test-dir "$folder" -j "$jobs" >"$folder/ctest.log" 2>&1 || say "some tests failed: $folder/ctest.log"
fi
exec python3 "$root/scripts/coverage.py" "$folder" "$root"
