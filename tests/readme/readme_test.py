#!/usr/bin/env python3
"""Runs the programs of README.md and docs/objects.md: readme_test.py ROOT WELD LIBWELD CC CXX SANITIZERS"""
import os
import re
import sys

from documents import blocks, expect, output_of, run

root, weld, library, c_compiler, cxx_compiler, sanitizers = sys.argv[1:]
include = os.path.join(root, "bindings", "c")


def output_of_c(code):
    return output_of(code, ".c", c_compiler, "c11", include, library, sanitizers)


readme_path = os.path.join(root, "README.md")
with open(readme_path, encoding="utf-8") as file:
    readme = file.read()
expect(run(weld, "run", "-e", blocks(readme_path, "weld")[0], "--args", "[100.0, 50.0], [0.25, 0.5], 0.3"), "75.0\n")

command = re.search(r"^build/release/tools/weld run -e '(.*)' --args '(.*)'$", readme, re.MULTILINE)
printed = re.search(r"^prints `(.*?)`", readme, re.MULTILINE).group(1)
expect(run(weld, "run", "-e", command.group(1), "--args", command.group(2)), printed + "\n")
expect(output_of_c(blocks(readme_path, "c")[0]), "30\n")

objects_path = os.path.join(root, "docs", "objects.md")
expect(output_of(blocks(objects_path, "cpp")[0], ".cc", cxx_compiler, "c++17", include, library, sanitizers),
       blocks(objects_path, "text")[0])
expect(output_of_c(blocks(objects_path, "c")[0]), "40\n")
