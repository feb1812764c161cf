"""EmbeddingsService: texts in, vectors out."""

from __future__ import annotations

import atexit
import dataclasses
import os
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from vetor import _native
from vetor._config import EmbeddingsConfig, keywords_of
from vetor._errors import InvalidArgument
from vetor._native import Embeddings
from vetor._progress import Progress, shown
from vetor._runtime import default_library

Vector = NDArray[np.float32]

# Vectors on their way to the disk cache are written when a service closes, so none may be left open.
_open_services: weakref.WeakSet[_native.Service] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for native in list(_open_services):
        native.close()


class EmbeddingsService:
    """One vector space: backend, model and provider are chosen when it opens and never switch.

    Thread-safe: any number of threads may call one service, and long calls run without the GIL. A vector depends on its
    text alone, not on its batch, the threads or the cache. After `os.fork` calls in the child raise FailedPrecondition:
    open a service there, or use the spawn start method.

        with EmbeddingsService(EmbeddingsConfig.for_model("models/all-MiniLM-L6-v2")) as service:
            vectors = service.encode(["GP de São Paulo", "Brazilian Grand Prix"])   # [2, dim] float32

    Opening raises InvalidArgument for a setting; NotFound, PermissionDenied, DataLoss or Unimplemented for a model;
    Unavailable for the runtime. With `fallback="hashing"` those of the ONNX backend become a warning in the log and
    `fallback_reason`.
    """

    def __init__(self, config: EmbeddingsConfig | None = None) -> None:
        config = dataclasses.replace(config) if config is not None else EmbeddingsConfig()
        settings = keywords_of(config)
        if config.backend == "onnx" and not config.onnx_library_path:
            settings["onnx_library_path"] = default_library()
        self.config = config
        """A copy of the settings it was opened with."""
        self._native = _native.Service(settings)
        _open_services.add(self._native)
        # The binding itself: no Python frame on the way of a cached call.
        self._embed = self._native.embed

    def embed(
        self,
        texts: Sequence[str],
        *,
        prompt_name: str | None = None,
        prompt: str | None = None,
        on_long: Literal["truncate", "error", "window"] | None = None,
        replace_invalid_utf8: bool = False,
        use_cache: bool = True,
        timeout: float | None = None,
        progress: Progress | None = None,
        show_progress: bool = False,
    ) -> Embeddings:
        """Vectors of all texts, with what is known of each: tokens, truncated, cached.

        prompt_name: a prompt of the model by name, instead of the service's. prompt: text put before every text instead.
        on_long: what becomes of a text longer than the model's maximum, "truncate", "error" or "window", instead of the
        service's (EmbeddingsConfig.onnx_on_long).
        replace_invalid_utf8: lone surrogates become U+FFFD instead of an error. timeout: seconds. progress: called with
        (done, total) about every 50 ms, in the calling thread. show_progress: a tqdm bar where tqdm is installed.

        All or nothing; but a call that ends early (timeout, Ctrl-C, a text that fails) leaves what it finished in the cache,
        where the next call begins. An empty list gives no rows, "" the vector of the special tokens (without any, and with
        hashing: zeros). Ctrl-C ends the call after the model runs under way. Raises TypeError (not a list of str), InvalidArgument (a text or prompt),
        DeadlineExceeded, FailedPrecondition (closed, forked), Internal (the model gave NaN).
        """
        if progress is None and not show_progress:
            plain = prompt_name is None and prompt is None and on_long is None
            if plain and timeout is None and use_cache and not replace_invalid_utf8:
                return self._embed(texts)
        options = _native.CallOptions()
        options.prompt_name = prompt_name
        options.prompt = prompt
        options.on_long = on_long
        options.replace_invalid_utf8 = replace_invalid_utf8
        options.use_cache = use_cache
        options.timeout = timeout
        with shown(progress, show_progress) as options.progress:
            embeddings = self._native.embed_with(texts, options)
            if options.progress is not None:
                options.progress(len(embeddings), len(embeddings))
        return embeddings

    def embed_texts(self, texts: Sequence[str], **options: Any) -> list[Vector]:
        """A list of float32 arrays of shape (dim,), in the order of the texts. Options and errors: as `embed`.

        The arrays share one block of memory; copy one that is to outlive the others.
        """
        return (self.embed(texts, **options) if options else self._embed(texts)).rows()

    @overload
    def encode(self, sentences: str, *, convert_to_numpy: bool = ..., **options: Any) -> Vector: ...
    @overload
    def encode(
        self, sentences: Sequence[str], batch_size: int | None = ..., *, convert_to_numpy: Literal[False], **options: Any
    ) -> list[Vector]: ...
    @overload
    def encode(
        self, sentences: Sequence[str], batch_size: int | None = ..., *, convert_to_numpy: Literal[True] = ..., **options: Any
    ) -> Vector: ...
    def encode(
        self,
        sentences: str | Sequence[str],
        batch_size: int | None = None,
        *,
        normalize_embeddings: bool | None = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        convert_to_numpy: bool = True,
        show_progress_bar: bool = False,
        **options: Any,
    ) -> Vector | list[Vector]:
        """As SentenceTransformer.encode: [texts, dim] float32, or [dim] for one str.

        convert_to_numpy: False gives a list of [dim] arrays. batch_size: taken for compatibility; it changes neither result
        nor speed, because batches are bounded in tokens (EmbeddingsConfig.batch_size). normalize_embeddings: True scales to
        length 1; False raises InvalidArgument if the service was opened with normalize=True; None is as it was opened. Other
        options and errors: as `embed`.
        """
        if batch_size is not None and batch_size < 1:
            raise InvalidArgument(f"batch_size is {batch_size}; expected at least 1")
        if normalize_embeddings is False and self.config.normalize:
            raise InvalidArgument("normalize_embeddings=False: this service scales vectors to length 1; open one with "
                                  "EmbeddingsConfig(normalize=False)")
        single = isinstance(sentences, str)
        texts: Sequence[str] = [sentences] if isinstance(sentences, str) else sentences
        vectors = self.embed(texts, prompt_name=prompt_name, prompt=prompt, show_progress=show_progress_bar,
                             **options).vectors
        if normalize_embeddings and not self.config.normalize:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        if single:
            only: Vector = vectors[0]
            return only
        return vectors if convert_to_numpy else list(vectors)

    def encode_query(self, sentences: str | Sequence[str], **options: Any) -> Vector:
        """`encode` with the model's prompt for queries, where it has one."""
        return self._encode_as(("query",), sentences, options)

    def encode_document(self, sentences: str | Sequence[str], **options: Any) -> Vector:
        """`encode` with the model's prompt for documents, where it has one."""
        return self._encode_as(("document", "passage", "corpus"), sentences, options)

    def _encode_as(self, names: tuple[str, ...], sentences: str | Sequence[str], options: dict[str, Any]) -> Vector:
        if options.get("prompt_name") is None and options.get("prompt") is None:
            known = self._native.prompts
            options["prompt_name"] = next((name for name in names if name in known), None)
        vectors: Vector = self.encode(sentences, **options)
        return vectors

    @property
    def metrics(self) -> dict[str, Any]:
        """A snapshot of the counters since opening: `cache_hits` and `cache_misses` (texts), `batch_latencies_ms` (the
        latest 4,096, one a model run and one a call that needed none), stages in `..._ms`, memory in bytes, and what
        really runs (`backend`, `provider`, `precision`, `model_id`, `fallback`). Plain values that JSON can hold."""
        return self._native.metrics()

    @property
    def dim(self) -> int:
        """Components of a vector."""
        return self._native.dim

    @property
    def max_length(self) -> int:
        """Longest text in tokens; 0 for hashing."""
        return self._native.max_length

    @property
    def model_id(self) -> str:
        """The vector space, such as "all-MiniLM-L6-v2" or "hashing-256"."""
        return self._native.model_id

    @property
    def prompts(self) -> dict[str, str]:
        """The model's prompts by name; none for hashing."""
        return self._native.prompts

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits over everything that decides a text's vector: model, tokenizer, backend, provider, precision,
        length, dimension, scaling, prompts. A key for caches of your own: equal ones give equal vectors."""
        return self._native.fingerprint

    @property
    def active_backend(self) -> str:
        """What runs: "onnx" or "hashing"."""
        return self._native.active_backend

    @property
    def active_provider(self) -> str:
        """The execution provider, from the runtime's own record; "" for hashing."""
        return self._native.active_provider

    @property
    def active_precision(self) -> str:
        """"fp32", "fp16", "bf16" or "int8"."""
        return self._native.active_precision

    @property
    def fallback_reason(self) -> str:
        """Why hashing runs although ONNX was asked for; "" if what was asked for runs."""
        return self._native.fallback_reason

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._native.closed

    def close(self) -> None:
        """Writes what the cache still has to write and frees model and threads. Calls under way in other threads finish;
        later ones raise FailedPrecondition. Closing twice does nothing."""
        self._native.close()

    def __enter__(self) -> EmbeddingsService:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[EmbeddingsService], tuple[EmbeddingsConfig]]:
        """Pickles as its settings, so that a spawned process opens its own."""
        cache_dir = self.config.cache_dir
        # Unset and empty have a meaning of their own; another process may have another working directory.
        if cache_dir is not None and os.fspath(cache_dir) != "":
            cache_dir = os.path.abspath(cache_dir)
        return (EmbeddingsService, (dataclasses.replace(self.config, cache_dir=cache_dir),))

    def __repr__(self) -> str:
        if self.closed:
            return "<vetor.EmbeddingsService closed>"
        return f"<vetor.EmbeddingsService {self.model_id} on {self.active_backend}, {self.dim} components>"
