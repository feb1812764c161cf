"""Tests bench/serve on made-up results: what holds, what does not, and the place in the page."""
import pathlib
import sys
import tempfile
import unittest

SERVE = pathlib.Path(__file__).resolve().parents[2] / "bench" / "serve"
sys.path.insert(0, str(SERVE))
import run_serve  # noqa: E402
import wanted  # noqa: E402
from page_section import write_section  # noqa: E402  (run_serve knows where it lies)


def load(tokens=100.0, p50_ms=1.0, p99_ms=2.0, rate=50.0, refused=0):
    return {"requests": 100, "seconds": 2.0, "refused": refused, "lost": 0, "p50_ms": p50_ms, "p99_ms": p99_ms,
            "tokens_per_second": tokens, "requests_per_second": rate}


def results(**changes):
    turn = {"in_process": 100.0, "single": load(91.0), "many": load(96.0)}
    made = {"date": "2026-01-02", "model": "m", "seconds": 8.0, "repeats": 1, "load": [], "rates": {"fp32": [turn]},
            "machine": {"cores": 2, "processor": "P", "system": "S"}, "texts": {"count": 10, "tokens": 100},
            "latency": {"1": load(), "8": load()},
            "overload": {"best": 100.0, "overloaded": load(96.0, refused=75), "times": 4.0,
                         "refusal": {"count": 7, "p50_ms": 1.0, "p99_ms": 9.0}},
            "cached": {"one": load(p50_ms=0.09), "one_base64": load(p50_ms=0.08), "sixteen": load(rate=20_001.0)}}
    return made | changes


def broken(made):
    return [row.load for row in wanted.rows(made) if row.holds is False]


class Table(unittest.TestCase):
    def test_what_is_reached_holds(self):
        self.assertEqual(broken(results()), [])
        self.assertEqual(sum(row.holds is True for row in wanted.rows(results())), 7)

    def test_a_rate_is_compared_with_the_same_turn_in_process(self):
        slow = {"in_process": 200.0, "single": load(179.0), "many": load(189.0)}
        self.assertEqual(len(broken(results(rates={"fp32": [slow]}))), 2)
        turns = [{"in_process": 100.0, "x": load(90.0)}, {"in_process": 200.0, "x": load(184.0)}]
        self.assertEqual(wanted.share_row("a", turns, "x", 0.9).found, "0.91 (0.90-0.92): 137 (90-184) tokens/s")

    def test_overload_without_a_refusal_shows_nothing(self):
        calm = results()["overload"] | {"refusal": {"count": 0, "p50_ms": 0.0, "p99_ms": 0.0}}
        self.assertEqual(broken(results(overload=calm)), ["a refusal at that load"])
        late = results()["overload"] | {"refusal": {"count": 7, "p50_ms": 1.0, "p99_ms": 10.1}}
        self.assertEqual(broken(results(overload=late)), ["a refusal at that load"])

    def test_cached_texts_are_judged_in_microseconds_and_requests(self):
        slow = {"one": load(p50_ms=0.101), "one_base64": load(p50_ms=0.08), "sixteen": load(rate=19_999.0)}
        self.assertEqual(len(broken(results(cached=slow))), 2)

    def test_the_page_says_what_does_not_hold(self):
        text = wanted.page(results(cached=results()["cached"] | {"one": load(p50_ms=0.101)}))
        self.assertIn("| p50 at most 100 µs | p50 101 µs, p99 2000 µs | **no** |", text)
        self.assertIn("2 cores of P", text)


class Docs(unittest.TestCase):
    def test_the_table_goes_between_its_marks_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text(f"before\n{run_serve.BEGIN}\nold\n{run_serve.END}\nafter\n", encoding="utf-8")
            write_section(page, run_serve.BEGIN, run_serve.END, "new")
            self.assertEqual(page.read_text(encoding="utf-8"), f"before\n{run_serve.BEGIN}\nnew\n{run_serve.END}\nafter\n")
            page.write_text("no marks\n", encoding="utf-8")
            with self.assertRaises(SystemExit):
                write_section(page, run_serve.BEGIN, run_serve.END, "new")


if __name__ == "__main__":
    unittest.main()
