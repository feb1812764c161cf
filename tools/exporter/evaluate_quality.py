#!/usr/bin/env python3
"""How far a model's int8 and fp16 vectors are from its fp32 vectors, and what that costs on STS.

Runs `vetor embed` on a folder that `vetor export` made and prints rows for docs/quality.md:

    tools/exporter/evaluate_quality.py --model models/multilingual --prefix "query: " \\
        --texts corpus/queries.txt --texts corpus/tatoeba.tsv.gz --sts sts/stsb-en-test.csv

Texts: .txt has one a line, .tsv one in its last column, .jsonl one in the field "context" or
"text"; each may end in .gz. A sample of --count, the same every time, is taken over all files.
STS: .csv rows of text, text, score; ASSIN2's .xml. The figure is Spearman's correlation of cosines
and scores, times 100. Needs numpy.
"""

import argparse
import csv
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import numpy


def read_texts(path):
    """The texts of one file, without the empty ones."""
    raw = path.read_bytes()
    name = path.name
    if name.endswith(".gz"):
        raw, name = gzip.decompress(raw), name[:-3]
    lines = raw.decode("utf-8").split("\n")
    if name.endswith(".tsv"):
        lines = [line.rsplit("\t", 1)[-1] for line in lines]
    elif name.endswith(".jsonl"):
        rows = [json.loads(line) for line in lines if line]
        lines = [row.get("context", row.get("text", "")) for row in rows]
    return [line for line in lines if line.strip()]


def sample_texts(paths, count):
    """`count` texts, the same share of each file."""
    chosen = []
    for path in paths:
        texts = read_texts(path)
        chosen += random.Random(7).sample(texts, min(len(texts), count // len(paths)))
    return chosen


def read_pairs(path):
    """(first texts, second texts, scores)."""
    if path.suffix == ".xml":
        rows = [(pair.findtext("t"), pair.findtext("h"), pair.get("similarity"))
                for pair in xml.etree.ElementTree.parse(path).getroot()]
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    return [row[0] for row in rows], [row[1] for row in rows], [float(row[2]) for row in rows]


def embed(arguments, precision, texts):
    """Unit vectors [texts, dim] as `vetor embed` gives them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "texts.jsonl"), pathlib.Path(folder, "vectors.npy")
        source.write_text("".join(json.dumps({"text": arguments.prefix + text}) + "\n" for text in texts),
                          encoding="utf-8")
        command = [arguments.vetor, "embed", "--model", arguments.model, "--precision", precision,
                   "--input", source, "--output", target, "--no-cache", "--quiet"]
        subprocess.run([str(part) for part in command], check=True)
        return numpy.load(target).astype(numpy.float64)


def ranks(values):
    """1-based; equal values share the mean of their ranks."""
    _, places, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    ends = numpy.cumsum(counts)
    return (ends - (counts - 1) / 2)[places]


def spearman(a, b):
    return float(numpy.corrcoef(ranks(a), ranks(b))[0, 1])


def evaluate(arguments):
    texts = sample_texts(arguments.texts, arguments.count)
    pairs = [read_pairs(path) for path in arguments.sts]
    print(f"{len(texts)} texts")
    print("| precision | mean cosine | worst | " + "".join(f"{path.stem} | " for path in arguments.sts).strip())
    print("|" + "---|" * (3 + len(pairs)))
    reference = None
    for precision in arguments.precisions.split(","):
        vectors = embed(arguments, precision, texts)
        reference = vectors if reference is None else reference
        cosines = (vectors * reference).sum(axis=1)
        cells = [precision, f"{cosines.mean():.5f}", f"{cosines.min():.5f}"]
        for first, second, scores in pairs:
            similar = (embed(arguments, precision, first) * embed(arguments, precision, second)).sum(axis=1)
            cells.append(f"{100 * spearman(similar, numpy.array(scores)):.2f}")
        print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", default="build/vetor", help="the command (default build/vetor)")
    parser.add_argument("--model", required=True, help="a folder with a graph for every precision")
    parser.add_argument("--precisions", default="fp32,int8", help="the first is the reference (default fp32,int8)")
    parser.add_argument("--prefix", default="", help="put before every text, e.g. \"query: \"")
    parser.add_argument("--texts", type=pathlib.Path, action="append", required=True, help="a file of texts; repeat")
    parser.add_argument("--count", type=int, default=2000, help="texts over all files (default 2000)")
    parser.add_argument("--sts", type=pathlib.Path, action="append", default=[], help="a file of scored pairs; repeat")
    evaluate(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
