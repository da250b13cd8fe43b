#!/usr/bin/env python3
"""Runs the programs of README.md: readme_test.py README WELD LIBWELD CC SANITIZERS"""
import os
import re
import subprocess
import sys
import tempfile

readme_path, weld, library, compiler, sanitizers = sys.argv[1:]
with open(readme_path, encoding="utf-8") as file:
    readme = file.read()
include = os.path.join(os.path.dirname(readme_path), "bindings", "c")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", readme, re.DOTALL).group(1)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def expect(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


expect(run(weld, "run", "-e", block("weld"), "--args", "[100.0, 50.0], [0.25, 0.5], 0.3"), "75.0\n")

command = re.search(r"^build/release/tools/weld run -e '(.*)' --args '(.*)'$", readme, re.MULTILINE)
printed = re.search(r"^prints `(.*?)`", readme, re.MULTILINE).group(1)
expect(run(weld, "run", "-e", command.group(1), "--args", command.group(2)), printed + "\n")

with tempfile.TemporaryDirectory() as folder:
    source, program = os.path.join(folder, "first.c"), os.path.join(folder, "first")
    with open(source, "w", encoding="utf-8") as file:
        file.write(block("c"))
    flags = [f"-fsanitize={sanitizers}"] if sanitizers else []
    run(compiler, "-std=c11", "-Wall", "-Werror", *flags, f"-I{include}", source, library,
        f"-Wl,-rpath,{os.path.dirname(library)}", "-o", program)
    expect(run(program), "30\n")
