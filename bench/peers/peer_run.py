"""What every peer's script shares: arguments, warm-up, timing, a JSON line a file of texts.

A script gives `run` a name, its packages and a function load(model_folder, config) -> embed(texts) -> vectors; where
`embed` has an attribute `precision`, that is what the peer says it computes in; `embed.close()` ends it.
Loading and a warm-up of 64 texts come first and are not timed with the rest. Tokens are counted elsewhere, once for
all peers, because not every peer can say them. At the end, not timed, the vectors of --check-texts are written.
"""
import argparse
import array
import importlib.metadata
import json
import pathlib
import resource
import time


def quantile(sorted_values, part):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))]


def measure(embed, texts, single):
    latencies = []
    start = time.perf_counter()
    if single:
        for text in texts:
            begin = time.perf_counter()
            embed([text])
            latencies.append((time.perf_counter() - begin) * 1e3)
    else:
        vectors = embed(texts)
        if len(vectors) != len(texts):
            raise SystemExit(f"{len(vectors)} vectors for {len(texts)} texts")
    row = {"texts": len(texts), "seconds": time.perf_counter() - start}
    if latencies:
        latencies.sort()
        row |= {"p50_ms": quantile(latencies, 0.5), "p99_ms": quantile(latencies, 0.99)}
    return row


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def write_vectors(path, vectors):
    with open(path, "wb") as file:
        for vector in vectors:
            array.array("f", [float(x) for x in vector]).tofile(file)


def run(name, packages, load):
    parser = argparse.ArgumentParser(description=f"Time {name} on files of texts, a text a line. The texts of single.txt "
                                     "are embedded one at a time.")
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--config", default="default")
    parser.add_argument("--check-texts")
    parser.add_argument("--vectors", help="where the vectors of --check-texts go, plain float32")
    options = parser.parse_args()
    options.texts = [str(pathlib.Path(path).resolve()) for path in options.texts]
    for path in ("check_texts", "vectors"):  # A peer may work from another folder.
        if getattr(options, path):
            setattr(options, path, str(pathlib.Path(getattr(options, path)).resolve()))
    start = time.perf_counter()
    embed = load(options.model, options.config)
    embed(read_lines(options.texts[0])[:1])
    load_seconds = time.perf_counter() - start
    embed(read_lines(options.texts[0])[:64])
    for path in options.texts:
        row = measure(embed, read_lines(path), pathlib.Path(path).name == "single.txt")
        row |= {"peer": name, "config": options.config, "load_seconds": load_seconds,
                "versions": {package: importlib.metadata.version(package) for package in packages},
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if hasattr(embed, "precision"):
            row["precision"] = embed.precision
        print(json.dumps(row), flush=True)
    if options.check_texts:
        write_vectors(options.vectors, embed(read_lines(options.check_texts)))
    if hasattr(embed, "close"):
        embed.close()
