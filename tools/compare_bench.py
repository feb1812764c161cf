#!/usr/bin/env python3
"""Say what moved between two benchmarks, beyond the noise of both.

usage: compare_bench.py BEFORE.json AFTER.json [--noise PERCENT] [--all]

Both files are of `vetor bench --json`, or both of Google Benchmark (--benchmark_format=json; with
--benchmark_repetitions=N the spread of the repetitions is used). A figure has moved when the ranges of its
repeats do not touch and its median changed by more than PERCENT (default 5, at least what a quiet machine
gives). Exit code: 0 nothing is slower, 1 something is, 2 the files cannot be compared.
"""
import argparse
import json
import statistics
import sys
from collections import namedtuple

# `higher` is better for rates; the range is [low, high] of the repeats.
Figure = namedtuple("Figure", "median low high higher unit")


def fail(message):
    print(f"compare_bench: {message}", file=sys.stderr)
    raise SystemExit(2)


def asked_runtime(row):
    """The runtime that was asked for; reports of earlier versions do not say."""
    runtime = row.get("runtime")
    return None if runtime == "auto" else runtime


def vetor_figures(report):
    """Rates of every row, and the median latency of single texts."""
    figures = {}
    for row in report["results"]:
        if row["error"]:
            continue
        name = " ".join(filter(None, (row["engine"], row["provider"], row["precision"], asked_runtime(row), row["workload"],
                                      row["cache"])))
        key = "tokens_per_second" if row["tokens"] else "texts_per_second"
        low, high = row[key + "_range"]
        figures[name] = Figure(row[key], low, high, True, key.replace("_per_second", "/s"))
        if row["workload"] == "single":
            # One text a call: the latencies of a repeat move as its rate does.
            p50 = row["text_latency_ms"]["p50"]
            figures[name + " p50"] = Figure(p50, p50 * row[key] / high, p50 * row[key] / low, False, "ms")
    return figures


def google_figures(report):
    """Times of every benchmark: wall time where the name asks for it, else processor time."""
    samples, units = {}, {}
    for run in report["benchmarks"]:
        if run.get("run_type") == "aggregate" or run.get("error_occurred"):
            continue
        name = run.get("run_name", run["name"])
        time = "real_time" if "real_time" in name else "cpu_time"
        samples.setdefault(name, []).append(run[time])
        units[name] = run.get("time_unit", "ns")
    return {name: Figure(statistics.median(times), min(times), max(times), False, units[name])
            for name, times in samples.items()}


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}")
    if not isinstance(report, dict):
        fail(f"{path}: an object is expected")
    if str(report.get("schema", "")).startswith("vetor-bench-"):
        return "vetor bench", vetor_figures(report)
    if "benchmarks" in report:
        return "Google Benchmark", google_figures(report)
    fail(f"{path}: neither of `vetor bench --json` nor of Google Benchmark")


def change(before, after):
    """By how much `after` is better, as a part of `before`; negative is worse."""
    if before.median == 0 or after.median == 0:
        return 0.0
    ratio = after.median / before.median if before.higher else before.median / after.median
    return ratio - 1


def moved(before, after, noise):
    apart = before.high < after.low or after.high < before.low
    return apart and abs(change(before, after)) > noise


def compare(before, after, noise):
    """(name, before, after, change, moved) of what both have, the worst first."""
    rows = [(name, before[name], after[name], change(before[name], after[name]),
             moved(before[name], after[name], noise)) for name in before if name in after]
    return sorted(rows, key=lambda row: row[3])


def describe(row):
    name, before, after, gain, has_moved = row
    word = ("faster" if gain > 0 else "SLOWER") if has_moved else "within the noise"
    return f"{gain:+7.1%}  {name}: {before.median:.6g} -> {after.median:.6g} {after.unit}  {word}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--noise", type=float, default=5, help="percent that a median may move unnoticed")
    parser.add_argument("--all", action="store_true", help="also what is within the noise")
    options = parser.parse_args()
    kind, before = read(options.before)
    other_kind, after = read(options.after)
    if kind != other_kind:
        fail(f"{options.before} is of {kind}, {options.after} of {other_kind}")
    rows = compare(before, after, options.noise / 100)
    if not rows:
        fail("the two have no measurement in common")
    for row in rows:
        if row[4] or options.all:
            print(describe(row))
    for name in sorted(set(before) ^ set(after)):
        print(f"only in {options.before if name in before else options.after}: {name}")
    slower = sum(1 for row in rows if row[4] and row[3] < 0)
    faster = sum(1 for row in rows if row[4] and row[3] > 0)
    print(f"{len(rows)} compared: {slower} slower, {faster} faster, {len(rows) - slower - faster} within the noise")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
