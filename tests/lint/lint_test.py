#!/usr/bin/env python3
"""Runs scripts/lint.py over each folder beside this file and compares what it says with the folder's file `expected`."""
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
linter = os.path.join(here, "..", "..", "scripts", "lint.py")


def lint(folder):
    result = subprocess.run([sys.executable, linter, "--root", folder], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def differs(name, folder, expected):
    code, printed = lint(folder)
    if printed == expected and code == (1 if expected else 0):
        return False
    print(f"--- {name}: expected\n{expected}--- found ({code})\n{printed}")
    return True


def length_differs():
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "weld/ir"))
        for count in (600, 601):
            with open(os.path.join(folder, f"weld/ir/lines{count}.cc"), "w", encoding="utf-8") as file:
                file.write("// A line.\n" * count)
        return differs("length", folder, "weld/ir/lines601.cc:601: length: 601 lines; at most 600\n")


failed = length_differs()
for name in sorted(os.listdir(here)):
    folder = os.path.join(here, name)
    if os.path.isdir(folder):
        with open(os.path.join(folder, "expected"), encoding="utf-8") as file:
            failed |= differs(name, folder, file.read())
sys.exit(1 if failed else 0)
