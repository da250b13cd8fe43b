#!/usr/bin/env python3
"""Writes what a libFuzzer target begins with: seed_corpus.py TARGET CASES-FOLDER INTO-FOLDER."""
import hashlib
import os
import re
import sys

# At least as many as deserialize_fuzz.cc knows.
TYPES = 24

CONFIGURATIONS = [
    "0=2\n1=1000000\n2=inline-lets, fuse-maps\n",
    "0=0\n1=0\n2=\n3=true\n6=weld,weldopt,llvm,llvmopt,assembly,sir\n",
    "0=4096\n3=false\n4=/tmp\n5=name\n7=1000\nother.key=kept\n",
    "weld.threads=-1\nweld.memory.limit=99999999999999999999\n3=yes\n",
]


def programs(folder):
    """The programs of the text cases (tests/README.md)."""
    for directory, _, files in sorted(os.walk(folder)):
        for name in sorted(files):
            if not name.endswith(".weld"):
                continue
            with open(os.path.join(directory, name), encoding="utf-8", errors="surrogateescape") as file:
                program = None
                for line in file:
                    if line.startswith("#="):
                        program = ""
                    elif line.startswith("#!") and program is not None:
                        yield program
                        program = None
                    elif program is not None:
                        program += line


def packed_values(folder):
    """The bytes that the text cases of deserialize read, as values of each of the target's types."""
    with open(os.path.join(folder, "run", "deserialize.weld"), encoding="utf-8") as file:
        lists = re.findall(r"^#! run (?:--limit \d+ )?\[([0-9, ]+)\]", file.read(), re.MULTILINE)
    for numbers in sorted(set(lists)):
        for number in range(TYPES):
            yield bytes([number] + [int(byte) for byte in numbers.split(",")])


def main(target, cases, into):
    if target == "deserialize":
        inputs = packed_values(cases)
    else:
        texts = CONFIGURATIONS if target == "configuration" else programs(cases)
        inputs = (text.encode("utf-8", errors="surrogateescape") for text in texts)
    for data in inputs:
        with open(os.path.join(into, hashlib.sha1(data).hexdigest()), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
