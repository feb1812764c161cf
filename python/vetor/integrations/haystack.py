"""Haystack components over vetor.

    from vetor.integrations.haystack import VetorDocumentEmbedder, VetorTextEmbedder
    documents = VetorDocumentEmbedder("models/all-MiniLM-L6-v2").run(documents)["documents"]
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from vetor import EmbeddingsConfig, EmbeddingsService
from vetor.integrations.opening import Source, chosen, missing, open_service, settings_of

try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ImportError as error:
    raise missing("haystack", "haystack-ai", error) from error


class _Embedder:
    """The common part of both components: a source, which is opened at first use (Haystack's warm_up)."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._service: EmbeddingsService | None = source if isinstance(source, EmbeddingsService) else None

    def warm_up(self) -> None:
        """Opens the service."""
        if self._service is None:
            self._service = open_service(self._source)

    @property
    def service(self) -> EmbeddingsService:
        """The service, opened if it was not; close it when no vectors are needed any more."""
        self.warm_up()
        assert self._service is not None
        return self._service

    def _init_parameters(self) -> dict[str, Any]:
        source = self._source.config if isinstance(self._source, EmbeddingsService) else self._source
        if isinstance(source, EmbeddingsConfig):
            return {"source": settings_of(source)}
        return {"source": os.fspath(source)}


def _settings(source: Source | dict[str, Any] | None, model: Source | None) -> Source:
    # A saved pipeline holds an EmbeddingsConfig as a dict of its settings.
    return chosen(EmbeddingsConfig(**source) if isinstance(source, dict) else source, model)


@component
class VetorTextEmbedder(_Embedder):
    """A query's vector, with the model's prompt for queries.

    source: a model's path, an EmbeddingsConfig (or its settings), or a service that is open already. model: the same, by
    Haystack's name.
    """

    def __init__(self, source: Source | dict[str, Any] | None = None, *, model: Source | None = None) -> None:
        _Embedder.__init__(self, _settings(source, model))  # Haystack makes another class of this one, so super() fails.

    def to_dict(self) -> dict[str, Any]:
        """As Haystack stores a pipeline."""
        return default_to_dict(self, **self._init_parameters())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> VetorTextEmbedder:
        """The component that `to_dict` stored."""
        stored: VetorTextEmbedder = default_from_dict(cls, data)
        return stored

    @component.output_types(embedding=list[float], meta=dict[str, Any])
    def run(self, text: str) -> dict[str, Any]:
        """{"embedding": `dim` floats, "meta": {"model": ...}}. Errors: as EmbeddingsService.embed."""
        if not isinstance(text, str):
            raise TypeError(f"VetorTextEmbedder expects a string as input, found {type(text).__name__}; for documents there is "
                            "VetorDocumentEmbedder")
        return {"embedding": self.service.encode_query(text).tolist(), "meta": {"model": self.service.model_id}}


@component
class VetorDocumentEmbedder(_Embedder):
    """Documents with their vectors, with the model's prompt for documents.

    source, model: as VetorTextEmbedder. meta_fields_to_embed: meta fields put before the content, with embedding_separator between.
    """

    def __init__(
        self,
        source: Source | dict[str, Any] | None = None,
        meta_fields_to_embed: list[str] | None = None,
        embedding_separator: str = "\n",
        *,
        model: Source | None = None,
    ) -> None:
        _Embedder.__init__(self, _settings(source, model))  # Haystack makes another class of this one, so super() fails.
        self.meta_fields_to_embed = list(meta_fields_to_embed or [])
        self.embedding_separator = embedding_separator

    def to_dict(self) -> dict[str, Any]:
        """As Haystack stores a pipeline."""
        return default_to_dict(self, meta_fields_to_embed=self.meta_fields_to_embed,
                               embedding_separator=self.embedding_separator, **self._init_parameters())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> VetorDocumentEmbedder:
        """The component that `to_dict` stored."""
        stored: VetorDocumentEmbedder = default_from_dict(cls, data)
        return stored

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """{"documents": copies with `embedding` set, "meta": {"model": ...}}. Errors: as EmbeddingsService.embed."""
        if not isinstance(documents, list) or not all(isinstance(document, Document) for document in documents):
            raise TypeError("VetorDocumentEmbedder expects a list of Documents as input; for a string there is VetorTextEmbedder")
        vectors = self.service.encode_document([self._text(document) for document in documents]).tolist()
        embedded = [dataclasses.replace(document, embedding=vector)
                    for document, vector in zip(documents, vectors, strict=True)]
        return {"documents": embedded, "meta": {"model": self.service.model_id}}

    def _text(self, document: Document) -> str:
        fields = [str(document.meta[name]) for name in self.meta_fields_to_embed if document.meta.get(name) is not None]
        return self.embedding_separator.join([*fields, document.content or ""])
