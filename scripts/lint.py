#!/usr/bin/env python3
"""Checks the rules of the project that compilers do not know. Prints `file:line: rule: message`, and fails when there is any.

Rules: include-path, include-direction, include-cycle, include-unused, include-missing, llvm, tbb, exceptions, length, guard, words,
text, script, link.
"""
import argparse
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # no folder of it beside the scripts
import standard_headers

MAXIMUM_LINES = 600
LONG_LINES = 400

# What each folder may include, by prefix; the longest prefix that fits a file decides. FACE: the headers of weld/ itself, and what
# those include, which is part of the face that they show.
FACE = "weld/*"
ALLOWED = {
    "weld/ir/": ["weld/ir/"],
    "weld/optimizer/": ["weld/optimizer/", "weld/ir/"],
    "weld/runtime/": ["weld/runtime/"],
    "weld/codegen/": ["weld/codegen/", "weld/optimizer/", "weld/ir/", "weld/runtime/"],
    "weld/": ["weld/"],
    "bindings/": ["bindings/", FACE],
    "tools/": ["tools/", FACE],
    "bench/": ["bench/", FACE],
    "tests/": ["tests/", "weld/", "bindings/", "tools/", "bench/"],
}
PROJECT_FOLDERS = ("weld/", "bindings/", "tools/", "bench/", "tests/")
LLVM_HEADER = "weld/codegen/llvm.h"
# Folders that are not ours to check, or hold faults on purpose.
SKIPPED = ("build", ".git", ".cache", "data")
FIXTURES = "tests/lint/"
CODE = (".cc", ".h", ".hpp", ".c", ".def")
TEXT = CODE + (".py", ".sh", ".cmake", ".md", ".txt", ".json", ".weld", ".in")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|/(?:work|root|home)/\w")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


class Linter:
    def __init__(self, root):
        self.root = root
        self.faults = []
        self.long_files = []
        self.lines = {}
        self.includes = {}
        self.other_includes = {}
        for path in self.find_files():
            with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
                self.lines[path] = file.read().split("\n")

    def find_files(self):
        found = []
        for folder, folders, files in os.walk(self.root):
            relative = os.path.relpath(folder, self.root).replace(os.sep, "/")
            prefix = "" if relative == "." else relative + "/"
            folders[:] = [f for f in folders if f not in SKIPPED and not f.startswith("build-") and prefix + f + "/" != FIXTURES]
            found += [prefix + f for f in files if f.endswith(TEXT)]
        return sorted(found)

    def fault(self, path, line, rule, message):
        self.faults.append((path, line, rule, message))

    def run(self):
        for path, lines in self.lines.items():
            self.check_text(path, lines)
            if path.endswith(CODE):
                self.check_code(path, lines)
            if path.endswith(".md"):
                self.check_links(path, lines)
            if path.endswith(".sh"):
                self.check_script(path)
        self.check_directions()
        self.check_llvm()
        self.check_cycles()
        self.check_standard_headers()
        return sorted(self.faults)

    def check_text(self, path, lines):
        if lines and lines[-1] != "" and lines != [""]:
            self.fault(path, len(lines), "text", "no newline at the end")
        for number, line in enumerate(lines, 1):
            if line.endswith((" ", "\t", "\r")):
                self.fault(path, number, "text", "white space at the end of the line")
            if path != "scripts/lint.py" and (match := WORDS.search(line)):
                self.fault(path, number, "words", f"'{match.group(0)}' does not belong in the project")
        count = len(lines) - 1
        if not path.endswith((".md", ".txt", ".json", ".weld")):
            if count > MAXIMUM_LINES:
                self.fault(path, count, "length", f"{count} lines; at most {MAXIMUM_LINES}")
            elif count > LONG_LINES:
                self.long_files.append((path, count))

    def check_code(self, path, lines):
        if path.endswith((".h", ".hpp")) and not any(l.startswith(("#pragma once", "#ifndef")) for l in lines):
            self.fault(path, 1, "guard", "a header needs #pragma once")
        self.includes[path] = []
        self.other_includes[path] = {}
        for number, line in enumerate(lines, 1):
            if match := INCLUDE.match(line):
                self.check_include(path, number, match.group(1) == '"', match.group(2))
        if path.startswith("weld/"):
            for number, line in enumerate(without_comments(lines), 1):
                if re.search(r"\bthrow\b(?!\s*\()", line):
                    self.fault(path, number, "exceptions", "errors are Result<T> or status codes; nothing here throws")

    def check_include(self, path, number, quoted, included):
        if included.startswith(PROJECT_FOLDERS):
            if included not in self.lines:
                self.fault(path, number, "include-path", f"there is no {included}")
                return
            self.includes[path].append((number, included))
            return
        self.other_includes[path].setdefault(included, number)
        if re.match(r"(llvm|llvm-c|clang|clang-c|lld)/", included):
            if path != LLVM_HEADER and not sees_llvm(path):
                self.fault(path, number, "llvm", "only weld/codegen/*.cc and weld/codegen/llvm.h see LLVM")
        elif re.match(r"(oneapi/)?tbb[/.]", included):
            if not re.match(r"weld/runtime/[^/]*\.cc$", path):
                self.fault(path, number, "tbb", "only weld/runtime/*.cc sees TBB")
        elif quoted and not (path.endswith(".c") or included in ("weld.h",)):
            self.fault(path, number, "include-path", f'"{included}": paths start at the root of the project')

    def check_directions(self):
        face = [path for path in self.includes if re.match(r"weld/[^/]*\.h$", path)]
        face += [included for path in face for _, included in self.includes[path]]
        for path, includes in self.includes.items():
            folder = max((p for p in ALLOWED if path.startswith(p)), key=len, default="")
            allowed = ALLOWED.get(folder, [])
            for number, included in includes:
                if not included.startswith(tuple(allowed)) and not (FACE in allowed and included in face):
                    self.fault(path, number, "include-direction", f"{folder} may not include {included}")

    def check_llvm(self):
        """No file outside of code generation may reach LLVM through its includes."""
        for path in self.includes:
            if not re.match(r"(weld|tests)/codegen/", path) and LLVM_HEADER in self.reach(path, set()):
                self.fault(path, 1, "llvm", f"reaches {LLVM_HEADER} through its includes")

    def reach(self, path, seen):
        for _, included in self.includes.get(path, []):
            if included not in seen:
                seen.add(included)
                self.reach(included, seen)
        return seen

    def check_cycles(self):
        done, active = set(), []

        def visit(path):
            if path in active:
                cycle = active[active.index(path):] + [path]
                self.fault(cycle[0], 1, "include-cycle", " -> ".join(cycle))
                return
            if path in done:
                return
            active.append(path)
            for _, included in self.includes.get(path, []):
                if included != path or not path.endswith(".def"):
                    visit(included)
            active.pop()
            done.add(path)

        for path in sorted(self.includes):
            visit(path)

    def check_standard_headers(self):
        for path, included in self.other_includes.items():
            if path.endswith((".cc", ".h", ".hpp")):
                others = {header for reached in self.reach(path, set()) for header in self.other_includes[reached]}
                for fault in standard_headers.check(included, others, list(without_comments(self.lines[path]))):
                    self.fault(path, *fault)

    def check_links(self, path, lines):
        fenced = False
        for number, line in enumerate(lines, 1):
            fenced ^= line.lstrip().startswith("```")
            for target in [] if fenced else LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if not re.match(r"[a-z]+:", target):
                    if not os.path.exists(os.path.join(self.root, os.path.dirname(path), target)):
                        self.fault(path, number, "link", f"there is no {target}")

    def check_script(self, path):
        result = subprocess.run(["bash", "-n", os.path.join(self.root, path)], capture_output=True, text=True)
        if result.returncode != 0:
            message = re.search(r"line (\d+): (.*)", result.stderr)
            self.fault(path, int(message.group(1)), "script", message.group(2))


def without_comments(lines):
    """The lines with comments and literals blanked, roughly: enough to look for keywords."""
    inside = False
    for line in lines:
        line = re.sub(r"""(?<![0-9a-fA-F])'(\\.|[^'\\])'""", "' '", line)
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        if inside:
            end = line.find("*/")
            if end < 0:
                yield ""
                continue
            line, inside = line[end + 2:], False
        line = re.sub(r"/\*.*?\*/", "", line)
        if (start := line.find("/*")) >= 0 and "//" not in line[:start]:
            line, inside = line[:start], True
        yield line.split("//")[0]


def sees_llvm(path):
    return bool(re.match(r"(weld|tests)/codegen/[^/]*\.cc$", path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--verbose", action="store_true", help="also name the files that grow long")
    arguments = parser.parse_args()
    linter = Linter(arguments.root)
    faults = linter.run()
    for path, line, rule, message in faults:
        print(f"{path}:{line}: {rule}: {message}")
    if arguments.verbose:
        for path, count in linter.long_files:
            print(f"{path}: note: {count} lines")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
