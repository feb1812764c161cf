"""Options of a call: Python takes every one that the C++ struct has, in each function that embeds."""

from __future__ import annotations

import inspect
import re

import pytest
import vetor
from conftest import ROOT
from vetor import EmbeddingsService, _native

# What Python says in another form: seconds, and Ctrl-C.
PYTHON_NAMES = {"deadline": "timeout", "stop": None}


def declared_options() -> set[str]:
    header = (ROOT / "include" / "vetor" / "embeddings_service.h").read_text(encoding="utf-8")
    struct = header.split("struct EmbedOptions {", 1)[1].split("\n};", 1)[0]
    names = set(re.findall(r"^  [a-z][^;=\n/]* (\w+)(?: = [^;]+)?;", struct, re.MULTILINE | re.IGNORECASE))
    return {PYTHON_NAMES.get(name, name) for name in names} - {None}


def test_every_function_that_embeds_takes_every_option() -> None:
    options = declared_options()
    assert {"prompt_name", "on_long", "when_full", "timeout", "progress"} <= options
    native = {name for name in dir(_native.CallOptions) if not name.startswith("_")}
    assert native == options
    for function in (EmbeddingsService.embed, EmbeddingsService.embed_texts, EmbeddingsService.encode,
                     EmbeddingsService.encode_query, EmbeddingsService.encode_document, vetor.embed_column):
        assert options <= set(inspect.signature(function).parameters), function


def test_when_full_takes_two_words() -> None:
    with EmbeddingsService() as service:
        assert len(service.embed(["race"], when_full="refuse")) == 1
        with pytest.raises(vetor.InvalidArgument, match='when_full is "never", expected "wait" or "refuse"'):
            service.embed(["race"], when_full="never")  # type: ignore[arg-type]
        assert service.metrics["refused_calls"] == 0
