"""LlamaIndex's BaseEmbedding over vetor.

    from vetor.integrations.llama_index import VetorEmbedding
    index = VectorStoreIndex.from_documents(documents, embed_model=VetorEmbedding("models/all-MiniLM-L6-v2"))
"""

from __future__ import annotations

import asyncio
from typing import Any

from vetor import EmbeddingsService
from vetor.integrations.opening import Source, missing, open_service

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import PrivateAttr
except ImportError as error:
    raise missing("llama_index", "llama-index-core", error) from error


class VetorEmbedding(BaseEmbedding):
    """Vectors for LlamaIndex. Thread-safe; its asynchronous methods run in a thread, without the GIL.

    source: a model's path, an EmbeddingsConfig, or a service that is open already. Keywords: BaseEmbedding's own.
    `embed_batch_size` is 512 texts unless given, since a call of vetor makes its own batches.
    """

    _service: EmbeddingsService = PrivateAttr()

    def __init__(self, source: Source, **keywords: Any) -> None:
        service = open_service(source)
        super().__init__(**{"model_name": service.model_id, "embed_batch_size": 512, **keywords})
        self._service = service

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex stores it."""
        return "VetorEmbedding"

    @property
    def service(self) -> EmbeddingsService:
        """The service; close it when no vectors are needed any more."""
        return self._service

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._service.encode_query(query).tolist()
        return vector

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = self._service.encode_document(text).tolist()
        return vector

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._service.encode_document(texts).tolist()
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)
