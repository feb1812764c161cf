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
    enabled: bool = True
    """Whether embeddings are computed at all; if false, the service refuses to open."""
    backend: str | None = None
    """What computes vectors: "onnx" runs a model, "hashing" needs none but knows only spelling; unset is hashing, with
    a warning beside a model path. Choices: "hashing", "onnx"."""
    fallback: str = "hashing"
    """What happens if the model cannot start: "hashing" goes on without the model and says so everywhere, "error"
    refuses. Choices: "hashing", "error"."""
    onnx_enabled: bool = False
    """Must be true for backend "onnx" to be used."""
    onnx_model_path: str | os.PathLike[str] = ""
    """The .onnx file, a model folder that holds model.onnx or onnx/model.onnx, a checkpoint (config.json, weights and a
    tokenizer), or the id of one in the hub cache."""
    onnx_tokenizer_path: str | os.PathLike[str] = ""
    """tokenizer.json, vocab.txt or a SentencePiece model, if it does not lie in the model's folder."""
    onnx_library_path: str | os.PathLike[str] = ""
    """The onnxruntime library; empty takes the one that VETOR_ONNXRUNTIME names, else searches beside the binary, in
    the Python package and in the system."""
    onnx_providers: list[str] = field(default_factory=lambda: ["CPUExecutionProvider"])
    """Execution providers in order of preference, short or full names; the first that starts is used."""
    onnx_runtime: str = "auto"
    """What runs the model: "native" is vetor's own kernels, "onnxruntime" runs a graph; "auto" takes the native one for
    a model that it knows. Choices: "auto", "native", "onnxruntime"."""
    onnx_precision: str = "auto"
    """Arithmetic of the model: "auto" takes the file as it is; "bf16" is what vetor's own kernels make of fp32 weights,
    faster on processors with AVX-512 BF16; int8 and fp16 are files of their own. Choices: "auto", "fp32", "fp16",
    "int8", "bf16"."""
    onnx_pooling: str = ""
    """How token vectors become one vector; several modes are joined with '+'; empty takes the model folder's. Modes:
    "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"."""
    onnx_output_name: str = ""
    """The graph's output that is the embedding (dense_vecs, pooler_output, text_embeds, logits); empty is
    sentence_embedding, else last_hidden_state or token_embeddings."""
    onnx_max_length: int = 0
    """Longest text in tokens, special tokens included; a longer text is cut and counted, unless on_long says otherwise;
    0 takes the model folder's maximum."""
    onnx_on_long: str = "truncate"
    """What becomes of a text longer than max_length: "truncate" ignores its end and counts it, "error" refuses it and
    names it, "window" embeds it in windows that overlap by an eighth and takes their mean, weighted by tokens. Choices:
    "truncate", "error", "window"."""
    onnx_prompt_name: str = ""
    """Name of a prompt of the model folder that is put before every text; empty takes the folder's default."""
    onnx_intra_op_threads: int = 0
    """Threads inside one model run; 0 takes one thread for bulk work, and all cores, at most 4, for a batch that is the
    only work."""
    onnx_map_weights: bool = True
    """Large weights stay in the model's file, which is mapped; off lets ONNX Runtime copy them into memory, for files
    that are overwritten in place and for network disks (vetor's own kernels pack most weights in memory anyway, and map
    the table of words)."""
    dim: int | None = None
    """Components of a vector: unset takes the model's own number (hashing: 256), a smaller one cuts and renormalises, a
    larger one is an error."""
    normalize: bool | None = None
    """Scale each vector to length 1; unset does so, except for a model that compares by dot product and has no
    Normalize module; off gives the raw pooled vector."""
    batch_size: int = 32
    """Most texts in one batch; a model's batch also has at most 512 tokens, so that a value above 256 changes nothing
    for a model."""
    threads: int = 0
    """Worker threads; 0 is the number of physical cores that this process may use."""
    cache_enabled: bool = True
    """Keep computed vectors, in memory and on disk, and find them again."""
    cache_dir: str | os.PathLike[str] | None = None
    """Folder of the cache on disk, made if it is missing; null or unset is the user's own ($XDG_CACHE_HOME/vetor or
    ~/.cache/vetor), but "cache/embeddings" for a config.json without this key; empty keeps nothing on disk."""
    cache_ttl_days: float = 7.0
    """Age in days at which a vector on disk is computed anew; 0 never reads from disk."""
    cache_max_mb: int = 1024
    """Largest size of the cache on disk in MiB; the least recently used vectors leave first."""
    cache_memory_mb: int = 64
    """Largest size of the cache in memory in MiB; 0 keeps none."""
    cache_namespace: str = ""
    """A name that keeps the vectors of users apart who share a cache folder."""
    # Written by `make settings`: end.

    @classmethod
    def for_model(cls, path: str | os.PathLike[str], **settings: Any) -> EmbeddingsConfig:
        """The ONNX model at `path` and nothing else: backend "onnx", enabled, fallback "error". As the command's --model:
        a user who names a model wants that model."""
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
        """The same for a config.json that was read already: {"ai": {"cache": {"ttl_days": 30}}}. No environment.

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
