#!/usr/bin/env python3
"""Build the work loads of the throughput benchmark from the shared corpus.

usage: build_workloads.py --corpus ../shared/data/corpus --model models/all-MiniLM-L6-v2 --output DIR

  mixed.txt   4,096 texts: 60 % of 4-20 tokens, 30 % of 20-100, 10 % of 100-255
  short.txt   8,192 texts of at most 16 tokens
  long.txt      384 texts of 200-255 tokens
  single.txt    500 texts of 4-20 tokens, to be embedded one at a time

Lengths are those of the model's own tokenizer, special tokens included. Texts are drawn in the order of
their SHA-256, so the files are the same everywhere. One text a line.
"""
import argparse
import gzip
import hashlib
import json
import pathlib
import subprocess


def read_corpus(folder):
    """Every text of the corpus once, in the order of its hash."""
    texts = []
    with gzip.open(folder / "tatoeba.tsv.gz", "rt", encoding="utf-8") as lines:
        texts += [line.rstrip("\n").split("\t", 1)[1] for line in lines]
    for name in ("portuguese.txt", "queries.txt"):
        texts += (folder / name).read_text(encoding="utf-8").splitlines()
    with gzip.open(folder / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            passage = json.loads(line)
            texts += [passage["context"], *passage["questions"]]
    for path in sorted((folder / "udhr").glob("*.txt")):
        texts += path.read_text(encoding="utf-8").splitlines()
    cleaned = {" ".join(text.split()) for text in texts}
    return sorted(cleaned - {""}, key=lambda text: hashlib.sha256(text.encode()).digest())


def token_counts(command, model, texts):
    """Tokens of each text as the model sees it: at most its maximum, which the pools leave out."""
    run = subprocess.run([command, "tokenize", "--model", model, "--quiet"],
                         input="\n".join(texts) + "\n", text=True, encoding="utf-8", check=True,
                         stdout=subprocess.PIPE)
    return [len(json.loads(line)["ids"]) for line in run.stdout.splitlines()]


class Pool:
    """Texts by length, each handed out once."""

    def __init__(self, texts, counts):
        self.rows = list(zip(texts, counts))
        self.used = set()

    def take(self, low, high, wanted):
        taken = []
        for text, count in self.rows:
            if len(taken) == wanted:
                break
            if low <= count <= high and text not in self.used:
                self.used.add(text)
                taken.append((text, count))
        if len(taken) < wanted:
            raise SystemExit(f"the corpus has only {len(taken)} texts of {low}-{high} tokens, not {wanted}")
        return taken


def write(path, rows):
    rows = sorted(rows, key=lambda row: hashlib.sha256(("order" + row[0]).encode()).digest())
    path.write_text("".join(text + "\n" for text, _ in rows), encoding="utf-8")
    counts = sorted(count for _, count in rows)
    print(f"{path}: {len(rows)} texts, {sum(counts)} tokens, mean {sum(counts) / len(counts):.0f}, "
          f"p50 {counts[len(counts) // 2]}, p95 {counts[len(counts) * 95 // 100]}, max {counts[-1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--command", default="build/vetor")
    options = parser.parse_args()
    texts = read_corpus(options.corpus)
    pool = Pool(texts, token_counts(options.command, options.model, texts))
    options.output.mkdir(parents=True, exist_ok=True)
    long_texts = pool.take(200, 255, 384)
    mixed = pool.take(4, 20, 2458) + pool.take(21, 99, 1229) + pool.take(100, 255, 409)
    write(options.output / "mixed.txt", mixed)
    write(options.output / "long.txt", long_texts)
    write(options.output / "short.txt", pool.take(3, 16, 8192))
    write(options.output / "single.txt", pool.take(4, 20, 500))


if __name__ == "__main__":
    main()
