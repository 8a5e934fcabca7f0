#!/usr/bin/env python3
"""What the comparison does with what the programs say: needs neither them nor the environment."""
import argparse
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare
import page
import scaling


def arguments(**more):
    return argparse.Namespace(footfall="footfall", rounds=3, repeats=1, threads=2, scratch=None, small=True, **more)


class Rows(unittest.TestCase):
    def setUp(self):
        self.comparison = compare.Comparison(arguments())

    def test_answers_that_differ_end_it(self):
        self.comparison.agree("row", "peer", "score", 1e-6)
        for apart in (2e-4, float("nan"), float("inf")):
            with self.assertRaises(compare.Disagreement):
                self.comparison.agree("row", "peer", "score", apart)

    def test_a_ratio_is_taken_inside_a_round(self):
        # The machine was half as fast in the second round: the ratio is not touched.
        self.comparison.add("row", "GFLOP/s", [100.0, 50.0, 100.0], {"peer": [50.0, 25.0, 40.0]})
        peer = self.comparison.rows[0]["peers"]["peer"]
        self.assertEqual((peer["median"], peer["low"], peer["high"]), (2.0, 2.0, 2.5))

    def test_seconds_are_better_when_fewer(self):
        self.comparison.add("row", "s", [1.0], {"peer": [3.0]}, more_is_better=False)
        self.assertEqual(self.comparison.rows[0]["peers"]["peer"]["median"], 3.0)

    def test_a_program_that_fails_says_so(self):
        with self.assertRaisesRegex(RuntimeError, "no such thing"):
            compare.run([sys.executable, "-c", "import sys; sys.exit('no such thing')"], 1)

    def test_time_and_peak_memory_are_those_of_the_program(self):
        text, seconds, peak = compare.run([sys.executable, "-c", "import time; x = bytearray(200 << 20); time.sleep(0.1); print(len(x))"], 1)
        self.assertEqual(text.strip(), str(200 << 20))
        self.assertGreaterEqual(seconds, 0.1)
        self.assertGreater(peak, 200)


class Page(unittest.TestCase):
    ROW = {"row": "lstm/score/4096", "unit": "GFLOP/s", "footfall": 100.0, "low": 90.0, "high": 110.0, "share": 0.9,
           "peers": {"onnxruntime": {"median": 1.1, "low": 1.0, "high": 1.2, "value": 91.0}, "torch": {"median": 1.3, "low": 1.2, "high": 1.4, "value": 77.0}}}

    def test_what_a_person_wrote_is_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "performance.md")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
            page.write(path, [self.ROW], arguments())
            page.write(path, [self.ROW], arguments())
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n"))
            self.assertNotIn("old", text)
            self.assertEqual(text.count("| onnxruntime, 91 GFLOP/s | 1.10 x"), 1)
            self.assertTrue(os.path.exists(os.path.join(folder, "performance.svg")))

    def test_verdicts(self):
        self.assertEqual(page.verdict(1.1, 0.95, 1.0), "goal")
        self.assertEqual(page.verdict(0.97, 0.95, 1.0), "floor")
        self.assertEqual(page.verdict(0.9, 0.95, 1.0), "below")
        self.assertEqual(page.verdict(0.1, 0.5, 0.15, less=True), "goal")
        self.assertEqual(page.verdict(0.6, 0.5, 0.15, less=True), "below")


class Scaling(unittest.TestCase):
    def test_where_a_line_bends(self):
        self.assertEqual(scaling.bends([(1000, 1.0), (10000, 1.1)]), "straight from 1,000 to 10,000")
        self.assertEqual(scaling.bends([(1000, 2.0), (10000, 1.0), (100000, 1.1)]), "straight over 10,000, 100,000; slower an item at 1,000 (2.0 x)")

    def test_units(self):
        self.assertEqual(scaling.unit(2.5e-6), "2.5 us")


if __name__ == "__main__":
    unittest.main()
