"""LlamaIndex's BaseEmbedding over vetor.

    from vetor.integrations.llama_index import VetorEmbedding
    index = VectorStoreIndex.from_documents(documents, embed_model=VetorEmbedding(model="models/all-MiniLM-L6-v2"))
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from vetor import EmbeddingsConfig, EmbeddingsService
from vetor.integrations.opening import Source, chosen, list_of_texts, missing, namespace_of, one_text, open_service, settings_of

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import Field, PrivateAttr
    from llama_index.core.storage.kvstore.types import DEFAULT_COLLECTION, BaseKVStore
except ImportError as error:
    raise missing("llama_index", "llama-index-core", error) from error

_of_query = contextvars.ContextVar("vetor_of_query", default=False)


@contextlib.contextmanager
def _query() -> Iterator[None]:
    token = _of_query.set(True)
    try:
        yield
    finally:
        _of_query.reset(token)


class _OwnCollections(BaseKVStore):
    """Wraps a store so that one vector space sees only its own collections. LlamaIndex asks an embeddings_cache for the text
    alone: without this class it would get another model's vector, or the vector that the text has as a query."""

    def __init__(self, store: BaseKVStore, namespace: str) -> None:
        self.store: BaseKVStore = store.store if isinstance(store, _OwnCollections) else store
        self._namespace = namespace

    def _own(self, collection: str) -> str:
        return f"{collection}-{self._namespace}" + ("-query" if _of_query.get() else "")

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        self.store.put(key, val, collection=self._own(collection))

    async def aput(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        await self.store.aput(key, val, collection=self._own(collection))

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        return self.store.get(key, collection=self._own(collection))

    async def aget(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        return await self.store.aget(key, collection=self._own(collection))

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        return self.store.get_all(collection=self._own(collection))

    async def aget_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        return await self.store.aget_all(collection=self._own(collection))

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        return self.store.delete(key, collection=self._own(collection))

    async def adelete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        return await self.store.adelete(key, collection=self._own(collection))


class VetorEmbedding(BaseEmbedding):
    """Vectors for LlamaIndex. Thread-safe; its asynchronous methods run in a thread, without the GIL.

    source: a model's path, an EmbeddingsConfig (or its settings), or a service that is open already. model, or model_name
    alone: the same, by the names that frameworks have for it. Keywords: BaseEmbedding's own; `model_name` is the model's id
    unless given, and `embed_batch_size` 512 texts, since a call of vetor makes its own batches. `to_dict` and `from_dict` keep
    the settings, not the service. Vectors in an IngestionCache or an `embeddings_cache` answer for the same vector space alone.
    Raises TypeError unless one model is given; other errors: as EmbeddingsService.
    """

    source: dict[str, Any] = Field(default_factory=dict, description="The settings that are not the defaults.")
    vector_space: str = Field(default="", description="Model id and fingerprint: what caches are to be keyed by.")
    _service: EmbeddingsService = PrivateAttr()

    def __init__(self, source: Source | dict[str, Any] | None = None, *, model: Source | None = None, **keywords: Any) -> None:
        config = EmbeddingsConfig(**source) if isinstance(source, dict) else source
        if config is None and model is None:
            model = keywords.pop("model_name", None)
        service = open_service(chosen(config, model))
        namespace = namespace_of(service)
        if isinstance(keywords.get("embeddings_cache"), BaseKVStore):
            keywords["embeddings_cache"] = _OwnCollections(keywords["embeddings_cache"], namespace)
        super().__init__(**{"model_name": service.model_id, "embed_batch_size": 512, **keywords,
                            "source": settings_of(service.config), "vector_space": namespace})
        self._service = service

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "embeddings_cache" and isinstance(value, BaseKVStore):
            value = _OwnCollections(value, self.vector_space)
        super().__setattr__(name, value)

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex stores it."""
        return "VetorEmbedding"

    @property
    def service(self) -> EmbeddingsService:
        """The service; close it when no vectors are needed any more."""
        return self._service

    def get_query_embedding(self, query: str) -> list[float]:
        """As BaseEmbedding's; a document of the same text has another place in `embeddings_cache`."""
        with _query():
            vector: list[float] = super().get_query_embedding(query)
        return vector

    async def aget_query_embedding(self, query: str) -> list[float]:
        """As BaseEmbedding's; a document of the same text has another place in `embeddings_cache`."""
        with _query():
            vector: list[float] = await super().aget_query_embedding(query)
        return vector

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._service.encode_query(one_text("query", query)).tolist()
        return vector

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self._service.encode_document(one_text("text", text)).tolist()
        return vector

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._service.encode_document(list_of_texts("texts", texts)).tolist()
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)
