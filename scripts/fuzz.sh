#!/usr/bin/env bash
# Looks for faults with generated input. Exit code 1 when there is one.
#   scripts/fuzz.sh --seconds N [--seed FIRST] [--jobs N] [--build PRESET]
#       generated programs through the matrix (tests/README.md): their number and seeds, what they cover, and each program that
#       differs or crashes, reduced to a text case. Builds release, or PRESET.
#   scripts/fuzz.sh --target parser|configuration|deserialize --seconds N
#       libFuzzer on a part that takes any bytes, from tests/fuzz; its corpus begins with the text cases and grows in build/fuzz/corpus.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

target= seconds= preset=release
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --target) target=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    --build) preset=$2; shift 2 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
[ -n "$seconds" ] || fail "--seconds N is needed"

if [ -z "$target" ]; then
  build "$preset" weld_fuzz || fail "could not build"
  exec "$root/build/$preset/tests/reference/weld_fuzz" --seconds "$seconds" --jobs "$jobs" "${arguments[@]}"
fi

build fuzz "weld_fuzz_$target" || fail "could not build"
corpus=$root/build/fuzz/corpus/$target
mkdir -p "$corpus"
python3 "$root/tests/fuzz/seed_corpus.py" "$target" "$root/tests/cases" "$corpus"
cd "$root/build/fuzz"
dictionary=$root/tests/fuzz/$target.dict
exec "tests/fuzz/weld_fuzz_$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -max_len=4096 \
  $([ ! -f "$dictionary" ] || printf -- '-dict=%s' "$dictionary") "${arguments[@]}" "$corpus"
