#!/usr/bin/env python3
"""Exports a model, lets the field's own loaders read the folder, and says how far their vectors are apart.

    compare.py --weights CHECKPOINT [--vetor build/vetor] [--work FOLDER] [--texts N] [--readers A,B] [--markdown FILE]

The reference is sentence-transformers with torch on the original weights. Each reader runs in a process of its own
(readers.py). Exit code 1 if a reader fails, is not installed or differs by more than the bound: 1e-5 per component for fp32.
For int8 the vectors of vetor itself are the reference. Our own Python package is skipped if it is not installed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
from readers import READERS  # noqa: E402

TEXTS = ROOT / "tests/data/golden/texts.jsonl"
# Others run int8 with the same runtime and graph: what differs is how many texts are in a batch, which must not matter.
BOUNDS = {"fp32": 1e-5, "int8": 1e-5, "fp16": 1e-3}
# Its tokenizer cuts long texts and lowercases a final sigma in its own way (docs/compatibility.md): shown, not judged.
SHOWN_ONLY = {"transformers.js"}
# (reader, layout, graph, precision)
CASES = [
    ("vetor-python", "root", "model.onnx", "fp32"),
    ("vetor-python", "root", "model_quantized.onnx", "int8"),
    ("st-onnx", "root", "model.onnx", "fp32"),
    ("st-onnx", "hub", "onnx/model.onnx", "fp32"),
    ("optimum", "root", "model.onnx", "fp32"),
    ("fastembed", "root", "model.onnx", "fp32"),
    ("ort", "root", "model.onnx", "fp32"),
    ("transformers.js", "hub", "onnx/model.onnx", "fp32"),
    ("st-onnx", "root", "model_quantized.onnx", "int8"),
    ("ort", "root", "model_quantized.onnx", "int8"),
    ("transformers.js", "hub", "onnx/model_quantized.onnx", "int8"),
    ("ort", "root", "model_fp16.onnx", "fp16"),
]


class Reader:
    def __init__(self, options, texts):
        self.options, self.texts = options, texts

    def vetor(self, folder, precision):
        out = self.options.work / f"vetor-{precision}.npy"
        subprocess.run([self.options.vetor, "embed", "--model", folder, "--precision", precision, "--input", self.texts,
                        "--field", "text", "--output", out, "--no-cache", "--quiet"], check=True)
        return np.load(out)

    def read(self, name, folder, graph):
        """(vectors, version) or (None, why not)."""
        out = self.options.work / f"{name}.npy"
        environment = dict(os.environ, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", ORT_DISABLE_TELEMETRY="1")
        done = subprocess.run([sys.executable, Path(__file__).with_name("readers.py"), name, folder, graph, self.texts,
                               out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment)
        if done.returncode:
            lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
            return None, lines[-1] if lines else f"exit code {done.returncode}"
        return np.load(out), done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def export(options, layout):
    folder = options.work / f"{options.weights.name}-{layout}"
    subprocess.run([options.vetor, "export", options.weights, "--output", folder, "--quantize", "--fp16", "--overwrite",
                    "--layout", layout, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return folder


def worst(a, b):
    """The largest difference of a component, and the smallest cosine of a row."""
    cosines = (a * b).sum(axis=1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)
    return float(np.abs(a - b).max()), float(cosines.min())


def compare(options, texts):
    reader = Reader(options, texts)
    reference, version = reader.read("st-torch", options.weights, "-")
    if reference is None:
        sys.exit(f"compare: sentence-transformers cannot read {options.weights}: {version}")
    print(f"{len(reference):,} texts, reference: sentence-transformers {version}, torch", file=sys.stderr)
    folders = {layout: export(options, layout) for layout in ("root", "hub")}
    own = {precision: reader.vetor(folders["root"], precision) for precision in BOUNDS}
    rows = [("vetor", "root", "model.onnx", *worst(own["fp32"], reference), "sentence-transformers")]
    failed = rows[0][3] > BOUNDS["fp32"]
    wanted = options.readers.split(",") if options.readers is not None else list(READERS)
    for name, layout, graph, precision in CASES:
        if name not in wanted:
            continue
        vectors, said = reader.read(name, folders[layout], graph)
        title = READERS[name][1]
        if vectors is None:
            missing = "No module named 'vetor'" in said
            rows.append((title, layout, graph, None, None, "skipped: pip install . first" if missing else f"failed: {said}"))
            failed |= not missing
            continue
        against = reference if precision == "fp32" else own[precision]
        difference, cosine = worst(vectors, against)
        failed |= difference > BOUNDS[precision] and name not in SHOWN_ONLY
        rows.append((f"{title} {said}".strip(), layout, graph, difference, cosine,
                     "sentence-transformers" if precision == "fp32" else f"vetor, {precision}"))
    return rows, failed


def markdown(rows, count):
    yield f"| reader | layout | file | largest difference, {count:,} texts | smallest cosine | compared with |"
    yield "|---|---|---|---|---|---|"
    for title, layout, graph, difference, cosine, against in rows:
        if difference is None:
            yield f"| {title} | {layout} | `{graph}` | {against} | | |"
        else:
            yield f"| {title} | {layout} | `{graph}` | {difference:.1e} | {cosine:.6f} | {against} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--weights", type=Path, required=True, help="a sentence-transformers checkpoint folder")
    parser.add_argument("--vetor", type=Path, default=ROOT / "build/vetor")
    parser.add_argument("--work", type=Path, help="folder for exports and vectors; default: temporary")
    parser.add_argument("--texts", type=int, default=2000, help="every how-manieth is chosen so that this many remain")
    parser.add_argument("--readers", help="only these, by their names in readers.py; empty: vetor alone")
    parser.add_argument("--markdown", type=Path, help="write the table here too, between the two marks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        options.work = (options.work or Path(temporary)).resolve()
        options.work.mkdir(parents=True, exist_ok=True)
        options.weights, options.vetor = options.weights.resolve(), options.vetor.resolve()
        lines = TEXTS.read_text(encoding="utf-8").split("\n")
        lines = [line for line in lines if line][::max(1, 2000 // options.texts)]
        texts = options.work / "texts.jsonl"
        texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows, failed = compare(options, texts)
    table = "\n".join(markdown(rows, len(lines)))
    print(table)
    if options.markdown:
        page = options.markdown.read_text(encoding="utf-8")
        start, end = "<!-- compat:begin -->\n", "<!-- compat:end -->"
        before, rest = page.split(start)
        options.markdown.write_text(before + start + table + "\n" + end + rest.split(end)[1], encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
