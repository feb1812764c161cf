"""Types of the extension module, which is not public: users call the package itself."""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from vetor._metrics import Metrics

__version__: str

# Written by `make settings`: begin.
class Settings(TypedDict, total=False):
    enabled: bool | None
    backend: str | None
    fallback: str | None
    onnx_enabled: bool | None
    onnx_model_path: str | os.PathLike[str] | None
    onnx_tokenizer_path: str | os.PathLike[str] | None
    onnx_library_path: str | os.PathLike[str] | None
    onnx_providers: list[str] | None
    onnx_runtime: str | None
    onnx_precision: str | None
    onnx_pooling: str | None
    onnx_output_name: str | None
    onnx_max_length: int | None
    onnx_on_long: str | None
    onnx_prompt_name: str | None
    onnx_intra_op_threads: int | None
    onnx_map_weights: bool | None
    dim: int | None
    normalize: bool | None
    batch_size: int | None
    threads: int | None
    cache_enabled: bool | None
    cache_dir: str | os.PathLike[str] | None
    cache_ttl_days: float | None
    cache_max_mb: int | None
    cache_memory_mb: int | None
    cache_namespace: str | None

class CallOptions:
    prompt_name: str | None
    prompt: str | None
    on_long: str | None
    truncation_side: str | None
    replace_invalid_utf8: bool
    use_cache: bool
    when_full: str
    timeout: float | None
    progress: Callable[[int, int], object] | None
    def __init__(self) -> None: ...
# Written by `make settings`: end.

def attach_log(emit: Callable[[int, str], None]) -> None: ...
def detach_log() -> None: ...
def read_config_file(path: str) -> tuple[Settings, list[str]]: ...
def read_config_document(text: str) -> tuple[Settings, list[str]]: ...

class Embeddings:
    """The result of one call: the vectors, and facts about each text. Arrays are views of its memory."""

    def __len__(self) -> int: ...
    @property
    def dim(self) -> int:
        """Components of a vector."""
    @property
    def model_id(self) -> str:
        """The vector space; compare vectors only within one."""
    @property
    def vectors(self) -> NDArray[np.float32]:
        """[texts, dim] float32, in the order of the texts."""
    def rows(self) -> list[NDArray[np.float32]]:
        """A list of [dim] float32 views, one per text. Each keeps the whole block alive."""
    @property
    def cached_rows(self) -> int:
        """How many vectors came from the cache."""
    @property
    def tokens(self) -> NDArray[np.uint32]:
        """[texts] tokens that the model saw, special tokens included; 0 for hashing."""
    @property
    def truncated(self) -> NDArray[np.bool_]:
        """[texts] whether the text was longer than the model's maximum and its end was left out."""
    @property
    def cached(self) -> NDArray[np.bool_]:
        """[texts] whether the vector came from the cache."""

class Service:
    def __init__(self, settings: Settings) -> None: ...
    def embed(self, texts: Sequence[str]) -> Embeddings: ...
    def embed_with(self, texts: Sequence[str], options: CallOptions) -> Embeddings: ...
    def embed_files(self, options: dict[str, Any], progress: Callable[[int, int], object] | None) -> dict[str, int]: ...
    def close(self) -> None: ...
    def metrics(self) -> Metrics: ...
    @property
    def closed(self) -> bool: ...
    @property
    def dim(self) -> int: ...
    @property
    def normalized(self) -> bool: ...
    @property
    def normalized_by_model(self) -> bool: ...
    @property
    def max_length(self) -> int: ...
    @property
    def model_id(self) -> str: ...
    @property
    def prompts(self) -> dict[str, str]: ...
    @property
    def active_backend(self) -> str: ...
    @property
    def active_provider(self) -> str: ...
    @property
    def active_runtime(self) -> str: ...
    @property
    def runtime_reason(self) -> str: ...
    @property
    def active_precision(self) -> str: ...
    @property
    def fallback_reason(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def ranges(self) -> NDArray[np.float32] | None: ...

class Tokenizer:
    def __init__(self, path: str) -> None: ...
    def encode(self, texts: Sequence[str], max_length: int, add_special_tokens: bool) -> list[NDArray[np.int64]]: ...
    def decode(self, ids: list[NDArray[np.int64]], skip_special_tokens: bool) -> list[str]: ...
    def token_to_id(self, token: str) -> int | None: ...
    def id_to_token(self, id: int) -> str: ...
    @property
    def max_length(self) -> int: ...
    @property
    def vocabulary_size(self) -> int: ...

class Rows:
    def __init__(self, fields: list[NDArray[np.float32]], block: NDArray[np.uint32] | None) -> None: ...

def search(corpus: Rows, queries: Rows, top: int, threads: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...
def find_pairs(
    rows: Rows, threshold: float, max_pairs: int, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.float32], list[list[int]]]: ...

class ExportOptions:
    source: str
    output: str
    overwrite: bool
    precisions: list[str]
    opset: int
    layout: str
    sentence_embedding: bool
    quantize_scheme: str
    calibration: str
    force: bool
    revision: str
    library_path: str
    def __init__(self) -> None: ...

class PullOptions:
    id: str
    revision: str
    weights: bool
    include: list[str]
    def __init__(self) -> None: ...

class BenchmarkOptions:
    engines: list[str]
    providers: list[str]
    precisions: list[str]
    runtimes: list[str]
    workloads: list[str]
    texts: list[str]
    cache_states: list[str]
    repeat: int
    scale: int
    sweeps: bool
    reference: str
    scratch: str
    def __init__(self) -> None: ...
    def set_pairs(self, pairs: list[tuple[str, str, float]]) -> None: ...

class BenchmarkReport:
    def json(self) -> str: ...
    def table(self) -> str: ...
    def html(self) -> str: ...

def export_model(
    options: ExportOptions, progress: Callable[[str, float], object] | None
) -> tuple[str, str, int, list[tuple[str, str, int, float, float, float]], float, list[str], list[str]]: ...
def pull_model(
    options: PullOptions, progress: Callable[[int, int], object] | None
) -> tuple[str, str, list[str], int, bool, str]: ...
def run_benchmark(
    options: BenchmarkOptions, settings: Settings, progress: Callable[[str, float], object] | None
) -> BenchmarkReport: ...
