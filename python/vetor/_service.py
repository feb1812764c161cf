"""EmbeddingsService: turns texts into vectors."""

from __future__ import annotations

import atexit
import dataclasses
import os
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vetor import _native
from vetor._checks import call_options, wrong
from vetor._config import EmbeddingsConfig, keywords_of
from vetor._encode import PLAIN, Precision, Request, check_call, form_of, texts_of
from vetor._metrics import Metrics
from vetor._native import Embeddings
from vetor._progress import Progress, shown
from vetor._runtime import default_library

Vector = NDArray[np.float32]
OnLong = Literal["truncate", "error", "window"]
TruncationSide = Literal["right", "left"]
WhenFull = Literal["wait", "refuse"]

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
        if config is not None and not isinstance(config, EmbeddingsConfig):
            raise wrong("config", config, "EmbeddingsConfig or None; for a model's folder: EmbeddingsConfig.for_model(folder)")
        config = dataclasses.replace(config) if config is not None else EmbeddingsConfig()
        settings = keywords_of(config)
        if config.backend == "onnx" and not config.onnx_library_path:
            settings["onnx_library_path"] = default_library()
        self.config = config
        """A copy of the settings it was opened with."""
        self._native = _native.Service(settings)
        _open_services.add(self._native)
        # The binding itself, so that a cached call has no further Python frame.
        self._embed = self._native.embed

    def embed(
        self,
        texts: Sequence[str],
        *,
        prompt_name: str | None = None,
        prompt: str | None = None,
        on_long: OnLong | None = None,
        truncation_side: TruncationSide | None = None,
        replace_invalid_utf8: bool = False,
        use_cache: bool = True,
        when_full: WhenFull = "wait",
        timeout: float | None = None,
        progress: Progress | None = None,
        show_progress: bool = False,
    ) -> Embeddings:
        """Vectors of all texts, with what is known of each: tokens, truncated, cached.

        prompt_name: a prompt of the model by name, instead of the service's. prompt: text put before every text instead.
        on_long: what becomes of a text longer than the model's maximum, "truncate", "error" or "window", instead of the
        service's (EmbeddingsConfig.onnx_on_long). truncation_side: the end that "truncate" cuts, "right" or "left", instead of
        the one that the model's tokenizer cuts.
        replace_invalid_utf8: lone surrogates become U+FFFD instead of an error. when_full: "refuse" raises ResourceExhausted if
        so many texts of other calls wait already that the queue has no room, "wait" waits. timeout: seconds. progress: called with
        (done, total) about every 50 ms, in the calling thread, so that it may call the service itself. show_progress: a tqdm bar
        if tqdm is installed.

        All or nothing; but a call that ends early (timeout, Ctrl-C, a text that fails) leaves what it finished in the cache,
        from which the same call continues. An empty list gives no rows, "" the vector of the special tokens (without any, and with
        hashing: zeros). Ctrl-C ends the call after the model runs under way. Raises TypeError (not a list of str), InvalidArgument (a text or prompt),
        DeadlineExceeded, FailedPrecondition (closed, forked), Internal (the model gave NaN).
        """
        if progress is None and show_progress is False:
            plain = prompt_name is None and prompt is None and on_long is None and when_full == "wait"
            if plain and truncation_side is None and timeout is None and use_cache is True and replace_invalid_utf8 is False:
                return self._embed(texts)
        options = call_options(
            prompt_name=prompt_name, prompt=prompt, on_long=on_long, truncation_side=truncation_side,
            replace_invalid_utf8=replace_invalid_utf8, use_cache=use_cache, when_full=when_full, timeout=timeout,
            progress=progress, show_progress=show_progress)
        with shown(progress, show_progress) as options.progress:
            embeddings = self._native.embed_with(texts, options)
            if options.progress is not None:
                options.progress(len(embeddings), len(embeddings))
        return embeddings

    def embed_texts(
        self,
        texts: Sequence[str],
        *,
        prompt_name: str | None = None,
        prompt: str | None = None,
        on_long: OnLong | None = None,
        truncation_side: TruncationSide | None = None,
        replace_invalid_utf8: bool = False,
        use_cache: bool = True,
        when_full: WhenFull = "wait",
        timeout: float | None = None,
        progress: Progress | None = None,
        show_progress: bool = False,
    ) -> list[Vector]:
        """A list of float32 arrays of shape (dim,), in the order of the texts. Options and errors: as `embed`.

        The arrays share one block of memory; copy one that is to outlive the others.
        """
        return self.embed(
            texts, prompt_name=prompt_name, prompt=prompt, on_long=on_long, truncation_side=truncation_side,
            replace_invalid_utf8=replace_invalid_utf8, use_cache=use_cache, when_full=when_full, timeout=timeout,
            progress=progress, show_progress=show_progress).rows()

    @overload
    def encode(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Literal["float32"] = ...,
        convert_to_numpy: Literal[True] = ..., convert_to_tensor: Literal[False] = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Vector: ...
    @overload
    def encode(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Precision = ...,
        convert_to_numpy: bool = ..., convert_to_tensor: bool = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Any: ...
    def encode(
        self, sentences: str | Sequence[str] | None = None, prompt_name: str | None = None, prompt: str | None = None,
        batch_size: int | None = None, *, show_progress_bar: bool | None = None,
        output_value: str | None = "sentence_embedding", precision: Precision = "float32",
        convert_to_numpy: bool = True, convert_to_tensor: bool = False, device: object = None,
        normalize_embeddings: bool | None = None, truncate_dim: int | None = None,
        ranges: ArrayLike | None = None, on_long: OnLong | None = None, truncation_side: TruncationSide | None = None,
        replace_invalid_utf8: bool = False, use_cache: bool = True, when_full: WhenFull = "wait", timeout: float | None = None,
        progress: Progress | None = None, inputs: str | Sequence[str] | None = None, pool: None = None, chunk_size: None = None,
    ) -> Any:
        """As SentenceTransformer.encode 5.7, in its order: [texts, dim] float32, or [dim] for one str.

        sentences, or inputs, as 5.7 calls it: one str or a list of them.
        batch_size: taken for compatibility; it changes neither result nor speed (EmbeddingsConfig.batch_size).
        output_value: "sentence_embedding". precision: "int8" and "uint8" by the range of each component, which `vetor export`
        wrote into vetor_model.json or which is given as `ranges` [2, dim]; "binary" and "ubinary" by sign, eight components
        to a byte. convert_to_tensor: a torch.Tensor (needs torch). convert_to_numpy: False gives a list of [dim] arrays.
        device: None, "cpu" or what the service runs on. normalize_embeddings: True scales to length 1, False gives the
        model's own output: scaled if its modules.json has a Normalize, else InvalidArgument if the service scales
        (`normalized`). None is as the service was opened. truncate_dim: the first
        components, not scaled again unless normalize_embeddings is True, as in sentence-transformers (EmbeddingsConfig.dim
        cuts and scales for all calls). pool, chunk_size: None; a service uses all cores by itself. Other options and errors:
        as `embed`.
        """
        check_call(prompt_name, prompt, batch_size)
        if inputs is not None or sentences is None or pool is not None or chunk_size is not None:
            sentences = texts_of(sentences, inputs, pool, chunk_size)
        form = None
        wanted = (output_value, precision, convert_to_numpy, convert_to_tensor, device, normalize_embeddings, truncate_dim,
                  ranges)
        if ranges is not None or wanted != PLAIN:
            form = form_of(Request(*wanted), self._native, self.normalized, self.config.dim is not None)
        single = isinstance(sentences, str)
        texts: Sequence[str] = [sentences] if isinstance(sentences, str) else sentences
        vectors = self.embed(
            texts, prompt_name=prompt_name, prompt=prompt, on_long=on_long, truncation_side=truncation_side,
            replace_invalid_utf8=replace_invalid_utf8, use_cache=use_cache, when_full=when_full, timeout=timeout,
            progress=progress, show_progress=bool(show_progress_bar)).vectors
        if form is not None:
            return form.of(vectors, single)
        return vectors[0] if single else vectors

    @overload
    def encode_query(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Literal["float32"] = ...,
        convert_to_numpy: Literal[True] = ..., convert_to_tensor: Literal[False] = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Vector: ...
    @overload
    def encode_query(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Precision = ...,
        convert_to_numpy: bool = ..., convert_to_tensor: bool = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Any: ...
    def encode_query(
        self, sentences: str | Sequence[str] | None = None, prompt_name: str | None = None, prompt: str | None = None,
        batch_size: int | None = None, *, show_progress_bar: bool | None = None,
        output_value: str | None = "sentence_embedding", precision: Precision = "float32",
        convert_to_numpy: bool = True, convert_to_tensor: bool = False, device: object = None,
        normalize_embeddings: bool | None = None, truncate_dim: int | None = None,
        ranges: ArrayLike | None = None, on_long: OnLong | None = None, truncation_side: TruncationSide | None = None,
        replace_invalid_utf8: bool = False, use_cache: bool = True, when_full: WhenFull = "wait", timeout: float | None = None,
        progress: Progress | None = None, inputs: str | Sequence[str] | None = None, pool: None = None, chunk_size: None = None,
    ) -> Any:
        """`encode` with the model's prompt for queries, if it has one and the call names none."""
        return self.encode(
            sentences, self._prompt_among(("query",), prompt_name, prompt), prompt, batch_size,
            show_progress_bar=show_progress_bar, output_value=output_value, precision=precision,
            convert_to_numpy=convert_to_numpy, convert_to_tensor=convert_to_tensor, device=device,
            normalize_embeddings=normalize_embeddings, truncate_dim=truncate_dim, ranges=ranges, on_long=on_long,
            truncation_side=truncation_side, replace_invalid_utf8=replace_invalid_utf8, use_cache=use_cache, when_full=when_full,
            timeout=timeout, progress=progress, inputs=inputs,
            pool=pool, chunk_size=chunk_size)

    @overload
    def encode_document(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Literal["float32"] = ...,
        convert_to_numpy: Literal[True] = ..., convert_to_tensor: Literal[False] = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Vector: ...
    @overload
    def encode_document(
        self, sentences: str | Sequence[str] | None = ..., prompt_name: str | None = ..., prompt: str | None = ...,
        batch_size: int | None = ..., *, show_progress_bar: bool | None = ...,
        output_value: str | None = ..., precision: Precision = ...,
        convert_to_numpy: bool = ..., convert_to_tensor: bool = ..., device: object = ...,
        normalize_embeddings: bool | None = ..., truncate_dim: int | None = ...,
        ranges: ArrayLike | None = ..., on_long: OnLong | None = ..., truncation_side: TruncationSide | None = ...,
        replace_invalid_utf8: bool = ..., use_cache: bool = ..., when_full: WhenFull = ..., timeout: float | None = ...,
        progress: Progress | None = ..., inputs: str | Sequence[str] | None = ..., pool: None = ..., chunk_size: None = ...,
    ) -> Any: ...
    def encode_document(
        self, sentences: str | Sequence[str] | None = None, prompt_name: str | None = None, prompt: str | None = None,
        batch_size: int | None = None, *, show_progress_bar: bool | None = None,
        output_value: str | None = "sentence_embedding", precision: Precision = "float32",
        convert_to_numpy: bool = True, convert_to_tensor: bool = False, device: object = None,
        normalize_embeddings: bool | None = None, truncate_dim: int | None = None,
        ranges: ArrayLike | None = None, on_long: OnLong | None = None, truncation_side: TruncationSide | None = None,
        replace_invalid_utf8: bool = False, use_cache: bool = True, when_full: WhenFull = "wait", timeout: float | None = None,
        progress: Progress | None = None, inputs: str | Sequence[str] | None = None, pool: None = None, chunk_size: None = None,
    ) -> Any:
        """`encode` with the model's prompt for documents, if it has one and the call names none."""
        return self.encode(
            sentences, self._prompt_among(("document", "passage", "corpus"), prompt_name, prompt), prompt, batch_size,
            show_progress_bar=show_progress_bar, output_value=output_value, precision=precision,
            convert_to_numpy=convert_to_numpy, convert_to_tensor=convert_to_tensor, device=device,
            normalize_embeddings=normalize_embeddings, truncate_dim=truncate_dim, ranges=ranges, on_long=on_long,
            truncation_side=truncation_side, replace_invalid_utf8=replace_invalid_utf8, use_cache=use_cache, when_full=when_full,
            timeout=timeout, progress=progress, inputs=inputs,
            pool=pool, chunk_size=chunk_size)

    def _prompt_among(self, names: tuple[str, ...], prompt_name: str | None, prompt: str | None) -> str | None:
        """The first of `names` that is a prompt of the model, unless the call has one of its own."""
        if prompt_name is not None or prompt is not None:
            return prompt_name
        known = self._native.prompts
        return next((name for name in names if name in known), None)

    @property
    def metrics(self) -> Metrics:
        """A snapshot of the counters since opening: `cache_hits` and `cache_misses` (texts), `batch_latencies_ms` (the
        latest 4,096, one per model run, and one per call that needed none), `cache_tiers` (a dict for each level of the cache,
        the fastest first: `name`, `hits`, `evicted`, ...), stages in `..._ms`, memory in bytes, and what really runs (`backend`, `provider`, `precision`, `model_id`, `fallback`). Plain values that JSON can hold."""
        return self._native.metrics()

    @property
    def dim(self) -> int:
        """Components of a vector."""
        return self._native.dim

    @property
    def normalized(self) -> bool:
        """Whether vectors are scaled to length 1: as EmbeddingsConfig.normalize says, or the model."""
        return self._native.normalized

    @property
    def max_length(self) -> int:
        """Longest text in tokens; 0: any length, as hashing and a static model (model2vec) that declares none take it."""
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
    def active_runtime(self) -> str:
        """What runs the model: "native (avx512)" is vetor's own kernels, else "onnxruntime 1.28.0"; "" for hashing."""
        return self._native.active_runtime

    @property
    def runtime_reason(self) -> str:
        """Why ONNX Runtime runs the model and not vetor's own kernels; "" if they do, and for hashing."""
        return self._native.runtime_reason

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
        """Writes what the cache still has to write and frees model and threads. Later calls raise FailedPrecondition. Calls
        under way in other threads are neither ended nor waited for: they finish, and the last of them does what close does.
        Closing twice does nothing."""
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
