#!/usr/bin/env python3
"""What docs/explain.md shows is what `weld explain` prints, but for the times: docs_test.py DOCUMENT WELD"""
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile

document, weld = sys.argv[1:]
with open(document, encoding="utf-8") as file:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
(language, program), (_, command), (_, shown) = blocks[:3]
assert language == "weld"


def without_times(text):
    return re.sub(r"(^  measured .*|.* on at most )", lambda line: re.sub(r"[\d.]+ (ns|us|ms|s)\b", "T", line.group()), text, flags=re.MULTILINE)


with tempfile.TemporaryDirectory() as folder:
    words = shlex.split(command)
    with open(os.path.join(folder, words[2]), "w", encoding="utf-8") as file:
        file.write(program)
    done = subprocess.run([os.path.abspath(weld), *words[1:]], cwd=folder, capture_output=True, text=True, timeout=120)
assert done.returncode == 0, done.stderr
expected, found = without_times(shown), without_times(done.stdout)
assert found == expected, "".join(difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "document", "printed"))
