#!/usr/bin/env bash
# Everything that must hold before a change goes in: installs what is missing, checks format and lint, builds, tests.
#   release  g++ 12, as users run it            all tests
#   asan     clang 22, address and undefined    all tests
#   tsan     clang 22, thread                   the tests that use threads
# All of it is built with warnings as errors. The last lines are CTest's for each build, and the number of tests that passed and
# failed; a test passes when it does in every build that ran it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# What the tsan build consists of: the tests that use the runtime or compiled code on several threads.
thread_targets=(weld_runtime_test weld_capi_test weld_case_test)
thread_tests='^(weld_runtime_test|weld_capi_test|case\.run/)'

# step TEXT COMMAND...: shows what runs, and how long it took.
step() {
  local text=$1 start=$SECONDS
  shift
  if ! "$@"; then
    fail "$text: failed"
  fi
  printf '%-40s %4d s\n' "$text" $((SECONDS - start))
}

# run_tests BUILD CTEST-OPTION...: runs the tests of a build; failures are counted at the end.
run_tests() {
  local folder=$root/build/$1
  shift
  ctest --test-dir "$folder" -j "$jobs" --output-on-failure "$@" >"$folder/ctest.log" 2>&1 || tests_failed=true
  grep -q '^Total Test time' "$folder/ctest.log" || { cat "$folder/ctest.log" >&2; return 1; }
}

# summarize BUILD...: the output of failing tests, CTest's closing lines, then one line of counts over all builds.
summarize() {
  local build log
  for build in "$@"; do
    log=$root/build/$build/ctest.log
    if grep -q '\*\*\*' "$log"; then
      say "--- $build: tests that failed"
      awk '/^ *Start +[0-9]+:/ { next } /^ *[0-9]+\/[0-9]+ Test/ { show = /\*\*\*/ && !/\*\*\*Skipped/ } /tests passed,/ { show = 0 } show' "$log"
    fi
  done
  for build in "$@"; do
    say "--- $build"
    awk '/tests passed,/ { show = 1 } show && NF' "$root/build/$build/ctest.log"
  done
  (cd "$root/build" && awk '
    match($0, /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: /) {
      $0 = substr($0, RLENGTH + 1)
      name = $0  # may have spaces
      sub(/ \.* *(Passed|\*\*\*).*/, "", name)
      if ($0 ~ /\*\*\*/ && $0 !~ /\*\*\*Skipped/) failed[name] = 1
      else if ($0 ~ / Passed /) passed[name] = 1
    }
    END {
      for (name in failed) { f++; delete passed[name] }
      for (name in passed) p++
      printf "%d passed, %d failed\n", p, f
    }' $(printf '%s/ctest.log ' "$@"))
}

# same_programs: the generator gives the same programs whatever compiler it is built with.
same_programs() {
  local build digests=()
  for build in release asan; do
    digests+=("$("$root/build/$build/tests/reference/weld_fuzz" --digest --seeds 0:2000)") || return 1
  done
  [ "${digests[0]}" = "${digests[1]}" ]
}

tests_failed=false
cd "$root"
"$root/scripts/install.sh" check
step "format" "$root/scripts/format.sh" --check
step "lint" "$root/scripts/lint.sh"
step "release: build" build release
step "release: test" run_tests release
step "asan: build" build asan
step "clang-tidy" "$root/scripts/tidy.sh"
step "asan: test" run_tests asan
step "generator: same in both builds" same_programs
step "tsan: build" build tsan "${thread_targets[@]}"
step "tsan: test" run_tests tsan -R "$thread_tests"
summarize release asan tsan
! $tests_failed
