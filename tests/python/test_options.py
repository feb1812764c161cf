"""Each function that embeds takes all options of a call with their defaults, and passes each option on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import vetor
from vetor import EmbeddingsService, _checks, _native, _service

# The extension makes it from ForEachEmbedOption in include/vetor/embeddings_service.h.
OPTIONS = sorted(name for name in dir(_native.CallOptions) if not name.startswith("_"))
EMBEDDING = [EmbeddingsService.embed, EmbeddingsService.embed_texts, EmbeddingsService.encode,
             EmbeddingsService.encode_query, EmbeddingsService.encode_document, vetor.embed_column]


def test_the_list_has_the_options_of_the_struct() -> None:
    assert {"prompt_name", "on_long", "when_full", "timeout", "progress"} <= set(OPTIONS)
    assert set(OPTIONS) == {*_checks._CALL_OPTIONS, "progress"}


@pytest.mark.parametrize("function", EMBEDDING, ids=lambda function: function.__name__)
def test_each_function_that_embeds_takes_every_option(function: Callable[..., Any]) -> None:
    defaults = _native.CallOptions()
    parameters = inspect.signature(function).parameters
    for name in OPTIONS:
        assert parameters[name].default == getattr(defaults, name), name


class _Passed(Exception):
    pass


@pytest.mark.parametrize("function", EMBEDDING, ids=lambda function: function.__name__)
def test_each_function_that_embeds_passes_every_option_on(function: Callable[..., Any],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    seen: dict[str, Any] = {}

    def record(**given: Any) -> None:
        seen.update(given)
        raise _Passed

    monkeypatch.setattr(_service, "call_options", record)
    given = {name: (lambda done, total: None) if name == "progress" else f"the {name}" for name in OPTIONS}
    given["prompt"] = "the prompt: "
    with EmbeddingsService() as service, pytest.raises(_Passed):
        if function is vetor.embed_column:
            function(pandas.DataFrame({"title": ["race"]}), "title", service, **given)
        else:
            function(service, ["race"], **given)
    assert {name: seen[name] for name in OPTIONS} == given


def test_when_full_takes_two_words() -> None:
    with EmbeddingsService() as service:
        assert len(service.embed(["race"], when_full="refuse")) == 1
        with pytest.raises(vetor.InvalidArgument, match='when_full is "never", expected "wait" or "refuse"'):
            service.embed(["race"], when_full="never")  # type: ignore[arg-type]
        assert service.metrics["refused_calls"] == 0


def test_on_long_takes_a_word_or_none() -> None:
    options = _native.CallOptions()
    options.on_long = "window"
    assert options.on_long == "window"
    options.on_long = None
    assert options.on_long is None
    with pytest.raises(vetor.InvalidArgument, match='on_long is "", expected'):
        options.on_long = ""
