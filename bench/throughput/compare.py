#!/usr/bin/env python3
"""Run vetor and the forty lines of Python in turns and print medians, ranges and the ratio.

usage: compare.py --model models/all-MiniLM-L6-v2 --workloads DIR [--python PYTHON] [--repeats 5] [--json F]

PYTHON needs numpy, onnxruntime and tokenizers (make bench sets one up). Both sides use the same files, both
cores, and time what comes after loading and a warm-up.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess

WORKLOADS = ("mixed", "short", "long", "single")


def run(command):
    repository = pathlib.Path(__file__).resolve().parents[2]
    environment = {"VETOR_ONNXRUNTIME": str(repository / ".deps/onnxruntime/lib"), **os.environ}
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def measure(options, workload):
    texts = str(options.workloads / f"{workload}.txt")
    extra = ["--single"] if workload == "single" else []
    here = pathlib.Path(__file__).parent
    sides = {"vetor": [options.driver, options.model, texts, *extra],
             "forty lines": [options.python, str(here / "forty_lines.py"), options.model, texts, *extra]}
    rows = {name: [] for name in sides}
    for _ in range(options.repeats):
        for name, command in sides.items():
            rows[name].append(run(command))
    return rows


def describe(rows):
    rates = [row["tokens_per_second"] for row in rows]
    text = f"{statistics.median(rates):8.0f} tok/s ({min(rates):.0f}-{max(rates):.0f})"
    if "p50_ms" in rows[0]:
        text += f"  p50 {statistics.median(r['p50_ms'] for r in rows):.2f} ms, p99 " \
                f"{statistics.median(r['p99_ms'] for r in rows):.2f} ms"
    return text + f"  peak {max(row['peak_rss_mb'] for row in rows):.0f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--workloads", type=pathlib.Path, required=True)
    parser.add_argument("--driver", default="build/bench/throughput/embed_throughput")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=WORKLOADS, action="append")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    results = {}
    for workload in options.only or WORKLOADS:
        rows = results[workload] = measure(options, workload)
        ratios = [ours["tokens_per_second"] / theirs["tokens_per_second"]
                  for ours, theirs in zip(rows["vetor"], rows["forty lines"])]
        print(f"{workload:7} vetor       {describe(rows['vetor'])}")
        print(f"        forty lines {describe(rows['forty lines'])}")
        print(f"        ratio       {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
