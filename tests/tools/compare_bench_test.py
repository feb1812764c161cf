"""Tests tools/compare_bench.py on reports of both kinds."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "compare_bench.py"


def vetor_report(**rates):
    """One row per work load: name=(median, low, high)."""
    rows = []
    for workload, (median, low, high) in rates.items():
        rows.append({"engine": "onnx", "provider": "cpu", "precision": "fp32", "cache": "cold", "workload": workload,
                     "error": None, "tokens": 10, "tokens_per_second": median, "tokens_per_second_range": [low, high],
                     "text_latency_ms": {"p50": 4.0}})
    rows.append({"engine": "onnx", "provider": "cuda", "precision": "fp32", "cache": None, "workload": None,
                 "error": "not in this build"})
    return {"schema": "vetor-bench-1", "results": rows}


def google_report(times):
    runs = [{"name": name, "run_name": name, "run_type": "iteration", "cpu_time": time, "real_time": 2 * time,
             "time_unit": "us"} for name, samples in times.items() for time in samples]
    runs.append({"name": "BM_Pool_mean", "run_name": "BM_Pool", "run_type": "aggregate", "cpu_time": 1e9,
                 "real_time": 1e9, "time_unit": "us"})
    return {"context": {}, "benchmarks": runs}


class CompareBenchTest(unittest.TestCase):
    def compare(self, before, after, *flags):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, report in (("before.json", before), ("after.json", after)):
                paths.append(pathlib.Path(folder, name))
                paths[-1].write_text(report if isinstance(report, str) else json.dumps(report), encoding="utf-8")
            return subprocess.run([sys.executable, "-B", TOOL, *paths, *flags], capture_output=True, text=True,
                                  check=False)

    def test_a_slower_row_is_named_and_fails(self):
        done = self.compare(vetor_report(mixed=(1000, 980, 1010), short=(500, 490, 510)),
                            vetor_report(mixed=(800, 790, 820), short=(505, 480, 520)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("onnx cpu fp32 mixed cold: 1000 -> 800 tokens/s  SLOWER", done.stdout)
        self.assertNotIn("short", done.stdout)
        self.assertIn("2 compared: 1 slower, 0 faster, 1 within the noise", done.stdout)

    def test_ranges_that_touch_are_noise(self):
        done = self.compare(vetor_report(mixed=(1000, 850, 1100)), vetor_report(mixed=(800, 700, 860)), "--all")
        self.assertEqual(done.returncode, 0)
        self.assertIn("within the noise", done.stdout)

    def test_a_small_step_is_noise_unless_asked_for(self):
        reports = (vetor_report(mixed=(1000, 999, 1001)), vetor_report(mixed=(970, 969, 971)))
        self.assertEqual(self.compare(*reports).returncode, 0)
        self.assertEqual(self.compare(*reports, "--noise", "2").returncode, 1)

    def test_faster_is_good(self):
        done = self.compare(vetor_report(mixed=(1000, 990, 1010)), vetor_report(mixed=(1300, 1290, 1310)))
        self.assertEqual(done.returncode, 0)
        self.assertIn("+30.0%", done.stdout)
        self.assertIn("faster", done.stdout)

    def test_the_latency_of_a_lonely_text_counts_the_other_way(self):
        after = vetor_report(single=(100, 99, 101))
        after["results"][0]["text_latency_ms"]["p50"] = 5.0
        done = self.compare(vetor_report(single=(100, 99, 101)), after)
        self.assertEqual(done.returncode, 1)
        self.assertIn("single cold p50: 4 -> 5 ms  SLOWER", done.stdout)

    def test_google_benchmark_by_its_repetitions(self):
        done = self.compare(google_report({"BM_Pool": [10, 11, 10], "BM_Hash/real_time": [5, 6]}),
                            google_report({"BM_Pool": [14, 15, 14], "BM_Hash/real_time": [6, 7], "BM_New": [1]}))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("BM_Pool: 10 -> 14 us  SLOWER", done.stdout)
        self.assertNotIn("BM_Hash/real_time:", done.stdout)
        self.assertIn("after.json: BM_New", done.stdout)

    def test_what_cannot_be_compared_says_why(self):
        for before, after, word in (
                (vetor_report(mixed=(1, 1, 1)), google_report({"BM_Pool": [1]}), "Google Benchmark"),
                ({"x": 1}, vetor_report(mixed=(1, 1, 1)), "neither"),
                ("{", vetor_report(mixed=(1, 1, 1)), "before.json"),
                (vetor_report(mixed=(1, 1, 1)), vetor_report(short=(1, 1, 1)), "in common")):
            done = self.compare(before, after)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
