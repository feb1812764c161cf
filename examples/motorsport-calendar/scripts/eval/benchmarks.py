#!/usr/bin/env python3
"""Measures the calendar's embeddings here, with vetor's benchmark: speed, latency, cache and memory.

    python scripts/eval/benchmarks.py --task embeddings --engine both --onnx-model models/embeddings-onnx/model.onnx \\
        --providers cpu cuda --json bench.json --html bench.html
    python scripts/eval/benchmarks.py --onnx-model models/embeddings-onnx/model.onnx --input data/events.jsonl

A provider that is not there is a row that says why. Without --input the texts are vetor's own, made by rule. Exit code 0; 1: the
work failed; 2: the call is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import List, Optional

import vetor


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    """The flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=["embeddings"], default="embeddings")
    parser.add_argument("--engine", choices=["onnx", "hashing", "both"], default="both")
    parser.add_argument("--onnx-model", "--onnx_model", help="the .onnx file or its folder; without it hashing is measured")
    parser.add_argument("--providers", nargs="+", default=["cpu"], metavar="NAME", help="each alone: cpu cuda")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each measurement; medians are reported")
    parser.add_argument("--input", type=Path, metavar="FILE", help="texts of your own: one a line, or .jsonl with --field")
    parser.add_argument("--field", default="name", help="of a .jsonl row, the text; default name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures")
    parser.add_argument("--html", type=Path, metavar="FILE", help="a page with plots")
    return parser.parse_args(arguments)


def read_texts(path: Path, field: str) -> List[str]:
    """The lines of a file, or one field of its rows."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [str(json.loads(line)[field]) for line in lines] if path.suffix == ".jsonl" else lines


def measure(options: argparse.Namespace) -> vetor.BenchmarkReport:
    """Runs what the flags ask for."""
    if options.engine == "onnx" and not options.onnx_model:
        raise vetor.InvalidArgument("--engine onnx needs --onnx-model")
    texts = read_texts(options.input, options.field) if options.input else []
    return vetor.run_benchmark(options.onnx_model, engines=[] if options.engine == "both" else [options.engine],
                               providers=options.providers, texts=texts, repeat=options.repeat,
                               sweeps=options.html is not None, show_progress=sys.stderr.isatty())


def main(arguments: Optional[List[str]] = None) -> int:
    """Measures, prints the table, writes the files. Returns the exit code."""
    options = parse(arguments)
    try:
        report = measure(options)
        if options.json:
            options.json.write_text(report.json(), encoding="utf-8")
        if options.html:
            options.html.write_text(report.html(), encoding="utf-8")
    except vetor.VetorError as error:
        print(f"Falha no benchmark: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrompido", file=sys.stderr)
        return vetor.Cancelled.exit_code
    except (OSError, KeyError, ValueError) as error:
        print(f"Falha no benchmark: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(report.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
