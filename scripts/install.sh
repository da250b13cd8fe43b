#!/usr/bin/env bash
# Installs, from Debian's own archive, the packages that are missing:
#   scripts/install.sh build   what building and running needs (the default)
#   scripts/install.sh check   also what scripts/check.sh needs
#   scripts/install.sh plot    also what scripts/sweep.sh draws with
#   scripts/install.sh count   also what scripts/chains.sh counts instructions with
# Says nothing when all are there.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(g++ cmake ninja-build llvm-22-dev libtbb-dev libfmt-dev libtsl-ordered-map-dev libgtest-dev libbenchmark-dev libsqlite3-dev
  libedit-dev libcli11-dev libzstd-dev zlib1g-dev python3 pkg-config)
# What draws the plots of scripts/sweep.sh.
plot_packages=(gnuplot-nox)
# What scripts/chains.sh counts instructions with.
count_packages=(valgrind)
check_packages=(clang-22 libclang-rt-22-dev clang-format-22 clang-tidy-22 ccache chromium chromium-driver)

case ${1:-build} in
  build) ;;
  check) packages+=("${check_packages[@]}") ;;
  plot) packages+=("${plot_packages[@]}") ;;
  count) packages+=("${count_packages[@]}") ;;
  *) fail "usage: install.sh [build|check|plot|count]" ;;
esac

command -v dpkg-query >/dev/null || fail "this needs Debian 12 (there is no dpkg here). Install by hand: ${packages[*]}"

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_available() { [ -n "$(apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)"')" ]; }

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  fail "missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}"
fi
say "installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

update() { quietly "$log" as_root apt-get -q update || fail "apt-get update failed. Wanted: ${missing[*]}"; }
install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >"$log" 2>&1
}

updated=false
for package in "${missing[@]}"; do
  if ! is_available "$package"; then
    update
    updated=true
    break
  fi
done
for package in "${missing[@]}"; do
  is_available "$package" || fail "apt knows no package $package. It is in Debian 12 (bookworm, or bookworm-security for LLVM 22): check /etc/apt/sources.list"
done
if ! install; then
  # The package lists may be older than what the archive still holds.
  $updated || update
  if ! install; then
    tail -n 30 "$log" >&2
    fail "apt-get could not install: ${missing[*]}"
  fi
fi
