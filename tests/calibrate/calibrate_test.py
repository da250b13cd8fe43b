#!/usr/bin/env python3
"""Tests of the cost table, by what programs say of it: calibrate_test.py WELD-CALIBRATE WELD"""
import os
import subprocess
import sys
import tempfile
import unittest

CALIBRATE = ""
WELD = ""
OK, COMPILE_ERROR, USAGE_ERROR = 0, 1, 2


class CostTableTest(unittest.TestCase):
    def run_tool(self, *arguments, table=None):
        environment = dict(os.environ)
        environment.pop("WELD_COST_TABLE", None)
        if table is not None:
            environment["WELD_COST_TABLE"] = table
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=240, env=environment)
        return done.returncode, done.stdout, done.stderr

    def table(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".costs", delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name

    def explain(self, table):
        return self.run_tool(WELD, "explain", "--run", "-e", "|n: i64| sum(map(rangeiter(0L, n, 1L), |x| x * x))", "--args", "100000", table=table)

    def test_calibrated_table_is_one(self):
        code, out, errors = self.run_tool(CALIBRATE, "--rows=4096", "--repetitions=1")
        self.assertEqual((code, errors), (OK, ""))
        lines = [line.split() for line in out.splitlines() if not line.startswith("#")]
        names = [name for name, _ in lines]
        for name in ("arithmetic", "division", "function", "dictionary_lookup", "kept_byte"):
            self.assertIn(name, names)
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(all(int(number) >= 1 for _, number in lines), out)
        code, out, errors = self.explain(self.table(out))
        self.assertEqual((code, errors), (OK, ""))

    def test_table_decides_from_when_on_threads_pay(self):
        self.assertIn("threads pay from 100 us", self.explain(None)[1])
        table = self.table("# of a slow machine\nparallel_from 777000000  # picoseconds\n\n")
        self.assertIn("threads pay from 777 us", self.explain(table)[1])

    def test_table_decides_what_a_row_costs(self):
        cheap = self.explain(self.table("arithmetic 1\nmerge 1\n"))[1]
        dear = self.explain(self.table("arithmetic 1000000\nmerge 1\n"))[1]
        self.assertNotEqual([line for line in cheap.splitlines() if " a row" in line],
                            [line for line in dear.splitlines() if " a row" in line])

    def test_faults_are_compile_errors(self):
        for text, fault in (("arithmetic 1\nspeed 2\n", ":2: no cost is named 'speed'"),
                            ("merge\n", ":1: the cost 'merge' is a whole number of picoseconds from 1 to 10^12"),
                            ("merge 0", ":1: the cost 'merge' is a whole number"),
                            ("merge 1 2", ":1: the cost 'merge' is a whole number"),
                            ("merge 1.5", ":1: the cost 'merge' is a whole number"),
                            ("merge 99999999999999999999", ":1: the cost 'merge' is a whole number")):
            path = self.table(text)
            code, out, errors = self.run_tool(WELD, "run", "-e", "|| 1 + 2", table=path)
            self.assertEqual((code, out), (COMPILE_ERROR, ""), text)
            self.assertIn(f"WELD_COST_TABLE: {path}{fault}", errors)

    def test_missing_file(self):
        code, _, errors = self.run_tool(WELD, "run", "-e", "|| 1 + 2", table="/nowhere/costs")
        self.assertEqual(code, COMPILE_ERROR)
        self.assertIn("WELD_COST_TABLE: /nowhere/costs: cannot be read", errors)

    def test_options(self):
        code, out, errors = self.run_tool(CALIBRATE, "--rows=0")
        self.assertEqual((code, out), (USAGE_ERROR, ""))
        self.assertIn("usage: weld-calibrate", errors)


if __name__ == "__main__":
    CALIBRATE, WELD = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
