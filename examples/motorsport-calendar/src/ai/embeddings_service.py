"""The calendar's EmbeddingsService, as its code has always called it, on top of the package vetor.

Names, defaults, methods, metrics and the behaviour on failure are those that the calendar relies on; the work is vetor's.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple, Union

import vetor

logger = logging.getLogger(__name__)

Path = Union[str, "os.PathLike[str]"]

# The calendar's own table of defaults for what its callers left out.
_CPU = ["CPUExecutionProvider"]


class _Unset(str):
    """A default that can be told from the same word given by the caller: backend "hashing"."""


class _UnsetDim(int):
    """The same for dim 256: with ONNX it means the model's own."""


_BACKEND = _Unset("hashing")
_DIM = _UnsetDim(256)
_CACHE_DIR = "cache/embeddings"

# As many batches as vetor remembers the times of: a call with more would lose some.
_MOST_BATCHES = 4096


@dataclass
class EmbeddingsConfig:
    """Section `ai` of the calendar's config.json. Every keyword is optional; values may be changed until a service opens.

    Without `backend`, `onnx_enabled=True` with a model path selects ONNX. Without `dim`, ONNX gives the model's own.
    """

    enabled: bool = True
    backend: str = _BACKEND
    onnx_enabled: bool = False
    onnx_model_path: Optional[Path] = None
    onnx_providers: List[str] = field(default_factory=lambda: list(_CPU))
    dim: int = _DIM
    batch_size: int = 32
    cache_enabled: bool = True
    cache_dir: Path = _CACHE_DIR
    ttl_days: float = 7
    device: str = "cpu"
    """"cpu", or "cuda": then CUDA is tried first where `onnx_providers` was left at its default."""
    lru_capacity: Optional[int] = None
    """Vectors kept in memory. None: as many as 64 MiB hold."""
    onnx_intra_op_num_threads: Optional[int] = None
    """Threads in one model run. None: one, with a worker a core."""
    onnx_inter_op_num_threads: Optional[int] = None
    """Has no effect: vetor runs whole batches beside each other instead of parts of one graph."""
    onnx_prompt_name: Optional[str] = None
    """Prompt of the model that is put before every text, such as "query" of the E5 models. None: the model's default."""


class _OnnxSession:
    """What the calendar asks of its ONNX session: which providers it has, first the one that runs."""

    def __init__(self, provider: str) -> None:
        # A provider that left a part to another says so: "CUDAExecutionProvider (12 of 400 nodes on ...)".
        first = provider.split(" ", 1)[0]
        self._providers = [first] if first in _CPU else [first, *_CPU]

    def get_providers(self) -> List[str]:
        """As onnxruntime.InferenceSession: the CPU is always among them."""
        return list(self._providers)


class EmbeddingsService:
    """Vectors of texts; ONNX where it is asked for and starts, else hashing. Opening never raises because of ONNX.

    Thread-safe. `metrics` is a plain dict that may be replaced at any time; counting goes on in the new one. Of n texts that
    a call computes, hashing adds n / batch_size times to `batch_latencies_ms`, rounded up; ONNX one a run of the model.
    """

    def __init__(self, cfg: EmbeddingsConfig) -> None:
        self.cfg = cfg
        self.metrics: Dict[str, Any] = {"cache_hits": 0, "cache_misses": 0, "batch_latencies_ms": []}
        onnx = _open_onnx(cfg) if _wants_onnx(cfg) else None
        self.backend = "onnx" if onnx else "hashing"
        self._service = onnx or _open_hashing(cfg)
        if onnx and isinstance(cfg.dim, _UnsetDim):
            cfg.dim = onnx.dim
        self.ort_session = _OnnxSession(onnx.active_provider) if onnx else None
        """Which providers ONNX has (`get_providers()`); None with hashing."""
        self._onnx_session = self.ort_session
        self._hashing = self.backend == "hashing"
        self._most_texts = _MOST_BATCHES * cfg.batch_size
        self._embed = self._service.embed
        self._lock = threading.Lock()
        self._batches_seen = 0

    def embed_texts(self, texts: Optional[List[str]]) -> List[Any]:
        """One vector a text, in order: lists of floats with hashing, float32 arrays of shape (dim,) with ONNX, unit
        length ("" with hashing: zeros). None gives []; an item None counts as "", others as str(item).

        Raises TypeError for anything but a list.
        """
        if not isinstance(texts, list):
            if texts is None:
                return []
            raise TypeError(f"embed_texts espera uma lista de textos, recebeu {type(texts).__name__}")
        for text in texts:
            if type(text) is not str:
                texts = ["" if item is None else str(item) for item in texts]
                break
        if not texts:
            return []
        if self._hashing and len(texts) > self._most_texts:
            parts = (texts[i:i + self._most_texts] for i in range(0, len(texts), self._most_texts))
            return [vector for part in parts for vector in self._embed_part(part)]
        return self._embed_part(texts)

    def _embed_part(self, texts: List[str]) -> List[Any]:
        start = time.perf_counter()
        embeddings = self._embed(texts)
        self._count(len(texts), embeddings.cached_rows, start)
        return embeddings.vectors.tolist() if self._hashing else embeddings.rows()

    def close(self) -> None:
        """Frees the model and the cache's lock now, not at the end of the process."""
        self._service.close()

    def _count(self, texts: int, hits: int, start: float) -> None:
        """Adds a call to `metrics`, whatever its owner has made of the dict."""
        with self._lock:
            if hits == texts:
                latencies = [(time.perf_counter() - start) * 1e3]
            else:
                latencies = self._new_batches()
            metrics = self.metrics
            metrics["cache_hits"] = metrics.get("cache_hits", 0) + hits
            metrics["cache_misses"] = metrics.get("cache_misses", 0) + texts - hits
            metrics.setdefault("batch_latencies_ms", []).extend(latencies)

    def _new_batches(self) -> List[float]:
        metrics = self._service.metrics
        new = metrics["batches"] - self._batches_seen
        self._batches_seen = metrics["batches"]
        return list(metrics["batch_latencies_ms"][-new:]) if new > 0 else []


def _wants_onnx(cfg: EmbeddingsConfig) -> bool:
    if not cfg.enabled:
        logger.warning("ai.enabled=false: o ONNX não é usado; os embeddings são feitos por hashing")
        return False
    if isinstance(cfg.backend, _Unset):
        return bool(cfg.onnx_enabled and cfg.onnx_model_path)
    if cfg.backend == "onnx" and not cfg.onnx_enabled:
        logger.warning('backend="onnx" com onnx_enabled=False: os embeddings são feitos por hashing. Para usar o modelo, '
                       "defina onnx_enabled=True (ai.onnx.enabled: true no config.json)")
        return False
    return cfg.backend == "onnx"


def _shared_settings(cfg: EmbeddingsConfig, components: int) -> Dict[str, Any]:
    settings: Dict[str, Any] = {"batch_size": cfg.batch_size, "cache_enabled": cfg.cache_enabled,
                                "cache_dir": _CACHE_DIR if cfg.cache_dir is None else cfg.cache_dir, "cache_ttl_days": cfg.ttl_days}
    if cfg.lru_capacity is not None:
        # vetor bounds memory in MiB: a vector is its components and 64 bytes of bookkeeping.
        settings["cache_memory_mb"] = math.ceil(cfg.lru_capacity * (4 * components + 64) / 2**20)
    return settings


def _providers(cfg: EmbeddingsConfig) -> List[str]:
    if cfg.device.lower().startswith(("cuda", "gpu")) and list(cfg.onnx_providers) == _CPU:
        return ["CUDAExecutionProvider", *_CPU]
    return list(cfg.onnx_providers)


def _open_onnx(cfg: EmbeddingsConfig) -> Optional[vetor.EmbeddingsService]:
    """None, after a warning, where ONNX does not start."""
    dim = None if isinstance(cfg.dim, _UnsetDim) else cfg.dim
    try:
        return vetor.EmbeddingsService(vetor.EmbeddingsConfig.for_model(
            cfg.onnx_model_path or "", dim=dim, onnx_providers=_providers(cfg),
            onnx_intra_op_threads=cfg.onnx_intra_op_num_threads or 0, onnx_prompt_name=cfg.onnx_prompt_name or "",
            **_shared_settings(cfg, dim or 384)))
    except (vetor.VetorError, OSError, TypeError, ValueError) as error:
        cause, remedy = _explain(cfg, error)
        logger.warning("Falha ao inicializar ONNX Runtime: %s. %s. Os embeddings são feitos por hashing. Detalhe: %s",
                       cause, remedy, error)
        return None


def _explain(cfg: EmbeddingsConfig, error: Exception) -> Tuple[str, str]:
    """Cause and remedy in the calendar's language, by the kind of the error."""
    model = cfg.onnx_model_path or "(vazio)"
    table: List[Tuple[type, str, str]] = [
        (vetor.NotFound, f"o modelo {model} ou um arquivo dele não foi encontrado",
         "Exporte o modelo ou corrija ai.onnx.model_path"),
        (vetor.PermissionDenied, f"sem permissão para ler o modelo {model}", "Corrija as permissões da pasta"),
        (vetor.DataLoss, f"o modelo {model} está danificado ou incompleto", "Baixe ou exporte o modelo de novo"),
        (vetor.Unimplemented, f"o modelo {model} usa algo que não é suportado", "Use outro modelo ou outra exportação"),
        (vetor.Unavailable, "a biblioteca ou o provider não pôde ser carregado",
         "Instale com `pip install onnxruntime` ou corrija ai.onnx.providers"),
    ]
    for kind, cause, remedy in table:
        if isinstance(error, kind):
            return cause, remedy
    return "uma configuração do ONNX é inválida", "Corrija a seção ai do config.json"


def _open_hashing(cfg: EmbeddingsConfig) -> vetor.EmbeddingsService:
    return vetor.EmbeddingsService(vetor.EmbeddingsConfig(
        backend="hashing", dim=int(cfg.dim), **_shared_settings(cfg, int(cfg.dim))))
