"""The error for an argument of a wrong type is in the package's own words, never in those of its extension."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService, Tokenizer

TEXTS = ["race in Monaco"]
VECTORS = np.eye(3, 4, dtype=np.float32)
WRONG: list[Any] = [object(), 3, -1, 2**80, 1.5, float("nan"), True, "x", "\ud83d", b"x", [object()], {"a": 1}, np.zeros(2)]
# sentence-transformers only asks whether these are true.
LENIENT = {"show_progress_bar", "convert_to_numpy", "convert_to_tensor"}
NOT_OURS = ("incompatible function arguments", "nanobind", "_native", "bad cast", "Invoked with")


def calls(service: EmbeddingsService, folder: Path) -> "dict[str, tuple[Callable[..., Any], dict[str, Any]]]":
    frame = {"texts": TEXTS}
    tokenizer = Tokenizer(TINY)
    return {
        "embed": (service.embed, frame), "embed_texts": (service.embed_texts, frame),
        "encode": (service.encode, {"sentences": TEXTS}), "encode_query": (service.encode_query, {"sentences": TEXTS}),
        "encode_document": (service.encode_document, {"sentences": TEXTS}),
        "tokenize": (vetor.tokenize, {"texts": TEXTS, "model": TINY}), "Tokenizer": (Tokenizer, {"path": TINY}),
        "Tokenizer.encode": (tokenizer.encode, frame), "Tokenizer.decode": (tokenizer.decode, {"ids": [[1]]}),
        "token_to_id": (tokenizer.token_to_id, {"token": "race"}),
        "id_to_token": (tokenizer.id_to_token, {"id": 1}),
        "search": (vetor.search, {"queries": VECTORS, "corpus": VECTORS}), "dedupe": (vetor.dedupe, {"vectors": VECTORS}),
        "EmbeddingsService": (EmbeddingsService, {}), "from_file": (EmbeddingsConfig.from_file, {"path": folder}),
        "from_dict": (EmbeddingsConfig.from_dict, {"document": {}}),
        "embed_column": (vetor.embed_column, {"data": VECTORS, "column": "text", "service": service}),
        "export_model": (vetor.export_model, {"source": folder / "no", "output": folder / "out"}),
        "pull_model": (vetor.pull_model, {"id": "no model"}),
        "run_benchmark": (vetor.run_benchmark, {"config": EmbeddingsConfig(enabled=False), "workloads": "none"}),
    }


def refusal(call: Callable[..., Any], keywords: "dict[str, Any]") -> "Exception | None":
    try:
        call(**keywords)
    except Exception as error:  # noqa: BLE001
        return error
    return None


@pytest.mark.parametrize("name", ["embed", "embed_texts", "encode", "encode_query", "encode_document", "tokenize", "Tokenizer",
                                  "Tokenizer.encode", "Tokenizer.decode", "token_to_id", "id_to_token", "search", "dedupe",
                                  "EmbeddingsService", "from_file", "from_dict", "embed_column", "export_model", "pull_model",
                                  "run_benchmark"])
def test_no_keyword_shows_the_extension(tiny: EmbeddingsService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        name: str) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    call, given = calls(tiny, tmp_path)[name]
    for keyword in inspect.signature(call).parameters:
        for value in WRONG:
            error = refusal(call, {**given, keyword: value})
            if error is not None:
                assert not [word for word in NOT_OURS if word in str(error)], (keyword, value, error)
                assert isinstance(error, (TypeError, ValueError, vetor.VetorError, ImportError)), (keyword, value, error)
        if keyword not in LENIENT:
            assert isinstance(refusal(call, {**given, keyword: WRONG[0]}), (TypeError, vetor.VetorError)), keyword


def test_every_setting_of_another_type_is_named() -> None:
    for setting in dataclasses.fields(EmbeddingsConfig):
        for value in (object(), [object()], b"x"):
            error = refusal(EmbeddingsService, {"config": EmbeddingsConfig(**{setting.name: value})})
            assert isinstance(error, vetor.InvalidArgument) and f"EmbeddingsConfig.{setting.name}" in str(error), error
            assert not [word for word in NOT_OURS if word in str(error)]


@pytest.mark.parametrize(("keyword", "value", "said"), [
    ("prompt", 3, "prompt is int; expected str or None"), ("prompt_name", b"query", "prompt_name is bytes; expected str or None"),
    ("on_long", 1, "on_long is int; expected str or None"), ("timeout", "x", "timeout is str; expected seconds"),
    ("timeout", True, "timeout is bool; expected seconds"), ("use_cache", 0, "use_cache is int; expected bool"),
    ("replace_invalid_utf8", "yes", "replace_invalid_utf8 is str; expected bool"),
    ("progress", 3, r"progress is int; expected a function of \(done, total\) or None")])
def test_a_keyword_of_another_type_is_named(tiny: EmbeddingsService, keyword: str, value: object, said: str) -> None:
    for call in (tiny.embed, tiny.embed_texts, tiny.encode, tiny.encode_query, tiny.encode_document):
        with pytest.raises(TypeError, match="^" + said):
            call(TEXTS, **{keyword: value})  # type: ignore[arg-type]


# The third argument was passed on without a check.
def test_a_number_in_third_place_says_the_order(tiny: EmbeddingsService) -> None:
    for call in (tiny.encode, tiny.encode_query, tiny.encode_document):
        with pytest.raises(TypeError, match="^prompt is int; expected str or None.*batch_size is a keyword"):
            call(TEXTS, None, 32)  # type: ignore[call-overload]


def test_numbers_of_numpy_are_numbers(tiny: EmbeddingsService) -> None:
    plain = tiny.encode(TEXTS)
    np.testing.assert_array_equal(tiny.encode(TEXTS, timeout=np.float32(60), use_cache=np.bool_(False)), plain)  # type: ignore[call-overload]
    np.testing.assert_array_equal(tiny.encode(TEXTS, timeout=10**400), plain)
    assert vetor.search(VECTORS, VECTORS, np.int64(2)).rows.shape == (3, 2)  # type: ignore[arg-type]
    assert len(vetor.tokenize(TEXTS, TINY, max_length=np.int64(3))[0]) == 3  # type: ignore[arg-type]


def test_a_model_in_place_of_settings_says_how(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"config is str; expected EmbeddingsConfig.*for_model\(folder\)"):
        EmbeddingsService(str(TINY))  # type: ignore[arg-type]


def test_a_lone_surrogate_is_named_with_its_remedy(hashing: EmbeddingsService) -> None:
    for call in (hashing.embed, hashing.encode):
        with pytest.raises(vetor.InvalidArgument, match=r"text 1 .* character 3 is \\ud83d, a lone surrogate.*"
                                                        "replace_invalid_utf8=True"):
            call(["fine", "São\ud83d"])
    with pytest.raises(vetor.InvalidArgument, match=r"text 1 .* \\ud83d, a lone surrogate.*surrogatepass"):
        vetor.tokenize(["fine", "São\ud83d"], TINY)
    mended = "São\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert mended == "São\ufffd" and vetor.tokenize([mended], TINY)
    with pytest.raises(vetor.InvalidArgument, match="prompt has a lone surrogate"):
        hashing.encode(["fine"], prompt="\ud83d")


def test_a_lone_surrogate_in_a_setting_is_named(tmp_path: Path) -> None:
    for name in ("cache_dir", "cache_namespace", "onnx_model_path", "onnx_prompt_name"):
        with pytest.raises(vetor.InvalidArgument, match=rf"EmbeddingsConfig\.{name} = .*\\ud800.* lone surrogate"):
            EmbeddingsService(EmbeddingsConfig(**{name: "\ud800"}))  # type: ignore[arg-type]
    with pytest.raises(vetor.InvalidArgument, match="cache_namespace.* lone surrogate"):
        EmbeddingsService(EmbeddingsConfig(cache_namespace="\udcff"))


def test_a_path_that_is_not_utf8_works(tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    with EmbeddingsService(EmbeddingsConfig(cache_dir=folder)) as service:
        assert service.embed(["race"]).rows
    assert os.path.isdir(os.fsencode(tmp_path) + b"/\xff")
