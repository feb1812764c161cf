"""run_benchmark: measures how fast vetor is here, and how good each precision is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from vetor import _native
from vetor._checks import flag, names, number, path_of, text, way_to_tell, whole, wrong
from vetor._checks import texts as text_list
from vetor._config import EmbeddingsConfig, keywords_of
from vetor._errors import InvalidArgument
from vetor._progress import StepProgress, shown_steps
from vetor._runtime import default_library


class BenchmarkReport:
    """The result of `run_benchmark`. `str(report)` is its table."""

    def __init__(self, native: _native.BenchmarkReport) -> None:
        self._native = native
        self.data: dict[str, Any] = json.loads(native.json())
        """Every figure; docs/bench-json.md describes the keys. One of "results" is a configuration, cache state and work
        load; if a provider could not start, it has "error"."""

    def json(self) -> str:
        """The text that `data` was read from, one result per line, as `vetor bench --json` writes it."""
        return self._native.json()

    def table(self) -> str:
        """The report as a table for a terminal."""
        return self._native.table()

    def html(self) -> str:
        """One page with tables and plots that needs nothing but itself. The plots need `sweeps=True`."""
        return self._native.html()

    def __str__(self) -> str:
        return self.table()


def run_benchmark(
    model: str | os.PathLike[str] | None = None,
    *,
    config: EmbeddingsConfig | None = None,
    engines: Iterable[str] = (),
    providers: Iterable[str] = (),
    precisions: Iterable[str] = (),
    runtimes: Iterable[str] = (),
    workloads: Iterable[str] = (),
    texts: Iterable[str] = (),
    cache_states: Iterable[str] = (),
    repeat: int = 3,
    scale: int = 1,
    sweeps: bool = False,
    pairs: Iterable[tuple[str, str, float]] = (),
    reference: str = "",
    scratch: str | os.PathLike[str] = "",
    progress: StepProgress | None = None,
    show_progress: bool = False,
) -> BenchmarkReport:
    """Measures speed, latency, memory and cache for each engine, provider, precision and runtime, as `vetor bench`.

        print(vetor.run_benchmark("models/all-MiniLM-L6-v2", providers=["cpu", "cuda"]).table())

    model: a model folder or .onnx file; or config: all settings (batch size, threads, bounds of the cache). Without either,
    hashing is measured. engines: of "hashing" and "onnx"; empty: both if there is a model. providers, precisions ("auto",
    "fp32", "fp16", "int8", "bf16"), runtimes ("auto", "native", "onnxruntime"): each is measured; empty: those of the settings.
    One that cannot start is a result with "error". workloads: of "short", "mixed", "long", "single"; empty: all, or none if
    `texts`, a work load of your own, are given. cache_states: of "cold", "memory", "disk"; empty: all.

    repeat: runs of each measurement, of which medians are reported. scale: multiplies the built-in work loads; at 1 a MiniLM
    takes about a minute on two cores. sweeps: throughput by length, batch size and threads too, for the page's plots. pairs:
    (sentence, sentence, score) for Spearman's rank correlation. reference: a precision; the others' cosines to it. scratch:
    the folder below which caches are made and removed; empty: the system's.

    progress: called with (what runs, fraction), in the calling thread. Runs without the GIL; Ctrl-C ends it.
    Raises InvalidArgument for an unknown name and TypeError for a text that is not str.
    """
    if model is not None and config is not None:
        raise InvalidArgument("model and config are both given; put the model into config.onnx_model_path")
    if config is not None and not isinstance(config, EmbeddingsConfig):
        raise wrong("config", config, "EmbeddingsConfig or None")
    if model is not None:
        config = EmbeddingsConfig.for_model(model)
    settings = keywords_of(config or EmbeddingsConfig())
    settings["onnx_library_path"] = settings["onnx_library_path"] or default_library()
    options = _native.BenchmarkOptions()
    options.engines, options.providers = names("engines", engines), names("providers", providers)
    options.precisions, options.workloads = names("precisions", precisions), names("workloads", workloads)
    options.cache_states, options.runtimes = names("cache_states", cache_states), names("runtimes", runtimes)
    options.repeat, options.scale = whole("repeat", repeat), whole("scale", scale)
    options.sweeps, options.reference = flag("sweeps", sweeps), text("reference", reference)
    options.texts, options.scratch = text_list("texts", texts), path_of("scratch", scratch)
    options.set_pairs(_scored(pairs))
    way_to_tell(progress, show_progress, "(what runs, fraction)")
    with shown_steps(progress, show_progress, "bench") as tell:
        report = BenchmarkReport(_native.run_benchmark(options, settings, tell))
        if tell is not None:
            tell("done", 1.0)
    return report


def _scored(pairs: object) -> list[tuple[str, str, float]]:
    expected = "(sentence, sentence, score)"
    if not isinstance(pairs, Iterable):
        raise wrong("pairs", pairs, f"a list of {expected}")
    scored = []
    for i, pair in enumerate(pairs):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 3:
            raise wrong(f"pairs[{i}]", pair, expected)
        scored.append((text(f"pairs[{i}][0]", pair[0]), text(f"pairs[{i}][1]", pair[1]), number(f"pairs[{i}][2]", pair[2])))
    return scored
