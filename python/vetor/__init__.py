"""Text embeddings on your own machine: exact, cached, without torch.

    from vetor import EmbeddingsConfig, EmbeddingsService

    with EmbeddingsService(EmbeddingsConfig.for_model("models/all-MiniLM-L6-v2")) as service:
        vectors = service.encode(["GP de São Paulo", "Brazilian Grand Prix"])   # [2, 384] float32
        print(vectors @ vectors.T, service.metrics["cache_hits"])

Log lines go to logging.getLogger("vetor").
"""

from vetor._benchmark import BenchmarkReport, run_benchmark
from vetor._columns import embed_column
from vetor._config import EmbeddingsConfig
from vetor._errors import (
    Cancelled,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
    VetorError,
)
from vetor._files import FilesReport, embed_files
from vetor._metrics import CacheTierMetrics, Metrics
from vetor._models import ExportedGraph, ExportReport, PulledModel, export_model, pull_model
from vetor._native import Embeddings, __version__
from vetor._service import EmbeddingsService
from vetor._similarity import Duplicates, Hits, dedupe, search
from vetor._tokenize import Tokenizer, tokenize

__all__ = [
    "BenchmarkReport",
    "CacheTierMetrics",
    "Cancelled",
    "DataLoss",
    "DeadlineExceeded",
    "Duplicates",
    "Embeddings",
    "EmbeddingsConfig",
    "EmbeddingsService",
    "ExportReport",
    "ExportedGraph",
    "FailedPrecondition",
    "FilesReport",
    "Hits",
    "Internal",
    "InvalidArgument",
    "Metrics",
    "NotFound",
    "PermissionDenied",
    "PulledModel",
    "ResourceExhausted",
    "Tokenizer",
    "Unavailable",
    "Unimplemented",
    "VetorError",
    "__version__",
    "dedupe",
    "embed_column",
    "embed_files",
    "export_model",
    "pull_model",
    "run_benchmark",
    "search",
    "tokenize",
]
