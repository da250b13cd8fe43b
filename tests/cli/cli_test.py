#!/usr/bin/env python3
"""Tests of the command line: cli_test.py WELD [TestClass...]"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

WELD = ""
OK, COMPILE_ERROR, USAGE_ERROR, RUN_ERROR = 0, 1, 2, 3


ENDLESS = "iterate(0L, |x| {x + 1L, x >= 0L})"


def wait_until_caught(pid, number):
    """Waits until a process has a handler for a signal."""
    end = time.time() + 60
    while time.time() < end:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            caught = int(re.search(r"^SigCgt:\s*(\w+)", file.read(), re.MULTILINE)[1], 16)
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} does not handle signal {number}")


class Case(unittest.TestCase):
    def weld(self, *arguments, stdin=""):
        done = subprocess.run([WELD, *arguments], input=stdin, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def expect(self, arguments, code=OK, out=None, errors=(), stdin=""):
        got_code, got_out, got_error = self.weld(*arguments, stdin=stdin)
        context = f"{arguments}\nstdout: {got_out}\nstderr: {got_error}"
        self.assertEqual(got_code, code, context)
        if out is not None:
            self.assertEqual(got_out, out, context)
        for error in errors:
            self.assertIn(error, got_error, context)
        if code == OK and not errors:
            self.assertEqual(got_error, "", context)
        return got_out, got_error

    def file(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".weld", delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name


class RunTest(Case):
    def test_file_with_arguments(self):
        program = self.file("# doubles\n|v: vec[i64], f: i64|\n  map(v, |x| x * f)\n")
        self.expect(["run", program, "--args", "[1,2,3], 5"], out="[5L, 10L, 15L]\n")

    def test_standard_input(self):
        self.expect(["run", "-", "--args", "20"], out="21L\n", stdin="|x: i64| x + 1L")

    def test_expression(self):
        self.expect(["run", "-e", "1 + 2"], out="3\n")
        self.expect(["run", "-e", "let x = 2.5; {x, x * 2.0}"], out="{2.5, 5.0}\n")
        self.expect(["run", "-e", "macro twice(a) = a + a; twice(4L)"], out="8L\n")

    def test_values_of_each_kind(self):
        self.expect(["run", "-e", "|s: vec[i8]| s", "--args", '"a\\nb"'], out='"a\\nb"\n')
        self.expect(["run", "-e", "|x: i64| x", "--args", "-5"], out="-5L\n")
        self.expect(["run", "-e", "|x: i64| x", "--args=-5"], out="-5L\n")
        self.expect(["run", "-e", "|b: bool, x: f32| {b, x}", "--args", "true, 1.5"], out="{true, 1.5f}\n")
        self.expect(
            ["run", "-e", "|v: vec[i64]| result(for(v, dictmerger[i64,i64,+], |b, i, e| merge(b, {e % 3L, e})))"]
            + ["--args", "[1, 2, 3, 4, 5]"],
            out="[{0L, 3L}, {1L, 5L}, {2L, 7L}]\n",
        )

    def test_options(self):
        base = ["run", "-e", "|v: vec[i64]| result(for(v, merger[i64,+], |b, i, e| merge(b, e)))", "--args", "[1, 2]"]
        self.expect(base + ["--threads", "1"], out="3L\n")
        self.expect(base + ["--threads", "4", "--memory-limit", "1000000"], out="3L\n")
        self.expect(base + ["--passes", ""], out="3L\n")
        for level in "012":
            self.expect(base + ["--llvm-level", level], out="3L\n")

    def test_libraries(self):
        library = os.environ["WELD_TEST_LIBRARY"]
        program = "cudf[weld_test_add, i64](40L, 2L)"
        self.expect(["run", "-e", program], code=COMPILE_ERROR, errors=["-e:1:1: error: there is no C function `weld_test_add`"])
        self.expect(["run", "-e", program, "--library", library], out="42L\n")
        self.expect(["run", "--library", library, "--library", library, "-e", program], out="42L\n")
        self.expect(["run", "-e", program, "--library", "no/such.so"], code=USAGE_ERROR, errors=["cannot load a library", "no/such.so"])
        self.expect(["explain", "-e", program, "--stop-after", "optimize"], out=f"|| {program}\n")
        self.expect(["explain", "-e", program, "--stop-after", "llvm"], code=COMPILE_ERROR, errors=["`weld_test_add`"])
        out, _ = self.expect(["explain", "-e", program, "--stop-after", "llvm", "--library", library])
        self.assertIn("cudf.weld_test_add", out)
        self.expect(["repl", "--library", library], out="42L\n", stdin=program)
        self.expect(["repl", "--library", "no/such.so"], code=USAGE_ERROR, errors=["no/such.so"], stdin=program)

    def test_time_goes_to_stderr(self):
        out, error = self.expect(["run", "-e", "1 + 2", "--time"], out="3\n", errors=["compile", "run"])
        self.assertRegex(error, r"parse +\d+\.\d+ ms")
        self.assertRegex(error, r"(?m)^run +\d+\.\d+ ms$")

    def test_compile_errors(self):
        program = self.file("|x: i64|\n  x + oops")
        out, error = self.expect(["run", program, "--args", "1"], code=COMPILE_ERROR, out="", errors=[program + ":2:7: error: "])
        self.assertIn("  x + oops\n      ^~~~\n", error)
        # The place is the person's, not that of the program made of the expression.
        self.expect(["run", "-e", "1 + oops"], code=COMPILE_ERROR, out="", errors=["-e:1:5: error: "])
        self.expect(["run", "-e", ""], code=COMPILE_ERROR, out="", errors=["error: "])
        self.expect(["run", "-e", "(1"], code=COMPILE_ERROR, out="", errors=["error: "])

    def test_run_errors(self):
        self.expect(
            ["run", "-e", "|v: vec[i64], i: i64| lookup(v, i)", "--args", "[1], 1"],
            code=RUN_ERROR,
            out="",
            errors=["-e:1:23: error: ArrayOutOfBounds\n"],
        )
        # The place is the person's, not that of the program made of the expression.
        self.expect(["run", "-e", "let v = [1]; lookup(v, 5L)"], code=RUN_ERROR, out="", errors=["-e:1:14: error: ArrayOutOfBounds\n"])
        self.expect(["run", "-e", "|x: i64| 1L / x", "--args", "0"], code=RUN_ERROR, errors=["DivisionByZero"])
        self.expect(
            ["run", "-e", "result(for(rangeiter(0L, 1000000L, 1L), appender[i64], |b, i, e| merge(b, e)))", "--memory-limit", "1000000"],
            code=RUN_ERROR,
            errors=["OutOfMemory"],
        )

    def test_timeout(self):
        program = "iterate(0L,\n  |x| {x + 1L, x >= 0L})"
        expected = "-e:1:1: error: Timeout\niterate(0L,\n^~~~~~~~~~~\n"
        self.expect(["run", "-e", program, "--timeout", "10"], code=RUN_ERROR, out="", errors=[expected])
        self.expect(["run", "-e", "1 + 1", "--timeout", "100000"], out="2\n")
        self.expect(["run", "-e", "1 + 1", "--timeout", "0"], code=USAGE_ERROR)

    def test_interrupted(self):
        process = subprocess.Popen([WELD, "run", "-e", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        wait_until_caught(process.pid, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (RUN_ERROR, ""), errors)
        self.assertIn("-e:1:1: error: Cancelled\n", errors)

    def test_ignored_interrupts(self):
        # As a shell starts what runs in the background.
        process = subprocess.Popen(
            [WELD, "run", "-e", "iterate(0L, |x| {x + 1L, x < 300000000L})", "--timeout", "60000"],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        self.addCleanup(process.kill)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        self.assertEqual(process.communicate()[0], "300000001L\n")

    def test_arguments_from_a_file(self):
        numbers = self.file("# many\n[" + ", ".join(map(str, range(100000))) + "]\n")
        self.expect(["run", "-e", "|v: vec[i32]| len(v)", "--args-file", numbers], out="100000L\n")
        self.expect(["run", "-e", "|x: i64| x", "--args-file", "-"], out="3L\n", stdin="3")
        bad = self.file("[1,\n true]")
        self.expect(["run", "-e", "|v: vec[i64]| v", "--args-file", bad], code=USAGE_ERROR, errors=[bad + ":2:2: error: "])
        self.expect(["run", "-e", "|v: vec[i64]| v", "--args-file", "/no/such/file"], code=USAGE_ERROR, errors=["/no/such/file"])

    def test_bad_arguments(self):
        program = "|v: vec[i64], f: i64| f"
        self.expect(["run", "-e", program], code=USAGE_ERROR, errors=["--args", "takes 2 arguments, 0 given"])
        self.expect(["run", "-e", program, "--args", "[1, x], 5"], code=USAGE_ERROR, errors=["--args:1:5: error: "])
        self.expect(["run", "-e", program, "--args", "[1, 5"], code=USAGE_ERROR, errors=["--args:1:6: error: ", "found the end"])

    def test_usage(self):
        self.expect([], code=USAGE_ERROR, out="", errors=["Usage:", "explain"])
        self.expect(["fly"], code=USAGE_ERROR, out="", errors=["fly"])
        self.expect(["run"], code=USAGE_ERROR, out="", errors=["FILE"])
        self.expect(["run", "program.weld", "-e", "1"], code=USAGE_ERROR, out="", errors=["either FILE or -e"])
        self.expect(["run", "/no/such/file"], code=USAGE_ERROR, out="", errors=["/no/such/file", "No such file"])
        self.expect(["run", "/"], code=USAGE_ERROR, out="", errors=["cannot read /"])
        self.expect(["run", "-e", "1", "--threads", "0"], code=USAGE_ERROR, out="", errors=["--threads"])
        self.expect(["run", "-e", "1", "--threads", "two"], code=USAGE_ERROR, out="", errors=["--threads"])
        self.expect(["run", "-e", "1", "--passes", "no-such-pass"], code=USAGE_ERROR, out="", errors=["no-such-pass"])
        self.expect(["run", "-e", "1", "--no-such-option"], code=USAGE_ERROR, out="", errors=["--no-such-option"])

    def test_help(self):
        for arguments in (["--help"], ["run", "--help"], ["explain", "--help"], ["repl", "--help"]):
            out, _ = self.expect(arguments)
            self.assertIn("Usage:", out)
        out, _ = self.expect(["run", "--help"])
        for word in ("--args", "--threads", "--time", "--memory-limit", "--passes", "Exit codes", "FILE"):
            self.assertIn(word, out)
        self.assertRegex(self.expect(["--version"])[0], r"^weld \d+\.\d+\.\d+\n$")

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([WELD, "run", "-e", "1"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertNotEqual(done.returncode, OK)
        self.assertIn("cannot write", done.stderr)


class ExplainTest(Case):
    PROGRAM = "|v: vec[i64]| result(for(map(v, |x| x * 2L), merger[i64,+], |b, i, e| merge(b, e)))"
    # squares is read twice, and the second time needs what the first one gives.
    TWO_LOOPS = "|v: vec[i64]| let squares = filter(map(v, |x| x * x), |x| x > 0L); let total = sum(squares); sum(map(squares, |x| x * x / (total + 1L)))"

    def stages(self):
        out, _ = self.expect(["explain", "--help"])
        return re.search(r"^Stages: (.*)$", out, re.M).group(1).split(", ")

    def test_every_stage(self):
        stages = self.stages()
        for stage in ("parse", "expand", "infer", "optimize", "llvm", "llvm-optimized", "assembly"):
            self.assertIn(stage, stages)
        for stage in stages:
            out, _ = self.expect(["explain", "-e", self.PROGRAM, "--stop-after=" + stage])
            self.assertNotEqual(out.strip(), "", stage)

    def test_what_stages_show(self):
        self.assertIn("map(", self.expect(["explain", "-e", self.PROGRAM, "--stop-after", "parse"])[0])
        self.assertNotIn("map(", self.expect(["explain", "-e", self.PROGRAM, "--stop-after", "expand"])[0])
        self.assertIn("define ", self.expect(["explain", "-e", self.PROGRAM, "--stop-after", "llvm"])[0])
        self.assertIn("ret", self.expect(["explain", "-e", self.PROGRAM, "--stop-after", "assembly"])[0])

    def test_the_optimized_program_runs(self):
        program = self.file(self.PROGRAM)
        out, _ = self.expect(["explain", program, "--stop-after", "optimize"])
        self.expect(["run", self.file(out), "--args", "[1, 2, 3]"], out="12L\n")

    def test_faults(self):
        self.expect(["explain", "-e", "1 +", "--stop-after", "parse"], code=COMPILE_ERROR, out="", errors=["-e:1:"])
        self.expect(["explain", "-e", "1", "--stop-after", "nowhere"], code=USAGE_ERROR, out="", errors=["nowhere", "assembly"])
        self.expect(["explain", "/no/such/file"], code=USAGE_ERROR, out="", errors=["/no/such/file"])
        self.expect(["explain", "-e", "1 + oops"], code=COMPILE_ERROR, out="", errors=["-e:1:5: error: "])
        self.expect(["explain", "-e", self.PROGRAM, "--loop", "1"], code=USAGE_ERROR, out="", errors=["there is no loop 1; the program has 1"])
        self.expect(["explain", "-e", self.PROGRAM, "--stage", "llvm"], code=USAGE_ERROR, errors=["--loop"])
        self.expect(["explain", "-e", self.PROGRAM, "--html", "/no/such/folder/page.html"], code=USAGE_ERROR, errors=["/no/such/folder"])
        self.expect(["explain", "-e", self.PROGRAM, "--run", "--args", "oops"], code=USAGE_ERROR, out="", errors=["--args:1:1: error"])

    def test_pipelines_as_text(self):
        out, _ = self.expect(["explain", "-e", self.PROGRAM])
        for words in ("loop 0  -e:1:22\n", "each element of v", "merger[i64,+]: in registers", "without branches, several rows at a time"):
            self.assertIn(words, out)
        self.assertIn("none: no step reads from memory", out)
        self.assertNotIn("measured", out)
        self.assertIn("The optimized program", out)
        self.assertIn("none: the program has no loop and no sort", self.expect(["explain", "-e", "1 + 2"])[0])
        # The place is the person's, not that of the program made of the expression.
        self.assertIn("loop 0  -e:1:1\n", self.expect(["explain", "-e", "sum(sort([1, 2], |x| x))"])[0])

    def test_missed_fusions_as_text(self):
        out, _ = self.expect(["explain", "-e", self.TWO_LOOPS])
        self.assertIn("loop 0 (`squares`) into loop 1", out)
        self.assertIn("it is read by 2 steps, of which one depends on another, and ", out)

    def test_a_run_as_text(self):
        out, _ = self.expect(["explain", "-e", self.PROGRAM, "--run", "--args", "[1, 2, 3]", "--threads", "1"])
        self.assertRegex(out, r"measured +3 rows, [\d.]+ (ns|us|ms) ")
        self.assertIn("0 bytes for intermediate values", out)
        self.assertIn("threads: serial", out)
        self.assertIn("result: 12L", out)
        out, _ = self.expect(["explain", "-e", self.TWO_LOOPS, "--run", "--args", "[1, 2, 3]"])
        self.assertIn("24 bytes for intermediate values", out)
        out, _ = self.expect(["explain", "-e", "|v: vec[i64]| sum(map(v, |x| 1L / x))", "--run", "--args", "[1, 0]"],
                             code=RUN_ERROR, errors=["DivisionByZero"])
        self.assertIn("result: DivisionByZero at line 1", out)

    def test_a_sort_as_text_and_json(self):
        command = ["explain", "-e", "|a: vec[i64]| sort(a, |x| 0L - x)", "--run", "--args", "[3, 1, 2]"]
        out, _ = self.expect(command)
        for words in ("sort 0  -e:1:15\n", "each element of a", "key        |x: i64| 0L - x", "makes      the result", "24 bytes for what it makes"):
            self.assertIn(words, out)
        self.assertRegex(out, r"measured +3 rows, [\d.]+ (ns|us|ms) ")
        told = json.loads(self.expect([*command, "--json"])[0])
        self.assertEqual(told["pipelines"], [])
        self.assertEqual(told["sorts"][0]["key"], "|x: i64| 0L - x")
        self.assertEqual(told["sorts"][0]["measured"]["rows"], 3)

    def test_passes_as_text(self):
        out, _ = self.expect(["explain", "-e", self.PROGRAM, "--show-passes"])
        self.assertRegex(out, r"--- fuse-maps, round 1, [\d.]+ (ns|us|ms)\n@@ -\d+,\d+ \+\d+,\d+ @@\n")
        self.assertRegex(out, r"(?m)^-.*appender\[i64\]")
        out, _ = self.expect(["explain", "-e", self.PROGRAM, "--show-passes", "--passes", ""])
        self.assertNotIn("@@", out)

    def test_code_of_a_loop(self):
        for stage, words in (("llvm", "define internal i32 @loop("), ("llvm-optimized", "@loop("), ("assembly", "loop:\n")):
            out, _ = self.expect(["explain", "-e", self.TWO_LOOPS, "--loop", "0", "--stage", stage])
            self.assertIn(words, out)
            self.assertNotIn("weld_entry", out)
        self.assertIn("@loop_1(", self.expect(["explain", "-e", self.TWO_LOOPS, "--loop", "1"])[0])

    def test_json(self):
        out, _ = self.expect(["explain", "-e", self.TWO_LOOPS, "--json", "--run", "--args", "[1, 2, 3]"])
        told = json.loads(out)
        self.assertEqual(told["version"], 1)
        self.assertEqual(told["source"], {"name": "-e", "text": self.TWO_LOOPS})
        self.assertEqual([step["kind"] for step in told["dataflow"]["after"]], ["parameter", "loop", "loop", "loop", "result"])
        self.assertEqual([pipeline["number"] for pipeline in told["pipelines"]], [0, 1, 2])
        squares, total = told["pipelines"][:2]
        self.assertEqual(squares["builders"], [{"type": "appender[i64]", "code": "room for all rows, then as many as were kept"}])
        self.assertEqual(squares["measured"]["rows"], 3)
        self.assertEqual(squares["measured"]["output_bytes"], 24)
        self.assertEqual(squares["measured"]["decisions"][0]["site"], "threads")
        self.assertEqual(total["place"]["line"], 1)
        begin, end = total["place"]["begin"], total["place"]["end"]
        self.assertTrue(self.TWO_LOOPS[begin:end].startswith("sum(squares"))
        self.assertIn("define", total["code"][0]["llvm_optimized"])
        self.assertEqual(told["missed_fusions"][0]["producer"], squares["step"])
        self.assertEqual(told["run"]["intermediate_bytes"], 24)
        self.assertEqual(told["run"]["result"], "6L")
        changed = [step for step in told["passes"] if step["changed"]]
        self.assertTrue(all(line[0] in " +-" for step in changed for hunk in step["changes"] for line in hunk["lines"]))

    def test_json_of_any_bytes(self):
        program = tempfile.NamedTemporaryFile("wb", suffix=".weld", delete=False)
        self.addCleanup(os.unlink, program.name)
        with program:
            program.write(b'# \xff caf\xc3\xa9 \x01\n"</script>\t"')
        out, _ = self.expect(["explain", program.name, "--json"])
        self.assertNotIn("</script>", out)
        self.assertIn("caf\u00e9", json.loads(out)["source"]["text"])

    def test_html(self):
        with tempfile.TemporaryDirectory() as folder:
            page = os.path.join(folder, "page.html")
            self.expect(["explain", "-e", self.PROGRAM, "--html", page], out="")
            with open(page, encoding="utf-8") as file:
                text = file.read()
        self.assertTrue(text.startswith("<!doctype html>"))
        self.assertNotRegex(text, r"(?i)https?://(?!www\.w3\.org/2000/svg)")
        for mark in ("@DATA@", "@STYLE@", "@SCRIPT@"):
            self.assertNotIn(mark, text)


class ReplTest(Case):
    def repl(self, *lines, code=OK, out=None, errors=()):
        return self.expect(["repl"], code=code, out=out, errors=errors, stdin="\n".join(lines))

    def test_expressions(self):
        self.repl("1 + 2", "let x = 4L; x * x", "|| 2.5", out="3\n16L\n2.5\n")

    def test_several_lines(self):
        self.repl("map([1, 2],", "  |x|", "  x + 1)", "{1,", "2}", out="[2, 3]\n{1, 2}\n")

    def test_definitions_stay_known(self):
        self.repl(
            "macro twice(a) = a + a;",
            "type pair = {i64, i64};",
            "let v = [1L, 2L];",
            "let w = map(v, |x| twice(x));",
            "w",
            "{3L, 4L}: pair",
            "let v = 5; v",
            "macro other(a) = a; other(lookup(v, 1L))",
            out="[2L, 4L]\n{3L, 4L}\n5\n2L\n",
        )

    def test_reset(self):
        self.repl("let x = 1;", "x", ":reset", "x", code=COMPILE_ERROR, out="1\n", errors=["input:1:1: error: "])

    def test_type(self):
        self.repl(":type {1, 2.0}", "let x = 1L;", ":type x", ":type |v: vec[i8]| len(v)", out="{i32,f64}\ni64\n|vec[i8]| i64\n")

    def test_programs_with_parameters(self):
        out, _ = self.repl("|v: vec[i64]| map(v, |x| x + 1L)", ":run [1, 2]", ":run []")
        self.assertIn("|vec[i64]| vec[i64]", out)
        self.assertTrue(out.endswith("[2L, 3L]\n[]: vec[i64]\n"), out)
        self.repl("|x: i64| x", ":run true", code=USAGE_ERROR, errors=[":run:1:1: error: "])

    def test_explain(self):
        out, _ = self.repl("1L + 2L", ":explain parse", ":explain infer 2.5")
        self.assertTrue(out.startswith("3L\n"), out)
        self.assertIn("1L + 2L", out)
        self.assertIn("2.5", out)
        self.repl(":explain nowhere", code=USAGE_ERROR, errors=["nowhere"])

    def test_errors_have_carets_and_do_not_end_it(self):
        _, error = self.repl("let y = 1;", "1 + oops", "y", ":nothing", "2", code=USAGE_ERROR, out="1\n2\n", errors=["input:1:5: error: "])
        self.assertIn("1 + oops\n    ^~~~\n", error)
        self.assertIn(":nothing", error)
        self.repl("lookup([1], 5L)", code=RUN_ERROR, errors=["ArrayOutOfBounds"])
        self.repl("1 + ) 2", "3", code=COMPILE_ERROR, out="3\n")
        self.repl("let x = oops;", code=COMPILE_ERROR, out="", errors=["input:1:9: error: "])

    def test_unfinished_input(self):
        self.repl("1 +", code=COMPILE_ERROR, out="", errors=["error: "])
        self.repl("1 +", "", "7", code=COMPILE_ERROR, out="7\n", errors=["error: "])

    def test_commands(self):
        out, _ = self.repl(":help", ":quit", "1")
        for word in (":type", ":explain", ":quit", "assembly"):
            self.assertIn(word, out)
        self.assertFalse(out.endswith("\n1\n"), out)
        out, error = self.repl(":time", "1", errors=["compile"])
        self.assertIn("run", error)

    def test_empty(self):
        self.repl("", out="")
        self.repl("", "   ", "# only a comment", "1", out="1\n")


class TerminalTest(Case):
    """The REPL at a terminal: prompts, editing, history, Ctrl-C."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.history = os.path.join(folder.name, "history")

    def start(self):
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm", WELD_HISTORY=self.history, HOME=os.path.dirname(self.history))
            os.execv(WELD, [WELD, "repl"])
        self.child, self.terminal, self.seen = child, terminal, ""
        self.addCleanup(os.close, terminal)
        self.wait_for_prompt()

    def read(self):
        """What arrives within a short time; nothing at the end."""
        if not select.select([self.terminal], [], [], 0.1)[0]:
            return ""
        try:
            return os.read(self.terminal, 4096).decode()
        except OSError:  # the other side is closed
            return ""

    def poll(self, is_done, what):
        """Reads until is_done(); fails, and ends the child, after a minute."""
        end = time.time() + 60
        while not is_done():
            if time.time() > end:
                os.kill(self.child, signal.SIGKILL)
                self.fail(f"waiting for {what}, saw {self.seen!r}")
            self.seen += self.read()

    def wait_for(self, text):
        self.poll(lambda: text in self.seen, repr(text))
        self.seen = self.seen.split(text, 1)[1]

    def wait_for_prompt(self, prompt="weld> "):
        self.wait_for(prompt)
        # The editor takes over the terminal just after the prompt; control keys typed before would go to the terminal itself.
        self.poll(lambda: not termios.tcgetattr(self.terminal)[3] & termios.ICANON, "the editor")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def leave(self):
        self.type("\x04")
        status = []
        self.poll(lambda: status or status.extend(s for pid, s in [os.waitpid(self.child, os.WNOHANG)] if pid) or status, "the end")
        self.assertEqual(os.waitstatus_to_exitcode(status[0]), OK)

    def test_evaluates_and_leaves(self):
        self.start()
        self.type("40 + 2\n")
        self.wait_for("42\r\n")
        self.wait_for_prompt()
        self.type("map([1],\n")
        self.wait_for_prompt("... ")
        self.type("|x| x + 1)\n")
        self.wait_for("[2]\r\n")
        self.wait_for_prompt()
        self.leave()

    def test_control_c_drops_the_input(self):
        self.start()
        self.type("map([1],\n")
        self.wait_for_prompt("... ")
        self.type("nonsense\x03")
        self.wait_for_prompt()
        self.type("\x03")
        self.wait_for_prompt()
        self.type("5 + 5\n")
        self.wait_for("10\r\n")
        self.wait_for_prompt()
        self.leave()

    def test_control_c_stops_what_runs(self):
        self.start()
        self.type(ENDLESS + "\n")
        # Pressed until it works: where the editor still reads keys, it drops an empty line.
        def pressed():
            self.type("\x03")
            time.sleep(0.02)
            return "error: Cancelled" in self.seen
        self.poll(pressed, "Cancelled")
        self.type("\n20 + 3\n")
        self.wait_for("23\r\n")
        self.wait_for_prompt()
        self.leave()

    def test_history_is_kept(self):
        self.start()
        self.type("100 + 23\n")
        self.wait_for("\n123\r\n")
        self.wait_for_prompt()
        self.leave()
        self.start()
        self.type("\x10\n")  # the line before
        self.wait_for("\n123\r\n")
        self.wait_for_prompt()
        self.leave()


if __name__ == "__main__":
    WELD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
