"""Runs LangChain's standard tests (langchain-tests) over VetorEmbeddings, and tests its cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import vetor
from conftest import TINY
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import LocalFileStore
from langchain_core.stores import InMemoryByteStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests
from vetor.integrations.langchain import VetorEmbeddings


class _OfVetor:
    @property
    def embeddings_class(self) -> type[VetorEmbeddings]:
        return VetorEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": str(TINY)}


class TestUnit(_OfVetor, EmbeddingsUnitTests):
    """As langchain-tests has them."""


class TestIntegration(_OfVetor, EmbeddingsIntegrationTests):
    """As langchain-tests has them."""


def cut(**settings: Any) -> VetorEmbeddings:
    return VetorEmbeddings(vetor.EmbeddingsConfig.for_model(TINY, cache_enabled=False, **settings))


def test_a_model_is_named_once() -> None:
    assert VetorEmbeddings(str(TINY)).embed_query("race") == VetorEmbeddings(model=TINY).embed_query("race")
    with pytest.raises(TypeError, match="found 0"):
        VetorEmbeddings()
    with pytest.raises(TypeError, match="found 2"):
        VetorEmbeddings(str(TINY), model=str(TINY))


# With the model's id as namespace, a request for 4 components got vectors of 32.
def test_a_store_that_models_share_keeps_them_apart(tmp_path: Any) -> None:
    for store in (InMemoryByteStore(), LocalFileStore(tmp_path)):
        for dim in (32, 4, 32):
            embeddings = cut(dim=dim)
            cached = CacheBackedEmbeddings.from_bytes_store(embeddings, store, namespace=embeddings.namespace,
                                                            key_encoder="sha256")
            vectors = cached.embed_documents(["race", "qualifying"])
            assert [len(vector) for vector in vectors] == [dim, dim]
            np.testing.assert_allclose(vectors, embeddings.embed_documents(["race", "qualifying"]), atol=1e-6)


def test_what_shapes_a_vector_is_in_the_namespace_and_nothing_else() -> None:
    plain = cut().namespace
    assert plain.startswith("tiny-bert-") and len(plain) == len("tiny-bert-") + 64
    shaping = [{"dim": 4}, {"normalize": False}, {"onnx_pooling": "cls"}, {"onnx_max_length": 16}, {"onnx_on_long": "window"},
               {"onnx_prompt_name": "query"}]
    names = {cut(**settings).namespace for settings in shaping}
    assert len(names) == len(shaping) and plain not in names
    assert {cut(**settings).namespace for settings in ({}, {"threads": 1}, {"batch_size": 1})} == {plain}
