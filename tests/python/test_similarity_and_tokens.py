"""Compares search and dedupe with numpy, and tokenize with the golden answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import vetor
from conftest import TINY
from vetor import Tokenizer, dedupe, search, tokenize


def unit(rows: int, dim: int, seed: int) -> "np.typing.NDArray[np.float32]":
    vectors = np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_search_is_exact() -> None:
    queries, corpus = unit(40, 32, 1), unit(500, 32, 2)
    hits = search(queries, corpus, top=5)
    scores = queries @ corpus.T
    np.testing.assert_array_equal(hits.rows, np.argsort(-scores, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(hits.scores, -np.sort(-scores, axis=1)[:, :5], atol=1e-6)


def test_search_over_two_fields_and_blocks() -> None:
    names, places = unit(60, 16, 3), unit(60, 8, 4)
    season = [2020 + i % 3 for i in range(60)]
    hits = search([names, places], [names, places], top=30, queries_same=season, corpus_same=season)
    np.testing.assert_array_equal(hits.rows[:, 0], np.arange(60))
    expected = (names @ names.T + places @ places.T) / 2
    for query in range(60):
        rows = hits.rows[query]
        assert (rows[:20] % 3 == query % 3).all() and (rows[20:] == -1).all() and np.isnan(hits.scores[query, 20:]).all()
        np.testing.assert_allclose(hits.scores[query, :20], expected[query, rows[:20]], atol=1e-6)


def test_dedupe_finds_pairs_and_groups() -> None:
    vectors = unit(100, 24, 5)
    vectors[70], vectors[30] = vectors[10], vectors[10]
    found = dedupe(vectors, 0.99)
    assert found.pairs.tolist() == [[10, 30], [10, 70], [30, 70]] and found.groups == [[10, 30, 70]]
    np.testing.assert_allclose(found.scores, 1, atol=1e-6)
    apart = dedupe(vectors, 0.99, same=["a"] * 50 + ["b"] * 50)
    assert apart.pairs.tolist() == [[10, 30]]
    with pytest.raises(vetor.ResourceExhausted, match="higher threshold"):
        dedupe(vectors, -1.0, max_pairs=10)


@pytest.mark.parametrize("call", [
    lambda: search(unit(2, 4, 0), unit(2, 5, 0)),
    lambda: search(unit(2, 4, 0), unit(2, 4, 0), top=0),
    lambda: search(unit(2, 4, 0), unit(2, 4, 0), queries_same=[1, 2]),
    lambda: dedupe(unit(2, 4, 0), same=[1]),
    lambda: dedupe([unit(2, 4, 0), unit(3, 4, 0)]),
    lambda: dedupe(np.zeros(3, dtype=np.float32)),
    lambda: dedupe(np.zeros((3, 0), dtype=np.float32)),
    lambda: dedupe(unit(2, 4, 0), float("nan")),
    lambda: search(unit(2, 0, 0), unit(2, 0, 0)),
])
def test_shapes_that_do_not_fit(call: object) -> None:
    with pytest.raises(vetor.InvalidArgument):
        call()  # type: ignore[operator]


def test_tokens() -> None:
    tokenizer = Tokenizer(TINY)
    ids = tokenizer.encode(["race in Monaco", ""])
    assert ids[0].dtype == np.int64 and len(ids[1]) == 2
    first, last = ids[1].tolist()
    assert (ids[0][0], ids[0][-1]) == (first, last)
    assert tokenizer.id_to_token(first) == "[CLS]" and tokenizer.token_to_id("[SEP]") == last
    assert tokenizer.token_to_id("no such token") is None and tokenizer.vocabulary_size > 10
    plain = tokenizer.encode(["race in Monaco"], add_special_tokens=False)[0]
    np.testing.assert_array_equal(plain, ids[0][1:-1])
    assert len(tokenizer.encode(["race " * 5000])[0]) == tokenizer.max_length
    assert len(tokenizer.encode(["race " * 5000], max_length=0)[0]) > tokenizer.max_length
    assert len(tokenize(["race " * 9], TINY, max_length=4)[0]) == 4
    assert Tokenizer(TINY / "tokenizer.json").max_length == 0


def test_texts_of_tokens() -> None:
    tokenizer = Tokenizer(TINY)
    ids = tokenizer.encode(["Race in Monaco", ""])
    assert tokenizer.decode(ids)[1] == ""
    kept = tokenizer.decode(ids, skip_special_tokens=False)
    assert kept[1] == "[CLS] [SEP]" and kept[0] == f"[CLS] {tokenizer.decode([ids[0]])[0]} [SEP]"
    for same in (ids[0].tolist(), tuple(ids[0]), ids[0].astype(np.uint16), ids[0].astype(np.int32)[::1], iter(ids[0].tolist())):
        assert tokenizer.decode([same]) == tokenizer.decode(ids[:1])
    assert tokenizer.decode([]) == [] and tokenizer.decode([[]]) == [""]
    for alone in ([2**62], [-1], np.array([2**63], dtype=np.uint64), [2**70]):
        with pytest.raises(vetor.InvalidArgument, match="ids"):
            tokenizer.decode([[0], alone])
    for wrong in ("race", [1, 2], ids[0], [["a"]], [[True]], [np.zeros(2)], [ids[0].reshape(1, -1)], [None]):
        with pytest.raises(TypeError, match="ids"):
            tokenizer.decode(wrong)  # type: ignore[arg-type]


# A folder without a graph had no maximum, whatever its files say.
def test_tokens_of_a_folder_without_a_graph(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json"):
        shutil.copy(TINY / name, tmp_path)
    assert Tokenizer(tmp_path).max_length == Tokenizer(TINY).max_length > 0
    for name in ("tokenizer_config.json", "sentence_bert_config.json"):
        (tmp_path / name).unlink()
    assert Tokenizer(tmp_path).max_length == 0


def test_token_errors(tmp_path: object) -> None:
    with pytest.raises(vetor.NotFound):
        Tokenizer(f"{tmp_path}/tokenizer.json")
    with pytest.raises(vetor.InvalidArgument, match="text 1 is not valid UTF-8"):
        tokenize(["a", "\udfff"], TINY)
    with pytest.raises(TypeError):
        tokenize("race", TINY)
    with pytest.raises(vetor.InvalidArgument, match="max_length"):
        tokenize(["race"], TINY, max_length=-1)
