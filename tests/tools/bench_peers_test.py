"""Tests bench/peers on made-up results: the table, the cosines and the machine's load."""
import array
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PEERS = pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"
sys.path.insert(0, str(PEERS))
import machine_load  # noqa: E402
import peers  # noqa: E402
import quality  # noqa: E402
import report  # noqa: E402


def entry(precision, rates, p50, part=1):
    rows = {workload: [{"tokens_per_second": rate, "peak_rss_mb": 100, "load_seconds": 1} for rate in rates]
            for workload in ("mixed", "short", "long")}
    rows["single"] = [{"p50_ms": p50, "peak_rss_mb": 120, "load_seconds": 1}]
    return {"precision": precision, "part": part, "rows": rows}


def results(**changes):
    made = {
        "date": "2026-01-02", "model": "m", "scale": 1, "repeats": 2, "repeats_done": 2, "skipped": {"lost": "no reason"},
        "reference": "torch", "check_texts": 200, "texts": dict.fromkeys(report.WORKLOADS, 10),
        "tokens": {"1": dict.fromkeys(report.WORKLOADS, 100)}, "load": [],
        "machine": {"cores": 2, "processor": "P", "system": "S", "python": "3"},
        "entries": {"vetor": entry("fp32", [100, 120, 110], 4.0), "slow": entry("fp32", [55], 8.0, part=4),
                    "fast but wrong": entry("fp32", [999], 0.1), "half": entry("bf16", [220], 2.0),
                    "vetor int8": entry("int8", [200], 2.0), "static": entry("int8", [100], 1.0),
                    "dynamic": entry("int8", [400], 1.0)},
        "quality": {"vetor": {"mean": 1.0, "worst": 1.0}, "slow": {"mean": 1.0, "worst": 0.9999},
                    "fast but wrong": {"mean": 0.9999, "worst": 0.995}, "half": {"mean": 0.9999, "worst": 0.995},
                    "vetor int8": {"mean": 0.9996, "worst": 0.998}, "static": {"mean": 0.997, "worst": 0.98},
                    "dynamic": {"mean": 0.99, "worst": 0.96}}}
    return made | changes


class Table(unittest.TestCase):
    def test_a_median_shows_its_range(self):
        self.assertEqual(report.median_range([1000, 3000, 2000], 0), "2,000 (1,000-3,000)")
        self.assertEqual(report.median_range([1.256], 2), "1.26")

    def test_a_ratio_above_one_is_a_win_for_rates_and_for_times(self):
        self.assertEqual(report.ratio(results(), ["slow"], "mixed", "vetor"), "**2.00** (slow)")
        self.assertEqual(report.ratio(results(), ["slow"], "single", "vetor"), "**2.00** (slow)")
        self.assertEqual(report.ratio(results(), ["half"], "long", "vetor"), "**0.50** (half)")
        self.assertEqual(report.ratio(results(), ["half"], "single", "vetor"), "**0.50** (half)")
        self.assertEqual(report.ratio(results(), [], "mixed", "vetor"), "-")

    def test_wrong_vectors_are_marked_and_never_the_best(self):
        self.assertEqual(report.judged_peers(results(), "fp32"), ["slow"])
        page = report.page(results())
        self.assertIn("0.9999 / 0.9950 **wrong**", page)
        self.assertIn("never the best of a group: fast but wrong.", page)

    def test_each_precision_is_a_group_with_its_own_ratio(self):
        page = report.page(results())
        lines = {line.split(" | ")[0]: line for line in page.splitlines() if line.startswith("| **")}
        self.assertIn("**2.00** (slow)", lines["| **vetor / best peer**"])
        self.assertIn("**0.50** (half)", lines["| **vetor (fp32) / best peer**"])
        self.assertIn("**0.50** (dynamic)", lines["| **vetor int8 / best peer**"])
        close = f"| **vetor int8 / best peer with a mean cosine of at least {report.CLOSE}**"
        self.assertIn("**2.00** (static)", lines[close])
        self.assertIn("| slow (1/4 of the texts) | 55 |", page)
        self.assertIn("Not measured: lost: no reason.", page)

    def test_our_program_on_another_runtime_is_compared_and_is_not_a_peer(self):
        made = results()
        made["entries"][report.OURS_ELSEWHERE] = entry("fp32", [88], 5.0)
        made["quality"][report.OURS_ELSEWHERE] = {"mean": 1.0, "worst": 1.0}
        page = report.page(made)
        line = next(line for line in page.splitlines() if line.startswith("| **vetor / vetor, ONNX Runtime**"))
        self.assertIn("**1.25** (vetor, ONNX Runtime)", line)
        self.assertEqual(report.judged_peers(made, "fp32"), ["slow"])

    def test_the_share_of_the_limit_is_taken_turn_by_turn(self):
        made = results(limit=[{"peak_gflops": 400, "kernels": "avx512", "mixed": 200, "short": 250, "long": 125},
                              {"peak_gflops": 500, "kernels": "avx512", "mixed": 150, "short": 250, "long": 125}])
        made["entries"]["vetor"] = entry("fp32", [100, 120], 4.0)
        page = report.page(made)
        self.assertIn("measured in each turn: 450 (400-500) GFLOP/s, avx512", page)
        self.assertIn("| vetor | 65.0 (50.0-80.0) | 44.0 (40.0-48.0) | 88.0 (80.0-96.0) |", page)
        self.assertNotIn("share of the limit", report.page(results()))

    def test_a_peer_without_every_work_load_or_vectors_is_not_judged(self):
        made = results()
        del made["entries"]["slow"]["rows"]["long"]
        self.assertEqual(report.complete(made, "fp32"), ["vetor", "fast but wrong"])
        made = results()
        del made["quality"]["slow"]
        self.assertEqual(report.judged_peers(made, "fp32"), [])
        self.assertIn("| not known |", report.page(made))

    def test_a_cut_off_run_and_a_busy_machine_say_so(self):
        self.assertIn("Cut off: 1 of 2 turns", report.page(results(repeats_done=1)))
        load = [{"name": "slow", "repeat": 2, "before": 0.01, "during": 0.31}]
        self.assertIn("31.0% of the cores beside a run (turn 2 of slow)", report.page(results(load=load)))
        self.assertIn("Do not quote", report.page(results(load=load)))
        quiet = [{"name": "slow", "repeat": 1, "before": 0.01, "during": 0.02}]
        self.assertNotIn("Do not quote", report.page(results(load=quiet)))

    def test_from_json_renders_without_running(self):
        with tempfile.TemporaryDirectory() as folder:
            saved, docs = pathlib.Path(folder, "r.json"), pathlib.Path(folder, "page.md")
            saved.write_text(json.dumps(results()), encoding="utf-8")
            docs.write_text("before\n<!-- peers: written by make bench-peers -->\nold\n<!-- peers: end -->\nafter\n",
                            encoding="utf-8")
            subprocess.run([sys.executable, "-B", PEERS / "run_peers.py", "--from-json", saved, "--docs", docs], check=True,
                           stdout=subprocess.DEVNULL)
            text = docs.read_text(encoding="utf-8")
        self.assertTrue(text.startswith("before\n") and text.endswith("<!-- peers: end -->\nafter\n"))
        self.assertIn(report.page(results()), text)
        self.assertNotIn("old", text)


class Quality(unittest.TestCase):
    def test_mean_and_worst_cosine(self):
        found = quality.compare([[2.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 3.0]])
        self.assertAlmostEqual(found["worst"], 0.5 ** 0.5)
        self.assertAlmostEqual(found["mean"], (1 + 0.5 ** 0.5) / 2)

    def test_what_cannot_be_compared_is_wrong_not_right(self):
        for vectors in ([[0.0, 0.0]], [[float("nan"), 1.0]], [[1.0, 0.0, 0.0]]):
            self.assertEqual(quality.compare(vectors, [[1.0, 0.0]])["worst"], 0.0)
        self.assertFalse(quality.is_right(None, "int8"))

    def test_a_precision_has_its_own_limit(self):
        found = {"mean": 0.9999, "worst": 0.995}
        self.assertEqual([quality.is_right(found, precision) for precision in ("fp32", "bf16", "int8")], [False, True, True])

    def test_vectors_come_back_row_by_row_or_with_a_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "v.f32")
            self.assertIn("0 bytes", quality.read_vectors(path, 2)[1])
            path.write_bytes(array.array("f", [1, 2, 3, 4]).tobytes())
            self.assertEqual([list(row) for row in quality.read_vectors(path, 2)[0]], [[1, 2], [3, 4]])
            self.assertIn("not 3 rows", quality.read_vectors(path, 3)[1])


class MachineLoad(unittest.TestCase):
    def test_busy_is_all_but_idle_and_waiting(self):
        self.assertEqual(machine_load.busy_seconds("cpu  100 20 30 4000 500 6 7 37 0 0\ncpu0 1 1\n", 100), 2.0)

    def test_our_own_children_are_not_foreign(self):
        self.assertAlmostEqual(machine_load.foreign_share(busy=3.0, own=2.0, wall=5.0, cores=2), 0.1)
        self.assertEqual(machine_load.foreign_share(busy=1.99, own=2.0, wall=1.0, cores=2), 0.0)
        self.assertEqual(machine_load.foreign_share(busy=2.01, own=0.0, wall=1.0, cores=2), 1.0)

    def test_without_proc_stat_the_share_is_not_known(self):
        self.assertIsNone(machine_load.Watch(pathlib.Path("/nowhere/stat")).share())
        self.assertIn("not known", machine_load.summary([{"name": "a", "repeat": 1, "before": None, "during": None}]))


class Preparing(unittest.TestCase):
    def test_what_was_made_is_kept_until_the_model_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            model, work = pathlib.Path(folder, "m"), pathlib.Path(folder, "work")
            model.mkdir()
            (model / "model.onnx").write_text("graph")
            (model / "model_quantized.onnx").write_text("small")
            folders = peers.prepare_folders(model, work)
            self.assertFalse((folders["fp32"] / "model_quantized.onnx").exists())
            self.assertEqual((folders["int8"] / "model_quantized.onnx").read_text(), "small")
            made = folders["int8"] / "made"
            made.touch()
            peers.prepare_folders(model, work)
            self.assertTrue(made.exists())
            (model / "model.onnx").write_text("another graph")
            peers.prepare_folders(model, work)
            self.assertFalse(made.exists())

    def test_what_cannot_be_made_has_a_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            model, work = pathlib.Path(folder, "m"), pathlib.Path(folder, "work")
            model.mkdir()
            (model / "model.onnx").write_text("graph")
            folders = peers.prepare_folders(model, work)
            for name in ("vetor-int8", "published-int8", *peers.PREPARED):
                self.assertTrue(peers.prepare(name, folders, work, PEERS), name)

    def test_every_configuration_names_what_there_is(self):
        for peer in peers.PEERS:
            self.assertTrue((PEERS / peer.script).is_file(), peer.script)
            for config in peer.configs:
                self.assertIn(config.precision, quality.WRONG)
                self.assertIn(config.needs, ("", "vetor-int8", "published-int8", *peers.PREPARED))
        for wanted in peers.PREPARED.values():
            self.assertTrue((PEERS / wanted.script).is_file(), wanted.script)
            self.assertIn(wanted.peer, [peer.name for peer in peers.PEERS])


if __name__ == "__main__":
    unittest.main()
