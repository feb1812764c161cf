"""EmbeddingsConfig: every setting of a service, under the names of config.json without `ai`."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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

    enabled: bool = True
    """False: opening a service raises FailedPrecondition, so that a caller can switch embeddings off."""
    backend: str | None = None
    """"hashing" (no model: word and word-pair hashes) or "onnx". None: hashing, with a warning if there is a model path."""
    fallback: str = "hashing"
    """When the ONNX backend cannot start: go on with "hashing" and say so everywhere, or raise ("error")."""
    onnx_enabled: bool = False
    """Must be True for backend "onnx" to be used."""
    onnx_model_path: str | os.PathLike[str] = ""
    """The .onnx file, a model folder that holds model.onnx or onnx/model.onnx, or the id of a pulled model. If
    `backend` is None the model does not run, and a warning is logged; `for_model` sets what a model needs."""
    onnx_tokenizer_path: str | os.PathLike[str] = ""
    """tokenizer.json, vocab.txt or a SentencePiece model, where it does not lie in the model's folder."""
    onnx_library_path: str | os.PathLike[str] = ""
    """libonnxruntime. Empty: VETOR_ONNXRUNTIME, else the installed `onnxruntime` package, else the system's."""
    onnx_providers: list[str] = field(default_factory=lambda: ["CPUExecutionProvider"])
    """Execution providers in order of preference, short or full names in any case."""
    onnx_runtime: str = "auto"
    """"native" (vetor's own kernels, for a checkpoint), "onnxruntime" (for a graph), or "auto"."""
    onnx_precision: str = "auto"
    """"auto" (the file as it is), "fp32", "fp16", "int8" or "bf16"."""
    onnx_pooling: str = ""
    """"mean", "cls", "lasttoken", "max", ... or several joined with "+". Empty: as the model folder says."""
    onnx_output_name: str = ""
    """The graph's output that is the embedding ("dense_vecs", "pooler_output", "text_embeds", "logits"). Empty:
    sentence_embedding, else last_hidden_state or token_embeddings."""
    onnx_max_length: int = 0
    """Longest text in tokens, special tokens included. 0: as the model folder says."""
    onnx_on_long: str = "truncate"
    """Of a text longer than that: "truncate" ignores its end and counts it, "error" raises InvalidArgument, "window" gives the
    mean of overlapping windows."""
    onnx_prompt_name: str = ""
    """Prompt of the model folder that is put before every text. Empty: the folder's default."""
    onnx_intra_op_threads: int = 0
    """Threads in one model run. 0: one for bulk work, all cores (at most 4) for a batch that has the machine to itself."""
    onnx_map_weights: bool = True
    """Large weights stay in the model's file, which is mapped. False: copied into memory, for files overwritten in place."""
    dim: int | None = None
    """Components of a vector. None: the model's own (hashing: 256). Smaller cuts and renormalises; larger is an error."""
    normalize: bool | None = None
    """Scale each vector to length 1. None: yes, except for a model that compares by dot product and has no Normalize, whose
    lengths mean something. False: the raw pooled vector."""
    batch_size: int = 32
    """Most texts in one batch; a model's are also bounded at 512 tokens."""
    threads: int = 0
    """Worker threads. 0: the physical cores that this process may use."""
    cache_enabled: bool = True
    """Keep computed vectors, in memory and on disk."""
    cache_dir: str | os.PathLike[str] | None = None
    """Folder of the cache on disk; made when missing, for this user alone. None: the user's own, $XDG_CACHE_HOME/vetor or
    ~/.cache/vetor. "": nothing on disk. From a config.json without `cache.dir` it is "cache/embeddings", relative."""
    cache_ttl_days: float = 7.0
    """Age in days at which a vector on disk is computed anew. 0: never read from disk."""
    cache_max_mb: int = 1024
    """Bound of the disk cache in MiB."""
    cache_memory_mb: int = 64
    """Bound of the memory cache in MiB. 0: none."""
    cache_namespace: str = ""
    """Keeps the vectors of users that share a cache folder apart."""

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
    def _from_native(cls, keywords: dict[str, Any], warnings: list[str]) -> EmbeddingsConfig:
        for warning in warnings:
            logger.warning("%s", warning)
        return cls(**keywords)


def _section_names() -> set[str]:
    return {name.split("_")[0] for name in (f.name for f in dataclasses.fields(EmbeddingsConfig))}


def keywords_of(config: EmbeddingsConfig) -> dict[str, object]:
    """The settings as the extension takes them."""
    return {f.name: getattr(config, f.name) for f in dataclasses.fields(EmbeddingsConfig)}
