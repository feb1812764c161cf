"""Python has every metric that the C++ struct has, under the same name."""

from __future__ import annotations

import json
import re
import typing

import vetor
from conftest import ROOT
from vetor import EmbeddingsService


def declared_fields(*structs: str) -> set[str]:
    header = (ROOT / "include" / "vetor" / "metrics.h").read_text(encoding="utf-8")
    bodies = re.findall(r"^struct (\w+) \{(.*?)^\};", header, re.MULTILINE | re.DOTALL)
    text = "".join(body for name, body in bodies if name in structs)
    return set(re.findall(r"^  [a-z][\w:<>]* (\w+)(?: = [^;]+)?;", text, re.MULTILINE))


def test_python_lacks_no_metric(tiny: EmbeddingsService, runtime: str) -> None:
    tiny.embed(["race", "grand prix"])
    metrics = tiny.metrics
    assert set(metrics) == declared_fields("Metrics", "StageTimes")
    levels = metrics["cache_tiers"]
    assert [level["name"] for level in levels] == ["memory", "disk"][: len(levels)]
    assert all(set(level) == declared_fields("CacheTierMetrics") for level in levels)
    assert metrics["runtime"].startswith(runtime) and metrics["computed_texts"] == 2
    json.dumps(metrics)


def of_type(value: object, declared: object) -> bool:
    """Whether the value is of a type that a metric has: a plain one, a list, or a TypedDict."""
    if typing.get_origin(declared) is list:
        (item,) = typing.get_args(declared)
        return isinstance(value, list) and all(of_type(each, item) for each in value)
    if typing.is_typeddict(declared):
        hints = typing.get_type_hints(declared)
        return isinstance(value, dict) and set(value) == set(hints) and all(of_type(value[k], hints[k]) for k in hints)
    return type(value) is declared


# The levels of the cache were list[float] in the extension's types, and users saw only a dict[str, Any].
def test_metrics_are_of_the_types_that_they_declare(tiny: EmbeddingsService) -> None:
    tiny.embed(["race", "grand prix"])
    assert typing.get_type_hints(EmbeddingsService.metrics.fget)["return"] is vetor.Metrics  # type: ignore[attr-defined]
    assert tiny.metrics["cache_tiers"] and tiny.metrics["batch_latencies_ms"]
    assert of_type(tiny.metrics, vetor.Metrics)


def test_texts_of_many_lengths_are_not_padded(tiny: EmbeddingsService) -> None:
    tiny.embed(["race" + " prix" * (i % 40) for i in range(200)])
    metrics = tiny.metrics
    assert metrics["tokens"] > 0 and metrics["padding_tokens"] == 0
