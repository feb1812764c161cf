"""Metrics: Python has every field that the C++ struct has, under the same name."""

from __future__ import annotations

import json
import re

from conftest import ROOT
from vetor import EmbeddingsService


def declared_fields(*structs: str) -> set[str]:
    header = (ROOT / "include" / "vetor" / "metrics.h").read_text(encoding="utf-8")
    bodies = re.findall(r"^struct (\w+) \{(.*?)^\};", header, re.MULTILINE | re.DOTALL)
    text = "".join(body for name, body in bodies if name in structs)
    return set(re.findall(r"^  [a-z][\w:<>]* (\w+)(?: = [^;]+)?;", text, re.MULTILINE))


def test_python_lacks_no_metric(tiny: EmbeddingsService) -> None:
    tiny.embed(["race", "grand prix"])
    metrics = tiny.metrics
    assert set(metrics) == declared_fields("Metrics", "StageTimes")
    levels = metrics["cache_tiers"]
    assert [level["name"] for level in levels] == ["memory", "disk"][: len(levels)]
    assert all(set(level) == declared_fields("CacheTierMetrics") for level in levels)
    assert metrics["runtime"].startswith("onnxruntime") and metrics["computed_texts"] == 2
    json.dumps(metrics)


def test_texts_of_many_lengths_are_not_padded(tiny: EmbeddingsService) -> None:
    tiny.embed(["race" + " prix" * (i % 40) for i in range(200)])
    metrics = tiny.metrics
    assert metrics["tokens"] > 0 and metrics["padding_tokens"] == 0
