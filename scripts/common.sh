# Sourced by the other scripts: strict mode, the project's root, and helpers. Requires bash.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${WELD_JOBS:-$(nproc)}

say() { printf '%s\n' "$*"; }

# fail MESSAGE: ends the script.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# as_root COMMAND...: runs it as root, through sudo when needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    return 1
  fi
}

# quietly LOG COMMAND...: runs a command with its output in a file, of which the end is shown when the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n "${WELD_LOG_LINES:-100}" "$log" >&2
    printf '%s: failed: %s (all of it: %s)\n' "$(basename "$0")" "$*" "$log" >&2
    return 1
  fi
}

# build PRESET TARGET...: configures a preset of CMakePresets.json when that is needed, and builds the targets (all without any).
build() {
  local preset=$1 folder=$root/build/$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    (cd "$root" && quietly "$folder/configure.log" cmake --preset "$preset") || return 1
  fi
  quietly "$folder/build.log" ninja -C "$folder" -j "$jobs" "$@"
}

# sources: every C and C++ file of the project, relative to the root.
sources() {
  (cd "$root" && find weld bindings tools bench tests -type f \( -name '*.cc' -o -name '*.h' -o -name '*.hpp' -o -name '*.c' \) \
    -not -path 'tests/lint/*' 2>/dev/null | LC_ALL=C sort)
}
