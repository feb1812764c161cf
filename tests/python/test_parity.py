"""Compares the package's vectors with those of sentence-transformers, which are frozen in tests/data/golden."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from conftest import ROOT
from numpy.typing import NDArray
from vetor import EmbeddingsConfig, EmbeddingsService

GOLDEN = ROOT / "tests" / "data" / "golden"


def read_vectors(path: Path) -> NDArray[np.float64]:
    """Reads the format of FORMAT.md: Rice codes of q ones, a zero and k bits."""
    data = path.read_bytes()
    assert data[:8] == b"VGOLD1\0\0"
    rows, dim, step, low = struct.unpack_from("<IIdI", data, 8)
    bits = np.unpackbits(np.frombuffer(data, np.uint8, offset=28), bitorder="little")
    zeros = np.flatnonzero(bits == 0).tolist()
    starts, quotients, at, zero = np.empty(rows * dim, np.int64), np.empty(rows * dim, np.int64), 0, 0
    for i in range(rows * dim):
        while zeros[zero] < at:
            zero += 1
        quotients[i] = zeros[zero] - at
        starts[i] = zeros[zero] + 1
        at = zeros[zero] + 1 + low
    u = quotients << low
    for bit in range(low):
        u += bits[starts + bit].astype(np.int64) << bit
    values = np.where(u % 2 == 0, u // 2, -((u + 1) // 2)) * step
    return values.reshape(rows, dim)


def test_2000_texts_in_85_languages_are_within_1e_5(minilm: Path, runtime: str) -> None:
    texts = [json.loads(line)["text"] for line in (GOLDEN / "texts.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = read_vectors(GOLDEN / "all-minilm-l6-v2.vectors")
    assert expected.shape == (len(texts), 384) and len(texts) == 2000
    with EmbeddingsService(EmbeddingsConfig.for_model(minilm, onnx_runtime=runtime, cache_enabled=False)) as service:
        vectors = service.encode(texts)
    assert float(np.abs(vectors - expected).max()) <= 1e-5
