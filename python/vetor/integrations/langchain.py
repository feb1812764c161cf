"""LangChain's Embeddings interface over vetor.

    from vetor.integrations.langchain import VetorEmbeddings
    store = InMemoryVectorStore(VetorEmbeddings(model="models/all-MiniLM-L6-v2"))
"""

from __future__ import annotations

from vetor.integrations.opening import Source, chosen, list_of_texts, missing, namespace_of, one_text, open_service

try:
    from langchain_core.embeddings import Embeddings
except ImportError as error:
    raise missing("langchain", "langchain-core", error) from error


class VetorEmbeddings(Embeddings):
    """Vectors for LangChain. Thread-safe; its asynchronous methods run in LangChain's executor, without the GIL.

    source: a model's path, an EmbeddingsConfig, or a service that is open already. model: the same, by LangChain's name.
    Raises TypeError unless one of them is given; other errors: as EmbeddingsService.
    """

    def __init__(self, source: Source | None = None, *, model: Source | None = None) -> None:
        self.service = open_service(chosen(source, model))
        """The service; close it when no vectors are needed any more."""
        self.model = self.service.model_id
        """The model's id."""

    @property
    def namespace(self) -> str:
        """Model id and fingerprint, to be the `namespace` of a CacheBackedEmbeddings: vectors of another model, or of other
        settings that shape a vector, never answer for these. Queries may have another prompt than documents: give them a
        store of their own."""
        return namespace_of(self.service)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One list of `dim` floats per text, with the model's prompt for documents. Errors: as EmbeddingsService.embed."""
        vectors: list[list[float]] = self.service.encode_document(list_of_texts("texts", texts)).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """`dim` floats, with the model's prompt for queries. Errors: as EmbeddingsService.embed."""
        vector: list[float] = self.service.encode_query(one_text("text", text)).tolist()
        return vector
