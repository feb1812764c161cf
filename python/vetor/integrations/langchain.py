"""LangChain's Embeddings interface over vetor.

    from vetor.integrations.langchain import VetorEmbeddings
    store = InMemoryVectorStore(VetorEmbeddings("models/all-MiniLM-L6-v2"))
"""

from __future__ import annotations

from vetor.integrations.opening import Source, missing, open_service

try:
    from langchain_core.embeddings import Embeddings
except ImportError as error:
    raise missing("langchain", "langchain-core", error) from error


class VetorEmbeddings(Embeddings):
    """Vectors for LangChain. Thread-safe; its asynchronous methods run in LangChain's executor, without the GIL.

    source: a model's path, an EmbeddingsConfig, or a service that is open already.
    """

    def __init__(self, source: Source) -> None:
        self.service = open_service(source)
        """The service; close it when no vectors are needed any more."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One list of `dim` floats a text, with the model's prompt for documents. Errors: as EmbeddingsService.embed."""
        vectors: list[list[float]] = self.service.encode_document(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """`dim` floats, with the model's prompt for queries. Errors: as EmbeddingsService.embed."""
        vector: list[float] = self.service.encode_query(text).tolist()
        return vector
