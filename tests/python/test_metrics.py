"""Metrics: Python has every field that the C++ struct has, under the same name."""

from __future__ import annotations

import json
import re

from conftest import ROOT
from vetor import EmbeddingsService


def declared_fields() -> set[str]:
    header = (ROOT / "include" / "vetor" / "metrics.h").read_text(encoding="utf-8").split("template <typename", 1)[0]
    return set(re.findall(r"^  [a-z][\w:<>]* (\w+)(?: = [^;]+)?;", header, re.MULTILINE))


def test_python_lacks_no_metric(tiny: EmbeddingsService) -> None:
    tiny.embed(["race", "grand prix"])
    metrics = tiny.metrics
    assert set(metrics) == declared_fields()
    assert metrics["runtime"].startswith("onnxruntime") and metrics["computed_texts"] == 2
    json.dumps(metrics)


def test_texts_of_many_lengths_are_not_padded(tiny: EmbeddingsService) -> None:
    tiny.embed(["race" + " prix" * (i % 40) for i in range(200)])
    metrics = tiny.metrics
    assert metrics["tokens"] > 0 and metrics["padding_tokens"] == 0
