"""EmbeddingsConfig: every setting of a service, under the names of config.json without `ai`."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vetor import _native
from vetor._checks import path_of, wrong
from vetor._errors import InvalidArgument
from vetor._logging import logger


@dataclass
class EmbeddingsConfig:
    """All settings. The default is valid: hashing vectors of 256 components, cached.

    Values are checked when a service opens: an `InvalidArgument` names the setting, the value and what is allowed.
    `None` is the default. Paths may be `str` or `os.PathLike`.
    """

    # Written by `make settings`: begin.
    # Written by `make settings`: end.

    @classmethod
    def for_model(cls, path: str | os.PathLike[str], **settings: Any) -> EmbeddingsConfig:
        """The ONNX model at `path` and nothing else: backend "onnx", enabled, fallback "error". As the command's --model:
        who names a model wants that model."""
        return cls(**{"backend": "onnx", "onnx_enabled": True, "fallback": "error", "onnx_model_path": path, **settings})

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> EmbeddingsConfig:
        """Defaults, then section `ai` of a config.json, then the environment (VETOR_AI_CACHE_MAX_MB=512).

        Unknown keys are logged as warnings with the nearest known name. Raises NotFound, PermissionDenied, or
        InvalidArgument, which names file, key, value and what is allowed.
        """
        return cls._from_native(*_native.read_config_file(path_of("path", path)))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> EmbeddingsConfig:
        """The same for a config.json that is read already: {"ai": {"cache": {"ttl_days": 30}}}. No environment.

        Raises InvalidArgument, also for a document that is the section `ai` without its name.
        """
        if not isinstance(document, Mapping):
            raise wrong("document", document, 'a mapping, as {"ai": {...}}')
        if "ai" not in document and _section_names() & set(document):
            raise InvalidArgument('settings: expected the whole document, as {"ai": {...}}; found its section `ai` alone')
        try:
            text = json.dumps(document, default=os.fspath)
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"settings: {error}; expected what JSON can hold") from error
        return cls._from_native(*_native.read_config_document(text))

    @classmethod
    def _from_native(cls, keywords: _native.Settings, warnings: list[str]) -> EmbeddingsConfig:
        for warning in warnings:
            logger.warning("%s", warning)
        return cls(**cast("dict[str, Any]", keywords))


def _section_names() -> set[str]:
    return {name.split("_")[0] for name in (f.name for f in dataclasses.fields(EmbeddingsConfig))}


def keywords_of(config: EmbeddingsConfig) -> _native.Settings:
    """The settings as the extension takes them."""
    return cast("_native.Settings", {f.name: getattr(config, f.name) for f in dataclasses.fields(EmbeddingsConfig)})
