"""Tests the Haystack components as Haystack tests its own embedders: construction, storing, running, wrong input."""

from __future__ import annotations

import json
from typing import Any

import pytest
import vetor
from conftest import DIM, TINY
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.core.serialization import component_from_dict, component_to_dict
from haystack.document_stores.in_memory import InMemoryDocumentStore
from vetor.integrations.haystack import VetorDocumentEmbedder, VetorTextEmbedder

SETTINGS = vetor.EmbeddingsConfig.for_model(TINY, dim=8, cache_enabled=False)


@pytest.mark.parametrize("kind", [VetorTextEmbedder, VetorDocumentEmbedder])
@pytest.mark.parametrize("given", [{"model": str(TINY)}, {"source": SETTINGS}, {"model": SETTINGS}])
def test_a_stored_component_is_the_same(kind: type, given: dict[str, Any]) -> None:
    component = kind(**given)
    stored = json.loads(json.dumps(component_to_dict(component, "embedder")))
    again = component_from_dict(kind, stored, "embedder")
    assert again.service.fingerprint == component.service.fingerprint
    assert component_to_dict(again, "embedder") == stored


@pytest.mark.parametrize("kind", [VetorTextEmbedder, VetorDocumentEmbedder])
def test_a_model_is_named_once(kind: type) -> None:
    for given in ({}, {"source": str(TINY), "model": str(TINY)}):
        with pytest.raises(TypeError, match="expected one model"):
            kind(**given)


def test_wrong_input_is_refused(model: str) -> None:
    text, documents = VetorTextEmbedder(model=model), VetorDocumentEmbedder(model=model)
    for wrong in ([1, 2, 3], ["race"], None):
        with pytest.raises(TypeError, match="expects a string"):
            text.run(wrong)
    for wrong in ("race", [1, 2, 3], ["race"]):
        with pytest.raises(TypeError, match="expects a list of Documents"):
            documents.run(wrong)
    assert documents.run([])["documents"] == []


def test_a_pipeline_finds_the_document(model: str) -> None:
    store = InMemoryDocumentStore()
    written = VetorDocumentEmbedder(model=model).run([Document(content="race in Monaco"), Document(content="qualifying")])
    assert all(len(document.embedding) == DIM for document in written["documents"])
    store.write_documents(written["documents"])
    pipeline = Pipeline()
    pipeline.add_component("query", VetorTextEmbedder(model=model))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=1))
    pipeline.connect("query.embedding", "retriever.query_embedding")
    assert len(pipeline.run({"query": {"text": "race"}})["retriever"]["documents"]) == 1
