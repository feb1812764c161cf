#!/usr/bin/env python3
"""Runs mixed calls of eight threads on one service: every answer must equal the serial one, and memory must stay flat.

    soak.py [--model FOLDER] [--threads 8] [--seconds 60]

`make nightly` runs it for thirty minutes (row 37 of docs/faults.md); test_threads_and_processes.py counts calls instead of seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from vetor import EmbeddingsConfig, EmbeddingsService

ROOT = Path(__file__).resolve().parent.parent.parent
TEXTS = [f"race {i} in Monaco " + "qualifying " * (i % 23) for i in range(400)] + ["", "GP de São Paulo", "日本グランプリ"]


class Soaked(NamedTuple):
    """The result of a soak."""

    calls: int
    wrong: int
    grown_mb: float
    """Resident memory after the last round less after the first."""


def one_thread(service: EmbeddingsService, expected: NDArray[np.float32], seed: int, calls: int) -> int:
    """Makes mixed calls; returns how many answers were wrong."""
    chance, wrong = random.Random(seed), 0
    for _ in range(calls):
        rows = [chance.randrange(len(TEXTS)) for _ in range(chance.choice([0, 1, 1, 4, 4, 16, 60]))]
        texts, kind = [TEXTS[row] for row in rows], chance.randrange(4)
        if kind == 0:
            answer = service.encode(texts)
        elif kind == 1:
            answer = np.array(service.embed_texts(texts), dtype=np.float32).reshape(len(rows), expected.shape[1])
        elif kind == 2:
            answer = service.embed(texts, use_cache=chance.random() < 0.5).vectors
        else:
            answer = service.embed(texts, progress=lambda done, total: None).vectors
            assert service.metrics["failed_calls"] == 0
        wrong += not np.array_equal(answer, expected[rows])
    return wrong


def soak(model: Path, cache_dir: Path, *, threads: int, rounds: int, calls: int, seconds: float = 0,
         runtime: str = "auto") -> Soaked:
    """`rounds` rounds of `calls` calls per thread, or as many rounds as fit into `seconds`."""
    with EmbeddingsService(EmbeddingsConfig.for_model(model, onnx_runtime=runtime, cache_enabled=False)) as serial:
        expected = np.stack([serial.encode(text) for text in TEXTS])
    # A cache that holds a part of the texts, so that calls hit, miss and join.
    config = EmbeddingsConfig.for_model(model, onnx_runtime=runtime, cache_dir=cache_dir, cache_memory_mb=1, cache_max_mb=1)
    begun, done, wrong, memory = time.monotonic(), 0, 0, []
    with EmbeddingsService(config) as service, ThreadPoolExecutor(threads) as pool:
        while done < rounds or time.monotonic() - begun < seconds:
            work = [pool.submit(one_thread, service, expected, done * threads + t, calls) for t in range(threads)]
            wrong += sum(part.result() for part in work)
            memory.append(service.metrics["resident_bytes"])
            done += 1
    return Soaked(done * threads * calls, wrong, (memory[-1] - memory[0]) / 2**20)


def main() -> int:
    """Exit code 1 for a wrong answer or memory that grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "all-MiniLM-L6-v2")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(options.model, Path(folder), threads=options.threads, rounds=2, calls=50, seconds=options.seconds)
    print(f"{result.calls:,} calls from {options.threads} threads, {result.wrong} wrong, {result.grown_mb:+.1f} MB")
    return 1 if result.wrong or result.grown_mb > 32 else 0


if __name__ == "__main__":
    sys.exit(main())
