"""Tests VetorEmbedding as LlamaIndex tests its integrations, and in LlamaIndex's caches."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any

import numpy as np
import pytest
import vetor
from conftest import DIM, TINY
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.embeddings.loading import RECOGNIZED_EMBEDDINGS, load_embed_model
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.schema import TextNode
from llama_index.core.storage.kvstore import SimpleKVStore
from vetor.integrations.llama_index import VetorEmbedding


def opened(keywords: dict[str, Any] | None = None, **settings: Any) -> VetorEmbedding:
    return VetorEmbedding(vetor.EmbeddingsConfig.for_model(TINY, cache_enabled=False, **settings), **(keywords or {}))


def ingest(embedding: VetorEmbedding, cache: IngestionCache) -> list[float]:
    nodes = IngestionPipeline(transformations=[embedding], cache=cache).run(nodes=[TextNode(text="hello world", id_="1")])
    vector: list[float] = nodes[0].embedding
    return vector


def test_the_class_is_an_embedding() -> None:
    assert BaseEmbedding.__name__ in [base.__name__ for base in VetorEmbedding.__mro__]


def test_a_model_is_named_in_every_way() -> None:
    vector = VetorEmbedding(str(TINY)).get_text_embedding("race")
    for embedding in (VetorEmbedding(model=TINY), VetorEmbedding(model_name=str(TINY)), VetorEmbedding(TINY, model_name="mine")):
        assert embedding.get_text_embedding("race") == vector
    assert embedding.model_name == "mine" and VetorEmbedding(model_name=str(TINY)).model_name == "tiny-bert"
    with pytest.raises(TypeError, match="found 0"):
        VetorEmbedding()


# The key was only the model's id, so the second model's nodes got the first one's vectors.
def test_an_ingestion_cache_keeps_vector_spaces_apart() -> None:
    cache = IngestionCache()
    assert (len(ingest(opened(), cache)), len(ingest(opened(dim=4), cache))) == (DIM, 4)
    raw = ingest(opened(normalize=False), cache)
    assert abs(float(np.linalg.norm(raw)) - 1) > 1e-3
    assert opened().to_dict() != opened(dim=4).to_dict()


def test_an_ingestion_cache_answers_for_the_same_space(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = IngestionCache()
    first = ingest(opened(), cache)
    monkeypatch.setattr(VetorEmbedding, "_get_text_embeddings", lambda self, texts: pytest.fail("not from the cache"))
    assert ingest(opened(), cache) == first


# from_dict had no model to open.
@pytest.mark.parametrize("settings", [{}, {"dim": 4, "normalize": False}])
def test_from_dict_opens_the_same_space(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    embedding = opened({"num_workers": 2, "embed_batch_size": 7}, **settings)
    monkeypatch.setitem(RECOGNIZED_EMBEDDINGS, VetorEmbedding.class_name(), VetorEmbedding)
    stored = embedding.to_dict()
    for again in (VetorEmbedding.from_dict(stored), VetorEmbedding.from_dict(json.loads(json.dumps(stored))),
                  VetorEmbedding.from_json(embedding.to_json()), load_embed_model(stored), pickle.loads(pickle.dumps(embedding))):
        assert (again.vector_space, again.num_workers, again.embed_batch_size) == (embedding.vector_space, 2, 7)
        assert again.get_query_embedding("race") == embedding.get_query_embedding("race")
        assert again.to_dict() == stored


def test_from_dict_of_the_default_service_is_hashing() -> None:
    assert VetorEmbedding.from_dict(VetorEmbedding(vetor.EmbeddingsConfig()).to_dict()).model_name == "hashing-256"


# LlamaIndex asks such a store only for the text.
def test_an_embeddings_cache_keeps_models_queries_and_documents_apart() -> None:
    store = SimpleKVStore()
    plain = opened()
    assert plain.get_query_embedding("race") != plain.get_text_embedding("race")
    later = opened(dim=4)
    later.embeddings_cache = store
    for _ in range(2):
        for cached, bare in ((opened({"embeddings_cache": store}), plain), (later, opened(dim=4)),
                             (VetorEmbedding.from_dict(opened({"embeddings_cache": store}).to_dict()), plain)):
            assert cached.get_query_embedding("race") == bare.get_query_embedding("race")
            assert cached.get_text_embedding("race") == bare.get_text_embedding("race")
            assert cached.get_text_embedding_batch(["race", "b"]) == bare.get_text_embedding_batch(["race", "b"])
            assert asyncio.run(cached.aget_query_embedding("race")) == bare.get_query_embedding("race")
            assert asyncio.run(cached.aget_text_embedding_batch(["race"])) == bare.get_text_embedding_batch(["race"])
    assert sorted(len(collection) for collection in store._collections_mappings.values()) == [1, 1, 2, 2]


def test_an_index_finds_the_document(model: str) -> None:
    index = VectorStoreIndex.from_documents([Document(text="race in Monaco"), Document(text="qualifying")],
                                            embed_model=VetorEmbedding(model=model))
    assert len(index.as_retriever(similarity_top_k=1).retrieve("race")) == 1
