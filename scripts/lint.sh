#!/usr/bin/env bash
# Checks the rules of the project that compilers do not know (lint.py lists them). --verbose also names files that grow long.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v python3 >/dev/null || fail "python3 is missing: run scripts/install.sh check"
exec python3 "$root/scripts/lint.py" --root "$root" "$@"
