"""The sources of an integration, the name of its vector space, and the error if its framework is missing."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Any, Union

from vetor import EmbeddingsConfig, EmbeddingsService

Source = Union[EmbeddingsService, EmbeddingsConfig, str, "os.PathLike[str]"]


def chosen(source: Source | None, model: Source | None) -> Source:
    """The argument that was given: `model` is the frameworks' word for `source`. Raises TypeError for none or both."""
    given = [value for value in (source, model) if value is not None]
    if len(given) != 1:
        raise TypeError(f"expected one model, found {len(given)}: give a model's path as the first argument or as model=")
    return given[0]


def open_service(source: Source) -> EmbeddingsService:
    """`source` itself if it is a service, else a service with these settings, or with the model at this path (which must start)."""
    if isinstance(source, EmbeddingsService):
        return source
    return EmbeddingsService(config_of(source))


def config_of(source: Source) -> EmbeddingsConfig:
    """The settings that `open_service` takes or took."""
    if isinstance(source, EmbeddingsService):
        return source.config
    return source if isinstance(source, EmbeddingsConfig) else EmbeddingsConfig.for_model(source)


def settings_of(config: EmbeddingsConfig) -> dict[str, Any]:
    """The settings that are not the defaults, as JSON can hold them: EmbeddingsConfig(**settings) is `config`."""
    defaults = EmbeddingsConfig()
    settings = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)
                if getattr(config, field.name) != getattr(defaults, field.name)}
    return {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in settings.items()}


def namespace_of(service: EmbeddingsService) -> str:
    """Model id and fingerprint, in characters that file names may have: equal ones have equal vectors."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", service.model_id) + "-" + service.fingerprint


def one_text(name: str, text: object) -> str:
    """`text` if it is a str; each framework has another method for a list of texts."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is {type(text).__name__}; expected str")
    return text


def list_of_texts(name: str, texts: object) -> list[str]:
    """`texts` if it is a list of str. (encode would also take a single str, and give one vector.)"""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise TypeError(f"{name} is {type(texts).__name__}; expected a list of str")
    return [one_text(f"{name}[{i}]", text) for i, text in enumerate(texts)]


def missing(module: str, package: str, error: ImportError) -> ImportError:
    """The error to raise if `package` is not installed."""
    return ImportError(f"vetor.integrations.{module} needs the package {package}: pip install {package} ({error})")
