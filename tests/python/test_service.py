"""Tests EmbeddingsService: forms of input and output, options, metrics, and its end."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService

TEXTS = ["race in Monaco", "qualifying", "", "race in Monaco"]


def test_vectors_keep_the_order_and_have_unit_length(tiny: EmbeddingsService) -> None:
    vectors = tiny.encode(TEXTS)
    assert vectors.shape == (4, tiny.dim) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[3])
    for text, vector in zip(TEXTS, vectors):
        np.testing.assert_array_equal(tiny.encode(text), vector)


def test_vectors_are_the_pooled_answers_of_transformers(runtime: str) -> None:
    cases = json.loads((TINY / "expected.json").read_text(encoding="utf-8"))
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_enabled=False)) as service:
        assert (service.active_backend, service.active_provider) == ("onnx", "CPUExecutionProvider")
        assert service.model_id == "tiny-bert" and service.fallback_reason == ""
        assert service.metrics["runtime"] == service.active_runtime
        assert service.metrics["runtime_reason"] == service.runtime_reason
        for case, vector in zip(cases, service.encode([case["text"] for case in cases])):
            mean = np.array(case["last_hidden_state"]).reshape(len(case["ids"]), -1).mean(axis=0)
            np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_embed_tells_tokens_truncation_and_cache(tiny: EmbeddingsService) -> None:
    long = "race " * 1000
    first = tiny.embed(["race", long])
    assert first.truncated.tolist() == [False, True]
    assert first.tokens[0] == 3 and first.tokens[1] == tiny.max_length
    assert first.cached.tolist() == [False, False] and first.cached_rows == 0
    again = tiny.embed(["race", "new"])
    assert again.cached.tolist() == [True, False] and again.cached_rows == 1
    assert again.model_id == tiny.model_id and len(again) == 2
    assert tiny.embed(["race"], use_cache=False).cached_rows == 0


def test_arrays_outlive_their_embeddings_and_are_not_copies(tiny: EmbeddingsService) -> None:
    embeddings = tiny.embed(["race", "qualifying"])
    vectors, rows = embeddings.vectors, embeddings.rows()
    assert np.shares_memory(vectors, embeddings.vectors) and np.shares_memory(vectors, rows[1])
    before = vectors.copy()
    del embeddings
    tiny.embed(["another"] * 100)
    np.testing.assert_array_equal(vectors, before)
    np.testing.assert_array_equal(rows[1], before[1])


def test_embed_texts_gives_a_list_of_vectors(tiny: EmbeddingsService) -> None:
    vectors = tiny.embed_texts(TEXTS)
    assert isinstance(vectors, list) and [v.shape for v in vectors] == [(tiny.dim,)] * 4
    np.testing.assert_array_equal(np.stack(vectors), tiny.encode(TEXTS))
    assert tiny.embed_texts([]) == [] and tiny.encode([]).shape == (0, tiny.dim)


@pytest.mark.parametrize("texts", ["text", b"text", None, 7, {"a": 1}, ["a", None], ["a", 3], [b"a"]])
def test_texts_that_are_no_list_of_str_are_a_type_error(hashing: EmbeddingsService, texts: object) -> None:
    with pytest.raises(TypeError, match="expected"):
        hashing.embed(texts)  # type: ignore[arg-type]


def test_a_lone_surrogate_is_refused_or_replaced(hashing: EmbeddingsService) -> None:
    with pytest.raises(vetor.InvalidArgument, match="text 1 is not valid UTF-8 at byte 1"):
        hashing.embed(["fine", "a\ud800"])
    replaced = hashing.embed(["a\ud800 b"], replace_invalid_utf8=True).vectors
    np.testing.assert_array_equal(replaced, hashing.encode(["a\ufffd\ufffd\ufffd b"]))


# The error was a TypeError about the list.
@pytest.mark.parametrize("error", [KeyError("theirs"), TypeError("theirs"), StopAsyncIteration("theirs"), KeyboardInterrupt()])
def test_what_a_generator_raises_comes_through(hashing: EmbeddingsService, error: BaseException) -> None:
    def texts() -> "Iterator[str]":
        yield "a"
        raise error

    for call in (hashing.embed, hashing.encode, hashing.embed_texts, vetor.Tokenizer(TINY).encode):
        with pytest.raises(type(error)) as raised:
            call(texts())  # type: ignore[arg-type]
        assert raised.value is error
    assert len(hashing.embed(text for text in ("a", "b"))) == 2  # type: ignore[arg-type]


# It was refused, although the call asks for U+FFFD.
def test_a_lone_surrogate_in_a_prompt_is_replaced(hashing: EmbeddingsService, tiny: EmbeddingsService) -> None:
    for service in (hashing, tiny):
        np.testing.assert_array_equal(service.encode("race", prompt="q\ud800 ", replace_invalid_utf8=True),
                                      service.encode("race", prompt="q\ufffd\ufffd\ufffd "))
    with pytest.raises(vetor.InvalidArgument, match="prompt has a lone surrogate"):
        tiny.encode("race", prompt="q\ud800 ")


# Service and tokenizer both said 2147483647.
def test_a_static_model_has_no_maximum(tmp_path: Path) -> None:
    shutil.copy(TINY.parent / "valid" / "joined_rows.onnx", tmp_path / "model.onnx")
    document = json.loads((TINY / "tokenizer.json").read_text(encoding="utf-8"))
    for truncation, length in ((None, 0), (document["truncation"], document["truncation"]["max_length"])):
        document["truncation"] = truncation
        (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
        with EmbeddingsService(EmbeddingsConfig.for_model(tmp_path, cache_enabled=False)) as service:
            assert service.max_length == vetor.Tokenizer(tmp_path).max_length == length
            assert service.embed(["race " * 600]).tokens[0] == (length or 600)
    assert len(vetor.tokenize(["race " * 600], tmp_path)[0]) == length


def test_prompts(tiny: EmbeddingsService) -> None:
    assert tiny.prompts == {"query": "query: "} or "query" in tiny.prompts
    prompt = tiny.prompts["query"]
    plain = tiny.encode(prompt + "race", prompt="")
    np.testing.assert_array_equal(tiny.encode("race", prompt_name="query"), plain)
    np.testing.assert_array_equal(tiny.encode("race", prompt=prompt), plain)
    np.testing.assert_array_equal(tiny.encode_query("race"), plain)
    assert not np.array_equal(tiny.encode("race", prompt=""), plain)
    with pytest.raises(vetor.InvalidArgument, match='"qeury" is not a prompt of tiny-bert'):
        tiny.encode("race", prompt_name="qeury")


def test_encode_knows_sentence_transformers_keywords(tiny: EmbeddingsService, runtime: str) -> None:
    vectors = tiny.encode(TEXTS, batch_size=8, normalize_embeddings=True, show_progress_bar=False)
    rows = tiny.encode(TEXTS, batch_size=1, convert_to_numpy=False)
    assert isinstance(rows, list)
    np.testing.assert_array_equal(np.stack(rows), vectors)
    # The model has a Normalize: sentence-transformers gives scaled vectors here.
    np.testing.assert_array_equal(tiny.encode(TEXTS, normalize_embeddings=False), vectors)
    with pytest.raises(vetor.InvalidArgument, match="batch_size is 0"):
        tiny.encode(TEXTS, batch_size=0)
    assert tiny.normalized and EmbeddingsConfig().normalize is None
    config = EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, normalize=False, cache_enabled=False)
    with EmbeddingsService(config) as raw:
        assert not raw.normalized
        assert abs(float(np.linalg.norm(raw.encode("race"))) - 1) > 1e-3
        np.testing.assert_allclose(raw.encode(TEXTS, normalize_embeddings=True), vectors, atol=1e-6)


def test_a_timeout_that_has_passed(tiny: EmbeddingsService) -> None:
    with pytest.raises(vetor.DeadlineExceeded) as caught:
        tiny.embed([f"race {i}" for i in range(500)], timeout=0.0)
    assert isinstance(caught.value, TimeoutError) and caught.value.code == "DEADLINE_EXCEEDED"
    assert len(tiny.embed(["race"], timeout=float("inf"))) == 1
    with pytest.raises(vetor.InvalidArgument, match="NaN"):
        tiny.embed(["race"], timeout=float("nan"))


def test_progress_ends_at_the_total_and_its_error_ends_the_call(tiny: EmbeddingsService) -> None:
    seen: list[tuple[int, int]] = []
    texts = [f"race {i}" for i in range(300)]
    tiny.embed(texts, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (300, 300) and seen == sorted(seen)

    def fail(done: int, total: int) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        tiny.embed(texts, progress=fail)
    assert len(tiny.embed(texts)) == 300


def test_show_progress_draws_a_bar(tiny: EmbeddingsService, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.encode([f"race {i}" for i in range(64)], show_progress_bar=True)
    assert "64/64" in capsys.readouterr().err


def test_show_progress_without_tqdm(tiny: EmbeddingsService, capsys: pytest.CaptureFixture[str],
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    seen: list[int] = []
    tiny.embed(["race"] * 1200, show_progress=True, progress=lambda done, total: seen.append(done))
    assert "1,200 of 1,200 texts" in capsys.readouterr().err and seen[-1] == 1200


def test_metrics_are_plain_values_with_the_document_s_names(tiny: EmbeddingsService) -> None:
    tiny.embed(["a", "b"])
    tiny.embed(["a", "b"])
    metrics = tiny.metrics
    assert (metrics["cache_hits"], metrics["cache_misses"], metrics["calls"]) == (2, 2, 2)
    assert len(metrics["batch_latencies_ms"]) >= 2 and all(ms > 0 for ms in metrics["batch_latencies_ms"])
    assert metrics["model_id"] == "tiny-bert" and metrics["fallback"] is False
    json.dumps(metrics)


def test_close(tmp_path: Path) -> None:
    with EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path)) as service:
        vector = service.encode("race")
        assert "hashing-256" in repr(service) and not service.closed
    assert service.closed and "closed" in repr(service)
    service.close()
    for call in (lambda: service.encode("race"), lambda: service.metrics, lambda: service.dim):
        with pytest.raises(vetor.FailedPrecondition, match="closed"):
            call()
    # The texts that it computed were written.
    with EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path)) as later:
        np.testing.assert_array_equal(later.encode("race"), vector)
        assert later.metrics["cache_disk_hits"] == 1
        assert [(tier["name"], tier["hits"]) for tier in later.metrics["cache_tiers"]] == [("memory", 0), ("disk", 1)]


@pytest.mark.parametrize(("cache_dir", "pickled"), [(None, None), ("", ""), ("a/b", os.path.abspath("a/b"))])
def test_an_unset_cache_folder_stays_unset_in_pickles(cache_dir: str | None, pickled: str | None) -> None:
    with EmbeddingsService(EmbeddingsConfig(cache_dir=cache_dir, cache_enabled=False)) as service:
        assert service.__reduce__()[1][0].cache_dir == pickled


def test_without_a_folder_the_cache_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.chdir(tmp_path)
    for cached in (0, 1):
        with EmbeddingsService(EmbeddingsConfig()) as service:
            assert service.embed(["Interlagos"]).cached_rows == cached
    folder = tmp_path / "caches" / "vetor"
    assert (folder / "vectors-2.db").is_file() and folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["caches"]
    with EmbeddingsService(EmbeddingsConfig(cache_dir="")) as service:
        assert service.embed(["Interlagos"]).cached_rows == 0


def test_a_service_pickles_as_its_settings(tiny: EmbeddingsService) -> None:
    copy = pickle.loads(pickle.dumps(tiny))
    np.testing.assert_array_equal(copy.encode("race"), tiny.encode("race"))
    copy.close()
