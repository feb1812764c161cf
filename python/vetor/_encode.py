"""What `EmbeddingsService.encode` does for the keywords of sentence-transformers, beside computing vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, SupportsIndex, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vetor import _native
from vetor._checks import flag, wrong
from vetor._errors import InvalidArgument, Unimplemented

Precision = Literal["float32", "int8", "uint8", "binary", "ubinary"]
"""The types of a vector's components, as sentence_transformers.quantize_embeddings has them."""

Texts = Union[str, Sequence[str]]

_PRECISIONS = ("float32", "int8", "uint8", "binary", "ubinary")
# torch's names of the devices that execution providers run on.
_DEVICES = {"": "cpu", "CPUExecutionProvider": "cpu", "CUDAExecutionProvider": "cuda", "TensorrtExecutionProvider": "cuda",
            "NvTensorRTRTXExecutionProvider": "cuda", "ROCMExecutionProvider": "cuda", "MIGraphXExecutionProvider": "cuda",
            "CoreMLExecutionProvider": "mps", "XnnpackExecutionProvider": "cpu"}


def check_call(prompt_name: object, prompt: object, batch_size: object) -> None:
    """Checks arguments that had another place in earlier versions, or have one in sentence-transformers."""
    if prompt_name is not None or prompt is not None:
        for name, value in (("prompt_name", prompt_name), ("prompt", prompt)):
            if value is not None and not isinstance(value, str):
                raise wrong(name, value, "str or None. The order is that of sentence-transformers (sentences, prompt_name, "
                            "prompt, batch_size): batch_size is a keyword, encode(texts, batch_size=32)")
    if batch_size is None:
        return
    if isinstance(batch_size, bool) or not isinstance(batch_size, SupportsIndex):
        raise TypeError(f"batch_size is {batch_size!r}; expected int")
    if batch_size.__index__() < 1:
        raise InvalidArgument(f"batch_size is {batch_size}; expected at least 1")


def texts_of(sentences: Texts | None, inputs: Texts | None, pool: object, chunk_size: object) -> Texts:
    """The texts, given as `sentences` or `inputs`. Raises TypeError for both or none, and for arguments of several processes."""
    for name, value in (("pool", pool), ("chunk_size", chunk_size)):
        if value is not None:
            raise TypeError(f"{name} is for several processes in sentence-transformers; leave it out: a service uses all cores by "
                            "itself (EmbeddingsConfig.threads)")
    if sentences is not None and inputs is not None:
        raise TypeError("sentences and inputs are two names of one argument, and both are given; leave one out")
    texts = inputs if sentences is None else sentences
    if texts is None:
        raise TypeError("sentences is None; expected a str or a list of str (inputs= is the same)")
    return texts


def check_form(output_value: object, precision: object) -> None:
    """Raises Unimplemented for another output than the text's vector, InvalidArgument for an unknown precision."""
    if output_value != "sentence_embedding":
        raise Unimplemented(f'output_value={output_value!r} is not supported; expected "sentence_embedding"')
    if precision is not None and precision not in _PRECISIONS:
        raise InvalidArgument(f"precision is {precision!r}; expected one of {', '.join(_PRECISIONS)}")


def check_device(device: object, provider: str) -> None:
    """`device` as sentence-transformers takes it: None, a name, or a torch.device. Raises InvalidArgument for a device that the
    service does not run on."""
    first = provider.split(" ", 1)[0]
    own = _DEVICES.get(first, first.removesuffix("ExecutionProvider").lower())
    if device is None or str(device) in ("cpu", own, f"{own}:0"):
        return
    raise InvalidArgument(f'device is {str(device)!r}, expected None or "{own}": this service runs on '
                          f"{first or 'the CPU, by hashing'}. Its provider is chosen when it opens: open one with "
                          "EmbeddingsConfig(onnx_providers=[...])")


def check_truncation(truncate_dim: int | None, dim: int) -> int | None:
    """The components to keep; None if nothing is to be cut."""
    if truncate_dim is None or truncate_dim == dim:
        return None
    if isinstance(truncate_dim, bool) or not isinstance(truncate_dim, SupportsIndex):
        raise TypeError(f"truncate_dim is {truncate_dim!r}; expected int")
    if not 1 <= truncate_dim <= dim:
        raise InvalidArgument(f"truncate_dim is {truncate_dim}; expected 1 to {dim}, the components of this service's vectors")
    return truncate_dim


def check_ranges(ranges: ArrayLike, dim: int) -> NDArray[Any]:
    """The caller's ranges as an array [2, dim]."""
    try:
        array = np.asarray(ranges)
    except ValueError:  # Rows of unequal lengths.
        raise InvalidArgument(f"ranges is not an array; expected numbers [2, {dim}]: the least value of each component, then the "
                              "greatest") from None
    if array.shape != (2, dim) or array.dtype.kind not in "fiu":
        raise InvalidArgument(f"ranges has shape {array.shape} and type {array.dtype}; expected numbers [2, {dim}]: the least "
                              "value of each component, then the greatest")
    if not (np.isfinite(array).all() and (array[0] <= array[1]).all()):
        raise InvalidArgument("ranges: expected finite numbers, and none of the first row greater than that of the second")
    return array


def scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy with each row at length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: NDArray[np.float32] = np.zeros(vectors.shape, np.float32)
    np.divide(vectors, lengths, out=out, where=lengths > 0)
    return out


def quantized(vectors: NDArray[np.float32], precision: str, ranges: NDArray[Any] | None) -> NDArray[Any]:
    """As sentence_transformers.quantize_embeddings 5.7, to the bit: [texts, dim] int8 or uint8, or one bit per component, eight
    to a byte (the first is the highest), as int8 or uint8."""
    if precision in ("binary", "ubinary"):
        bits = np.packbits(vectors > 0, axis=-1)
        return bits if precision == "ubinary" else (bits ^ 0x80).view(np.int8)
    assert ranges is not None
    steps = (ranges[1] - ranges[0]) / 255
    steps = np.where(steps == 0, 1, steps)
    buckets: NDArray[Any] = np.clip(np.floor((vectors - ranges[0]) / steps), 0, 255)
    return buckets.astype(np.uint8) if precision == "uint8" else (buckets - 128).astype(np.int8)


def tensor(array: NDArray[Any]) -> Any:
    """A torch.Tensor over the same memory."""
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError(f"convert_to_tensor=True needs the package torch: pip install torch ({error})") from error
    return torch.from_numpy(array)


@dataclass(frozen=True)
class Form:
    """The form that a call's vectors get."""

    dim: int | None
    """Components to keep. None: all."""
    unit: bool
    """Whether to scale vectors to length 1."""
    precision: str
    ranges: NDArray[Any] | None
    as_list: bool
    as_tensor: bool

    def of(self, vectors: NDArray[np.float32], single: bool) -> Any:
        """Converts [texts, dim] float32; returns its only row if `single`."""
        if self.dim is not None:
            vectors = vectors[:, : self.dim]
        if self.unit:
            vectors = scaled(vectors)
        array: NDArray[Any] = vectors
        if self.precision != "float32":
            array = quantized(vectors, self.precision, self.ranges)
        if single:
            array = array[0]
        if self.as_tensor:
            return tensor(array)
        return list(array) if self.as_list and not single else array


@dataclass(frozen=True)
class Request:
    """The keywords of a call that choose the form of its vectors."""

    output_value: str | None
    precision: str | None
    convert_to_numpy: bool
    convert_to_tensor: bool
    device: object
    normalize_embeddings: bool | None
    truncate_dim: int | None
    ranges: ArrayLike | None


PLAIN = ("sentence_embedding", "float32", True, False, None, None, None, None)
"""The values of a Request if the caller gives none of the keywords."""


def _without_ranges(precision: str, why: str, dim: int) -> InvalidArgument:
    """The error to raise if no range is known; `why` says why the model's ranges do not fit, if they do not."""
    own = f"pass ranges=[2, {dim}] (the least values, then the greatest) of vectors of your own"
    if why:
        return InvalidArgument(f'precision="{precision}" needs the range of each component. The ranges that `vetor export` records '
                               f"in vetor_model.json are for a model's own vectors, of all components and length 1, and {why}: {own}, made as here")
    return InvalidArgument(f'precision="{precision}" needs the range of each component. `vetor export` writes ranges into '
                           f"vetor_model.json, for vectors of all components and length 1: export the model again, or {own}")


def form_of(request: Request, native: _native.Service, normalize: bool, cut: bool) -> Form:
    """Checks `request` before anything is computed. `normalize` and `cut` (whether it has a `dim`) are those of the open service."""
    check_form(request.output_value, request.precision)
    check_device(request.device, native.active_provider)
    asked: Any = request.normalize_embeddings
    if asked is not None:
        # sentence-transformers tests only its truth, so 0 and 1 are allowed, too.
        is_digit = isinstance(asked, int) and 0 <= asked <= 1
        asked = bool(asked) if is_digit else flag("normalize_embeddings", asked, "True, False or None")
    # Vectors that the model itself scales are scaled in sentence-transformers, too.
    if asked is False and normalize and not native.normalized_by_model:
        raise InvalidArgument("normalize_embeddings=False: this service scales vectors to length 1, which the model does not; "
                              "open one with EmbeddingsConfig(normalize=False)")
    dim = check_truncation(request.truncate_dim, native.dim)
    unit = normalize or bool(asked)
    precision = request.precision or "float32"
    ranges = None
    if precision in ("int8", "uint8"):
        if request.ranges is not None:
            ranges = check_ranges(request.ranges, dim or native.dim)
        elif unit and dim is None:
            ranges = native.ranges
        if ranges is None:
            whys = (("this service hashes", native.active_backend == "hashing"), ("truncate_dim cuts these", dim is not None),
                    ("this service cuts its vectors (dim)", cut), ("these are not scaled (normalize=False)", not unit))
            raise _without_ranges(precision, next((why for why, holds in whys if holds), ""), dim or native.dim)
    elif request.ranges is not None:
        raise InvalidArgument(f'ranges= is for precision "int8" and "uint8"; found precision "{precision}"')
    # As in sentence-transformers: a cut vector is shorter than 1, unless the call asks for length 1.
    scale = bool(asked) and (dim is not None or not normalize)
    return Form(dim, scale, precision, ranges,
                not request.convert_to_numpy, bool(request.convert_to_tensor))
