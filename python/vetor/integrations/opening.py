"""What an integration may be made of, and the message where its framework is missing."""

from __future__ import annotations

import os
from typing import Union

from vetor import EmbeddingsConfig, EmbeddingsService

Source = Union[EmbeddingsService, EmbeddingsConfig, str, "os.PathLike[str]"]


def open_service(source: Source) -> EmbeddingsService:
    """A service as it is, one of these settings, or one of the ONNX model at this path (which must start)."""
    if isinstance(source, EmbeddingsService):
        return source
    if isinstance(source, EmbeddingsConfig):
        return EmbeddingsService(source)
    return EmbeddingsService(EmbeddingsConfig.for_model(source))


def missing(module: str, package: str, error: ImportError) -> ImportError:
    """The error to raise where `package` is not installed."""
    return ImportError(f"vetor.integrations.{module} needs the package {package}: pip install {package} ({error})")
