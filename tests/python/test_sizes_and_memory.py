"""Sizes that no machine has and memory that the system refuses are exceptions, and never end the interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService, Tokenizer

QUERIES, CORPUS = np.eye(4, 8, dtype=np.float32), np.eye(8, dtype=np.float32)


# 4 queries times 2**62 places is 0 in 64 bits, so the hits were written outside the heap.
@pytest.mark.parametrize("top", [2**60, 2**61, 2**62, 2**63, 2**64 - 1])
def test_search_for_more_places_than_there_are(top: int) -> None:
    with pytest.raises(vetor.InvalidArgument, match="top is"):
        vetor.search(QUERIES, CORPUS, top=top)


def test_search_for_more_places_than_memory_has() -> None:
    with pytest.raises(MemoryError):
        vetor.search(QUERIES, CORPUS, top=2**45)


# The error was a TypeError of the extension, which named no argument.
@pytest.mark.parametrize(("call", "said"), [
    (lambda: vetor.search(QUERIES, CORPUS, top=2**70), "top is"),
    (lambda: vetor.search(QUERIES, CORPUS, threads=2**40), "threads is"),
    (lambda: vetor.dedupe(CORPUS, max_pairs=-1), "max_pairs is -1; expected at least 0"),
    (lambda: Tokenizer(TINY).encode(["race"], max_length=2**70), "max_length is")])
def test_sizes_that_do_not_fit_an_integer(call: Callable[[], object], said: str) -> None:
    with pytest.raises(vetor.InvalidArgument, match=said):
        call()


def test_large_numbers_that_are_allowed() -> None:
    assert vetor.search(QUERIES, CORPUS, top=1, threads=2**31 - 1).rows.tolist() == [[0], [1], [2], [3]]
    assert len(vetor.dedupe(CORPUS, 0.5, max_pairs=2**64 - 1, threads=2**31 - 1).pairs) == 0
    tokenizer = Tokenizer(TINY)
    assert (tokenizer.encode(["race"], max_length=2**63)[0] == tokenizer.encode(["race"])[0]).all()
    assert tokenizer.id_to_token(2**63 - 1) == "" and tokenizer.id_to_token(-(2**63)) == ""


@pytest.mark.parametrize("options", [{"repeat": 2**31 - 1}, {"scale": 2**31 - 1}, {"repeat": -1}])
def test_a_benchmark_of_a_size_that_never_ends(options: dict[str, int]) -> None:
    with pytest.raises(vetor.InvalidArgument, match="1 to 1000"):
        vetor.run_benchmark(None, **options)


@pytest.mark.parametrize("name", ["dim", "threads", "batch_size", "cache_max_mb", "cache_memory_mb", "onnx_max_length"])
@pytest.mark.parametrize("value", [2**62, 2**64, -(2**63)])
def test_settings_have_bounds(name: str, value: int) -> None:
    with pytest.raises(vetor.InvalidArgument, match=name.rsplit("_", maxsplit=1)[-1]):
        EmbeddingsService(EmbeddingsConfig(**{name: value}))


REFUSED = """
import resource, sys
import vetor
tokenizer = vetor.Tokenizer(sys.argv[1])
service = vetor.EmbeddingsService(vetor.EmbeddingsConfig(dim=1 << 20, threads=1, cache_enabled=False))
text = "race " * 20_000_000
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (150 << 20), resource.getrlimit(resource.RLIMIT_AS)[1]))
for call, expected in (
    (lambda: tokenizer.encode([text], max_length=0), MemoryError),
    (lambda: service.embed(["x" * 10] * 3000), vetor.ResourceExhausted),
    (lambda: service.embed(["x"] * 1500), vetor.ResourceExhausted),
):
    try:
        call()
        sys.exit("nothing was raised")
    except expected as error:
        print(type(error).__name__)
print(len(service.embed(["race"]).vectors), "vector")
"""


# An exception in the thread of a watched call ended the interpreter.
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory as Linux does")
def test_memory_that_the_system_refuses() -> None:
    done = subprocess.run([sys.executable, "-c", REFUSED, str(TINY)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:4] == ["MemoryError", "ResourceExhausted", "ResourceExhausted", "1 vector"]
