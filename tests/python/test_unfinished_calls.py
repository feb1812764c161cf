"""Tests what a call that ends early leaves behind, and on_long by call."""

from __future__ import annotations

from pathlib import Path

import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService


class Enough(Exception):
    """Raised by a progress function."""


def test_what_was_finished_is_found_by_the_next_call(tmp_path: Path) -> None:
    config = EmbeddingsConfig.for_model(TINY, cache_dir=tmp_path / "cache")
    texts = [f"race {i}" + " grand prix" * (i % 20) for i in range(3000)]
    finished = 0

    def progress(done: int, total: int) -> None:
        nonlocal finished
        finished = done
        raise Enough

    with EmbeddingsService(config) as service, pytest.raises(Enough):
        service.embed(texts, progress=progress)
    assert finished > 0
    with EmbeddingsService(config) as service:
        again = service.embed(texts)
    assert again.cached_rows >= finished
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_enabled=False)) as service:
        assert (service.encode(texts) == again.vectors).all()


@pytest.mark.parametrize("timeout", [0, -1, -1e300])
def test_a_deadline_that_is_over(tiny: EmbeddingsService, timeout: float) -> None:
    with pytest.raises(vetor.DeadlineExceeded):
        tiny.embed(["race"], timeout=timeout)


def test_truncation_side_by_call(tiny: EmbeddingsService) -> None:
    words = ["race", "monaco", "spa", "prix"] * 25  # Each is one token; the model reads 46 of them.
    end = tiny.embed([" ".join(words)], truncation_side="left")
    assert list(end.truncated) == [True]
    assert (end.vectors == tiny.embed([" ".join(words[-46:])]).vectors).all()
    assert (tiny.encode([" ".join(words)], truncation_side="right") == tiny.embed([" ".join(words[:46])]).vectors).all()
    with pytest.raises(vetor.InvalidArgument, match='truncation_side is "end", expected "right" or "left"'):
        tiny.embed(["race"], truncation_side="end")  # type: ignore[arg-type]


def test_on_long_by_call(tiny: EmbeddingsService) -> None:
    long = ["race " * 200]
    assert tiny.embed(long).truncated[0]
    cut = tiny.embed(long, on_long="truncate")
    windows = tiny.embed(long, on_long="window")
    assert cut.truncated[0] and not windows.truncated[0] and windows.tokens[0] > cut.tokens[0]
    assert (tiny.encode(long, on_long="window") == windows.vectors).all()
    assert (tiny.embed_texts(long, on_long="window")[0] == windows.vectors[0]).all()
    with pytest.raises(vetor.InvalidArgument, match="text 0"):
        tiny.embed(long, on_long="error")
    with pytest.raises(vetor.InvalidArgument, match="truncate"):
        tiny.embed(long, on_long="fold")  # type: ignore[arg-type]
