#!/usr/bin/env python3
"""Adds up what gcov tells of a build with counters: coverage.py BUILD-FOLDER ROOT. Prints lines run for folders and files of weld/."""
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile


def counter_files(build):
    for folder, _, files in os.walk(build):
        for name in files:
            if name.endswith(".gcda") and f"{os.sep}weld_" in folder:
                yield os.path.join(folder, name)


def run_gcov(files):
    """The parsed JSON of each counter file."""
    with tempfile.TemporaryDirectory() as into:
        for start in range(0, len(files), 40):
            subprocess.run(["gcov", "--json-format", "--hash-filenames", *files[start:start + 40]], cwd=into, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in sorted(os.listdir(into)):
            with gzip.open(os.path.join(into, name)) as file:
                yield json.load(file)


def count_lines(build, root):
    """{path: {line: times}}: a line counts once, however often templates and inline functions were compiled from it."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for data in run_gcov(sorted(counter_files(build))):
        for source in data["files"]:
            path = os.path.relpath(os.path.join(data["current_working_directory"], source["file"]), root)
            if path.startswith("weld/"):
                for line in source["lines"]:
                    lines[path][line["line_number"]] += line["count"]
    return lines


def ranges(numbers):
    """[1, 2, 3, 7] -> "1-3 7"."""
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def show(name, run, total, rest=""):
    print(f"{100 * run / max(total, 1):6.1f}% {run:6d} of {total:6d}  {name}{rest}")


def main(build, root):
    lines = count_lines(build, root)
    folders = collections.defaultdict(lambda: [0, 0])
    print("files, and the lines that no test ran")
    for path in sorted(lines):
        missed = sorted(number for number, times in lines[path].items() if times == 0)
        total = len(lines[path])
        show(path, total - len(missed), total, f": {ranges(missed)}" if missed else "")
        folders[os.path.dirname(path)][0] += total - len(missed)
        folders[os.path.dirname(path)][1] += total
    print("folders")
    for folder in sorted(folders):
        show(folder, *folders[folder])
    show("all of weld/", sum(f[0] for f in folders.values()), sum(f[1] for f in folders.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
