#!/usr/bin/env python3
"""A bulk job over many rows: their number, their order, the same bytes twice, and memory that does not grow.

    bulk_scale.py --vetor build/vetor --rows 100000

Embeds half of the rows (of more than 200,000 rows 100,000) first, then all of them, with a tiny model into .npy and with hashing into jsonl.
"""

import argparse
import filecmp
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent / "data" / "model" / "tiny-bert"
WORDS = ("race grand prix monaco são paulo lap pit stop qualifying sprint rain tyre podium circuit corrida treino "
         "classificação volta equipe piloto pista box chuva pneu").split()
# A process has some memory more now and then, as threads take more or less at a time.
SLACK_MB = 6
NPY_SHAPE = re.compile(rb"'shape': \((\d+), (\d+)\)")


def fail(message):
    sys.exit(f"bulk_scale: {message}")


def write_inputs(folder, rows):
    """Four inputs of unequal length, two of them compressed. Every row has its own id and text."""
    folder.mkdir()
    source = random.Random(21)
    first = 0
    for number, (share, ending) in enumerate(((0.55, "jsonl"), (0.25, "jsonl.gz"), (0.15, "jsonl"), (0.05, "jsonl.gz"))):
        count = rows - first if number == 3 else int(rows * share)
        opener = gzip.open if ending.endswith("gz") else open
        with opener(folder / f"part-{number}.{ending}", "wt", encoding="utf-8") as lines:
            for row in range(first, first + count):
                text = f"{row} " + " ".join(source.choices(WORDS, k=source.randint(1, 12)))
                lines.write(json.dumps({"id": row, "text": text}, ensure_ascii=False) + "\n")
        first += count


def embed(vetor, inputs, output, *flags):
    command = [vetor, "embed", "--input", f"{inputs}/*", "--field", "text", "--output", f"{output}/", "--no-cache", "--quiet",
               "--stats", "-", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def manifests(folder):
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.manifest.json"))]
    return found, sum(manifest["rows"] for manifest in found)


def check_npy(folder, rows, most):
    found, total = manifests(folder)
    if total != rows:
        fail(f"the manifests count {total} rows, expected {rows}")
    for manifest in found:
        with open(folder / manifest["output"]["name"], "rb") as file:
            count, dim = map(int, NPY_SHAPE.search(file.read(128)).groups())
        size = (folder / manifest["output"]["name"]).stat().st_size
        if count != manifest["rows"] or count > most or size != 128 + count * dim * 2:
            fail(f"{manifest['output']['name']} has {count} rows of {dim} in {size} bytes, its manifest says {manifest['rows']}")


def check_order(folder, rows):
    """The ids, which every output keeps, are 0, 1, 2 and on over all outputs in the order of their names."""
    expected = 0
    for path in sorted(folder.glob("*.jsonl")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if not line.startswith(f'{{"id":{expected},"embedding":['):
                    fail(f"{path.name} has {line[:40]!r} where row {expected} belongs")
                expected += 1
    if expected != rows:
        fail(f"there are {expected} rows, expected {rows}")


def check_same(one, other):
    names = sorted(path.name for path in one.iterdir())
    if names != sorted(path.name for path in other.iterdir()):
        fail("two jobs wrote different files")
    _, different, unreadable = filecmp.cmpfiles(one, other, names, shallow=False)
    if different or unreadable:
        fail(f"two jobs wrote different bytes: {different + unreadable}")


def run(vetor, folder, rows):
    inputs = folder / "in"
    write_inputs(inputs, rows)
    most = max(1, rows // 7)
    model = embed(vetor, inputs, folder / "npy", "--model", str(MODEL), "--format", "npy", "--output-dtype", "float16",
                  "--shard-rows", str(most))
    check_npy(folder / "npy", rows, most)
    hashing = embed(vetor, inputs, folder / "jsonl", "--dim", "8", "--id-field", "id", "--shard-rows", str(most))
    check_order(folder / "jsonl", rows)
    embed(vetor, inputs, folder / "again", "--dim", "8", "--id-field", "id", "--shard-rows", str(most))
    check_same(folder / "jsonl", folder / "again")
    for name, stats in (("model", model), ("hashing", hashing)):
        print(f"bulk_scale: {rows} rows, {name}: {stats['texts_per_second']:.0f} texts/s, peak memory {stats['peak_rss_mb']:.0f} MB")
    return {"model": model["peak_rss_mb"], "hashing": hashing["peak_rss_mb"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vetor", required=True, type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    peaks = []
    for rows in (min(arguments.rows // 2, 100_000), arguments.rows):
        with tempfile.TemporaryDirectory(prefix="vetor-scale-") as folder:
            peaks.append(run(arguments.vetor.resolve(), Path(folder), rows))
    for name, most in peaks[1].items():
        if most > peaks[0][name] + SLACK_MB:
            fail(f"with {name}, more rows took {most:.0f} MB instead of {peaks[0][name]:.0f} MB")
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
